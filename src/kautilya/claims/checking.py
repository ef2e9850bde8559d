"""Types and units of a claim against the words of a scenario; what it reads, resolved.

What is left open (a time, levers, a day of knowledge) is taken from what follows in the same
condition: `a > b during 2024` means both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kautilya.claims import syntax, terms, units
from kautilya.claims.arguments import Scope
from kautilya.claims.calls import call
from kautilya.claims.comparing import comparison, number
from kautilya.claims.forms import FORMS
from kautilya.claims.syntax import Given, Node, Proposition
from kautilya.claims.terms import Term, Type, Typed
from kautilya.claims.vocabulary import Vocabulary
from kautilya.scenario.mistakes import near

Kind = Literal["record", "projection", "counterfactual", "ranking", "share"]


@dataclass(frozen=True)
class Checked:
    """A claim that can be evaluated.

    unit     of the compared quantity; "" where none is compared
    needs    cases to run beside the baseline: a lever, or several joined by "+"
    kind     record: a matter of record; counterfactual: compares cases; ranking; share; projection
    rests_on outcomes that are read
    """

    proposition: Proposition
    vocabulary: Vocabulary
    term: Term
    unit: str
    needs: tuple[str, ...]
    kind: Kind
    rests_on: tuple[str, ...]


def checked(proposition: Proposition, vocabulary: Vocabulary) -> Checked:
    """A claim with its types and units checked.

    Raises ClaimError at the column of what is unknown or does not fit, with near names.
    """
    root = proposition.root
    typed = check(root, Scope(proposition, vocabulary, check))
    if typed.type.kind != "truth":
        raise proposition.error(root, f"the claim is a {typed.type.kind}, not something that is "
                                "true or false", "Compare it, such as: ... > 0.5")
    if typed.type.series:
        raise proposition.error(root, "the claim has a value for each period",
                                "Put it into ever(...) or always(...)")
    parts = terms.every(typed.term)
    reads = [one for one in parts if isinstance(one, terms.Read)]
    needs = tuple(sorted({one.case for one in reads if one.case}))
    last = _bare(typed.term)
    unit = units.text(last.unit) if isinstance(last, terms.Test) else ""
    return Checked(proposition, vocabulary, typed.term, unit, needs, _kind(parts, bool(needs)),
                   tuple(sorted({one.cells.outcome for one in reads})))


def _bare(term: Term) -> Term:
    while isinstance(term, terms.Every) and term.op == "not":
        term = term.items[0]
    return term


def _kind(parts: list[Term], needs: bool) -> Kind:
    if needs:
        return "counterfactual"
    if not any(isinstance(one, terms.Read) for one in parts):
        return "record"
    if any(isinstance(one, terms.Supplied | terms.Rank) for one in parts):
        return "ranking"
    return "share" if any(isinstance(one, terms.Share) for one in parts) else "projection"


def check(node: Node, scope: Scope) -> Typed:
    """A node as a term with its type, in a scope."""
    scope = scope.along(node)
    match node:
        case Given():
            return _given(node, scope)
        case syntax.Call():
            return call(node, scope)
        case syntax.Number() | syntax.Month() | syntax.Minus() | syntax.Arithmetic():
            return number(node, scope)
        case syntax.Compare():
            return comparison(node, scope)
        case syntax.Not():
            return _joined("not", (node.item,), scope)
        case syntax.Logic():
            return _joined(node.op, node.items, scope)
        case syntax.Name():
            raise scope.error(node, f"{node.text!r} stands alone", _lone(node.text, scope.words))
    raise scope.error(node, "a list stands where a number or condition should",
                      "Compare it with suppliers(...): [PRK] == suppliers(RUS, tube_round)")


def _lone(word: str, words: Vocabulary) -> str:
    if word in words.outcomes:
        dims = ", ".join(dim.upper() for dim in words.outcomes[word].dims)
        return f"Read an outcome as level({word}{', ' * bool(dims)}{dims})"
    return near(word, FORMS, "Quantities are written with brackets, such as "
                "stock(RUS, tube_round)")


def _joined(op: Literal["and", "or", "not"], items: tuple[Node, ...], scope: Scope) -> Typed:
    found = [check(item, scope) for item in items]
    series = None
    for item, one in zip(items, found, strict=True):
        if one.type.kind != "truth":
            raise scope.error(item, f"a {one.type.kind} beside {op!r}",
                              f"Beside {op} stand conditions, such as: x > 1")
        series = scope.same(item, series, one.type.series)
    return Typed(terms.Every(op, tuple(one.term for one in found)), Type("truth", series=series))


def _given(node: Given, scope: Scope) -> Typed:
    if node.against is None:
        return check(node.item, scope)
    if scope.case(node) == scope.named(node.against, node.against.levers):
        raise scope.error(node.against, "a comparison of a case with itself",
                          "Add under LEVER before it")
    item = check(node.item, scope)
    base = check(node.item, scope.in_case(node.against.levers))
    if item.type.kind != "number" or item.type.series:
        raise scope.error(node, "only a number can be compared with another case",
                          "Put it right after a quantity, and reducers inside of it")
    unit = () if node.against.relative else item.type.unit
    return Typed(terms.Compared(item.term, base.term, node.against.relative),
                 Type("number", unit))
