"""Export a stored run to tables that other tools read as they are.

A CSV file is a table and nothing else: a header, then rows; one column a dim, one for the unit, a real
date beside the label of time. What belongs to it (as-of date, caution, digest, meaning of the
columns) stands beside it: in FILE-metadata.json, as "CSV on the Web" of the W3C has it, or for a
folder in datapackage.json, as Frictionless Data has it. Parquet and netCDF carry it within too.
"""

from __future__ import annotations

import io
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kautilya import disk, encode
from kautilya.errors import KautilyaError, extra
from kautilya.runs.dates import STEPS
from kautilya.runs.ensemble import Run, load_run, scenario_of
from kautilya.runs.summary import table
from kautilya.scenario import library

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "package": "tables",
    "parquet": "summary.parquet",
    "csv": "summary.csv",
    "netcdf": "outcomes.nc",
}
ENDS = {".parquet": "parquet", ".csv": "csv", ".nc": "netcdf"}
BESIDE, PACKAGE = "-metadata.json", "datapackage.json"
KEPT = ("scenario", "digest", "as_of", "caution")
SAID = {
    "outcome": "id of the outcome",
    "unit": "unit of the numbers in this row",
    "time": "month, year or day; empty where the number is of the whole run",
    "date": "the first day of that time",
    "mean": "mean over futures",
    "says": "what the outcome is",
    "kind": "stock, flow or variable",
    "nature": "amount, level or mean",
    "dims": "dims beside futures and time, separated by blanks",
    "dim": "a column of summary",
    "label": "as it stands in that column",
    "name": "in words",
}


def export(folder: str | Path, to: str = "", out: str | Path | None = None) -> Path:
    """Write the tables of a run to a folder, its summary to a file, or all its futures to netCDF.

    to    package (a folder of CSV and Parquet with datapackage.json), csv, parquet or netcdf; "" as
          the end of `out` says, package where it has none
    out   folder or file; by default in the run's folder
    Everything is there whole or not at all. Raises KautilyaError for an unknown format, a folder
    without a run, or a place that holds something else or cannot be written to.
    """
    to = to or ENDS.get(Path(out or "").suffix, "package")
    if to not in KINDS:
        raise KautilyaError("--to", f"unknown format {to!r}", f"Give one of {', '.join(KINDS)}")
    run = load_run(folder)
    path = Path(out) if out else Path(folder) / KINDS[to]
    said = dict(run.manifest)
    keep = {key: str(said[key]) for key in KEPT}
    if to == "package":
        return package(run, path, keep)
    disk.folder(path.parent)
    library.result(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}{disk.PARTIAL}")
    try:
        _write(run, to, partial, keep, path.name)
        partial.replace(path)
        beside = partial.with_name(partial.name + BESIDE)
        if beside.exists():
            beside.replace(path.with_name(path.name + BESIDE))
    except OSError as error:
        raise disk.refused(path, error) from None
    finally:
        partial.unlink(missing_ok=True)
        partial.with_name(partial.name + BESIDE).unlink(missing_ok=True)
    return path


def package(run: Run, path: Path, keep: dict[str, str]) -> Path:
    """A folder of tables with datapackage.json: summary, outcomes and labels; the summary as Parquet
    too where the extra `export` is there."""
    there = sorted(os.listdir(path)) if path.is_dir() else []
    if there and PACKAGE not in there:
        raise KautilyaError(
            str(path), f"it holds {there[0]} that no export wrote", "Give another folder with --out"
        )
    frames = {"summary": tidy(table(run.data)), **_explained(run)}
    disk.folder(path)
    told: list[dict[str, object]] = []
    try:
        for name, frame in frames.items():
            disk.write(path / f"{name}.csv", _csv(frame))
            told.append(_resource(name, frame, "csv"))
        if find_spec("pyarrow"):
            disk.write(path / "summary.parquet", _parquet(frames["summary"], keep))
            told.append(_resource("summary", frames["summary"], "parquet"))
        disk.write_json(path / PACKAGE, {**_head(keep), "resources": told})
    except OSError as error:
        raise disk.refused(path, error) from None
    return path


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """The summary with a real date beside the label of time, and without labels that are joined."""
    times = frame["time"].astype(str)
    known = times.str.len().isin(STEPS) & times.str.match(r"\d{4}")
    dates = (times + "-01-01").str[:10].where(known, "")
    out = frame.drop(columns="labels")
    out["time"] = times.where(known, "")
    out.insert(out.columns.get_loc("time") + 1, "date", dates)
    return out


def _explained(run: Run) -> dict[str, pd.DataFrame]:
    """What each outcome and each label is, in words."""
    import pandas as pd

    from kautilya.scenario.lexicon import Names

    names = Names(scenario_of(run.manifest))
    outcomes, labels = [], []
    seen: set[str] = set()
    for name, array in run.data.data_vars.items():
        said = array.attrs
        dims = [str(dim) for dim in array.dims[2:]]
        told = {
            "outcome": str(name),
            "says": said.get("long_name", ""),
            "unit": said.get("units", ""),
        }
        told |= {"kind": said.get("kind", ""), "nature": said.get("nature", "")}
        outcomes.append({**told, "dims": " ".join(dims)})
        for dim in (one for one in dims if one not in seen):
            seen.add(dim)
            codes = [str(code) for code in array[dim].values]
            labels += [{"dim": dim, "label": code, "name": names.of(code, dim)} for code in codes]
    columns = ["dim", "label", "name"]
    return {"outcomes": pd.DataFrame(outcomes), "labels": pd.DataFrame(labels, columns=columns)}


def _csv(frame: pd.DataFrame) -> bytes:
    """Texts that no spreadsheet runs; numbers with nine digits that count."""
    texts = frame.select_dtypes(exclude="number").columns
    shown = frame.assign(**{column: frame[column].map(encode.csv_cell) for column in texts})
    return shown.to_csv(index=False, float_format="%.9g").encode("utf-8")


def _parquet(frame: pd.DataFrame, keep: dict[str, str]) -> bytes:
    """The date as a date; what belongs to the table in the metadata of the file. Raises KautilyaError
    where the extra is absent."""
    pa, pq = extra("pyarrow", "export"), extra("pyarrow.parquet", "export")

    whole = pa.Table.from_pandas(frame, preserve_index=False)
    if "date" in frame:
        days = frame["date"].replace("", None).to_numpy(dtype="datetime64[D]")
        at = frame.columns.get_loc("date")
        whole = whole.set_column(at, "date", pa.array(days, pa.date32()))
    whole = whole.replace_schema_metadata({**(whole.schema.metadata or {}), **keep})
    file = io.BytesIO()
    pq.write_table(whole, file)
    return file.getvalue()


def _write(run: Run, to: str, path: Path, keep: dict[str, str], name: str) -> None:
    if to == "netcdf":
        try:
            run.data.assign_attrs(keep).to_netcdf(path, engine="h5netcdf")
        except (ImportError, ValueError) as error:
            raise KautilyaError(
                "--to netcdf",
                f"no netCDF library is installed ({error})",
                "pip install 'kautilya[export]'",
            ) from None
        return
    frame = tidy(table(run.data))
    path.write_bytes(_parquet(frame, keep) if to == "parquet" else _csv(frame))
    if to == "csv":
        path.with_name(path.name + BESIDE).write_text(
            encode.as_json(_about(frame, keep, name)) + "\n", encoding="utf-8"
        )


def says(column: str) -> str:
    """What a column holds."""
    if column.startswith("q") and column[1:].isdigit():
        return f"quantile {int(column[1:]) / 100:g} over futures"
    return SAID.get(column, f"label of the dim {column}; empty where the outcome has none")


def _about(frame: pd.DataFrame, keep: dict[str, str], name: str) -> dict[str, Any]:
    """What a table is, as CSV on the Web."""
    numbers = frame.select_dtypes("number")
    kinds = {"date": "date", **dict.fromkeys(numbers, "number")}
    columns = [
        {
            "name": column,
            "titles": column,
            "dc:description": says(column),
            "datatype": kinds.get(column, "string"),
        }
        for column in frame.columns
    ]
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": name,
        "dc:title": f"Summary of a run of {keep['scenario']}",
        "dc:description": keep["caution"],
        "dc:date": keep["as_of"],
        "dc:identifier": keep["digest"],
        "dc:creator": "Kautilya",
        "tableSchema": {"columns": columns},
    }


def _head(keep: dict[str, str]) -> dict[str, object]:
    """What the tables of a folder have in common, as Frictionless Data has it."""
    return {
        "profile": "data-package",
        "name": "".join(c if c.isalnum() else "-" for c in keep["scenario"].lower()) or "run",
        "id": keep["digest"],
        "title": f"A run of {keep['scenario']}, as of {keep['as_of']}",
        "description": keep["caution"],
        "contributors": [{"title": "Kautilya", "role": "author"}],
    }


def _resource(name: str, frame: pd.DataFrame, form: str) -> dict[str, object]:
    """A table of a folder, with its columns."""
    numbers = set(frame.select_dtypes("number"))
    fields = [
        {
            "name": column,
            "type": "number" if column in numbers else "date" if column == "date" else "string",
            "description": says(column),
        }
        for column in frame.columns
    ]
    csv = form == "csv"
    told = {"name": name, "path": f"{name}.{form}", "format": form, "encoding": "utf-8"}
    schema: dict[str, object] = {"fields": fields, "missingValues": [""]}
    if not csv:
        return {**told, "name": f"{name}-parquet", "schema": schema}
    return {**told, "profile": "tabular-data-resource", "mediatype": "text/csv", "schema": schema}
