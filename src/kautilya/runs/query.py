"""SQL over a run with DuckDB, read only: one table an outcome, one row a future, time and label.

An outcome that a query names is written once as Parquet into the user's cache, a file a chunk,
by the checksum of that chunk; nothing is written into the run, and no table that came with it is
read but the summary. The query itself can do nothing but read these: one SELECT, no other file,
no network, no extension, in a process with a limit of memory that ends when its time is over.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kautilya import disk, program
from kautilya.errors import KautilyaError, extra
from kautilya.runs import guard
from kautilya.runs.ensemble import Run, load_run
from kautilya.runs.folder import Folder, opened
from kautilya.scenario.mistakes import near
from kautilya.wording import many

if TYPE_CHECKING:
    import xarray as xr

SUMMARY = "summary"
SECONDS = 300.0
LONGEST = 86_400.0  # seconds
ROWS = 1000
MOST_ROWS = 10_000_000
ANSWER = 100_000_000  # bytes of an answer
TEXT = 100_000  # characters of a query
LIMITS = "It has 1 GB of memory, and an answer has 100 MB at most: ask for less"


class Found(NamedTuple):
    """The answer of a query; `more`: there are rows beyond those asked for."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    more: bool


def query(
    folder: str | Path,
    sql: str,
    *,
    rows: int = ROWS,
    seconds: float = SECONDS,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Run one SELECT over a run.

    Tables: each outcome, with columns future, month or year, its labels, value; and `summary`.
    Numbers, truths, texts and lists come as they are, anything else (dates, decimals) as text.
    Raises KautilyaError for a folder without a run, for anything that is not one SELECT, for one
    that needs more time, memory or room than it has, and with DuckDB's words for a query that it
    does not understand.
    """
    _asked(sql, rows, seconds)
    run = load_run(folder)
    names = sorted(map(str, run.data.data_vars))
    with _places(run) as place:
        files = tables(run, sql, place, progress)
        return _answer(files, {"sql": sql, "rows": rows, "seconds": seconds}, names)


def _asked(sql: str, rows: int, seconds: float) -> None:
    """Refuse what no engine can do, before anything is opened."""
    for library in ("duckdb", "pyarrow"):
        extra(library, "export")
    if not 1 <= rows <= MOST_ROWS:
        raise KautilyaError("--rows", many(rows, "row"), f"Give 1 to {MOST_ROWS:,}")
    if not (math.isfinite(seconds) and 0 < seconds <= LONGEST):
        raise KautilyaError("--seconds", f"{seconds} seconds", f"Give up to {LONGEST:,.0f}")
    if len(sql) > TEXT:
        raise KautilyaError("query", f"{len(sql):,} characters", f"Give at most {TEXT:,}")
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise KautilyaError("query", "it is not UTF-8", "Write it in UTF-8") from None


@contextmanager
def _places(run: Run) -> Iterator[Path]:
    """Where Parquet files go: into the cache, or where that is read-only, for this time only."""
    place = disk.place("query", program.code(), run.manifest["identity"])
    if os.access(place, os.W_OK):
        yield place
        return
    with disk.Temporary("kautilya-query-") as other:
        yield other


def tables(
    run: Run, sql: str, place: Path, progress: Callable[[int, int], None] | None = None
) -> dict[str, list[Path]]:
    """Files of each table that the text names, made where they are not there yet."""
    words = set(re.findall(r"\w+", sql))
    named = [str(name) for name in run.data.data_vars if str(name) in words]
    files, missing = {}, []
    for name in named:
        files[name] = [_kept(place, name, first, sum_) for first, sum_ in _sums(run, name)]
        missing += [(name, i) for i, (file, _) in enumerate(files[name]) if file is None]
    width = run.manifest["width"]
    need = sum(run.data[name][:1].nbytes * width for name, _ in missing)
    if need > disk.free(place):
        raise KautilyaError(
            "query",
            f"the tables that it names need up to {disk.size(need)}, "
            f"and {disk.size(disk.free(place))} are free",
            "Free some",
        )
    for count, (name, i) in enumerate(missing, 1):
        data = parquet(run.data[name], i * width, width)
        files[name][i] = (_put(place, files[name][i][1], data), "")
        if progress:
            progress(count, len(missing))
    out = {}
    for name, pairs in files.items():
        out[name] = [file for file, _ in pairs if file]
    return out | (_summary(run) if SUMMARY in words else {})


def _sums(run: Run, name: str) -> Iterator[tuple[int, str]]:
    """First future and checksum of the values of each chunk of an outcome."""
    folder = opened(run.folder)
    if not isinstance(folder, Folder):
        raise KautilyaError(str(run.folder), "it is no longer there", "Run it again")
    arrays, width = guard.frame(run.folder, folder.said), folder.said["width"]
    for chunk in folder.chunks():
        record = guard.record(run.folder, folder.said, arrays, chunk.first)
        file = arrays[name].file(name, chunk.first // width)
        yield chunk.first, str(record["files"][file][1]) if record else ""


def _kept(place: Path, name: str, first: int, sum_: str) -> tuple[Path | None, str]:
    """(the table of a chunk if it is there and sound, the beginning of its name)."""
    stem = f"{name}-{first:012d}-{sum_[:16]}"
    for file in place.glob(f"{stem}-*.parquet"):
        data = guard.read(file, guard.A_BLOCK)
        if data is not None and file.stem == f"{stem}-{disk.checksum(data)}":
            with suppress(OSError):
                os.utime(file)  # used now
            return file, stem
        with suppress(OSError):
            file.unlink()
    return None, stem


def _put(place: Path, stem: str, data: bytes) -> Path:
    """A table, under a name that holds its checksum."""
    disk.trim_sometimes()
    file = place / f"{stem}-{disk.checksum(data)}.parquet"
    disk.write(file, data)
    return file


def _summary(run: Run) -> dict[str, list[Path]]:
    """The stored summary, if there is one."""
    stored = run.folder / "summary.parquet"
    if not stored.exists():
        return {}
    if not _whole(stored):
        raise KautilyaError(
            "query", f"{stored} is damaged", f"`kautilya resume {run.folder}` writes it again"
        )
    return {SUMMARY: [stored]}


def _whole(file: Path) -> bool:
    """Whether a Parquet file is there from its first bytes to its last."""
    data = guard.read(file, guard.A_BLOCK)
    return data is not None and len(data) > 12 and data[:4] == data[-4:] == b"PAR1"


def parquet(array: xr.DataArray, first: int, width: int) -> bytes:
    """Futures first .. first + width - 1 of an outcome as a table, labels as a dictionary."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    part = array[first : first + width]
    shape = part.shape
    columns: dict[str, Any] = {}
    for i, dim in enumerate(map(str, part.dims)):
        inner, outer = int(np.prod(shape[i + 1 :])), int(np.prod(shape[:i]))
        index = np.tile(np.repeat(np.arange(shape[i], dtype=np.int32), inner), outer)
        columns[dim] = (
            index.astype(np.int64) + first
            if dim == "future"
            else pa.DictionaryArray.from_arrays(index, pa.array([str(v) for v in part[dim].values]))
        )
    columns["value"] = part.values.ravel()
    file = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), file, compression="lz4")
    return bytes(file.getvalue())


def _answer(files: dict[str, list[Path]], asked: dict[str, Any], names: list[str]) -> Found:
    """Ask the process, and wait for it no longer than it was given."""
    named = {name: list(map(str, paths)) for name, paths in files.items()}
    late = threading.Event()
    with _sandbox() as process:

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(asked["seconds"], end)
        try:
            found, ended = _told(process, {**asked, "files": named}, timer)
        finally:
            timer.cancel()
    if late.is_set():
        raise KautilyaError(
            "query",
            f"it took more than {asked['seconds']:.0f} s",
            "Ask for less, or give more time with --seconds",
        )
    if "error" in ended:
        raise _refused(ended["error"], names)
    if "more" not in ended:
        raise KautilyaError("query", ended.get("end", "it needs more memory than it has"), LIMITS)
    return found._replace(more=ended["more"])


@contextmanager
def _sandbox() -> Iterator[subprocess.Popen]:
    """The process that asks the engine; it ends with this block."""
    root = str(Path(__file__).resolve().parents[2])
    env = os.environ | {"PYTHONPATH": root, "PYTHONSAFEPATH": "1", "MALLOC_ARENA_MAX": "2"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "kautilya.runs.sandbox"],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        process.wait()


def _told(
    process: subprocess.Popen, asked: dict[str, Any], timer: threading.Timer
) -> tuple[Found, dict[str, Any]]:
    """What the process says until its end, which is told apart; time counts once it is ready."""
    found, size = Found([], [], False), 0
    assert process.stdin and process.stdout
    with suppress(OSError):
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.flush()
    while line := process.stdout.readline(ANSWER - size + 1):
        size += len(line)
        if size > ANSWER:
            return found, {"end": "the answer is larger than 100 MB"}
        said = json.loads(line) if line.endswith(b"\n") else {}
        if "ready" in said:
            timer.start()
        elif "columns" in said:
            found.columns.extend(said["columns"])
        elif "rows" in said:
            found.rows.extend(map(tuple, said["rows"]))
        else:
            return found, said
    return found, {}


def _refused(said: str, names: list[str]) -> KautilyaError:
    """What the engine said, with what would be right."""
    unknown = re.search(r"Table with name (\S+) does not exist", said)
    remedy = "The tables are the outcomes of the run and summary; `describe NAME` lists columns"
    if "memory" in said.lower():
        remedy = LIMITS
    elif said == "this is not one SELECT":
        remedy = "A run is read only: give one select …"
    elif unknown:
        remedy = near(unknown[1], (*names, SUMMARY))
    return KautilyaError("query", said, remedy)
