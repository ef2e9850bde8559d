r"""Scores of forecasts given as draws, and the skill of one forecast over another.

    CRPS(draws, y) = mean |x - y| - (1/2) mean |x - x'|      x, x' draws of the forecast
                     the pair mean over m^2 (plain) or over m (m - 1) (fair)
    CRPS(N(mu, s), y) = s (z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi)),   z = (y - mu) / s
    skill = 1 - mean score / mean score of the baseline      scores that are better when smaller

    y       what came true, in the unit of the draws
    skill   1 perfect, 0 no better than the baseline, negative worse

Source: gneiting2007; fair estimator ferro2014; block bootstrap cameron2008.
Holds for: scores whose resampled blocks are exchangeable. Breaks when: few blocks (below about
ten); the interval is then too short, and the table says how many there were.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Array = NDArray[np.float64]
RESAMPLES, SEED, LEVELS = 1000, 19930101, (0.05, 0.95)
BLOCKS = 5  # blocks in time below which an interval says nothing of a difference
LOOKED = "on months looked at"  # what "better" is worth where the months lay open when it was built


def crps_draws(draws: Array, y: Array, fair: bool = True) -> Array:
    """CRPS [...] of draws [m, ...] for outcomes y [...]; one draw gives the absolute error.

    >>> float(crps_draws(np.array([-1.0, 0.0, 1.0]), np.array(0.0)))
    0.0
    """
    draws = np.sort(np.asarray(draws, float), axis=0)
    m = len(draws)
    miss = np.abs(draws - y).mean(axis=0)
    if m == 1:
        return np.asarray(miss)
    rank = (2.0 * np.arange(m) + 1.0 - m).reshape(-1, *[1] * (draws.ndim - 1))
    pairs = 2.0 * (rank * draws).sum(axis=0)  # sum of |x - x'| over ordered pairs
    return np.asarray(miss - 0.5 * pairs / (m * (m - 1.0) if fair else m * m))


def crps_normal(mu: Array, sd: Array, y: Array) -> Array:
    """CRPS of normal forecasts for outcomes y; shapes broadcast.

    >>> round(float(crps_normal(0.0, 1.0, 0.0)), 6)
    0.233695
    """
    z = (np.asarray(y) - mu) / sd
    return np.asarray(sd * (z * (2.0 * norm.cdf(z) - 1.0) + 2.0 * norm.pdf(z) - np.pi**-0.5))


def covered(draws: Array, y: Array, level: float) -> Array:
    """Whether the central interval of the draws [m, ...] holds y [...]."""
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return np.asarray((low <= y) & (y <= high))


def skill(
    own: Array, base: Array, block: NDArray, resamples: int = RESAMPLES
) -> tuple[float, float, float]:
    """1 - mean(own) / mean(base) with its 90 % interval, resampling whole blocks.

    own, base [n] scores of the same cases; block [n] labels. NaN without a case; one block, such as
    one partner, gives no interval.
    """
    if not len(own):
        return float("nan"), float("nan"), float("nan")
    _, which = np.unique(block, return_inverse=True)
    blocks = which.max() + 1
    sums = np.stack([np.bincount(which, part, blocks) for part in (own, base)])
    point = 1.0 - sums[0].sum() / sums[1].sum()
    if blocks < 2:
        return float(point), float("nan"), float("nan")
    rng = np.random.default_rng(SEED)
    lots = rng.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=resamples)
    drawn = lots @ sums.T
    low, high = np.quantile(1.0 - drawn[:, 0] / drawn[:, 1], LEVELS)
    return float(point), float(low), float(high)
