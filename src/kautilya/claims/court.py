"""What claims are judged on: the stored run, and the runs beside it that they need.

Claims that compare cases are judged on the first futures of the stored run, the others on all.
What is run beside it: one run a case; the prior predictive (no accounts, no record, the model
drives); the same figures with other luck; and, for claims that a weight with an assumed sign
moves, that weight at zero and free in sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from kautilya.claims.assumptions import Assumptions, assumptions
from kautilya.claims.chances import Chance, chance
from kautilya.claims.evaluate import Judged, evaluate
from kautilya.claims.needs import levers
from kautilya.claims.record import Record
from kautilya.claims.reruns import Again, Progress, Reruns
from kautilya.claims.worlds import Worlds

FURTHER = 2**31  # far from the luck of any run
BEFORE = ("drive=model",)


class Sizes(NamedTuple):
    """Futures of the runs beside the stored one: under levers, before the evidence, with other
    luck, without an assumed sign."""

    levers: int = 1024
    prior: int = 512
    luck: int = 128
    sign: int = 256


class Case(NamedTuple):
    """A claim, or another reading of it, with its checked test."""

    row: Any
    reading: str
    checked: Any

    @property
    def id(self) -> str:
        """Its name."""
        return f"{self.row.id}.{self.reading}" if self.reading else str(self.row.id)


def cases(claims: Iterable[Any]) -> list[Case]:
    """Testable claims and their other readings, one after the other."""
    out = []
    for claim in claims:
        if claim.checked is not None:
            out.append(Case(claim.row, "", claim.checked))
            out += [Case(claim.row, one.id, test) for one, test in claim.variants]
    return out


@dataclass
class Court:
    """Everything that verdicts are made from.

    run      study.ensemble.Run; under: levers that are pulled throughout
    """

    scenario: Any
    run: Any
    record: Record
    reruns: Reruns
    under: tuple[str, ...] = ()
    shares: Sequence[dict[str, Any]] = ()
    progress: Progress | None = None
    sizes: Sizes = Sizes()
    _given: list[Assumptions] = field(default_factory=list)

    @property
    def settings(self) -> Any:
        """Thresholds and weightings of the scenario."""
        return self.scenario.head.verdicts

    @property
    def given(self) -> Assumptions:
        """The assumptions behind each future of the stored run."""
        if not self._given:
            self._given.append(assumptions(self.scenario, self.run.manifest))
        return self._given[0]

    def pulled(self, case: str) -> tuple[str, ...]:
        """The levers of a case of a claim, beside those that are pulled throughout."""
        return tuple(dict.fromkeys((*self.under, *levers(case))))

    def worlds(self, needed: Iterable[str], how: Again, base: bool = False) -> Worlds:
        """Runs of the baseline and of the cases that are needed, done as `how` says.

        base   take the stored run for the baseline
        """
        wanted = {case: replace(how, levers=self.pulled(case)) for case in ("", *needed)}
        take = base and not self.under
        got = self.reruns.get([one for case, one in wanted.items() if case or not take],
                              self.progress)
        first = self.run.data if take else got[wanted[""]]
        n = min(how.futures, int(first.sizes["future"]))
        cut = {case: got[one].isel(future=slice(n)) for case, one in wanted.items() if case}
        return Worlds(first.isel(future=slice(n)) if cut or n < first.sizes["future"] else first,
                      cut, self.record)


def plain(court: Court) -> Again:
    """How the baseline is done: all futures of the stored run, unless levers are pulled."""
    futures = int(court.run.manifest["futures"])
    return Again(futures=min(futures, court.sizes.levers) if court.under else futures)


def evaluated(court: Court, asked: Sequence[Case]) -> list[Judged]:
    """Every claim on the runs that it needs."""
    alone = [one for one in asked if not one.checked.needs]
    paired = [one for one in asked if one.checked.needs]
    out: dict[str, Judged] = {}
    if alone:
        worlds = court.worlds((), plain(court), base=True)
        out |= {one.id: evaluate(one.checked, worlds) for one in alone}
    if paired:
        futures = min(court.sizes.levers, int(court.run.manifest["futures"]))
        needed = sorted({case for one in paired for case in one.checked.needs})
        worlds = court.worlds(needed, Again(futures=futures), base=True)
        out |= {one.id: evaluate(one.checked, worlds) for one in paired}
    return [out[one.id] for one in asked]


def counted(found: Judged) -> Chance:
    """The probability over the futures in which the claim can be told."""
    return chance(found.truth[found.finite])


def again(court: Court, asked: Sequence[Case], how: Again) -> list[Judged]:
    """The claims on another run of the baseline and of the cases that they need."""
    if not asked:
        return []
    needed = sorted({case for one in asked for case in one.checked.needs})
    worlds = court.worlds(needed, how)
    return [evaluate(one.checked, worlds) for one in asked]


def as_of_dates(court: Court, one: Case) -> list[tuple[str, float]]:
    """A matter of record as of the day it was said, of its page, and of the scenario."""
    row = one.row
    days = {row.said_on.isoformat(), court.scenario.head.as_of.isoformat(),
            *([row.page_on.isoformat()] if row.page_on else [])}
    data = court.run.data.isel(future=slice(1))
    out = []
    for day in sorted(days):
        worlds = Worlds(data, {}, court.record.as_of(day))
        out.append((day, float(evaluate(one.checked, worlds).truth.mean())))
    return out
