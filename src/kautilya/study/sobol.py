r"""Shares of variance by pick-freeze: Sobol' first-order and total indices, with their errors.

    S_j  = mean( B (AB_j - A) ) / V         ST_j = mean( (A - AB_j)^2 ) / 2V        V = var(A, B)

    A, B   runs at two independent points; AB_j: A with factor j taken from B

A factor may be a group of figures, dependent among themselves but on nothing outside the group.
S_j: share of the variance that goes once j is known. ST_j: share that stays while only j is
unknown. The error is 1.96 times the standard deviation over resampled base points.

Source: sobol2001; estimators of saltelli2010. Holds for: factors independent of one another.
Breaks when: a few extreme runs carry the variance; then the errors are wide, and say so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import norm

RESAMPLES = 100
LEVEL = 0.95
ROUNDING = 1e-3  # of an outcome's spread: stored outcomes are float32


class Indices(NamedTuple):
    """first, total and half-widths of their 95 % intervals, all [factors, outcomes]."""

    first: np.ndarray
    total: np.ndarray
    first_error: np.ndarray
    total_error: np.ndarray


def split(y: np.ndarray, factors: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A [N, K], AB [N, factors, K] and B [N, K] of runs in the order of `designs.saltelli`."""
    whole = y.reshape(-1, factors + 2, *y.shape[1:])
    return whole[:, 0], whole[:, 1:-1], whole[:, -1]


def indices(y: np.ndarray, factors: int, seed: int = 0) -> Indices:
    """Indices of outcomes y [N (factors + 2), K]; a base point with a missing run is left out.

    NaN where an outcome does not vary.
    """
    a, ab, b = split(np.asarray(y, dtype=float).reshape(len(y), -1), factors)
    centre, scale = _centre(y)
    a, ab, b = ((one - centre) / scale for one in (a, ab, b))
    n = len(a)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n, np.full(n, 1.0 / n), size=RESAMPLES).astype(float)
    weights = np.concatenate([np.ones((1, n)), counts]) / n
    out = [_weighted(a[:, k], ab[:, :, k], b[:, k], weights) for k in range(a.shape[1])]
    first = np.stack([one for one, _ in out], axis=-1)
    total = np.stack([one for _, one in out], axis=-1)
    width = norm.ppf(0.5 + LEVEL / 2)
    return Indices(
        first[0],
        total[0],
        width * first[1:].std(axis=0, ddof=1),
        width * total[1:].std(axis=0, ddof=1),
    )


def _centre(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flat = np.asarray(y, dtype=float).reshape(len(y), -1)
    scale = np.nanstd(flat, axis=0)
    return np.nanmean(flat, axis=0), np.where(scale > 0, scale, np.nan)


def _weighted(
    a: np.ndarray, ab: np.ndarray, b: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """First and total [weightings, factors] of one outcome; weights [weightings, N]."""
    whole = np.isfinite(a) & np.isfinite(b) & np.isfinite(ab).all(axis=1)
    if whole.sum() < 2:
        empty = np.full((len(weights), ab.shape[1]), np.nan)
        return empty, empty
    a, ab, b, weights = a[whole], ab[whole], b[whole], weights[:, whole]
    weights = weights / weights.sum(axis=1, keepdims=True)
    mean = weights @ (a + b)[:, None] / 2
    variance = weights @ (a * a + b * b)[:, None] / 2 - mean**2
    first = weights @ (b[:, None] * (ab - a[:, None]))
    total = weights @ (a[:, None] - ab) ** 2 / 2
    return first / variance, total / variance


class Slopes(NamedTuple):
    """bound on the total index and share of base points where the slope holds [factors, K]."""

    bound: np.ndarray
    smooth: np.ndarray


def slopes(y: np.ndarray, factors: int, step: float) -> Slopes:
    """Derivatives in probability, by runs in the order of `designs.stepped`, y [r (2k + 1), K].

    bound = mean(slope^2) / (pi^2 V): no total index of a smooth outcome is larger (sobol2009). A
    slope holds where that of the whole step and that of its half differ by at most a tenth; an
    outcome that does not move is smooth.
    """
    whole = np.asarray(y, dtype=float).reshape(-1, 2 * factors + 1, y.shape[-1])
    moved = whole[:, 1:] - whole[:, :1]
    full, half = moved[:, :factors] / step, 2 * moved[:, factors:] / step
    scale = np.nanstd(whole[:, 0], axis=0)
    near = np.abs(full - half) <= 0.1 * np.maximum(np.abs(full), np.abs(half)) + ROUNDING * scale
    variance = np.where(scale > 0, scale**2, np.nan)
    return Slopes(np.nanmean(full**2, axis=0) / (np.pi**2 * variance), near.mean(axis=0))


def spread_of_pairs(y: np.ndarray, factors: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Screening of runs in the order of `designs.radial`, y [r (factors + 1), K].

    mean of |AB_j - A|, its standard deviation, and the total index mean((AB_j - A)^2) / 2V with
    V over the A; each [factors, K] (morris1991, campolongo2011)
    """
    whole = np.asarray(y, dtype=float).reshape(-1, factors + 1, y.shape[-1])
    step = whole[:, 1:] - whole[:, :1]
    size = np.abs(step)
    variance = np.nanvar(whole[:, 0], axis=0)
    total = np.nanmean(step**2, axis=0) / np.where(variance > 0, 2 * variance, np.nan)
    return np.nanmean(size, axis=0), np.nanstd(step, axis=0), total
