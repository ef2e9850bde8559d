"""What differs between two scenarios: rows by their key, records by series, and the head.

Rows are compared as a run sees them: a figure that stands in both files and is known on one of the
two days only is new there. Rows of quantities with the same parameter change together, as they are
anchors of one path: they are one group, and so are the rows of one series of a record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import BaseModel

from kautilya import wording
from kautilya.scenario.lexicon import Names
from kautilya.scenario.rules import ONCE
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import EARLIER, ContextFigure, Event, Quantity
from kautilya.wording import number

ASIDE = ("date", "note", "grade", "source", "status")  # of a row: what no run computes with
KINDS = ("added", "gone", "changed")


class Difference(NamedTuple):
    """One row that is not the same in both.

    table, key   where it stands; kind: added, gone or changed (from the first to the second)
    before, after   its values in words; "" where there is none
    moves        whether anything that a run computes with differs
    """

    table: str
    key: tuple[str, ...]
    kind: str
    before: str
    after: str
    moves: bool

    @property
    def group(self) -> str:
        """What it changes together with: a parameter, a series, or its table."""
        return f"{self.table}:{self.key[0]}" if self.table == "series.csv" else self.table


def differences(first: Scenario, second: Scenario) -> list[Difference]:
    """Rows in use that differ, table by table.

    Example
    -------
    >>> from kautilya.scenario import load
    >>> one = load("sanctions_only")
    >>> differences(one, one)
    []
    """
    out: list[Difference] = []
    for name, columns in ONCE.items():
        if name.startswith(EARLIER):
            continue
        old, new = (_keyed(one.tables.get(name, ()), columns) for one in (first, second))
        out += (_compared(name, key, old.get(key), new.get(key)) for key in _keys(old, new))
    return [one for one in out if one.kind != "changed" or one.moves or one.before != one.after]


def _keys(
    old: dict[tuple[str, ...], BaseModel], new: Iterable[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    return list(dict.fromkeys([*old, *new]))


def _keyed(rows: Iterable[BaseModel], columns: tuple[str, ...]) -> dict[tuple[str, ...], BaseModel]:
    return {_key(row, columns): row for row in rows}


def _key(row: BaseModel, columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(getattr(row, one, "")) for one in columns)


def _compared(
    table: str, key: tuple[str, ...], old: BaseModel | None, new: BaseModel | None
) -> Difference:
    if old is None or new is None:
        kind = "added" if old is None else "gone"
        return Difference(table, key, kind, _words(old), _words(new), True)
    moves = old.model_dump(exclude=set(ASIDE)) != new.model_dump(exclude=set(ASIDE))
    before, after = _words(old), _words(new)
    if old != new and before == after:
        before, after = f"{before} ({_of(old)})", f"{after} ({_of(new)})"
    return Difference(table, key, "changed", before, after, moves)


def _of(row: BaseModel) -> str:
    return ", ".join(str(getattr(row, one)) for one in ("source", "date") if hasattr(row, one))


def _words(row: BaseModel | None) -> str:
    """The values of a row: a number, a range with its unit, or what an event says."""
    if row is None:
        return ""
    for name in ("event", "title", "vote", "name"):
        if isinstance(text := getattr(row, name, None), str) and not hasattr(row, "value"):
            return text
    low, central, value, high = (
        getattr(row, name, None) for name in ("low", "central", "value", "high")
    )
    middle = next((number(one, 6) for one in (central, value) if one is not None), "")
    given = {"at least": low, "at most": high}
    ends = {word: one for word, one in given.items() if one is not None}
    if len(ends) == 2 and {*ends.values()} != {central}:
        said = f"{number(ends['at least'], 6)} to {number(ends['at most'], 6)}"
    else:
        words = [f"{word} {number(one, 6)}" for word, one in ends.items() if one != central]
        said = " and ".join(words)
    said = f"{middle} ({said})" if middle and said else middle or said
    return f"{said} {getattr(row, 'unit', '')}".strip()


def in_words(found: Iterable[Difference], *scenarios: Scenario) -> list[list[str]]:
    """Which row each is, and its values before and after, without ids and codes.

    scenarios   of which the rows are, the one that names them best last
    """
    said = [Names(one) for one in scenarios]
    out = []
    for one in found:
        columns, which = ONCE[one.table], one.key[0]
        for names in said:
            row = _keyed(names.scenario.tables.get(one.table, ()), columns).get(one.key)
            which = _which(row, names) if row is not None else which
        out.append([which, *(said[-1].plainly(x) or "-" for x in (one.before, one.after))])
    return out


def _which(row: BaseModel, names: Names) -> str:
    """A row by what it is about."""
    if isinstance(row, Quantity):
        return names.figure(row)
    if isinstance(row, Event):
        return row.date
    if isinstance(row, ContextFigure):
        measure = row.measure.replace("_", " ")
        about = wording.listed([names.of(one) for one in (row.actor, row.good) if one])
        return f"{measure}: {about}, {' to '.join(dict.fromkeys((row.from_, row.to)))}"
    return str(getattr(row, "id", ""))


def tally(found: Iterable[Difference]) -> dict[str, dict[str, int]]:
    """How many rows of each table were added, are gone, or changed."""
    out: dict[str, dict[str, int]] = {}
    for one in found:
        row = out.setdefault(one.table, dict.fromkeys(KINDS, 0))
        row[one.kind] += 1
    return out
