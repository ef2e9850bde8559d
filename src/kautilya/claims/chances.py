"""Probabilities from futures: the value, its Monte-Carlo error, an interval that is no point.

    p  = sum w t / sum w             n = (sum w)^2 / sum w^2 (kish1965)
    Wilson (wilson1927):  (p + z^2/2n -+ z sqrt(p (1-p)/n + z^2/4n^2)) / (1 + z^2/n)

    t   1 where the claim is true in a future     w   weight of the future, 1 without weights
    n   number of futures that count              z   1.96 for 95 %

The error is never below that of half a future, so that nothing is certain for want of futures.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

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


def chance(truth: Any, weights: Any = None) -> Chance:
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


def plain(value: Any) -> Any:
    """Plain data with None for numbers that are not finite, which JSON does not have."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def certain(value: float) -> Chance:
    """The probability of what is not drawn."""
    return Chance(value, 0.0, value, value, float("inf"))
