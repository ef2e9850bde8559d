"""Runs: a new one, one that goes on, those that are stored, and what is asked of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, split
from kautilya.cli.options import (
    Accept,
    Cluster,
    File,
    Folder,
    Futures,
    Json,
    Keep,
    Levers,
    Out,
    Posterior,
    Replace,
    Scenario,
    Seed,
    Sets,
    Workers,
)
from kautilya.wording import interval_of, number, percent

if TYPE_CHECKING:
    from kautilya.runs.documents import Listing
    from kautilya.study.history import History


def run(
    scenario: Scenario,
    futures: Futures = 2000,
    seed: Seed = 0,
    sets: Sets = None,
    levers: Levers = "",
    out: Out = None,
    accept: Accept = "run",
    keep: Keep = "always",
    workers: Workers = 0,
    cluster: Cluster = "",
    posterior: Posterior = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Run a scenario and write manifest, trajectories (Zarr), summary and report.

    What is finished stays when it is stopped; `kautilya resume` goes on with it.

    Example: kautilya run russia_dprk_2024 --futures 10000 --levers no_dprk_shells
    """
    with Door(json) as door:
        from kautilya.api import run_whole
        from kautilya.runs.cluster import Workers as Asked
        from kautilya.runs.ensemble import Case, Plan, named

        plan = Plan(
            futures,
            seed,
            Case(split(levers), tuple(sets or ()), keep, accept, str(posterior or "")),
        )
        folder = out or Path("runs") / named(scenario, plan)
        with door.bars("futures", "outcomes summed up") as tell:
            done = run_whole(
                scenario,
                plan,
                out=folder,
                workers=Asked(workers, cluster),
                progress=tell,
                replaces=replace,
            )
        door.tell(finished(done, folder))


def finished(done: Any, folder: Path) -> Shown:
    """A finished run: the answer and where things are."""
    from kautilya.report.sections import held

    answer = done.answer
    manifest = done.run.manifest
    data = {
        "manifest": manifest,
        "answer": answer,
        "files": {name: str(folder / file) for name, file in done.files.items()},
    }
    blocks: list[Block] = [*answer.get("sentences", [])]
    for table in answer.get("tables", []):
        blocks.append(
            Table(
                table["title"],
                [Column(c["title"], c.get("right", False)) for c in table["columns"]],
                table["rows"],
            )
        )
    blocks.append(
        f"{manifest['futures']} futures in {manifest['seconds']:.0f} s; largest "
        f"residual of the accounts {manifest['residual']:.1e}; not finite "
        f"{manifest['futures_not_finite']}."
    )
    if told := held(manifest):
        blocks.append(f"{told}.")
    blocks.append(manifest["caution"])
    blocks.append(f"Report: {folder / done.files['report']}")
    return Shown(data, blocks)


def resume(folder: Folder, workers: Workers = 0, cluster: Cluster = "", json: Json = False) -> None:
    """Go on with a run that was stopped, or mend one with damaged chunks.

    Finished chunks are checked and kept; the result is the same bit for bit as that of a run
    that was never stopped.

    Example: kautilya resume runs/russia_dprk_2024-0
    """
    with Door(json) as door:
        from kautilya.api import resume_whole
        from kautilya.runs.cluster import Workers as Asked

        with door.bars("futures", "outcomes summed up") as tell:
            done = resume_whole(folder, workers=Asked(workers, cluster), progress=tell)
        door.tell(finished(done, folder))


def runs(
    folder: Annotated[Path, typer.Argument(help="folder that holds runs")] = Path("runs"),
    json: Json = False,
) -> None:
    """List the runs in a folder: finished, stopped or damaged, scenario, futures, case, size.

    Example: kautilya runs
    """
    with Door(json) as door:
        from kautilya.runs.manifest import runs as listed

        door.tell(_listed(listed(folder)))


def _listed(found: list[Listing]) -> Shown:
    from kautilya.disk import size

    rows = [
        [
            one["folder"],
            _state(one),
            one["scenario"],
            f"{one['futures']:,}",
            str(one["seed"]),
            ", ".join([*one["levers"], *one["sets"]]) or "–",
            one["keep"],
            size(one["bytes"]),
            one["begun"][:16].replace("T", " "),
        ]
        for one in found
    ]
    titles = (
        "folder",
        "state",
        "scenario",
        "futures",
        "seed",
        "changes",
        "keep",
        "size",
        "begun (UTC)",
    )
    columns = [Column(t, t in ("futures", "seed", "size")) for t in titles]
    return Shown({"runs": found}, [Table("Runs", columns, rows)] if rows else ["no runs"])


def _state(one: Listing) -> str:
    if one["state"] == "stopped":
        return f"{one['chunks_done']} of {one['chunks']} chunks"
    return f"{one['state']}: {one['reason']}" if one["reason"] else str(one["state"])


def query(
    folder: Folder,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="one SELECT")],
    rows: Annotated[int, typer.Option(help="most rows to print", min=1)] = 1000,
    seconds: Annotated[float, typer.Option(help="most time it may take", min=1)] = 300,
    json: Json = False,
) -> None:
    """Ask a run in SQL (DuckDB), read only: a table an outcome, and summary.

    A table has the columns future, month or year, the labels of the outcome, and value.

    Example: kautilya query runs/demo "select year, avg(value) from war_goes_on group by year"
    """
    with Door(json) as door:
        from kautilya.runs.query import query as asked

        with door.progress("tables") as tell:
            found = asked(folder, sql, rows=rows, seconds=seconds, progress=tell)
        door.tell(_answered(found))


def _answered(found: Any) -> Shown:
    rows = [list(map(_cell, row)) for row in found.rows]
    right = [
        bool(found.rows) and isinstance(value, int | float)
        for value in (found.rows[0] if found.rows else found.columns)
    ]
    blocks: list[Block] = [
        Table(
            "", [Column(name, side) for name, side in zip(found.columns, right, strict=True)], rows
        )
    ]
    if found.more:
        blocks.append(f"the first {len(rows)} rows; --rows gives more")
    return Shown({"columns": found.columns, "rows": found.rows, "more": found.more}, blocks)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def history(folder: Folder, json: Json = False) -> None:
    """A stored run beside what was observed: visual evidence, claims, the accounts' bounds."""
    with Door(json) as door:
        from kautilya.runs.ensemble import load_run
        from kautilya.study.history import history as held

        door.tell(beside(held(load_run(folder))))


def beside(found: History) -> Shown:
    """Values, floors and claims that were observed, beside the run."""
    blocks: list[Block] = [_observed(found.observed)] if found.observed else []
    if found.losses:
        blocks += [_floors(found.losses), "floor = seen x share that is gone for good"]
    if found.claim_bias:
        blocks.append(
            Table(
                "Claims over simulated, by half-year: a bias that varies in time",
                [
                    Column("side"),
                    Column("class"),
                    Column("from"),
                    Column("to"),
                    Column("claimed", True),
                    Column("claimed / simulated", True),
                ],
                [
                    [
                        r["actor"],
                        r["good"],
                        r["from"],
                        r["to"],
                        number(r["claimed"]),
                        interval_of(r["claimed_over_simulated"]),
                    ]
                    for r in found.claim_bias
                ],
            )
        )
    return Shown(found._asdict(), [*blocks, *(f"Not compared: {one}" for one in found.missing)])


def _observed(rows: list[dict[str, Any]]) -> Table:
    return Table(
        "What was observed, beside the run; below = share of futures below what was seen",
        [
            Column("series"),
            Column("of"),
            Column("month"),
            Column("simulated", True),
            Column("seen", True),
            Column("below", True),
        ],
        [
            [
                r["series"],
                "/".join(filter(None, (r["actor"], r["partner"], r["good"]))),
                r["month"],
                interval_of(r["simulated"]),
                number(r["seen"]),
                percent(r["below"]),
            ]
            for r in rows
        ],
    )


def _floors(rows: list[dict[str, Any]]) -> Table:
    return Table(
        "From the start: simulated, beside what was seen and what the accounts allow",
        [
            Column("side"),
            Column("class"),
            Column("until"),
            *(
                Column(t, True)
                for t in ("simulated", "seen", "floor", "above floor", "accounts allow", "inside")
            ),
        ],
        [
            [
                r["actor"],
                r["good"],
                r["until"],
                interval_of(r["simulated"]),
                number(r["seen"]),
                number(r["floor"]),
                "-" if r["above_floor"] is None else percent(r["above_floor"]),
                *(
                    ["-", "-"]
                    if r["inside"] != r["inside"]
                    else [
                        f"{number(r['bounds'][0])} to {number(r['bounds'][1])}",
                        percent(r["inside"]),
                    ]
                ),
            ]
            for r in rows
        ],
    )


def report(folder: Folder, out: File = None, json: Json = False) -> None:
    """Write the report of a stored run again: one HTML file that needs no network."""
    with Door(json) as door:
        from kautilya import api
        from kautilya.runs.ensemble import load_run

        door.tell({"report": str(api.report(load_run(folder), out))})


def export(
    folder: Folder,
    to: Annotated[str, typer.Option(help="parquet, csv or netcdf")] = "parquet",
    out: File = None,
    json: Json = False,
) -> None:
    """Export a run: the summary as Parquet or CSV, or all futures as netCDF."""
    with Door(json) as door:
        from kautilya.runs.export import export as exported

        door.tell({"file": str(exported(folder, to, out))})


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="remove all that is kept")] = False,
    json: Json = False,
) -> None:
    """What is kept on this machine so that it need not be made again, and how much it is.

    Compiled code, parsed scenarios, draws of the accounts, runs for claims, tables of queries.
    What was used longest ago goes first once there are 2 GB.

    Example: kautilya cache --clear
    """
    with Door(json) as door:
        from kautilya import disk

        gone = disk.clear() if clear else 0
        parts = {
            name: {"files": files, "bytes": length} for name, (files, length) in disk.used().items()
        }
        total = sum(one["bytes"] for one in parts.values())
        data = {
            "folder": str(disk.cached()),
            "limit": disk.MOST,
            "bytes": total,
            "parts": parts,
            "removed": gone,
        }
        rows = [[name, f"{one['files']:,}", disk.size(one["bytes"])] for name, one in parts.items()]
        columns = [Column("what"), Column("files", True), Column("size", True)]
        blocks: list[Block] = [f"removed: {disk.size(gone)}"] if clear else []
        blocks.append(f"{disk.size(total)} of {disk.size(disk.MOST)} in {data['folder']}")
        door.tell(Shown(data, [*blocks, *([Table("Kept", columns, rows)] if rows else [])]))


COMMANDS = (run, resume, runs, query, history, report, export, cache)
