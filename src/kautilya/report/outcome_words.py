"""What declared outcomes say in sentences, for a scenario of any kind.

An amount is added up over the run, anything else is told at its end; a stock with how often it
falls under half of its first value. Nothing here knows an outcome by its name.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from kautilya.report.subject import Subject
from kautilya.runs.summary import share, spread
from kautilya.scenario.lawcheck import paced
from kautilya.scenario.outcomes import nature_of
from kautilya.wording import chance, interval, listed, unit

MOST, CELLS = 3, 4  # outcomes that are told, and cells of each
TIMES = ("month", "year")
ENDS = "at the end of"


class Cell(NamedTuple):
    """One cell of an outcome: words for its labels, values [future, time]."""

    name: str
    values: np.ndarray


def told(about: Subject) -> list[str]:
    """Sentences on the first declared outcomes, two for each at most; [] where a run has none."""
    laws = [paced(law, about.scenario.head.step) for law in about.laws]
    written = {var.name: var for law in laws for var in law.writes}
    out: list[str] = []
    kept = [one for one in about.scenario.outcomes if one.id in about.data]
    for one in kept[:MOST]:
        axis = next((t for t in TIMES if t in about.data[one.id].dims), "")
        found = _cells(about, one, axis) if axis else []
        if found:
            amount = nature_of(one, written) == "amount"
            given = written[one.name].unit if one.kind == "variable" else "{good}"
            out += _sums(about, one, given, found) if amount else _ends(about, one, given, found)
    return out


def _cells(about: Subject, outcome: Any, axis: str) -> list[Cell]:
    """The cells with the largest medians, in the order of their labels."""
    array = about.data[outcome.id]
    dims = [str(d) for d in array.dims if d not in ("future", axis)]
    found = []
    for labels in product(*(map(str, array[d].values) for d in dims)):
        values = array.sel(dict(zip(dims, labels, strict=True))).transpose("future", axis).values
        found.append(Cell(", ".join(map(about.name, labels)), np.asarray(values, dtype=float)))
    size = {one.name: float(np.abs(np.median(one.values, axis=0)).max()) for one in found}
    large = sorted((n for n in size if size[n] > 0), key=lambda name: -size[name])[:CELLS]
    return [one for one in found if one.name in large]


def _counted(about: Subject, outcome: Any, given: str, amount: bool) -> str:
    """The unit in brackets; "" for pieces and pure numbers."""
    goods = set(about.scenario.units.values())
    good = about.scenario.units.get(outcome.good) or (goods.pop() if len(goods) == 1 else "")
    text = given.replace("{good}", good)
    if amount:
        text = text.removesuffix(f"/{about.scenario.head.step}")
    said = unit(text) if text not in ("", "1") and not text.startswith("/") else ""
    return f" ({said})" if said else ""


def _sums(about: Subject, outcome: Any, given: str, found: list[Cell]) -> list[str]:
    parts = []
    for one in found:
        total = spread(one.values.sum(axis=1))
        parts.append(f"{one.name or 'all'} {interval(total.low, total.median, total.high)}")
    counted = _counted(about, outcome, given, amount=True)
    return [
        f"{_name(outcome)}{counted}, {about.months[0]} to {about.months[-1]}, added up, median and "
        f"5 to 95 %: {listed(parts)}"
    ]


def _ends(about: Subject, outcome: Any, given: str, found: list[Cell]) -> list[str]:
    parts, halved = [], []
    for one in found:
        end = spread(one.values[:, -1])
        parts.append(f"{one.name or 'all'} {interval(end.low, end.median, end.high)}")
        low = (one.values < 0.5 * one.values[:, :1]).any(axis=1)
        halved.append(f"{one.name or 'all'} in {chance(*share(low))}")
    counted = _counted(about, outcome, given, amount=False)
    when = about.months[-1] if outcome.every == "month" else about.months[-1][:4]
    said = [f"{_name(outcome)}{counted} {ENDS} {when}, median and 5 to 95 %: {listed(parts)}"]
    if outcome.kind == "stock":
        word = f"{_name(outcome)} at some time under half of the first value"
        said.append(f"{word}: {listed(halved)} of futures")
    return said


def _name(outcome: Any) -> str:
    said = outcome.says.partition(";")[0].strip()
    return said[:1].upper() + said[1:]
