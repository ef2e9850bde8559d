"""Scores of ranked rare events and the ridge logit, against hands and other programs."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth

from kautilya.estimation.suppliers import logit, scores

HAND_Y, HAND_P = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.8, 0.7, 0.1])


@truth(
    "closed-form",
    source="average precision by hand: 1/2 (1) + 1/2 (2/3)",
    kills="precision taken before the hit is counted",
)
def test_average_precision_by_hand() -> None:
    assert scores.average_precision(HAND_Y, HAND_P) == pytest.approx(5 / 6)
    assert scores.average_precision(np.array([0, 1]), np.array([0.5, 0.5])) == pytest.approx(0.5)


@truth("closed-form", source="shares by hand", kills="ties at the k-th place broken by row order")
def test_recall_counts_ties_by_expectation() -> None:
    y, p = np.array([1, 0, 0, 1, 0]), np.array([0.5, 0.5, 0.5, 0.9, 0.1])
    group = np.array([1, 1, 1, 2, 2])
    assert scores.recall_at(y, p, group, 1) == pytest.approx((1 / 3 + 1) / 2)
    assert scores.recall_at(y, p, group, 2) == pytest.approx((2 / 3 + 1) / 2)
    assert scores.recall_at(y[::-1], p[::-1], group[::-1], 2) == pytest.approx((2 / 3 + 1) / 2)


@truth("closed-form", source="-1000 log(1/2)", kills="a sum in place of the mean; log base 2")
def test_log_score_of_a_coin() -> None:
    assert scores.log_score(HAND_Y, np.full(4, 0.5)) == pytest.approx(1000 * np.log(2))


@truth(
    "other-program",
    source="scikit-learn average_precision_score, ties included",
    kills="one threshold per row in place of one per distinct forecast",
)
def test_average_precision_equals_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    for digits in (1, 2, 8):
        y, p = (rng.random(400) < 0.1).astype(float), np.round(rng.random(400), digits)
        assert scores.average_precision(y, p) == pytest.approx(
            metrics.average_precision_score(y, p), abs=1e-12
        )


@truth("invariant", kills="a bootstrap weight that misses one of the scores")
def test_a_weight_of_two_is_a_row_twice() -> None:
    rng = np.random.default_rng(2)
    y, p = (rng.random(60) < 0.3).astype(float), np.round(rng.random(60), 1)
    times = rng.integers(0, 3, 60)
    alone = scores.weighted(scores.prepare(y, p, np.zeros(60)), times.astype(float))
    again = np.repeat(np.arange(60), times)
    assert alone["ap"] == pytest.approx(scores.average_precision(y[again], p[again]))
    assert alone["log1000"] == pytest.approx(scores.log_score(y[again], p[again]))


@truth(
    "other-program",
    source="scikit-learn LogisticRegression, C = 1/ridge",
    kills="a penalised constant; standard deviations left out",
)
def test_ridge_logit_equals_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(5)
    x = rng.normal(size=(800, 3)) * [1.0, 10.0, 0.1] + [0.0, 5.0, 1.0]
    y = (rng.random(800) < logit.probability(x[:, 0] - 2.0)).astype(float)
    got = logit.fit(x, y, np.arange(800) % 40, ("a", "b", "c"), ridge=7.0)
    z = (x - x.mean(0)) / x.std(0)
    ref = linear.LogisticRegression(C=1 / 7.0, tol=1e-12, max_iter=1000).fit(z, y)
    np.testing.assert_allclose(got.coefficients, [ref.intercept_[0], *ref.coef_[0]], atol=1e-6)


@truth(
    "other-program",
    source="statsmodels Logit, cov_type cluster",
    kills="scores summed by row in place of by cluster",
)
def test_clustered_errors_equal_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(6)
    x, cluster = rng.normal(size=(900, 2)), np.repeat(np.arange(45), 20)
    lift = rng.normal(size=45)[cluster]
    y = (rng.random(900) < logit.probability(0.8 * x[:, 0] - 1.0 + lift)).astype(float)
    got = logit.fit(x, y, cluster, ("a", "b"), ridge=0.0)
    ref = api.Logit(y, api.add_constant(x)).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    beta, error = logit.natural(got)
    np.testing.assert_allclose(beta, ref.params, atol=1e-7)
    np.testing.assert_allclose(error, ref.bse * np.sqrt(45 / 44), rtol=1e-6)
