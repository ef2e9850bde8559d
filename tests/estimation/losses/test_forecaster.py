"""The state space of monthly losses: its likelihood, its tempo, what it may know, its spread."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from support.conventions import truth

from kautilya.core.law import View
from kautilya.estimation.losses import baselines, forecaster
from kautilya.mechanisms.tempo import LAW
from kautilya.validation import backtest_losses


def made(classes: int = 2, months: int = 24, seed: int = 0, more: int = 0) -> np.ndarray:
    """Losses [classes, months + more] from the forecaster's own model in logarithms."""
    rng = np.random.default_rng(seed)
    sizes, _ = forecaster.prior(classes)
    full = forecaster.covariance(sizes, classes, months + more)
    z = np.linalg.cholesky(full + 1e-9 * np.eye(len(full))) @ rng.standard_normal(len(full))
    return 300.0 * np.exp(z.reshape(classes, -1))


@truth(
    "other-program",
    source="scipy.stats multivariate normal; change of variables",
    kills="a likelihood without the stretch of its curve",
)
def test_likelihood_is_that_of_a_normal() -> None:
    y = made()
    known = forecaster.Known(y / y.mean(), y)
    at, sd = forecaster.prior(2)
    sizes = at + 0.3 * np.random.default_rng(1).standard_normal(len(at))
    c = sizes[-1]

    def direct(s: np.ndarray) -> float:
        z = ((known.ratio ** s[-1]) - 1) / s[-1]
        normal = stats.multivariate_normal(np.zeros(z.size), forecaster.covariance(s, 2, 24))
        return float(
            normal.logpdf(z.ravel())
            + np.log(known.ratio ** (s[-1] - 1)).sum()
            + stats.norm(at, sd).logpdf(s).sum()
        )

    assert c != 0
    change = forecaster.log_posterior(sizes, known) - forecaster.log_posterior(at, known)
    assert change == pytest.approx(direct(sizes) - direct(at), abs=1e-6)


@truth(
    "slow-twin",
    source="the engine's law `tempo`, run for 40,000 months",
    kills="a shared tempo that is not the engine's AR(1)",
)
def test_shared_tempo_is_the_law_of_the_engine() -> None:
    months, back = 20_000, 4.0
    r, v = np.exp(-1 / back), 0.3
    param = {
        "persistence": np.full(2, r),
        "volatility": np.full(2, v * np.sqrt(1 - r**2)),
        "walk": np.zeros(2),
    }
    var = {"tempo_base": np.ones((1, 2)), "tempo_drift": np.zeros(2)}
    rng, drift = np.random.default_rng(0), np.zeros((months, 2))
    for t in range(months):
        x = drift[t - 1]  # the law's update of its departure, called a few times below
        drift[t] = r * x + param["volatility"] * rng.standard_normal(2)
    shock = np.array([0.7, -0.4])
    view = View(
        1,
        np.asarray(0.0),
        None,
        {**var, "tempo_drift": drift[-2]},
        param,
        {"shock": shock, "step": np.zeros((1, 2))},
        {"index": np.zeros((1, 1))},
        {},
        {},
    )
    np.testing.assert_allclose(
        LAW.step(view)["tempo_drift"], r * drift[-2] + param["volatility"] * shock, rtol=1e-12
    )
    sizes = np.array([np.log(back), np.log(v), -20.0, 0.0, 0.0, -20.0, 0.5])
    model = forecaster.covariance(sizes, 1, 7)[0] - forecaster.LEVEL**2
    lagged = [np.mean(drift[: months - k] * drift[k:]) for k in range(7)]
    np.testing.assert_allclose(model, lagged, atol=0.006)


@truth("invariant", source="a forecast knows nothing later", kills="a mean over all months")
def test_later_months_do_not_matter() -> None:
    y = made(months=30)
    one = forecaster.forecast(y[:, :20], 3, 50, 0, 32)[0]
    two = forecaster.forecast(np.where(np.arange(30) < 20, y, 9e9)[:, :20], 3, 50, 0, 32)[0]
    assert np.array_equal(one, two) and (one > 0).all()


@truth("symmetry", source="a unit is a choice", kills="a floor that bites in thousands")
def test_units_scale_the_forecast() -> None:
    y = made()
    one, ten = (forecaster.forecast(k * y, 6, 100, 3, 32)[0] for k in (1.0, 10.0))
    np.testing.assert_allclose(10 * one, ten, rtol=0.01)  # sizes are searched to about 1e-3


@truth(
    "closed-form",
    source="truths drawn from the model itself: 80 % of them lie in 80 %",
    kills="a forecast without the uncertainty of its sizes, or of its level",
)
def test_intervals_cover_what_the_model_makes() -> None:
    inside = []
    for seed in range(16):
        y = made(months=12, seed=seed, more=6)
        with backtest_losses.one_thread():
            drawn = forecaster.forecast(y[:, :12], 6, 200, seed, 48)[0]
        low, high = np.quantile(drawn, [0.1, 0.9], axis=0)
        inside.append(((low <= y[:, 12:]) & (y[:, 12:] <= high)).mean())
    assert 0.66 < np.mean(inside) < 0.93, np.mean(inside)


@pytest.mark.parametrize("name", list(baselines.BASELINES))
@truth("closed-form", source="a series that hardly moves", kills="a baseline on another scale")
def test_baselines_follow_a_steady_series(name: str) -> None:
    rng = np.random.default_rng(0)
    y = 400.0 + 10.0 * rng.standard_normal((2, 24))
    drawn = baselines.BASELINES[name](y, 3, 400, 0)
    assert drawn.shape == (400, 2, 3)
    assert np.median(drawn) == pytest.approx(400.0, rel=0.08) and (drawn >= 0).all()


@truth(
    "closed-form",
    source="a series that grows by 5 % a month",
    kills="drift that is taken for persistence",
)
def test_drift_goes_on_and_persistence_stays() -> None:
    y = 100.0 * 1.05 ** np.arange(24)[None]
    assert np.median(baselines.drift(y, 6, 50, 0)[..., -1]) == pytest.approx(y[0, -1] * 1.05**6)
    assert np.median(baselines.persistence(y, 6, 50, 0)[..., -1]) == pytest.approx(y[0, -1])
