"""The engine's own projection of losses: the law `tempo` run forward from the last known month.

The level returns to what the last year was, at the pace that the flagship declares; the shock is
the law's; the count scatters as in the law `attrition`. Ranges are the scenario's, drawn once a
future; nothing is fitted. What the flagship's ranges owe to the months that are scored is said
where the scores are told.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import kautilya.core  # noqa: F401  (float64)
from kautilya import scenario as scenarios
from kautilya.core.law import View
from kautilya.mechanisms import registry
from kautilya.mechanisms.formulas.noise import count_noise
from kautilya.scenario.distributions import quantile

Array = NDArray[np.float64]
FLAGSHIP = "russia_dprk_2024"
FIGURES = {"return": "tempo-return", "persistence": "tempo-persistence",
           "volatility": "tempo-volatility", "dispersion": "attrition-dispersion"}
AFTER = "tempo-after-tank"  # its width around its centre, as a share, serves every class
YEAR = 12
LAW = registry()["tempo"]


def forecast(y: Array, horizon: int, draws: int, seed: int) -> Array:
    """Draws [draws, classes, horizon] from y [classes, months]."""
    rng = np.random.default_rng(seed)
    rows = {row.id: row for row in scenarios.load(FLAGSHIP).quantities}
    param = {key: quantile(rows[one], rng.random(draws)) for key, one in FIGURES.items()}
    wide = quantile(rows[AFTER], rng.random((len(y), draws))) / rows[AFTER].central
    param["after"] = wide * y[:, -YEAR:].mean(axis=1, keepdims=True)
    var = {"tempo_base": jnp.asarray(np.broadcast_to(y[:, -1:], (len(y), draws))),
           "tempo_drift": jnp.zeros(draws)}
    out = np.empty((draws, len(y), horizon))
    given = {key: jnp.asarray(value) for key, value in param.items()}
    for h in range(horizon):
        var = _month(var, given, jnp.asarray(rng.standard_normal(draws)))
        z = jnp.asarray(rng.standard_normal((len(y), draws)))
        mean = var["tempo"]
        out[:, :, h] = np.asarray(count_noise(z, mean, given["dispersion"])).T
    return out


@jax.jit
def _month(var: Any, param: Any, shock: Any) -> Any:
    none: Any = {}
    found = LAW.step(View(jnp.uint32(0), jnp.asarray(0.0), jnp.zeros((0, 1)), var, param,
                          {"shock": shock}, {"index": jnp.zeros((1, 1))}, none, none))
    return {key: found[key] for key in ("tempo", "tempo_base", "tempo_drift")}
