"""Which published figures cannot all be true: a conflict is a set of figures that no accounts
satisfy, while every proper subset can hold. One is found by the deletion filter, started from a
certificate of infeasibility (chinneck1991); all are enumerated by exploring the largest untried
sets (liffiton2016).

A mend is the cheapest set of figures to set aside so that the rest can hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kautilya.accounts.bounds import Programme
from kautilya.accounts.build import Built
from kautilya.accounts.figures import trust
from kautilya.accounts.linear import Floats, Linear, System, components, published
from kautilya.errors import KautilyaError
from kautilya.wording import many

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint

Conflict = frozenset[str]


class Found(NamedTuple):
    """Irreducible conflicts, whether that is all of them, and a sentence on what is left out."""

    conflicts: tuple[Conflict, ...]
    complete: bool
    left_out: str = ""


class Aside(NamedTuple):
    """Figures that are set aside so that the rest can hold; whether none are cheaper for sure."""

    figures: tuple[str, ...]
    cheapest: bool = True


class Rivals(NamedTuple):
    """Many figures about one form: their places among the published, and their intervals."""

    form: Linear
    members: tuple[int, ...]
    low: Floats
    high: Floats

    def spans(self) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
        """First and last of the points that matter (the low ends) inside each interval."""
        at = np.unique(self.low)
        slack = np.where(np.isfinite(self.high), 1e-9 * np.abs(self.high), 0.0)
        return (
            np.searchsorted(at, self.low),
            np.searchsorted(at, self.high + slack, side="right") - 1,
            len(at),
        )


CROWD = 12  # from so many rivals on they are weighed together, not pair by pair
MANY = 150  # from so many linked figures on a search is cut short, and says so
EFFORT = {  # figures: conflicts listed, sets tried, conflicts met before a mend is
    MANY: (200, 2000, 300),  # no more searched for as the cheapest
    400: (40, 80, 40),
    10_000: (8, 20, 12),
}


def effort(figures: int) -> tuple[int, int, int]:
    """How long to search among so many linked figures; a number of steps, never a time."""
    return next(told for most, told in EFFORT.items() if figures <= most)


def rivals(programme: Programme) -> list[Rivals]:
    """Forms with a crowd of figures of one row each."""
    parts = programme.parts
    count = Counter(parts.owner)
    place = {f: i for i, f in enumerate(published(parts))}
    groups: dict[bytes, list[tuple[int, float, float]]] = {}
    for line, low, high, owner in zip(
        parts.matrix, parts.row_low, parts.row_high, parts.owner, strict=True
    ):
        used = np.flatnonzero(line)
        if owner in place and count[owner] == 1 and len(used):
            lead = line[used[0]]
            ends = sorted((low / lead, high / lead))
            key = (line / lead).tobytes()
            groups.setdefault(key, []).append((place[owner], *ends))
    out = []
    for key, found in groups.items():
        if len(found) > CROWD:
            line = np.frombuffer(key)
            form = Linear({parts.names[j]: float(line[j]) for j in np.flatnonzero(line)})
            who, lows, highs = zip(*found, strict=True)
            out.append(Rivals(form, who, np.array(lows), np.array(highs)))
    return out


def holds(programme: Programme, figures: Iterable[str], extra_free: Iterable[str] = ()) -> bool:
    """Whether `figures` can all be true; all other published figures are ignored."""
    kept = set(figures)
    programme.set_free({o for o in published(programme.parts) if o not in kept} | set(extra_free))
    return programme.feasible()


def shrink(programme: Programme, figures: Iterable[str]) -> Conflict:
    """Deletion filter: an irreducible conflict inside an infeasible set of figures."""
    return _shrunk(programme, list(figures), lambda kept: holds(programme, kept))


def contradiction(programme: Programme) -> tuple[str, ...]:
    """The fewest identities and declared ranges that no accounts satisfy, whatever the figures;
    empty where all of them can hold."""
    said = set(published(programme.parts))
    others = list(dict.fromkeys(o for o in programme.parts.owner if o not in said))

    def hold(kept: list[str]) -> bool:
        programme.set_free(said | (set(others) - set(kept)))
        return programme.feasible()

    if hold(others):
        return ()
    found = _shrunk(programme, others, hold)
    return tuple(o for o in others if o in found)


def _shrunk(programme: Programme, kept: list[str], hold: Callable[[list[str]], bool]) -> Conflict:
    assert not hold(kept), "the set can hold: there is nothing to shrink"
    guilty = programme.guilty()
    first = [f for f in kept if f in guilty]
    if len(first) < len(kept) and not hold(first):
        kept = first
    for figure in list(kept):
        trial = [f for f in kept if f != figure]
        if not hold(trial):
            kept = trial
    return frozenset(kept)


def conflicts(programme: Programme) -> Found:
    """Enumerate irreducible conflicts. Sets are explored largest first; stops by `effort`, never
    by the clock, and then says that the list is not complete."""
    figures = published(programme.parts)
    most, sets, _ = effort(len(figures))
    crowds = rivals(programme)
    found, left_out = _between_rivals(programme, crowds, most)
    block = [_not_all(new, figures) for new in found if len(new) == 1]
    sets = min(sets, effort(MANY + 1)[1]) if crowds else sets
    for _ in range(sets):
        if len(found) >= most:
            break
        chosen = _choose(-np.ones(len(figures)), block, crowds)
        if chosen is None:
            return Found(_ordered(found, figures), not left_out, left_out)
        seed = [f for f, z in zip(figures, chosen, strict=True) if z]
        if holds(programme, seed):
            block.append((np.where(chosen, 0.0, 1.0), 1.0, np.inf))
        else:
            new = shrink(programme, seed)
            found.append(new)
            block.append(_not_all(new, figures))
    return Found(_ordered(found, figures), False, left_out)


def _not_all(conflict: Conflict, figures: tuple[str, ...]) -> tuple[Floats, float, float]:
    """The row of a choice of figures that keeps out those with all of a conflict."""
    member = np.array([f in conflict for f in figures], float)
    return member, -np.inf, len(conflict) - 1.0


def _between_rivals(
    programme: Programme, crowds: list[Rivals], most: int
) -> tuple[list[Conflict], str]:
    """Conflicts inside each crowd: figures that cannot hold alone, and pairs that do not meet."""
    figures = published(programme.parts)
    found: list[Conflict] = []
    said = []
    for crowd in crowds:
        programme.set_free(figures)
        room = programme.sure(crowd.form)
        slip = 1e-7 * np.maximum(np.abs(crowd.low), np.abs(crowd.high))
        slip = np.where(np.isfinite(slip), slip, 1e-9)
        alone = (crowd.low > room.high + slip) | (crowd.high < room.low - slip)
        apart = np.triu(
            (crowd.low[:, None] > crowd.high + slip) | (crowd.high[:, None] < crowd.low - slip), 1
        )
        apart &= ~alone[:, None] & ~alone[None, :]
        names = [figures[member] for member in crowd.members]
        found += [frozenset([names[i]]) for i in np.flatnonzero(alone)]
        pairs = np.argwhere(apart)
        if len(pairs) > most:
            said.append(
                f"{many(len(crowd.members), 'figure is', 'figures are')} about {' + '.join(crowd.form.coefs)}: "
                f"{many(len(pairs), 'pair')} of them exclude each other, {most} are listed"
            )
        found += [frozenset([names[i], names[j]]) for i, j in pairs[:most]]
    return found, "; ".join(said)


def mend(programme: Programme, cost: dict[str, float]) -> Aside:
    """The cheapest set of figures to set aside so that the rest can hold.

    Exact, by implicit hitting sets: conflicts are added until a cheapest set that hits all of
    them leaves a feasible rest. `cost` per figure; figures without one cost 1. After many
    conflicts figures are taken in one by one, the dearest first, and the answer says so.

    Raises KautilyaError where identities or declared ranges contradict each other.
    """
    figures = published(programme.parts)
    wrong = contradiction(programme)
    if wrong:
        raise KautilyaError(
            wrong[0],
            "these cannot hold together, whatever the figures: " + ", ".join(wrong),
            "correct one of them; nothing is negative",
        )
    weight = np.array([cost.get(f, 1.0) for f in figures])
    block: list[tuple[np.ndarray, float, float]] = []
    crowds = rivals(programme)
    for _ in range(effort(len(figures))[2]):
        chosen = _choose(weight, block, crowds, aside=True)
        assert chosen is not None, "setting every figure aside leaves what can hold"
        rest = [f for f, z in zip(figures, chosen, strict=True) if not z]
        if holds(programme, rest):
            return Aside(tuple(f for f, z in zip(figures, chosen, strict=True) if z))
        new = shrink(programme, rest)
        block.append((np.array([f in new for f in figures], float), 1.0, np.inf))
    kept: list[str] = []
    for figure in sorted(figures, key=lambda f: -cost.get(f, 1.0)):
        if holds(programme, [*kept, figure]):
            kept.append(figure)
    return Aside(tuple(f for f in figures if f not in set(kept)), False)


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


def _choose(
    cost: np.ndarray,
    block: list[tuple[np.ndarray, float, float]],
    crowds: Iterable[Rivals] = (),
    aside: bool = False,
) -> np.ndarray | None:
    """The cheapest 0/1 vector that satisfies every blocking row; None where there is none.

    Of a crowd of rivals those are kept whose intervals hold one chosen point. An entry of one
    keeps a figure, or sets it `aside`.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # slow to load; draws need none
    from scipy.sparse import csr_array

    n = len(cost)
    spans = [crowd.spans() for crowd in crowds]
    total = n + sum(count for *_, count in spans)
    rows = [
        LinearConstraint(csr_array(np.pad(a, (0, total - n))[None, :]), low, high)
        for a, low, high in block
    ]
    at = n
    for crowd, span in zip(crowds, spans, strict=True):
        rows += _one_point(crowd, span, (at, total, -1.0 if aside else 1.0))
        at += span[2]
    whole = np.concatenate([cost, np.zeros(total - n)])
    result = milp(whole, integrality=np.ones(total), bounds=Bounds(0, 1), constraints=rows)
    return None if result.x is None else np.asarray(result.x[:n] > 0.5)


def _one_point(
    crowd: Rivals,
    span: tuple[NDArray[np.intp], NDArray[np.intp], int],
    where: tuple[int, int, float],
) -> list[LinearConstraint]:
    """Variables at .. at + points say whether the chosen point is that one or an earlier one;
    a figure is kept only where the point lies inside its interval."""
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array

    (first, last, points), (at, total, sign) = span, where
    count = len(crowd.members)
    line = np.arange(count)
    later = first > 0
    kept = csr_array(
        (
            np.concatenate([np.full(count, sign), -np.ones(count), np.ones(int(later.sum()))]),
            (
                np.concatenate([line, line, line[later]]),
                np.concatenate([np.array(crowd.members), at + last, at + first[later] - 1]),
            ),
        ),
        shape=(count, total),
    )
    step = np.arange(points - 1)
    rising = csr_array(
        (
            np.concatenate([np.ones(points - 1), -np.ones(points - 1)]),
            (np.concatenate([step, step]), np.concatenate([at + step, at + step + 1])),
        ),
        shape=(points - 1, total),
    )
    end = csr_array(([1.0], ([0], [at + points - 1])), shape=(1, total))
    out = [
        LinearConstraint(kept, -np.inf, 0.0 if sign > 0 else -1.0),
        LinearConstraint(end, 1.0, 1.0),
    ]
    return out + ([LinearConstraint(rising, -np.inf, 0.0)] if points > 1 else [])


def _ordered(found: list[Conflict], figures: tuple[str, ...]) -> tuple[Conflict, ...]:
    place = {f: i for i, f in enumerate(figures)}
    return tuple(sorted(found, key=lambda c: (len(c), sorted(place[f] for f in c))))


class Part(NamedTuple):
    """One group of linked accounts: its programme, the figures set aside to make it feasible."""

    programme: Programme
    accounts: frozenset[str]
    aside: tuple[str, ...]
    cheapest: bool = True


def parts_of(built: Built) -> list[Part]:
    """Programmes of the groups of linked accounts; infeasible ones are mended at least cost."""
    cost = {name: trust(m.figure) for name, m in built.meanings.items()}
    return [part(piece, cost) for piece in components(built.system)]


def part(piece: System, cost: dict[str, float]) -> Part:
    """One group. Its programme holds every row but those of the figures set aside."""
    programme = Programme(piece)
    aside = Aside(()) if programme.feasible() else mend(programme, cost)
    programme.set_free(aside.figures)
    return Part(
        programme,
        frozenset(n.rpartition(".")[0] for n in piece.names),
        aside.figures,
        aside.cheapest,
    )
