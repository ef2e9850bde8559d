"""Time of results: real dates for a reader's tools, labels for the program.

Inside, a month is YYYY-MM, a year YYYY and a day YYYY-MM-DD: what is typed, stored and compared. What
Python gets has dates of numpy in their place, so that xarray and pandas draw, resample and cut it.
A month or year stands at its first day; a stock of it is that of its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kautilya.errors import KautilyaError

if TYPE_CHECKING:
    import xarray as xr

TIMES = ("month", "year")
STEPS = {4: "Y", 7: "M", 10: "D"}  # letters of a label, and the step that it names


def dated(data: xr.Dataset) -> xr.Dataset:
    """The same outcomes with datetime64 on month and year; read from disk when they are asked for.

    The coordinate says in `.attrs["step"]` what one of its dates stands for: Y, M or D.

    >>> import xarray as xr
    >>> one = dated(xr.Dataset({"x": ("month", [1.0])}, {"month": ["2024-08"]}))
    >>> str(one["month"].values[0])[:10], one["month"].attrs["step"]
    ('2024-08-01', 'M')
    """
    for dim in TIMES:
        if dim in data.coords and data[dim].dtype.kind in "UO" and data[dim].ndim == 1:
            labels = [str(one) for one in data[dim].values]
            found = (dim, np.array(labels, dtype="datetime64[s]").astype("datetime64[ns]"))
            step = STEPS[max(map(len, labels))]
            data = data.assign_coords({dim: (*found, {"long_name": dim, "step": step})})
    return data


def labelled(data: xr.Dataset) -> xr.Dataset:
    """The same outcomes with the labels of the program; undoes `dated`.

    Raises KautilyaError for dates that `dated` did not make.
    """
    for dim in TIMES:
        if dim not in data.coords or data[dim].dtype.kind != "M":
            continue
        step = data[dim].attrs.get("step")
        if step not in STEPS.values() or dim not in data.dims:
            raise KautilyaError(
                dim,
                "its dates are not those of a run",
                "Give what kt.run or kt.opened returned, or a part of it that keeps its dims",
            )
        labels = np.datetime_as_string(data[dim].values, unit=step).astype(object)
        data = data.assign_coords({dim: labels})
    return data
