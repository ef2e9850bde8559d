"""Probabilities from futures, weightings of the evidence, and the words for both.

Probability: the value, its Monte-Carlo error, an interval that is no point.

    p  = sum w t / sum w             n = (sum w)^2 / sum w^2 (kish1965)
    Wilson (wilson1927):  (p + z^2/2n -+ z sqrt(p (1-p)/n + z^2/4n^2)) / (1 + z^2/n)

    t   1 where the claim is true in a future     w   weight of the future, 1 without weights
    n   number of futures that count              z   1.96 for 95 %

The error is never below that of half a future, so that nothing is certain for want of futures.

Evidence: what a verdict is under every weighting that a scenario declares. A figure of a grade that
is believed by w keeps its declared distribution q with the share w; of the rest nothing is known
but its range. The class of all such distributions is

    w q + (1 - w) h,    h in {as declared, leaning low, leaning high, wide}

(contamination, berger1986). In cumulative probability u these h have the densities
1, 2 (1 - u), 2 u and 3 (2u - 1)^2, so that futures of one run can be weighed again by

    r = prod over figures of (w + (1 - w) h(u))

Only figures that move the claim are weighed: the others would leave it where it is. For each the
h is taken that lowers, or raises, the probability most. What comes out is a range, not a mean.
A record of a grade that is believed by w has a probability of being right from w to 1.
Breaks when: few futures are left after weighing (`futures`); then no verdict is given.

Words: likelihood after ICD 203, always beside the number; confidence is another thing, low,
moderate or high, from what the judgement rests on, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike

from kautilya.claims.assumptions import Decisive
from kautilya.scenario.schema import Quantity, Verdicts, Weighting

T = TypeVar("T")

Z = 1.959963984540054  # 95 %, two-sided


class Chance(NamedTuple):
    """A probability, its standard error, its 95 % interval, and the futures that count."""

    value: float
    error: float
    low: float
    high: float
    futures: float

    def as_json(self) -> dict[str, float]:
        """Plain numbers."""
        return {key: float(one) for key, one in self._asdict().items()}


def wilson(p: float, n: float) -> tuple[float, float]:
    """The interval of Wilson for a share p seen in n futures.

    >>> tuple(round(x, 4) for x in wilson(0.0, 100))
    (0.0, 0.037)
    """
    if n <= 0:
        return 0.0, 1.0
    middle = p + Z * Z / (2 * n)
    half = Z * np.sqrt(p * (1 - p) / n + (Z / (2 * n)) ** 2)
    low, high = (middle - half) / (1 + Z * Z / n), (middle + half) / (1 + Z * Z / n)
    return float(max(low, 0.0) if p > 0 else 0.0), float(min(high, 1.0) if p < 1 else 1.0)


def chance(truth: ArrayLike, weights: ArrayLike | None = None) -> Chance:
    """The probability that something holds.

    truth     [F] true or false in each future
    weights   [F] weight of each future, not negative; by default all the same
    """
    t = np.asarray(truth, dtype=float).ravel()
    w = np.ones_like(t) if weights is None else np.asarray(weights, dtype=float).ravel()
    total = float(w.sum())
    if not t.size or total <= 0:
        return Chance(float("nan"), float("nan"), 0.0, 1.0, 0.0)
    n = total**2 / float((w * w).sum())
    p = min(max(float((w * t).sum()) / total, 0.0), 1.0)
    low, high = wilson(p, n)
    return Chance(p, float(np.sqrt(max(p * (1 - p), 0.5 / n) / n)), low, high, n)


def plain(value: T) -> T:
    """Plain data with None for numbers that are not finite, which JSON does not have."""
    return cast(T, _plain(value))


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def certain(value: float) -> Chance:
    """The probability of what is not drawn."""
    return Chance(value, 0.0, value, value, float("inf"))


class Weighed(NamedTuple):
    """A probability under one weighting: its least and its greatest."""

    id: str
    low: Chance
    high: Chance

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "weighting": self.id,
            "low": self.low.value,
            "high": self.high.value,
            "futures": min(self.low.futures, self.high.futures),
        }


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


def weigh(
    truth: np.ndarray, ranks: np.ndarray, rows: Sequence[Quantity], weighting: Weighting
) -> Weighed:
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


def weigh_record(truth: bool, grade: str, weighting: Weighting) -> Weighed:
    """The range of the probability that a record is right."""
    w = belief(weighting.weights, grade)
    low, high = (w, 1.0) if truth else (0.0, 1 - w)
    return Weighed(weighting.id, certain(low), certain(high))


DECLARED = Weighting(id="as_declared", says="every figure and record as declared")  # always there


def weightings(settings: Verdicts) -> tuple[Weighting, ...]:
    """Those of a scenario, with the declared evidence first."""
    given = tuple(settings.weighting)
    return given if any(map(_trusting, given)) else (DECLARED, *given)


def _trusting(weighting: Weighting) -> bool:
    """Whether it believes every grade in full."""
    return all(w == 1 for w in weighting.weights.values())


LIKELIHOOD = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (math.inf, "almost certain"),
)
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
        return Confidence(
            "moderate", "nothing on record answers it; what is not on record may have happened"
        )
    if best[1] in SOLID and best[0] in "ABC":
        return Confidence("high", f"on record, graded {best}")
    if best[1] in FAIR:
        return Confidence("moderate", f"on record, graded {best}")
    return Confidence("low", f"on record, but graded {best}")


def on_model(
    decisive: Sequence[Decisive], spread: float, calibrated: bool, beside: str = "F6"
) -> Confidence:
    """Confidence in what the model says.

    decisive   `decisive.Decisive`, the strongest first; spread: of the probability over the
    weightings; calibrated: whether the strongest was learned from data
    beside     grade of the evidence beside the claim, which counts where no figure moves it: that
               nothing moves a claim is no evidence for it
    """
    if not decisive:
        level = int(beside[1] in SOLID and beside[0] in "ABC")
        graded = f"the evidence beside it is graded {beside}"
        why = f"no single figure is seen to move it, and that is no evidence; {graded}"
    else:
        total = sum(one.share for one in decisive) or 1.0
        bare = sum(one.share for one in decisive if one.row.status in GIVEN) / total
        graded_share = sum(one.share for one in decisive if one.row.grade[1] in FAIR) / total
        level = 0 if bare > 0.5 else 2 if graded_share > 0.8 and calibrated else 1
        why = (
            f"{100 * bare:.0f} % of what moves it rests on assumed figures"
            if bare > 0
            else f"the figures that move it have a source, the strongest graded {decisive[0].row.grade}"
        )
    if spread > WIDE:
        level, why = max(level - 1, 0), f"{why}; weighing the evidence moves it by {spread:.2f}"
    return Confidence(LEVELS[level], why)
