r"""Simple forecasts of monthly losses: what a better one has to beat.

    persistence   log y_{t+h} = log y_t + sum of h changes, changes normal(0, sd of the past)
    drift         the same with the mean change of the past
    AutoARIMA, ETS      by statsforecast (hyndman2008), of the counts and of their logarithms
    count regression    y_t ~ NegBin(exp(b0 + b1 log(1 + y_{t-1}))), var = mu + phi mu^2
                        (cameron1998), run forward month by month

Each gives draws [draws, classes, horizon] from y [classes, months]. Normal forecasts of counts
are cut at zero. Holds for: six months or more. Breaks when: a class is absent for months.

The law of losses of version 0.1.0 is kept as a bar: a level that returns to what the last year was,
at an assumed pace, and a shock; its ranges stand here as they stood then. The law of the month loop
is scored by `kautilya hindcast`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import MappingProxyType, ModuleType
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

import kautilya.core  # noqa: F401  (float64)
from kautilya.errors import extra
from kautilya.mechanisms.formulas.noise import count_noise
from kautilya.scenario.distributions import quantile

Array = NDArray[np.float64]
Forecast = Callable[[Array, int, int, int], Array]  # y, horizon, draws, seed
LEAST = 0.5
FAR = 50.0  # a month is at most so many times the largest month known


def persistence(y: Array, horizon: int, draws: int, seed: int) -> Array:
    """The last month goes on."""
    return _walk(y, horizon, draws, seed, 0.0)


def drift(y: Array, horizon: int, draws: int, seed: int) -> Array:
    """The mean change of the past goes on."""
    return _walk(y, horizon, draws, seed, 1.0)


def _walk(y: Array, horizon: int, draws: int, seed: int, part: float) -> Array:
    rng = np.random.default_rng(seed)
    log = np.log(np.maximum(y, LEAST))
    change = np.diff(log, axis=1)
    step = rng.standard_normal((draws, len(y), horizon)) * change.std(axis=1)[:, None]
    step += part * change.mean(axis=1)[:, None]
    return _bounded(np.exp(log[:, -1:] + np.cumsum(step, axis=-1)), y)


def _bounded(draws: Array, y: Array) -> Array:
    return np.asarray(np.minimum(draws, FAR * y.max(axis=1)[:, None]))


def _models() -> ModuleType:
    return extra("statsforecast.models", "forecast")


def automatic(model: str, logs: bool) -> Forecast:
    """AutoARIMA or AutoETS of the counts, or of their logarithms."""

    def ahead(y: Array, horizon: int, draws: int, seed: int) -> Array:
        rng = np.random.default_rng(seed)
        level = 100.0 * (2.0 * norm.cdf(1.0) - 1.0)  # one standard deviation either side
        out = np.empty((draws, len(y), horizon))
        for k, row in enumerate(np.log(np.maximum(y, LEAST)) if logs else y):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = getattr(_models(), model)(season_length=1).forecast(
                    y=np.asarray(row, float), h=horizon, level=[level]
                )
            mean, high = (np.asarray(found[key], float) for key in ("mean", f"hi-{level}"))
            out[:, k] = mean + (high - mean) * rng.standard_normal((draws, horizon))
        return _bounded(np.exp(out) if logs else np.maximum(out, 0.0), y)

    return ahead


def regression(y: Array, horizon: int, draws: int, seed: int) -> Array:
    """Counts on the count of the month before."""
    rng = np.random.default_rng(seed)
    out = np.empty((draws, len(y), horizon))
    for k, row in enumerate(y):
        b, phi = _fit(np.round(row))
        now = np.full(draws, row[-1])
        for h in range(horizon):
            mean = np.exp(np.clip(b[0] + b[1] * np.log1p(now), -5.0, np.log(FAR * row.max() + 1)))
            now = rng.poisson(mean * rng.gamma(1.0 / phi, phi, draws)).astype(float)
            out[:, k, h] = now
    return _bounded(out, y)


def _fit(row: Array) -> tuple[Array, float]:
    """Coefficients by Poisson scores (consistent under NB2), phi by moments (cameron1998)."""
    import statsmodels.api as sm

    x = sm.add_constant(np.log1p(row[:-1]), has_constant="add")
    mean = row[1:].mean()
    phi = max(float((row[1:].var() - mean) / max(mean, LEAST) ** 2), 1e-3)
    b = np.array([np.log(max(mean, LEAST)), 0.0])
    for _ in range(3):  # phi and the coefficients in turn
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            b = np.asarray(
                sm.GLM(row[1:], x, family=sm.families.NegativeBinomial(alpha=phi))
                .fit(start_params=b)
                .params
            )
        mu = np.exp(np.clip(x @ b, -5.0, 30.0))
        phi = max(float((((row[1:] - mu) ** 2 - mu) / mu**2).mean()), 1e-3)
    return b, phi


BASELINES: MappingProxyType[str, Forecast] = MappingProxyType(
    {
        "persistence": persistence,
        "drift": drift,
        "AutoARIMA": automatic("AutoARIMA", False),
        "AutoARIMA of logs": automatic("AutoARIMA", True),
        "ETS": automatic("AutoETS", False),
        "ETS of logs": automatic("AutoETS", True),
        "count regression": regression,
    }
)


class Old(NamedTuple):
    """A range as version 0.1.0 declared it."""

    low: float
    central: float
    high: float
    distribution: str = "triangular"


OLD = MappingProxyType(  # of the law of losses of version 0.1.0; kept as a bar, drives nothing
    {
        "return": Old(0.03, 0.08, 0.2),
        "persistence": Old(0.4, 0.6, 0.8),
        "volatility": Old(0.08, 0.15, 0.25),
        "dispersion": Old(0.005, 0.02, 0.06),
    }
)
AFTER = Old(0.6, 0.85, 1.2)  # its width around its centre, as a share, serves every class
YEAR = 12


def old_law(y: Array, horizon: int, draws: int, seed: int) -> Array:
    """Draws [draws, classes, horizon] from y [classes, months], by the law of version 0.1.0."""
    rng = np.random.default_rng(seed)
    param = {key: quantile(one, rng.random(draws)) for key, one in OLD.items()}
    wide = quantile(AFTER, rng.random((len(y), draws))) / AFTER.central
    after = wide * y[:, -YEAR:].mean(axis=1, keepdims=True)
    base = np.broadcast_to(y[:, -1:], (len(y), draws))
    variance = param["volatility"] ** 2 / (1.0 - param["persistence"] ** 2)
    out = np.empty((draws, len(y), horizon))
    for h in range(horizon):
        base = base + param["return"] * (after - base)
        shock = np.exp(np.sqrt(variance) * rng.standard_normal(draws) - 0.5 * variance)
        z = jnp.asarray(rng.standard_normal((len(y), draws)))
        mean, scatter = jnp.asarray(base * shock), jnp.asarray(param["dispersion"])
        out[:, :, h] = np.asarray(count_noise(z, mean, scatter)).T
    return out
