"""The record: dated events, votes and published figures, each with status, grade and day of
publication; and what of it was known as of a day.

An act that is confirmed or that nobody disputes is known from its own day; what is reported,
alleged or denied is known from the day of its source. `known` in events.csv overrides both. Plain
facts and trade, on which the runs themselves rest, are known at the latest on the as-of day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, Field

from kautilya.scenario.mistakes import Mistake, ScenarioErrors
from kautilya.scenario.reading import MAX_BYTES, contents, read, text
from kautilya.scenario.schema import (
    STRICT,
    Code,
    Day,
    Filled,
    Grade,
    Id,
    Month,
    NumberOrNone,
    Status,
    Unit,
)

VOTES = ("yes", "no", "abstain", "absent")
COUNTED = ("confirmed", "reported", "assumed", "computed", "imposed")  # without status= in a claim
OPEN = ("reported", "alleged", "denied")  # known from their source's day only


class Entry(NamedTuple):
    """An event of the ledger. date, known: days as they compare as texts; unit days are first."""

    id: str
    date: str
    known: str
    actors: tuple[str, ...]
    type: str
    says: str
    status: str
    grade: str
    source: str


class Ballot(NamedTuple):
    """A vote."""

    resolution: str
    date: str
    known: str
    body: str
    actor: str
    vote: str
    grade: str
    status: str
    source: str


class Row(NamedTuple):
    """A published number with its range."""

    table: str
    id: str
    says: str
    known: str
    distribution: str
    low: float
    central: float
    high: float
    unit: str
    grade: str
    status: str
    source: str


@dataclass(frozen=True)
class Record:
    """What is on record, as of a day.

    today    the as-of day of the scenario: what became known later does not count, unless a claim
             says "as of" a later one
    limit    the day that was asked for with --as-of; "" none: no claim sees beyond it
    """

    events: tuple[Entry, ...]
    votes: tuple[Ballot, ...]
    rows: Mapping[tuple[str, str], Row]
    today: str
    limit: str = ""

    def as_of(self, day: Any) -> Record:
        """The record as it was known on a day (a date, or YYYY-MM-DD)."""
        return replace(self, limit=last_day(str(day)))

    def day(self, known: str = "") -> str:
        """The last day that counts for a claim that says `as of known`."""
        wanted = last_day(known) if known else (self.limit or self.today)
        return min(wanted, self.limit) if self.limit else wanted

    @property
    def types(self) -> tuple[str, ...]:
        """Types of events."""
        return tuple(dict.fromkeys(one.type for one in self.events))

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the published numbers."""
        return tuple(dict.fromkeys(row.unit for row in self.rows.values()))

    def find(self, asked: Any) -> tuple[Entry, ...]:
        """The events that a claim asks for: see `terms.Asked`."""
        day = self.day(asked.known)
        statuses = asked.statuses or COUNTED
        return tuple(
            one for one in self.events
            if (one.type in asked.words or one.id in asked.words)
            and set(asked.actors) <= set(one.actors) and one.known <= day
            and one.status in statuses and (not asked.grade or _good(one.grade, asked.grade))
            and (not asked.first or asked.first <= last_day(one.date))
            and (not asked.last or first_day(one.date) <= asked.last))

    def vote(self, actor: str, resolution: str, known: str = "") -> Ballot | None:
        """How an actor voted; None where it is not on record as of that day."""
        day = self.day(known)
        return next((one for one in self.votes if one.actor == actor and one.known <= day
                     and one.resolution == resolution), None)

    def draws(self, table: str, row: str, futures: int, known: str = "") -> np.ndarray:
        """A published number over futures [F], spread over its range; NaN where not known yet."""
        from kautilya.scenario.distributions import quantile

        one = self.rows[table, row]
        if one.known > self.day(known):
            return np.full(futures, np.nan)
        key = int.from_bytes(hashlib.sha256(f"{table}/{row}".encode()).digest()[:8], "big")
        u = np.random.Generator(np.random.Philox(key)).uniform(size=futures)
        return quantile(one, u)


def _good(grade: str, least: str) -> bool:
    return grade[0] <= least[0] and grade[1] <= least[1]


def first_day(text: str) -> str:
    """The first day of a date of which a part may be unknown."""
    return text + "-01-01"[len(text) - 4:] if len(text) < 10 else text


def last_day(text: str) -> str:
    """The last day of a date of which a part may be unknown, as texts compare."""
    return text + "-12-31"[len(text) - 4:] if len(text) < 10 else text


def record(scenario: Any, as_of: Any = None) -> Record:
    """The record of a scenario: events.csv, figures.csv, covariates.csv, trade.csv, and the tables
    in its folder context/. Raises ScenarioErrors where those cannot be read."""
    published = {one.key: one.date for one in scenario.sources}
    events = tuple(_entry(one, published) for one in scenario.events)
    votes = tuple(_ballot(one) for one in context(scenario, "context/votes.csv", VoteRow))
    today = scenario.head.as_of.isoformat()
    rows = {(row.table, row.id): row if row.table == "figure" else
            row._replace(known=min(row.known, today)) for row in _rows(scenario)}
    made = Record(events, votes, rows, today)
    return made if as_of is None else made.as_of(as_of)


def _entry(one: Any, published: Mapping[str, str]) -> Entry:
    known = first_day(one.date)
    if one.known:
        known = first_day(one.known)
    elif one.status in OPEN:
        known = max(known, last_day(published.get(one.source, one.date)))
    actors = tuple(part.strip() for part in one.actors.split(";"))
    return Entry(one.id, one.date, known, actors, one.type, one.event, one.status, one.grade,
                 one.source)


def _ballot(one: Any) -> Ballot:
    return Ballot(one.resolution, one.date, first_day(one.date), one.body, one.actor, one.vote,
                  one.grade, one.status, one.source)


def _rows(scenario: Any) -> Iterable[Row]:
    asides = context(scenario, "context/figures.csv", Aside)
    for one in (*scenario.figures, *asides):
        says = f"{one.measure} {one.good} {one.actor} {one.partner} {one.from_} {one.to}"
        yield _row("figure", one.id, one, " ".join(says.split()))
    for one in scenario.covariates:
        names = [one.actor, one.partner] if one.partner else [one.actor]
        yield _row("fact", "/".join([one.name, *names]), _ranged(one), one.name)
    for one in scenario.trade:
        yield _row("trade", f"{one.exporter}/{one.importer}", _ranged(one), "trade of a year")


def _ranged(one: Any) -> Any:
    return SimpleNamespace(**{**dict(one), "central": one.value, "low": getattr(one, "low", None),
                              "high": getattr(one, "high", None)})


def _row(table: str, name: str, one: Any, says: str) -> Row:
    given = [v for v in (one.low, one.central, one.high) if v is not None]
    low = one.low if one.low is not None else min(given)
    high = one.high if one.high is not None else max(given)
    central = one.central if one.central is not None else (low + high) / 2
    kind = "fixed" if low == high else "uniform" if one.central is None else "triangular"
    return Row(table, name, says, last_day(one.date), kind, low, central, high, one.unit,
               one.grade, one.status, one.source)


class Aside(BaseModel):
    """A published figure that is no constraint on one account: a row of context/figures.csv."""

    model_config = STRICT
    id: Id
    actor: str
    partner: str = ""
    good: str = ""
    measure: Filled
    stage: str = ""
    from_: Month = Field(alias="from")
    to: Month
    low: NumberOrNone = None
    central: NumberOrNone = None
    high: NumberOrNone = None
    unit: Unit
    tag: str = ""
    source: Filled
    date: Day
    grade: Grade
    status: Status
    note: str = ""


class VoteRow(BaseModel):
    """One vote of one actor on one resolution: a row of context/votes.csv."""

    model_config = STRICT
    resolution: Id
    date: Day
    body: Literal["council", "assembly"]
    actor: Code
    vote: Literal["yes", "no", "abstain", "absent"]
    source: Filled
    grade: Grade
    status: Status
    note: str = ""


def context(scenario: Any, name: str, model: type[BaseModel]) -> tuple[Any, ...]:
    """Rows of a table; none where it is absent. Raises ScenarioErrors with all its mistakes."""
    if not (Path(scenario.folder) / name).exists():
        return ()
    got: Any = contents(Path(scenario.folder), name, MAX_BYTES)
    got = got if isinstance(got, Mistake) else text(name, got)
    if isinstance(got, Mistake):
        raise ScenarioErrors(scenario.folder, [got])
    found = read(name, got, model)
    if found.mistakes:
        raise ScenarioErrors(scenario.folder, found.mistakes)
    return found.rows
