"""The syntax tree of a claim, and the error that points at a column of it.

Every node knows where it stands: characters `at` up to `to` of the text, counted from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kautilya.errors import KautilyaError


class ClaimError(KautilyaError):
    """A mistake in the text of a claim: place, column, finding, remedy, and a line with a caret.

    text     the claim on one line; column, width: what is meant, columns from 1
    """

    def __init__(self, place: str, text: str, span: tuple[int, int], found: str, remedy: str
                 ) -> None:
        self.text, self.column = text, span[0] + 1
        self.width = max(span[1] - span[0], 1)
        super().__init__(f"{place}, column {self.column}", found, remedy)

    @property
    def pointed(self) -> str:
        """The part of the claim that is meant."""
        return self.text[self.column - 1:self.column - 1 + self.width]

    def __str__(self) -> str:
        """The message, then the claim with the place marked; long claims are cut around it."""
        begin = max(0, self.column - 1 - 60)
        shown = self.text[begin:begin + 120]
        before = "..." if begin else ""
        width = min(self.width, max(len(shown) - (self.column - 1 - begin), 1))
        mark = " " * (len(before) + self.column - 1 - begin) + "^" * width
        return f"{super().__str__()}\n  {before}{shown}\n  {mark}"

    def as_dict(self) -> dict[str, str]:
        """The parts, for ``--json``."""
        return {**super().as_dict(), "claim": self.text, "column": str(self.column)}


@dataclass(frozen=True)
class Node:
    """Anything of the tree; `at` and `to` do not count when two trees are compared."""

    at: int = field(compare=False)
    to: int = field(compare=False)

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands."""
        return self.at, self.to


@dataclass(frozen=True)
class Number(Node):
    """A literal with its unit as written; "" where none is."""

    value: float
    unit: str


@dataclass(frozen=True)
class Month(Node):
    """A month or a day: 2024-08, 2024-08-10."""

    text: str


@dataclass(frozen=True)
class Name(Node):
    """A bare word: an actor, a good, a lever, an event."""

    text: str


@dataclass(frozen=True)
class Labels(Node):
    """A list of words: [PRK, IRN]."""

    items: tuple[Name, ...]


@dataclass(frozen=True)
class Option(Node):
    """A named argument: above=0.01."""

    name: str
    value: Node


@dataclass(frozen=True)
class Call(Node):
    """A quantity or a reducer with its arguments; "first time" is one."""

    name: str
    args: tuple[Node, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Minus(Node):
    """The negative of a number."""

    item: Node


@dataclass(frozen=True)
class Arithmetic(Node):
    """left op right."""

    op: Literal["+", "-", "*", "/"]
    left: Node
    right: Node


@dataclass(frozen=True)
class Compare(Node):
    """left op right; "in" is one of the operators."""

    op: Literal["==", "!=", "<", "<=", ">", ">=", "in"]
    left: Node
    right: Node


@dataclass(frozen=True)
class Not(Node):
    """The contrary."""

    item: Node


@dataclass(frozen=True)
class Logic(Node):
    """Several conditions joined by the same word."""

    op: Literal["and", "or"]
    items: tuple[Node, ...]


@dataclass(frozen=True)
class When(Node):
    """A time: at or during `first`; from `first` to `last`; within `months` of event `event`."""

    how: Literal["at", "during", "span", "within"]
    first: str = ""
    last: str = ""
    months: float = 0.0
    event: str = ""


@dataclass(frozen=True)
class Under(Node):
    """Levers pulled together; none: the baseline."""

    levers: tuple[str, ...]


@dataclass(frozen=True)
class Against(Node):
    """Compared with a case: the difference, or that over the amount of the case."""

    levers: tuple[str, ...]
    relative: bool


@dataclass(frozen=True)
class Known(Node):
    """The record as it was known on a day."""

    day: str


@dataclass(frozen=True)
class Given(Node):
    """Something with its time, levers, comparison and day of knowledge; None: left open."""

    item: Node
    when: When | None = None
    under: Under | None = None
    against: Against | None = None
    known: Known | None = None


@dataclass(frozen=True)
class Proposition:
    """A claim as it was written.

    text   on one line; place: what errors call it; root: the condition
    """

    text: str
    place: str
    root: Node

    def error(self, node: Node, found: str, remedy: str) -> ClaimError:
        """A mistake at a node."""
        return ClaimError(self.place, self.text, node.span, found, remedy)


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in the order of the text."""
    match node:
        case Call():
            return (*node.args, *node.options)
        case Labels() | Logic():
            return node.items
        case Option():
            return (node.value,)
        case Arithmetic() | Compare():
            return node.left, node.right
        case Minus() | Not() | Given():
            return (node.item,)
    return ()
