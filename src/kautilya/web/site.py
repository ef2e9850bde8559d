"""What the page is about: a scenario, perhaps a stored run, and what was judged and answered of it.

Heavy parts are read when a view first needs them, each once, and kept; several readers wait for one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kautilya.errors import KautilyaError
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.runs.documents import PlanDocument
    from kautilya.scenario.scenario import Scenario

T = TypeVar("T")
ALL = "all cells"  # what a search looks through
DOZEN = 12
SORTS = ("id", "says", "unit", "source", "grade", "status", "note")
MOST_ROWS = 2_000  # of assumptions on one page
Cells = dict[str, object]


class Site:
    """A scenario as the page shows it.

    where   a shipped scenario's name, a scenario's folder, or the folder of a stored run
    """

    def __init__(self, where: str) -> None:
        self._lock = threading.Lock()
        self._locks: dict[str, threading.RLock] = {}
        self._kept: dict[str, object] = {}
        folder = Path(where)
        self.run = folder if (folder / "manifest.json").is_file() else None
        self.terms: Path | None = None  # a run that was made to show terms of the decision
        self._where = where

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, worked out once; several readers wait for one."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.RLock())
        with lock:
            if name not in self._kept:
                self._kept[name] = make()
            return self._kept[name]  # type: ignore[return-value]

    @cached_property
    def name(self) -> str:
        """What the scenario is called by commands: its name or folder, and its day where the run
        has one of its own."""
        if self.run is None:
            return self._where
        said = self._plan
        place = Path(said.get("path", ""))
        name = str(place) if (place / "scenario.toml").is_file() else str(said["scenario"])
        day = said["case"].get("as_of", "")
        return f"{name}@{day}" if day else name

    def check(self) -> None:
        """Refuse what is none, and a run of a stranger's making, before anything is served. A shipped
        scenario is sound, and is read when a view needs it. Raises KautilyaError."""
        from kautilya.scenario.library import names

        if self.run is None and self._where not in names():
            _ = self.scenario
        else:
            _ = self.name

    @cached_property
    def _plan(self) -> PlanDocument:
        from kautilya.runs.folder import opened

        found = opened(self.run) if self.run else None
        if found is None:
            raise KautilyaError(self._where, "is no run", "Give the folder of a run")
        return found.said

    @property
    def scenario(self) -> Scenario:
        """The scenario, as known on the day of the run."""
        from kautilya import scenario

        return self.once("scenario", lambda: scenario.load(self.name))

    def head(self) -> Cells:
        """Title, question and day."""
        head = self.scenario.head
        return {
            "scenario": self.scenario.id,
            "question": head.question,
            "as_of": str(head.as_of),
            "horizon": head.horizon,
            "run": self.run.name if self.run else "",
            "differs": self.differs(),
        }

    def opened(self, folder: Path) -> None:
        """Show a run that was made for the page."""
        self.run = folder
        for name in ("answer", "verdicts"):
            self._kept.pop(name, None)

    def answer(self) -> Cells:
        """The answer of the run: sentences, caution, tables; without one that which is stored with
        the scenario."""
        return self.once("answer", self._answer if self.run else self._stored)

    def _stored(self) -> Cells:
        from kautilya.scenario.library import stored

        found = stored(self._where.partition("@")[0]) if "@" not in self._where else None
        if found is None:
            say = "No run of this scenario is open, and no answer is stored with it."
            return {"sentences": [say], "caution": "", "tables": [], "parts": [], "origin": ""}
        said = found.document
        origin = f"Stored with the scenario: {said['futures']:,} futures, as of {said['as_of']}"
        stale = f"; out of date: {found.stale}" if found.stale else ""
        return {
            "sentences": [],
            "caution": said.get("caution", ""),
            "tables": [],
            "parts": said["parts"],
            "origin": f"{origin}{stale}.",
        }

    def differs(self) -> list[str]:
        """What the run changes against the scenario as it ships, in words; [] for nothing."""
        if self.run is None:
            return []
        case, scenario = self._plan["case"], self.scenario
        says = {one.id: one.says for one in scenario.levers}
        said = [f"lever pulled: {says.get(name, name)}" for name in case["levers"]]
        said += [f"set: {one}" for one in case["sets"]]
        if case["accept"] == "raw":
            said.append("draws from the raw ranges, not held against the accounts")
        if case.get("as_of"):
            said.append(f"the war as it was known on {case['as_of']}")
        if self._plan["digest"] != scenario.digest:
            said.append("the files of the scenario have changed since the run")
        return said

    def _answer(self) -> Cells:
        """The answer that lies in the run's folder, else worked out of the run."""
        kept = self._document("answer.json")
        origin = f"{many(self._plan['futures'], 'future')}, seed {self._plan['seed']}."
        if all(isinstance(kept.get(name), list) for name in ("sentences", "tables", "parts")):
            return {**kept, "origin": origin}
        from kautilya.report.answer import answer
        from kautilya.runs.ensemble import load_run

        run = load_run(self.run)  # type: ignore[arg-type]
        return {**answer(run, self.scenario), "parts": [], "origin": origin}

    def _document(self, name: str) -> Cells:
        """A file of the run, read as a stranger's; {} where it is not there or is no object."""
        from kautilya.runs import guard

        path = self.run / name if self.run else None
        found = guard.document(path) if path is not None and path.is_file() else None
        return found if isinstance(found, dict) else {}

    def assumptions(self, search: str = "", sort: str = "id") -> list[Cells]:
        """Every uncertain figure with range, source, grade, kind of evidence."""
        rows = self.once("assumptions", self._assumptions)
        wanted = search.casefold().split()
        found = rows
        for word in wanted:
            found = [row for row in found if word in str(row[ALL])]
        if sort not in SORTS:
            raise KautilyaError("sort", f"{sort!r}", f"Give one of {', '.join(SORTS)}")
        shown = sorted(found, key=lambda row: str(row[sort]).casefold())[:MOST_ROWS]
        return [_less(row) for row in shown]

    def decisive(self) -> list[Cells]:
        """The dozen figures that decide most of what was judged of the run: of how many claims,
        and the largest share of variance; [] where no claims were judged."""
        found: dict[str, list[float]] = {}
        says: dict[str, str] = {}
        for row in self.verdicts().values():
            for one in _decides(row):
                found.setdefault(str(one["figure"]), []).append(float(str(one["share"])))
                says[str(one["figure"])] = str(one["says"])
        order = sorted(found, key=lambda name: -sum(found[name]))[:DOZEN]
        rows = {str(one["id"]): one for one in self.assumptions()}
        return [_moves(name, says[name], found[name], rows.get(name, {})) for name in order]

    def _assumptions(self) -> list[Cells]:
        from kautilya.scenario.lexicon import Names

        out: list[Cells] = []
        names = self.once("names", lambda: Names(self.scenario))
        for row in self.scenario.quantities:
            cells: Cells = {
                "id": row.id,
                "says": names.figure(row),
                "low": row.low,
                "central": row.central,
                "high": row.high,
                "unit": row.unit,
                "source": row.source,
                "grade": row.grade,
                "status": row.status,
                "note": row.note,
            }
            said = " ".join(map(str, cells.values())).casefold()
            out.append(cells | {ALL: said})
        return out

    def verdicts(self) -> dict[str, Cells]:
        """What the stored run's claims were judged to be, by id; {} where none were judged."""
        return self.once("verdicts", self._verdicts)

    def _verdicts(self) -> dict[str, Cells]:
        rows = self._document("claims.json").get("claims", [])
        found = rows if isinstance(rows, list) else []
        return {str(row["id"]): row for row in found if isinstance(row, dict) and "id" in row}


def _decides(row: Cells) -> list[Cells]:
    """The figures that decide a claim, as a stranger's file may have them."""
    found = row.get("decisive")
    listed = found if isinstance(found, list) else []
    keys = {"figure", "share", "says"}
    return [
        one
        for one in listed
        if isinstance(one, dict) and keys <= set(one) and isinstance(one["share"], int | float)
    ]


def _moves(name: str, says: str, shares: list[float], row: Cells) -> Cells:
    keep = ("low", "central", "high", "unit", "source", "grade")
    told: Cells = {"id": name, "says": says, "claims": len(shares), "share": max(shares)}
    return told | {key: row.get(key) for key in keep}


def _less(row: Cells) -> Cells:
    return {name: cell for name, cell in row.items() if name != ALL}
