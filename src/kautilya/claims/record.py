"""What a scenario gives to claims: its record, and its words.

The record: dated events, votes and published figures, each with status, grade and day of
publication; and what of it was known as of a day.

An act that is confirmed or that nobody disputes is known from its own day; what is reported,
alleged or denied is known from the day of its source. `known` in events.csv overrides both. Plain
facts and trade, on which the runs themselves rest, are known at the latest on the as-of day.

The words: outcomes and what they measure, actors, levers.
"""

from __future__ import annotations

import datetime as dates
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Protocol, TypeVar

import numpy as np
from pydantic import BaseModel

from kautilya.core.law import Nature, Var
from kautilya.scenario import units as door
from kautilya.scenario.calendar import first_day, last_day
from kautilya.scenario.lawcheck import paced
from kautilya.scenario.outcomes import axes, nature_of
from kautilya.scenario.scenario import Members, Scenario
from kautilya.scenario.schema import ContextFigure, Covariate, Event, Figure, Trade, VoteRow
from kautilya.scenario.schema import Outcome as Declared
from kautilya.wording import ALIASES

VOTES = ("yes", "no", "abstain", "absent")
COUNTED = ("confirmed", "reported", "assumed", "computed", "imposed")  # without status= in a claim
OPEN = ("reported", "alleged", "denied")  # known from their source's day only
Model = TypeVar("Model", bound=BaseModel)


class Wanted(Protocol):
    """What a claim asks for, as `language.meaning.Asked` gives it."""

    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def actors(self) -> tuple[str, ...]: ...
    @property
    def statuses(self) -> tuple[str, ...]: ...
    @property
    def grade(self) -> str: ...
    @property
    def first(self) -> str: ...
    @property
    def last(self) -> str: ...
    @property
    def known(self) -> str: ...


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

    def as_of(self, day: dates.date | str) -> Record:
        """The record as it was known on a day (a date, or YYYY-MM-DD)."""
        return replace(self, limit=ends(str(day)))

    def day(self, known: str = "") -> str:
        """The last day that counts for a claim that says `as of known`."""
        wanted = ends(known) if known else (self.limit or self.today)
        return min(wanted, self.limit) if self.limit else wanted

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the published numbers."""
        return tuple(dict.fromkeys(row.unit for row in self.rows.values()))

    def find(self, asked: Wanted) -> tuple[Entry, ...]:
        """The events that a claim asks for: see `meaning.Asked`."""
        day = self.day(asked.known)
        statuses = asked.statuses or COUNTED
        return tuple(
            one
            for one in self.events
            if (one.type in asked.words or one.id in asked.words)
            and set(asked.actors) <= set(one.actors)
            and one.known <= day
            and one.status in statuses
            and (not asked.grade or _good(one.grade, asked.grade))
            and (not asked.first or asked.first <= ends(one.date))
            and (not asked.last or begins(one.date) <= asked.last)
        )

    def vote(self, actor: str, resolution: str, known: str = "") -> Ballot | None:
        """How an actor voted; None where it is not on record as of that day."""
        day = self.day(known)
        return next(
            (
                one
                for one in self.votes
                if one.actor == actor and one.known <= day and one.resolution == resolution
            ),
            None,
        )

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


def begins(text: str) -> str:
    """YYYY-MM-DD of the first day that a date may mean; such texts compare as days do."""
    return first_day(text).isoformat()


def ends(text: str) -> str:
    """YYYY-MM-DD of the last day that a date may mean."""
    return last_day(text).isoformat()


def record(scenario: Scenario, as_of: dates.date | str | None = None) -> Record:
    """The record of a scenario: events.csv, figures.csv, covariates.csv, trade.csv, and the tables
    in its folder context/. Raises ScenarioErrors where those cannot be read."""
    published = {one.key: one.date for one in scenario.sources}
    events = tuple(_entry(one, published) for one in scenario.every(Event))
    votes = tuple(_ballot(one) for one in scenario.every(VoteRow))
    today = scenario.head.as_of.isoformat()
    rows = {
        (row.table, row.id): row
        if row.table == "figure"
        else row._replace(known=min(row.known, today))
        for row in _rows(scenario)
    }
    made = Record(events, votes, rows, today)
    return made if as_of is None else made.as_of(as_of)


def _entry(one: Event, published: Mapping[str, str]) -> Entry:
    known = begins(one.date)
    if one.known:
        known = begins(one.known)
    elif one.status in OPEN:
        known = max(known, ends(published.get(one.source, one.date)))
    actors = tuple(part.strip() for part in one.actors.split(";"))
    return Entry(
        one.id, one.date, known, actors, one.type, one.event, one.status, one.grade, one.source
    )


def _ballot(one: VoteRow) -> Ballot:
    return Ballot(
        one.resolution,
        one.date,
        begins(one.date),
        one.body,
        one.actor,
        one.vote,
        one.grade,
        one.status,
        one.source,
    )


def _rows(scenario: Scenario) -> Iterable[Row]:
    published: list[Figure | ContextFigure] = [
        *scenario.every(Figure),
        *scenario.every(ContextFigure),
    ]
    for figure in published:
        says = (
            f"{figure.measure} {figure.good} {figure.actor} {figure.partner} {figure.from_} "
            f"{figure.to}"
        )
        yield _row("figure", figure.id, " ".join(says.split()), figure, figure.central)
    for fact in scenario.every(Covariate):
        names = [fact.actor, fact.partner] if fact.partner else [fact.actor]
        says = " ".join([fact.name, *names])
        yield _row("fact", "/".join([fact.name, *names]), says, fact, fact.value)
    for trade in scenario.every(Trade):
        pair = (trade.exporter, trade.importer)
        yield _row("trade", "/".join(pair), " ".join(["trade", *pair]), trade, trade.value)


def _row(
    table: str,
    name: str,
    says: str,
    one: Figure | ContextFigure | Covariate | Trade,
    central: float | None,
) -> Row:
    low: float | None = getattr(one, "low", None)
    high: float | None = getattr(one, "high", None)
    given = [v for v in (low, central, high) if v is not None]
    low = low if low is not None else min(given)
    high = high if high is not None else max(given)
    kind = "fixed" if low == high else "uniform" if central is None else "triangular"
    middle = central if central is not None else (low + high) / 2
    return Row(
        table,
        name,
        says,
        ends(one.date),
        kind,
        low,
        middle,
        high,
        one.unit,
        one.grade,
        one.status,
        one.source,
    )


ANY = "any"
Axis = Literal["actor", "good", "label"]
Sets = Mapping[str, tuple[Axis, tuple[str, ...]]]  # members of each set

ROLES = {
    "flow": ("from", "to", "class"),
    "stock": ("holder", "class"),
    "price": ("to", "class"),
    "tie": ("from", "to"),
    "welfare": ("actor",),
    "hazard": ("actor",),
    "vote": ("draft",),
}


class Outcome(NamedTuple):
    """A declared outcome of a scenario.

    axis    month or year; dims: name -> labels, in order
    nature  amount (adds up over time), level (as of an instant), mean (over the period)
    unit    with "{good}" for the unit of the good of the cell; classes: dim that names goods
    adds    whether cells add up; kept: False where a run stores it only when asked (keep = why)
    """

    id: str
    says: str
    axis: Literal["month", "year"]
    dims: Mapping[str, tuple[str, ...]]
    nature: Nature
    unit: str
    classes: str
    adds: bool
    kept: bool


class Reading(NamedTuple):
    """An outcome as a quantity. ends: role -> (dim or "", the one label or "*" without a dim)."""

    quantity: str
    outcome: str
    ends: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Vocabulary:
    """All words that claims about a scenario may use.

    sets     name -> (axis, members); units: of goods, good -> unit
    supplies share of a flow from which a state supplies; names: names of units that are known
    years    of the run; types: of events on record
    aliases  other words for goods: their plurals, and those that `kautilya why` knows
    """

    scenario: str
    months: tuple[str, ...]
    actors: tuple[str, ...]
    sets: Sets
    units: Mapping[str, str]
    levers: tuple[str, ...]
    outcomes: Mapping[str, Outcome]
    readings: tuple[Reading, ...]
    record: Record
    supplies: float
    names: tuple[str, ...]
    years: tuple[str, ...]
    types: tuple[str, ...]
    aliases: Mapping[str, str]


def _names(units: Iterable[str], record: Record) -> tuple[str, ...]:
    """Names of units: of goods, and whatever published figures are counted in."""
    extra = {name for text in record.units for name in _readable(text)}
    return tuple(dict.fromkeys([*units, *sorted(extra)]))


def _aliases(goods: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Other words for goods, but for those that mean something else here."""
    goods = tuple(goods)
    found = {f"{good}s": good for good in goods}
    found |= {word: good for word, good in ALIASES.items() if good in goods}
    return {word: good for word, good in found.items() if word not in (*taken, *goods)}


def _readable(text: str) -> tuple[str, ...]:
    """The names in a unit; none where it cannot be read."""
    try:
        return tuple(name for name in door.words(text) if name != "fraction")
    except door.UnitMistake:
        return ()


def vocabulary(scenario: Scenario) -> Vocabulary:
    """The words of a scenario: its tables, the variables of its laws, its record."""
    from kautilya.core.law import fitted
    from kautilya.mechanisms import registry

    sizes = {name: len(one.members) for name, one in scenario.sets.items()}
    step = scenario.head.step
    laws = [paced(fitted(registry()[name], sizes), step) for name in scenario.head.laws]
    sets: dict[str, tuple[Axis, tuple[str, ...]]] = {
        name: (one.axis, tuple(one.members)) for name, one in scenario.sets.items()
    }
    for law in laws:
        for name, members in law.labels.items():
            sets.setdefault(name, ("label", tuple(members)))
    written = {var.name: var for law in laws for var in law.writes}
    outcomes = {one.id: _outcome(one, sets, written, scenario) for one in scenario.outcomes}
    readings = tuple(found for one in scenario.outcomes if (found := _reading(one, sets, written)))
    known = record(scenario)
    return Vocabulary(
        scenario.id,
        scenario.months,
        scenario.codes,
        sets,
        scenario.units,
        tuple(lever.id for lever in scenario.levers),
        outcomes,
        readings,
        known,
        scenario.head.claims.supplies,
        _names(scenario.units.values(), known),
        tuple(dict.fromkeys(month[:4] for month in scenario.months)),
        tuple(dict.fromkeys(one.type for one in known.events)),
        _aliases(scenario.units, (*sets, *scenario.codes)),
    )


def _outcome(one: Declared, sets: Sets, written: Mapping[str, Var], scenario: Scenario) -> Outcome:
    names = list(written[one.name].dims) if one.kind == "variable" else list(one.dims)
    unit = written[one.name].unit if one.kind == "variable" else "{good}"
    if one.kind != "variable" and one.good in scenario.units:
        unit = scenario.units[one.good]
    dims = {
        n if n not in names[:i] else f"{n}_{names[:i].count(n) + 1}": sets[n][1]
        for i, n in enumerate(names)
    }
    classes = next((n for n in dims if n in sets and sets[n][0] == "good"), "")
    nature = nature_of(one, written)
    if nature == "amount":
        unit = unit.removesuffix(f"/{scenario.head.step}")
    return Outcome(
        one.id,
        one.says,
        one.every,
        dims,
        nature,
        unit,
        classes,
        nature == "amount" or one.kind != "variable",
        one.keep == "always",
    )


def _reading(one: Declared, sets: Sets, written: Mapping[str, Var]) -> Reading | None:
    if one.kind == "variable":
        tells = written[one.name].tells
        if tells is None:
            return None
        ends = {}
        for role, what in tells.ends.items():
            if what[0] == "@":
                members = sets.get(what[1:], ("", ()))[1]
                if not members:
                    return None
                ends[role] = ("", members[0]) if len(members) == 1 else (what[1:], "")
            else:
                ends[role] = ("", what[1:]) if what[0] == "=" else (what, "")
        return Reading(tells.quantity, one.id, ends)
    named = {name: Members(axis, members) for name, (axis, members) in sets.items()}
    found = axes(one, named, sets["actor"][1], sets["good"][1])
    ends = {}
    for key, axis in found.items():
        role = "class" if key == "good" else key
        ends[role] = (
            (one.dims[axis.dim], "")
            if axis.dim >= 0
            else ("", axis.labels[0] if axis.labels else "*")
        )
    return Reading(one.kind, one.id, ends)
