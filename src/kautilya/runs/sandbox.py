"""One SELECT in a process of its own: DuckDB behind a locked configuration, and limits of the
system around it. Started by `query`, with nothing from the working folder on its path.

Standard input holds the question, a line of JSON, and stays open while somebody waits for the
answer. Standard output gets lines of JSON: "ready", then the columns, then rows, then the end.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import duckdb

ENGINE = "700MB"  # what the engine allows itself
MEMORY = 1_000_000_000  # bytes that the process may take beyond what it has when it is ready
ROWS = 2048  # fetched at once
DEEP = 20  # lists within lists that an answer may hold


Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]  # as JSON has it
Line = Mapping[str, Plain]


class Question(TypedDict):
    """What is asked: files of each table, one SELECT, rows and seconds at most."""

    files: dict[str, list[str]]
    sql: str
    rows: int
    seconds: float


def main() -> None:
    """Answer one question."""
    asked = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_watch, daemon=True).start()
    for line in lines(asked):
        sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
        sys.stdout.buffer.flush()


def _watch() -> None:
    """End at once when whoever asked is gone."""
    sys.stdin.buffer.read()
    os._exit(1)


def lines(asked: Question) -> Iterator[Line]:
    """The answer, line by line; asked: files of each table, sql, rows."""
    import duckdb

    try:
        connection = locked(asked["files"])
    except duckdb.Error:
        yield {"error": "a table is damaged"}
        return
    confine(asked["seconds"])
    yield {"ready": True}
    try:
        yield from _answer(connection, asked["sql"], asked["rows"])
    except duckdb.Error as error:
        yield {"error": (str(error).splitlines() or [type(error).__name__])[0][:1000]}
    except RecursionError:
        yield {"error": "a value is nested too deeply"}
    except (OverflowError, ValueError) as error:
        yield {"error": f"a value cannot be told ({error})"[:1000]}


def confine(seconds: float) -> None:
    """Memory and time of this process, kept by the system. Where it keeps none (Windows, in part
    macOS), the engine's own limit and the end of whoever asked remain."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        busy = math.ceil(seconds * (os.cpu_count() or 1)) + 5
        resource.setrlimit(resource.RLIMIT_CPU, (busy, busy))
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))


def locked(files: Mapping[str, Sequence[str]]) -> duckdb.DuckDBPyConnection:
    """A connection that sees these files and nothing else."""
    import duckdb

    connection = duckdb.connect(":memory:", config={"memory_limit": ENGINE})

    def quoted(paths: Sequence[str]) -> str:
        return ", ".join("'" + str(Path(one).resolve()).replace("'", "''") + "'" for one in paths)

    for name, paths in files.items():
        connection.execute(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet([{quoted(paths)}])')
    everything = [path for paths in files.values() for path in paths]
    for setting in (
        f"allowed_paths = [{quoted(everything)}]",
        "temp_directory = ''",
        "python_enable_replacements = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, rows: int) -> Iterator[Line]:
    import duckdb

    statements = connection.extract_statements(sql)
    if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
        yield {"error": "this is not one SELECT"}
        return
    done = connection.execute(statements[0])
    yield {"columns": [str(column[0]) for column in done.description]}
    left = rows + 1
    while left and (found := done.fetchmany(min(ROWS, left))):
        left -= len(found)
        shown = found if left else found[:-1]
        yield {"rows": [list(map(plain, row)) for row in shown]}
    yield {"more": not left}


def plain(value: object, depth: int = 0) -> Plain:
    """A value as JSON has it: what is no number, truth, text or list of them is told as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if depth == DEEP:
        raise RecursionError
    if isinstance(value, dict):
        return {str(plain(key, depth + 1)): plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, depth + 1) for one in value]
    return str(value)


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        sys.stdout.buffer.write(b'{"memory": true}\n')
