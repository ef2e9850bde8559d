"""Numbers from ensembles: quantiles, shares, and differences of paired futures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import ArrayLike

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
COLUMNS = 64_000_000  # bytes of cells held at once where a summary is made
READ = 8192  # futures read at once for it: whole chunks
SHOWN = 500_000_000  # bytes of a run that pictures and the answer are made from
MANY = 65_536  # futures of it: a share of them is sure to 0.2 percentage points
EVERYTHING = ("var_", "stock_")  # what only --keep all adds; no picture needs it


class Spread(NamedTuple):
    """Median and 90 % interval of a number over futures, and how many futures are behind it."""

    low: float
    median: float
    high: float
    futures: int

    def as_dict(self) -> dict[str, float]:
        return {"low": self.low, "median": self.median, "high": self.high}


def spread(values: ArrayLike) -> Spread:
    """5th, 50th and 95th percentile over the finite values of an array [F]."""
    x = np.asarray(values, dtype=float).ravel()
    x = x[np.isfinite(x)]
    if not x.size:
        return Spread(float("nan"), float("nan"), float("nan"), 0)
    low, median, high = np.quantile(x, (0.05, 0.5, 0.95))
    return Spread(float(low), float(median), float(high), int(x.size))


def within(data: xr.Dataset, most: int = SHOWN) -> xr.Dataset:
    """The first futures of a run, as many as `most` bytes hold and at most MANY; all of a run of
    usual size.

    What is made at once for a reader, pictures and the answer, is made from these. Futures are
    drawn independently, so that the first are as good a sample as any.
    """
    each = sum(
        array.dtype.itemsize * array.size // max(array.sizes["future"], 1)
        for name, array in data.data_vars.items()
        if not str(name).startswith(EVERYTHING)
    )
    few = max(min(most // max(each, 1), MANY), 1)
    return data if data.sizes.get("future", 0) <= few else data.isel(future=slice(0, few))


def slabs(shape: tuple[int, ...], most: int) -> Iterator[tuple[slice, ...]]:
    """Cut cells into boxes of at most `most` cells each, single cells where need be."""
    if not shape:
        yield ()
        return
    inner = int(np.prod(shape[1:], dtype=int))
    step = max(min(most // max(inner, 1), shape[0]), 1)
    for start in range(0, shape[0], step):
        for rest in (
            slabs(shape[1:], most) if inner > most else [tuple(slice(0, n) for n in shape[1:])]
        ):
            yield slice(start, min(start + step, shape[0])), *rest


def columns(
    array: xr.DataArray, most: int = COLUMNS
) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
    """Boxes of cells with the values of all futures [..., F], so many bytes at once.

    array    xarray with future first; what is on disk is read box by box, some futures at a time
    """
    futures, *shape = array.shape
    each = max(futures * array.dtype.itemsize, 1)
    for box in slabs(tuple(shape), max(most // each, 1)):
        sizes = [len(range(*cut.indices(n))) for cut, n in zip(box, shape, strict=True)]
        values = np.empty((*sizes, futures), array.dtype)
        for first in range(0, futures, READ):
            part = array[(slice(first, first + READ), *box)].values
            values[..., first : first + READ] = np.moveaxis(part, 0, -1)
        yield box, values


def marks(values: np.ndarray) -> np.ndarray:
    """Quantiles along the last axis [quantile, ...], exact; sorts in place."""
    values.sort(axis=-1)
    n = values.shape[-1]
    at = np.array(LEVELS) * (n - 1)
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, n - 1)
    part = at - below
    return np.moveaxis(values[..., below] * (1 - part) + values[..., above] * part, -1, 0)


def quantiles(array: xr.DataArray) -> xr.DataArray:
    """Quantiles over futures of one outcome: xarray [quantile, ...]; exact, box by box."""
    import xarray as xr

    out = np.empty((len(LEVELS), *array.shape[1:]))
    for box, values in columns(array):
        out[(slice(None), *box)] = marks(values)
    dims = array.dims[1:]
    return xr.DataArray(
        out,
        dims=("quantile", *dims),
        coords={"quantile": list(LEVELS), **{d: array[d] for d in dims}},
        name=array.name,
        attrs=array.attrs,
    )


def share(hits: ArrayLike) -> tuple[float, float]:
    """Share of futures in which something holds, and its Monte-Carlo standard error."""
    x = np.asarray(hits, dtype=float).ravel()
    p = float(x.mean()) if x.size else float("nan")
    return p, float(np.sqrt(max(p * (1 - p), 0.25 / max(x.size, 1)) / max(x.size, 1)))


def table(data: xr.Dataset, progress: Callable[[int, int], None] | None = None) -> pd.DataFrame:
    """All outcomes as one long table (pandas): outcome, unit, time, labels joined by "/", a column
    for each dim ("" where an outcome has none of it), quantiles, mean.

    Exact over all futures, whatever their number: read from disk cell by cell.
    """
    import pandas as pd

    dims = list(
        dict.fromkeys(str(dim) for array in data.data_vars.values() for dim in array.dims[2:])
    )
    frames = []
    for count, (name, array) in enumerate(data.data_vars.items(), 1):
        time, *rest = (str(dim) for dim in array.dims[1:])
        cells = list(product(*(map(str, array[dim].values) for dim in rest)))
        times = [str(t) for t in array[time].values]
        found = np.empty((len(LEVELS), *array.shape[1:]))
        mean = np.empty(array.shape[1:])
        for box, values in columns(array):
            mean[box] = values.mean(axis=-1, dtype=np.float64)
            found[(slice(None), *box)] = marks(values)
        flat = found.reshape(len(LEVELS), -1)
        labels = {dim: np.tile(_labels(dim, rest, cells), len(times)) for dim in dims}
        frames.append(
            pd.DataFrame(
                {
                    "outcome": str(name),
                    "unit": np.tile(_units(array, rest, cells), len(times)),
                    "time": np.repeat(times, len(cells)),
                    "labels": np.tile(["/".join(cell) for cell in cells], len(times)),
                    **labels,
                    **{f"q{round(100 * v):02d}": flat[i] for i, v in enumerate(LEVELS)},
                    "mean": mean.ravel(),
                }
            )
        )
        if progress:
            progress(count, len(data.data_vars))
    return pd.concat(frames, ignore_index=True)


def _labels(dim: str, dims: Sequence[str], cells: Sequence[tuple[str, ...]]) -> list[str]:
    """The label of each cell on a dim; "" where the outcome has none of it."""
    return [cell[dims.index(dim)] if dim in dims else "" for cell in cells]


def _units(array: xr.DataArray, dims: Sequence[str], cells: Sequence[tuple[str, ...]]) -> list[str]:
    """The unit of each cell: that of the outcome, or of the good that the cell names."""
    unit = str(array.attrs.get("units", ""))
    pairs = (part.partition("=") for part in str(array.attrs.get("goods", "")).split("; "))
    each = {good: text for good, _, text in pairs if text}

    def of(cell: Sequence[str]) -> str:
        return unit.replace("{good}", next((each[label] for label in cell if label in each), "1"))

    return list(map(of, cells))
