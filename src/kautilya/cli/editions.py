"""Editions of a scenario: a later one out of public files, and what differs between two."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table
from kautilya.cli.options import Json, Out, Replace, Scenario, Seed

if TYPE_CHECKING:
    from kautilya.scenario.differences import Difference

MOST = 12  # rows of a list that is long
NAMES = {
    "series.csv": "months on record",
    "figures.csv": "published figures",
    "context/figures.csv": "figures beside the accounts",
    "events.csv": "events",
    "quantities.csv": "ranges of the laws",
    "sources.csv": "sources",
}


def update(
    scenario: Scenario,
    as_of: Annotated[str, typer.Option(help="day of the new edition, YYYY-MM-DD")] = "",
    given: Annotated[
        list[Path] | None,
        typer.Option("--with", help="folder of public files; may be given several times"),
    ] = None,
    out: Out = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(help="US dollars for one euro in a year, such as 2025=1.08"),
    ] = None,
    draws: Annotated[
        int, typer.Option(help="draws of the posterior of the new day; 0: none is learned", min=0)
    ] = 512,
    seed: Seed = 0,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Make a later edition of a scenario: the base, and a patch of public files and typed rows.

    Files go in through the layouts of `kautilya import`; tables of the scenario's own format in the
    folders are typed rows and join as they are. Tells what changed and which figures have grown old.

    Example: kautilya update russia_dprk_2024 --as-of 2025-03-31 --with files --out my_2025
    """
    with Door(json) as door:
        from kautilya import scenario as rooms
        from kautilya.cli.public_files import rates
        from kautilya.errors import KautilyaError
        from kautilya.estimation.edition import Ask
        from kautilya.estimation.edition import update as made_by
        from kautilya.layouts.layout import Options
        from kautilya.runs.chunk import use_cache
        from kautilya.scenario.calendar import day

        if not as_of or not given or out is None:
            missing = "--as-of" if not as_of else "--with" if not given else "--out"
            raise KautilyaError(missing, "is not given", "See `kautilya update --help`")
        use_cache()
        old = rooms.load(scenario)
        ask = Ask(Options(rates=rates(rate or [])), draws, seed, replace)
        door.tell(_made(old, made_by(scenario, day(as_of), given, out, ask)))


def _made(old: Any, found: Any) -> Shown:
    from kautilya import scenario as rooms
    from kautilya.estimation.edition import aged
    from kautilya.runs.posterior import KEPT, summary
    from kautilya.scenario.differences import differences, tally

    made = rooms.load(found.folder)
    changes = differences(old, made)
    counts = tally(changes)
    ages = aged(made)
    learned = summary(found.folder / KEPT)
    claims = "its claims are those of the base"
    data = {
        "folder": str(found.folder),
        "digest": made.digest,
        "base": old.id,
        "as_of": made.head.as_of.isoformat(),
        "files": [one._asdict() for one in found.files],
        "changes": [one._asdict() for one in changes],
        "counts": counts,
        "posterior": learned,
        "aged": [one._asdict() for one in ages],
        "local": found.local,
        "notes": found.notes,
    }
    new = sum(one["added"] for one in counts.values())
    first = (
        f"{made.id}: {old.id} as known on {made.head.as_of}; {new:,} rows are new, "
        f"{sum(one['changed'] for one in counts.values())} changed; {claims}."
    )
    posterior = (
        f"posterior: the record to {learned['until']}" if learned.get("until") else "no posterior"
    )
    blocks: list[Block] = [first, _files(found.files), *changed(changes), f"{posterior}."]
    if ages:
        blocks.append(_ages(made, ages))
    blocks += [f"may not be passed on, so make it yourself: {one}" for one in found.local]
    blocks += [f"note: {one}" for one in found.notes]
    return Shown(data, [*blocks, f"digest {made.digest}: kautilya run {found.folder}"])


def _files(files: list[Any]) -> Table:
    columns = [Column("file"), Column("layout"), Column("rows", True), Column("new", True)]
    rows = [
        [one.file, one.layout or f"not read: {one.why}", f"{one.rows:,}", f"{one.new:,}"]
        for one in files
        if one.layout or one.why.startswith("read for")
    ]
    return Table("Public files", columns, rows)


def changed(found: list[Difference]) -> list[Block]:
    """What differs, by table; then the figures and ranges one by one."""
    from kautilya.scenario.differences import tally

    counts = tally(found)
    head = [Column("what"), *(Column(one, True) for one in ("added", "changed", "gone"))]
    rows = [
        [NAMES.get(name, name), *(str(one[k]) for k in ("added", "changed", "gone"))]
        for name, one in counts.items()
    ]
    tables: list[Block] = [Table("What differs", head, rows)] if rows else []
    for name in ("figures.csv", "quantities.csv", "events.csv"):
        part = [one for one in found if one.table == name]
        part.sort(key=lambda one: one.kind != "changed")
        if part:
            more = f" ({MOST} of {len(part)}; all with --json)" if len(part) > MOST else ""
            columns = [Column("which"), Column("before"), Column("after")]
            cells = [[one.key[0], one.before or "-", one.after or "-"] for one in part[:MOST]]
            tables.append(Table(f"{NAMES[name].capitalize()}{more}", columns, cells))
    return tables


def _ages(made: Any, ages: list[Any]) -> Table:
    from kautilya.scenario.lexicon import Names

    names = Names(made)
    rows = {row.id: row for row in made.quantities}
    mine = [one for one in ages if not one.constant]
    columns = [Column("figure"), Column("published"), Column("drives"), Column("years", True)]
    cells = [
        [names.figure(rows[one.id]), one.day, f"to {one.until}", f"{one.years:g}"]
        for one in mine[:MOST]
    ]
    more = f"; {MOST} of {len(mine)}" if len(mine) > MOST else ""
    more += f"; beside them {len(ages) - len(mine)} from before the scenario begins"
    return Table(f"Published figures that drive months long after them{more}", columns, cells)


COMMANDS = (update,)
