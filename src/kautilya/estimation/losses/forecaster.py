r"""Losses a month by class: a tempo shared by all classes that returns, and levels that do not.

    z_kt = B(y_kt / g_k)            B(u) = (u^c - 1) / c, log u for c = 0         (box1964)
    z_kt = m_k + a_k x_t + l_kt + e_kt
    x_t  = r x_{t-1} + s n_t        the shared tempo: the AR(1) of the law `tempo`
    l_kt = l_k,t-1 + w_k n'_kt      what changed for good in one class: arms, tactics, counting
    e_kt                            this month's count and the claimant's rounding

    y    losses claimed in a month            [items or persons/month]
    g_k  geometric mean of the known months   m_k  level, nearly flat prior
    a, w, e: a size of its own for each class, drawn to a common one (partial pooling)

All is normal given the sizes, so months are integrated out exactly (rasmussen2006, ch. 2); sizes
are found by their marginal likelihood on the known months alone: mode, then importance sampling
with weights cut as in ionides2008. Nothing is chosen on months that are scored.
Source: assumed form. Holds for: six months or more of every class.
Breaks when: a class is absent for months (zeros), or the war ends.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from scipy.optimize import minimize

Array = NDArray[np.float64]
# medians and log standard deviations of the sizes; assumed, wide
MONTHS, SHARED, OWN, NOISE = (6.0, 0.7), (0.25, 0.7), (0.1, 0.7), (0.12, 0.5)
APART = 1.0  # log standard deviation between classes of a and w
CURVE = (0.5, 0.25)  # mean and standard deviation of c: between counts and ratios
LEVEL = 1.0  # standard deviation of m_k
TAIL = 8  # degrees of freedom of the importance proposal
COMMON = 3  # sizes that all classes share
LEAST = 0.5  # what a month of zero counts as, so that its logarithm exists
JITTER = 1e-9


class Known(NamedTuple):
    """What one forecast is made from: y over its geometric mean [classes, months]."""

    ratio: Array
    mean: Array  # [classes, 1]


class Drawn(NamedTuple):
    """Sizes drawn from their posterior [draws, sizes], and how many of them count."""

    sizes: Array
    effective: float


def forecast(
    y: Array, horizon: int, draws: int = 2000, seed: int = 0, proposals: int = 384
) -> tuple[Array, float]:
    """Draws [draws, classes, horizon] of losses in the months after those of y [classes, months],
    and the effective number of draws of the sizes."""
    rng = np.random.default_rng(seed)
    raised = np.maximum(y, LEAST)
    mean = np.exp(np.log(raised).mean(axis=1, keepdims=True))
    known = Known(raised / mean, mean)
    found = posterior(known, draws, proposals, rng)
    out = np.empty((draws, len(y), horizon))
    sizes, which = np.unique(found.sizes, axis=0, return_inverse=True)
    for i, one in enumerate(sizes):
        pick = np.flatnonzero(which.ravel() == i)
        out[pick] = ahead(known, one, horizon, len(pick), rng)
    return out[rng.permutation(draws)], found.effective


def prior(classes: int) -> tuple[Array, Array]:
    """Mean and standard deviation of the sizes: three common logs, then logs of a, w and e for
    each class, then c."""
    logs = [MONTHS, SHARED, OWN, *[(1.0, APART)] * (2 * classes), *[NOISE] * classes]
    at = np.array([*(np.log(median) for median, _ in logs), CURVE[0]])
    return at, np.array([*(sd for _, sd in logs), CURVE[1]])


def covariance(sizes: Array, classes: int, months: int) -> Array:
    """Covariance of z over (class, month) pairs [classes * months, same]."""
    back, shared, own = np.exp(sizes[:COMMON])
    load, level, noise = np.exp(sizes[COMMON:-1]).reshape(3, classes)
    t = np.arange(months)
    tempo = shared**2 * np.exp(-np.abs(t[:, None] - t) / back)
    walk = np.minimum(t[:, None], t) + 1.0
    return np.asarray(
        np.kron(np.outer(load, load), tempo)
        + np.kron(np.diag((own * level) ** 2), walk)
        + np.kron(np.diag(noise**2), np.eye(months))
        + np.kron(np.eye(classes), np.full((months, months), LEVEL**2))
    )


def bent(ratio: Array, c: float) -> Array:
    """B of the card; near c = 0 its limit."""
    return np.log(ratio) if abs(c) < 1e-4 else (ratio**c - 1.0) / c


def straight(z: Array, c: float) -> Array:
    """The inverse of `bent`; what would be negative is almost nothing."""
    return np.exp(z) if abs(c) < 1e-4 else np.maximum(1.0 + c * z, 1e-3) ** (1.0 / c)


def log_posterior(sizes: Array, known: Known) -> float:
    """Logarithm of prior times marginal likelihood, up to a constant."""
    classes, months = known.ratio.shape
    at, sd = prior(classes)
    try:
        root = cholesky(covariance(sizes, classes, months), lower=True)
    except (LinAlgError, ValueError):
        return -1e10
    white = solve_triangular(root, bent(known.ratio, sizes[-1]).ravel(), lower=True)
    fit = -0.5 * white @ white - np.log(np.diag(root)).sum()
    stretch = (sizes[-1] - 1.0) * np.log(known.ratio).sum()
    return float(fit + stretch - 0.5 * np.sum(((sizes - at) / sd) ** 2))


def posterior(known: Known, draws: int, proposals: int, rng: np.random.Generator) -> Drawn:
    """Importance draws around the mode, resampled evenly."""
    at, _ = prior(len(known.ratio))
    found = minimize(
        lambda s: -log_posterior(s, known), at, method="L-BFGS-B", options={"maxiter": 60}
    )
    root = _spread(found.x, known)
    tail = np.sqrt(TAIL / rng.chisquare(TAIL, (proposals, 1)))
    step = rng.standard_normal((proposals, len(at))) * tail
    tried = found.x + step @ root.T
    logs = np.array([log_posterior(one, known) for one in tried])
    logs += (TAIL + len(at)) / 2.0 * np.log1p((step**2).sum(axis=1) / TAIL)
    weight = np.exp(logs - logs.max())
    weight = np.minimum(weight, weight.sum() / np.sqrt(proposals))
    weight /= weight.sum()
    even = (np.arange(draws) + rng.random()) / draws
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), even), proposals - 1)
    return Drawn(tried[chosen], float(1.0 / np.sum(weight**2)))


def _spread(mode: Array, known: Known, step: float = 2e-2) -> Array:
    """A root of the inverse curvature at the mode, by second differences."""
    n = len(mode)
    moves = np.eye(n) * step
    here = log_posterior(mode, known)
    up = [log_posterior(mode + m, known) for m in moves]
    down = [log_posterior(mode - m, known) for m in moves]
    curve = np.zeros((n, n))
    for i in range(n):
        curve[i, i] = 2.0 * here - up[i] - down[i]
        for j in range(i):
            both = log_posterior(mode + moves[i] + moves[j], known)
            curve[i, j] = curve[j, i] = up[i] + up[j] - here - both
    value, vector = np.linalg.eigh(curve / step**2)
    return np.asarray(vector / np.sqrt(np.maximum(value, 1.0)))  # never wider than a unit prior


def ahead(known: Known, sizes: Array, horizon: int, draws: int, rng: np.random.Generator) -> Array:
    """Draws [draws, classes, horizon] of the months to come, given the sizes."""
    classes, months = known.ratio.shape
    whole = months + horizon
    full = covariance(sizes, classes, whole)
    place = np.arange(classes * whole).reshape(classes, whole)
    old, new = place[:, :months].ravel(), place[:, months:].ravel()
    root = cholesky(full[np.ix_(old, old)], lower=True)
    link = solve_triangular(root, full[np.ix_(old, new)], lower=True)
    mean = link.T @ solve_triangular(root, bent(known.ratio, sizes[-1]).ravel(), lower=True)
    left = full[np.ix_(new, new)] - link.T @ link + JITTER * np.eye(len(new))
    z = mean + rng.standard_normal((draws, len(new))) @ cholesky(left, lower=True).T
    return straight(z, sizes[-1]).reshape(draws, classes, horizon) * known.mean
