"""The filter of level, growth and transient against the whole covariance, written out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.estimation import motion
from kautilya.estimation.motion import hierarchy
from kautilya.estimation.motion.filter import START, Given, Sizes, drawn, log_likelihood, smoothed

T, K = 9, 2
SIZES = Sizes(*(np.array(x) for x in ([0.1, 0.3], [0.2, 0.1], [0.05, 0.02], [0.9, 0.6],
                                      [0.3, 0.2], [0.7, 0.4])))  # fmt: skip


def case():
    rng = np.random.default_rng(5)
    known = np.ones((T, K))
    known[3, 0] = known[:2, 1] = 0.0
    level = SIZES.level**2 * rng.uniform(0.5, 2.0, (T, K))
    noise = SIZES.noise**2 * rng.uniform(0.5, 2.0, (T, K))
    z = rng.normal(2.0, 0.5, (T, K)) * known
    return Given(z, known, noise, level, np.array([2.0, 1.5]))


def dense(given: Given, k: int):
    """Covariance of level and transient [T, T] each, by steps written out."""
    g, f = SIZES.growth[k], SIZES.damping[k]
    lag = np.abs(np.subtract.outer(np.arange(T), np.arange(T)))
    growth = g**2 * f**lag
    sums = np.tril(np.ones((T, T)), -1)  # the level is the sum of growth before it
    steps = np.tril(np.ones((T, T)))[:, 1:]
    level = START**2 + steps @ np.diag(given.level[1:, k]) @ steps.T + sums @ growth @ sums.T
    return level, SIZES.transient[k] ** 2 * SIZES.fading[k] ** lag


@truth(
    "closed-form",
    source="normal density of the whole record",
    kills="the variance of a step at the wrong month; a missing month that counts; a covariance lost",
)
def test_likelihood_and_path():
    given = case()
    got, path = np.asarray(log_likelihood(SIZES, given)), smoothed(SIZES, given)
    for k in range(K):
        level, transient = dense(given, k)
        at = given.known[:, k] > 0
        whole = (level + transient + np.diag(given.noise[:, k]))[np.ix_(at, at)]
        mean = given.middle[k]
        assert got[k] == pytest.approx(
            stats.multivariate_normal(np.full(at.sum(), mean), whole).logpdf(given.z[at, k])
        )
        pull = np.linalg.solve(whole, given.z[at, k] - mean)
        assert np.asarray(path.level)[:, k] == pytest.approx(mean + level[:, at] @ pull)
        assert np.asarray(path.transient)[:, k] == pytest.approx(transient[:, at] @ pull)


@truth(
    "closed-form",
    source="covariance of the states given the record",
    kills="draws that are the mean; noise of one series in another",
)
def test_draws_have_the_spread_that_is_left():
    given, many = case(), 20_000
    import jax

    luck = np.random.default_rng(2).standard_normal((many, 4, T, K))
    paths = jax.vmap(lambda n: drawn(SIZES, given, n))(luck)
    for k in range(K):
        level, transient = dense(given, k)
        at = given.known[:, k] > 0
        whole = (level + transient + np.diag(given.noise[:, k]))[np.ix_(at, at)]
        left = level - level[:, at] @ np.linalg.solve(whole, level[at])
        got = np.asarray(paths.level)[:, :, k].var(axis=0)
        assert got == pytest.approx(np.diag(left), rel=0.06)


@truth(
    "closed-form",
    source="gelman2013: independent draws, and an autoregression of 0.9",
    kills="a negative number of draws; chains apart that pass for one",
)
def test_diagnostics():
    rng = np.random.default_rng(1)
    free = rng.standard_normal((4, 1000))
    rhat, count = hierarchy.split(free)
    assert rhat < 1.01 and 2500 < count <= 4000
    slow = np.zeros((4, 4000))
    for t in range(1, 4000):
        slow[:, t] = 0.9 * slow[:, t - 1] + rng.standard_normal(4)
    assert hierarchy.split(slow)[1] == pytest.approx(16_000 * 0.1 / 1.9, rel=0.35)
    apart = free + np.arange(4)[:, None]
    assert hierarchy.split(apart)[0] > 1.3 and hierarchy.split(apart)[1] > 0
    assert hierarchy.split(-np.abs(np.tile([1.0, -1.0], (4, 50))))[1] > 0
    assert hierarchy.split((-1.0) ** np.arange(400) * np.ones((4, 1)))[1] > 0
    for few in (0, 1, 2, 3):
        with pytest.raises(ValueError, match="least"):
            hierarchy.split(free[:, :few])
    with pytest.raises(KautilyaError, match="8 draws"):
        motion.write(Path("nowhere"), None, None, (8, 0))  # refused before anything is read
