"""Types and units of a claim against the words of a scenario; what it reads, resolved.

What is left open (a time, levers, a day of knowledge) is taken from what follows in the same
condition: `a > b during 2024` means both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kautilya.claims.language import meaning, syntax
from kautilya.claims.language.forms import FORMS
from kautilya.claims.language.meaning import Const, Scope, Term, Type, Typed
from kautilya.claims.language.quantities import as_level, call, is_ballot, voted
from kautilya.claims.language.syntax import (
    Arithmetic,
    Compare,
    Given,
    Labels,
    Minus,
    Month,
    Name,
    Node,
    Proposition,
)
from kautilya.claims.record import Vocabulary
from kautilya.scenario import units as door
from kautilya.scenario.calendar import place
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
        raise proposition.error(
            root,
            f"the claim is a {typed.type.kind}, not something that is true or false",
            "Compare it, such as: ... > 0.5",
        )
    if typed.type.series:
        raise proposition.error(
            root, "the claim has a value for each period", "Put it into ever(...) or always(...)"
        )
    parts = meaning.every(typed.term)
    reads = [one for one in parts if isinstance(one, meaning.Read)]
    needs = tuple(sorted({one.case for one in reads if one.case}))
    last = _bare(typed.term)
    unit = meaning.text(last.unit) if isinstance(last, meaning.Test) else ""
    return Checked(
        proposition,
        vocabulary,
        typed.term,
        unit,
        needs,
        _kind(parts, bool(needs)),
        tuple(sorted({one.cells.outcome for one in reads})),
    )


def _bare(term: Term) -> Term:
    while isinstance(term, meaning.Every) and term.op == "not":
        term = term.items[0]
    return term


def _kind(parts: list[Term], needs: bool) -> Kind:
    if needs:
        return "counterfactual"
    if not any(isinstance(one, meaning.Read) for one in parts):
        return "record"
    if any(isinstance(one, meaning.Supplied | meaning.Rank) for one in parts):
        return "ranking"
    return "share" if any(isinstance(one, meaning.Share) for one in parts) else "projection"


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
    raise scope.error(
        node,
        "a list stands where a number or condition should",
        "Compare it with suppliers(...): [PRK] == suppliers(RUS, tube_round)",
    )


def _lone(word: str, words: Vocabulary) -> str:
    if word in words.outcomes:
        return as_level(words.outcomes[word])
    return near(word, FORMS, "Quantities are written with brackets, such as stock(RUS, tube_round)")


def _joined(op: Literal["and", "or", "not"], items: tuple[Node, ...], scope: Scope) -> Typed:
    found = [check(item, scope) for item in items]
    series = None
    for item, one in zip(items, found, strict=True):
        if one.type.kind != "truth":
            raise scope.error(
                item,
                f"a {one.type.kind} beside {op!r}",
                f"Beside {op} stand conditions, such as: x > 1",
            )
        series = scope.same(item, series, one.type.series)
    return Typed(meaning.Every(op, tuple(one.term for one in found)), Type("truth", series=series))


def _given(node: Given, scope: Scope) -> Typed:
    if node.against is None:
        return check(node.item, scope)
    if scope.case(node) == scope.named(node.against, node.against.levers):
        raise scope.error(
            node.against, "a comparison of a case with itself", "Add under LEVER before it"
        )
    item = check(node.item, scope)
    base = check(node.item, scope.in_case(node.against.levers))
    if item.type.kind != "number" or item.type.series:
        raise scope.error(
            node,
            "only a number can be compared with another case",
            "Put it right after a quantity, and reducers inside of it",
        )
    unit = () if node.against.relative else item.type.unit
    return Typed(
        meaning.Compared(item.term, base.term, node.against.relative), Type("number", unit)
    )


PERCENT = (("percent", 1),)


def number(node: Node, scope: Scope) -> Typed:
    """A literal, its negative, or arithmetic."""
    match node:
        case syntax.Number():
            return Typed(Const(node.value), Type("number", _unit(node, scope), bare=not node.unit))
        case Month():
            if len(node.text) != len(scope.words.months[0]):
                raise scope.error(
                    node, "it is no step of the run", f"Write it as {scope.words.months[0]}"
                )
            return Typed(Const(place(node.text)), Type("month"))
        case Minus():
            item = _numeric(node.item, scope)
            return Typed(meaning.Scaled(item.term, -1.0), item.type)
    assert isinstance(node, Arithmetic)
    _whole(node.right, scope)
    left, right = _numeric(node.left, scope), _numeric(node.right, scope)
    series = scope.same(node, left.type.series, right.type.series)
    bare = left.type.bare and right.type.bare
    if node.op in "*/":
        unit = meaning.times(left.type.unit, right.type.unit, 1 if node.op == "*" else -1)
        return Typed(
            meaning.Sum(node.op, left.term, right.term), Type("number", unit, series, bare)
        )
    a, b, unit = _alike(node.left, left, node.right, right, scope)
    return Typed(meaning.Sum(node.op, a, b), Type("number", unit, series, bare))


def _whole(right: Node, scope: Scope) -> None:
    """No comparison of cases at the end of a sum or product: it would hold for its last part only."""
    if (
        isinstance(right, Given)
        and right.against
        and not scope.proposition.text[: right.at].rstrip().endswith("(")
    ):
        raise scope.error(
            right.against,
            "a comparison of cases after one part of a sum or product",
            "Put brackets around all that is compared",
        )


def _unit(node: syntax.Number, scope: Scope) -> meaning.Powers:
    try:
        found = meaning.powers(node.unit)
    except door.UnitMistake as error:
        raise scope.error(node, error.found, error.remedy) from None
    names = door.known(scope.words.names)
    for name, _ in found:
        if name not in names:
            raise scope.error(node, f"unknown unit {name!r}", near(name, names))
    return found


def _numeric(node: Node, scope: Scope) -> Typed:
    found = scope.check(node, scope)
    if found.type.kind != "number":
        raise scope.error(
            node,
            f"a {found.type.kind} where a number should stand",
            "Only numbers are added and multiplied",
        )
    return found


def _alike(
    node_a: Node, a: Typed, node_b: Node, b: Typed, scope: Scope
) -> tuple[meaning.Term, meaning.Term, meaning.Powers]:
    """Both in one unit: that of the first, or of the one that has any."""
    if a.type.unit == b.type.unit:
        return a.term, b.term, a.type.unit
    for bare, node, other in ((a, node_a, b), (b, node_b, a)):
        if bare.type.bare and other.type.unit:
            if _zero(bare.term):
                return a.term, b.term, other.type.unit
            said = scope.proposition.text[node.at : node.to]
            unit = "%" if other.type.unit == PERCENT else meaning.text(other.type.unit)
            raise scope.error(
                node, f"a number without a unit beside {unit}", f"Write {said} {unit}"
            )
    if a.type.bare:
        b, a = a, b
        return _scaled(node_b, b, a, scope), a.term, a.type.unit
    return a.term, _scaled(node_b, b, a, scope), a.type.unit


def _zero(term: meaning.Term) -> bool:
    while isinstance(term, meaning.Scaled):
        term = term.item
    return isinstance(term, Const) and term.value == 0


def _scaled(node: Node, given: Typed, wanted: Typed, scope: Scope) -> meaning.Term:
    try:
        factor = meaning.factor(given.type.unit, wanted.type.unit, scope.words.names)
    except door.UnitMistake as error:
        a, b = (
            meaning.text(one.type.unit) if one.type.unit else "a pure number"
            for one in (given, wanted)
        )
        remedy = error.remedy if wanted.type.unit else "Give a pure number, or a share in %"
        raise scope.error(node, f"{a} beside {b}", remedy) from None
    return given.term if factor == 1 else meaning.Scaled(given.term, factor)


def comparison(node: Compare, scope: Scope) -> Typed:
    """left op right: votes, sets, months or numbers."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        ballot = is_ballot(one)
        if ballot and node.op in ("==", "!="):
            inner = scope.with_time(one) if isinstance(one, Given) else scope
            found = voted(ballot, other.item if isinstance(other, Given) else other, inner)
            return (
                found if node.op == "==" else Typed(meaning.Every("not", (found.term,)), found.type)
            )
    names = [_listed(side) for side in (node.left, node.right)]
    if node.op == "in" or any(one is not None for one in names):
        return _membership(node, names, scope)
    left, right = scope.check(node.left, scope), scope.check(node.right, scope)
    kinds = {left.type.kind, right.type.kind}
    if kinds == {"set"}:
        raise scope.error(node, "two sets are compared", "Compare a set with a list: == [PRK]")
    if len(kinds) > 1 or kinds == {"truth"}:
        raise scope.error(
            node, f"a {left.type.kind} is compared with a {right.type.kind}", _other(left, right)
        )
    series = scope.same(node, left.type.series, right.type.series)
    if kinds == {"month"}:
        return Typed(meaning.Test(node.op, left.term, right.term), Type("truth"))
    a, b, unit = _alike(node.left, left, node.right, right, scope)
    return Typed(meaning.Test(node.op, a, b, unit), Type("truth", series=series))


def _other(left: Typed, right: Typed) -> str:
    kinds = {left.type.kind, right.type.kind}
    if "month" in kinds:
        return "Write a month, such as 2025-06; first time(...) gives one"
    if "set" in kinds:
        return "Compare a set with a list, such as == [PRK], or take its count(...)"
    return "Join conditions with and, or, not; compare numbers"


def _listed(node: Node) -> tuple[Name, ...] | None:
    """The names of a list, with or without a time after it; None for anything else."""
    inner = node.item if isinstance(node, Given) else node
    return inner.items if isinstance(inner, Labels) else None


def _no_time(node: Node, scope: Scope) -> None:
    """What people write for a time: x in 2025."""
    inner = node.item if isinstance(node, Given) else node
    if isinstance(inner, Month) or isinstance(inner, syntax.Number) and not inner.unit:
        said = scope.proposition.text[inner.at : inner.to]
        raise scope.error(
            node,
            "a time after 'in'",
            f"Write during {said}, or at {said}; 'in' asks whether a state is among suppliers(...)",
        )


def _membership(node: Compare, names: list[tuple[Name, ...] | None], scope: Scope) -> Typed:
    sides = [node.left, node.right]
    if node.op == "in":
        _no_time(node.right, scope)
        inner = node.left.item if isinstance(node.left, Given) else node.left
        listed = (inner,) if isinstance(inner, Name) else names[0]
        where = node.right
        if listed is None:
            raise scope.error(
                node.left,
                "before 'in' stands a name or a list",
                "Write PRK in suppliers(RUS, tube_round)",
            )
    elif node.op not in ("==", "!="):
        raise scope.error(node, f"a list is compared with {node.op}", "Write ==, != or in")
    else:
        at = 0 if names[0] is not None else 1
        listed, where = names[at] or (), sides[1 - at]
    found = scope.check(where, scope)
    if found.type.kind != "set":
        raise scope.error(
            where, f"a {found.type.kind} where a set should stand", "Sets come from suppliers(...)"
        )
    assert isinstance(found.term, meaning.Supplied)
    for one in listed:
        if one.text not in found.term.labels:
            raise scope.error(
                one, f"{one.text!r} is no possible supplier", near(one.text, found.term.labels)
            )
    texts = tuple(dict.fromkeys(one.text for one in listed))
    op = node.op if node.op in ("==", "!=") else "in"
    return Typed(meaning.Among(op, texts, found.term), Type("truth"))  # type: ignore[arg-type]


def needs(checked: Checked | Iterable[Checked]) -> tuple[str, ...]:
    """Cases of one or several claims, each once: a lever, or several joined by "+"."""
    claims = (checked,) if isinstance(checked, Checked) else tuple(checked)
    return tuple(sorted({case for claim in claims for case in claim.needs}))


def levers(case: str) -> tuple[str, ...]:
    """The levers of a case."""
    return tuple(part for part in case.split("+") if part)
