"""Exports: tables that other tools open as they are, with what belongs to them beside."""

from __future__ import annotations

import csv
import json
import re
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.conventions import truth

from kautilya.api import summarise
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Run, load_run
from kautilya.runs.export import BESIDE, PACKAGE, _write, export
from kautilya.runs.query import query

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
    assert {"outcome", "unit", "time", "date", "mean", "q50", *dims} == set(frame.columns) - {
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
    "other-program",
    source="pandas, pyarrow and DuckDB without options; Frictionless Data, table schema",
    kills="a column that the metadata do not name; a comment line; dates that are text in Parquet",
)
def test_a_package_opens_as_it_is(whole: Path, tmp_path: Path):
    """Every table by three readers that are told nothing; types and columns are those that
    datapackage.json says. Written again it is the same to the byte; what is not ours stays."""
    import duckdb
    import pandas as pd

    folder = export(whole, out=tmp_path / "tables")
    said = json.loads((folder / PACKAGE).read_text())
    assert said["description"] and said["id"] and re.fullmatch(r"[a-z0-9._-]+", said["name"])
    named = {PACKAGE, *(one["path"] for one in said["resources"])}
    assert {file.name for file in folder.iterdir()} == named
    kinds = {"number": "f", "string": "OTUf", "date": "OTMU"}  # an empty column reads as numbers
    for one in said["resources"]:
        path = folder / one["path"]
        frame = pd.read_csv(path) if one["format"] == "csv" else pd.read_parquet(path)
        fields = {field["name"]: field for field in one["schema"]["fields"]}
        assert list(frame.columns) == list(fields)
        assert all(field["description"] for field in fields.values())
        for name, field in fields.items():
            kind = "O" if isinstance(frame[name].dtype, pd.StringDtype) else frame[name].dtype.kind
            assert kind in kinds[field["type"]], name
        rows = duckdb.sql(f"select * from '{path}'")
        assert rows.columns == list(fields) and len(rows) == len(frame)


@truth(
    "invariant",
    source="docs/python.md",
    kills="CSV and Parquet that differ; a dim without its labels; a second export that is another",
)
def test_a_package_says_one_thing(whole: Path, tmp_path: Path):
    """Both forms hold the same; written again it is the same to the byte; what is not ours stays."""
    import pandas as pd

    folder = export(whole, out=tmp_path / "tables")
    flat, packed = (folder / f"summary.{end}" for end in ("csv", "parquet"))
    one, two = pd.read_csv(flat), pd.read_parquet(packed)
    assert one["q50"].to_numpy() == pytest.approx(two["q50"].to_numpy(), rel=1e-8)
    assert list(pd.to_datetime(one["date"])) == list(pd.to_datetime(two["date"]))
    dims = set(" ".join(pd.read_csv(folder / "outcomes.csv")["dims"].dropna()).split())
    assert dims == set(pd.read_csv(folder / "labels.csv")["dim"]) <= set(one.columns)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    again = export(whole, out=folder)
    assert before == {file.name: file.read_bytes() for file in again.iterdir()}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").touch()
    with pytest.raises(KautilyaError, match="letter"):
        export(whole, out=tmp_path / "mine")


@truth("required", kills="a run, or its tables, that cannot be had without the largest library")
def test_without_the_extra(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A core without Parquet keeps its summary and exports CSV, and says what the rest needs."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = SimpleNamespace(data=load_run(whole).data, folder=tmp_path)
    assert summarise(done)["summary"] == "summary.csv" and (tmp_path / "summary.csv").is_file()
    folder = export(whole, out=tmp_path / "tables")
    assert {one.suffix for one in folder.iterdir()} == {".csv", ".json"}
    for ask in (
        partial(export, whole, "parquet", tmp_path / "x.parquet"),
        partial(query, whole, "select 1"),
    ):
        with pytest.raises(KautilyaError, match=r"pip install 'kautilya\[export\]'"):
            ask()


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
