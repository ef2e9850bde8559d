"""The parser of claims: text to syntax tree, or an error that points at the column.

The grammar is `grammar.lark`, beside this file. Nothing is ever evaluated here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import lark
from lark import Lark, Token, v_args
from lark.visitors import Transformer_NonRecursive

from kautilya.claims import syntax
from kautilya.claims.syntax import ClaimError, Given, Name, Node, Proposition
from kautilya.claims.wording import expected, remedy

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


def _where(meta: Any) -> tuple[int, int]:
    return meta.start_pos, meta.end_pos


def _number(token: Token) -> syntax.Number:
    found = cast(re.Match[str], NUMBER.fullmatch(str(token)))
    value = float(found[1])
    if value == float("inf"):
        raise _Wrong(_of(token), f"{found[1]} is too large", "Give a number below 1e308")
    return syntax.Number(*_of(token), value, re.sub(r"\s+", "", found[2]))


def _day(token: Token, only: str = "") -> str:
    """A month or day of the calendar; a year where `only` allows it."""
    from datetime import date

    text = str(token)
    parts = text.split("-")
    try:
        if len(parts) == 1 and (not only or not re.fullmatch(r"\d{4}", text)):
            raise ValueError
        date(int(parts[0]), *(int(p) for p in [*parts[1:], "1", "1"][:2]))
        if any(len(part) != 2 for part in parts[1:]):
            raise ValueError
    except ValueError:
        raise _Wrong(_of(token), f"{text!r} is no date", "Write a year as 2024, a month as 2024-08,"
                     " a day as 2024-08-10; for a subtraction put blanks around the minus"
                     ) from None
    return text


@v_args(meta=True)
class _Build(Transformer_NonRecursive):
    """From the parser's pieces to nodes."""

    def start(self, _: Any, parts: list[Node]) -> Node:
        return parts[0]

    def either(self, meta: Any, parts: list[Node]) -> Node:
        return syntax.Logic(*_where(meta), "or", tuple(parts))

    def both(self, meta: Any, parts: list[Node]) -> Node:
        return syntax.Logic(*_where(meta), "and", tuple(parts))

    def negated(self, meta: Any, parts: list[Node]) -> Node:
        return syntax.Not(*_where(meta), parts[0])

    def compared(self, meta: Any, parts: list[Any]) -> Node:
        return syntax.Compare(*_where(meta), parts[1].value, parts[0], parts[2])

    def member(self, meta: Any, parts: list[Node]) -> Node:
        return syntax.Compare(*_where(meta), "in", *parts)

    def arithmetic(self, meta: Any, parts: list[Any]) -> Node:
        return syntax.Arithmetic(*_where(meta), parts[1].value, parts[0], parts[2])

    def minus(self, meta: Any, parts: list[Any]) -> Node:
        return syntax.Minus(*_where(meta), parts[1])

    def number(self, _: Any, parts: list[Token]) -> Node:
        return _number(parts[0])

    def month(self, _: Any, parts: list[Token]) -> Node:
        return syntax.Month(*_of(parts[0]), _day(parts[0]))

    def name(self, _: Any, parts: list[Token]) -> Node:
        return Name(*_of(parts[0]), str(parts[0]))

    def labels(self, meta: Any, parts: list[Token | None]) -> Node:
        return syntax.Labels(*_where(meta), tuple(Name(*_of(p), str(p)) for p in parts if p))

    def call(self, meta: Any, parts: list[Any]) -> Node:
        return self._called(meta, str(parts[0]), parts[1:])

    def first_time(self, meta: Any, parts: list[Any]) -> Node:
        return self._called(meta, "first time", parts)

    def _called(self, meta: Any, name: str, parts: list[Any]) -> Node:
        given = [p for p in parts if p is not None]
        plain = tuple(p for p in given if not isinstance(p, syntax.Option))
        named = tuple(p for p in given if isinstance(p, syntax.Option))
        if len({one.name for one in named}) < len(named):
            raise _Wrong(named[-1].span, f"{named[-1].name!r} is given twice", "Give it once")
        return syntax.Call(*_where(meta), name, plain, named)

    def argument(self, _: Any, parts: list[Node]) -> Node:
        return parts[0]

    def option(self, meta: Any, parts: list[Any]) -> Node:
        return syntax.Option(*_where(meta), str(parts[0]), parts[1])

    def when(self, _: Any, parts: list[Token]) -> Token:
        _day(parts[0], "year too")
        return parts[0]

    def at(self, meta: Any, parts: list[Token]) -> Node:
        return syntax.When(*_where(meta), "at", str(parts[0]))

    def during(self, meta: Any, parts: list[Token]) -> Node:
        return syntax.When(*_where(meta), "during", str(parts[0]))

    def span(self, meta: Any, parts: list[Token]) -> Node:
        return syntax.When(*_where(meta), "span", str(parts[0]), str(parts[1]))

    def within(self, meta: Any, parts: list[Token]) -> Node:
        count = _number(parts[0])
        if count.unit or count.value != int(count.value) or count.value < 1:
            raise _Wrong(count.span, f"{parts[0]!s} months", "Give a whole number of months, such "
                         "as: within 12 months of F038")
        return syntax.When(*_where(meta), "within", months=count.value, event=str(parts[1]))

    def under(self, meta: Any, parts: list[Token]) -> Node:
        return syntax.Under(*_where(meta), _levers(parts))

    def against(self, meta: Any, parts: list[Token]) -> Node:
        return syntax.Against(*_where(meta), _levers(parts), False)

    def relative(self, meta: Any, parts: list[Token]) -> Node:
        return syntax.Against(*_where(meta), _levers(parts), True)

    def known(self, meta: Any, parts: list[Token]) -> Node:
        return syntax.Known(*_where(meta), _day(parts[0]))

    def given(self, meta: Any, parts: list[Any]) -> Node:
        item, more = parts
        slot = PARTS[type(more).__name__]
        held = item if isinstance(item, Given) else Given(*_where(meta), item)
        if getattr(held, slot) is not None:
            raise _Wrong(more.span, f"a second {TWICE[slot]}", "Give it once, or put what it "
                         "belongs to into a condition of its own")
        return replace(held, at=meta.start_pos, to=meta.end_pos, **{slot: more})


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
    return Lark(GRAMMAR.read_text(encoding="utf-8"), parser="lalr", propagate_positions=True,
                maybe_placeholders=False)


def parse(text: str, place: str = "claim") -> Proposition:
    """The syntax tree of a claim.

    place   what an error calls the claim: its id, or file and line
    Raises ClaimError with column, caret line and remedy.
    """
    flat = re.sub(r"[\r\n\t\f]", " ", text)
    if not flat.strip():
        raise ClaimError(place, flat, (0, 1), "the claim is empty", "Write a condition, such as "
                         "share(PRK, RUS, tube_round) > 50 % during 2024")
    if len(flat) > LONGEST:
        raise ClaimError(place, flat, (LONGEST, LONGEST + 1), f"the claim has {len(flat):,} "
                         "characters", f"The limit is {LONGEST:,}; split it into several claims")
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
        raise ClaimError(place, flat, deep.span, f"the claim nests more than {DEEPEST} deep",
                         "Split it into several claims")
    return Proposition(flat, place, root)


def _pointed(place: str, text: str, error: Any) -> ClaimError:
    """What stood where something else should stand."""
    if isinstance(error, lark.exceptions.UnexpectedCharacters):
        at = error.pos_in_stream or 0
        word = text[at]
        return ClaimError(place, text, (at, at + 1), f"{word!r} is no part of the language",
                          remedy(word, text, at, expected(error.allowed or set())))
    token = error.token
    if token.type == "$END":
        end = len(text.rstrip())
        return ClaimError(place, text, (end, end + 1), "the claim ends too early",
                          remedy("", text, end, expected(error.accepts or error.expected)))
    at, to = _of(token)
    return ClaimError(place, text, (at, to), f"{text[at:to]!r} cannot stand here",
                      remedy(str(token), text, at, expected(error.accepts or error.expected)))


def _too_deep(root: Node) -> Node | None:
    """The first node that lies too deep; found without recursion."""
    level, nodes = 0, [root]
    while nodes:
        if level > DEEPEST:
            return nodes[0]
        nodes = [inner for node in nodes for inner in syntax.children(node)]
        level += 1
    return None
