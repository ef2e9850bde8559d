"""Summaries of a run: exact quantiles whatever is read at once, and what a large run shows."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from support.conventions import truth

from kautilya.runs import summary
from kautilya.runs.folder import CHUNK_BYTES, LARGEST, NARROW, WIDTH, width_of

FUTURES = 20_001


@pytest.fixture(scope="module")
def outcome() -> xr.DataArray:
    """Normal draws over month and two labels, futures first."""
    values = np.random.default_rng(0).normal(size=(FUTURES, 5, 3, 2)).astype("float32")
    return xr.DataArray(
        values,
        dims=("future", "month", "a", "b"),
        name="x",
        coords={"month": list("vwxyz"), "a": [1, 2, 3], "b": [1, 2]},
    )


@pytest.mark.parametrize("cells", [0, 1, 2, 6, 7, 29, 30, 1000])
@truth(
    "invariant",
    source="runs/summary.py",
    kills="a cell that no box holds, or two; a last block of futures that is short and dropped",
)
def test_boxes_hold_every_cell_once(outcome, cells: int):
    found = np.full(outcome.shape, np.nan, "float32")
    for box, values in summary.columns(outcome, cells * 4 * FUTURES):
        assert values.size <= max(cells, 1) * FUTURES
        assert np.isnan(found[(slice(None), *box)]).all()
        found[(slice(None), *box)] = np.moveaxis(values, -1, 0)
    assert found.tobytes() == outcome.values.tobytes()


@truth(
    "other-program",
    source="numpy",
    kills="a sort that changes the values it was given; labels in another order than their numbers",
)
def test_quantiles_and_table_are_those_of_numpy(outcome):
    before = outcome.values.copy()
    want = np.quantile(outcome.values.astype(float), summary.LEVELS, axis=0)
    assert np.allclose(summary.quantiles(outcome).values, want, rtol=1e-5)
    frame = summary.table(xr.Dataset({"x": outcome, "y": outcome.isel(a=0, b=0, drop=True)}))
    row = frame[(frame.outcome == "x") & (frame.time == "w") & (frame.labels == "3/1")].iloc[0]
    assert row["q95"] == pytest.approx(want[4, 1, 2, 0], rel=1e-5)
    assert row["mean"] == pytest.approx(outcome.values[:, 1, 2, 0].mean(dtype=float), rel=1e-9)
    assert len(frame) == 5 * 6 + 5
    assert outcome.values.tobytes() == before.tobytes()


@truth("closed-form", source="bytes counted by hand", kills="a report that reads a whole large run")
def test_a_large_run_is_shown_by_its_first_futures(outcome):
    data = xr.Dataset({"x": outcome, "var_all": outcome})
    few = summary.within(data, 30 * 4 * 500)
    assert few.sizes["future"] == 500 and summary.within(data, 10**9) is data
    assert (few["x"].values == outcome.values[:500]).all()


@truth(
    "closed-form",
    source="docs/scale.md",
    kills="a chunk that grows with what is kept; a tile "
    "that is not whole; small runs on one worker",
)
def test_width_of_chunks():
    from kautilya.core.loop import TILE

    assert NARROW % TILE == 0
    assert width_of(10_000, 34_000) == width_of(10**6, 34_000) == WIDTH == 1024
    assert width_of(130_000, 2_900) == WIDTH and width_of(10**6, 2_900) == LARGEST == 8192
    assert width_of(10**6, 2_600_000) == NARROW
    for each in (100, 2_900, 34_000, 127_000):
        assert width_of(10**7, each) * each <= CHUNK_BYTES
