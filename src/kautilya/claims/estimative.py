"""Words for likelihood and for confidence, which are two things.

Likelihood: ICD 203, always beside the number. Confidence: low, moderate or high, from what the
judgement rests on, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

LIKELIHOOD = ((0.05, "almost no chance"), (0.20, "very unlikely"), (0.45, "unlikely"),
              (0.55, "roughly even chance"), (0.80, "likely"), (0.95, "very likely"),
              (math.inf, "almost certain"))
LEVELS = ("low", "moderate", "high")
WIDE = 0.2  # a range over weightings above it lowers confidence by a step
SOLID = ("1", "2")  # credible enough for high confidence
FAIR = ("1", "2", "3")
GIVEN = ("assumed", "imposed")


def likelihood(probability: float) -> str:
    """The ICD-203 word for a probability in [0, 1]; "unknown" where it is not a number."""
    if not 0.0 <= probability <= 1.0:
        return "unknown"
    return next(word for bound, word in LIKELIHOOD if probability < bound)


class Confidence(NamedTuple):
    """How far the judgement itself is to be trusted, and why."""

    level: str
    because: str


def on_record(grades: Sequence[str]) -> Confidence:
    """Confidence in a matter of record, from the best grade of what answers it."""
    best = min(grades, key=lambda g: (g[1], g[0]), default="")
    if not best:
        return Confidence("moderate", "nothing on record answers it; what is not on record may "
                          "have happened")
    if best[1] in SOLID and best[0] in "ABC":
        return Confidence("high", f"on record, graded {best}")
    if best[1] in FAIR:
        return Confidence("moderate", f"on record, graded {best}")
    return Confidence("low", f"on record, but graded {best}")


def on_model(decisive: Sequence[Any], spread: float, calibrated: bool) -> Confidence:
    """Confidence in what the model says.

    decisive   `decisive.Decisive`, the strongest first; spread: of the probability over the
    weightings; calibrated: whether the strongest was learned from data
    """
    if not decisive:
        level, why = 1, "no single figure moves it"
    else:
        total = sum(one.share for one in decisive) or 1.0
        bare = sum(one.share for one in decisive if one.row.status in GIVEN) / total
        graded = sum(one.share for one in decisive if one.row.grade[1] in FAIR) / total
        level = 0 if bare > 0.5 else 2 if graded > 0.8 and calibrated else 1
        why = f"{100 * bare:.0f} % of what moves it rests on assumed figures" if bare > 0 else \
            f"the figures that move it have a source, the strongest graded {decisive[0].row.grade}"
    if spread > WIDE:
        level, why = max(level - 1, 0), f"{why}; weighing the evidence moves it by {spread:.2f}"
    return Confidence(LEVELS[level], why)
