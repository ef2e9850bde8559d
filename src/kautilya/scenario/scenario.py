"""A scenario as validated tables; plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kautilya.scenario.mistakes import Mistake
from kautilya.scenario.schema import (
    Actor,
    Covariate,
    Event,
    Figure,
    Good,
    Head,
    Lever,
    Outcome,
    Quantity,
    SeriesRow,
    Source,
    Trade,
)

EVERY = ("", "*")  # selectors that name no label


class Members(NamedTuple):
    """A set with unions resolved."""

    axis: Literal["actor", "good", "label"]
    members: tuple[str, ...]


class Account(NamedTuple):
    """Who can hold what, in which stage."""

    actor: str
    good: str
    stage: str


@dataclass(frozen=True)
class Scenario:
    """All tables of one scenario.

    tables   rows by file name; lines: the line of each row in its file
    where    lines of the keys of scenario.toml
    sets     by name, unions resolved; "actor" and "good" hold all actors and all goods
    beside   text of the files that other rooms parse: accounts.toml and tables in context/
    """

    folder: str
    digest: str
    head: Head
    sets: dict[str, Members]
    levers: tuple[Lever, ...]
    outcomes: tuple[Outcome, ...]
    tables: dict[str, tuple[Any, ...]]
    lines: dict[str, tuple[int, ...]]
    where: dict[tuple[str | int, ...], int]
    beside: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.head.id

    @property
    def actors(self) -> tuple[Actor, ...]:
        return self.tables.get("actors.csv", ())

    @property
    def goods(self) -> tuple[Good, ...]:
        return self.tables.get("goods.csv", ())

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        return self.tables.get("quantities.csv", ())

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.tables.get("figures.csv", ())

    @property
    def series(self) -> tuple[SeriesRow, ...]:
        return self.tables.get("series.csv", ())

    @property
    def trade(self) -> tuple[Trade, ...]:
        return self.tables.get("trade.csv", ())

    @property
    def events(self) -> tuple[Event, ...]:
        return self.tables.get("events.csv", ())

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.tables.get("sources.csv", ())

    @property
    def covariates(self) -> tuple[Covariate, ...]:
        return self.tables.get("covariates.csv", ())

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
        """All months from start to horizon, YYYY-MM."""
        first, last = number_of(self.head.start), number_of(self.head.horizon)
        return tuple(f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(first, last + 1))

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts of actors, in the order of goods.csv, then of actors.csv."""
        codes = self.codes
        held: dict[tuple[str, str], set[str]] = {}
        for row in self.goods:
            named = self.sets[row.holders].members if row.holders in self.sets else (row.holders,)
            held.setdefault((row.good, row.stage), set()).update(named)
        return tuple(Account(code, good, stage) for (good, stage), who in held.items()
                     for code in codes if code in who)

    def lined(self, name: str) -> Iterator[tuple[int, Any]]:
        """(line, row) of one table."""
        return zip(self.lines.get(name, ()), self.tables.get(name, ()), strict=True)


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


def number_of(month: str) -> int:
    """Months since year 0."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1
