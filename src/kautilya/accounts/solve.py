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

from kautilya.accounts.expr import Linear
from kautilya.accounts.model import Floats, System, vector

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
