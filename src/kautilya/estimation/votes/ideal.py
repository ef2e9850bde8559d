r"""Next session's ideal points, by the engine's own law of alignment and by two baselines.

    law           theta' = r theta + s t,  t Student with four degrees of freedom, variance 1
    persistence   theta' = theta + sd of past changes x normal
    resampled     theta' = theta + a change drawn from the record

    r, s   slope and spread of the sessions before the origin; nothing later enters

Source: bailey2017 (data and scale); the law is ``kautilya.mechanisms.alignment``.
Breaks when: points are estimated with later votes in sight; use a release that does not smooth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import kautilya.core  # noqa: F401  (turns on float64)
from kautilya.errors import KautilyaError
from kautilya.estimation import outside
from kautilya.mechanisms.formulas.drift import drifted

Array = NDArray[np.float64]
NAMES = ("ideal_point", "idealpointall")  # of the two releases


def read(path: Path) -> pd.DataFrame:
    """Points [year, state]. Raises KautilyaError where the file is no table of points."""
    table = outside.table(path, comment="#")
    value = next((name for name in NAMES if name in table), None)
    if value is None or not {"ccode", "year"} <= set(table):
        raise KautilyaError(str(path), "no columns ccode, year and ideal_point",
                            "Give a release of the UN ideal points")
    table = outside.numbers(table, str(path), ("ccode", "year", value), ("ccode", "year"))
    if table.duplicated(["ccode", "year"]).any():
        raise KautilyaError(str(path), "a state has two points in one year", "Keep one row")
    return table.pivot(index="year", columns="ccode", values=value).sort_index()


def _pairs(points: pd.DataFrame, until: int) -> tuple[Array, Array]:
    """Successive points to ``until``, the session before and the session itself."""
    known = points.loc[:until]
    before, now = known.iloc[:-1].to_numpy(), known.iloc[1:].to_numpy()
    both = ~np.isnan(before) & ~np.isnan(now)
    return before[both], now[both]


def _law(now: Array, fitted: tuple[float, float], draws: int, rng: np.random.Generator) -> Array:
    """One session on by the law's own function: points [states, draws]."""
    shock = rng.standard_normal((len(now), 1, draws))
    tail = rng.exponential(size=(len(now), 2, draws))
    after = drifted(now[..., None] if now.ndim == 1 else now, fitted, 1.0, shock[:, 0],
                    tail[:, 0] + tail[:, 1])
    return np.asarray(after)


def forecasts(points: pd.DataFrame, until: int, ahead: int, draws: int
              ) -> tuple[list[int], dict[str, Array]]:
    """States present in ``until`` and, by forecast, draws [draws, ahead, state]."""
    before, now = _pairs(points, until)
    slope = float(before @ now / (before @ before))
    spread, change = float((now - slope * before).std()), now - before
    here = points.loc[until].dropna()
    rng = np.random.default_rng((1946, until))
    made: dict[str, list[Array]] = {"law": [], "persistence": [], "resampled": []}
    last = {name: np.repeat(here.to_numpy()[:, None], draws, axis=1) for name in made}
    for _ in range(ahead):
        shape = last["law"].shape
        last["law"] = _law(last["law"], (slope, spread), draws, rng)
        last["persistence"] = last["persistence"] + change.std() * rng.standard_normal(shape)
        last["resampled"] = last["resampled"] + rng.choice(change, shape)
        for name, value in last.items():
            made[name].append(value.T)
    return [int(code) for code in here.index], {n: np.stack(v, axis=1) for n, v in made.items()}
