"""Where a claim turns: the box of assumptions in which it comes out the other way.

PRIM, bump hunting (friedman1999; `study.prim`), on the figures that move the claim. Coverage: share
of the futures that turn which lie in the box; density: share of the box that turns. Of the boxes of
one peeling the one is taken whose coverage and density have the largest harmonic mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims.assumptions import Assumptions
from kautilya.claims.decisive import Decisive
from kautilya.study.prim import chosen, prim

FEW = 20  # futures that turn, below which no box is sought


class Box(NamedTuple):
    """A box; limits: (figure in words, low, high, unit). note: why there is none."""

    limits: tuple[tuple[str, float, float, str], ...] = ()
    coverage: float = 0.0
    density: float = 0.0
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"limits": [{"figure": f, "low": lo, "high": hi, "unit": u}
                           for f, lo, hi, u in self.limits],
                "coverage": self.coverage, "density": self.density, "note": self.note}


def box(truth: np.ndarray, found: Sequence[Decisive], given: Assumptions) -> Box:
    """The box in which a claim that mostly holds fails, or one that mostly fails holds.

    truth   [F], over the futures of `given`
    """
    turned = ~truth if truth.mean() >= 0.5 else truth
    if turned.sum() < FEW:
        return Box(note=f"it turns in {int(turned.sum())} of {truth.size} futures: too few to box")
    if not found:
        return Box(note="no figure moves it beyond luck")
    x = np.stack([given.values[one.place] for one in found], axis=1)
    peeled = prim(x, turned)
    best = chosen(peeled)
    limits = tuple((found[k].says, float(best.low[k]), float(best.high[k]), found[k].row.unit)
                   for k in peeled.restricted(best))
    if not limits:
        return Box(note="no box is denser than the whole")
    return Box(limits, best.coverage, best.density)
