"""Editions of a scenario: a later one out of public files, and what differs between two."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, only
from kautilya.cli.options import Futures, Json, Out, Replace, Scenario, Seed
from kautilya.wording import many, number, signed

if TYPE_CHECKING:
    from kautilya.scenario.differences import Difference

MOST = 12  # rows of a list that is long
MARK = 12  # letters of a digest
FEW = 3  # answers of which it is told what carries them
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
        from kautilya.scenario.check import day_of

        if not as_of or not given or out is None:
            missing = "--as-of" if not as_of else "--with" if not given else "--out"
            raise KautilyaError(missing, "is not given", "See `kautilya update --help`")
        known = day_of(as_of)
        assert known is not None  # it is given
        use_cache()
        old = rooms.load(scenario)
        ask = Ask(Options(rates=rates(rate or [])), draws, seed, replace)
        door.tell(_made(old, made_by(scenario, known, given, out, ask)))


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
    own = (found.folder / "claims.toml").is_file()
    claims = "its claims are its own" if own else "its claims are those of the base"
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
        f"{made.id}: {old.id} as known on {made.head.as_of}; {many(new, 'row is', 'rows are')} new, "
        f"{sum(one['changed'] for one in counts.values())} changed; {claims}."
    )
    posterior = (
        f"posterior: the record to {learned['until']}" if learned.get("until") else "no posterior"
    )
    blocks: list[Block] = [
        first,
        _files(found.files),
        *changed(changes, old, made),
        f"{posterior}.",
    ]
    if ages:
        blocks.append(_ages(made, ages))
    blocks += [f"may not be passed on, so make it yourself: {one}" for one in found.local]
    blocks += [f"note: {one}" for one in found.notes]
    return Shown(data, [*blocks, f"digest {made.digest}: kautilya run {found.folder}"])


def _files(files: list[Any]) -> Table:
    columns = [Column("file"), Column("layout"), Column("rows", True), Column("new", True)]
    told = sorted(files, key=lambda one: not one.layout)
    rows = [
        [one.file, one.layout or f"not read: {one.why}", f"{one.rows:,}", f"{one.new:,}"]
        for one in told[: 3 * MOST]
    ]
    more = f" ({3 * MOST} of {len(files):,}; all with --json)" if len(files) > 3 * MOST else ""
    return Table(f"Public files{more}", columns, rows)


def changed(found: list[Difference], *scenarios: Any) -> list[Block]:
    """What differs between two scenarios, by table; then the figures and ranges one by one."""
    from kautilya.scenario.differences import in_words, tally

    counts = tally(found)
    head = [Column("what"), *(Column(one, True) for one in ("added", "changed", "gone"))]
    rows = [
        [NAMES.get(name, name), str(one["added"]), str(one["changed"]), str(one["gone"])]
        for name, one in counts.items()
    ]
    tables: list[Block] = [Table("What differs", head, rows)] if rows else []
    for name in ("figures.csv", "quantities.csv", "events.csv"):
        part = [one for one in found if one.table == name]
        part.sort(key=lambda one: one.kind != "changed")
        if part:
            more = f" ({MOST} of {len(part):,}; all with --json)" if len(part) > MOST else ""
            columns = [Column("which"), Column("before"), Column("after")]
            cells = in_words(part[:MOST], *scenarios)
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
    more = f"; {MOST} of {len(mine):,}" if len(mine) > MOST else ""
    more += f"; beside them {len(ages) - len(mine)} from before the scenario begins"
    return Table(f"Published figures that drive months long after them{more}", columns, cells)


def then_and_now(found: Any, whole: bool = True) -> Shown:
    """Verdicts as of the day each sentence was said, and of both editions; what moved first."""
    moved = [one for one in found.lines if one.moved]
    blocks: list[Block] = [found.says]
    if moved:
        blocks.append(_moments("What moved", moved, found.days))
    rest = [one for one in found.lines if not one.moved]
    if whole and rest:
        blocks.append(_moments("What stands", rest, found.days))
    elif rest:
        blocks.append(f"Those that stand: --all. {many(found.futures, 'future')} each.")
    return Shown(found.as_json(), blocks)


def _moments(title: str, lines: list[Any], days: tuple[str, str]) -> Table:
    head = [Column("sentence"), Column("claim"), Column("as said"), *(Column(day) for day in days)]
    rows = []
    for one in lines:
        moments = [each.told for each in (one.said, one.first, one.second)]
        rows.append([", ".join(one.sentences), one.says, *moments])
    return Table(title, head, rows)


def diff(
    context: typer.Context,
    first: Annotated[
        str, typer.Argument(help="a scenario, an edition, a run, or a stored answer (.json)")
    ],
    second: Annotated[str, typer.Argument(help="another of the same kind")],
    year: Annotated[
        str,
        typer.Option(
            "--during",
            help="year of the answers; left out: the one after the later as-of day, or the last that "
            "both have",
        ),
    ] = "",
    futures: Futures = 128,
    seed: Seed = 0,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="what is stored or declared only: nothing is run"),
    ] = False,
    claims: Annotated[
        bool, typer.Option("--claims", help="also judge the claims that both have")
    ] = False,
    short: Annotated[
        bool,
        typer.Option(
            "--line",
            help="one line: what the second says, and what came of predictions as of the first",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Say what differs between two scenarios, editions or runs, and which differences carry it.

    Groups of rows that differ are put into the first and taken out of the second, each alone, on the
    same luck: the mean of both effects is what a group carries.

    Example: kautilya diff russia_dprk_2024 russia_dprk_2025 --during 2026
    """
    with Door(json) as door:
        from kautilya.claims.hindsight import compared
        from kautilya.claims.judge import Asked
        from kautilya.report.versus import Ask, line, versus

        _told_by(context, first, second, claims)
        if short:
            said = line(second)
            door.tell(Shown({"second": second, "says": said}, [said]))
            return

        with door.progress("runs") as tell:
            found = versus(first, second, Ask(year, futures, seed, quick), tell)
        data, blocks = found.as_json(), _versus(found, futures)
        if claims:
            judged = then_and_now(compared(*found.scenarios, Asked(futures=futures, seed=seed)))
            data["verdicts"] = judged.data
            blocks += judged.blocks
        door.tell(Shown(data, blocks))


def _told_by(context: typer.Context, first: str, second: str, claims: bool) -> None:
    """Refuse what is without effect on what is compared."""
    asked = context.params
    if asked["short"]:
        only(context, ("year", "futures", "seed", "quick", "claims"), "with --line")
    answers = all(Path(one).suffix == ".json" for one in (first, second))
    if answers:
        only(context, ("year", "futures", "seed", "quick", "claims"), "on stored answers")
    stored = all((Path(one) / "plan.json").is_file() for one in (first, second))
    if (stored or asked["quick"]) and not claims:
        why = "on stored runs" if stored else "with --quick, which runs nothing"
        only(context, ("futures", "seed"), why)


CARRIES = (
    "Each group of rows that differ is put into the first, and taken out of the second, on the same "
    "{} futures; what it carries is the mean of both. Several together: what no group carries alone."
)


SET = {"sets": "set by --set"}  # settings whose name is no word


def _versus(found: Any, futures: int) -> list[Block]:
    """The bottom line, the answers, what carries the largest, the assumptions."""
    from kautilya.scenario import load

    blocks: list[Block] = [found.says]
    if found.statements:
        columns = [Column("what"), Column(found.names[0]), Column(found.names[1])]
        rows = [[what, one or "-", two or "-"] for what, one, two in found.statements]
        blocks.append(Table("Answers, as stored", columns, rows))
    if not all(one.still for one in found.shifts):
        blocks.append(_shifts(found))
        carried = [one for one in found.shifts[:FEW] if one.carried and one.size]
        blocks += [_carried(found.named(one.name), one) for one in carried]
        blocks += [CARRIES.format(futures)] if carried else []
    if found.settings:
        columns = [Column("setting"), Column("first"), Column("second")]
        rows = [
            [what, one[:MARK], two[:MARK]] if what == "digest" else [SET.get(what, what), one, two]
            for what, one, two in found.settings
        ]
        blocks.append(Table("How they were made", columns, rows))
    both = [load(one) for one in found.scenarios if one]
    blocks += changed(found.differences, *both) if both else []
    return [*blocks, *(f"note: {one}" for one in found.notes)]


def _shifts(found: Any) -> Table:
    head = [Column("answer"), Column("first", True), Column("second", True)]
    head += [Column("difference", True), Column("in spreads", True)]
    shifts = [one for one in found.shifts if not one.still]
    more = f"; {MOST} of {len(shifts)}, the largest first" if len(shifts) > MOST else ""
    same = len(found.shifts) - len(shifts)
    more += f"; {same} the same in both" if same else ""
    rows = [
        [
            found.named(one.name),
            number(one.first, 4),
            number(one.second, 4),
            f"{signed(one.second - one.first)} ± {number(2 * one.error, 2)}",
            f"{one.size:+.2f}",
        ]
        for one in shifts[:MOST]
    ]
    return Table(f"Means of {found.year}{more}", head, rows)


def _carried(name: str, one: Any) -> Table:
    columns = [Column("carried by"), Column("difference", True)]
    parts = sorted(one.carried.items(), key=lambda item: -abs(item[1][0]))
    rows = [[group, f"{signed(mean)} ± {number(2 * error, 2)}"] for group, (mean, error) in parts]
    return Table(f"What carries {name}", columns, rows)


COMMANDS = (update, diff)
