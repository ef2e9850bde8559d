"""What if: a state of levers and figures beside the scenario as it stands, on the same luck.

The engine (study.paired) keeps its workers and what it ran; the page asks for 256 futures first, then
for 1,000 and 4,000 while the reader looks. The sliders are the figures that move most numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kautilya import disk, program
from kautilya.errors import KautilyaError
from kautilya.web.site import Cells, Site
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.study.paired import Paired

SIZES = (256, 1000, 4000)
MOST_LEVERS = 6
MOST_FIGURES = 20  # that a state may set
SLIDERS = 10
RANKED = 1000  # futures from which the sliders are chosen
FEW = 256  # futures of which terms of the decision are worked out
Progress = Callable[[int, int], None]


class WhatIf:
    """The engine of a site's scenario, held ready."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = TemporaryDirectory(prefix="kautilya-page-")

    @property
    def _engine(self) -> Paired:
        from kautilya.study.paired import Paired

        return self._site.once("engine", lambda: Paired(self._site.name))

    def levers(self) -> list[Cells]:
        """The levers of the scenario: name and what they do."""
        from kautilya.wording import name

        return [{"name": one.id, "says": name(one.says)} for one in self._site.scenario.levers]

    def ask(
        self,
        levers: tuple[str, ...],
        sets: Mapping[str, float],
        futures: int,
        progress: Progress,
    ) -> Cells:
        """What levers and figures together change in the year after the as-of day.

        futures   one of SIZES

        Raises KautilyaError for a lever, a figure or a size that is none.
        """
        from kautilya.report.effects import effect
        from kautilya.study.paired import Change, size
        from kautilya.web.sights import shown

        size(futures, SIZES)
        if len(levers) > MOST_LEVERS or len(sets) > MOST_FIGURES:
            most = f"Give at most {MOST_LEVERS} levers and {MOST_FIGURES} figures"
            raise KautilyaError(
                "state", f"{many(len(levers), 'lever')} and {many(len(sets), 'figure')}", most
            )
        change = Change(levers, tuple(f"{name}={value!r}" for name, value in sorted(sets.items())))
        engine = self._engine
        engine.fits(change)
        found = engine.differences(change, futures, progress)
        told = effect(self._names(), self._title(levers, sets), found, futures)
        return {
            "levers": list(levers),
            "sets": dict(sets),
            "year": engine.year,
            "futures": futures,
            "says": told.says,
            "picture": shown(told.picture) if told.picture else None,
            "rows": told.rows,
        }

    def _names(self):  # noqa: ANN202
        from kautilya.scenario.lexicon import Names

        return self._site.once("names", lambda: Names(self._site.scenario))

    def _title(self, levers: tuple[str, ...], sets: Mapping[str, float]) -> str:
        """A state in words."""
        says = {str(one["name"]): str(one["says"]) for one in self.levers()}
        named = {row.id: self._names().figure(row) for row in self._site.scenario.quantities}
        parts = [says.get(name, name) for name in levers]
        parts += [f"{named.get(name, name)} at {value:,.4g}" for name, value in sets.items()]
        return "; ".join(parts) or "As it stands"

    def outcomes(self) -> list[Cells]:
        """The numbers of the year that a guess may be about: name and words."""
        from kautilya.report.effects import named

        engine, names = self._engine, self._names()
        return [{"id": one, "says": named(names, one, engine.year)} for one in engine.names]

    def baseline(self, progress: Progress) -> Cells:
        """Make the workers ready and run the scenario as it stands."""
        from kautilya.study.paired import Change

        self._engine.values(Change(), SIZES[0], progress)
        return {"futures": SIZES[0], "year": self._engine.year}

    def sliders(self, progress: Progress) -> Cells:
        """The figures that move most numbers of the year: name, range, share of variance."""
        engine, digest = self._engine, self._site.scenario.digest
        place = disk.place("claims", "sliders", program.key()) / f"{digest[:40]}.json"
        return {"rows": disk.kept(place, lambda: _ranked(engine, progress)), "year": engine.year}

    def terms(self, progress: Progress) -> Cells:
        """Run a few futures that keep the terms of the decision to supply, for `Why them`."""
        from kautilya.runs.ensemble import Case, run

        if self._site.terms is None:
            made = run(
                self._site.name,
                FEW,
                case=Case(keep="why"),
                out=Path(self._folder.name) / "terms",
                progress=progress,
            )
            self._site.terms = made.folder
        return {"futures": FEW}

    def run(self, futures: int, progress: Progress) -> Cells:
        """Run the scenario as it stands, for the pictures, where no run is open."""
        from kautilya.runs.ensemble import Case, run

        if self._site.run is None:
            out = Path(self._folder.name) / "run"
            made = run(self._site.name, futures, case=Case(keep="why"), out=out, progress=progress)
            self._site.opened(made.folder)
        return {"futures": futures}

    def close(self) -> None:
        """End the workers and take away what was kept."""
        self._engine.close()
        self._folder.cleanup()


def _ranked(engine: Paired, progress: Progress) -> list[Cells]:
    """Worked out from the first futures of the scenario as it stands; seconds."""
    from kautilya.claims.assumptions import assumptions, influential
    from kautilya.runs.ensemble import Run
    from kautilya.study.paired import Change

    values = engine.values(Change(), RANKED, progress)
    said = {"case": engine.case.as_dict(), "futures": RANKED, "seed": engine.seed}
    given = assumptions(engine.scenario, Run(Path(), said))  # type: ignore[arg-type]
    out: list[Cells] = []
    groups = [name.partition(" ")[0] for name in engine.names]
    for place, share in influential(values, groups, given, SLIDERS):
        row, drawn = given.rows[place], given.values[place]
        low, high = (float(end) for end in (drawn.min(), drawn.max()))
        out.append(
            {
                "id": row.id,
                "says": given.named(place),
                "low": float(f"{row.low if row.low is not None else low:.6g}"),
                "high": float(f"{row.high if row.high is not None else high:.6g}"),
                "central": float(f"{sorted(drawn)[len(drawn) // 2]:.6g}"),
                "unit": row.unit,
                "share": share,
            }
        )
    return out
