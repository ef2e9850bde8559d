"""Inverse distribution functions of the uncertain figures.

uniform      low + u (high - low)
loguniform   low (high / low)^u
triangular   kotz2004, ch. 1, with mode `central`
pert         beta on [low, high] with a = 1 + 4 (c-l)/(h-l), b = 1 + 4 (h-c)/(h-l);
             malcolm1959 (mean (l + 4c + h)/6)
choice       low or high, with equal weight
fixed        central
experts      the pooled quantiles of experts (scenario/experts.py), straight lines between
"""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Ranged(Protocol):
    """Whatever has a range and a distribution."""

    @property
    def distribution(self) -> str: ...
    @property
    def low(self) -> float | None: ...
    @property
    def central(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


def quantile(row: Ranged, u: np.ndarray) -> np.ndarray:
    """Values at cumulative probability u, in the unit of the row.

    row     has .distribution, .low, .central, .high (one scalar each)
    u       probabilities in (0, 1), any shape; the result has the same shape
    Raises ValueError for a distribution that is not known.
    """
    u = np.asarray(u, dtype=float)
    kind = row.distribution
    if points := getattr(row, "points", ()):
        return np.interp(u, *np.array(points).T)
    low, central, high = (
        np.nan if value is None else value for value in (row.low, row.central, row.high)
    )
    if kind == "fixed":
        return np.full_like(u, central)
    if low == high:
        return np.full_like(u, low)
    if kind == "uniform":
        return low + u * (high - low)
    if kind == "loguniform":
        return low * np.exp(u * np.log(high / low))
    if kind == "experts":  # their pool is not at hand: its 5, 50 and 95 %
        return np.interp(u, (0.05, 0.5, 0.95), (low, central, high))
    if kind == "choice":
        return np.where(u < 0.5, low, high)
    if kind == "triangular":
        return _triangular(low, central, high, u)
    if kind == "pert":
        from scipy.special import betaincinv

        width = high - low
        a, b = 1 + 4 * (central - low) / width, 1 + 4 * (high - central) / width
        return low + width * betaincinv(a, b, u)
    raise ValueError(f"unknown distribution {kind!r}")


def middle(row: Ranged) -> float:
    """The central figure of a row; where it gives none, the middle of its range, by its distribution."""
    if row.central is not None:
        return row.central
    low, high = (0.0 if one is None else one for one in (row.low, row.high))
    if row.distribution == "loguniform":
        return float(np.sqrt(low * high)) if low > 0 else low
    return low if row.distribution == "choice" else (low + high) / 2


def _triangular(low: float, mode: float, high: float, u: np.ndarray) -> np.ndarray:
    width = high - low
    below = np.sqrt(u * width * (mode - low))
    above = np.sqrt((1 - u) * width * (high - mode))
    return np.where(u * width < mode - low, low + below, high - above)
