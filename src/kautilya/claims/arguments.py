"""The scope of a check: what is left open so far, and how names in brackets are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kautilya.claims import syntax
from kautilya.claims.syntax import Given, Known, Node, Proposition, Under, When
from kautilya.claims.terms import Periods, Typed
from kautilya.claims.vocabulary import ANY, Vocabulary
from kautilya.scenario.mistakes import near


@dataclass(frozen=True)
class Scope:
    """What holds for a part of a claim.

    check   checks a part (given here, so that the modules below need not import the one above)
    when, under, known   what is left open by the part is taken from here
    series  True inside a reducer: quantities are read period by period
    """

    proposition: Proposition
    words: Vocabulary
    check: Callable[[Node, Scope], Typed]
    when: When | None = None
    under: Under | None = None
    known: Known | None = None
    series: bool = False

    def error(self, node: Node, found: str, remedy: str) -> Exception:
        """A mistake at a node."""
        return self.proposition.error(node, found, remedy)

    def along(self, node: Node) -> Scope:
        """The scope inside a node: what stands at its right end holds for all of it."""
        edge: Any = node
        while isinstance(edge, syntax.Arithmetic | syntax.Compare | syntax.Logic | syntax.Minus
                         | syntax.Not):
            edge = syntax.children(edge)[-1]
        return self.with_time(edge) if isinstance(edge, Given) else self

    def with_time(self, node: Given) -> Scope:
        """With what a node gives; the rest as it is."""
        under = self.under if self.under is not None and node.under is None else node.under
        return replace(self, when=node.when or self.when, under=under,
                       known=node.known or self.known)

    def in_case(self, levers: tuple[str, ...]) -> Scope:
        """Under other levers."""
        return replace(self, under=Under(0, 0, levers))

    def within(self) -> Scope:
        """Inside a reducer."""
        return replace(self, series=True)

    def case(self, node: Given | None = None) -> str:
        """The case that holds: levers joined by "+"; "" for the baseline."""
        under = self.under if node is None or node.under is None else node.under
        return self.named(under, under.levers) if under else ""

    def named(self, node: Node, levers: tuple[str, ...]) -> str:
        """Levers joined by "+"; an error for one that the scenario has not."""
        for lever in levers:
            if lever not in self.words.levers:
                raise self.error(node, f"unknown lever {lever!r}", near(lever, self.words.levers))
        if len(set(levers)) < len(levers):
            raise self.error(node, "a lever is pulled twice", "Name it once")
        return "+".join(levers)

    def same(self, node: Node, a: Periods | None, b: Periods | None) -> Periods | None:
        """The periods of two parts of one series; an error where they differ."""
        if a and b and a != b:
            said = [f"{p.labels[0]} to {p.labels[-1]} by {p.axis}" for p in (a, b)]
            raise self.error(node, f"two parts of one series have other periods: {said[0]}, and "
                             f"{said[1]}", "Inside a reducer all quantities have the same time")
        return a or b


def word(node: Node, scope: Scope, what: str) -> str:
    """A bare word; an error for anything else."""
    if not isinstance(node, syntax.Name):
        raise scope.error(node, f"{what} is expected here", "Write one word, such as PRK")
    return node.text


def actor(node: Node, scope: Scope) -> str:
    """A code of an actor."""
    found = word(node, scope, "an actor")
    if found not in scope.words.actors:
        raise scope.error(node, f"unknown actor {found!r}", near(found, scope.words.actors))
    return found


def goods(node: Node, scope: Scope) -> tuple[str, ...]:
    """Goods: one, the members of a set of goods, or any."""
    found = word(node, scope, "a good or a set of goods")
    words = scope.words
    if found in words.units:
        return (found,)
    if found == ANY:
        return tuple(words.units)
    if found in words.sets and words.sets[found][0] == "good":
        return words.sets[found][1]
    known = [*words.units, *(n for n, (axis, _) in words.sets.items() if axis == "good")]
    raise scope.error(node, f"unknown good or set of goods {found!r}", near(
        found, known, f"Goods are {', '.join(words.units)}"))


def labels(node: Node, members: tuple[str, ...], dim: str, scope: Scope) -> tuple[str, ...]:
    """Labels along a dim: one, those of a set that are among them, or any."""
    found = word(node, scope, f"a label of {dim}")
    if found in members:
        return (found,)
    if found == ANY:
        return members
    held = scope.words.sets.get(found, ("", ()))[1]
    inside = tuple(m for m in members if m in held)
    if not inside:
        raise scope.error(node, f"{found!r} is none of {dim}", near(
            found, members, f"Known are {', '.join(members[:12])}"))
    return inside


def options(node: syntax.Call, scope: Scope, *known: str) -> dict[str, Node]:
    """Named arguments; an error for one that is not known."""
    for one in node.options:
        if one.name not in known:
            raise scope.error(one, f"{node.name} has no {one.name!r}", near(
                one.name, known, "It takes no named arguments"))
    return {one.name: one.value for one in node.options}
