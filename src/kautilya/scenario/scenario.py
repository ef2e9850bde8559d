"""A scenario as validated tables; plain data.

`tables` hold the rows that can have been known on the as-of day and lie inside the horizon; a
run sees no others. `aside` holds the rest, each with the reason. What judges a run afterwards
(an audit as of a later day, the record, a history) asks for both with `every`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from textwrap import shorten
from typing import Literal, NamedTuple, TypeVar, cast

from pydantic import BaseModel

from kautilya.scenario import calendar
from kautilya.scenario.mistakes import Mistake
from kautilya.scenario.schema import (
    EARLIER,
    TABLES,
    Actor,
    ContextFigure,
    Covariate,
    Event,
    Figure,
    Good,
    Head,
    Lever,
    Member,
    Outcome,
    Quantity,
    SeriesRow,
    Source,
    Sourced,
    Trade,
)

ASSUMED = "assumed"  # the source of a range that nobody published
BRIEF = 180  # letters of a line of the short form
EVERY = ("", "*")  # selectors that name no label
FILES = {table.model: name for name, table in TABLES.items() if not name.startswith(EARLIER)}
TIMED = (
    "figures.csv",
    "series.csv",
    "events.csv",
    "quantities.csv",
    "covariates.csv",
    "trade.csv",
    "experts.csv",
    "members.csv",
)  # tables of which a run sees only what was known
R = TypeVar("R", bound=BaseModel)


class Members(NamedTuple):
    """A set with unions resolved."""

    axis: Literal["actor", "good", "label"]
    members: tuple[str, ...]


class Account(NamedTuple):
    """Who can hold what, in which stage."""

    actor: str
    good: str
    stage: str


class SetAside(NamedTuple):
    """A row that no run sees: its file, line and cells, the column that tells, and why."""

    file: str
    line: int
    row: BaseModel
    column: str
    why: str
    remedy: str

    def note(self) -> Mistake:
        """As `check` prints it."""
        return Mistake(self.file, self.line, self.column, self.why, self.remedy)


@dataclass(frozen=True, repr=False)
class Scenario:
    """All tables of one scenario.

    tables     rows in use by file name; lines: the line of each row in its file
    aside      rows that are not in use, in the order of files and lines
    where      lines of the keys of scenario.toml
    sets       by name, unions resolved; "actor" and "good" hold all actors and all goods
    beside     text of the files that other rooms parse, such as accounts.toml; not of the claims,
               on which no run depends
    asked      the as-of day that was asked for in place of that of scenario.toml; "" = none
    standing   how many rows at the end of a table are those of `earlier` that stand in
    """

    folder: str
    digest: str
    head: Head
    sets: dict[str, Members]
    levers: tuple[Lever, ...]
    outcomes: tuple[Outcome, ...]
    tables: dict[str, tuple[BaseModel, ...]]
    lines: dict[str, tuple[int, ...]]
    where: dict[tuple[str | int, ...], int]
    aside: tuple[SetAside, ...] = ()
    beside: dict[str, str] = field(default_factory=dict)
    asked: str = ""
    standing: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        said = "\n".join(f"  {name:<10} {text}" for name, text in self._lines())
        return f"<Scenario {self.id}>\n{said}"

    def _repr_html_(self) -> str:
        """The same for a notebook."""
        rows = "".join(
            f"<tr><th style='text-align:left'>{name}</th>"
            f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
            for name, text in self._lines()
        )
        return f"<table><caption>{html.escape(self.head.title)}</caption>{rows}</table>"

    def _lines(self) -> list[tuple[str, str]]:
        """What it is, in a few lines of at most BRIEF letters."""
        head, quantities = self.head, self.quantities
        assumed = sum(row.status in ("assumed", "imposed") for row in quantities)
        units = self.units
        said = {
            "title": head.title,
            "question": head.question,
            "time": f"{head.start} to {head.horizon}, as of {head.as_of}, a {head.step} a step",
            "actors": f"{len(self.codes)}: {', '.join(self.codes)}",
            "goods": f"{len(units)}: {', '.join(units)}",
            "laws": f"{len(head.laws)}: {', '.join(head.laws)}",
            "levers": f"{len(self.levers)}: {', '.join(one.id for one in self.levers)}",
            "outcomes": f"{len(self.outcomes)}: {', '.join(one.id for one in self.outcomes)}",
            "figures": f"{len(quantities)}, {assumed} of them assumed",
            "caution": head.caution,
        }
        return [
            (name, shorten(str(text), BRIEF, placeholder=" ...")) for name, text in said.items()
        ]

    def rows(self, model: type[R]) -> tuple[R, ...]:
        """The rows in use of the table of a model, such as `Quantity`."""
        return cast("tuple[R, ...]", self.tables.get(FILES[model], ()))

    def lined(self, model: type[R]) -> Iterator[tuple[int, R]]:
        """(line, row) of the rows in use of the table of a model."""
        return zip(self.lines.get(FILES[model], ()), self.rows(model), strict=True)

    def every(self, model: type[R]) -> tuple[R, ...]:
        """All rows of a table in the order of the file, also those that were known too late."""
        return tuple(cast(R, row) for _, row in self.whole(FILES[model]))

    def whole(self, name: str) -> list[tuple[int, BaseModel]]:
        """(line, row) of all rows of a table by its file name, in the order of the file; without
        those that stand in."""
        own = len(self.lines.get(name, ())) - self.standing.get(name, 0)
        used = zip(self.lines.get(name, ())[:own], self.tables.get(name, ())[:own], strict=True)
        late = [(one.line, one.row) for one in self.aside if one.file == name]
        return sorted([*used, *late], key=lambda one: one[0])

    @property
    def address(self) -> str:
        """What `load` finds this very scenario by: the folder, and the day where one was asked."""
        return f"{self.folder}@{self.asked}" if self.asked else self.folder

    @property
    def printed(self) -> dict[str, tuple[BaseModel, ...]]:
        """All rows of every table, also those set aside: what dates are looked up in."""
        out = {}
        for name in self.tables:
            out[name] = tuple(row for _, row in self.whole(name))
        return out

    @property
    def id(self) -> str:
        return self.head.id

    @property
    def actors(self) -> tuple[Actor, ...]:
        return self.rows(Actor)

    @property
    def goods(self) -> tuple[Good, ...]:
        return self.rows(Good)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        return self.rows(Quantity)

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.rows(Figure)

    @property
    def series(self) -> tuple[SeriesRow, ...]:
        return self.rows(SeriesRow)

    @property
    def trade(self) -> tuple[Trade, ...]:
        return self.rows(Trade)

    @property
    def events(self) -> tuple[Event, ...]:
        return self.rows(Event)

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.rows(Source)

    @property
    def covariates(self) -> tuple[Covariate, ...]:
        return self.rows(Covariate)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of all actors, in the order of actors.csv."""
        return tuple(dict.fromkeys(actor.code for actor in self.actors))

    @property
    def units(self) -> dict[str, str]:
        """The unit of each good, goods in the order of goods.csv."""
        out: dict[str, str] = {}
        for row in self.goods:
            out.setdefault(row.good, row.unit)
        return out

    @property
    def months(self) -> tuple[str, ...]:
        """All steps from start to horizon by their names: months YYYY-MM, unless the scenario
        goes by another step."""
        return calendar.steps(self.head.start, self.head.horizon, self.head.step)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts of actors, in the order of goods.csv, then of actors.csv."""
        codes = self.codes
        held: dict[tuple[str, str], set[str]] = {}
        for row in self.goods:
            named = self.sets[row.holders].members if row.holders in self.sets else (row.holders,)
            held.setdefault((row.good, row.stage), set()).update(named)
        return tuple(
            Account(code, good, stage)
            for (good, stage), who in held.items()
            for code in codes
            if code in who
        )


@dataclass(frozen=True)
class Draft:
    """What could be read of a folder, with all mistakes so far.

    broken     cells of rows that are not valid; unusable: files without usable rows
    head_ok    whether the plain keys of scenario.toml are valid
    bad_sets   sets that could not be resolved
    """

    scenario: Scenario
    mistakes: tuple[Mistake, ...]
    broken: dict[str, tuple[dict[str, str], ...]]
    unusable: frozenset[str]
    head_ok: bool
    bad_sets: frozenset[str]

    def cells(self, name: str, column: str) -> set[str]:
        """Cells of one column in rows that are broken."""
        return {row.get(column, "").strip() for row in self.broken.get(name, ())} - {""}


def spread_out(
    name: str, lined: Iterable[tuple[int, BaseModel]], head: Head
) -> Iterator[tuple[int, BaseModel]]:
    """The rows of a table, a record of a longer time as one row for each of its steps.

    The sum over the steps is that of the record: a rate is scaled where the steps of a year do not
    fill 365.25 days. With `spread = "last"` all of it lies in the last step.
    """
    for line, row in lined:
        if not isinstance(row, SeriesRow) or row.series.startswith("observed."):
            yield line, row
            continue
        steps = calendar.within(row.month, head.step)
        if not steps or steps == (row.month,):
            yield line, row
            continue
        rate = bool(set(re.findall(r"[a-z]+", row.unit)) & set(calendar.STEP_DAYS))
        scale = (
            calendar.length(row.month) / (len(steps) * calendar.STEP_DAYS[head.step])
            if rate
            else 1.0
        )
        last = rate and head.spread == "last"
        for step in steps:
            part = scale * (len(steps) * (step == steps[-1]) if last else 1.0)
            yield line, row.model_copy(update={"month": step, "value": row.value * part})


class Published(NamedTuple):
    """What the day from which a row is known may rest on.

    days   date of each figure, event and source, by id or key
    lags   days from the end of a month until a record of the source knows it
    """

    days: Mapping[str, str]
    lags: Mapping[str, float]


def publications(tables: Mapping[str, Iterable[BaseModel]]) -> Published:
    """The dates of figures, events and sources in the tables of a scenario."""
    days: dict[str, str] = {}
    lags: dict[str, float] = {}
    for row in chain.from_iterable(tables.values()):
        if isinstance(row, Source):
            days[row.key] = row.date
            if row.lag is not None:
                lags[row.key] = row.lag
        elif isinstance(row, Figure | ContextFigure):
            days[row.id] = row.date
        elif isinstance(row, Event):
            days[row.id] = row.known or row.date
    return Published(days, lags)


def sieve(
    name: str, lined: Iterable[tuple[int, BaseModel]], head: Head, printed: Published
) -> tuple[list[tuple[int, BaseModel]], list[SetAside]]:
    """The rows of a table that a run may see, and those that are set aside."""
    used: list[tuple[int, BaseModel]] = []
    aside: list[SetAside] = []
    for line, row in lined:
        reason = _late(row, head.as_of, printed) or _outside(row, head) if name in TIMED else None
        if reason is None:
            used.append((line, row))
        else:
            aside.append(SetAside(name, line, row, *reason))
    return used, aside


def stand_ins(
    given: Iterable[tuple[int, BaseModel]],
    used: Iterable[BaseModel],
    aside: Iterable[SetAside],
) -> list[tuple[int, BaseModel]]:
    """The rows of a table of `earlier` that are needed: no row in use fills their elements, and one
    that was known later does."""
    filled = {elements(row) for row in used}
    late = {elements(one.row) for one in aside}
    return [one for one in given if elements(one[1]) in late - filled]


def elements(row: BaseModel) -> tuple[str, ...]:
    """What a row fills, without its values: the names of its labels."""
    keys = (
        "parameter",
        "name",
        "exporter",
        "importer",
        "actor",
        "partner",
        "good",
        "stage",
        "label",
    )
    return tuple(str(getattr(row, key, "")) for key in keys)


Reason = tuple[str, str, str] | None
WORD = re.compile(r"[A-Za-z][A-Za-z_-]*\d[\w-]*", re.ASCII)  # of an id; plain words are words


def published(row: BaseModel, printed: Published) -> tuple[str, str]:
    """The column that says when a row became known, and what it says; "" where none does.

    A row of a record is known from its own date, or from the end of its month plus the lag of its
    source, where that is earlier. An assumed range is known at all times, unless its note rests
    on a figure, event or source: then from the day of that.
    """
    if isinstance(row, Event) and row.known:
        return "known", row.known
    if isinstance(row, SeriesRow):
        return "date", _recorded(row, printed)
    if isinstance(row, Quantity | Covariate | Trade | Member) and row.source == ASSUMED:
        named = [printed.days[word] for word in WORD.findall(row.note) if word in printed.days]
        rests = [day for day in named if calendar.first_day(day) <= calendar.last_day(row.date)]
        return ("note", max(rests)) if rests else ("", "")
    return ("date", row.date) if isinstance(row, Sourced) else ("", "")


def _recorded(row: SeriesRow, printed: Published) -> str:
    lag = 0.0 if row.source == ASSUMED else printed.lags.get(row.source)
    if lag is None:
        return row.date
    end = calendar.span(row.month)[1] + timedelta(days=lag)
    return min(row.date, end.isoformat(), key=calendar.first_day)


def _late(row: BaseModel, as_of: date, printed: Published) -> Reason:
    """Whether a row became known only after the as-of day; (column, why, remedy)."""
    column, text = published(row, printed)
    if not text or calendar.first_day(text) <= as_of:
        return None
    return (
        column,
        f"known on {text}, after the as-of day {as_of}; the row is not used",
        "Give what was known on the day, or a range with source assumed",
    )


def _outside(row: BaseModel, head: Head) -> Reason:
    """Whether a row tells of months that no run has; (column, why, remedy)."""
    begin, end = head.start, head.horizon
    if isinstance(row, SeriesRow):
        if calendar.after(row.month, head.as_of.isoformat()[: len(row.month)]):
            return (
                "month",
                f"a record of {row.month}, after the as-of day {head.as_of}; the row is not used",
                "Records end with the as-of day; take the row out",
            )
        early = row.series.startswith("observed.") and calendar.after(begin, row.month)
        if calendar.after(row.month, end) or early:
            return (
                "month",
                f"{row.month} is outside {begin} to {end}; the row is not used",
                "Move start or horizon, or take the row out",
            )
    if (
        isinstance(row, Quantity)
        and row.month
        and (calendar.after(begin, row.month) or calendar.after(row.month, end))
    ):
        return (
            "month",
            f"{row.month} is outside {begin} to {end}; the row is not used",
            "Date it inside the horizon, or take it out",
        )
    if isinstance(row, Figure) and (
        calendar.after(begin, row.to) or calendar.after(row.from_, end)
    ):
        return (
            "from",
            f"{row.from_} to {row.to} is outside {begin} to {end}; the row is not used",
            "Move start or horizon, or take the row out",
        )
    return None
