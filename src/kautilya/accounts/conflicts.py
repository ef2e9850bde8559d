"""Which published figures cannot all be true: irreducible conflicts and the cheapest way out.

A conflict is a set of figures that no accounts satisfy, while every proper subset can hold.
One is found by the deletion filter, started from a certificate of infeasibility
(chinneck1991); all are enumerated by exploring the largest untried sets (liffiton2016).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from kautilya.accounts.model import published
from kautilya.accounts.solve import Programme

Conflict = frozenset[str]


class Found(NamedTuple):
    """Irreducible conflicts, and whether the list is known to be complete."""

    conflicts: tuple[Conflict, ...]
    complete: bool


def holds(programme: Programme, figures: Iterable[str], extra_free: Iterable[str] = ()) -> bool:
    """Whether `figures` can all be true; all other published figures are ignored."""
    kept = set(figures)
    programme.set_free({o for o in published(programme.parts) if o not in kept} | set(extra_free))
    return programme.feasible()


def shrink(programme: Programme, figures: Iterable[str]) -> Conflict:
    """Deletion filter: an irreducible conflict inside an infeasible set of figures."""
    kept = list(figures)
    assert not holds(programme, kept), "the set can hold: there is nothing to shrink"
    guilty = programme.guilty()
    first = [f for f in kept if f in guilty]
    if len(first) < len(kept) and not holds(programme, first):
        kept = first
    for figure in list(kept):
        trial = [f for f in kept if f != figure]
        if not holds(programme, trial):
            kept = trial
    return frozenset(kept)


def conflicts(programme: Programme, most: int = 200, sets: int = 2000) -> Found:
    """Enumerate irreducible conflicts. Sets are explored largest first; stops at `most` or
    after so many `sets`, never by the clock, and then says that the list is not complete."""
    figures = published(programme.parts)
    found: list[Conflict] = []
    block: list[tuple[np.ndarray, float, float]] = []
    for _ in range(sets):
        if len(found) >= most:
            break
        chosen = _choose(-np.ones(len(figures)), block)
        if chosen is None:
            return Found(_ordered(found, figures), True)
        seed = [f for f, z in zip(figures, chosen, strict=True) if z]
        if holds(programme, seed):
            block.append((np.where(chosen, 0.0, 1.0), 1.0, np.inf))
        else:
            new = shrink(programme, seed)
            found.append(new)
            member = np.array([f in new for f in figures], float)
            block.append((member, -np.inf, len(new) - 1.0))
    return Found(_ordered(found, figures), False)


def mend(programme: Programme, cost: dict[str, float]) -> tuple[str, ...]:
    """The cheapest set of figures to set aside so that the rest can hold.

    Exact, by implicit hitting sets: conflicts are added until a cheapest set that hits all of
    them leaves a feasible rest. `cost` per figure; figures without one cost 1.
    """
    figures = published(programme.parts)
    weight = np.array([cost.get(f, 1.0) for f in figures])
    block: list[tuple[np.ndarray, float, float]] = []
    while True:
        chosen = _choose(weight, block)
        if chosen is None:
            raise AssertionError("declared ranges are infeasible without any published figure")
        rest = [f for f, z in zip(figures, chosen, strict=True) if not z]
        if holds(programme, rest):
            return tuple(f for f, z in zip(figures, chosen, strict=True) if z)
        new = shrink(programme, rest)
        block.append((np.array([f in new for f in figures], float), 1.0, np.inf))


def leans_on(programme: Programme, conflict: Conflict) -> tuple[str, ...]:
    """Owners of assumed rows without which the figures of `conflict` could all be true."""
    parts = programme.parts
    pairs = zip(parts.owner, parts.kind, strict=True)
    assumed = dict.fromkeys(o for o, k in pairs if k == "assumed")
    freed: list[str] = []
    for owner in assumed:
        if not holds(programme, conflict, [*freed, owner]):
            freed.append(owner)
    return tuple(o for o in assumed if o not in freed)


def _choose(cost: np.ndarray, block: list[tuple[np.ndarray, float, float]]) -> np.ndarray | None:
    """The cheapest 0/1 vector that satisfies every blocking row; None where there is none."""
    rows = [LinearConstraint(a, low, high) for a, low, high in block]
    result = milp(cost, integrality=np.ones(len(cost)), bounds=Bounds(0, 1), constraints=rows)
    return None if result.x is None else np.asarray(result.x > 0.5)


def _ordered(found: list[Conflict], figures: tuple[str, ...]) -> tuple[Conflict, ...]:
    place = {f: i for i, f in enumerate(figures)}
    return tuple(sorted(found, key=lambda c: (len(c), sorted(place[f] for f in c))))
