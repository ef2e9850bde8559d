"""Questions on one scenario: what a lever changes, and why them and not others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, split
from kautilya.cli.options import (
    All,
    Futures,
    Json,
    Levers,
    Out,
    Replace,
    Scenario,
    Seed,
    Sets,
    Year,
)
from kautilya.wording import interval_of, listed, number, percent, sentence

if TYPE_CHECKING:
    from kautilya.scenario.lexicon import Names
    from kautilya.study.compare import Difference


def compare(
    scenario: Scenario,
    levers: Levers,
    futures: Futures = 1024,
    seed: Seed = 0,
    sets: Sets = None,
    during: Year = "",
    by: Annotated[
        str,
        typer.Option(
            help="a figure with two values, such as stock-policy: compare under each of them"
        ),
    ] = "",
    out: Out = None,
    replace: Replace = False,
    everything: All = False,
    json: Json = False,
) -> None:
    """What changes if a lever is pulled: each beside the scenario as it stands, on the same luck.

    Example: kautilya compare russia_dprk_2024 --levers no_dprk_shells --by stock-policy
    --during 2024
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.compare import compare_by, year_of

        year = during or year_of(scenario)
        with door.progress("futures") as tell:
            plan = Plan(futures, seed, Case((), tuple(sets or ())))
            found = compare_by(
                scenario, split(levers), plan, (by, year, replace), folder=out, progress=tell
            )
        door.tell(changed((found, year, futures), scenario, everything))


FEW = 8  # rows of a table that are shown where nobody asked for all
MOVED = 0.95  # share of futures without a change from which nothing is said of a number
NAMED = 3  # numbers that the first line tells of


def changed(found: tuple[list[Difference], str, int], scenario: str, everything: bool) -> Shown:
    """Differences of paired futures: a sentence for each lever, then what moved most."""
    from kautilya import scenario as rooms
    from kautilya.scenario.lexicon import Names

    rows, year, futures = found
    names = Names(rooms.load(scenario))
    first: list[Block] = []
    tables: list[Block] = []
    for lever, by in dict.fromkeys((r["lever"], r.get("by", "")) for r in rows):
        mine = [r for r in rows if (r["lever"], r.get("by", "")) == (lever, by)]
        moved = sorted(
            (r for r in mine if r["unchanged"] < MOVED),
            key=lambda r: (not _asked(r, names), -_size(r)),
        )
        said = f"{names.lever(lever)}{f' ({_value(names, by)})' if by else ''}"
        told = [_sentence(r, names) for r in moved[:NAMED]]
        first.append(f"{sentence(said)} In {year}: {'; '.join(told) or 'nothing changes'}.")
        kept = moved if everything else moved[:FEW]
        if kept:
            more = f", {len(kept)} of {len(moved)} numbers that move" if kept != moved else ""
            tables.append(_moves(f"{said}: {year}{more}", kept, names))
    data = {"year": year, "futures": futures, "rows": rows}
    note = (
        f"{futures:,} futures, each played with and without on the same luck; median, in brackets "
        f"90 of 100 futures. {'' if everything else 'All numbers: --all.'}"
    )
    return Shown(data, [*first, *tables, note.strip()])


def _asked(row: Difference, names: Names) -> bool:
    """Whether it is what is used of the class that the scenario asks about: told first."""
    used = {one.id for one in names.scenario.outcomes if one.name == "fired"}
    name, _, labels = row["outcome"].partition(" ")
    return name in used and names.scenario.head.answer.good in labels.split("/")


def _size(row: Difference) -> float:
    """A change beside the spread of what it changes; nothing where it cannot be told."""
    base, change = row["baseline"], row["change"]
    width = base["high"] - base["low"] + abs(base["median"])
    found = abs(change["median"]) / width if width > 0 else 0.0
    return found if found == found else 0.0


def _value(names: Names, by: str) -> str:
    figure, _, value = by.partition(" = ")
    return f"{names.factor(figure)}: {value}"


def _cell(row: Difference, names: Names) -> str:
    name, _, labels = row["outcome"].partition(" ")
    return names.outcome(name, labels.split("/") if labels else ())


def _sentence(row: Difference, names: Names) -> str:
    """One number that moved, in words."""
    part, change = row["change_percent"], row["change"]
    if abs(part["median"]) <= 300:  # a multiple of nearly nothing tells nothing
        low, high = sorted((abs(part["low"]), abs(part["high"])))
        low = 0.0 if part["low"] * part["high"] < 0 else low
        word = "less" if part["median"] < 0 else "more"
        said = f"{number(abs(part['median']), 2)} % {word} ({number(low, 2)} to {number(high, 2)})"
    else:
        said = f"{interval_of(row['baseline'])} by {interval_of(change)}"
    return f"{_cell(row, names)} {said}"


def _moves(title: str, rows: list[Difference], names: Names) -> Table:
    return Table(
        title,
        [
            Column("what"),
            Column("as it stands", True),
            Column("change", True),
            Column("percent", True),
        ],
        [
            [
                _cell(r, names),
                interval_of(r["baseline"]),
                interval_of(r["change"]),
                interval_of(r["change_percent"]),
            ]
            for r in rows
        ],
    )


def why(
    scenario: Scenario,
    recipient: Annotated[str, typer.Argument(help="who buys, such as RUS")],
    good: Annotated[str, typer.Argument(help="a class: shells, dual-use, tank, drone, ...")],
    during: Year = "2024",
    futures: Futures = 1024,
    seed: Seed = 0,
    sets: Sets = None,
    everything: All = False,
    json: Json = False,
) -> None:
    """Why them and not others: every candidate supplier, and what speaks for and against it.

    Example: kautilya why russia_dprk_2024 RUS shells --during 2024
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.why import Question
        from kautilya.study.why import why as asked

        with door.progress("futures") as tell:
            plan = Plan(futures, seed, Case((), tuple(sets or ())))
            found = asked(scenario, Question(recipient, good, during), plan, progress=tell)
        door.tell(candidates(found, scenario, everything))


STATES = 5  # candidates that are shown where nobody asked for all
REASONS = 3  # reasons that are told on each side
WEIGHS = 0.05  # utility below which a reason is none


def candidates(found: Any, name: str, everything: bool = False) -> Shown:
    """Candidates, the reasons of each, and what would change."""
    from kautilya import scenario as rooms
    from kautilya.scenario.lexicon import Names

    names = Names(rooms.load(name))
    able = [c for c in found.candidates if c["able"] > 0.05 or c["quantity"] > 0]
    shown = able if everything else able[:STATES]
    refusing = [[names.of(c["supplier"]), _plainly(c["would_change"], names)]
                for c in shown if c["refuses"] > 0.5]  # fmt: skip
    blocks: list[Block] = [
        _answer(found, able, names),
        _who(f"Who supplies {names.of(found.recipient)}, {found.year}", shown, names),
        Table(
            "What speaks for each, and against (utility, mean over the futures; 0 = an even chance)",
            [Column("state"), Column("for"), Column("against"), Column("sum", True)],
            [[names.of(c["supplier"]), *_reasons(c, names, everything)] for c in shown],
        ),
    ]
    if refusing:
        blocks.append(
            Table("What would have to change", [Column("state"), Column("change")], refusing)
        )
    blocks += [_plainly(note, names) for note in found.notes]
    if everything:
        blocks += _sources(found, shown, names)
    elif len(able) > len(shown):
        blocks.append(
            f"{len(shown)} of {len(able)} candidates; all, and what the reasons rest on: --all."
        )
    return Shown(found.as_json(), blocks)


def _answer(found: Any, able: list[Any], names: Names) -> str:
    """The first line: whom the model expects, and how the record has it."""
    good = names.of(found.good)
    if not able:
        return f"No state could supply {names.of(found.recipient)} with {good} in {found.year}."
    first, rest = able[0], able[1:3]
    said = (
        f"The decision model expects most from {names.of(first['supplier'])}: it leads in "
        f"{percent(first['leads'])} of the range and supplies with a chance of "
        f"{percent(first['probability'])}"
    )
    others = [f"{names.of(c['supplier'])} {percent(c['probability'])}" for c in rest]
    said += f" ({listed(others)})" if others else ""
    record = listed([names.of(code) for code in found.delivered])
    return f"{said}. On record in {found.year}: {record or 'nobody'}, {good}."


def _who(title: str, shown: list[Any], names: Names) -> Table:
    from kautilya.claims.weighing import likelihood

    titles = ("chance", "expected", "on record or simulated", "leads in", "refuses in")
    return Table(
        title,
        [Column("state"), *[Column(t, True) for t in titles]],
        [
            [
                names.of(c["supplier"]),
                f"{percent(c['probability'])}, {likelihood(c['probability'])}",
                number(c["quantity"]),
                number(c["recorded_or_simulated"]["median"]),
                percent(c["leads"]),
                percent(c["refuses"]),
            ]
            for c in shown
        ],
    )


def _reasons(one: Any, names: Names, everything: bool) -> list[str]:
    """The largest reasons for and against, and the sum of all."""
    terms = sorted(one["terms"].items(), key=lambda item: -abs(item[1]))
    sides = []
    for sign in (1, -1):
        side = [(label, value) for label, value in terms if sign * value >= WEIGHS]
        kept = side if everything else side[:REASONS]
        sides.append("; ".join(f"{names.of(x, 'term')} {v:+.1f}" for x, v in kept) or "–")
    return [*sides, f"{one['utility']:+.1f}"]


def _plainly(text: str, names: Names) -> str:
    """A note with states and terms in words."""
    text = names.plainly(text)
    cost = re.search(r"its largest cost is (\w+) \(", text)
    return (
        text.replace(f"cost is {cost[1]} (", f"cost is {names.of(cost[1], 'term')} (")
        if cost
        else text
    )


def _sources(found: Any, shown: list[Any], names: Names) -> list[Block]:
    """What the reasons rest on, and what the historical panel alone would say."""
    ranks = ", ".join(
        f"{names.of(code)} {low:.0f} to {high:.0f}" for code, (low, high) in found.panel.items()
    )
    rests = sorted({(k, v) for c in shown[:1] for k, v in c["imposed_terms"].items()})
    return [
        Table(
            "What the reasons rest on",
            [Column("reason"), Column("rests on")],
            [[names.of(k, "term"), v] for k, v in rests],
        ),
        *(
            [f"The historical panel alone would rank them, of about 185 states: {ranks}."]
            if ranks
            else []
        ),
    ]


COMMANDS = (compare, why)
