"""Questions on one scenario: what a lever changes, and why them and not others."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, only, split
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
from kautilya.wording import interval_of, many, number, percent, sentence, unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kautilya.scenario.lexicon import Names
    from kautilya.scenario.scenario import Scenario as Loaded
    from kautilya.study.compare import Difference


def compare(
    context: typer.Context,
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

        if out is None:
            only(context, ("replace",), "without --out")
        year = during or year_of(scenario)
        with door.futures(scenario) as tell:
            plan = Plan(futures, seed, Case((), tuple(sets or ())))
            found = compare_by(
                scenario, split(levers), plan, (by, year, replace), folder=out, progress=tell
            )
        door.tell(changed((found, year, futures), scenario, everything))


FEW = 8  # rows of a table that are shown where nobody asked for all
MOVED = 0.95  # share of futures without a change from which nothing is said of a number
NAMED = 3  # numbers that the first line tells of
DUST = 0.05  # percent of a number below which a change of it is none
POINT = 0.001  # the same of a number in percent, in points
MULTIPLE = 300  # percent beyond which a multiple of nearly nothing tells nothing


def changed(found: tuple[list[Difference], str, int], scenario: str, everything: bool) -> Shown:
    """Differences of paired futures: a sentence for each lever, then what moved most."""
    from kautilya import scenario as rooms
    from kautilya.scenario.lexicon import Names

    rows, year, futures = found
    loaded = rooms.load(scenario)
    names = Names(loaded)
    first: list[Block] = _state(loaded, scenario)
    tables: list[Block] = []
    for lever, by in dict.fromkeys((r["lever"], r.get("by", "")) for r in rows):
        mine = [r for r in rows if (r["lever"], r.get("by", "")) == (lever, by)]
        mine.sort(key=lambda r: (not _asked(r, names), -_size(r)))
        moved = [r for r in mine if _moved(r)]
        said = f"{names.lever(lever)}{f' ({_value(names, by)})' if by else ''}"
        told = [_sentence(r, names) for r in moved[:NAMED]]
        first.append(f"{sentence(said)} In {year} {told[0] if told else 'nothing changes'}.")
        first += [f"- {one}" for one in told[1:]]
        kept = [r for r in mine if r["unchanged"] < MOVED] if everything else moved[:FEW]
        if kept:
            more = (
                f", {len(kept)} of {many(len(moved), 'number')} that move"
                if len(kept) < len(moved)
                else ""
            )
            tables.append(_moves(f"{said}: {year}{more}", kept, names))
    data = {"year": year, "futures": futures, "rows": rows}
    levers = list(dict.fromkeys(r["lever"] for r in rows))
    if len(levers) > 1 and tables and not any("by" in r for r in rows):
        tables = [_beside(f"Side by side: {year}", rows, names), *(tables if everything else [])]
    note = (
        f"{many(futures, 'future')}, each played with and without on the same luck; median, in brackets "
        f"90 of 100 futures. {'' if everything else 'All numbers: --all.'}"
    )
    return Shown(data, [*first, *tables, note.strip()])


def _state(scenario: Loaded, name: str) -> list[Block]:
    """Where the state of the record on the day is from, as `run` tells it."""
    from kautilya.report.subject import drawn_from
    from kautilya.runs.posterior import settled
    from kautilya.scenario.check import dated

    told = {"as_of": scenario.head.as_of, "scenario": dated(name)[0]}
    said = drawn_from(told | {"drawn_from": settled("", scenario)[1]})
    return [f"{said}."] if said else []


def _asked(row: Difference, names: Names) -> bool:
    """Whether it is what is used of the class that the scenario asks about: told first."""
    used = {one.id for one in names.scenario.outcomes if one.name == "fired"}
    name, _, labels = row["outcome"].partition(" ")
    return name in used and names.scenario.head.answer.good in labels.split("/")


def _size(row: Difference) -> float:
    """A change beside the spread of what it changes, or where that is nearly certain beside a
    hundredth of it; nothing where it cannot be told."""
    base, change = row["baseline"], row["change"]
    width = max(base["high"] - base["low"], 0.01 * abs(base["median"]))
    found = abs(change["median"]) / width if width > 0 else 0.0
    return found if found == found else 0.0


def _moved(row: Difference) -> bool:
    """Whether a number changes in more than a few futures, and by more than dust."""
    return row["unchanged"] < MOVED and any(_ends(row))


def _ends(row: Difference) -> tuple[float, float, float]:
    """Low, median and high of a change, in percent where a ratio tells something, else in the unit of
    the number; dust is 0."""
    part, change = row["change_percent"], row["change"]
    if _relative(row):
        return _clean(part, DUST)
    least = DUST / 100 * max(map(abs, row["baseline"].values()), default=0.0)
    return _clean(change, max(least, POINT) if _points(row) else least)


def _clean(one: Mapping[str, float], least: float) -> tuple[float, float, float]:
    low, median, high = (0.0 if abs(one[k]) < least else one[k] for k in ("low", "median", "high"))
    return low, median, high


def _points(row: Difference) -> bool:
    """Whether a change is one of percent."""
    return row.get("unit", "").startswith("percent")


def _relative(row: Difference) -> bool:
    """Whether a change is told in percent."""
    return abs(row["change_percent"]["median"]) <= MULTIPLE


def _value(names: Names, by: str) -> str:
    figure, _, value = by.partition(" = ")
    return f"{names.factor(figure)}: {value}"


def _cell(row: Difference, names: Names) -> str:
    return names.yearly(row["outcome"], row["year"])


def _sentence(row: Difference, names: Names) -> str:
    """One number that moved, in words."""
    multiple = abs(row["change_percent"]["median"]) > MULTIPLE
    start = f", from {interval_of(row['baseline'])}" if multiple else ""
    return f"{_said(row)}{start}: {_cell(row, names)}"


def _said(row: Difference) -> str:
    """A change: in percent, or where that tells nothing in points or in the unit of the number."""
    if _relative(row):
        word = "%"
    else:
        word = "points" if _points(row) else unit(row.get("unit", ""))
    return _change(*_ends(row), word)


def _change(low: float, median: float, high: float, word: str) -> str:
    """More or less, by the sign of the change; where it may go either way, both ends say which."""
    if low < 0 < high:
        return f"{_way(median, word)} ({_way(low, word)} to {_way(high, word)})"
    if not median:
        most = max(low, high, key=abs)
        return f"no change (up to {_way(most, word)})" if most else "no change"
    least, most = sorted((low, high), key=abs)
    ends = [number(abs(one), 2) for one in (least, most)]
    return _way(median, word) + (f" ({ends[0]} to {ends[1]})" if ends[0] != ends[1] else "")


def _way(change: float, word: str) -> str:
    if not change:
        return "no change"
    amount = f"{number(abs(change), 2)} {word}".strip()
    return f"{amount} {'less' if change < 0 else 'more'}"


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
                _ratio(r["change_percent"]),
            ]
            for r in rows
        ],
    )


def _ratio(percent: dict[str, float]) -> str:
    return interval_of(percent) if math.isfinite(percent["median"]) else "-"


def _beside(title: str, rows: list[Difference], names: Names) -> Table:
    """What each lever does to the numbers that any of them moves most, in percent."""
    by: dict[str, dict[str, Difference]] = {}
    for row in rows:
        by.setdefault(row["outcome"], {})[row["lever"]] = row
    levers = list(dict.fromkeys(row["lever"] for row in rows))
    moved = [one for one in by.values() if any(map(_moved, one.values()))]
    moved.sort(key=lambda one: (not _asked(_first(one), names), -max(map(_size, one.values()))))
    columns = [Column("what"), Column("as it stands", True)]
    columns += [Column(names.lever(one), True) for one in levers]
    cells = []
    for one in moved[:FEW]:
        base = _first(one)
        cells.append([_cell(base, names), interval_of(base["baseline"])])
        cells[-1] += [_done(one[lever]) if lever in one else "-" for lever in levers]
    return Table(title, columns, cells)


def _first(one: Mapping[str, Difference]) -> Difference:
    return next(iter(one.values()))


def _done(row: Difference) -> str:
    """What a lever does to a number, for a cell."""
    if row["unchanged"] >= MOVED:
        return "the same"
    return _said(row)


def why(
    scenario: Annotated[
        str, typer.Argument(help="a scenario, or the folder of a run kept with why")
    ],
    recipient: Annotated[str, typer.Argument(help="who buys, such as RUS or Russia")],
    good: Annotated[str, typer.Argument(help="a class: shells, dual-use, tanks, soldiers, ...")],
    during: Year = "",
    futures: Futures = 1024,
    seed: Seed = 0,
    sets: Sets = None,
    everything: All = False,
    json: Json = False,
) -> None:
    """Why them and not others: a sentence, a table, and with --all what carries it.

    Without --during it answers for the year of the as-of day. A stored run (`kautilya run SCENARIO --keep why --out FOLDER`) answers within seconds.
    Example: kautilya why russia_dprk_2024 RUS shells --during 2024
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.why import Question
        from kautilya.study.why import why as asked

        stored = scenario if (Path(scenario) / "plan.json").is_file() else ""
        with door.futures(scenario) as tell:
            plan = Plan(futures, seed, Case((), tuple(sets or ())))
            question = Question(recipient, good, during)
            found = asked(scenario, question, plan, progress=tell, stored=stored)
        door.tell(candidates(found, everything))


SHOWN = 6  # states in a table of terms, so that it fits 80 columns


def candidates(found: Any, whole: bool) -> Shown:
    """The sentence, the table, and if asked for it terms, rivals and hypotheses."""
    named = found.names
    able = [c for c in found.candidates if c["able"] > 0 or c["recorded_or_simulated"]["high"] > 0]
    shown = able[:10] or found.candidates[:10]
    chance = ("supplies",) if found.told else ("anew", "in all")
    first = Table(
        f"Who supplies {named.get(found.recipient, found.recipient)} in {found.year}: {named.get(found.good, found.good)}",
        [
            Column("state"),
            *[Column(t, True) for t in ("is asked", *chance, "expected", "delivers", "leads")],
        ],
        [
            [
                named.get(c["supplier"], c["supplier"]),
                percent(c["asked"]),
                percent(c["probability"]),
                *([] if found.told else [percent(c["delivers"])]),
                number(c["quantity"]),
                number(c["recorded_or_simulated"]["median"]),
                percent(c["leads"]),
            ]
            for c in shown
        ],
    )
    means = (
        f"supplies = is asked and agrees, as if nothing of this war's record were known ({found.told}); "
        if found.told
        else "anew = is asked and agrees in a mean month, deciding anew; in all = share of futures in "
        "which it delivers at all, who supplied before among them; "
    )
    note = (
        f"{means}delivers = record or run, median; leads = share of futures in which it is first by "
        "expected volume."
    )
    blocks: list[Any] = [found.answer, first, note]
    if whole:
        blocks += _apart(found, shown[:SHOWN])
    else:
        blocks.append("Terms, rival answers and hypotheses: --all.")
    return Shown(found.as_json(), blocks)


def _apart(found: Any, shown: list[dict[str, Any]]) -> list[Any]:
    """Terms by state, rival answers, what each state's answer says of them, what would change."""
    from kautilya.study.reasons import ASKING, RIVALS

    states = [c["supplier"] for c in shown]
    labels = list(shown[0]["terms"]) if shown else []
    rows = [
        [
            "asked" if t in ASKING else "agrees",
            found.names.get(t, t.replace("_", " ")),
            *[f"{c['terms'][t]:+.1f}" for c in shown],
        ]
        for t in labels
        if t not in found.absent
    ]
    terms = Table(
        "Log odds, term by term (mean)",
        [Column("stage"), Column("term"), *[Column(s, True) for s in states]],
        rows,
    )
    rivals = [one for one in RIVALS if one in found.rivals]
    matrix = Table(
        "What each state did, and how much better a rival foretells it (log)",
        [Column("state"), *[Column(str(n + 1), True) for n in range(len(rivals))]],
        [
            [found.names.get(state, state), *[f"{row[r]:+.2f}" for r in rivals]]
            for state, row in found.matrix.items()
            if max(abs(v) for v in row.values()) >= 0.05
        ],
    )
    numbered = "; ".join(f"{n + 1} {RIVALS[r][0]}" for n, r in enumerate(rivals))
    change = Table(
        "What would have to change",
        [Column("state"), Column("what would do it")],
        [
            [found.names.get(c["supplier"], c["supplier"]), c["would_change"]]
            for c in shown
            if c["refuses"] > 0.5
        ],
    )
    ranks = ", ".join(
        f"{found.names.get(code, code)} {low:.0f} to {high:.0f}"
        for code, (low, high) in found.panel.items()
    )
    rests: dict[str, list[str]] = {}
    for term, on in (shown[0]["imposed_terms"] if shown else {}).items():
        if term in found.absent:
            continue
        rests.setdefault(on, []).append(found.names.get(term, term.replace("_", " ")))
    imposed = [f"{', '.join(terms)} ({on})" for on, terms in rests.items()]
    return [
        terms,
        *found.notes,
        *([matrix, f"Rivals: {numbered}."] if found.matrix else []),
        *([change] if change.rows else []),
        f"The historical panel alone would rank them, for arms of any class, of about 185 states: {ranks}."
        if ranks
        else "No ranks of the historical panel are given.",
        "Where the terms come from: " + "; ".join(imposed) + ".",
    ]


COMMANDS = (compare, why)
