"""What a checked part of a claim is: what to read and what to do with it, with types and units;
and the scope of a check, in which names and times are read.

Shapes while evaluating: F futures, T periods (months or years), S suppliers. A number is [F], or
[F, T] inside a reducer; a truth likewise; a set is [F, S] with its labels; a month is [F], counted
from year 0, infinite for never. Units are products of names with powers; conversion is asked at
the scenario's door.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, NamedTuple

from kautilya.claims.language import syntax
from kautilya.claims.language.syntax import Given, Known, Node, Proposition, Under, When
from kautilya.claims.record import ANY, Outcome, Vocabulary
from kautilya.scenario import units as door
from kautilya.scenario.calendar import first_day, last_day, month_number, month_of, month_text
from kautilya.scenario.mistakes import near


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


PART = re.compile(r"([*/]?)([A-Za-z]\w*|1)(?:\^(\d))?", re.ASCII)
NONE = ("", "1", "fraction")
Powers = tuple[tuple[str, int], ...]


def powers(unit: str) -> Powers:
    """Names with their powers, in order; pure numbers have none. UnitMistake where unreadable."""
    text = door.tidy(unit)
    if text in NONE:
        return ()
    door.words(text)
    found: dict[str, int] = {}
    for sign, name, power in PART.findall(text):
        if name not in NONE:
            found[name] = found.get(name, 0) + (-1 if sign == "/" else 1) * int(power or 1)
    return tuple(sorted((n, p) for n, p in found.items() if p))


def text(unit: Powers) -> str:
    """The unit as it is written: tank/month; "1" for a pure number."""
    above = [n + (f"^{p}" if p > 1 else "") for n, p in unit if p > 0]
    below = [n + (f"^{-p}" if p < -1 else "") for n, p in unit if p < 0]
    return "/".join(["*".join(above) or "1", *below])


def times(a: Powers, b: Powers, sign: int = 1) -> Powers:
    """The unit of a product, or of a quotient for sign -1."""
    found = dict(a)
    for name, power in b:
        found[name] = found.get(name, 0) + sign * power
    return tuple(sorted((n, p) for n, p in found.items() if p))


def factor(given: Powers, wanted: Powers, goods: Iterable[str]) -> float:
    """What a value in `given` is multiplied with to stand in `wanted`; UnitMistake if it cannot."""
    if given == wanted:
        return 1.0
    return door.factor(text(given), text(wanted), goods)


@dataclass(frozen=True)
class Scope:
    """What holds for a part of a claim.

    check   checks a part (given here, so that the modules below need not import the one above)
    when, under, known   what is left open by the part is taken from here
    series  True inside a reducer: quantities are read period by period
    """

    proposition: Proposition
    words: Vocabulary
    check: Callable[[Node, Scope], Typed]
    when: When | None = None
    under: Under | None = None
    known: Known | None = None
    series: bool = False

    def error(self, node: Node, found: str, remedy: str) -> Exception:
        """A mistake at a node."""
        return self.proposition.error(node, found, remedy)

    def along(self, node: Node) -> Scope:
        """The scope inside a node: what stands at its right end holds for all of it."""
        edge: Any = node
        while isinstance(
            edge, syntax.Arithmetic | syntax.Compare | syntax.Logic | syntax.Minus | syntax.Not
        ):
            edge = syntax.children(edge)[-1]
        return self.with_time(edge) if isinstance(edge, Given) else self

    def with_time(self, node: Given) -> Scope:
        """With what a node gives; the rest as it is."""
        under = self.under if self.under is not None and node.under is None else node.under
        return replace(
            self, when=node.when or self.when, under=under, known=node.known or self.known
        )

    def in_case(self, levers: tuple[str, ...]) -> Scope:
        """Under other levers."""
        return replace(self, under=Under(0, 0, levers))

    def within(self) -> Scope:
        """Inside a reducer."""
        return replace(self, series=True)

    def case(self, node: Given | None = None) -> str:
        """The case that holds: levers joined by "+"; "" for the baseline."""
        under = self.under if node is None or node.under is None else node.under
        return self.named(under, under.levers) if under else ""

    def named(self, node: Node, levers: tuple[str, ...]) -> str:
        """Levers joined by "+"; an error for one that the scenario has not."""
        for lever in levers:
            if lever not in self.words.levers:
                raise self.error(node, f"unknown lever {lever!r}", near(lever, self.words.levers))
        if len(set(levers)) < len(levers):
            raise self.error(node, "a lever is pulled twice", "Name it once")
        return "+".join(levers)

    def same(self, node: Node, a: Periods | None, b: Periods | None) -> Periods | None:
        """The periods of two parts of one series; an error where they differ."""
        if a and b and a != b:
            said = [f"{p.labels[0]} to {p.labels[-1]} by {p.axis}" for p in (a, b)]
            raise self.error(
                node,
                f"two parts of one series have other periods: {said[0]}, and {said[1]}",
                "Inside a reducer all quantities have the same time",
            )
        return a or b


def word(node: Node, scope: Scope, what: str) -> str:
    """A bare word; an error for anything else."""
    if not isinstance(node, syntax.Name):
        said = re.sub(r"\s*-\s*", "_", scope.proposition.text[node.at : node.to])
        raise scope.error(
            node,
            f"{what} is expected here",
            f"Write {said}"
            if re.fullmatch(r"[A-Za-z]\w*", said)
            else "Write one word, such as PRK",
        )
    return node.text


def actor(node: Node, scope: Scope) -> str:
    """A code of an actor."""
    found = word(node, scope, "an actor")
    if found not in scope.words.actors:
        raise scope.error(node, f"unknown actor {found!r}", near(found, scope.words.actors))
    return found


def goods(node: Node, scope: Scope) -> tuple[str, ...]:
    """Goods: one, the members of a set of goods, or any."""
    found = word(node, scope, "a good or a set of goods")
    words = scope.words
    if found in words.units:
        return (found,)
    if found == ANY:
        return tuple(words.units)
    if found in words.sets and words.sets[found][0] == "good":
        return words.sets[found][1]
    if found in words.aliases:
        return (words.aliases[found],)
    known = [*words.units, *(n for n, (axis, _) in words.sets.items() if axis == "good")]
    raise scope.error(
        node,
        f"unknown good or set of goods {found!r}",
        near(found, known, f"Goods are {', '.join(words.units)}"),
    )


def labels(node: Node, members: tuple[str, ...], dim: str, scope: Scope) -> tuple[str, ...]:
    """Labels along a dim: one, those of a set that are among them, or any."""
    found = word(node, scope, f"a label of {dim}")
    if found in members:
        return (found,)
    if found == ANY:
        return members
    held = scope.words.sets.get(found, ("", ()))[1]
    inside = tuple(m for m in members if m in held)
    if not inside:
        raise scope.error(
            node,
            f"{found!r} is none of {dim}",
            near(found, members, f"Known are {', '.join(members[:12])}"),
        )
    return inside


def check_options(node: syntax.Call, scope: Scope, known: tuple[str, ...]) -> None:
    """An error for a named argument that is not known."""
    for one in node.options:
        if one.name not in known:
            raise scope.error(
                one,
                f"{node.name} has no {one.name!r}",
                near(one.name, known, "It takes no named arguments"),
            )


class Place(NamedTuple):
    """Where an error points, and in which claim."""

    proposition: Proposition
    node: Node

    def error(self, found: str, remedy: str) -> Exception:
        """The error to raise."""
        return self.proposition.error(self.node, found, remedy)


def _months(when: When, words: Vocabulary, place: Place) -> tuple[str, str]:
    """First and last month of a time, not yet inside the run."""
    if when.how == "within":
        entry = next((one for one in words.record.events if one.id == when.event), None)
        if entry is None:
            raise place.error(
                f"unknown event {when.event!r}",
                near(when.event, [one.id for one in words.record.events]),
            )
        first = month_of(first_day(entry.date))
        return first, month_text(month_number(first) + int(when.months))
    days = len(words.months[0]) == len("YYYY-MM-DD")
    name = date.isoformat if days else month_of
    low, high = name(first_day(when.first)), name(last_day(when.last or when.first))
    return (high, high) if when.how == "at" else (low, high)


def span(when: When, words: Vocabulary, place: Place) -> tuple[str, str]:
    """First and last month, inside the run. A year in which the run begins counts from there."""
    low, high = _months(when, words, place)
    begin, end = words.months[0], words.months[-1]
    if low > high:
        raise place.error(
            f"a time that ends before it begins, {low} to {high}", "Put the earlier month first"
        )
    whole = len(when.first) == 4
    if (
        high < begin
        or low > end
        or high > end
        or (low < begin and not (whole and low[:4] == begin[:4]))
    ):
        raise place.error(
            f"the run goes from {begin} to {end}, the claim from {low} to {high}",
            "Name a time inside of the run",
        )
    return max(low, begin), high


def periods(when: When, outcome: Outcome, words: Vocabulary, place: Place) -> Periods:
    """The labels along the time axis of an outcome that a time covers."""
    low, high = span(when, words, place)
    if outcome.axis == "month":
        return Periods("month", tuple(m for m in words.months if low <= m <= high))
    starts = low[5:] == "01" or low == words.months[0]
    if when.how == "at":
        starts = outcome.nature == "level"
    if not starts or (high[5:] != "12" and high != words.months[-1]):
        say = f"at {high[:4]}, its end" if outcome.nature == "level" else f"during {high[:4]}"
        raise place.error(f"{outcome.id} is kept by year", f"Name whole years: {say}")
    return Periods("year", tuple(y for y in words.years if low[:4] <= y <= high[:4]))


def reduction(when: When, found: Periods, outcome: Outcome, place: Place) -> str:
    """How a quantity outside of a reducer is read: sum or mean over its periods."""
    if outcome.nature == "level":
        if when.how != "at":
            raise place.error(
                f"{outcome.id} is a level: it has a value at a time, not during one",
                f"Write at {found.labels[-1]}, or a reducer: min, max, mean, median, "
                "ever, always, first time",
            )
        return "mean"
    if when.how == "at" and len(when.first) == 4:
        raise place.error(
            f"{outcome.id} is taken over a time, not at the end of one",
            f"Write during {when.first}",
        )
    return "sum" if outcome.nature == "amount" else "mean"
