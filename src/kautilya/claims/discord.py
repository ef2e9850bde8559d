"""Contradictions among the claims of a scenario, over the stored run and before the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims.chances import chance
from kautilya.claims.contradictions import Apart, Clash, Said, apart, clashes
from kautilya.claims.court import BEFORE, Case, Court, again, as_of_dates, cases, evaluated
from kautilya.claims.evaluate import Judged, evaluate
from kautilya.claims.judge import Asked, courted, opened
from kautilya.claims.reruns import Again, Progress
from kautilya.claims.worlds import Worlds
from kautilya.errors import KautilyaError

STORED = "the stored run"
PRIOR = "futures before the evidence"


class Reading(NamedTuple):
    """A sentence whose readings, or dates, differ in truth: what is meant separates them."""

    claim: str
    separated_by: str
    readings: tuple[tuple[str, float], ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"claim": self.claim, "separated_by": self.separated_by,
                "readings": [{"reading": name, "probability": p} for name, p in self.readings]}


class Discord(NamedTuple):
    """What cannot be true together, what cannot be true alone, what only seems to contradict."""

    scenario: Any
    run: Any
    rows: dict[str, Any]
    clashes: tuple[Clash, ...]
    alone: tuple[tuple[str, float, float], ...]
    apart: tuple[Apart, ...]
    readings: tuple[Reading, ...]
    left_out: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The stable JSON shape."""
        return {"scenario": self.scenario.id, "run": str(self.run.folder),
                "futures": int(self.run.manifest["futures"]),
                "contradictions": [one.as_json() for one in self.clashes],
                "impossible_alone": [{"claim": name, "probability": p, "at_most": high}
                                     for name, p, high in self.alone],
                "only_seeming": [one.as_json() for one in self.apart],
                "readings": [one.as_json() for one in self.readings],
                "untestable": list(self.left_out)}


def contradictions(name: str, asked: Asked | None = None, *, progress: Progress | None = None
                   ) -> Discord:
    """Sets of claims that can hardly all be true, and pairs that only seem to contradict.

    Raises KautilyaError as `judge` does.
    """
    asked = asked or Asked()
    scenario, claims, run, reruns = opened(name, asked, progress)
    with reruns:
        court = courted(scenario, run, reruns, asked, progress)
        every = cases(claims)
        found = {one.id: judged for one, judged in zip(
            every, evaluated(court, every), strict=True)}
        first = [one for one in every if not one.reading]
        before = dict(zip([one.id for one in first], again(court, first, Again(
            sets=BEFORE, accept="raw", futures=court.sizes.prior)), strict=True))
        made = _joined(court, first, found, before)
        seeming = _apart(court, first, found, before)
    readings = [*_readings(claims, found), *_dated(court, first)]
    return Discord(scenario, run, {one.id: one.row for one in first}, tuple(made[0]),
                   tuple(made[1]), tuple(seeming), tuple(readings),
                   tuple(one.id for one in claims.untestable))


def _joined(court: Court, first: Sequence[Case], found: dict[str, Judged],
            before: dict[str, Judged]) -> tuple[list[Clash], list[tuple[str, float, float]]]:
    hardly = court.settings.hardly
    names = [one.id for one in first]
    n = min(len(found[name].truth) for name in names) if names else 0
    here = clashes(names, np.stack([found[m].truth[:n] for m in names]), hardly, STORED)
    prior = clashes(names, np.stack([before[m].truth for m in names]), hardly, PRIOR)
    known = {frozenset(one.claims) for one in here}
    alone = []
    for m in names:
        p = chance(found[m].truth)
        if p.high < hardly:
            alone.append((m, p.value, p.high))
    return [*here, *(one for one in prior if frozenset(one.claims) not in known)], alone


def _apart(court: Court, first: Sequence[Case], found: dict[str, Judged],
           before: dict[str, Judged]) -> list[Apart]:
    """Over the stored run, and over the wider futures before the evidence."""
    mine = [one for one in first if one.checked.kind != "record"]
    if not mine:
        return []
    needed = sorted({case for one in mine for case in one.checked.needs})
    n = min(len(found[one.id].truth) for one in mine)
    out: dict[tuple[str, str], Apart] = {}
    for truths, worlds in (
            (found, court.worlds(needed, Again(futures=n), base=True)),
            (before, court.worlds(needed, Again(sets=BEFORE, accept="raw",
                                                futures=court.sizes.prior)))):
        for one in apart([Said(m.id, m.checked.term) for m in mine],
                         [truths[m.id].truth[:n] for m in mine],
                         partial(_judge, mine[0].checked, worlds),
                         mine[0].checked.vocabulary, court.settings.hardly):
            pair = (min(one.claims), max(one.claims))
            out.setdefault(pair, one)
    return list(out.values())


def _judge(like: Any, worlds: Worlds, term: Any) -> Any:
    """The truth of a changed term; None where the aspect has no place there."""
    try:
        return evaluate(replace(like, term=term), worlds).truth
    except (KautilyaError, ValueError, KeyError, IndexError):
        return None


def _readings(claims: Any, found: dict[str, Judged]) -> list[Reading]:
    out = []
    for claim in claims.testable:
        held = [(claim.id, float(found[claim.id].truth.mean()))]
        held += [(f"{claim.id}.{one.id}", float(found[f"{claim.id}.{one.id}"].truth.mean()))
                 for one, _ in claim.variants]
        if max(p for _, p in held) - min(p for _, p in held) >= 0.5:
            out.append(Reading(claim.id, "meaning", tuple(held)))
    return out


def _dated(court: Court, first: Sequence[Case]) -> list[Reading]:
    """Matters of record that are true as of one date and false as of another."""
    out = []
    for one in first:
        if one.checked.kind == "record":
            held = as_of_dates(court, one)
            if len({p for _, p in held}) > 1:
                out.append(Reading(one.id, "date", tuple(held)))
    return out
