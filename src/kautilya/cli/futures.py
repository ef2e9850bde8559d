"""Runs: a new one, one that goes on, those that are stored, and what is asked of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, split
from kautilya.cli.options import (
    Accept,
    All,
    Cluster,
    File,
    Folder,
    Futures,
    Json,
    Keep,
    Known,
    Levers,
    Out,
    Posterior,
    Replace,
    Scenario,
    Seed,
    Sets,
    Workers,
)
from kautilya.wording import interval_of, listed, many, number, percent

if TYPE_CHECKING:
    from kautilya.runs.documents import Listing
    from kautilya.runs.ensemble import Run
    from kautilya.scenario.lexicon import Names
    from kautilya.scenario.scenario import Scenario as Loaded
    from kautilya.study.history import History


EXACT = 1e-9  # residual of the accounts beyond which it changes the reading


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
    as_of: Known = "",
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Run a scenario and write manifest, trajectories (Zarr), summary and report.

    What is finished stays when it is stopped; `kautilya resume` goes on with it. With --as-of
    nothing that was published or happened later is seen anywhere; other commands take the same day
    behind the name: `kautilya why russia_dprk_2024@2023-08-31 RUS shells`.

    Example: kautilya run russia_dprk_2024 --futures 10000 --levers no_dprk_shells
    """
    with Door(json) as door:
        from kautilya.api import run_whole
        from kautilya.runs.cluster import Workers as Asked
        from kautilya.runs.ensemble import Case, Plan, named

        case = Case(
            split(levers), tuple(sets or ()), keep, accept, str(posterior or ""), as_of=as_of
        )
        plan = Plan(futures, seed, case)
        folder = out or Path("runs") / named(scenario, plan)
        door.learned(scenario, as_of, str(posterior or ""))
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
    from kautilya.report.subject import drawn_from, held

    answer = done.answer
    manifest = done.run.manifest
    data = {
        "manifest": manifest,
        "answer": answer,
        "files": {name: str(folder / file) for name, file in done.files.items()},
    }
    blocks: list[Block] = [f"{told}."] if (told := drawn_from(manifest)) else []
    for part in answer.get("parts", []):
        blocks += [str(part["says"]), f"   {part['trust']}"]
    for table in answer.get("tables", []):
        blocks.append(
            Table(
                table["title"],
                [Column(c["title"], c.get("right", False)) for c in table["columns"]],
                table["rows"],
            )
        )
    lost, residual = manifest["futures_not_finite"], manifest["residual"]
    blocks.append(
        f"{many(manifest['futures'], 'future')} in {manifest['seconds']:.0f} s."
        + (f" {lost} did not end finite and count for nothing." if lost else "")
        + (f" The accounts are off by up to {residual:.1e}." if residual > EXACT else "")
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
        return f"{one['chunks_done']} of {many(one['chunks'], 'chunk')}"
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
        blocks.append(f"the first {many(len(rows), 'row')}; --rows gives more")
    return Shown({"columns": found.columns, "rows": found.rows, "more": found.more}, blocks)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def storylines(folder: Folder, everything: All = False, json: Json = False) -> None:
    """The futures of a run in five to seven storylines: share, what sets it apart, dated events.

    Each story is that of the most typical future of its group, read off its numbers.

    Example: kautilya storylines runs/demo
    """
    with Door(json) as door:
        from kautilya.report.storylines import storylines as told
        from kautilya.report.subject import subject
        from kautilya.runs.ensemble import load_run, scenario_of

        run = load_run(folder)
        scenario = scenario_of(run.manifest)
        found = told(subject(run, scenario))
        blocks = [*_stories(found.lines, everything), *_old(run, scenario)]
        door.tell(Shown(found.as_json(), blocks))


def _stories(lines: Any, everything: bool) -> list[Block]:
    """The first whole, the others by their titles and what happens first; all of them with --all."""
    blocks: list[Block] = []
    for i, one in enumerate(lines, 1):
        blocks += ["", f"{i}. {percent(one.share)} of futures, mostly: {one.title}."]
        for trait in one.traits if everything else one.traits[:1]:
            others = percent(trait.elsewhere)
            blocks.append(
                f"   {trait.says}: {percent(trait.here)} of these, {others} of the others"
            )
        blocks += [one.says] if everything or i == 1 else []
    return [*blocks[1:], *([] if everything else ["", "Every story: --all."])]


FEW = 8  # rows of a table that are shown where nobody asked for all
INSIDE = 0.05  # share of futures below, and above, within which what was seen lies in the band


def history(folder: Folder, everything: All = False, json: Json = False) -> None:
    """Does the run fit what was observed: visual evidence, claims, the accounts' bounds?

    Example: kautilya history runs/demo
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import load_run, scenario_of
        from kautilya.scenario.lexicon import Names
        from kautilya.study.history import history as held

        run = load_run(folder)
        scenario = scenario_of(run.manifest)
        shown = beside(held(run), Names(scenario), everything)
        door.tell(shown._replace(blocks=[*shown.blocks, *_old(run, scenario)]))


def _old(run: Run, scenario: Loaded) -> list[Block]:
    """What is to be said where the scenario of a run has changed since."""
    from kautilya.runs.ensemble import outdated

    said = outdated(run.manifest, scenario)
    return [f"note: {said}"] if said else []


def beside(found: History, names: Names, everything: bool = False) -> Shown:
    """How much of what was observed lies in the run's bands; then the rows, the worst first."""
    blocks: list[Block] = _fit(found, names)
    if found.observed:
        rows = sorted(found.observed, key=lambda r: -abs(r["below"] - 0.5))
        kept = rows if everything else rows[:FEW]
        blocks.append(_observed(kept, _of(kept, rows), names))
    if found.losses:
        rows = sorted(
            found.losses, key=lambda r: 1.0 if r["inside"] != r["inside"] else r["inside"]
        )
        kept = rows if everything else rows[:FEW]
        blocks.append(_floors(kept, _of(kept, rows), names))
    if found.claim_bias and everything:
        blocks.append(_bias(found.claim_bias, names))
    if everything:
        blocks += [f"Not compared: {one}" for one in found.missing]
    else:
        left = f" {len(found.missing)} series are not compared." if found.missing else ""
        blocks.append(f"Every row, claims by half-year, and what is not compared: --all.{left}")
    return Shown(found._asdict(), blocks)


def _of(kept: list[Any], rows: list[Any]) -> str:
    return f", the {len(kept)} worst of {len(rows)}" if len(kept) < len(rows) else ""


def _fit(found: History, names: Names) -> list[Block]:
    """The first lines: what lies in the bands, and what of the losses the accounts allow."""
    out: list[Block] = []
    seen = [r["below"] for r in found.observed if r["below"] == r["below"]]
    if seen:
        held = sum(INSIDE <= one <= 1 - INSIDE for one in seen)
        wide = [r for r in found.observed if not INSIDE <= r["below"] <= 1 - INSIDE]
        missed = list(dict.fromkeys(_series(r, names) for r in wide))
        out.append(
            f"{held} of {len(seen)} observed values lie within the run's 90 % bands (about "
            f"{0.9 * len(seen):.0f} should)."
            + (f" Outside: {listed(missed[:4])}." if missed else "")
        )
    known = [r for r in found.losses if r["inside"] == r["inside"]]
    if known:
        worst = min(known, key=lambda r: r["inside"])
        sound = sum(r["inside"] >= 0.5 for r in known)
        out.append(
            f"Losses: for {sound} of {len(known)} classes most futures lie within what the published "
            f"accounts allow; least so {names.of(worst['actor'])}, {names.of(worst['good'])} "
            f"({percent(worst['inside'])} of futures)."
        )
    return out or ["Nothing that was observed can be held beside this run."]


def _series(row: dict[str, Any], names: Names) -> str:
    """What was observed, of whom."""
    of = [names.of(row[key]) for key in ("actor", "partner", "good") if row[key]]
    name = str(row["series"]).partition(".")[2]
    about = names.scenario.head.observed.get(name)
    what = about.outcome if about else name
    said = listed([names.outcome(one) for one in ([what] if isinstance(what, str) else what)])
    return f"{said} ({', '.join(of)})" if of else said


def _bias(rows: list[dict[str, Any]], names: Names) -> Table:
    titles = ("claimed", "claimed over simulated")
    return Table(
        "Claims over simulated, by half-year: a bias that varies in time",
        [Column("of"), Column("from"), Column("to"), *(Column(t, True) for t in titles)],
        [
            [
                f"{names.of(r['actor'])}, {names.of(r['good'])}",
                r["from"],
                r["to"],
                number(r["claimed"]),
                interval_of(r["claimed_over_simulated"]),
            ]
            for r in rows
        ],
    )


def _observed(rows: list[dict[str, Any]], of: str, names: Names) -> Table:
    return Table(
        f"Observed beside the run{of}; below = share of futures below what was seen",
        [
            Column("what"),
            Column("month"),
            Column("simulated", True),
            Column("seen", True),
            Column("below", True),
        ],
        [
            [
                _series(r, names),
                r["month"],
                interval_of(r["simulated"]),
                number(r["seen"]),
                percent(r["below"]),
            ]
            for r in rows
        ],
    )


def _floors(rows: list[dict[str, Any]], of: str, names: Names) -> Table:
    titles = ("simulated", "seen", "gone for good", "above that", "accounts allow", "inside")
    return Table(
        f"Losses from the start{of}: simulated, seen, and what the accounts allow",
        [Column("of"), Column("until"), *(Column(t, True) for t in titles)],
        [
            [
                f"{names.of(r['actor'])}, {names.of(r['good'])}",
                r["until"],
                interval_of(r["simulated"]),
                number(r["seen"]),
                number(r["floor"]),
                "–" if r["above_floor"] is None else percent(r["above_floor"]),
                *(
                    ["–", "–"]
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
    to: Annotated[
        str,
        typer.Option(help="package, csv, parquet or netcdf; left out: as the end of --out says"),
    ] = "",
    out: Annotated[Path | None, typer.Option(help="folder of a package, or file to write")] = None,
    json: Json = False,
) -> None:
    """Export a run: tidy CSV and Parquet with their metadata in a folder, or all futures as netCDF.

    The folder opens as it is in pandas, R and a spreadsheet: summary, outcomes and labels, and
    datapackage.json that says what each column is.

    Example: kautilya export runs/demo --out tables
    """
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
        if disk.cached().is_dir() and not disk.place().is_dir():
            blocks.append(
                "Nothing of it is read, and nothing is kept: other users may write there, or to a "
                "folder above it, or it is not yours. `chmod -R go-w` mends that, or another folder "
                "in KAUTILYA_CACHE."
            )
        door.tell(Shown(data, [*blocks, *([Table("Kept", columns, rows)] if rows else [])]))


COMMANDS = (run, resume, runs, query, history, storylines, report, export, cache)
