"""Where a claim turns: the box of assumptions in which it comes out the other way.

PRIM, bump hunting (friedman1999), by EMA Workbench, on the figures that move the claim. Coverage:
share of the futures that turn which lie in the box; density: share of the box that turns. Of the
boxes of one peeling the one is taken whose coverage and density have the largest harmonic mean.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims.assumptions import Assumptions
from kautilya.claims.decisive import Decisive

FEW = 20  # futures that turn, below which no box is sought
MISSING = "PRIM needs EMA Workbench; install it with: pip install 'kautilya[study]'"


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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from ema_workbench.analysis import prim
    except ImportError:
        return Box(note=MISSING)
    import pandas as pd

    table = pd.DataFrame({one.row.id: given.values[one.place] for one in found})
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        peeled = prim.Prim(table, turned, threshold=float(turned.mean())).find_box()
    if peeled is None:
        return Box(note="no box is denser than the whole")
    path = peeled.peeling_trajectory
    score = 2 * path["coverage"] * path["density"] / (path["coverage"] + path["density"])
    best = int(score.fillna(0.0).to_numpy().argmax())
    lims = peeled.box_lims[best]
    rows = {one.row.id: one for one in found}
    limits = tuple((rows[name].says, float(lims[name].iloc[0]), float(lims[name].iloc[1]),
                    rows[name].row.unit) for name in table.columns
                   if lims[name].iloc[0] > table[name].min()
                   or lims[name].iloc[1] < table[name].max())
    if not limits:
        return Box(note="no box is denser than the whole")
    return Box(limits, float(path["coverage"].iloc[best]), float(path["density"].iloc[best]))
