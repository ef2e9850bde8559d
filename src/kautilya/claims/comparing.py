"""Numbers, comparisons and sets of a claim, with their units checked."""

from __future__ import annotations

from kautilya.claims import syntax, terms, units
from kautilya.claims.arguments import Scope
from kautilya.claims.records import is_ballot, voted
from kautilya.claims.syntax import Arithmetic, Compare, Given, Labels, Minus, Month, Name, Node
from kautilya.claims.terms import Const, Type, Typed
from kautilya.scenario import units as door
from kautilya.scenario.mistakes import near
from kautilya.scenario.scenario import number_of

PERCENT = (("percent", 1),)


def number(node: Node, scope: Scope) -> Typed:
    """A literal, its negative, or arithmetic."""
    match node:
        case syntax.Number():
            return Typed(Const(node.value), Type("number", _unit(node, scope), bare=not node.unit))
        case Month():
            if len(node.text) != 7:
                raise scope.error(node, "a day cannot be compared", "Write a month, as 2025-06")
            return Typed(Const(float(number_of(node.text))), Type("month"))
        case Minus():
            item = _numeric(node.item, scope)
            return Typed(terms.Scaled(item.term, -1.0), item.type)
    assert isinstance(node, Arithmetic)
    _whole(node.right, scope)
    left, right = _numeric(node.left, scope), _numeric(node.right, scope)
    series = scope.same(node, left.type.series, right.type.series)
    bare = left.type.bare and right.type.bare
    if node.op in "*/":
        unit = units.times(left.type.unit, right.type.unit, 1 if node.op == "*" else -1)
        return Typed(terms.Sum(node.op, left.term, right.term), Type("number", unit, series, bare))
    a, b, unit = _alike(node.left, left, node.right, right, scope)
    return Typed(terms.Sum(node.op, a, b), Type("number", unit, series, bare))


def _whole(right: Node, scope: Scope) -> None:
    """No comparison of cases at the end of a sum or product: it would hold for its last part only.
    """
    if isinstance(right, Given) and right.against and not \
            scope.proposition.text[:right.at].rstrip().endswith("("):
        raise scope.error(right.against, "a comparison of cases after one part of a sum or product",
                          "Put brackets around all that is compared")


def _unit(node: syntax.Number, scope: Scope) -> units.Powers:
    try:
        found = units.powers(node.unit)
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
        raise scope.error(node, f"a {found.type.kind} where a number should stand",
                          "Only numbers are added and multiplied")
    return found


def _alike(node_a: Node, a: Typed, node_b: Node, b: Typed, scope: Scope
           ) -> tuple[terms.Term, terms.Term, units.Powers]:
    """Both in one unit: that of the first, or of the one that has any."""
    if a.type.unit == b.type.unit:
        return a.term, b.term, a.type.unit
    for bare, node, other in ((a, node_a, b), (b, node_b, a)):
        if bare.type.bare and other.type.unit:
            if _zero(bare.term):
                return a.term, b.term, other.type.unit
            said = scope.proposition.text[node.at:node.to]
            unit = "%" if other.type.unit == PERCENT else units.text(other.type.unit)
            raise scope.error(node, f"a number without a unit beside {unit}",
                              f"Write {said} {unit}")
    if a.type.bare:
        b, a = a, b
        return _scaled(node_b, b, a, scope), a.term, a.type.unit
    return a.term, _scaled(node_b, b, a, scope), a.type.unit


def _zero(term: terms.Term) -> bool:
    while isinstance(term, terms.Scaled):
        term = term.item
    return isinstance(term, Const) and term.value == 0


def _scaled(node: Node, given: Typed, wanted: Typed, scope: Scope) -> terms.Term:
    try:
        factor = units.factor(given.type.unit, wanted.type.unit, scope.words.names)
    except door.UnitMistake as error:
        a, b = (units.text(one.type.unit) if one.type.unit else "a pure number"
                for one in (given, wanted))
        remedy = error.remedy if wanted.type.unit else "Give a pure number, or a share in %"
        raise scope.error(node, f"{a} beside {b}", remedy) from None
    return given.term if factor == 1 else terms.Scaled(given.term, factor)


def comparison(node: Compare, scope: Scope) -> Typed:
    """left op right: votes, sets, months or numbers."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        ballot = is_ballot(one)
        if ballot and node.op in ("==", "!="):
            inner = scope.with_time(one) if isinstance(one, Given) else scope
            found = voted(ballot, other.item if isinstance(other, Given) else other, inner)
            return found if node.op == "==" else Typed(terms.Every("not", (found.term,)),
                                                       found.type)
    names = [_listed(side) for side in (node.left, node.right)]
    if node.op == "in" or any(one is not None for one in names):
        return _membership(node, names, scope)
    left, right = scope.check(node.left, scope), scope.check(node.right, scope)
    kinds = {left.type.kind, right.type.kind}
    if kinds == {"set"}:
        raise scope.error(node, "two sets are compared", "Compare a set with a list: == [PRK]")
    if len(kinds) > 1 or kinds == {"truth"}:
        raise scope.error(node, f"a {left.type.kind} is compared with a {right.type.kind}",
                          _other(left, right))
    series = scope.same(node, left.type.series, right.type.series)
    if kinds == {"month"}:
        return Typed(terms.Test(node.op, left.term, right.term), Type("truth"))
    a, b, unit = _alike(node.left, left, node.right, right, scope)
    return Typed(terms.Test(node.op, a, b, unit), Type("truth", series=series))


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


def _membership(node: Compare, names: list[tuple[Name, ...] | None], scope: Scope) -> Typed:
    sides = [node.left, node.right]
    if node.op == "in":
        inner = node.left.item if isinstance(node.left, Given) else node.left
        listed = (inner,) if isinstance(inner, Name) else names[0]
        where = node.right
        if listed is None:
            raise scope.error(node.left, "before 'in' stands a name or a list",
                              "Write PRK in suppliers(RUS, tube_round)")
    elif node.op not in ("==", "!="):
        raise scope.error(node, f"a list is compared with {node.op}", "Write ==, != or in")
    else:
        at = 0 if names[0] is not None else 1
        listed, where = names[at] or (), sides[1 - at]
    found = scope.check(where, scope)
    if found.type.kind != "set":
        raise scope.error(where, f"a {found.type.kind} where a set should stand",
                          "Sets come from suppliers(...)")
    assert isinstance(found.term, terms.Supplied)
    for one in listed:
        if one.text not in found.term.labels:
            raise scope.error(one, f"{one.text!r} is no possible supplier",
                              near(one.text, found.term.labels))
    texts = tuple(dict.fromkeys(one.text for one in listed))
    op = node.op if node.op in ("==", "!=") else "in"
    return Typed(terms.Among(op, texts, found.term), Type("truth"))  # type: ignore[arg-type]
