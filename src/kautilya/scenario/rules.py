"""What must hold between the cells of one row, and between the tables.

Rules of a row give (column, found, remedy). Between tables: every name that is used is
declared, and only once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice, permutations

from pydantic import BaseModel

from kautilya.scenario import calendar, experts, membership, units
from kautilya.scenario.mistakes import Mistake, first, near, shown
from kautilya.scenario.scenario import EVERY, Draft
from kautilya.scenario.schema import (
    TABLES,
    Event,
    Expert,
    Figure,
    Good,
    Quantity,
    SeriesRow,
    Source,
    Sourced,
    Trade,
)
from kautilya.scenario.toml_text import line_of
from kautilya.wording import many

Said = list[tuple[str, str, str]]
NEEDS = {
    "fixed": ("central",),
    "uniform": ("low", "high"),
    "loguniform": ("low", "high"),
    "triangular": ("low", "central", "high"),
    "pert": ("low", "central", "high"),
    "choice": ("low", "high"),
    "experts": (),
}


def order(row: BaseModel) -> Said:
    """low <= central <= high, as far as they are given."""
    out: Said = []
    for a, b in (("low", "central"), ("central", "high"), ("low", "high")):
        x, y = getattr(row, a, None), getattr(row, b, None)
        skip = (a, b) == ("low", "high") and getattr(row, "central", None) is not None
        skip |= getattr(row, "distribution", "") == "choice" and "central" in (a, b)
        if x is not None and y is not None and x > y and not skip:
            out.append(
                (
                    a,
                    f"{a} {x:g} is above {b} {y:g}",
                    f"Order them low <= central <= high; {a} may be at most {b}",
                )
            )
    return out


def evidence(row: Sourced) -> Said:
    """'assumed' as a source goes with status assumed or imposed, and with a reason."""
    if row.source != "assumed":
        return []
    out: Said = []
    if row.status not in ("assumed", "imposed"):
        out.append(
            (
                "status",
                f"source 'assumed' with status {shown(row.status)}",
                "Give status assumed or imposed, or name a source of sources.csv",
            )
        )
    if not row.note and not isinstance(row, SeriesRow):
        out.append(("note", "an assumed figure without a note", "Say in note why this range"))
    return out


def quantity(row: Quantity) -> Said:
    """The figures that the distribution needs, and no negative opening stock."""
    out: Said = [
        (
            name,
            f"'{name}' is empty",
            f"A {row.distribution} quantity needs {' and '.join(NEEDS[row.distribution])}",
        )
        for name in NEEDS[row.distribution]
        if getattr(row, name) is None
    ]
    low = row.central if row.distribution == "fixed" else row.low
    if row.distribution == "loguniform" and low is not None and low <= 0:
        out.append(("low", f"low {low:g} in a loguniform quantity", "Give a low above 0"))
    if row.parameter == "opening.stock":
        for name in ("low", "central", "high"):
            value = getattr(row, name)
            if value is not None and value < 0:
                out.append((name, f"a negative stock, {value:g}", "Give 0 or more"))
                break
        for name in ("partner", "label"):
            if getattr(row, name):
                out.append(
                    (
                        name,
                        f"'{name}' is given for an opening stock",
                        "An account is named by actor, good and stage; leave it empty",
                    )
                )
    elif row.stage:
        out.append(
            (
                "stage",
                f"'stage' is given for {row.parameter}",
                "Only opening.stock has stages; leave it empty",
            )
        )
    return out


def figure(row: Figure) -> Said:
    """At least one value, months in order, nothing negative that is counted."""
    out: Said = []
    if row.low is None and row.central is None and row.high is None:
        out.append(("central", "no value is given", "Give low, central or high"))
    if row.from_ > row.to:
        out.append(("from", f"from {row.from_} is after to {row.to}", "Let from be the earlier"))
    if row.measure == "stock" and row.from_ != row.to:
        out.append(("to", "a stock over several months", "Let from and to be the same month"))
    for name in ("low", "central", "high"):
        value = getattr(row, name)
        if value is not None and value < 0:
            out.append((name, f"a negative {row.measure}, {value:g}", "Give 0 or more"))
            break
    return out


def row_rules(name: str, row: BaseModel) -> Said:
    """All rules of one row of the table `name`."""
    out: Said = []
    if "low" in type(row).model_fields:
        out += order(row)
    if isinstance(row, Sourced):
        out += evidence(row)
    if isinstance(row, Quantity):
        out += quantity(row)
    if isinstance(row, Expert):
        out += experts.wrong(row)
    if isinstance(row, Figure):
        out += figure(row)
    if isinstance(row, Trade) and row.value < 0:
        out.append(("value", f"negative trade, {row.value:g}", "Give 0 or more"))
    if isinstance(row, Source) and row.key == "assumed":
        out.append(
            ("key", "a source may not be called 'assumed'", "Leave it out; 'assumed' is known")
        )
    return out


TOML = "scenario.toml"
MAX_MONTHS = 1200
ROW = "ROW"
USES = {  # table: columns that name actors, columns that name goods
    "quantities.csv": (("actor", "partner"), ("good",)),
    "figures.csv": (("actor", "partner"), ("good",)),
    "series.csv": (("actor", "partner"), ("good",)),
    "trade.csv": (("exporter", "importer"), ()),
    "covariates.csv": (("actor", "partner"), ()),
    "goods.csv": ((), ()),
    "events.csv": ((), ()),
    "actors.csv": ((), ()),
    "sources.csv": ((), ()),
}
ONCE = {  # table: columns that together name a row
    "actors.csv": ("code",),
    "sources.csv": ("key",),
    "quantities.csv": ("id",),
    "figures.csv": ("id",),
    "events.csv": ("id",),
    "goods.csv": ("good", "stage", "holders"),
    "series.csv": ("series", "actor", "partner", "good", "label", "month"),
    "trade.csv": ("exporter", "importer"),
    "covariates.csv": ("name", "actor", "partner"),
    "experts.csv": ("id", "expert"),
    "context/figures.csv": ("id",),
    "context/votes.csv": ("resolution", "body", "actor"),
}


def between(draft: Draft) -> list[Mistake]:
    """Every mistake between tables; a table that could not be read is not held against others."""
    kinds = (
        _head(draft),
        _levers(draft),
        _reply(draft),
        _duplicates(draft),
        _sets(draft),
        _goods(draft),
        _actors(draft),
        _named_goods(draft),
        _stages(draft),
        _sources(draft),
        _units(draft),
        _trade(draft),
        membership.mistakes(draft.scenario),
        experts.mistakes(draft.scenario.tables, draft.scenario.lines),
    )
    return list(chain.from_iterable(map(first, kinds)))


def known(draft: Draft, name: str, column: str) -> set[str] | None:
    """What a table declares; None where it could not be read."""
    if name in draft.unusable or name not in draft.scenario.tables:
        return None
    return {getattr(row, column) for row in draft.scenario.tables[name]} | draft.cells(name, column)


def _head(draft: Draft) -> Iterator[Mistake]:
    scn = draft.scenario
    for key, ids in (
        ("lever", [one.id for one in scn.levers]),
        ("outcome", [one.id for one in scn.outcomes]),
    ):
        for twice in (name for name, n in Counter(ids).items() if n > 1):
            line = max(
                (line_of(scn.where, (key, i, "id")) for i, name in enumerate(ids) if name == twice),
                default=0,
            )
            yield Mistake(
                TOML,
                line,
                f"{key}.id",
                f"{key} {shown(twice)} is declared twice",
                "Give each its own id; duplicate ids cannot be told apart",
            )
    if not draft.head_ok:
        return
    yield from _steps(draft)
    start, horizon = calendar.span(scn.head.start)[0], calendar.span(scn.head.horizon)[1]
    count = (horizon - start).days / calendar.STEP_DAYS[scn.head.step]
    if start > horizon:
        yield Mistake(
            TOML,
            line_of(scn.where, ("horizon",)),
            "horizon",
            f"horizon {scn.head.horizon} is before start {scn.head.start}",
            "Let the horizon be the later month",
        )
    elif count > MAX_MONTHS:
        yield Mistake(
            TOML,
            line_of(scn.where, ("horizon",)),
            "horizon",
            f"{count:.0f} {scn.head.step}s",
            f"At most {MAX_MONTHS} {scn.head.step}s",
        )
    for line, row in scn.lined(SeriesRow):
        early = calendar.span(row.month)[1] < start
        if not row.series.startswith("observed.") and early:
            yield Mistake(
                "series.csv",
                line,
                "month",
                f"month {row.month} is before the start {scn.head.start} and would be lost",
                "Move start, fold the row into the opening, or take it out",
            )


def _steps(draft: Draft) -> Iterator[Mistake]:
    """Times that do not go with the step of the scenario."""
    scn, head = draft.scenario, draft.scenario.head
    size = calendar.STEP_MONTHS.get(head.step)
    days = {"start": head.start, "horizon": head.horizon} if size else {}
    for key, given in days.items():
        if len(given) > len("YYYY-MM"):
            line = line_of(scn.where, (key,))
            yield Mistake(
                TOML, line, key, f"a day for steps of a {head.step}", calendar.MONTH_REMEDY
            )
            return
    if size and size > 1 and not calendar.after(head.start, head.horizon):
        months = calendar.month_number(head.horizon) - calendar.month_number(head.start) + 1
        if months % size:
            yield Mistake(
                TOML,
                line_of(scn.where, ("horizon",)),
                "horizon",
                f"{many(months, 'month is', 'months are')} no whole number of {head.step}s",
                f"Let the last {head.step} end with the horizon",
            )
    text = scn.beside.get("accounts.toml", "")
    feed = re.search(r"^\[\[feed\]\]", text, re.MULTILINE)
    if head.step != "month" and feed:
        yield Mistake(
            "accounts.toml",
            text[: feed.start()].count("\n") + 1,
            "feed",
            f"accounts go by months and feed no figure of a scenario by steps of a {head.step}",
            "Take [[feed]] out, or let the scenario go by months",
        )
    yield from _times(draft)


def _times(draft: Draft) -> Iterator[Mistake]:
    """Times of rows that do not go with the step."""
    scn, step = draft.scenario, draft.scenario.head.step
    if step in calendar.STEP_MONTHS:
        for line, row in scn.lined(Quantity):
            if len(row.month) > len("YYYY-MM"):
                yield Mistake(
                    "quantities.csv", line, "month", shown(row.month), calendar.MONTH_REMEDY
                )
    for line, record in scn.lined(SeriesRow):
        seen = record.series.startswith("observed.")
        if seen and len(record.month) != len(scn.months[0] if scn.months else record.month):
            remedy = "What is only observed is compared step by step; give the value of one step"
            yield Mistake("series.csv", line, "month", f"{record.month} is no {step}", remedy)
        elif not seen and not calendar.within(record.month, step):
            remedy = f"Give the rate of each {step} or of a longer time"
            found = f"{record.month} is shorter than a step of a {step}"
            yield Mistake("series.csv", line, "month", found, remedy)


def _levers(draft: Draft) -> Iterator[Mistake]:
    scn = draft.scenario
    if not draft.head_ok:
        return
    start, horizon = calendar.span(scn.head.start)[0], calendar.span(scn.head.horizon)[1]
    for i, lever in enumerate(scn.levers):
        for j, change in enumerate(lever.set):
            if change.from_ and not start <= calendar.span(change.from_)[0] <= horizon:
                yield Mistake(
                    TOML,
                    line_of(scn.where, ("lever", i, "set", j, "from")),
                    "lever.set.from",
                    f"month {change.from_} is outside the horizon",
                    f"Give a month from {scn.head.start} to {scn.head.horizon}",
                )


def _reply(draft: Draft) -> Iterator[Mistake]:
    """What [answer] names stands in the tables."""
    said = draft.scenario.head.answer if draft.head_ok else None
    if said is None:
        return
    goods, codes = known(draft, "goods.csv", "good"), known(draft, "actors.csv", "code")
    levers = {one.id for one in draft.scenario.levers}
    for key, names, there in (
        ("good", [said.good] if said.good else [], goods),
        ("rivals", said.rivals, codes),
        ("levers", said.levers, levers),
    ):
        for name in (one for one in names if there is not None and one not in there):
            line = line_of(draft.scenario.where, ("answer", key))
            yield Mistake(
                TOML, line, f"answer.{key}", f"unknown name {shown(name)}", near(name, there or ())
            )


def _duplicates(draft: Draft) -> Iterator[Mistake]:
    for name, names in ONCE.items():
        first: dict[tuple[str, ...], int] = {}
        for line, row in draft.scenario.whole(name):
            key = tuple("" if getattr(row, one) == "*" else str(getattr(row, one)) for one in names)
            if key in first:
                found = ", ".join(part or "*" for part in key)
                yield Mistake(
                    name,
                    line,
                    "",
                    f"duplicate of line {first[key]}: {found}",
                    "Keep one of them, or give each its own id",
                )
            first.setdefault(key, line)


def _sets(draft: Draft) -> Iterator[Mistake]:
    codes, goods = known(draft, "actors.csv", "code"), known(draft, "goods.csv", "good")
    for name, (axis, members) in draft.scenario.sets.items():
        names = {"actor": codes, "good": goods}.get(axis)
        line = line_of(draft.scenario.where, ("sets", name, "members"))
        for member in members if names is not None else ():
            if member not in (names or ()):
                yield Mistake(
                    TOML,
                    line,
                    f"sets.{name}",
                    f"unknown {axis} {shown(member)}",
                    near(member, names or ()),
                )
        if not members and name in ("actor", "good"):
            continue
        if not members:
            yield Mistake(TOML, line, f"sets.{name}", "the set is empty", "Name its members")


def _goods(draft: Draft) -> Iterator[Mistake]:
    scn = draft.scenario
    unit: dict[str, tuple[str, int]] = {}
    codes = known(draft, "actors.csv", "code")
    for line, row in scn.lined(Good):
        first = unit.setdefault(row.good, (row.unit, line))
        if first[0] != row.unit:
            yield Mistake(
                "goods.csv",
                line,
                "unit",
                f"unit {shown(row.unit)} for {row.good}, but {shown(first[0])} in line {first[1]}",
                "Use one unit for all stages",
            )
        if (
            not units.NAME.fullmatch(row.unit)
            or units.INTERNAL.get(row.unit) in ("month", "fraction")
            or row.unit in ("month", "fraction", "round")
        ):
            yield Mistake(
                "goods.csv",
                line,
                "unit",
                f"unit {shown(row.unit)} for a good",
                "Name what is counted or weighed, such as tank, tube_round, kt, USD_m",
            )
        if row.holders in draft.bad_sets or codes is None or TOML in draft.unusable:
            continue
        if row.holders in scn.sets:
            if scn.sets[row.holders].axis != "actor":
                yield Mistake(
                    "goods.csv",
                    line,
                    "holders",
                    f"set {shown(row.holders)} is a set of {scn.sets[row.holders].axis}s",
                    "Name a set of actors",
                )
        elif row.holders not in codes:
            yield Mistake(
                "goods.csv",
                line,
                "holders",
                f"unknown set or actor {shown(row.holders)}",
                near(row.holders, (*scn.sets, *codes)),
            )


def _unknown(draft: Draft, which: int, names: Iterable[str] | None, what: str) -> Iterator[Mistake]:
    if names is None:
        return
    names = set(names)
    for name, uses in USES.items():
        extra = {ROW} if name == "trade.csv" else set()
        for line, row in draft.scenario.whole(name) if uses[which] else ():
            for column in uses[which]:
                label = getattr(row, column)
                if label not in EVERY and label not in names | extra:
                    yield Mistake(
                        name, line, column, f"unknown {what} {shown(label)}", near(label, names)
                    )


def _actors(draft: Draft) -> Iterator[Mistake]:
    codes = known(draft, "actors.csv", "code")
    yield from _unknown(draft, 0, codes, "actor")
    if codes is None:
        return
    for line, row in draft.scenario.whole("events.csv"):
        for code in row.actors.split(";") if isinstance(row, Event) else ():
            if code.strip() not in codes:
                yield Mistake(
                    "events.csv",
                    line,
                    "actors",
                    f"unknown actor {shown(code.strip())}",
                    near(code.strip(), codes, "Separate actors with ';'"),
                )


def _named_goods(draft: Draft) -> Iterator[Mistake]:
    yield from _unknown(draft, 1, known(draft, "goods.csv", "good"), "good")


def _stages(draft: Draft) -> Iterator[Mistake]:
    if "goods.csv" in draft.unusable or draft.broken.get("goods.csv"):
        return
    stages: dict[str, set[str]] = {}
    for good in draft.scenario.goods:
        stages.setdefault(good.good, set()).add(good.stage)
    every = set().union(*stages.values()) if stages else set()
    for line, row in draft.scenario.whole("figures.csv"):
        if not isinstance(row, Figure):
            continue
        there = stages.get(row.good, every)
        for stage in () if row.stage in EVERY else row.stage.split("|"):
            if stage not in there:
                yield Mistake(
                    "figures.csv",
                    line,
                    "stage",
                    f"unknown stage {shown(stage)} of {row.good}",
                    near(stage, there),
                )


def _sources(draft: Draft) -> Iterator[Mistake]:
    keys = known(draft, "sources.csv", "key")
    if keys is None:
        return
    for name in TABLES:
        for line, row in draft.scenario.whole(name):
            source = row.source if isinstance(row, Sourced) else "assumed"
            if source != "assumed" and source not in keys:
                yield Mistake(
                    name,
                    line,
                    "source",
                    f"source {shown(source)} is not in sources.csv",
                    near(source, keys, "Add a row with this key to sources.csv"),
                )


def unlicensed(draft: Draft) -> Iterator[Mistake]:
    """Sources of dated records that do not say on what terms their rows are passed on.

    Held against shipped scenarios: what is redistributed needs a licence and a ground.
    """
    rows = draft.scenario.whole("series.csv")
    used = {row.source for _, row in rows if isinstance(row, Sourced)} - {"assumed"}
    for line, row in draft.scenario.whole("sources.csv"):
        if isinstance(row, Source) and row.key in used and not (row.licence and row.ground):
            yield Mistake(
                "sources.csv",
                line,
                "ground" if row.licence else "licence",
                f"rows of {shown(row.key)} are shipped without a licence and a ground",
                "Say both, or take the rows out and let users import them (docs/layouts.md)",
            )


def _units(draft: Draft) -> Iterator[Mistake]:
    scn = draft.scenario
    goods = tuple(scn.units.values())
    if not {"goods.csv"} & draft.unusable:
        extra = set(draft.cells("goods.csv", "unit"))
        names = units.known((*goods, *extra))
        for name in ("figures.csv", "series.csv", "covariates.csv", "trade.csv"):
            for line, row in scn.whole(name):
                yield from _unit(name, line, getattr(row, "unit", "1"), goods, names)


def _unit(
    name: str, line: int, unit: str, goods: tuple[str, ...], names: tuple[str, ...]
) -> Iterator[Mistake]:
    try:
        unknown = [word for word in units.words(unit) if word not in names]
        if unknown:
            yield Mistake(
                name, line, "unit", f"unknown unit {shown(unknown[0])}", near(unknown[0], names)
            )
        elif name == "trade.csv":
            units.factor(unit, "USD_m", goods)
    except units.UnitMistake as error:
        yield Mistake(name, line, "unit", error.found, error.remedy)


def _trade(draft: Draft) -> Iterator[Mistake]:
    scn = draft.scenario
    if (
        "trade.csv" not in scn.tables
        or draft.unusable & {"trade.csv", "actors.csv"}
        or draft.broken.get("trade.csv")
    ):
        return
    codes = (*scn.codes, ROW)
    known_codes = set(codes)
    rows = {
        (row.exporter, row.importer)
        for row in scn.trade
        if row.exporter != row.importer and {row.exporter, row.importer} <= known_codes
    }
    absent = len(codes) * (len(codes) - 1) - len(rows)
    if absent:
        missing = (pair for pair in permutations(codes, 2) if pair not in rows)
        some = [f"{a} to {b}" for a, b in islice(missing, 3)]
        yield Mistake(
            "trade.csv",
            0,
            "",
            f"{many(absent, 'pair is', 'pairs are')} missing: {', '.join(some)}{' ...' if absent > 3 else ''}",
            "Add a row for every ordered pair of actors and ROW, 0 where none trades",
        )
