"""From the arguments of a quantity to cells of a declared outcome."""

from __future__ import annotations

from typing import NamedTuple

from kautilya.claims import syntax, terms, units
from kautilya.claims.arguments import Scope, actor, goods, word
from kautilya.claims.periods import Place, periods, reduction
from kautilya.claims.syntax import Node
from kautilya.claims.terms import Cells, Read, Type, Typed
from kautilya.claims.vocabulary import ANY, Outcome, Reading, Vocabulary
from kautilya.scenario.mistakes import near
from kautilya.scenario.outcomes import PLACES


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


def bind(quantity: str, args: dict[str, Node], which: Node | None, call: syntax.Call, scope: Scope
         ) -> Bound:
    """The cells that a quantity reads; an error where none or several outcomes tell it."""
    words = scope.words
    readings = told(quantity, words)
    if which is not None:
        name = word(which, scope, "an outcome")
        if name not in [r.outcome for r in readings]:
            raise scope.error(which, f"{name!r} is no outcome of a {quantity}",
                              near(name, [r.outcome for r in readings]))
        readings = [r for r in readings if r.outcome == name]
    asked = wanted(args, scope)
    found = [one for r in readings if (one := matched(r, asked, words, which is not None))]
    if len(found) > 1:
        found = [one for one in found if one.outcome.kept] or found
    said = scope.proposition.text[call.at:call.to]
    if not found:
        raise scope.error(call, f"no declared outcome tells {said}", _told(readings, words)
                          or f"Declare one in scenario.toml that tells a {quantity}")
    if len(found) > 1:
        ids = [one.outcome.id for one in found]
        raise scope.error(call, f"several outcomes tell {said}: {', '.join(ids)}",
                          f"Name one as the last argument: {said[:-1]}, {ids[0]})")
    return found[0]


def told(quantity: str, words: Vocabulary) -> list[Reading]:
    """The readings of a quantity; "supply": flows that are told by the actor they come from."""
    if quantity != "supply":
        return [r for r in words.readings if r.quantity == quantity]
    return [r for r in words.readings if r.quantity == "flow" and r.ends["from"][0]
            and words.sets[r.ends["from"][0]][0] == "actor"]


def _told(readings: list[Reading], words: Vocabulary) -> str:
    """What the readings cover, in words."""
    said = []
    for one in readings[:6]:
        outcome = words.outcomes[one.outcome]
        ends = [f"{role} {dim or label}" for role, (dim, label) in one.ends.items()]
        said.append(f"{outcome.id} ({', '.join(ends)})")
    return f"Declared are {'; '.join(said)}" if said else ""


def one_unit(bound: Bound, node: Node, scope: Scope) -> units.Powers:
    """The unit of the cells; an error where they do not add up."""
    if len(bound.units) > 1:
        raise scope.error(node, f"{' and '.join(bound.units)} do not add up",
                          "Name one class, or add up what has one unit")
    single = all(len(labels) == 1 for labels in bound.at.values())
    if not single and not bound.outcome.adds:
        many = next(dim for dim, labels in bound.at.items() if len(labels) > 1)
        raise scope.error(node, f"values of {bound.outcome.id} do not add up over {many}",
                          f"Name one {many}")
    return units.powers(bound.units[0])


def read(bound: Bound, node: Node, scope: Scope) -> Typed:
    """The number that a quantity gives, at the time and in the case of the scope."""
    unit = one_unit(bound, node, scope)
    term = reading(bound, node, scope)
    if term.how != "series":
        return Typed(term, Type("number", unit))
    if bound.outcome.nature == "amount":
        unit = units.times(unit, ((term.periods.axis, 1),), -1)
    return Typed(term, Type("number", unit, term.periods))


def reading(bound: Bound, node: Node, scope: Scope) -> Read:
    """The term alone."""
    if scope.when is None:
        say = {"amount": "during 2024", "mean": "during 2024", "level": "at 2024-12"}
        raise scope.error(node, "no time is given for this",
                          f"Add one, such as {say[bound.outcome.nature]}")
    found = periods(scope.when, bound.outcome, scope.words,
                    Place(scope.proposition, scope.when))
    how = "series" if scope.series else reduction(scope.when, found, bound.outcome,
                                                  Place(scope.proposition, node))
    cells = Cells(bound.outcome.id, tuple(bound.at.items()))
    return terms.Read(cells, found, how, scope.case())  # type: ignore[arg-type]
