"""What a claim asks of the record: events, votes and published numbers, checked."""

from __future__ import annotations

import re
from typing import get_args

from kautilya.claims import syntax, units
from kautilya.claims.arguments import Scope, actor, word
from kautilya.claims.periods import month_of
from kautilya.claims.record import VOTES, first_day, last_day
from kautilya.claims.syntax import Call, Node
from kautilya.claims.terms import Asked, Published, Type, Typed, Voted
from kautilya.scenario.mistakes import near
from kautilya.scenario.scenario import number_of
from kautilya.scenario.schema import Status
from kautilya.scenario.units import UnitMistake

REMEDY = {"figure": "See figures.csv and context/figures.csv",
          "fact": "See covariates.csv", "trade": "See trade.csv"}


def asked(node: Call, scope: Scope, named: dict[str, Node]) -> Asked:
    """The events that a call asks for."""
    record = scope.words.record
    ids = [one.id for one in record.events]
    first = word(node.args[0], scope, "a type or an id of events")
    if first not in (*record.types, *ids):
        raise scope.error(node.args[0], f"unknown type or id of events {first!r}",
                          near(first, (*record.types, *ids)))
    actors = tuple(actor(arg, scope) for arg in node.args[1:])
    begin, end = _days(scope)
    return Asked((first,), actors, _statuses(named.get("status"), scope),
                 _grade(named.get("grade"), scope), begin, end,
                 scope.known.day if scope.known else "")


def _days(scope: Scope) -> tuple[str, str]:
    """First and last day of the time; "" where none is given."""
    when = scope.when
    if when is None:
        return "", ""
    if when.how == "within":
        record = scope.words.record
        entry = next((one for one in record.events if one.id == when.event), None)
        if entry is None:
            raise scope.error(when, f"unknown event {when.event!r}",
                              near(when.event, [one.id for one in record.events]))
        begin = first_day(entry.date)
        end = month_of(number_of(begin[:7]) + int(when.months)) + begin[7:]
        return begin, end
    begin, end = first_day(when.first), last_day(when.last or when.first)
    if begin > end:
        raise scope.error(when,
                          f"a time that ends before it begins, {when.first} to {when.last}",
                          "Put the earlier day first")
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
        raise scope.error(node.args[1], f"unknown resolution {name!r}",
                          near(name, texts, "Votes on record stand in context/votes.csv"))
    if (who, name) not in [(one.actor, one.resolution) for one in record.votes]:
        on = [one.actor for one in record.votes if one.resolution == name]
        raise scope.error(node.args[0], f"no vote of {who} on {name} is on record",
                          f"On record are {', '.join(on[:12])}")
    how = word(said, scope, "yes, no, abstain or absent")
    if how not in VOTES:
        raise scope.error(said, f"{how!r} is no vote", near(how, VOTES))
    return Typed(Voted(who, name, how, scope.known.day if scope.known else ""), Type("truth"))


def published(node: Call, scope: Scope) -> Typed:
    """A published number."""
    names = [word(arg, scope, "a name") for arg in node.args]
    rows = scope.words.record.rows
    key = (node.name, "/".join(names))
    if key not in rows:
        known = [row.split("/") for table, row in rows if table == node.name]
        for i, arg in enumerate(node.args):
            there = {parts[i] for parts in known if parts[:i] == names[:i] and len(parts) > i}
            if names[i] not in there:
                raise scope.error(arg, f"{names[i]!r} is not in the table of {node.name}",
                                  near(names[i], there, REMEDY[node.name]))
        raise scope.error(node, f"no {node.name} {' '.join(names)}", REMEDY[node.name])
    try:
        unit = units.powers(rows[key].unit)
    except UnitMistake as error:
        raise scope.error(node, error.found, error.remedy) from None
    return Typed(Published(*key, scope.known.day if scope.known else ""), Type("number", unit))


def is_ballot(node: Node) -> Call | None:
    """The call of a vote of an actor, if a node is one."""
    inner = node.item if isinstance(node, syntax.Given) else node
    if isinstance(inner, Call) and inner.name == "vote" and len(inner.args) == 2:
        return inner
    return None

