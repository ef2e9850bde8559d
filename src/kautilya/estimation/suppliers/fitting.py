"""Estimates and forecasts of one specification, from the table of ``features``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya.estimation.suppliers.logit import Estimate, fit, predictor, probability
from kautilya.estimation.suppliers.specs import Spec, spec_of

Array = NDArray[np.float64]


def candidates(panel: pd.DataFrame, which: str) -> NDArray[np.bool_]:
    """Rows [n] of the candidates ``which``: all, new (no tie of 15 years) or standing."""
    new = panel["new"].to_numpy(bool)
    return np.asarray({"all": np.full(len(panel), True), "new": new, "standing": ~new}[which])


def estimate(panel: pd.DataFrame, until: int = 2005, spec: str = "new",
             without: Sequence[int] = ()) -> Estimate:
    """Fit ``spec`` on the years to ``until``, leaving out recipients ``without``.

    Standard errors are clustered by recipient. Raises KautilyaError without enough deliveries.
    """
    return fitted(panel, until, spec_of(spec), without)


def fitted(panel: pd.DataFrame, until: int, chosen: Spec, without: Sequence[int] = ()) -> Estimate:
    """As ``estimate``, for a specification that need not be on the list."""
    pick = (panel["year"] <= until).to_numpy() & ~panel["r"].isin(list(without)).to_numpy()
    rows = panel[pick & candidates(panel, chosen.candidates) & panel["y"].notna().to_numpy()]
    age = until - rows["year"].to_numpy(float)
    weight = 0.5 ** (age / chosen.half_life) if chosen.half_life else np.ones(len(rows))
    return fit(rows[list(chosen.terms)].to_numpy(float), rows["y"].to_numpy(float),
               rows["r"].to_numpy(), chosen.terms, chosen.ridge, weight)


def forecast(estimated: Estimate, rows: pd.DataFrame) -> Array:
    """Probability [n] of a delivery in the year of each row."""
    return probability(predictor(estimated, rows[list(estimated.names[1:])].to_numpy(float)))


def decide(panel: pd.DataFrame, rows: pd.DataFrame, until: int,
           specs: tuple[str, str] = ("all", "new"), without: Sequence[int] = ()) -> Array:
    """The decision [n]: ``specs[1]`` where there is no tie of 15 years, else ``specs[0]``."""
    standing = forecast(estimate(panel, until, specs[0], without), rows)
    fresh = forecast(estimate(panel, until, specs[1], without), rows)
    return np.where(rows["new"].to_numpy(bool), fresh, standing)
