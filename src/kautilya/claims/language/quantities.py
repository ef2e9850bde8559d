"""Quantities and reducers of a claim, checked: what each call reads.

From the arguments of a quantity to cells of a declared outcome, or to events, votes and published
numbers of the record. `call` is the way in; nothing here knows of comparisons and conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, get_args

from kautilya.claims.language import meaning, syntax
from kautilya.claims.language.forms import FORMS, REDUCERS
from kautilya.claims.language.meaning import (
    Asked,
    Cells,
    Place,
    Published,
    Read,
    Scope,
    Type,
    Typed,
    Voted,
    actor,
    check_options,
    goods,
    labels,
    periods,
    reduction,
    word,
)
from kautilya.claims.language.syntax import Call, Node
from kautilya.claims.record import ANY, ROLES, VOTES, Outcome, Reading, Vocabulary, begins, ends
from kautilya.scenario.calendar import month_number, month_text
from kautilya.scenario.cells import Status
from kautilya.scenario.mistakes import near
from kautilya.scenario.outcomes import PLACES
from kautilya.scenario.units import UnitMistake
from kautilya.wording import many

SHOWN = 8  # labels of a dim in a message


class Bound(NamedTuple):
    """An outcome and the labels along its dims; units of the cells."""

    outcome: Outcome
    at: dict[str, tuple[str, ...]]
    units: tuple[str, ...]

    def only(self, **labels: tuple[str, ...]) -> Bound:
        """The same with other labels along some dims."""
        return self._replace(at={**self.at, **labels})


Wanted = dict[str, tuple[str, ...]]  # role -> labels; (ANY,) for all


def wanted(args: dict[str, Node], scope: Scope) -> Wanted:
    """The labels that the arguments name, by role; names are checked."""
    out: Wanted = {}
    for role, node in args.items():
        said = word(node, scope, "a name")
        if said == ANY:
            out[role] = (ANY,)
        elif role == "class":
            out[role] = goods(node, scope)
        elif role == "draft":
            out[role] = (said,)
        elif said in PLACES:
            out[role] = (said,)
        elif scope.words.sets.get(said, ("", ()))[0] == "actor":
            out[role] = scope.words.sets[said][1]
        else:
            out[role] = (actor(node, scope),)
    return out


def matched(reading: Reading, asked: Wanted, words: Vocabulary, named: bool) -> Bound | None:
    """The cells of a reading, or None where it does not tell what is asked."""
    outcome = words.outcomes[reading.outcome]
    at: dict[str, tuple[str, ...]] = {dim: members for dim, members in outcome.dims.items()}
    classes: tuple[str, ...] = ()
    for role, (dim, label) in reading.ends.items():
        labels = asked.get(role, (ANY,))
        if dim:
            members = outcome.dims[dim]
            inside = members if labels == (ANY,) else tuple(m for m in members if m in labels)
            if not inside:
                return None
            at[dim] = inside
            classes = inside if role == "class" else classes
        elif label == "*":
            if labels != (ANY,) or not named:
                return None
        else:
            if labels != (label,):
                return None
            classes = (label,) if role == "class" else classes
    found = {outcome.unit.replace("{good}", words.units.get(good, "")) for good in classes}
    return Bound(outcome, at, tuple(sorted(found or {outcome.unit})))


def bind(
    quantity: str, args: dict[str, Node], which: Node | None, call: syntax.Call, scope: Scope
) -> Bound:
    """The cells that a quantity reads; an error where none or several outcomes tell it."""
    words = scope.words
    readings = told(quantity, words)
    if which is not None:
        name = word(which, scope, "an outcome")
        if name not in [r.outcome for r in readings]:
            raise scope.error(
                which,
                f"{name!r} is no outcome of a {quantity}",
                near(name, [r.outcome for r in readings]),
            )
        readings = [r for r in readings if r.outcome == name]
    asked = wanted(args, scope)
    found = [one for r in readings if (one := matched(r, asked, words, which is not None))]
    if len(found) > 1:
        found = [one for one in found if one.outcome.kept] or found
    said = scope.proposition.text[call.at : call.to]
    if not found:
        raise scope.error(
            call,
            f"no declared outcome tells {said}",
            _told(readings, words) or f"Declare one in scenario.toml that tells a {quantity}",
        )
    if len(found) > 1:
        ids = [one.outcome.id for one in found]
        raise scope.error(
            call,
            f"several outcomes tell {said}: {', '.join(ids)}",
            f"Name one as the last argument: {said[:-1]}, {ids[0]})",
        )
    return found[0]


def told(quantity: str, words: Vocabulary) -> list[Reading]:
    """The readings of a quantity; "supply": flows that are told by the actor they come from."""
    if quantity != "supply":
        return [r for r in words.readings if r.quantity == quantity]
    return [
        r
        for r in words.readings
        if r.quantity == "flow"
        and r.ends["from"][0]
        and words.sets[r.ends["from"][0]][0] == "actor"
    ]


def _told(readings: list[Reading], words: Vocabulary) -> str:
    """What the readings cover, in words."""
    said = []
    for one in readings[:6]:
        outcome = words.outcomes[one.outcome]
        ends = [f"{role} {dim or label}" for role, (dim, label) in one.ends.items()]
        said.append(f"{outcome.id} ({', '.join(ends)})")
    return f"Declared are {'; '.join(said)}" if said else ""


def one_unit(bound: Bound, node: Node, scope: Scope) -> meaning.Powers:
    """The unit of the cells; an error where they do not add up."""
    if len(bound.units) > 1:
        raise scope.error(
            node,
            f"{' and '.join(bound.units)} do not add up",
            "Name one class, or add up what has one unit",
        )
    single = all(len(labels) == 1 for labels in bound.at.values())
    if not single and not bound.outcome.adds:
        many = next(dim for dim, labels in bound.at.items() if len(labels) > 1)
        raise scope.error(
            node, f"values of {bound.outcome.id} do not add up over {many}", f"Name one {many}"
        )
    return meaning.powers(bound.units[0])


def read(bound: Bound, node: Node, scope: Scope) -> Typed:
    """The number that a quantity gives, at the time and in the case of the scope."""
    unit = one_unit(bound, node, scope)
    term = reading(bound, node, scope)
    if term.how != "series":
        return Typed(term, Type("number", unit))
    if bound.outcome.nature == "amount":
        unit = meaning.times(unit, ((term.periods.axis, 1),), -1)
    return Typed(term, Type("number", unit, term.periods))


def reading(bound: Bound, node: Node, scope: Scope) -> Read:
    """The term alone."""
    if scope.when is None:
        say = {"amount": "during 2024", "mean": "during 2024", "level": "at 2024-12"}
        raise scope.error(
            node, "no time is given for this", f"Add one, such as {say[bound.outcome.nature]}"
        )
    found = periods(scope.when, bound.outcome, scope.words, Place(scope.proposition, scope.when))
    how = (
        "series"
        if scope.series
        else reduction(scope.when, found, bound.outcome, Place(scope.proposition, node))
    )
    cells = Cells(bound.outcome.id, tuple(bound.at.items()))
    return meaning.Read(cells, found, how, scope.case())  # type: ignore[arg-type]


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
        raise scope.error(node, f"{node.name} has {many(count, 'argument')}", f"Write {form.form}")
    check_options(node, scope, form.options)
    return OWN.get(node.name, _bound)(node, scope)


def _bound(node: Call, scope: Scope) -> Typed:
    """A quantity that the readings of declared outcomes tell, by the roles of its arguments."""
    roles = ROLES[node.name]
    args = dict(zip(roles, node.args, strict=False))
    which = node.args[len(roles)] if len(node.args) > len(roles) else None
    return read(bind(node.name, args, which, node, scope), node, scope)


def _vote(node: Call, scope: Scope) -> Typed:
    """The share of votes for a draft; a vote on record stands in a comparison only."""
    if len(node.args) == 2:
        raise scope.error(
            node,
            "a vote is compared with a word",
            "Write vote(RUS, S2397) == yes; or no, abstain, absent",
        )
    return _bound(node, scope)


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
    return Typed(meaning.Share(part, whole), Type("number", (), series))


def _whole(node: Call, scope: Scope, what: str) -> None:
    if scope.series:
        raise scope.error(
            node,
            f"{what} is taken over a time, not period by period",
            f"Take {node.name}(...) out of the reducer",
        )


def _suppliers(node: Call, scope: Scope) -> Typed:
    _whole(node, scope, "a set of suppliers")
    args = dict(zip(("to", "class"), node.args, strict=True))
    bound, dim = _flow(node, scope, args)
    classes = bound.outcome.classes
    states = bound.outcome.dims[dim]
    by_class = [bound.only(**{classes: (good,)}) for good in bound.at[classes]]
    reads = tuple(_by_label(one, dim, node, scope) for one in by_class)
    above = node.option("above")
    limit = scope.words.supplies if above is None else _fraction(above, scope)
    return Typed(meaning.Supplied(states, reads, limit), Type("set"))


def _by_label(bound: Bound, dim: str, node: Node, scope: Scope) -> tuple[Read, ...]:
    """What is read for each label along a dim of the outcome."""
    members = bound.outcome.dims[dim]
    return tuple(reading(bound.only(**{dim: (one,)}), node, scope) for one in members)


def _fraction(node: Node, scope: Scope) -> float:
    found = scope.check(node, scope)
    value = found.term.value if isinstance(found.term, meaning.Const) else -1.0
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
        raise scope.error(
            node.args[0],
            "a rank is that of one supplier",
            near(mine[0], states, f"Known are {', '.join(states[:12])}"),
        )
    reads = _by_label(bound, dim, node, scope)
    return Typed(meaning.Rank(states.index(mine[0]), reads), Type("number"))


def _tie(node: Call, scope: Scope) -> Typed:
    first, second = (actor(arg, scope) for arg in node.args)
    fixed = [r.ends["to"][1] for r in scope.words.readings if r.quantity == "tie"]
    swap = first in fixed and second not in fixed
    args = dict(zip(("to", "from") if swap else ("from", "to"), node.args, strict=True))
    return read(bind("tie", args, None, node, scope), node, scope)


def _level(node: Call, scope: Scope) -> Typed:
    """Any outcome by its id."""
    name = word(node.args[0], scope, "an outcome")
    outcome: Outcome | None = scope.words.outcomes.get(name)
    if outcome is None:
        raise scope.error(
            node.args[0], f"unknown outcome {name!r}", near(name, scope.words.outcomes)
        )
    given = node.args[1:]
    if len(given) != len(outcome.dims):
        raise scope.error(
            node,
            f"{name} takes {many(len(outcome.dims), 'label')}, not {len(given)}",
            as_level(outcome),
        )
    at = {}
    for (dim, members), one in zip(outcome.dims.items(), given, strict=True):
        at[dim] = _labels(one, members, dim, scope, dim == outcome.classes)
    classes = at.get(outcome.classes, ())
    found = {outcome.unit.replace("{good}", scope.words.units.get(g, "")) for g in classes}
    bound = Bound(outcome, at, tuple(sorted(found or {outcome.unit})))
    return read(bound, node, scope)


def as_level(outcome: Outcome) -> str:
    """How an outcome is read, with the labels along each of its dims."""
    dims = [dim.upper() for dim in outcome.dims]
    told = [
        f"{dim.upper()} is one of {', '.join(members[:SHOWN])}"
        + (f" and {len(members) - SHOWN} more" if len(members) > SHOWN else "")
        for dim, members in outcome.dims.items()
    ]
    return "; ".join([f"Write level({', '.join([outcome.id, *dims])})", *told])


def _labels(
    node: Node, members: tuple[str, ...], dim: str, scope: Scope, good: bool
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
        raise scope.error(
            arg,
            f"{node.name} takes {want}, this is a {item.type.kind}",
            f"Write {FORMS[node.name].form}",
        )
    series = item.type.series
    if series is None:
        raise scope.error(
            arg,
            "this has no value for each period",
            "Put a quantity that varies in time into the reducer",
        )
    if node.name == "first time":
        return Typed(meaning.FirstTime(item.term, series), Type("month"))
    unit = item.type.unit
    if node.name == "sum":
        per = ((series.axis, -1),)
        if dict(unit).get(series.axis, 0) >= 0:
            raise scope.error(
                arg, "a sum over time of what is no flow", "Sum a flow, or take the mean"
            )
        unit = meaning.times(unit, per, -1)
    return Typed(meaning.Reduce(node.name, item.term), Type(kind, unit))  # type: ignore[arg-type]


def _count(arg: Node, scope: Scope) -> Typed:
    found = scope.check(arg, scope)
    if found.type.kind == "set":
        return Typed(meaning.Count(found.term), Type("number"))
    if isinstance(found.term, meaning.Asked):
        return Typed(meaning.Counted(found.term), Type("number"))
    raise scope.error(
        arg,
        f"count takes suppliers or events, this is a {found.type.kind}",
        f"Write {FORMS['count'].form}",
    )


REMEDY = {
    "figure": "See figures.csv and context/figures.csv",
    "fact": "See covariates.csv",
    "trade": "See trade.csv",
}


def _event(node: Call, scope: Scope) -> Typed:
    """Whether the record has an event of those that a call asks for."""
    record = scope.words.record
    ids = [one.id for one in record.events]
    first = word(node.args[0], scope, "a type or an id of events")
    if first not in (*scope.words.types, *ids):
        raise scope.error(
            node.args[0],
            f"unknown type or id of events {first!r}",
            near(first, (*scope.words.types, *ids)),
        )
    actors = tuple(actor(arg, scope) for arg in node.args[1:])
    begin, end = _days(scope)
    found = Asked(
        (first,),
        actors,
        _statuses(node.option("status"), scope),
        _grade(node.option("grade"), scope),
        begin,
        end,
        scope.known.day if scope.known else "",
    )
    return Typed(found, Type("truth"))


def _days(scope: Scope) -> tuple[str, str]:
    """First and last day of the time; "" where none is given."""
    when = scope.when
    if when is None:
        return "", ""
    if when.how == "within":
        record = scope.words.record
        entry = next((one for one in record.events if one.id == when.event), None)
        if entry is None:
            raise scope.error(
                when,
                f"unknown event {when.event!r}",
                near(when.event, [one.id for one in record.events]),
            )
        begin = begins(entry.date)
        end = month_text(month_number(begin[:7]) + int(when.months)) + begin[7:]
        return begin, end
    begin, end = begins(when.first), ends(when.last or when.first)
    if begin > end:
        raise scope.error(
            when,
            f"a time that ends before it begins, {when.first} to {when.last}",
            "Put the earlier day first",
        )
    return begin, end


def _statuses(node: Node | None, scope: Scope) -> tuple[str, ...]:
    if node is None:
        return ()
    items = node.items if isinstance(node, syntax.Labels) else (node,)
    known = get_args(Status)
    out = tuple(word(one, scope, "a status") for one in items)
    for one, said in zip(items, out, strict=True):
        if said not in known:
            raise scope.error(one, f"unknown status {said!r}", near(said, known))
    return out


def _grade(node: Node | None, scope: Scope) -> str:
    if node is None:
        return ""
    said = word(node, scope, "a grade")
    if not re.fullmatch(r"[A-F][1-6]", said):
        raise scope.error(node, f"unknown grade {said!r}", "Write an Admiralty grade, A1 to F6")
    return said


def voted(node: Call, said: Node, scope: Scope) -> Typed:
    """Whether an actor voted like this."""
    who = actor(node.args[0], scope)
    name = word(node.args[1], scope, "a resolution")
    record = scope.words.record
    texts = list(dict.fromkeys(one.resolution for one in record.votes))
    if name not in texts:
        raise scope.error(
            node.args[1],
            f"unknown resolution {name!r}",
            near(name, texts, "Votes on record stand in context/votes.csv"),
        )
    if (who, name) not in [(one.actor, one.resolution) for one in record.votes]:
        on = [one.actor for one in record.votes if one.resolution == name]
        raise scope.error(
            node.args[0],
            f"no vote of {who} on {name} is on record",
            f"On record are {', '.join(on[:12])}",
        )
    how = word(said, scope, "yes, no, abstain or absent")
    if how not in VOTES:
        raise scope.error(said, f"{how!r} is no vote", near(how, VOTES))
    return Typed(Voted(who, name, how, scope.known.day if scope.known else ""), Type("truth"))


def _published(node: Call, scope: Scope) -> Typed:
    """A published number."""
    names = [word(arg, scope, "a name") for arg in node.args]
    rows = scope.words.record.rows
    key = (node.name, "/".join(names))
    if key not in rows:
        known = [row.split("/") for table, row in rows if table == node.name]
        for i, arg in enumerate(node.args):
            there = {parts[i] for parts in known if parts[:i] == names[:i] and len(parts) > i}
            if names[i] not in there:
                raise scope.error(
                    arg,
                    f"{names[i]!r} is not in the table of {node.name}",
                    near(names[i], there, REMEDY[node.name]),
                )
        raise scope.error(node, f"no {node.name} {' '.join(names)}", REMEDY[node.name])
    try:
        unit = meaning.powers(rows[key].unit)
    except UnitMistake as error:
        raise scope.error(node, error.found, error.remedy) from None
    return Typed(Published(*key, scope.known.day if scope.known else ""), Type("number", unit))


OWN: dict[str, Callable[[Call, Scope], Typed]] = {
    **dict.fromkeys(REDUCERS, _reducer),
    "share": _share,
    "suppliers": _suppliers,
    "rank": _rank,
    "tie": _tie,
    "level": _level,
    "vote": _vote,
    "event": _event,
    "figure": _published,
    "fact": _published,
    "trade": _published,
}  # calls that are read in a way of their own; the others by `_bound`


def is_ballot(node: Node) -> Call | None:
    """The call of a vote of an actor, if a node is one."""
    inner = node.item if isinstance(node, syntax.Given) else node
    if isinstance(inner, Call) and inner.name == "vote" and len(inner.args) == 2:
        return inner
    return None
