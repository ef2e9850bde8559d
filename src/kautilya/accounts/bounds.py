"""Bounds by linear programming (HiGHS), each with its dual certificate.

Columns are scaled by the width of their box and rows by their largest coefficient, so that
tanks and rounds meet the same tolerances. The objective is changed and the last basis kept,
so a second bound costs a few pivots (huangfu2018).

Which published figures cannot all be true: a conflict is a set of figures that no accounts
satisfy, while every proper subset can hold. One is found by the deletion filter, started from a
certificate of infeasibility (chinneck1991); all are enumerated by exploring the largest untried
sets (liffiton2016).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from kautilya.accounts.build import Built, Meaning
from kautilya.accounts.figures import trust
from kautilya.accounts.linear import Floats, Linear, System, components, published, vector
from kautilya.errors import KautilyaError

TOLERANCE = 1e-9
_Status = highspy.HighsModelStatus


class Bound(NamedTuple):
    """The least and the largest value of a form, the points that reach them, the duality gap."""

    low: float
    high: float
    at_low: Floats
    at_high: Floats
    gap: float


class Programme:
    """One system loaded into HiGHS; rows of an owner can be freed and set again."""

    def __init__(self, parts: System) -> None:
        self.parts = parts
        self.width = _widths(parts)
        scaled = parts.matrix * self.width
        self.size = np.maximum(np.abs(scaled).max(axis=1, initial=0.0), 1e-300)
        self.rows = scaled / self.size[:, None]
        self.low, self.high = parts.row_low / self.size, parts.row_high / self.size
        self.box = parts.box_low / self.width, parts.box_high / self.width
        self.solver = _load(self.rows, (self.low, self.high), self.box)
        self.free: set[str] = set()
        self.place = {name: j for j, name in enumerate(parts.names)}

    def set_free(self, owners: Iterable[str]) -> None:
        """Free exactly the rows of `owners`, and hold all others."""
        wanted = set(owners)
        for i, owner in enumerate(self.parts.owner):
            if (owner in wanted) != (owner in self.free):
                bounds = (-math.inf, math.inf) if owner in wanted else (self.low[i], self.high[i])
                self.solver.changeRowBounds(i, *bounds)
        self.free = wanted

    def feasible(self) -> bool:
        """Whether some point satisfies every row that is held."""
        return self._run(np.zeros(len(self.width)))[0] != _Status.kInfeasible

    def guilty(self) -> set[str]:
        """Owners with weight in a certificate of infeasibility; every owner where there is none."""
        _, exists, ray = self.solver.getDualRay()  # type: ignore[attr-defined]
        values = np.abs(np.atleast_1d(np.asarray(ray, float)))
        if not exists or len(values) != len(self.parts.owner) or not values.any():
            return set(self.parts.owner)
        heavy = values > 1e-9 * values.max()
        return {o for o, h in zip(self.parts.owner, heavy, strict=True) if h}

    def cost(self, form: Linear) -> Floats:
        """Coefficients [n] of a form over the scaled columns; KeyError for unknown names."""
        out = np.zeros(len(self.width))
        for name, value in form.coefs.items():
            out[self.place[name]] += value
        return out * self.width

    def bound(self, form: Linear) -> Bound | None:
        """Least and largest value of a form over the system; None where nothing is feasible."""
        cost = self.cost(form)
        low, high = self._extreme(cost), self._extreme(-cost)
        if low is None or high is None:
            self.solver.clearSolver()   # a basis carried along may have gone stale
            low, high = self._extreme(cost), self._extreme(-cost)
        if low is None or high is None:
            return None
        ends = [low[0] + form.constant, form.constant - high[0]]
        least = TOLERANCE * float(np.abs(cost).max(initial=0.0))
        ends = [0.0 if abs(end) <= least else end for end in ends]  # no -3.7e-09 of 32,900,000
        return Bound(ends[0], ends[1], low[1], high[1], max(low[2], high[2]))

    def corner(self, cost: Floats) -> Floats:
        """The point [n] where a cost [n] over the scaled columns is least."""
        found = self._extreme(cost)
        assert found is not None, "the programme is feasible"
        return found[1]

    def sure(self, form: Linear) -> Bound:
        """`bound` of a programme that was found feasible before. Raises KautilyaError where
        figures miss each other by less than the arithmetic can tell."""
        found = self.bound(form)
        if found is None:
            raise KautilyaError("accounts", "figures meet or miss each other by less than a "
                                "billionth", "give ranges, or fewer digits")
        return found

    def least(self, form: Linear) -> float | None:
        """Least value of a form; None where nothing is feasible."""
        found = self._extreme(self.cost(form))
        return None if found is None else found[0] + form.constant

    def _extreme(self, cost: Floats) -> tuple[float, Floats, float] | None:
        scale = float(np.abs(cost).max(initial=0.0)) or 1.0
        status, point, dual_value = self._run(cost / scale)
        if status == _Status.kInfeasible:
            return None
        if status in (_Status.kUnbounded, _Status.kUnboundedOrInfeasible):
            if not self.feasible():
                return None
            return -math.inf, np.full(len(cost), math.nan), 0.0
        value = dot(cost, point) / scale
        gap = abs(value - dual_value) / max(1.0, abs(value))
        return value * scale, point * self.width, gap

    def _run(self, cost: Floats) -> tuple[object, Floats, float]:
        count = len(cost)
        self.solver.changeColsCost(count, np.arange(count, dtype=np.int32), cost)
        self.solver.run()
        status = self.solver.getModelStatus()
        if status not in (_Status.kOptimal, _Status.kInfeasible, _Status.kUnbounded,
                          _Status.kUnboundedOrInfeasible):
            self.solver.clearSolver()
            self.solver.run()
            status = self.solver.getModelStatus()
        solution = self.solver.getSolution()
        if status != _Status.kOptimal:
            return status, np.zeros(count), 0.0
        row_dual, column_dual = np.array(solution.row_dual), np.array(solution.col_dual)
        held = np.array([o not in self.free for o in self.parts.owner], bool)
        dual = (_dual_value(row_dual[held], self.low[held], self.high[held])
                + _dual_value(column_dual, *self.box))
        return status, np.array(solution.col_value), dual


def ratio(programme: Programme, above: Linear, below: Linear) -> tuple[float, float] | None:
    """Bounds of above/below by Dinkelbach's iteration over LPs; `below` must stay positive.

    Returns None where nothing is feasible; an end is infinite where `below` can vanish.
    Source: dinkelbach1967.
    """
    floor = programme.least(below)
    if floor is None:
        return None
    if floor <= TOLERANCE * max(1.0, abs(floor)):
        top = programme.bound(above)
        return (0.0 if top and top.low >= 0 else -math.inf), math.inf
    ends = []
    for sign in (1.0, -1.0):
        value = 0.0
        for _ in range(100):
            found = programme._extreme(
                programme.cost(above.times(sign).plus(below, -value)))
            assert found is not None
            point = found[1]
            new = sign * _at(programme.parts, above, point) / _at(programme.parts, below, point)
            if abs(new - value) <= 1e-12 * max(1.0, abs(new)):
                break
            value = new
        ends.append(sign * value)
    return ends[0], ends[1]


def _at(parts: System, form: Linear, point: Floats) -> float:
    return dot(vector(parts, form), point) + form.constant


def dot(left: Floats, right: Floats) -> float:
    """Sum of products, rounded once: the same on every processor."""
    return math.fsum((left * right).tolist())


def _dual_value(dual: Floats, low: Floats, high: Floats) -> float:
    """Sum of dual times the bound it pushes against."""
    bound = np.where(dual > 0, low, high)
    used = np.abs(dual) > 0
    return dot(dual[used], np.where(np.isfinite(bound[used]), bound[used], 0.0))


def _widths(parts: System) -> Floats:
    """Scale of each column: the width of its box; for one without a ceiling, the size that the
    rows about it tell."""
    width = parts.box_high - parts.box_low
    boxed = np.isfinite(width) & (width > 0)
    sizes = np.where(boxed, width, 0.0)
    if boxed.all():
        return sizes
    ends = np.abs(np.stack([parts.row_low, parts.row_high]))
    tops = np.where(np.isfinite(ends), ends, 0.0).max(axis=0)
    weights = np.abs(parts.matrix)
    alone = (weights > 0).sum(axis=1) == 1
    for line, top in zip(weights[alone], tops[alone], strict=True):
        j = int(line.argmax())
        sizes[j] = sizes[j] if boxed[j] else max(sizes[j], top / line[j])
    for _ in range(len(sizes)):
        unknown = sizes == 0.0
        reach = np.maximum(tops, (weights * sizes).max(axis=1, initial=0.0))
        told = np.divide(reach[:, None], weights, where=weights > 0,
                         out=np.zeros_like(weights)).max(axis=0, initial=0.0)
        if not (unknown & (told > 0.0)).any():
            break
        sizes = np.where(unknown, told, sizes)
    return np.where(sizes > 0.0, sizes, max(float(sizes.max(initial=0.0)), 1.0))


APART = 1e9             # amounts further apart than this cannot be told in one sum


def lost_in(programme: Programme, name: str, high: float) -> bool:
    """Whether a name is worked out from amounts a billion times its size, and from nothing else."""
    parts, j = programme.parts, programme.place[name]
    alone = (np.abs(parts.matrix) > 0).sum(axis=1) == 1
    said = bool((parts.matrix[alone, j] != 0).any())
    return not said and math.isfinite(high) and high <= programme.width[j] / APART * 1e3


def scattered(parts: System) -> list[tuple[str, str, str, float]]:
    """(owner, largest, smallest, factor) of the rows whose terms differ by more than APART."""
    width = _widths(parts)
    out = []
    for owner, line in zip(parts.owner, np.abs(parts.matrix) * width, strict=True):
        there = np.flatnonzero(line)
        big, small = there[line[there].argmax()], there[line[there].argmin()]
        if line[big] > APART * line[small]:
            out.append((owner, parts.names[big], parts.names[small],
                        float(line[big] / line[small])))
    return out


def _load(rows: Floats, bounds: tuple[Floats, Floats],
          box: tuple[Floats, Floats]) -> highspy.Highs:
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = rows.shape
    model.col_cost_ = np.zeros(rows.shape[1])
    model.col_lower_, model.col_upper_ = box
    model.row_lower_, model.row_upper_ = bounds
    index = [np.flatnonzero(line) for line in rows]
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(i) for i in index])]).astype(
        np.int32)
    model.a_matrix_.index_ = np.concatenate([*index, []]).astype(np.int32)
    model.a_matrix_.value_ = np.concatenate([*(line[i] for line, i in zip(rows, index,
                                                                           strict=True)), []])
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("presolve", "off"),
                          ("primal_feasibility_tolerance", TOLERANCE),
                          ("dual_feasibility_tolerance", TOLERANCE)):
        solver.setOptionValue(option, value)
    solver.passModel(model)
    return solver


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
        return (np.searchsorted(at, self.low),
                np.searchsorted(at, self.high + slack, side="right") - 1, len(at))


CROWD = 12              # from so many rivals on they are weighed together, not pair by pair
MANY = 150              # from so many linked figures on a search is cut short, and says so
EFFORT = {              # figures: conflicts listed, sets tried, conflicts met before a mend is
    MANY: (200, 2000, 300),     # no more searched for as the cheapest
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
    for line, low, high, owner in zip(parts.matrix, parts.row_low, parts.row_high, parts.owner,
                                      strict=True):
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


def _between_rivals(programme: Programme, crowds: list[Rivals], most: int
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
        apart = np.triu((crowd.low[:, None] > crowd.high + slip)
                        | (crowd.high[:, None] < crowd.low - slip), 1)
        apart &= ~alone[:, None] & ~alone[None, :]
        names = [figures[member] for member in crowd.members]
        found += [frozenset([names[i]]) for i in np.flatnonzero(alone)]
        pairs = np.argwhere(apart)
        if len(pairs) > most:
            said.append(f"{len(crowd.members)} figures are about {' + '.join(crowd.form.coefs)}: "
                        f"{len(pairs):,} pairs of them exclude each other, {most} are listed")
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
        raise KautilyaError(wrong[0], "these cannot hold together, whatever the figures: "
                            + ", ".join(wrong), "correct one of them; nothing is negative")
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


def _choose(cost: np.ndarray, block: list[tuple[np.ndarray, float, float]],
            crowds: Iterable[Rivals] = (), aside: bool = False) -> np.ndarray | None:
    """The cheapest 0/1 vector that satisfies every blocking row; None where there is none.

    Of a crowd of rivals those are kept whose intervals hold one chosen point. An entry of one
    keeps a figure, or sets it `aside`.
    """
    n = len(cost)
    spans = [crowd.spans() for crowd in crowds]
    total = n + sum(count for *_, count in spans)
    rows = [LinearConstraint(csr_array(np.pad(a, (0, total - n))[None, :]), low, high)
            for a, low, high in block]
    at = n
    for crowd, span in zip(crowds, spans, strict=True):
        rows += _one_point(crowd, span, (at, total, -1.0 if aside else 1.0))
        at += span[2]
    whole = np.concatenate([cost, np.zeros(total - n)])
    result = milp(whole, integrality=np.ones(total), bounds=Bounds(0, 1), constraints=rows)
    return None if result.x is None else np.asarray(result.x[:n] > 0.5)


def _one_point(crowd: Rivals, span: tuple[NDArray[np.intp], NDArray[np.intp], int],
               where: tuple[int, int, float]) -> list[LinearConstraint]:
    """Variables at .. at + points say whether the chosen point is that one or an earlier one;
    a figure is kept only where the point lies inside its interval."""
    (first, last, points), (at, total, sign) = span, where
    count = len(crowd.members)
    line = np.arange(count)
    later = first > 0
    kept = csr_array(
        (np.concatenate([np.full(count, sign), -np.ones(count), np.ones(int(later.sum()))]),
         (np.concatenate([line, line, line[later]]),
          np.concatenate([np.array(crowd.members), at + last, at + first[later] - 1]))),
        shape=(count, total))
    step = np.arange(points - 1)
    rising = csr_array((np.concatenate([np.ones(points - 1), -np.ones(points - 1)]),
                        (np.concatenate([step, step]),
                         np.concatenate([at + step, at + step + 1]))),
                       shape=(points - 1, total))
    end = csr_array(([1.0], ([0], [at + points - 1])), shape=(1, total))
    out = [LinearConstraint(kept, -np.inf, 0.0 if sign > 0 else -1.0),
           LinearConstraint(end, 1.0, 1.0)]
    return out + ([LinearConstraint(rising, -np.inf, 0.0)] if points > 1 else [])


def _ordered(found: list[Conflict], figures: tuple[str, ...]) -> tuple[Conflict, ...]:
    place = {f: i for i, f in enumerate(figures)}
    return tuple(sorted(found, key=lambda c: (len(c), sorted(place[f] for f in c))))


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
    return Part(programme, frozenset(n.rpartition(".")[0] for n in piece.names), aside.figures,
                aside.cheapest)


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
