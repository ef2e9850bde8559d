"""Export a stored run to formats that other tools read."""

from __future__ import annotations

import os
from pathlib import Path

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Run, load_run
from kautilya.runs.summary import table

KINDS = {"parquet": "summary.parquet", "csv": "summary.csv", "netcdf": "outcomes.nc"}


def export(folder: str | Path, to: str = "parquet", out: str | Path | None = None) -> Path:
    """Write the summary (parquet, csv) or all futures (netcdf) of a run to a file.

    The as-of date, the caution and the digest go along as metadata (netcdf) or as comment lines
    (csv). The file is there whole or not at all. Raises KautilyaError for an unknown format, a
    folder without a run, or a place that cannot be written to.
    """
    run = load_run(folder)
    if to not in KINDS:
        raise KautilyaError("--to", f"unknown format {to!r}", f"Give one of {', '.join(KINDS)}")
    path = Path(out) if out else Path(folder) / KINDS[to]
    keep = {key: str(run.manifest[key]) for key in ("scenario", "digest", "as_of", "caution")}
    disk.folder(path.parent)
    partial = path.with_name(f".{path.name}.{os.getpid()}{disk.PARTIAL}")
    try:
        _write(run, to, partial, keep)
        partial.replace(path)
    except OSError as error:
        raise disk.refused(path, error) from None
    finally:
        partial.unlink(missing_ok=True)
    return path


def _write(run: Run, to: str, path: Path, keep: dict[str, str]) -> None:
    if to == "netcdf":
        try:
            run.data.assign_attrs(keep).to_netcdf(path, engine="h5netcdf")
        except (ImportError, ValueError) as error:
            raise KautilyaError("--to netcdf", f"no netCDF library is installed ({error})",
                                "pip install 'kautilya[export]'") from None
        return
    frame = table(run.data)
    if to == "csv":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"# {key}: {value}\n" for key, value in keep.items())
            frame.to_csv(file, index=False)
    else:
        frame.to_parquet(path, index=False)
