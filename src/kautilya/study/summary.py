"""Numbers from ensembles: quantiles, shares, and differences of paired futures."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


class Spread(NamedTuple):
    """Median and 90 % interval of a number over futures, and how many futures are behind it."""

    low: float
    median: float
    high: float
    futures: int

    def as_dict(self) -> dict[str, float]:
        return {"low": self.low, "median": self.median, "high": self.high}


def spread(values: Any) -> Spread:
    """5th, 50th and 95th percentile over the finite values of an array [F]."""
    x = np.asarray(values, dtype=float).ravel()
    x = x[np.isfinite(x)]
    if not x.size:
        return Spread(float("nan"), float("nan"), float("nan"), 0)
    low, median, high = np.quantile(x, (0.05, 0.5, 0.95))
    return Spread(float(low), float(median), float(high), int(x.size))


def quantiles(array: Any) -> Any:
    """Quantiles over futures of one outcome: xarray [quantile, ...]; sorts along futures."""
    import xarray as xr

    values = np.sort(np.ascontiguousarray(np.moveaxis(array.values, 0, -1)), axis=-1)
    n = values.shape[-1]
    at = np.array(LEVELS) * (n - 1)
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, n - 1)
    part = at - below
    out = values[..., below] * (1 - part) + values[..., above] * part
    dims = array.dims[1:]
    return xr.DataArray(np.moveaxis(out, -1, 0), dims=("quantile", *dims),
                        coords={"quantile": list(LEVELS), **{d: array[d] for d in dims}},
                        name=array.name, attrs=array.attrs)


def share(hits: Any) -> tuple[float, float]:
    """Share of futures in which something holds, and its Monte-Carlo standard error."""
    x = np.asarray(hits, dtype=float).ravel()
    p = float(x.mean()) if x.size else float("nan")
    return p, float(np.sqrt(max(p * (1 - p), 0.25 / max(x.size, 1)) / max(x.size, 1)))


def table(data: Any) -> Any:
    """All outcomes as one long table: outcome, time, labels, quantiles, mean (pandas)."""
    import pandas as pd

    frames = []
    for name, array in data.data_vars.items():
        marks = quantiles(array)
        time, *rest = marks.dims[1:]
        cells = [range(1)] if not rest else [marks[d].values for d in rest]
        labels = [""] if not rest else ["/".join(map(str, one)) for one in product(*cells)]
        times = [str(t) for t in marks[time].values]
        flat = marks.values.reshape(len(LEVELS), -1)
        columns = {"outcome": str(name), "time": np.repeat(times, len(labels)),
                   "labels": np.tile(labels, len(times))}
        columns |= {f"q{round(100 * v):02d}": flat[i] for i, v in enumerate(LEVELS)}
        columns["mean"] = array.values.mean(axis=0, dtype=np.float64).ravel()
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)
