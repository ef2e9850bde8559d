"""Export a stored run to formats that other tools read.

A CSV file is a table and nothing else: a header, then rows. What belongs to it (as-of date,
caution, digest, meaning of the columns) stands beside it in FILE-metadata.json, as the standard
"CSV on the Web" of the W3C has it. Parquet and netCDF carry it within.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kautilya import disk, encode
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Run, load_run
from kautilya.runs.summary import table

KINDS = {"parquet": "summary.parquet", "csv": "summary.csv", "netcdf": "outcomes.nc"}
BESIDE = "-metadata.json"
SAID = {
    "outcome": "id of the outcome",
    "unit": "unit of the numbers in this row",
    "time": "month, year, or the whole run",
    "mean": "mean over futures",
}


def export(folder: str | Path, to: str = "parquet", out: str | Path | None = None) -> Path:
    """Write the summary (parquet, csv) or all futures (netcdf) of a run to a file.

    The as-of date, the caution and the digest go along: within the file (parquet, netcdf), or in
    a file of metadata beside it (csv). The file is there whole or not at all. Raises
    KautilyaError for an unknown format, a folder without a run, or a place that cannot be
    written to.
    """
    run = load_run(folder)
    if to not in KINDS:
        raise KautilyaError("--to", f"unknown format {to!r}", f"Give one of {', '.join(KINDS)}")
    path = Path(out) if out else Path(folder) / KINDS[to]
    keep = {key: str(run.manifest[key]) for key in ("scenario", "digest", "as_of", "caution")}
    disk.folder(path.parent)
    disk.ordinary(path)
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
    frame = table(run.data)
    if to == "parquet":
        import pyarrow as pa
        from pyarrow import parquet as pq

        whole = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(
            whole.replace_schema_metadata({**(whole.schema.metadata or {}), **keep}), path
        )
        return
    frame = frame.drop(columns="labels")  # joined: they have columns of their own
    texts = frame.select_dtypes(exclude="number").columns
    shown = frame.assign(**{column: frame[column].map(encode.csv_cell) for column in texts})
    shown.to_csv(path, index=False, float_format="%.9g", encoding="utf-8")
    path.with_name(path.name + BESIDE).write_text(
        encode.as_json(_about(frame, keep, name)) + "\n", encoding="utf-8"
    )


def _about(frame: Any, keep: dict[str, str], name: str) -> dict[str, Any]:
    """What a table is, as CSV on the Web."""

    def says(column: str) -> str:
        if column.startswith("q") and column[1:].isdigit():
            return f"quantile {int(column[1:]) / 100:g} over futures"
        return SAID.get(column, f"label of the dim {column}; empty where the outcome has none")

    columns = [
        {
            "name": column,
            "titles": column,
            "dc:description": says(column),
            "datatype": "number" if column in frame.select_dtypes("number") else "string",
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
