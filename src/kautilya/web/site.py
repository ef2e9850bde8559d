"""What the page is about: a scenario, perhaps a stored run, and what was judged and answered of it.

Heavy parts are read when a view first needs them, each once, and kept; several readers wait for one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from kautilya.errors import KautilyaError
from kautilya.web.passages import Known, Matcher, sentences

if TYPE_CHECKING:
    from kautilya.runs.documents import PlanDocument
    from kautilya.scenario.scenario import Scenario

T = TypeVar("T")
ALL = "all cells"  # what a search looks through
MOST_ROWS = 2_000  # of assumptions on one page
Cells = dict[str, object]


class Site:
    """A scenario as the page shows it.

    where   a shipped scenario's name, a scenario's folder, or the folder of a stored run
    """

    def __init__(self, where: str) -> None:
        self._lock = threading.RLock()
        self._kept: dict[str, object] = {}
        folder = Path(where)
        self.run = folder if (folder / "manifest.json").is_file() else None
        self._where = where

    def _once(self, name: str, make: Callable[[], T]) -> T:
        with self._lock:
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

        return self._once("scenario", lambda: scenario.load(self.name))

    def head(self) -> Cells:
        """Title, question and day."""
        head = self.scenario.head
        return {
            "scenario": self.scenario.id,
            "question": head.question,
            "as_of": str(head.as_of),
            "horizon": head.horizon,
            "run": self.run.name if self.run else "",
        }

    def answer(self) -> Cells:
        """The answer of the stored run: sentences, caution, tables; without one, how to get one."""
        if self.run is None:
            say = (
                f"No run is open. Run `kautilya run {self.name}`, then `kautilya serve` its folder."
            )
            return {"sentences": [say], "caution": "", "tables": [], "parts": []}
        return self._once("answer", self._answer)

    def _answer(self) -> Cells:
        """The answer that lies in the run's folder, else worked out of the run."""
        kept = self._document("answer.json")
        if all(isinstance(kept.get(name), list) for name in ("sentences", "tables", "parts")):
            return kept
        from kautilya.report.answer import answer
        from kautilya.runs.ensemble import load_run

        run = load_run(self.run)  # type: ignore[arg-type]
        return {**answer(run, self.scenario), "parts": []}

    def _document(self, name: str) -> Cells:
        """A file of the run, read as a stranger's; {} where it is not there or is no object."""
        from kautilya.runs import guard

        path = self.run / name if self.run else None
        found = guard.document(path) if path is not None and path.is_file() else None
        return found if isinstance(found, dict) else {}

    def assumptions(self, search: str = "", sort: str = "id") -> list[Cells]:
        """Every uncertain figure with range, source, grade, kind of evidence."""
        rows = self._once("assumptions", self._assumptions)
        wanted = search.casefold().split()
        found = rows
        for word in wanted:
            found = [row for row in found if word in str(row[ALL])]
        if sort not in ("id", "unit", "source", "grade", "status", "note"):
            raise KautilyaError("sort", f"{sort!r}", "Give id, unit, source, grade, status or note")
        shown = sorted(found, key=lambda row: str(row[sort]))[:MOST_ROWS]
        return [_less(row) for row in shown]

    def _assumptions(self) -> list[Cells]:
        out: list[Cells] = []
        for row in self.scenario.quantities:
            cells: Cells = {
                "id": row.id,
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

    @property
    def matcher(self) -> Matcher:
        """The claims of the scenario, ready to be looked for in a text."""
        return self._once("matcher", self._matcher)

    def _claims(self):  # noqa: ANN202
        from kautilya.claims.file import load

        return self._once("claims", lambda: load(self.scenario))

    def _matcher(self) -> Matcher:
        claims = self._claims()
        begins = {one.number: one.begins for one in claims.sentences}
        known = []
        for one in claims:
            texts = (one.row.says, *(variant.says for variant, _ in one.variants))
            starts = tuple(begins[number] for number in one.row.sentences if number in begins)
            known.append(Known(one.id, texts, starts))
        return Matcher(known)

    def verdicts(self) -> dict[str, Cells]:
        """What the stored run's claims were judged to be, by id; {} where none were judged."""
        return self._once("verdicts", self._verdicts)

    def _verdicts(self) -> dict[str, Cells]:
        rows = self._document("claims.json").get("claims", [])
        found = rows if isinstance(rows, list) else []
        return {str(row["id"]): row for row in found if isinstance(row, dict) and "id" in row}

    def read(self, text: str) -> list[Cells]:
        """A text sentence by sentence: the claims that each says, with what was judged of them."""
        says = {one.id: one.row.says for one in self._claims()}
        judged = self.verdicts()
        out: list[Cells] = []
        for sentence in sentences(text):
            found = self.matcher.match(sentence)
            claims = [_shown(name, says, judged) for name in found.claims]
            out.append({"sentence": sentence, "claims": claims, "covered": bool(claims)})
        return out


def _less(row: Cells) -> Cells:
    return {name: cell for name, cell in row.items() if name != ALL}


def _shown(name: str, says: dict[str, str], judged: dict[str, Cells]) -> Cells:
    return {"id": name, "says": says[name], **_trust(judged.get(name))}


def _trust(row: Cells | None) -> Cells:
    """Verdict, probability and what it rests on, in words."""
    if row is None:
        return {"verdict": "not judged yet", "rests_on": "", "probability": None}
    return {
        "verdict": row.get("verdict", ""),
        "probability": row.get("probability"),
        "rests_on": row.get("badge", ""),
    }


def numbers(text: str, dropped: tuple[int, ...] = ()) -> Cells:
    """What cannot all be true of a table of published figures, and bounds on what nobody said.

    text      CSV as `kautilya audit` reads it
    dropped   numbers of lines whose figures are left out (the header is line 1)

    Raises KautilyaError naming the line of what is wrong.
    """
    from kautilya.accounts.auditor import audit

    with TemporaryDirectory(prefix="kautilya-page-") as folder:
        path = Path(folder) / "pasted.csv"
        path.write_text(_without(text, dropped), encoding="utf-8")
        said = audit(path).as_json()
    return {
        "notes": said["notes"],
        "conflicts": [_clash(one) for one in said["conflicts"]],  # type: ignore[attr-defined]
        "bounds": said["accounts"],
        "figures": [_figure(one) for one in said["bounds"]],  # type: ignore[attr-defined]
    }


def _clash(one: Cells) -> Cells:
    """An irreducible conflict in a sentence, with its simplest mend."""
    mend = one.get("mend")
    return {
        "figures": one["figures"],
        "why": one["why"],
        "mend": mend["says"] if isinstance(mend, dict) else "",
    }


def _figure(one: Cells) -> Cells:
    keep = ("figure", "said", "unit", "published", "implied", "others", "set_aside")
    return {name: one[name] for name in keep}


def _without(text: str, dropped: tuple[int, ...]) -> str:
    """The table less the rows of these lines; the others keep their numbers."""
    lines = text.splitlines()
    kept = ("" if number in dropped else line for number, line in enumerate(lines, 1))
    return "\n".join(kept) + "\n"
