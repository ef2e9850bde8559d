"""What the page draws of a run: pictures by question, and why them, with terms switched off.

Every chart is one of the report's (report.pictures): nothing is drawn a second time here. Pictures
are worked out when a view first asks for their question, and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from kautilya.errors import KautilyaError
from kautilya.web.site import Cells, Site

if TYPE_CHECKING:
    from kautilya.report.flows import Flows
    from kautilya.report.plain import Figure
    from kautilya.report.subject import Subject
    from kautilya.runs.ensemble import Run

MOST_ROWS = 15  # candidates in a table
FEW = 256  # futures of which terms are worked out where a run keeps none


class Sights:
    """The pictures of a site's run, and its candidates term by term."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def _run(self) -> Run:
        from kautilya.runs.ensemble import load_run

        folder = self._site.run
        if folder is None:
            raise KautilyaError(
                "run", "no run is open", "Start one on the page, or open its folder"
            )
        return self._site.once(f"run {folder}", lambda: load_run(folder))

    @property
    def _subject(self) -> Subject:
        from kautilya.report.subject import subject

        run = self._run
        return self._site.once(f"subject {run.folder}", lambda: subject(run, self._site.scenario))

    def about(self) -> Cells:
        """What goes along with everything that is saved."""
        from kautilya.report.page import metadata

        return metadata(self._subject)

    def pictures(self, group: str) -> list[Cells]:
        """The pictures of one question, as the report has them: "first", or a group of it.

        Raises KautilyaError for another name, or where no run is open.
        """
        from kautilya.report.pictures import GROUPS

        known = ["first", *(one.id for one in GROUPS)]
        if group not in known:
            raise KautilyaError("group", f"{group[:40]!r}", f"Give one of {', '.join(known)}")
        subject = self._subject
        key = f"pictures {group} {self._site.run}"
        return self._site.once(key, partial(_drawn, subject, group))

    def storylines(self) -> Cells:
        """The futures in a few groups, told as the report tells them; none where they cannot be."""
        from kautilya.report.storylines import BORDERS, figure, storylines

        subject = self._subject
        found = self._site.once(f"storylines {self._site.run}", lambda: storylines(subject))
        if not found.told:
            return {"lines": [], "picture": None, "note": ""}
        lines = [
            {"title": f"{number}. {one.head}", "says": one.says, "traits": one.differences}
            for number, one in enumerate(found.lines, 1)
        ]
        return {"lines": lines, "picture": shown(figure(found)), "note": BORDERS}

    @property
    def _flows(self) -> Flows | None:
        from kautilya.report.flows import flows

        subject = self._subject
        return self._site.once(f"flows {self._site.run}", lambda: flows(subject))

    def flowing(self) -> Cells:
        """Goods and years of which the map may be asked; empty where nothing is handed over."""
        from kautilya.report.answer import classes

        found, subject = self._flows, self._subject
        if found is None:
            return {"goods": [], "years": [], "year": ""}
        rounds, _ = classes(subject)  # what is asked about first
        first = sorted(found.goods, key=lambda one: one not in rounds)
        goods = [{"id": one, "says": subject.name(one)} for one in first]
        now = min(subject.as_of[:4], found.years[-1])
        return {"goods": goods, "years": list(found.years), "year": now}

    def flow(self, good: str, year: str) -> Cells:
        """Who hands over what to whom in a year: a map, and the same as rows.

        Raises KautilyaError for a good or a year that is none, or where no run is open.
        """
        from kautilya.report.flows import figure

        found, subject = self._flows, self._subject
        if found is None:
            raise KautilyaError("flows", "nothing is handed over in this run", "Open another run")
        rows = [
            [subject.name(one.supplier), subject.name(one.buyer), one.low, one.median, one.high]
            for one in found.of(good, year)
        ]
        return {"rows": rows, "picture": shown(figure(subject, found, good, year))}

    def classes(self) -> Cells:
        """Goods and years that may be asked of, terms and rival answers; empty where nobody
        decides whom to supply."""
        from kautilya.report.answer import classes, spoken
        from kautilya.study.why import RIVALS

        subject = self._subject
        if not self._decides():
            return {"goods": [], "years": [], "terms": [], "rivals": [], "needs": ""}
        rounds, inputs = classes(subject)
        data = self._told()
        goods = [{"id": one, "says": subject.name(one)} for one in (*rounds, *inputs)]
        rivals = [
            {"id": name, "says": says, "terms": list(drop)} for name, (says, drop) in RIVALS.items()
        ]
        return {
            "goods": goods,
            "years": spoken(subject),
            "terms": [] if data is None else self._terms(data),
            "rivals": rivals,
            "needs": ""
            if data is not None
            else f"The run keeps no terms: {FEW} futures show them.",
        }

    def _decides(self) -> bool:
        from kautilya.study.why import NEEDS

        return set(NEEDS) <= {one.id for one in self._site.scenario.outcomes}

    def _terms(self, data: Any) -> list[Cells]:
        from kautilya.report.outlook import term_name

        names = [str(name) for name in data["term"].values]
        return [{"id": name, "says": term_name(self._subject, name)} for name in names]

    def _told(self) -> Any:
        """The data that holds terms: of the run, else of the run that was made for them."""
        from kautilya.runs.ensemble import load_run
        from kautilya.study.why import NEEDS

        data = self._subject.data
        if set(NEEDS) <= set(data.data_vars):
            return data
        folder = self._site.terms
        return None if folder is None else self._site.once("terms", lambda: load_run(folder)).data

    def why(self, good: str, year: str, dropped: Sequence[str]) -> Cells:
        """Candidates by expected volume with some terms at their mean, beside the declared answer.

        Raises KautilyaError for what is no class, year or term, or where no run keeps terms.
        """
        from kautilya.report.outlook import apart, of_buyer
        from kautilya.study.why import candidates, held_level

        asked = self.classes()
        _known("good", good, [one["id"] for one in asked["goods"]])  # type: ignore[attr-defined]
        _known("year", year, asked["years"])  # type: ignore[arg-type]
        for one in dropped:
            _known("term", one, [term["id"] for term in asked["terms"]])  # type: ignore[attr-defined]
        data, subject = self._told(), self._subject
        read = self._site.once(
            f"cell {good} {year} {id(data)}", lambda: of_buyer(subject, data, good, year)
        )
        found = self._site.once(
            f"candidates {good} {year} {id(data)}", lambda: candidates(read, good, year, {})
        )
        before = [one["supplier"] for one in found]
        rows = [
            {
                "supplier": subject.name(one["supplier"]),
                "probability": one["probability"],
                "quantity": one["quantity"],
                "leads": one["leads"],
                "rank": place + 1,
                "before": before.index(one["supplier"]) + 1,
            }
            for place, one in enumerate(held_level(read, good, year, tuple(dropped)))
        ]
        drawn = apart(subject, found, good, year, dropped)
        return {
            "rows": rows[:MOST_ROWS],
            "says": _order(rows),
            "futures": int(read.sizes["future"]),
            "picture": shown(drawn) if drawn else None,
        }

    def report(self) -> str:
        """The report of the run as one HTML file."""
        from altair.utils.schemapi import debug_mode

        from kautilya.claims.verdict import kept
        from kautilya.report.page import Beside, page

        subject = self._subject

        def make() -> str:
            folder = self._site.run
            told = kept(folder, self._site.scenario) if folder else None
            with debug_mode(False):
                return page(subject, Beside(verdicts=told))

        return self._site.once(f"report {self._site.run}", make)


def _known(place: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise KautilyaError(
            place, f"{given[:40]!r}", f"Give one of {', '.join(known) or 'those of a run'}"
        )


def _drawn(subject: Subject, group: str) -> list[Cells]:
    from altair.utils.schemapi import debug_mode

    from kautilya.report import pictures

    draws = [draw for name, draw in pictures.DRAWN if name == group]
    with debug_mode(False):
        found = [draw(subject) for draw in ([pictures.first] if group == "first" else draws)]
        return [shown(one) for one in found if one is not None]


def shown(one: Figure) -> Cells:
    """A picture with its specification and the sentence that says what is seen."""
    from altair.utils.schemapi import debug_mode

    from kautilya.report.parts import Picture, specification

    with debug_mode(False):  # Altair checks each part of each chart; the tests do that
        spec = specification(Picture(one.id, one.chart.to_dict(), one.title, one.caption))
    return {"id": one.id, "title": one.title, "caption": one.caption, "spec": spec}


def _order(rows: Sequence[Cells]) -> str:
    """Who leads by volume, and who led before, in a sentence."""
    lead = rows[0]
    first = next(one for one in rows if one["before"] == 1)
    said = f"{lead['supplier']} comes first by volume in {lead['leads']:.0%} of futures"
    if lead is not first:
        said += f"; {first['supplier']}, first by the declared answer, is number {first['rank']}"
    second = rows[1:2]
    return said + (f". Next: {second[0]['supplier']}." if second else ".")
