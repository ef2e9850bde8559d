"""What a verdict owes to the world and what to its makers.

record      in the ledger of events, or fixed by what is on record: with the record and the
            accounts taken away (the prior predictive) it comes out otherwise in some futures;
            never what is claimed of a world in which a lever was pulled: that is on no record
arithmetic  follows from the inputs: the same whatever the luck, or in every future of every run
imposed     with the decisive coefficient, whose sign is assumed, at zero or free in sign, the
            verdict is gone; or the form of a law makes so what is claimed. Where nearly all
            futures agree, or only the direction of an effect is claimed, the coefficients are
            those of the laws that make the outcome
emergent    could have come out either way
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kautilya.claims import grounds
from kautilya.claims.assumptions import RARE, Decisive
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
from kautilya.claims.weighing import Chance
from kautilya.core.law import Law
from kautilya.scenario.schema import Quantity, Verdicts

BADGES = ("record", "arithmetic", "imposed", "emergent", "not identified")
SAME = 1e-6  # relative: a number that luck leaves where it was, as stored


class Without(NamedTuple):
    """The probability with the decisive coefficients at zero and free in sign.

    figure   ids of the coefficients; "" where none with an assumed sign moves the claim
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
        one_way = bool(ends) and (min(ends) >= 0 or max(ends) <= 0) and any(ends)
        if one_way and grounds.signed(row, laws):
            return row
    return None


class Behind(NamedTuple):
    """What the reruns told of a claim; made_so: what the form of a law makes so, "" for most."""

    prior: Chance | None
    lucky: bool
    without: Without
    made_so: str = ""


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
    if _imposed(p, told.without, settings) or (told.made_so and p > settings.holds):
        return "imposed"
    if p in (0.0, 1.0):
        fixed = told.prior is not None and told.prior.value != p
        if fixed and kind != "counterfactual":
            return "record"
        return "emergent" if any(one != p for one in others) else "arithmetic"
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
    court: Court,
    asked: Sequence[Question],
    found: Sequence[Judged],
    moving: Sequence[Sequence[Decisive]],
) -> list[Behind | None]:
    """Prior predictive, other luck, and assumed signs away, for what is no matter of record.

    found   as judged on the stored run; moving: the figures that move each claim
    """
    at = [i for i, one in enumerate(asked) if one.checked.kind != "record"]
    mine = [asked[i] for i in at]
    out: list[Behind | None] = [None] * len(asked)
    prior = again(court, mine, BEFORE)
    here = again(court, mine, Again(futures=LUCK))
    there = again(court, mine, Again(futures=LUCK, luck=FURTHER))
    signs = _without(court, mine, [_chosen(court, asked[i], found[i], moving[i]) for i in at])
    for i, p, a, b, sign in zip(at, prior, here, there, signs, strict=True):
        form = grounds.made_so(asked[i].checked, court.graph.enforced)
        out[i] = Behind(counted(p), moved(a, b), sign, form)
    return out


def _ids(rows: Sequence[Quantity]) -> tuple[str, ...]:
    return tuple(row.id for row in rows)


def _without(
    court: Court, asked: Sequence[Question], chosen: Sequence[Sequence[Quantity]]
) -> list[Without]:
    """For each claim the probability without the signs that were assumed, as chosen for it."""
    out = [NONE] * len(asked)
    sets = [_ids(rows) for rows in chosen]
    for ids in dict.fromkeys(one for one in sets if one):
        at = [i for i, one in enumerate(sets) if one == ids]
        zero = Again(sets=tuple(f"{name}=0" for name in ids), futures=SIGN)
        free = Again(free=ids, futures=SIGN)
        mine = [asked[i] for i in at]
        pairs = zip(again(court, mine, zero), again(court, mine, free), strict=True)
        says = "; ".join(map(court.names.figure, chosen[at[0]]))
        for i, (a, b) in zip(at, pairs, strict=True):
            out[i] = Without(", ".join(ids), says, counted(a), counted(b))
    return out


def _chosen(
    court: Court, one: Question, found: Judged, moving: Sequence[Decisive]
) -> list[Quantity]:
    """The coefficients with an assumed sign to do without.

    The one that moves the claim most; where none does, those of the laws that make the outcome, if
    nearly all futures agree or only a direction is claimed.
    """
    drawn = [
        row
        for row in grounds.changed(court.scenario, one.checked.needs)
        if row.distribution != "fixed"
    ]
    row = coefficient(moving, drawn, court.graph.laws)
    if row is not None:
        return [row]
    p = float(np.mean(found.truth))
    if not RARE < p < 1 - RARE or grounds.only_sign(one.checked):
        return grounds.nearest(court.scenario, court.graph, one.checked.rests_on)
    return []


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
