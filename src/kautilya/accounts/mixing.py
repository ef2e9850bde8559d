"""Have the chains mixed? Split R-hat and effective sample size (gelman2013, vehtari2021)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kautilya.accounts.model import Floats


class Mixing(NamedTuple):
    """Per coordinate: split R-hat [n] and effective sample size [n]."""

    rhat: Floats
    effective: Floats


def mixing(draws: Floats) -> Mixing:
    """R-hat and effective size of draws [n, chains, length].

    A coordinate that never varies has R-hat 1 and the full size.
    """
    n, chains, length = draws.shape
    half = length // 2
    split = np.concatenate([draws[:, :, :half], draws[:, :, half:2 * half]], axis=1)
    within, total = _within_total(split)
    still = total <= 1e-24 * np.maximum(np.abs(draws).max(axis=(1, 2)) ** 2, 1e-300)
    safe = np.where(still, 1.0, within)
    rhat = np.where(still, 1.0, np.sqrt(np.where(still, 1.0, total) / np.where(safe > 0, safe, 1)))
    within, total = _within_total(draws)
    total = np.where(still, 1.0, total)
    mean = draws.mean(axis=2, keepdims=True)
    sums = np.ones(n)
    for lag in range(1, length, 2):
        pair = sum(1.0 - (within - _covariance(draws - mean, k)) / total
                   for k in (lag, lag + 1) if k < length)
        pair = np.where(pair > 0, pair, 0.0)
        sums = sums + 2.0 * pair
        if not pair.any():
            break
    size = float(chains * length)
    return Mixing(rhat, np.where(still, size, np.minimum(size / sums, size)))


def _within_total(draws: Floats) -> tuple[Floats, Floats]:
    """Mean variance inside chains, and the pooled estimate of the whole variance."""
    length = draws.shape[2]
    within = draws.var(axis=2, ddof=1).mean(axis=1)
    between = draws.mean(axis=2).var(axis=1, ddof=1)
    return within, within * (length - 1) / length + between


def _covariance(centred: Floats, lag: int) -> Floats:
    length = centred.shape[2]
    return (centred[:, :, lag:] * centred[:, :, :length - lag]).sum(axis=2).mean(axis=1) / length
