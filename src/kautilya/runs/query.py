"""SQL over a run with DuckDB, read only: one table an outcome, one row a future, time and label.

An outcome that a query names is written once as Parquet beside the run, a file a chunk. The
query itself can do nothing but read these: one SELECT, no other file, no network, no extension,
and the configuration is locked before it runs.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Run, load_run
from kautilya.runs.folder import WIDTH
from kautilya.scenario.mistakes import near

MADE, SUMMARY = "query", "summary"
MEMORY = "1GB"
SECONDS = 300.0
ROWS = 1000


class Found(NamedTuple):
    """The answer of a query; `more`: there are rows beyond those asked for."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    more: bool


def query(folder: str | Path, sql: str, *, rows: int = ROWS, seconds: float = SECONDS,
          progress: Callable[[int, int], None] | None = None) -> Found:
    """Run one SELECT over a run.

    Tables: each outcome, with columns future, month or year, its labels, value; and `summary`.
    Raises KautilyaError for a folder without a run, for anything that is not one SELECT, and
    with DuckDB's words for a query that it does not understand.
    """
    run = load_run(folder)
    with _place(run) as place:
        files = tables(run, sql, place, progress)
        connection = locked(files)
        try:
            return _answer(connection, sql, rows, seconds, sorted(map(str, run.data.data_vars)))
        finally:
            connection.close()


@contextmanager
def _place(run: Run) -> Iterator[Path]:
    """Where Parquet files go: beside the run, or where that is read-only, for this time only."""
    place = run.folder / MADE
    try:
        place.mkdir(exist_ok=True)
        (place / ".touch").touch()
    except OSError:
        with tempfile.TemporaryDirectory(prefix="kautilya-query-") as other:
            yield Path(other)
        return
    yield place


def tables(run: Run, sql: str, place: Path, progress: Callable[[int, int], None] | None = None
           ) -> dict[str, list[Path]]:
    """Files of each table that the text names, made where they are not there yet."""
    words = set(re.findall(r"\w+", sql))
    named = [str(name) for name in run.data.data_vars if str(name) in words]
    width = run.manifest.get("width", WIDTH)
    starts = range(0, run.data.sizes["future"], width)
    files = {name: [place / f"{name}-{first:012d}.parquet" for first in starts] for name in named}
    missing = [(name, file, first) for name in named
               for file, first in zip(files[name], starts, strict=True) if not _whole(file)]
    need = sum(run.data[name][:1].nbytes * width for name, _, _ in missing)
    if need > disk.free(place):
        raise KautilyaError("query", f"the tables that it names need up to {disk.size(need)}, "
                            f"and {disk.size(disk.free(place))} are free", "Free some")
    for count, (name, file, first) in enumerate(missing, 1):
        disk.write(file, parquet(run.data[name], first, width))
        if progress:
            progress(count, len(missing))
    if (stored := run.folder / "summary.parquet").exists():
        if SUMMARY in words and not _whole(stored):
            raise KautilyaError("query", f"{stored} is damaged", "`kautilya resume "
                                f"{run.folder}` writes it again")
        files |= {SUMMARY: [stored]} if SUMMARY in words else {}
    return files


def _whole(file: Path) -> bool:
    """Whether a Parquet file is there from its first bytes to its last."""
    try:
        with file.open("rb") as data:
            first, _ = data.read(4), data.seek(-4, os.SEEK_END)
            return first == data.read(4) == b"PAR1" and data.tell() > 8
    except OSError:
        return False


def parquet(array: Any, first: int, width: int) -> bytes:
    """Futures first .. first + width - 1 of an outcome as a table, labels as a dictionary."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    part = array[first: first + width]
    shape = part.shape
    columns: dict[str, Any] = {}
    for i, dim in enumerate(map(str, part.dims)):
        inner, outer = int(np.prod(shape[i + 1:])), int(np.prod(shape[:i]))
        index = np.tile(np.repeat(np.arange(shape[i], dtype=np.int32), inner), outer)
        columns[dim] = index.astype(np.int64) + first if dim == "future" else \
            pa.DictionaryArray.from_arrays(index, pa.array([str(v) for v in part[dim].values]))
    columns["value"] = part.values.ravel()
    file = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), file, compression="lz4")
    return bytes(file.getvalue())


def locked(files: dict[str, list[Path]]) -> Any:
    """A connection that sees these files and nothing else."""
    try:
        import duckdb
    except ImportError:
        raise KautilyaError("query", "DuckDB is not installed",
                            "pip install 'kautilya[study]'") from None
    connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY})

    def quoted(paths: list[Path]) -> str:
        return ", ".join("'" + str(one.resolve()).replace("'", "''") + "'" for one in paths)

    for name, paths in files.items():
        try:
            connection.execute(
                f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet([{quoted(paths)}])')
        except duckdb.Error:
            connection.close()
            raise KautilyaError("query", f"{paths[0]} is damaged", "Remove it; it is made again, "
                                "the summary by `kautilya resume`") from None
    everything = [path for paths in files.values() for path in paths]
    for setting in (f"allowed_paths = [{quoted(everything)}]", "temp_directory = ''",
                    "python_enable_replacements = false", "enable_external_access = false",
                    "lock_configuration = true"):
        connection.execute(f"SET {setting}")
    return connection


def _answer(connection: Any, sql: str, rows: int, seconds: float, names: list[str]) -> Found:
    import duckdb

    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        statements = connection.extract_statements(sql)
        if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
            raise KautilyaError("query", "this is not one SELECT", "A run is read only: give one "
                                "select …")
        done = connection.execute(statements[0])
        found = done.fetchmany(rows + 1)
        return Found([column[0] for column in done.description], found[:rows], len(found) > rows)
    except duckdb.InterruptException:
        raise KautilyaError("query", f"it took more than {seconds:.0f} s", "Ask for less, or "
                            "give more time with --seconds") from None
    except duckdb.Error as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        unknown = re.search(r"Table with name (\S+) does not exist", said)
        remedy = near(unknown[1], (*names, SUMMARY)) if unknown else \
            "The tables are the outcomes of the run and summary; `describe NAME` lists columns"
        raise KautilyaError("query", said, remedy) from None
    finally:
        timer.cancel()
