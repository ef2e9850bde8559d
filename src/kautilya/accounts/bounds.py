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
from collections.abc import Iterable
from typing import NamedTuple

import highspy
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from kautilya.accounts.build import Built, Meaning
from kautilya.accounts.figures import Figure
from kautilya.accounts.linear import Floats, Linear, System, components, published, vector

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

    def bound(self, form: Linear) -> Bound | None:
        """Least and largest value of a form over the system; None where nothing is feasible."""
        cost = vector(self.parts, form) * self.width
        low = self._extreme(cost)
        if low is None:
            return None
        high = self._extreme(-cost)
        assert high is not None
        return Bound(low[0] + form.constant, form.constant - high[0], low[1], high[1],
                     max(low[2], high[2]))

    def least(self, form: Linear) -> float | None:
        """Least value of a form; None where nothing is feasible."""
        found = self._extreme(vector(self.parts, form) * self.width)
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
        value = float(cost @ point) / scale
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
                vector(programme.parts, above.times(sign).plus(below, -value)) * programme.width)
            assert found is not None
            point = found[1]
            new = sign * _at(programme.parts, above, point) / _at(programme.parts, below, point)
            if abs(new - value) <= 1e-12 * max(1.0, abs(new)):
                break
            value = new
        ends.append(sign * value)
    return ends[0], ends[1]


def _at(parts: System, form: Linear, point: Floats) -> float:
    return float(vector(parts, form) @ point) + form.constant


def _dual_value(dual: Floats, low: Floats, high: Floats) -> float:
    """Sum of dual times the bound it pushes against."""
    bound = np.where(dual > 0, low, high)
    used = np.abs(dual) > 0
    return float(dual[used] @ np.where(np.isfinite(bound[used]), bound[used], 0.0))


def _widths(parts: System) -> Floats:
    """Scale of each column: the width of its box, or the largest bound of rows that touch it."""
    width = parts.box_high - parts.box_low
    ends = np.concatenate([parts.row_low, parts.row_high])
    largest = float(np.abs(ends[np.isfinite(ends)]).max(initial=1.0))
    return np.where(np.isfinite(width) & (width > 0), width, max(largest, 1e-12))


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
