"""Linear expressions typed by people: ``opening + made - 2 * lost <= closing``. No eval.

    expression  := term (("+" | "-") term)*
    term        := factor (("*" | "/") factor)*
    factor      := number | name | "(" expression ")" | "-" factor
    name        := letters, digits, "_" and "."; then optionally "[month]" or "[month:month]"

A product needs a number on one side, a quotient a number below: everything stays linear.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from kautilya.errors import KautilyaError

TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)"
                   r"|(?P<name>[A-Za-z_][\w.]*(?:\[[\w:\-]*\])?)"
                   r"|(?P<sign><=|>=|==|[-+*/()=]))")
LONGEST = 2000
DEEPEST = 30


class Linear(NamedTuple):
    """``sum(coefs[name] * name) + constant``."""

    coefs: dict[str, float]
    constant: float = 0.0

    def plus(self, other: Linear, factor: float = 1.0) -> Linear:
        """``self + factor * other``."""
        coefs = dict(self.coefs)
        for name, value in other.coefs.items():
            coefs[name] = coefs.get(name, 0.0) + factor * value
        return Linear(coefs, self.constant + factor * other.constant)

    def times(self, factor: float) -> Linear:
        """``factor * self``."""
        return Linear({}, 0.0).plus(self, factor)


class Relation(NamedTuple):
    """``form`` compared with zero: sign is ``=``, ``<=`` or ``>=``."""

    form: Linear
    sign: str


class _Reader:
    """A recursive-descent reader over tokens; `place` heads every error."""

    def __init__(self, text: str, place: str) -> None:
        self.text, self.place, self.at, self.depth = text, place, 0, 0
        self.tokens = _tokens(text, place)

    def fail(self, found: str, remedy: str) -> KautilyaError:
        return KautilyaError(self.place, f"in '{self.text.strip()}' {found}", remedy)

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self.fail("the expression ends too early", "write a name or a number there")
        self.at += 1
        return self.tokens[self.at - 1]

    def expression(self) -> Linear:
        total = self.term()
        while self.peek() in ("+", "-"):
            sign = 1.0 if self.take()[1] == "+" else -1.0
            total = total.plus(self.term(), sign)
        return total

    def term(self) -> Linear:
        left = self.factor()
        while self.peek() in ("*", "/"):
            left = self.combine(left, self.take()[1], self.factor())
        return left

    def combine(self, left: Linear, sign: str, right: Linear) -> Linear:
        if sign == "/":
            if right.coefs:
                raise self.fail("a name stands below a fraction",
                                "multiply both sides by it, or give the share as its own row")
            if right.constant == 0.0:
                raise self.fail("something is divided by zero", "divide by a number above zero")
            return left.times(1.0 / right.constant)
        if left.coefs and right.coefs:
            raise self.fail("two names are multiplied",
                            "only sums and multiples by a number can be solved")
        return right.times(left.constant) if right.coefs else left.times(right.constant)

    def factor(self) -> Linear:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail("brackets are nested too deep", f"use at most {DEEPEST} levels")
        kind, text = self.take()
        if kind == "number":
            value = Linear({}, float(text))
            if not math.isfinite(value.constant):
                raise self.fail(f"the number {text} is too large", "write a finite number")
        elif kind == "name":
            value = Linear({text: 1.0})
        elif text == "-":
            value = self.factor().times(-1.0)
        elif text == "(":
            value = self.expression()
            if self.peek() != ")":
                raise self.fail("a bracket is not closed", "add ')'")
            self.take()
        else:
            raise self.fail(f"'{text}' stands where a name or a number should",
                            "write for example 'opening + made - lost'")
        self.depth -= 1
        return value


def _tokens(text: str, place: str) -> list[tuple[str, str]]:
    if len(text) > LONGEST:
        raise KautilyaError(place, f"an expression of {len(text)} characters",
                            f"write at most {LONGEST}")
    out, at = [], 0
    while at < len(text.rstrip()):
        match = TOKEN.match(text, at)
        if match is None:
            bad = text[at:].strip()[:1]
            raise KautilyaError(place, f"in '{text.strip()}' the sign '{bad}' has no meaning",
                                "use names, numbers, + - * / ( ) and one of = <= >=")
        out.append((str(match.lastgroup), match.group(match.lastgroup or 0)))
        at = match.end()
    return out


def linear(text: str, place: str = "expression") -> Linear:
    """Read a linear expression. Raises KautilyaError at `place` for anything else."""
    reader = _Reader(text, place)
    form = reader.expression()
    if reader.peek():
        raise reader.fail(f"'{reader.peek()}' is left over", "write one linear expression")
    return form


def relation(text: str, place: str = "identity") -> Relation:
    """Read ``left = right`` (or <=, >=) as ``left - right`` against zero."""
    reader = _Reader(text, place)
    left = reader.expression()
    sign = reader.peek()
    if sign not in ("=", "==", "<=", ">="):
        raise reader.fail("there is no equals sign" if not sign else f"'{sign}' is left over",
                          "write for example 'opening + made - lost = closing'")
    reader.take()
    form = left.plus(reader.expression(), -1.0)
    if reader.peek():
        raise reader.fail(f"'{reader.peek()}' is left over", "use exactly one of = <= >=")
    if not any(form.coefs.values()):
        raise reader.fail("nothing is left to solve for", "use at least one name")
    return Relation(form, "=" if sign == "==" else sign)
