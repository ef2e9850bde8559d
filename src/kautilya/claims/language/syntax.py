"""From the text of a claim to its syntax tree, or to an error that points at a column.

The tree first, then what is said of slips, then the parser. The grammar is `grammar.lark`, beside
this file. Every node knows where it stands: characters `at` up to `to` of the text, counted from 0.
Nothing is ever evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import lark
from lark import Lark, Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from kautilya.errors import KautilyaError
from kautilya.scenario.calendar import first_day
from kautilya.scenario.cells import LARGEST, LEAST


class ClaimError(KautilyaError):
    """A mistake in the text of a claim: place, column, finding, remedy, and a line with a caret.

    text     the claim on one line; column, width: what is meant, columns from 1
    """

    def __init__(
        self, place: str, text: str, span: tuple[int, int], found: str, remedy: str
    ) -> None:
        self.text, self.column = text, span[0] + 1
        self.width = max(span[1] - span[0], 1)
        super().__init__(f"{place}, column {self.column}", found, remedy)

    @property
    def pointed(self) -> str:
        """The part of the claim that is meant."""
        return self.text[self.column - 1 : self.column - 1 + self.width]

    def __str__(self) -> str:
        """The message, then the claim with the place marked; long claims are cut around it."""
        begin = max(0, self.column - 1 - 60)
        shown = self.text[begin : begin + 120]
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

    def option(self, name: str) -> Node | None:
        """The value of a named argument; None where it is not given."""
        return next((one.value for one in self.options if one.name == name), None)


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


WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "DATE": "a date",
    "COMPARE": "a comparison",
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "COMMA": "','",
    "EQUAL": "'='",
    "PLUS": "'+'",
    "MINUS": "'-'",
    "TIMES": "'*'",
    "OVER": "'/'",
    "$END": "the end",
}
TIMES = {"AT", "DURING", "FROM", "WITHIN"}
QUIET = {"PLUS", "MINUS", "TIMES", "OVER", "RELATIVE", "COMPARED", "UNDER", "AS", "EQUAL"}
HINTS = {
    "=": "Write == to compare; a single = only names an argument, such as above=0.01",
    "&": "Write: and",
    "|": "Write: or",
    "!": "Write not, or != to compare",
    "^": "There are no powers; multiply",
    "%": "Write a share as 20 % after a number",
    '"': "Write names without quotes",
    "'": "Write names without quotes",
    ".": "Write a number as 0.5, a name without a point",
    "{": "Write a list as [PRK, IRN]",
    "_": "A name begins with a letter, a number has no '_'",
    "$": "Write money as 300 USD_m or 0.3 USD_bn",
}
SIGNS = {
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "∧": "and",
    "∨": "or",
    "¬": "not",
    "∈": "in",
}


WHEN = dict.fromkeys(
    ("by", "until", "till", "before", "after", "since", "between"),
    "a time as at 2024-12, during 2024, or from 2023-03 to 2024-08",
)
IN_TIME = re.compile(r"\bin\s+(\d{4}(?:-\d\d)?)\s*$", re.ASCII)


def expected(kinds: Iterable[str]) -> str:
    """Kinds of tokens as words: "a name, a number or '('"; the rare ones are left out."""
    names = set(kinds)
    if {"AND", "OR"} <= names:
        said = ["a time (at, during, from, within)"] if names & TIMES else []
        said += ["a comparison"] if "COMPARE" in names else []
        said += ["and, or"]
        said += [WORDS[k] for k in ("COMMA", "RPAR", "RSQB", "$END") if k in names]
    else:
        kept = sorted(names - QUIET) or sorted(names)
        said = [WORDS.get(k, k.lower()) for k in kept if not k.startswith("__")]
    if not said:
        return ""
    return f"{', '.join(said[:-1])} or {said[-1]}" if len(said) > 1 else said[0]


def remedy(word: str, text: str, at: int, wanted: str) -> str:
    """What would be right: a hint for a known slip, else what was expected."""
    if word in SIGNS:
        return f"Write {SIGNS[word]}"
    if word == "=" and text[at + 1 : at + 2] in ("<", ">"):
        return f"Write {text[at + 1]}="
    if word in ("<", ">", "==", "!=", "<=", ">="):
        time = IN_TIME.search(text[:at])
        if time:
            return f"Write during {time[1]}, or at {time[1]}; 'in' asks whether a state supplies"
        return "One condition has one comparison; join two with and: x > 1 and x < 2"
    if word in WHEN:
        return f"Write {WHEN[word]}"
    if word[:1] in HINTS:
        return HINTS[word[:1]]
    if word == "," and text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit():
        return "Write a number without thousands separators"
    return f"Here may stand {wanted}" if wanted else "See the page on the claim language"


GRAMMAR = Path(__file__).with_name("grammar.lark")
LONGEST = 2000  # characters
DEEPEST = 60  # a tree deeper than this is refused, so that nothing recurses without bound
NUMBER = re.compile(r"([\d.]+(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)
PARTS = {"When": "when", "Under": "under", "Against": "against", "Known": "known"}


class _Wrong(Exception):
    """A mistake found while the tree is built."""

    def __init__(self, span: tuple[int, int], found: str, remedy: str) -> None:
        super().__init__(found)
        self.span, self.found, self.remedy = span, found, remedy


def _of(token: Token) -> tuple[int, int]:
    return token.start_pos or 0, token.end_pos or 0


def _where(meta: Meta) -> tuple[int, int]:
    return meta.start_pos, meta.end_pos


def _number(token: Token) -> Number:
    found = cast(re.Match[str], NUMBER.fullmatch(str(token)))
    value = float(found[1])
    small = value < LEAST and re.search("[1-9]", re.split("[eE]", found[1])[0])
    if small or value > LARGEST:
        what = f"{found[1][:40]} is too {'small' if small else 'large'}"
        raise _Wrong(_of(token), what, f"Give 0, or a number from {LEAST:g} to {LARGEST:g}")
    return Number(*_of(token), value, re.sub(r"\s+", "", found[2]))


def _day(token: Token, years: bool = False) -> str:
    """A month or day of the calendar; a year too where `years` allows it."""
    text = str(token)
    try:
        first_day(text)
        if "-" not in text and not years:
            raise ValueError
    except ValueError:
        raise _Wrong(
            _of(token),
            f"{text!r} is no date",
            "Write a year as 2024, a month as 2024-08,"
            " a day as 2024-08-10; for a subtraction put blanks around the minus",
        ) from None
    return text


@v_args(meta=True)
class _Build(Transformer_NonRecursive):
    """From the parser's pieces to nodes."""

    def start(self, _: Meta, parts: list[Node]) -> Node:
        return parts[0]

    def either(self, meta: Meta, parts: list[Node]) -> Node:
        return Logic(*_where(meta), "or", tuple(parts))

    def both(self, meta: Meta, parts: list[Node]) -> Node:
        return Logic(*_where(meta), "and", tuple(parts))

    def negated(self, meta: Meta, parts: list[Node]) -> Node:
        return Not(*_where(meta), parts[0])

    def compared(self, meta: Meta, parts: tuple[Node, Token, Node]) -> Node:
        return Compare(*_where(meta), parts[1].value, parts[0], parts[2])

    def member(self, meta: Meta, parts: list[Node]) -> Node:
        return Compare(*_where(meta), "in", *parts)

    def arithmetic(self, meta: Meta, parts: tuple[Node, Token, Node]) -> Node:
        return Arithmetic(*_where(meta), parts[1].value, parts[0], parts[2])

    def minus(self, meta: Meta, parts: tuple[Token, Node]) -> Node:
        return Minus(*_where(meta), parts[1])

    def number(self, _: Meta, parts: list[Token]) -> Node:
        return _number(parts[0])

    def month(self, _: Meta, parts: list[Token]) -> Node:
        return Month(*_of(parts[0]), _day(parts[0]))

    def name(self, _: Meta, parts: list[Token]) -> Node:
        return Name(*_of(parts[0]), str(parts[0]))

    def labels(self, meta: Meta, parts: list[Token | None]) -> Node:
        return Labels(*_where(meta), tuple(Name(*_of(p), str(p)) for p in parts if p))

    def call(self, meta: Meta, parts: list[Token | Node | None]) -> Node:
        return self._called(meta, str(parts[0]), parts[1:])

    def first_time(self, meta: Meta, parts: Sequence[Node]) -> Node:
        return self._called(meta, "first time", parts)

    def _called(self, meta: Meta, name: str, parts: Sequence[Token | Node | None]) -> Node:
        given = [p for p in parts if isinstance(p, Node)]
        plain = tuple(p for p in given if not isinstance(p, Option))
        named = tuple(p for p in given if isinstance(p, Option))
        if len({one.name for one in named}) < len(named):
            raise _Wrong(named[-1].span, f"{named[-1].name!r} is given twice", "Give it once")
        return Call(*_where(meta), name, plain, named)

    def argument(self, _: Meta, parts: list[Node]) -> Node:
        return parts[0]

    def option(self, meta: Meta, parts: tuple[Token, Node]) -> Node:
        return Option(*_where(meta), str(parts[0]), parts[1])

    def when(self, _: Meta, parts: list[Token]) -> Token:
        _day(parts[0], years=True)
        return parts[0]

    def at(self, meta: Meta, parts: list[Token]) -> Node:
        return When(*_where(meta), "at", str(parts[0]))

    def during(self, meta: Meta, parts: list[Token]) -> Node:
        return When(*_where(meta), "during", str(parts[0]))

    def span(self, meta: Meta, parts: list[Token]) -> Node:
        return When(*_where(meta), "span", str(parts[0]), str(parts[1]))

    def within(self, meta: Meta, parts: list[Token]) -> Node:
        count = _number(parts[0])
        if count.unit or count.value != int(count.value) or count.value < 1:
            raise _Wrong(
                count.span,
                f"{parts[0]!s} months",
                "Give a whole number of months, such as: within 12 months of F038",
            )
        return When(*_where(meta), "within", months=count.value, event=str(parts[1]))

    def under(self, meta: Meta, parts: list[Token]) -> Node:
        return Under(*_where(meta), _levers(parts))

    def against(self, meta: Meta, parts: list[Token]) -> Node:
        return Against(*_where(meta), _levers(parts), False)

    def relative(self, meta: Meta, parts: list[Token]) -> Node:
        return Against(*_where(meta), _levers(parts), True)

    def known(self, meta: Meta, parts: list[Token]) -> Node:
        return Known(*_where(meta), _day(parts[0]))

    def given(self, meta: Meta, parts: tuple[Node, When | Under | Against | Known]) -> Node:
        item, more = parts
        slot = PARTS[type(more).__name__]
        held = item if isinstance(item, Given) else Given(*_where(meta), item)
        if getattr(held, slot) is not None:
            raise _Wrong(
                more.span,
                f"a second {TWICE[slot]}",
                "Give it once, or put what it belongs to into a condition of its own",
            )
        return replace(
            held, at=meta.start_pos, to=meta.end_pos, **cast(dict[str, Any], {slot: more})
        )


TWICE = {"when": "time", "under": "'under'", "against": "comparison", "known": "'as of'"}


def _levers(parts: list[Token]) -> tuple[str, ...]:
    names = tuple(str(p) for p in parts)
    if "baseline" in names:
        if len(names) > 1:
            raise _Wrong(_of(parts[0]), "the baseline together with a lever", "Name levers only")
        return ()
    return names


@cache
def _parser() -> Lark:
    return Lark(
        GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        propagate_positions=True,
        maybe_placeholders=False,
    )


def parse(text: str, place: str = "claim") -> Proposition:
    """The syntax tree of a claim.

    place   what an error calls the claim: its id, or file and line
    Raises ClaimError with column, caret line and remedy.
    """
    flat = re.sub(r"[\r\n\t\f]", " ", text)
    if not flat.strip():
        raise ClaimError(
            place,
            flat,
            (0, 1),
            "the claim is empty",
            "Write a condition, such as share(PRK, RUS, tube_round) > 50 % during 2024",
        )
    if len(flat) > LONGEST:
        raise ClaimError(
            place,
            flat,
            (LONGEST, LONGEST + 1),
            f"the claim has {len(flat):,} characters",
            f"The limit is {LONGEST:,}; split it into several claims",
        )
    try:
        root = cast(Node, _Build().transform(_parser().parse(flat)))
    except _Wrong as error:
        raise ClaimError(place, flat, error.span, error.found, error.remedy) from None
    except lark.exceptions.VisitError as error:
        wrong = error.orig_exc
        if not isinstance(wrong, _Wrong):
            raise
        raise ClaimError(place, flat, wrong.span, wrong.found, wrong.remedy) from None
    except lark.exceptions.UnexpectedInput as error:
        raise _pointed(place, flat, error) from None
    deep = _too_deep(root)
    if deep:
        raise ClaimError(
            place,
            flat,
            deep.span,
            f"the claim nests more than {DEEPEST} deep",
            "Split it into several claims",
        )
    return Proposition(flat, place, root)


def _pointed(place: str, text: str, error: Any) -> ClaimError:
    """What stood where something else should stand."""
    if isinstance(error, lark.exceptions.UnexpectedCharacters):
        at = error.pos_in_stream or 0
        word = text[at]
        return ClaimError(
            place,
            text,
            (at, at + 1),
            f"{word!r} is no part of the language",
            remedy(word, text, at, expected(error.allowed or set())),
        )
    token = error.token
    if token.type == "$END":
        end = len(text.rstrip())
        return ClaimError(
            place,
            text,
            (end, end + 1),
            "the claim ends too early",
            remedy("", text, end, expected(error.accepts or error.expected)),
        )
    at, to = _of(token)
    return ClaimError(
        place,
        text,
        (at, to),
        f"{text[at:to]!r} cannot stand here",
        remedy(str(token), text, at, expected(error.accepts or error.expected)),
    )


def _too_deep(root: Node) -> Node | None:
    """The first node that lies too deep; found without recursion."""
    level, nodes = 0, [root]
    while nodes:
        if level > DEEPEST:
            return nodes[0]
        nodes = [inner for node in nodes for inner in children(node)]
        level += 1
    return None
