"""A claim that was checked: what to read and what to do with it, with types and units.

Shapes while evaluating: F futures, T periods (months or years), S suppliers. A number is [F], or
[F, T] inside a reducer; a truth likewise; a set is [F, S] with its labels; a month is [F], counted
from year 0, infinite for never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from kautilya.claims.units import Powers


class Periods(NamedTuple):
    """Labels of months or years along the time axis of an outcome."""

    axis: Literal["month", "year"]
    labels: tuple[str, ...]


class Cells(NamedTuple):
    """What of an outcome is added up: labels along some of its dims."""

    outcome: str
    at: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Term:
    """A part of a checked claim."""


@dataclass(frozen=True)
class Const(Term):
    """A number in the unit that the other side has, or a month."""

    value: float


@dataclass(frozen=True)
class Read(Term):
    """Cells of one outcome over some periods.

    how     sum or mean over the periods, or "series": one value a period
    case    levers joined by "+"; "" for the baseline
    """

    cells: Cells
    periods: Periods
    how: Literal["sum", "mean", "series"]
    case: str


@dataclass(frozen=True)
class Share(Term):
    """Part over whole; 0 where the whole is 0."""

    part: Read
    whole: Read


@dataclass(frozen=True)
class Supplied(Term):
    """Who supplies: at least `above` of the flow of any one class. reads: [class][supplier]."""

    labels: tuple[str, ...]
    reads: tuple[tuple[Read, ...], ...]
    above: float


@dataclass(frozen=True)
class Rank(Term):
    """The place of a supplier by quantity, 1 for the largest; last where it supplies nothing."""

    which: int
    reads: tuple[Read, ...]


@dataclass(frozen=True)
class Asked(Term):
    """Events of the record. first, last: days; known: as of this day, "" as of the record's."""

    words: tuple[str, ...]
    actors: tuple[str, ...]
    statuses: tuple[str, ...]
    grade: str
    first: str
    last: str
    known: str


@dataclass(frozen=True)
class Voted(Term):
    """How an actor voted on a resolution: the same word or another."""

    actor: str
    resolution: str
    word: str
    known: str


@dataclass(frozen=True)
class Published(Term):
    """A row of a table of published facts with its range: figure, fact or trade."""

    table: str
    row: str
    known: str


@dataclass(frozen=True)
class Reduce(Term):
    """One value over the periods."""

    how: Literal["min", "max", "mean", "median", "sum", "ever", "always"]
    item: Term


@dataclass(frozen=True)
class FirstTime(Term):
    """The first period in which something holds."""

    item: Term
    periods: Periods


@dataclass(frozen=True)
class Compared(Term):
    """A number under one case against the same under another; relative: over its amount there."""

    item: Term
    base: Term
    relative: bool


@dataclass(frozen=True)
class Scaled(Term):
    """A number in another unit."""

    item: Term
    factor: float


@dataclass(frozen=True)
class Sum(Term):
    """left op right, + or -, * or /."""

    op: str
    left: Term
    right: Term


@dataclass(frozen=True)
class Test(Term):
    """left op right for numbers in `unit`, and for months."""

    op: str
    left: Term
    right: Term
    unit: Powers = ()


@dataclass(frozen=True)
class Among(Term):
    """Whether a set equals, differs from, or holds the labels."""

    op: Literal["==", "!=", "in"]
    labels: tuple[str, ...]
    item: Term


@dataclass(frozen=True)
class Count(Term):
    """Number of members of a set."""

    item: Term


@dataclass(frozen=True)
class Counted(Term):
    """Number of events."""

    item: Asked


@dataclass(frozen=True)
class Every(Term):
    """All ("and") or any ("or") of several truths; "not": none of the one."""

    op: Literal["and", "or", "not"]
    items: tuple[Term, ...]


class Type(NamedTuple):
    """What a term gives.

    kind     truth, number, month, set
    unit     of numbers; series: periods where there is one value for each
    bare     a literal without a unit; label: words for an error
    """

    kind: Literal["truth", "number", "month", "set"]
    unit: Powers = ()
    series: Periods | None = None
    bare: bool = False


class Typed(NamedTuple):
    """A term with its type."""

    term: Term
    type: Type


def inside(term: Term) -> tuple[Term, ...]:
    """The terms that a term is made of."""
    match term:
        case Share():
            return term.part, term.whole
        case Supplied():
            return tuple(read for row in term.reads for read in row)
        case Rank():
            return term.reads
        case Reduce() | FirstTime() | Scaled() | Among() | Count() | Counted():
            return (term.item,)
        case Compared():
            return term.item, term.base
        case Sum() | Test():
            return term.left, term.right
        case Every():
            return term.items
    return ()


def every(term: Term) -> list[Term]:
    """A term and all it is made of."""
    found, waiting = [], [term]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += inside(one)
    return found
