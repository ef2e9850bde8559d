"""How the evidence is weighed: what a verdict is under every weighting that a scenario declares.

A figure of a grade that is believed by w keeps its declared distribution q with the share w; of
the rest nothing is known but its range. The class of all such distributions is

    w q + (1 - w) h,    h in {as declared, leaning low, leaning high, wide}

(contamination, berger1986). In cumulative probability u these h have the densities
1, 2 (1 - u), 2 u and 3 (2u - 1)^2, so that futures of one run can be weighed again by

    r = prod over figures of (w + (1 - w) h(u))

Only figures that move the claim are weighed: the others would leave it where it is. For each the
h is taken that lowers, or raises, the probability most. What comes out is a range, not a mean.

A record of a grade that is believed by w has a probability of being right from w to 1.
Breaks when: few futures are left after weighing (`futures`); then no verdict is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims.chances import Chance, certain, chance


class Weighed(NamedTuple):
    """A probability under one weighting: its least and its greatest."""

    id: str
    low: Chance
    high: Chance

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"weighting": self.id, "low": self.low.value, "high": self.high.value,
                "futures": min(self.low.futures, self.high.futures)}


def belief(weights: Mapping[str, float], grade: str) -> float:
    """How far a grade is believed.

    >>> belief({"C": 0.8, "4": 0.5, "C3": 0.9}, "C4"), belief({"C3": 0.9, "C": 0.1}, "C3")
    (0.5, 0.9)
    """
    if grade in weights:
        return weights[grade]
    return min((weights[part] for part in grade if part in weights), default=1.0)


def shapes(u: np.ndarray, two_values: bool = False) -> np.ndarray:
    """Densities of h in cumulative probability: as declared, low, high, wide; [4, F], mean 1."""
    s = np.where(u < 0.5, -0.5, 0.5) if two_values else 2 * np.asarray(u, dtype=float) - 1
    wide = np.ones_like(s) if two_values else 3 * s**2
    return np.stack([np.ones_like(s), 1 - s, 1 + s, wide])


def weigh(truth: np.ndarray, ranks: np.ndarray, rows: Sequence[Any], weighting: Any) -> Weighed:
    """The range of a probability under one weighting.

    truth   [F]         ranks   [k, F] of the figures that move the claim, most moving first
    rows    [k] rows with grade and distribution
    """
    ends = []
    for sign in (1.0, -1.0):
        r = np.ones(len(truth))
        for u, row in zip(ranks, rows, strict=True):
            w = belief(weighting.weights, row.grade)
            tried = w + (1 - w) * shapes(u, row.distribution == "choice")
            means = [sign * float((r * one * truth).sum() / (r * one).sum()) for one in tried]
            r = r * tried[int(np.argmin(means))]
        ends.append(chance(truth, r))
    return Weighed(weighting.id, *ends)


def weigh_record(truth: bool, grade: str, weighting: Any) -> Weighed:
    """The range of the probability that a record is right."""
    w = belief(weighting.weights, grade)
    low, high = (w, 1.0) if truth else (0.0, 1 - w)
    return Weighed(weighting.id, certain(low), certain(high))


class Declared(NamedTuple):
    """The weighting that is always there."""

    id: str = "as_declared"
    says: str = "every figure and record as declared"
    weights: Mapping[str, float] = {}


def weightings(settings: Any) -> tuple[Any, ...]:
    """Those of a scenario, with the declared evidence first."""
    given = tuple(settings.weighting)
    plain = any(all(w == 1 for w in one.weights.values()) for one in given)
    return given if plain else (Declared(), *given)
