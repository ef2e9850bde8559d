"""Linear expressions typed by people: ``opening + made - 2 * lost <= closing``. No eval.

    expression  := term (("+" | "-") term)*
    term        := factor (("*" | "/") factor)*
    factor      := number | name | "(" expression ")" | "-" factor
    name        := letters of any alphabet, digits, "_" and "."; then optionally "[month]"
                   or "[month:month]"

A product needs a number on one side, a quotient a number below: everything stays linear.

A system of accounts is such expressions as numbers: boxed variables and intervals on forms.

    low_i <= sum_j matrix[i, j] x_j <= high_i        box_low_j <= x_j <= box_high_j

Every row has an owner (the figure, relation or account it comes from) and a kind:
``identity`` (holds by definition), ``assumed`` (a declared range), ``published`` (someone said it).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kautilya.errors import KautilyaError

TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)"
    r"|(?P<name>[^\W\d][\w.]*(?:\[[\w:\-]*\])?)"
    r"|(?P<sign><=|>=|==|[-+*/()=]))"
)
LONGEST = 20_000
DEEPEST = 30
LEAST, LARGEST = 1e-30, 1e30  # beyond these a number is a slip, and sums lose their parts
CANCELLED = 1e-14  # what is left of two terms that cancel, as a share of them
ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN")  # alphabets whose letters look alike


class Linear(NamedTuple):
    """``sum(coefs[name] * name) + constant``."""

    coefs: dict[str, float]
    constant: float = 0.0

    def plus(self, other: Linear, factor: float = 1.0) -> Linear:
        """``self + factor * other``."""
        coefs = dict(self.coefs)
        for name, value in other.coefs.items():
            old, more = coefs.get(name, 0.0), factor * value
            if abs(old + more) <= CANCELLED * max(abs(old), abs(more)):
                coefs.pop(name, None)  # x + y - y says nothing about y
            else:
                coefs[name] = old + more
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
        # one spelling of a letter with its accents: names are compared by their letters
        self.text, self.place = unicodedata.normalize("NFC", text), place
        self.at = self.depth = 0
        self.tokens = _tokens(self.text, place)

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
        return self.sound(self.scaled(left, sign, right))

    def sound(self, form: Linear) -> Linear:
        """The form, where all its numbers are finite and of a size that can be computed with."""
        for value in (*form.coefs.values(), form.constant):
            if value and not LEAST <= abs(value) <= LARGEST:
                raise self.fail(
                    f"a number comes to {value:.3g}",
                    f"use numbers from {LEAST:g} to {LARGEST:g}; another unit helps",
                )
        return form

    def scaled(self, left: Linear, sign: str, right: Linear) -> Linear:
        if sign == "/":
            if right.coefs:
                raise self.fail(
                    "a name stands below a fraction",
                    "multiply both sides by it, or give the share as its own row",
                )
            if right.constant == 0.0:
                raise self.fail("something is divided by zero", "divide by a number above zero")
            return left.times(1.0 / right.constant)
        if left.coefs and right.coefs:
            raise self.fail(
                "two names are multiplied", "only sums and multiples by a number can be solved"
            )
        return right.times(left.constant) if right.coefs else left.times(right.constant)

    def factor(self) -> Linear:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail("brackets are nested too deep", f"use at most {DEEPEST} levels")
        kind, text = self.take()
        if kind == "number":
            value = Linear({}, float(text))
            vanished = value.constant == 0.0 and re.search("[1-9]", re.split("[eE]", text)[0])
            if vanished or not math.isfinite(value.constant):
                raise self.fail(
                    f"the number {text[:40]} is beyond what can be computed with",
                    f"use numbers from {LEAST:g} to {LARGEST:g}",
                )
            self.sound(value)
        elif kind == "name":
            value = Linear({self.name(text): 1.0})
        elif text == "-":
            value = self.factor().times(-1.0)
        elif text == "(":
            value = self.expression()
            if self.peek() != ")":
                raise self.fail("a bracket is not closed", "add ')'")
            self.take()
        else:
            raise self.fail(
                f"'{text}' stands where a name or a number should",
                "write for example 'opening + made - lost'",
            )
        self.depth -= 1
        return value

    def name(self, text: str) -> str:
        """A name; letters of two alphabets that look alike are refused in one word."""
        for part in re.split(r"[\W\d_]+", text):
            seen = {unicodedata.name(letter, "").split(" ")[0]: letter for letter in part}
            mixed = [f"{word.title()} '{seen[word]}'" for word in ALIKE if word in seen]
            if len(mixed) > 1:
                raise self.fail(
                    f"the name '{text}' mixes letters that look alike ({' and '.join(mixed)})",
                    "write each word in one alphabet",
                )
        return text


def _tokens(text: str, place: str) -> list[tuple[str, str]]:
    if len(text) > LONGEST:
        raise KautilyaError(
            place, f"an expression of {len(text)} characters", f"write at most {LONGEST}"
        )
    out, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if match is None:
            bad = text[at:].strip()[:1]
            raise KautilyaError(
                place,
                f"in '{text.strip()}' the sign '{bad}' has no meaning",
                "use names (letters, digits and _, a letter first), numbers, "
                "+ - * / ( ) and one of = <= >=",
            )
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
        raise reader.fail(
            "there is no equals sign" if not sign else f"'{sign}' is left over",
            "write for example 'opening + made - lost = closing'",
        )
    reader.take()
    form = reader.sound(left.plus(reader.expression(), -1.0))
    if reader.peek():
        raise reader.fail(f"'{reader.peek()}' is left over", "use exactly one of = <= >=")
    if not any(form.coefs.values()):
        raise reader.fail("nothing is left to solve for", "use at least one name")
    return Relation(form, "=" if sign == "==" else sign)


Floats = NDArray[np.float64]
KINDS = ("identity", "assumed", "published")


class Row(NamedTuple):
    """``low <= coefs . x <= high``, said by `owner`."""

    coefs: dict[str, float]
    low: float
    high: float
    owner: str
    kind: str


class System(NamedTuple):
    """names [n], box [n], matrix [m, n], row bounds [m], owner and kind of each row."""

    names: tuple[str, ...]
    box_low: Floats
    box_high: Floats
    matrix: Floats
    row_low: Floats
    row_high: Floats
    owner: tuple[str, ...]
    kind: tuple[str, ...]


def row(form: Linear, low: float, high: float, owner: str, kind: str) -> Row:
    """The row ``low <= form <= high``; the constant of the form moves to the bounds."""
    return Row(form.coefs, low - form.constant, high - form.constant, owner, kind)


def system(box: dict[str, tuple[float, float]], rows: Iterable[Row]) -> System:
    """Stack boxes {name: (low, high)} and rows. Raises KautilyaError for an unknown name."""
    names = tuple(box)
    place = {name: j for j, name in enumerate(names)}
    kept = [item for item in rows if math.isfinite(item.low) or math.isfinite(item.high)]
    matrix = np.zeros((len(kept), len(names)))
    for i, item in enumerate(kept):
        for name, value in item.coefs.items():
            if name not in place:
                raise KautilyaError(
                    item.owner,
                    f"the variable '{name}' is declared nowhere",
                    f"use one of: {', '.join(names[:8])}",
                )
            matrix[i, place[name]] = value
    return System(
        names,
        np.array([box[n][0] for n in names], float),
        np.array([box[n][1] for n in names], float),
        matrix,
        np.array([item.low for item in kept], float),
        np.array([item.high for item in kept], float),
        tuple(item.owner for item in kept),
        tuple(item.kind for item in kept),
    )


def binds(item: Row) -> bool:
    """Whether a row bounds anything: it has an end, and a term."""
    return any(item.coefs.values()) and (math.isfinite(item.low) or math.isfinite(item.high))


def published(parts: System) -> tuple[str, ...]:
    """Owners of published rows, in order, each once."""
    pairs = zip(parts.owner, parts.kind, strict=True)
    return tuple(dict.fromkeys(owner for owner, kind in pairs if kind == "published"))


def without(parts: System, owners: Iterable[str]) -> System:
    """The system without the rows of `owners`."""
    drop = set(owners)
    return take_rows(parts, np.array([o not in drop for o in parts.owner], bool))


def take_rows(parts: System, keep: NDArray[np.bool_]) -> System:
    """The system with the rows where `keep` [m] is true."""
    index = np.flatnonzero(keep)
    return parts._replace(
        matrix=parts.matrix[index],
        row_low=parts.row_low[index],
        row_high=parts.row_high[index],
        owner=tuple(parts.owner[i] for i in index),
        kind=tuple(parts.kind[i] for i in index),
    )


def components(parts: System) -> list[System]:
    """Split into systems that share no variable. The rows of one figure and the variables of one
    account (what stands before the last point of a name) stay together."""
    n, m = len(parts.names), len(parts.owner)
    rows, columns = np.nonzero(parts.matrix)
    says = {owner: n + m + k for k, owner in enumerate(published(parts))}
    heads = dict.fromkeys(name.rpartition(".")[0] for name in parts.names if "." in name)
    of = {head: n + m + len(says) + k for k, head in enumerate(heads)}
    tied = [(n + i, says[o]) for i, o in enumerate(parts.owner) if o in says]
    tied += [
        (j, of[head])
        for j, name in enumerate(parts.names)
        if (head := name.rpartition(".")[0]) in of
    ]
    left = np.concatenate([n + rows, np.array([a for a, _ in tied], int)])
    right = np.concatenate([columns, np.array([b for _, b in tied], int)])
    size = n + m + len(says) + len(of)
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=(size, size))
    _, group = connected_components(graph, directed=False)
    out = []
    for g in dict.fromkeys(group[:n]):
        columns_in, rows_in = group[:n] == g, group[n : n + m] == g
        piece = take_rows(parts, rows_in)
        out.append(
            piece._replace(
                names=tuple(name for name, k in zip(parts.names, columns_in, strict=True) if k),
                box_low=parts.box_low[columns_in],
                box_high=parts.box_high[columns_in],
                matrix=piece.matrix[:, columns_in],
            )
        )
    return out


def accounts_of(parts: System) -> dict[str, System]:
    """Each account alone: its variables, and the rows that touch no other account."""
    heads = np.array([name.rpartition(".")[0] for name in parts.names])
    out = {}
    for head in dict.fromkeys(heads.tolist()):
        mine = heads == head
        alone = ~(parts.matrix[:, ~mine] != 0).any(axis=1)
        piece = take_rows(parts, alone)
        out[head] = piece._replace(
            names=tuple(n for n, k in zip(parts.names, mine, strict=True) if k),
            box_low=parts.box_low[mine],
            box_high=parts.box_high[mine],
            matrix=piece.matrix[:, mine],
        )
    return out


def vector(parts: System, form: Linear) -> Floats:
    """Coefficients [n] of a form; names outside the system raise KeyError."""
    out = np.zeros(len(parts.names))
    place = {name: j for j, name in enumerate(parts.names)}
    for name, value in form.coefs.items():
        out[place[name]] += value
    return out


def times(left: Floats, right: Floats) -> Floats:
    """Matrix product without BLAS: the same bits whatever the number of threads, and no
    threads that wait for each other on a busy machine."""
    return np.asarray(np.einsum("ij,jk->ik", left, right))


def violation(parts: System, points: Floats) -> Floats:
    """Largest breach of each column of points [n, k], as a share of the row's own size [k]."""
    size = np.maximum(np.abs(parts.matrix) @ np.maximum(np.abs(points).max(axis=1), 1e-300), 1e-300)
    value = times(parts.matrix, points)
    rows = np.maximum(parts.row_low[:, None] - value, value - parts.row_high[:, None])
    span = np.maximum(np.abs(points).max(axis=1), 1e-300)
    box = np.maximum(parts.box_low[:, None] - points, points - parts.box_high[:, None])
    worst = np.maximum(
        (rows / size[:, None]).max(axis=0, initial=0.0),
        (box / span[:, None]).max(axis=0, initial=0.0),
    )
    return np.asarray(worst)
