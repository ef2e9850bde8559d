r"""Ridge logit with cluster-robust uncertainty: the linear predictor of the supplier's decision.

    eta = a + z b,  z = (x - mean) / sd,   P(y=1) = 1 / (1 + exp(-eta))
    maximise  sum log P - (ridge/2) b'b     (the constant is not penalised)
    V = H^-1 (sum_g s_g s_g') H^-1 G/(G-1), s_g = sum of scores in cluster g

Source: ridge logit lecessie1992; cluster sandwich liangzeger1986.
Holds for: at least one event and one non-event. Breaks when: few clusters (below about 30 the
sandwich is too small; compare ``bootstrap``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kautilya.errors import KautilyaError
from kautilya.wording import many

Array = NDArray[np.float64]


class Estimate(NamedTuple):
    """A fitted decision: ``names[0]`` is ``const``; the rest are per standard deviation.

    coefficients, standard_errors [k+1]; means, sds [k]; covariance [k+1, k+1].
    """

    names: tuple[str, ...]
    coefficients: Array
    standard_errors: Array
    means: Array
    sds: Array
    covariance: Array
    rows: int
    events: int
    clusters: int


def probability(eta: Array) -> Array:
    """1 / (1 + exp(-eta)) without overflow; any shape."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * eta)))


def _objective(design: Array, outcome: Array, ridge: Array, weight: Array, beta: Array) -> float:
    eta = design @ beta
    return float(
        (weight * (outcome * eta - np.logaddexp(0.0, eta))).sum()
        - 0.5 * (ridge * beta * beta).sum()
    )


def _newton(design: Array, outcome: Array, ridge: Array, weight: Array) -> tuple[Array, Array]:
    """Newton with halved steps (a full step overshoots where a rare tie decides almost all)."""
    beta = np.zeros(design.shape[1])
    rate = float(np.average(outcome, weights=weight))
    beta[0] = np.log(rate / (1.0 - rate))
    value = _objective(design, outcome, ridge, weight, beta)
    for _ in range(100):
        p = probability(design @ beta)
        gradient = design.T @ (weight * (outcome - p)) - ridge * beta
        hessian = (design * (weight * p * (1.0 - p))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        while (new := _objective(design, outcome, ridge, weight, beta + step)) < value:
            step = 0.5 * step
            if np.abs(step).max() < 1e-10:
                break
        beta, value = beta + step, new
        if np.abs(step).max() < 1e-9:
            break
    return beta, np.asarray(np.linalg.inv(hessian), dtype=np.float64)


def _scaled(x: Array, means: Array, sds: Array) -> Array:
    """[n, k+1] with a leading column of ones; missing values stand at the mean."""
    z = np.nan_to_num((x - means) / sds, nan=0.0)
    return np.hstack([np.ones((len(z), 1)), z])


def fit(
    x: Array,
    y: Array,
    cluster: Array,
    names: Sequence[str],
    ridge: float = 1.0,
    weight: Array | None = None,
) -> Estimate:
    """Fit the decision. x [n, k] natural units, y [n] 0/1, cluster [n] labels, weight [n].

    Raises KautilyaError when y holds only one value.
    """
    if not 0 < y.sum() < len(y):
        raise KautilyaError(
            "supplier logit",
            f"{many(int(y.sum()), 'delivery')} in {many(len(y), 'row')}",
            "give a training period with both deliveries and refusals",
        )
    x = np.where(np.isnan(x).all(axis=0), 0.0, x)  # a term that is nowhere known says nothing
    means, sds = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    sds = np.where(sds > 1e-12, sds, 1.0)
    design = _scaled(x, means, sds)
    penalty = np.r_[0.0, np.full(x.shape[1], ridge)]
    weight = np.ones(len(y)) if weight is None else weight
    beta, bread = _newton(design, y.astype(float), penalty, weight)
    residual = weight * (y - probability(design @ beta))
    groups, which = np.unique(cluster, return_inverse=True)
    score = np.zeros((len(groups), design.shape[1]))
    np.add.at(score, which, design * residual[:, None])
    score -= score.mean(axis=0)
    covariance = bread @ score.T @ score @ bread * len(groups) / max(len(groups) - 1, 1)
    return Estimate(
        ("const", *names),
        beta,
        np.sqrt(np.diag(covariance)),
        means,
        sds,
        covariance,
        len(y),
        int(y.sum()),
        len(groups),
    )


def predictor(estimate: Estimate, x: Array) -> Array:
    """Utility [n] of covariates x [n, k] in natural units; missing values count as average."""
    return np.asarray(_scaled(x, estimate.means, estimate.sds) @ estimate.coefficients)


def natural(estimate: Estimate) -> tuple[Array, Array]:
    """(coefficients, standard errors) [k+1] per natural unit; the constant at x = 0."""
    scale = np.r_[1.0, 1.0 / estimate.sds]
    turn = np.diag(scale)
    turn[0, 1:] = -estimate.means / estimate.sds
    beta = turn @ estimate.coefficients
    return beta, np.sqrt(np.diag(turn @ estimate.covariance @ turn.T))


def bootstrap(
    x: Array, y: Array, cluster: Array, estimate: Estimate, draws: int = 100, ridge: float = 1.0
) -> Array:
    """Coefficients [draws, k+1] refitted on resampled clusters, at the estimate's scaling."""
    rng = np.random.default_rng(1986)
    design = _scaled(x, estimate.means, estimate.sds)
    groups, which = np.unique(cluster, return_inverse=True)
    penalty = np.r_[0.0, np.full(x.shape[1], ridge)]
    found = []
    for _ in range(draws):
        times = np.bincount(rng.integers(0, len(groups), len(groups)), minlength=len(groups))
        weight = times[which].astype(float)
        if (weight * y).sum() > 0:
            found.append(_newton(design, y.astype(float), penalty, weight)[0])
    return np.array(found)
