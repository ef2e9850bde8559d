"""Bounds by linear programming (HiGHS), each with its dual certificate.

Columns are scaled by the width of their box and rows by their largest coefficient, so that
tanks and rounds meet the same tolerances. The objective is changed and the last basis kept,
so a second bound costs a few pivots (huangfu2018).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import highspy
import numpy as np

from kautilya.accounts.build import Meaning
from kautilya.accounts.linear import Floats, Linear, System, vector
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
            self.solver.clearSolver()  # a basis carried along may have gone stale
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
            raise KautilyaError(
                "accounts",
                "figures meet or miss each other by less than a billionth",
                "give ranges, or fewer digits",
            )
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
        if status not in (
            _Status.kOptimal,
            _Status.kInfeasible,
            _Status.kUnbounded,
            _Status.kUnboundedOrInfeasible,
        ):
            self.solver.clearSolver()
            self.solver.run()
            status = self.solver.getModelStatus()
        solution = self.solver.getSolution()
        if status != _Status.kOptimal:
            return status, np.zeros(count), 0.0
        row_dual, column_dual = np.array(solution.row_dual), np.array(solution.col_dual)
        held = np.array([o not in self.free for o in self.parts.owner], bool)
        dual = _dual_value(row_dual[held], self.low[held], self.high[held]) + _dual_value(
            column_dual, *self.box
        )
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
            found = programme._extreme(programme.cost(above.times(sign).plus(below, -value)))
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
        told = np.divide(
            reach[:, None], weights, where=weights > 0, out=np.zeros_like(weights)
        ).max(axis=0, initial=0.0)
        if not (unknown & (told > 0.0)).any():
            break
        sizes = np.where(unknown, told, sizes)
    return np.where(sizes > 0.0, sizes, max(float(sizes.max(initial=0.0)), 1.0))


APART = 1e9  # amounts further apart than this cannot be told in one sum


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
            out.append(
                (owner, parts.names[big], parts.names[small], float(line[big] / line[small]))
            )
    return out


def _load(rows: Floats, bounds: tuple[Floats, Floats], box: tuple[Floats, Floats]) -> highspy.Highs:
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = rows.shape
    model.col_cost_ = np.zeros(rows.shape[1])
    model.col_lower_, model.col_upper_ = box
    model.row_lower_, model.row_upper_ = bounds
    index = [np.flatnonzero(line) for line in rows]
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(i) for i in index])]).astype(
        np.int32
    )
    model.a_matrix_.index_ = np.concatenate([*index, []]).astype(np.int32)
    model.a_matrix_.value_ = np.concatenate(
        [*(line[i] for line, i in zip(rows, index, strict=True)), []]
    )
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("presolve", "off"),
        ("primal_feasibility_tolerance", TOLERANCE),
        ("dual_feasibility_tolerance", TOLERANCE),
    ):
        solver.setOptionValue(option, value)
    solver.passModel(model)
    return solver


class Implied(NamedTuple):
    """Bounds of a figure in its own unit, and the largest duality gap met."""

    low: float
    high: float
    gap: float


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
