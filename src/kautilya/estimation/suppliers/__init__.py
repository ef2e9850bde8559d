"""Who arms an embargoed belligerent: the historical evidence behind the supplier's decision."""

from kautilya.estimation.suppliers.exposure import (
    SENTENCE,
    exposure_effect,
    market_exposure,
    with_exposure,
)
from kautilya.estimation.suppliers.features import features
from kautilya.estimation.suppliers.fits import decide, decision, estimate, forecast
from kautilya.estimation.suppliers.holdout import (
    backtest_suppliers,
    coefficients_for_scenario,
    forecasts,
    ranks,
    score,
)
from kautilya.estimation.suppliers.logit import Estimate, bootstrap, natural
from kautilya.estimation.suppliers.panel import World, build, embargoed, load, load_embargoes
from kautilya.estimation.suppliers.specs import SPECS, TERMS

__all__ = [
    "SENTENCE",
    "SPECS",
    "TERMS",
    "Estimate",
    "World",
    "backtest_suppliers",
    "bootstrap",
    "build",
    "coefficients_for_scenario",
    "decide",
    "decision",
    "embargoed",
    "estimate",
    "exposure_effect",
    "features",
    "forecast",
    "forecasts",
    "load",
    "load_embargoes",
    "market_exposure",
    "natural",
    "ranks",
    "score",
    "with_exposure",
]
