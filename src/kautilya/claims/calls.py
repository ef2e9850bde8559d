"""Quantities and reducers of a claim, checked."""

from __future__ import annotations

from kautilya.claims import syntax, terms, units
from kautilya.claims.arguments import Scope, actor, goods, labels, options, word
from kautilya.claims.binding import Bound, bind, one_unit, read, reading, wanted
from kautilya.claims.forms import FORMS, REDUCERS
from kautilya.claims.records import asked, published
from kautilya.claims.syntax import Call, Node
from kautilya.claims.terms import Read, Type, Typed
from kautilya.claims.vocabulary import ROLES, Outcome
from kautilya.scenario.mistakes import near


def call(node: Call, scope: Scope) -> Typed:
    """A call as a term with its type."""
    if node.name not in FORMS:
        hint = ""
        if node.name in scope.words.outcomes:
            hint = f"Read an outcome as level({node.name}, ...)"
        raise scope.error(node, f"unknown quantity {node.name!r}", hint or near(node.name, FORMS))
    form = FORMS[node.name]
    if not form.least <= len(node.args) <= form.most:
        count = len(node.args)
        raise scope.error(node, f"{node.name} has {count} argument{'s' * (count != 1)}",
                          f"Write {form.form}")
    named = options(node, scope, *form.options)
    if node.name in REDUCERS:
        return _reducer(node, scope)
    match node.name:
        case "share":
            return _share(node, scope)
        case "suppliers":
            return _suppliers(node, scope, named.get("above"))
        case "rank":
            return _rank(node, scope)
        case "tie":
            return _tie(node, scope)
        case "level":
            return read(_level(node, scope), node, scope)
        case "event":
            return Typed(asked(node, scope, named), Type("truth"))
        case "figure" | "fact" | "trade":
            return published(node, scope)
        case "vote" if len(node.args) == 2:
            raise scope.error(node, "a vote is compared with a word",
                              "Write vote(RUS, S2397) == yes; or no, abstain, absent")
    roles = ROLES[node.name]
    args = dict(zip(roles, node.args, strict=False))
    which = node.args[len(roles)] if len(node.args) > len(roles) else None
    return read(bind(node.name, args, which, node, scope), node, scope)


def _flow(node: Call, scope: Scope, args: dict[str, Node]) -> tuple[Bound, str]:
    """A flow that is told by supplier, and the dim of the suppliers."""
    bound = bind("supply", args, None, node, scope)
    ends = next(r.ends for r in scope.words.readings if r.outcome == bound.outcome.id)
    return bound, ends["from"][0]


def _share(node: Call, scope: Scope) -> Typed:
    args = dict(zip(("from", "to", "class"), node.args, strict=True))
    bound, dim = _flow(node, scope, args)
    one_unit(bound, node.args[2], scope)
    part = reading(bound, node, scope)
    whole = reading(bound.only(**{dim: bound.outcome.dims[dim]}), node, scope)
    series = part.periods if part.how == "series" else None
    return Typed(terms.Share(part, whole), Type("number", (), series))


def _whole(node: Call, scope: Scope, what: str) -> None:
    if scope.series:
        raise scope.error(node, f"{what} is taken over a time, not period by period",
                          f"Take {node.name}(...) out of the reducer")


def _suppliers(node: Call, scope: Scope, above: Node | None) -> Typed:
    _whole(node, scope, "a set of suppliers")
    args = dict(zip(("to", "class"), node.args, strict=True))
    bound, dim = _flow(node, scope, args)
    classes = bound.outcome.classes
    states = bound.outcome.dims[dim]
    reads = tuple(tuple(_cell(bound, node, scope, {dim: s, classes: good}) for s in states)
                  for good in bound.at[classes])
    limit = scope.words.supplies if above is None else _fraction(above, scope)
    return Typed(terms.Supplied(states, reads, limit), Type("set"))


def _cell(bound: Bound, node: Node, scope: Scope, at: dict[str, str]) -> Read:
    return reading(bound.only(**{dim: (label,) for dim, label in at.items()}), node, scope)


def _fraction(node: Node, scope: Scope) -> float:
    found = scope.check(node, scope)
    value = found.term.value if isinstance(found.term, terms.Const) else -1.0
    if found.type.unit == (("percent", 1),):
        value /= 100
    elif found.type.unit:
        value = -1.0
    if not 0 <= value <= 1:
        raise scope.error(node, "a share outside of 0 to 1", "Write above=0.01 or above=1 %")
    return value


def _rank(node: Call, scope: Scope) -> Typed:
    _whole(node, scope, "a rank")
    args = dict(zip(("from", "to", "class"), node.args, strict=True))
    bound, dim = _flow(node, scope, args)
    one_unit(bound.only(**{dim: bound.at[dim][:1]}), node.args[2], scope)
    mine = wanted({"from": node.args[0]}, scope)["from"]
    states = bound.outcome.dims[dim]
    if len(mine) != 1 or mine[0] not in states:
        raise scope.error(node.args[0], "a rank is that of one supplier", near(
            mine[0], states, f"Known are {', '.join(states[:12])}"))
    reads = tuple(reading(bound.only(**{dim: (state,)}), node, scope) for state in states)
    return Typed(terms.Rank(states.index(mine[0]), reads), Type("number"))


def _tie(node: Call, scope: Scope) -> Typed:
    first, second = (actor(arg, scope) for arg in node.args)
    fixed = [r.ends["to"][1] for r in scope.words.readings if r.quantity == "tie"]
    swap = first in fixed and second not in fixed
    args = dict(zip(("to", "from") if swap else ("from", "to"), node.args, strict=True))
    return read(bind("tie", args, None, node, scope), node, scope)


def _level(node: Call, scope: Scope) -> Bound:
    """Any outcome by its id."""
    name = word(node.args[0], scope, "an outcome")
    outcome: Outcome | None = scope.words.outcomes.get(name)
    if outcome is None:
        raise scope.error(node.args[0], f"unknown outcome {name!r}",
                          near(name, scope.words.outcomes))
    given = node.args[1:]
    if len(given) != len(outcome.dims):
        dims = ", ".join(dim.upper() for dim in outcome.dims)
        raise scope.error(node, f"{name} takes {len(outcome.dims)} labels, not "
                          f"{len(given)}", f"Write level({name}{', ' * bool(dims)}{dims})")
    at = {}
    for (dim, members), one in zip(outcome.dims.items(), given, strict=True):
        at[dim] = _labels(one, members, dim, scope, dim == outcome.classes)
    classes = at.get(outcome.classes, ())
    found = {outcome.unit.replace("{good}", scope.words.units.get(g, "")) for g in classes}
    return Bound(outcome, at, tuple(sorted(found or {outcome.unit})))


def _labels(node: Node, members: tuple[str, ...], dim: str, scope: Scope, good: bool
            ) -> tuple[str, ...]:
    said = node.text if isinstance(node, syntax.Name) else ""
    if good and said not in members and said in scope.words.sets:
        inside = tuple(m for m in members if m in goods(node, scope))
        if inside:
            return inside
    return labels(node, members, dim, scope)


def _reducer(node: Call, scope: Scope) -> Typed:
    arg = node.args[0]
    if node.name == "count":
        return _count(arg, scope)
    if isinstance(arg, syntax.Given) and scope.when is None:
        scope = scope.with_time(arg)
    item = scope.check(arg, scope.within())
    kind = "truth" if node.name in ("ever", "always", "first time") else "number"
    if item.type.kind != kind:
        want = "a condition, such as x > 1" if kind == "truth" else "a number"
        raise scope.error(arg, f"{node.name} takes {want}, this is a {item.type.kind}",
                          f"Write {FORMS[node.name].form}")
    series = item.type.series
    if series is None:
        raise scope.error(arg, "this has no value for each period",
                          "Put a quantity that varies in time into the reducer")
    if node.name == "first time":
        return Typed(terms.FirstTime(item.term, series), Type("month"))
    unit = item.type.unit
    if node.name == "sum":
        per = ((series.axis, -1),)
        if dict(unit).get(series.axis, 0) >= 0:
            raise scope.error(arg, "a sum over time of what is no flow",
                              "Sum a flow, or take the mean")
        unit = units.times(unit, per, -1)
    return Typed(terms.Reduce(node.name, item.term), Type(kind, unit))  # type: ignore[arg-type]


def _count(arg: Node, scope: Scope) -> Typed:
    found = scope.check(arg, scope)
    if found.type.kind == "set":
        return Typed(terms.Count(found.term), Type("number"))
    if isinstance(found.term, terms.Asked):
        return Typed(terms.Counted(found.term), Type("number"))
    raise scope.error(arg, f"count takes suppliers or events, this is a {found.type.kind}",
                      f"Write {FORMS['count'].form}")

