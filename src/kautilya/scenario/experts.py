r"""Experts' quantiles as the range of a figure: rows of experts.csv, pooled.

    F(x) = sum_e w_e F_e(x)         linear opinion pool; w equal, or as declared
    F_e     straight lines between an expert's quantiles and the ends of the intrinsic range
    ends    least and largest quantile of all experts, a tenth of their distance beyond; not below 0
            where no expert gives less

Why this pool and not the mean of quantiles: two experts who are sure and disagree leave both their answers in
a linear pool, and a mean of quantiles leaves one between them that neither gave, as sure as either. It is
sharper, and often better calibrated where experts are too unsure of themselves; here disagreement is kept.
Source: stone1961 (pool), cooke1991 (straight lines, intrinsic range of a tenth), lichtendahl2013 (the mean of
quantiles, the rival).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel

from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.schema import Expert, Quantity
from kautilya.wording import many

FILE, QUANTITIES, KIND = "experts.csv", "quantities.csv", "experts"
LEVELS = {"p05": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
NAMED = 3  # experts named in a note
BEYOND = 0.1  # of the distance of the ends, cooke1991
Points = tuple[tuple[float, float], ...]  # (cumulative probability, value), both rising
Rows = Mapping[str, tuple[BaseModel, ...]]


class Pool(NamedTuple):
    """The pooled distribution of a figure, and what each expert said.

    points   of the pooled distribution; between: share of its variance that is disagreement
    each     (name, weight, median, 5 %, 95 %)
    """

    points: Points
    between: float
    each: tuple[tuple[str, float, float, float, float], ...]

    def at(self, level: float) -> float:
        """The pooled quantile."""
        p, x = np.array(self.points).T
        return float(np.interp(level, p, x))

    def says(self) -> str:
        """One line: the experts apart, and how much of the spread is disagreement."""
        weights = {round(one[1], 9) for one in self.each}
        said = []
        for name, weight, median, low, high in self.each[:NAMED]:
            counts = f", weight {weight:.2g}" if len(weights) > 1 else ""
            said.append(f"{name} {median:.4g} ({low:.4g} to {high:.4g}{counts})")
        share = f"{100 * self.between:.0f} % of the variance is disagreement"
        count = len(self.each)
        said += [f"and {count - NAMED} more"] if count > NAMED else []
        return f"pooled of {many(count, 'expert')}: {'; '.join(said)}; {share}"


def given(row: Expert) -> list[tuple[float, float]]:
    """(level, value) of the quantiles that an expert gives."""
    cells = {level: getattr(row, name) for name, level in LEVELS.items()}
    return [(level, value) for level, value in cells.items() if value is not None]


def pooled(rows: Sequence[Expert]) -> Pool:
    """The linear pool of experts on one figure; each has two rising quantiles or more."""
    asked = [given(row) for row in rows]
    values = [value for one in asked for _, value in one]
    low, high = min(values), max(values)
    beyond = BEYOND * (high - low)
    ends = (max(low - beyond, 0.0) if low >= 0 else low - beyond, high + beyond)
    weight = np.array([1.0 if row.weight is None else row.weight for row in rows])
    weight = weight / weight.sum()
    own = [np.array([(0.0, ends[0]), *one, (1.0, ends[1])]).T for one in asked]
    x = np.unique(np.concatenate([one[1] for one in own]))
    p = sum(w * np.interp(x, one[1], one[0]) for w, one in zip(weight, own, strict=True))
    moments = np.array([_moments(*one) for one in own])
    mean = weight @ moments[:, 0]
    whole = weight @ (moments[:, 1] + moments[:, 0] ** 2) - mean**2
    apart = weight @ (moments[:, 0] - mean) ** 2
    each = tuple(
        (
            row.expert,
            float(w),
            float(np.interp(0.5, *one)),
            float(np.interp(0.05, *one)),
            float(np.interp(0.95, *one)),
        )
        for row, w, one in zip(rows, weight, own, strict=True)
    )
    points = tuple(zip(np.asarray(p).tolist(), x.tolist(), strict=True))
    return Pool(points, float(apart / whole) if whole > 0 else 0.0, each)


def _moments(p: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """Mean and variance of a distribution that is uniform between points."""
    mass, middle = np.diff(p), 0.5 * (x[1:] + x[:-1])
    mean = float(mass @ middle)
    second = float(mass @ (middle**2 + np.diff(x) ** 2 / 12.0))
    return mean, second - mean**2


def pools(tables: Rows) -> dict[str, Pool]:
    """Pools by id of the figure, of rows that can be pooled."""
    by: dict[str, list[Expert]] = {}
    for row in tables.get(FILE, ()):
        if isinstance(row, Expert) and not wrong(row):
            by.setdefault(row.id, []).append(row)
    return {name: pooled(rows) for name, rows in by.items()}


def filled(tables: Rows) -> dict[str, tuple[BaseModel, ...]]:
    """The tables with ranges of figures of distribution `experts` filled in, and who said what noted."""
    found = pools(tables)
    out = dict(tables)
    if found:
        out[QUANTITIES] = tuple(_row(one, found) for one in tables.get(QUANTITIES, ()))
    return out


def _row(row: BaseModel, found: Mapping[str, Pool]) -> BaseModel:
    if not isinstance(row, Quantity) or row.distribution != KIND or row.id not in found:
        return row
    pool = found[row.id]
    ends = {"low": pool.at(0.05), "central": pool.at(0.5), "high": pool.at(0.95)}
    note = "; ".join(filter(None, (row.note, pool.says())))
    return row.model_copy(update={**ends, "note": note})


def wrong(row: Expert) -> list[tuple[str, str, str]]:
    """What is wrong with one row: quantiles that do not rise, too few, a weight that is none."""
    told = given(row)
    out = []
    if len(told) < 2:
        found = many(len(told), "quantile")
        out.append(("p50", found, f"Give two or more of {', '.join(LEVELS)}"))
    for (level, value), (other, higher) in zip(told, told[1:], strict=False):
        if higher <= value:
            found = f"the {100 * other:.0f} % quantile {higher:g} is not above the {100 * level:.0f} % one, {value:g}"
            out.append(
                (f"p{100 * other:02.0f}", found, "Quantiles rise with their level; mend one")
            )
    if row.weight is not None and row.weight <= 0:
        out.append(("weight", f"a weight of {row.weight:g}", "Give a weight above 0, or none"))
    return out


def mistakes(tables: Rows, lines: Mapping[str, Sequence[int]]) -> Iterator[Mistake]:
    """Between experts.csv and quantities.csv."""
    wanted = {
        row.id: row
        for row in tables.get(QUANTITIES, ())
        if isinstance(row, Quantity) and row.distribution == KIND
    }
    at = {
        row.id: n
        for n, row in zip(lines.get(QUANTITIES, ()), tables.get(QUANTITIES, ()), strict=False)
        if isinstance(row, Quantity)
    }
    rows = [
        (line, row)
        for line, row in zip(lines.get(FILE, ()), tables.get(FILE, ()), strict=False)
        if isinstance(row, Expert)
    ]
    for line, row in rows:
        if row.id not in wanted:
            found = f"{shown(row.id)} is no figure of distribution {KIND}"
            remedy = f"Write {KIND} in its row of {QUANTITIES}, or: {near(row.id, wanted)}"
            yield Mistake(FILE, line, "id", found, remedy)
        elif row.unit != wanted[row.id].unit:
            found = f"unit {shown(row.unit)}, and the figure is in {shown(wanted[row.id].unit)}"
            yield Mistake(FILE, line, "unit", found, "Give it in the unit of the figure")
    weighed: dict[str, set[bool]] = {}
    for _, row in rows:
        weighed.setdefault(row.id, set()).add(row.weight is None)
    for line, row in rows:
        if len(weighed[row.id]) > 1 and row.weight is None:
            found = f"no weight for {shown(row.expert)}, though others have one"
            yield Mistake(FILE, line, "weight", found, "Weigh all experts of a figure, or none")
    for name in sorted(set(wanted) - {row.id for _, row in rows}):
        found = f"no expert says anything about {shown(name)}"
        yield Mistake(QUANTITIES, at.get(name, 0), "distribution", found, f"Add rows to {FILE}")
