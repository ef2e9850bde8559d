"""Commands on stored runs: go on with one, list them, ask one in SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kautilya.cli import catalogue as shows
from kautilya.cli.door import Column, Door, Shown, Table

Json = Annotated[bool, typer.Option("--json", help="print JSON instead of tables")]
Workers = Annotated[int, typer.Option(help="worker processes on this machine; 0: one a core",
                                      min=0)]
Cluster = Annotated[str, typer.Option(help="address of a Dask scheduler, such as "
                                      "tcp://host:8786, in place of processes here")]
Folder = Annotated[Path, typer.Argument(help="folder of a run")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (resume, runs, query):
        app.command()(command)


def resume(folder: Folder, workers: Workers = 0, cluster: Cluster = "", json: Json = False
           ) -> None:
    """Go on with a run that was stopped, or mend one with damaged chunks.

    Finished chunks are checked and kept; the result is the same bit for bit as that of a run
    that was never stopped.

    Example: kautilya resume runs/russia_dprk_2024-0
    """
    with Door(json) as door:
        from kautilya.report.whole import resume_whole
        from kautilya.runs.cluster import Workers as Asked

        with door.bars("futures", "outcomes summed up") as tell:
            done = resume_whole(folder, workers=Asked(workers, cluster), progress=tell)
        door.tell(shows.run(done, folder))


def runs(folder: Annotated[Path, typer.Argument(help="folder that holds runs")] = Path("runs"),
         json: Json = False) -> None:
    """List the runs in a folder: finished, stopped or damaged, scenario, futures, case, size.

    Example: kautilya runs
    """
    with Door(json) as door:
        from kautilya.runs.manifest import runs as listed

        door.tell(_listed(listed(folder)))


def query(folder: Folder,
          sql: Annotated[str, typer.Argument(metavar="SQL", help="one SELECT")],
          rows: Annotated[int, typer.Option(help="most rows to print", min=1)] = 1000,
          seconds: Annotated[float, typer.Option(help="most time it may take", min=1)] = 300,
          json: Json = False) -> None:
    """Ask a run in SQL (DuckDB), read only: a table an outcome, and summary.

    A table has the columns future, month or year, the labels of the outcome, and value.

    Example: kautilya query runs/demo "select year, avg(value) from war_goes_on group by year"
    """
    with Door(json) as door:
        from kautilya.runs.query import query as asked

        with door.progress("tables") as tell:
            found = asked(folder, sql, rows=rows, seconds=seconds, progress=tell)
        door.tell(_answered(found))


def _listed(found: list[dict[str, Any]]) -> Shown:
    from kautilya.disk import size

    rows = [[one["folder"], _state(one), one["scenario"],
             f"{one['futures']:,}", str(one["seed"]),
             ", ".join([*one["levers"], *one["sets"]]) or "–", one["keep"], size(one["bytes"]),
             one["begun"][:16].replace("T", " ")] for one in found]
    titles = ("folder", "state", "scenario", "futures", "seed", "changes", "keep", "size",
              "begun (UTC)")
    columns = [Column(t, t in ("futures", "seed", "size")) for t in titles]
    return Shown({"runs": found}, [Table("Runs", columns, rows)] if rows else ["no runs"])


def _state(one: dict[str, Any]) -> str:
    if one["state"] == "stopped":
        return f"{one['chunks_done']} of {one['chunks']} chunks"
    return f"{one['state']}: {one['reason']}" if one["reason"] else str(one["state"])


def _answered(found: Any) -> Shown:
    rows = [[_cell(value) for value in row] for row in found.rows]
    right = [bool(found.rows) and isinstance(value, int | float)
             for value in (found.rows[0] if found.rows else found.columns)]
    blocks: list[str | Table] = [Table("", [Column(name, side) for name, side in zip(
        found.columns, right, strict=True)], rows)]
    if found.more:
        blocks.append(f"the first {len(rows)} rows; --rows gives more")
    return Shown({"columns": found.columns, "rows": found.rows, "more": found.more}, blocks)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
