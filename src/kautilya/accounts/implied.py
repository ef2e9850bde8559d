"""What the accounts imply for a figure or a variable."""

from __future__ import annotations

import math
from typing import NamedTuple

from kautilya.accounts.build import Built, Meaning
from kautilya.accounts.conflicts import mend
from kautilya.accounts.expr import Linear
from kautilya.accounts.inputs import Figure
from kautilya.accounts.model import System, components
from kautilya.accounts.solve import Programme, ratio

LETTERS, DIGITS = "ABCDEF", "123456"
WORST = 2.0             # a figure of the worst grade costs this much to set aside
TIE = 0.05              # less than one step of a grade


class Implied(NamedTuple):
    """Bounds of a figure in its own unit, and the largest duality gap met."""

    low: float
    high: float
    gap: float


class Part(NamedTuple):
    """One group of linked accounts: its programme, the figures set aside to make it feasible."""

    programme: Programme
    accounts: frozenset[str]
    aside: tuple[str, ...]


def parts_of(built: Built) -> list[Part]:
    """Programmes of the groups of linked accounts; infeasible ones are mended at least cost."""
    cost = {name: trust(m.figure) for name, m in built.meanings.items()}
    return [part(piece, cost) for piece in components(built.system)]


def part(piece: System, cost: dict[str, float]) -> Part:
    """One group. Its programme holds every row but those of the figures set aside."""
    programme = Programme(piece)
    aside = () if programme.feasible() else mend(programme, cost)
    programme.set_free(aside)
    return Part(programme, frozenset(n.rpartition(".")[0] for n in piece.names), aside)


def trust(figure: Figure) -> float:
    """Cost of setting a figure aside: grade F6 is the cheapest, A1 the dearest; of two that are
    graded alike the one that claims to know more closely goes first."""
    letter, digit = figure.grade[:1] or "F", figure.grade[1:2] or "6"
    worse = (max(LETTERS.find(letter), 0), max(DIGITS.find(digit), 0))
    size = max(abs(v) for v in (figure.low, figure.high, 1e-12) if math.isfinite(v))
    width = min((figure.high - figure.low) / size, 1.0)
    return WORST + (5 - worse[0]) + (5 - worse[1]) / 10.0 + TIE * width


def implied(programme: Programme, meaning: Meaning) -> Implied | None:
    """Bounds of what the figure is about, over the rows now held; None where nothing is feasible.

    For a value inside a period these are bounds of its bracket, so they err on the wide side.
    """
    if meaning.of is not None:
        return _share(programme, meaning)
    low, high, gap = -math.inf, math.inf, 0.0
    for form in meaning.bracket.lows:
        found = programme.bound(form)
        if found is None:
            return None
        low, gap = max(low, found.low), max(gap, found.gap)
    for form in meaning.bracket.highs:
        found = programme.bound(form)
        if found is None:
            return None
        high, gap = min(high, found.high), max(gap, found.gap)
    return Implied(low / meaning.factor, high / meaning.factor, gap)


def _share(programme: Programme, meaning: Meaning) -> Implied | None:
    assert meaning.of is not None
    least = ratio(programme, meaning.bracket.lows[0], meaning.of.highs[0])
    most = ratio(programme, meaning.bracket.highs[0], meaning.of.lows[0])
    if least is None or most is None:
        return None
    return Implied(least[0] / meaning.factor, most[1] / meaning.factor, 0.0)


def knows(programme: Programme, form: Linear) -> bool:
    """Whether the programme holds every variable of a form."""
    return set(form.coefs) <= set(programme.parts.names)
