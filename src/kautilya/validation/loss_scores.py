r"""Rolling origins: every forecast made with the months known then, scored when they came.

    CRPS        of draws, over the mean of the class in the scored months, so that classes add up
    log score   - log density of log(1 + y) under a normal kernel of the draws' log(1 + x)
    coverage    share of outcomes inside the central 50 and 80 % of the draws, and share above
                the central 80 %: half of the misses where a forecast leans to neither side
    skill       1 - mean CRPS / mean CRPS of the baseline; interval by circular blocks of origins
                as long as the horizon, at most half of the origins (kuensch1989)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya.validation.skill import LEVELS, RESAMPLES, SEED, covered, crps_draws

Array = NDArray[np.float64]
COLUMNS = ("forecast", "origin", "horizon", "series", "month", "value", "crps", "log", "in50",
           "in80", "above", "median")


def cases(draws: Mapping[tuple[str, pd.Period], Array], seen: pd.DataFrame,
          horizons: Sequence[int]) -> pd.DataFrame:
    """One row a forecast, origin, horizon and series that has an outcome, columns COLUMNS.

    draws   (forecast, last known month) -> [draws, series, months ahead]
    """
    rows: list[tuple[Any, ...]] = []
    for (name, origin), drawn in draws.items():
        for h in horizons:
            month = origin + h
            if month not in seen.index or h > drawn.shape[-1]:
                continue
            for k, series in enumerate(seen.columns):
                y, x = float(seen.loc[month, series]), drawn[:, k, h - 1]
                if np.isfinite(y):
                    rows.append((name, str(origin), h, series, str(month), y,
                                 float(crps_draws(x, np.asarray(y))), log_score(x, y),
                                 bool(covered(x, np.asarray(y), 0.5)),
                                 bool(covered(x, np.asarray(y), 0.8)),
                                 bool(y > np.quantile(x, 0.9)), float(np.median(x))))
    out = pd.DataFrame(rows, columns=list(COLUMNS))
    size = out.drop_duplicates(["series", "month"]).groupby("series")["value"].mean()
    return out.assign(crps=out["crps"] / np.maximum(out["series"].map(size), 1.0))


def log_score(draws: Array, y: float) -> float:
    """Minus the log density of log(1 + y); kernel width by Silverman's rule (silverman1986)."""
    x = np.log1p(np.maximum(draws, 0.0))
    iqr = float(np.subtract(*np.quantile(x, [0.75, 0.25])))
    width = max(0.9 * min(float(x.std()), iqr / 1.34) * len(x) ** -0.2, 1e-3)
    z = (np.log1p(max(y, 0.0)) - x) / width
    top = float((-0.5 * z**2).max())
    density = np.exp(-0.5 * z**2 - top).mean()
    return float(-(top + np.log(density)) + np.log(width * np.sqrt(2.0 * np.pi)))


def means(table: pd.DataFrame, by: Sequence[str] = ("horizon", "forecast")) -> pd.DataFrame:
    """Mean scores by group: CRPS, log score, coverage, share above, cases."""
    grouped = table.groupby(list(by), sort=False)
    out = grouped[["crps", "log", "in50", "in80", "above"]].mean()
    return out.assign(cases=grouped.size()).reset_index()


def skill(own: pd.DataFrame, base: pd.DataFrame, horizon: int, score: str = "crps"
          ) -> tuple[float, float, float]:
    """Skill and its 90 % interval over circular blocks of origins; NaN without two origins."""
    a, b = (one.groupby("origin")[score].sum().sort_index().to_numpy() for one in (own, base))
    n = len(a)
    if n < 2:
        return (1.0 - a.sum() / b.sum() if n else float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(SEED)
    length = max(1, min(horizon, n // 2))
    begin = rng.integers(0, n, (RESAMPLES, -(-n // length)))
    at = ((begin[:, :, None] + np.arange(length)) % n).reshape(RESAMPLES, -1)[:, :n]
    low, high = np.quantile(1.0 - a[at].sum(axis=1) / b[at].sum(axis=1), LEVELS)
    return float(1.0 - a.sum() / b.sum()), float(low), float(high)


def rolling(known: pd.DataFrame, origins: Sequence[pd.Period], horizon: int,
            forecasts: Mapping[str, Callable[[Array, int], Array]],
            progress: Callable[[int, int], None]) -> dict[tuple[str, pd.Period], Array]:
    """Draws of every forecast from every origin; a forecast sees months up to its origin."""
    out = {}
    with one_thread():
        for i, origin in enumerate(origins):
            y = known.loc[:origin].to_numpy(float).T
            for name, make in forecasts.items():
                out[name, origin] = make(y, horizon)
            progress(i + 1, len(origins))
    return out


def one_thread() -> Any:
    """Small matrices on one thread: quicker, and the same bits on any number of cores."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1)
