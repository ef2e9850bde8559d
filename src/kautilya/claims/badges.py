"""What a verdict owes to the world and what to its makers.

record      in the ledger of events, or fixed by what is on record: with the record and the
            accounts taken away (the prior predictive) it comes out otherwise in some futures
arithmetic  follows from the inputs: the same whatever the luck, or in every future of every run
imposed     with the decisive coefficient, whose sign is assumed, at zero or free in sign, the
            verdict is gone
emergent    could have come out either way
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims.assumptions import Decisive
from kautilya.claims.weighing import Chance

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

    def as_json(self) -> dict[str, Any] | None:
        """Plain data."""
        if not self.figure:
            return None
        return {"figure": self.figure, "says": self.says,
                "at_zero": self.zero.as_json() if self.zero else None,
                "free_in_sign": self.free.as_json() if self.free else None}


NONE = Without("", "", None, None)


def coefficient(found: Sequence[Decisive], changed: Sequence[Any], laws: dict[str, Any]) -> Any:
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


def _assumed(row: Any, laws: dict[str, Any]) -> bool:
    """Whether the law takes the sign of this figure for granted, as it declares."""
    law, _, name = row.parameter.partition(".")
    for one in laws[law].params if law in laws else ():
        if one.name == name:
            return bool("assumed" == (one.sign if isinstance(one.sign, str)
                                      else one.sign.get(row.label)))
    return False


def badge(kind: str, truth: np.ndarray, lucky: bool, runs: dict[str, Any], settings: Any) -> str:
    """The badge of a claim.

    kind   of the claim; truth [F]
    lucky  whether other luck changes what is compared
    runs   "prior": Chance without the evidence; "without": Without
    """
    if kind == "record" or not truth.size:  # nothing to judge: a number is not on record
        return "record"
    p = float(np.mean(truth))
    without: Without = runs["without"]
    others = [c.value for c in (runs["prior"], without.zero, without.free) if c is not None]
    if imposed(p, without, settings):
        return "imposed"
    if p in (0.0, 1.0):
        return "record" if any(one != p for one in others) else "arithmetic"
    return "emergent" if lucky else "arithmetic"


def imposed(p: float, without: Without, settings: Any) -> bool:
    """Whether the verdict is gone once the assumed sign is."""
    left = [c.value for c in (without.zero, without.free) if c is not None]
    if p > settings.holds:
        return any(one <= settings.holds - SLACK for one in left)
    if p < settings.fails:
        return any(one >= settings.fails + SLACK for one in left)
    if p > HALF:
        return any(one < settings.fails for one in left)
    return any(one > settings.holds for one in left)


HALF = 0.5
SLACK = 0.05  # more than the error of a few hundred futures


def moved(here: Any, there: Any) -> bool:
    """Whether luck changes a claim: its quantity, or its truth where it compares none.

    here, there   Judged on the same futures with other luck
    """
    if here.value is None or there.value is None:
        return bool((here.truth != there.truth).any())
    a, b = np.asarray(here.value, dtype=float), np.asarray(there.value, dtype=float)
    return bool((np.abs(a - b) > SAME * np.maximum(np.abs(a), np.abs(b))).any()
                or (here.truth != there.truth).any())
