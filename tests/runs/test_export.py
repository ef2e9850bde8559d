"""Exports: tables that other tools open as they are, with what belongs to them beside."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from support.conventions import truth

from kautilya.runs.ensemble import Run, load_run
from kautilya.runs.export import BESIDE, _write, export

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    " =1",
    "\t=1",
    "a\nb=1",
    "a\r\n=1",
    "a\u2028=1",
    "x\x85=1",
    '"=1',
    "a,b",
    'a"b',
    "\u202e=1",
    "\x1b[31m",
    "\x00",
    "\ufeff=1",
)


@truth(
    "other-program",
    source="pandas.read_csv",
    kills="comments before the header; labels joined "
    "in one column; a table without units; digits cut",
)
def test_pandas_opens_it(whole: Path, tmp_path: Path):
    import pandas as pd

    file = export(whole, "csv", tmp_path / "x.csv")
    frame = pd.read_csv(file)
    data = load_run(whole).data
    dims = {str(dim) for array in data.data_vars.values() for dim in array.dims[2:]}
    assert {"outcome", "unit", "time", "mean", "q50", *dims} == set(frame.columns) - {
        "q05",
        "q25",
        "q75",
        "q95",
    }
    assert frame.unit.notna().all() and len(frame) == sum(
        int(np.prod(array.shape[1:])) for array in data.data_vars.values()
    )
    row = frame[
        (frame.outcome == "lost")
        & (frame.time.astype(str) == "2023")
        & (frame.belligerent == "AAB")
        & (frame.equipment == "gun")
    ].iloc[0]
    cell = data["lost"].sel(year="2023", belligerent="AAB", equipment="gun").values.astype(float)
    assert row.unit == "gun/year" and row.q50 == pytest.approx(np.median(cell), rel=1e-8)
    said = json.loads((tmp_path / f"x.csv{BESIDE}").read_text())
    assert said["url"] == "x.csv" and said["dc:date"] == "2022-06-30" and said["dc:description"]
    assert [one["name"] for one in said["tableSchema"]["columns"]] == list(frame.columns)


@truth(
    "invariant",
    source="docs/security.md",
    kills="a cell that a spreadsheet runs; a line break that makes another row",
)
def test_hostile_texts_stay_in_their_cells(tmp_path: Path):
    """In outcomes' names, labels, times, units and the caution, read back by a strict reader."""
    import xarray as xr

    values = np.ones((3, 1, len(HOSTILE)), dtype="float32")
    array = xr.DataArray(
        values,
        {"month": [HOSTILE[0]], "who": list(HOSTILE)},
        ("future", "month", "who"),
        attrs={"units": HOSTILE[6]},
    )
    run = Run(tmp_path, {})
    run._open.append(xr.Dataset({HOSTILE[1]: array}))
    keep = dict.fromkeys(("scenario", "digest", "as_of", "caution"), HOSTILE[6])
    _write(run, "csv", tmp_path / "x.csv", keep, "x.csv")
    raw = (tmp_path / "x.csv").read_text(encoding="utf-8")
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    assert len(rows) == len(HOSTILE) + 1 == len(raw.splitlines())
    for row in rows[1:]:
        for cell in row[:4]:
            assert cell[:1] not in tuple("=+-@") and cell.strip()[:1] not in tuple("=+-@")
            assert cell.isprintable()
    json.loads((tmp_path / f"x.csv{BESIDE}").read_text())


@pytest.mark.parametrize("to", ["csv", "parquet", "netcdf"])
@truth("invariant", source="docs/security.md", kills="an export written through a link")
def test_a_link_is_replaced(whole: Path, tmp_path: Path, to: str):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("out", f"out{BESIDE}"):
        (tmp_path / name).symlink_to(victim)
    export(whole, to, tmp_path / "out")
    assert victim.read_text() == "mine" and not (tmp_path / "out").is_symlink()
