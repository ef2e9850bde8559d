"""Monthly EU exports by partner, and how they move when nothing special happens.

    plain    log x(t+h) = log x(t+h-12) + growth + noise;  growth: mean of the last three months
             over the same months a year before, half of it for the first year and a quarter more
             for the second
    noise    resampled errors of the same forecast inside the known months, one partner and one
             horizon at a time, all partners of a draw from the same month

Breaks when: fewer than 20 months are known.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya.errors import KautilyaError
from kautilya.estimation import outside

Array = NDArray[np.float64]
COLUMNS = ("reporter", "partner", "month", "value", "product", "flow")
YEAR, LEAST, RECENT, KEPT = 12, 20, 3, 0.5


def read(path: Path) -> pd.DataFrame:
    """EU exports [month, partner] in EUR, all products, all reporters together.

    Raises KautilyaError for missing columns, values or months.
    """
    table = outside.table(path)
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise KautilyaError(str(path), f"no column {', '.join(missing)}",
                            f"The table needs {', '.join(COLUMNS)}")
    table = outside.numbers(table, str(path), ("value",))
    table = table[(table["product"] == "TOTAL") & (table["flow"] == "EXPORT")]
    if table.empty or not np.isfinite(table["value"]).all() or (table["value"] < 0).any():
        raise KautilyaError(str(path), "no exports of all products, or values that are none",
                            "Rows with product TOTAL, flow EXPORT and a value of 0 or more")
    try:
        month = pd.PeriodIndex(table["month"].astype(str).str[:7], freq="M")
    except ValueError as error:
        raise KautilyaError(str(path), f"a month that is none ({error})",
                            "Write months as 2022-02") from None
    twice = table.assign(month=month).duplicated(["reporter", "partner", "month"])
    if twice.any():
        row = table[twice].iloc[0]
        raise KautilyaError(str(path), f"{int(twice.sum()):,} of {len(table):,} rows repeat a "
                            f"reporter, partner and month, first {row['reporter']} to "
                            f"{row['partner']} in {row['month']}", "Keep one row of each")
    wide = table.assign(month=month).pivot_table(index="month", columns="partner", values="value",
                                                 aggfunc="sum")
    every = pd.period_range(wide.index[0], wide.index[-1], freq="M")
    wide = wide.reindex(every)
    bad = wide.isna() | (wide <= 0)
    if bad.to_numpy().any():
        where = bad.stack()[lambda s: s].index[0]
        raise KautilyaError(str(path), f"no exports to {where[1]} in {where[0]}",
                            "Give every month for every partner")
    return wide


def _step(logs: Array, t: int, h: int) -> Array:
    """The plain forecast of month t + h from months to t, [partner]."""
    recent = logs[t - RECENT + 1:t + 1] - logs[t - RECENT + 1 - YEAR:t + 1 - YEAR]
    growth = recent.mean(0)
    back = t + h - YEAR * ((h - 1) // YEAR + 1)
    years = np.arange(1, (h - 1) // YEAR + 2)
    return np.asarray(logs[back] + growth * (KEPT ** years).sum())


def plain(exports: pd.DataFrame, ahead: int, draws: int, seed: int) -> Array:
    """Log exports [draws, ahead, partner] after the last month, if nothing special happens."""
    logs, rng = np.log(exports.to_numpy(float)), np.random.default_rng(seed)
    last = len(logs) - 1
    first = YEAR + RECENT - 1
    out = np.empty((draws, ahead, logs.shape[1]))
    for h in range(1, ahead + 1):
        step = min(h, max(1, (last - first) // 2))
        error = np.stack([logs[t + step] - _step(logs, t, step)
                          for t in range(first, last - step + 1)])
        error = (error - error.mean(0)) * np.sqrt(h / step)
        out[:, h - 1] = _step(logs, last, h) + error[rng.integers(0, len(error), draws)]
    return out


def persistence(exports: pd.DataFrame, ahead: int, draws: int, seed: int) -> Array:
    """Log exports [draws, ahead, partner]: the last month plus a walk of resampled changes."""
    logs, rng = np.log(exports.to_numpy(float)), np.random.default_rng(seed)
    change = np.diff(logs, axis=0)
    change = change - change.mean(0)
    return np.asarray(logs[-1] + change[rng.integers(0, len(change), (draws, ahead))].cumsum(1))
