"""What a verdict owes to the world and what to its makers.

record      in the ledger of events, or fixed by what is on record: with the record and the
            accounts taken away (the prior predictive) it comes out otherwise in some futures
arithmetic  follows from the inputs: the same whatever the luck, or in every future of every run
imposed     with the decisive coefficient, whose sign is assumed, at zero or free in sign, the
            verdict is gone
emergent    could have come out either way
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kautilya.claims.assumptions import Decisive
from kautilya.claims.court import (
    BEFORE,
    FURTHER,
    LUCK,
    SIGN,
    Again,
    Court,
    Question,
    again,
    counted,
)
from kautilya.claims.evaluate import Judged
from kautilya.claims.language.checker import levers
from kautilya.claims.weighing import Chance
from kautilya.core.law import Law
from kautilya.mechanisms import registry
from kautilya.scenario.lexicon import Names
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import Quantity, Verdicts

BADGES = ("record", "arithmetic", "imposed", "emergent", "not identified")
SAME = 1e-6  # relative: a number that luck leaves where it was, as stored


class Without(NamedTuple):
    """The probability with the decisive coefficient at zero and free in sign.

    figure   id of the coefficient; "" where none with an assumed sign moves the claim
    """

    figure: str
    says: str
    zero: Chance | None
    free: Chance | None

    def as_json(self) -> dict[str, object] | None:
        """Plain data."""
        if not self.figure:
            return None
        return {
            "figure": self.figure,
            "says": self.says,
            "at_zero": self.zero.as_json() if self.zero else None,
            "free_in_sign": self.free.as_json() if self.free else None,
        }


NONE = Without("", "", None, None)


def coefficient(
    found: Sequence[Decisive], changed: Sequence[Quantity], laws: Mapping[str, Law]
) -> Quantity | None:
    """The figure whose sign is assumed and that moves the claim most; None where there is none.

    changed   figures that the levers of the claim change: they come first
    laws      laws of the scenario by name
    """
    for row in (*changed, *(one.row for one in found)):
        ends = [x for x in (row.low, row.central, row.high) if x is not None]
        signed = bool(ends) and (min(ends) >= 0 or max(ends) <= 0) and any(ends)
        if signed and _assumed(row, laws):
            return row
    return None


def _assumed(row: Quantity, laws: Mapping[str, Law]) -> bool:
    """Whether the law takes the sign of this figure for granted, as it declares."""
    law, _, name = row.parameter.partition(".")
    for one in laws[law].params if law in laws else ():
        if one.name == name:
            return bool(
                "assumed" == (one.sign if isinstance(one.sign, str) else one.sign.get(row.label))
            )
    return False


class Behind(NamedTuple):
    """What the reruns told of a claim."""

    prior: Chance | None
    lucky: bool
    without: Without


HALF = 0.5
SLACK = 0.05  # more than the error of a few hundred futures


def badge(kind: str, truth: np.ndarray, told: Behind | None, settings: Verdicts) -> str:
    """The badge of a claim; "" where it needs runs that were not made.

    kind   of the claim; truth [F] where it can be told
    told   what the runs beside the stored one told; None where they were not made
    """
    if kind == "record" or not truth.size:  # nothing to judge: a number is not on record
        return "record"
    if told is None:
        return ""
    p = float(np.mean(truth))
    others = [c.value for c in (told.prior, told.without.zero, told.without.free) if c is not None]
    if _imposed(p, told.without, settings):
        return "imposed"
    if p in (0.0, 1.0):
        return "record" if any(one != p for one in others) else "arithmetic"
    return "emergent" if told.lucky else "arithmetic"


def _imposed(p: float, without: Without, settings: Verdicts) -> bool:
    """Whether the verdict is gone once the assumed sign is."""
    left = [c.value for c in (without.zero, without.free) if c is not None]
    if p > settings.holds:
        return any(one <= settings.holds - SLACK for one in left)
    if p < settings.fails:
        return any(one >= settings.fails + SLACK for one in left)
    if p > HALF:
        return any(one < settings.fails for one in left)
    return any(one > settings.holds for one in left)


def behind(
    court: Court, asked: Sequence[Question], moving: Sequence[Sequence[Decisive]]
) -> list[Behind | None]:
    """Prior predictive, other luck, and the assumed sign away, for what is no matter of record."""
    at = [i for i, one in enumerate(asked) if one.checked.kind != "record"]
    mine = [asked[i] for i in at]
    out: list[Behind | None] = [None] * len(asked)
    prior = again(court, mine, BEFORE)
    here = again(court, mine, Again(futures=LUCK))
    there = again(court, mine, Again(futures=LUCK, luck=FURTHER))
    signs = _without(court, mine, [moving[i] for i in at])
    for i, p, a, b, sign in zip(at, prior, here, there, signs, strict=True):
        out[i] = Behind(counted(p), moved(a, b), sign)
    return out


def _without(
    court: Court, asked: Sequence[Question], moving: Sequence[Sequence[Decisive]]
) -> list[Without]:
    """For each claim the probability without the sign that was assumed."""
    laws = {name: registry()[name] for name in court.scenario.head.laws if name in registry()}
    chosen = [
        None
        if one.checked.kind == "record"
        else coefficient(found, _changed(court.scenario, one.checked.needs), laws)
        for one, found in zip(asked, moving, strict=True)
    ]
    out, names = [NONE] * len(asked), Names(court.scenario)
    for row in {one.id: one for one in chosen if one is not None}.values():
        at = [i for i, one in enumerate(chosen) if one is not None and one.id == row.id]
        zero = Again(sets=(f"{row.id}=0",), futures=SIGN)
        free = Again(free=(row.id,), futures=SIGN)
        mine = [asked[i] for i in at]
        pairs = zip(again(court, mine, zero), again(court, mine, free), strict=True)
        for i, (a, b) in zip(at, pairs, strict=True):
            out[i] = Without(row.id, names.figure(row), counted(a), counted(b))
    return out


def _changed(scenario: Scenario, needs: Sequence[str]) -> list[Quantity]:
    """The figures behind the parameters that the levers of a claim change."""
    pulled = {name for case in needs for name in levers(case)}
    touched = {
        change.parameter for lever in scenario.levers if lever.id in pulled for change in lever.set
    }
    return [
        row
        for row in scenario.quantities
        if row.parameter in touched and row.distribution != "fixed"
    ]


def moved(here: Judged, there: Judged) -> bool:
    """Whether luck changes a claim: its quantity, or its truth where it compares none.

    here, there   judged on the same futures with other luck
    """
    if here.value is None or there.value is None:
        return bool((here.truth != there.truth).any())
    a, b = np.asarray(here.value, dtype=float), np.asarray(there.value, dtype=float)
    told = np.isfinite(a) & np.isfinite(b)  # x / 0 is no number that could be near another
    far = np.abs(a[told] - b[told]) > SAME * np.maximum(np.abs(a[told]), np.abs(b[told]))
    other = ~np.isclose(a[~told], b[~told], equal_nan=True)
    return bool(far.any() or other.any() or (here.truth != there.truth).any())
