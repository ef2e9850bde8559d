"""Export a stored run to formats that other tools read."""

from __future__ import annotations

from pathlib import Path

from kautilya.errors import KautilyaError
from kautilya.study.ensemble import load_run
from kautilya.study.summary import table

KINDS = {"parquet": "summary.parquet", "csv": "summary.csv", "netcdf": "outcomes.nc"}


def export(folder: str | Path, to: str = "parquet", out: str | Path | None = None) -> Path:
    """Write the summary (parquet, csv) or all futures (netcdf) of a run to a file.

    The as-of date, the caution and the digest go along as metadata (netcdf) or as comment lines
    (csv). Raises KautilyaError for an unknown format or a folder without a run.
    """
    run = load_run(folder)
    if to not in KINDS:
        raise KautilyaError("--to", f"unknown format {to!r}", f"Give one of {', '.join(KINDS)}")
    path = Path(out) if out else Path(folder) / KINDS[to]
    keep = {key: str(run.manifest[key]) for key in ("scenario", "digest", "as_of", "caution")}
    if to == "netcdf":
        try:
            run.data.assign_attrs(keep).to_netcdf(path, engine="h5netcdf")
        except (ImportError, ValueError) as error:
            raise KautilyaError("--to netcdf", f"no netCDF library is installed ({error})",
                                "pip install 'kautilya[export]'") from None
        return path
    frame = table(run.data)
    if to == "csv":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"# {key}: {value}\n" for key, value in keep.items())
            frame.to_csv(file, index=False)
    else:
        frame.to_parquet(path, index=False)
    return path
