"""What the outcomes of a run hold of the answer, found by what they declare, not by their ids.

Usable rounds   a monthly stock of munitions that stand ready, by belligerent
Equipment       the variable `equipped`; else a monthly stock of the line beside its first month
Imports         flows from abroad, by who gets them
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from kautilya.core.world import LINE
from kautilya.report.subject import Subject

BELLIGERENT = "belligerent"


class Holding(NamedTuple):
    """A quantity of one good with one side.

    outcome  id of the outcome; code, good: of the side and the good
    values   [future, time]
    """

    outcome: str
    code: str
    good: str
    values: np.ndarray


def usable_rounds(about: Subject) -> list[Holding]:
    """Munitions in hand, monthly: of each side and good the first outcome that has them."""
    fired = {*about.members("round"), *about.members("munition")}
    declared = [one for one in _monthly(about, "stock") if list(one.stages) == ["ready"]]
    return _firsts(about, declared, fired)


def line_equipment(about: Subject) -> list[Holding]:
    """Equipment with the forces, monthly, of all stages of the line together."""
    declared = [one for one in _monthly(about, "stock") if set(one.stages) == set(LINE)]
    return _firsts(about, declared, set(about.members("equipment")))


def variable(about: Subject, name: str, every: str = "month") -> Any:
    """The monthly or yearly outcome of a variable of the laws, whatever its id; None without one."""
    for one in _declared(about, "variable", every):
        if one.name == name:
            return about.data[one.id]
    return None


def flow(about: Subject, law: str, every: str = "month", **ends: str) -> list[Any]:
    """The outcomes that are flows of a law with these ends (from_, to, good, to_stage ...)."""

    def fits(one: Any) -> bool:
        return one.law == law and all(getattr(one, key) == end for key, end in ends.items())

    return [about.data[one.id] for one in _declared(about, "flow", every) if fits(one)]


def going_on(about: Subject, time: str) -> np.ndarray | None:
    """Whether the war goes on [future, month or year]; None where no law ends it.

    A war of n months fills the first n months of the run; without that number the year counts
    whose end it sees.
    """
    months = variable(about, "war_months", "year")
    left = variable(about, "at_war", "year")
    if months is None or left is None or "month" not in about.data.coords:
        return None
    so_far, on = (a.transpose("future", "year").values for a in (months, left))
    last = np.where(on[:, -1] > 0, len(about.months), so_far[:, -1])
    inside = np.arange(len(about.months))[None, :] < last[:, None]
    if time == "month":
        return inside
    first = [about.months.index(m) for m in _firsts_of_years(about.months)]
    return inside[:, first]


def years_of(about: Subject) -> list[str]:
    """The years of the run, where any outcome is yearly."""
    return [str(y) for y in about.data["year"].values] if "year" in about.data.coords else []


def _firsts_of_years(months: list[str]) -> list[str]:
    return [m for i, m in enumerate(months) if not i or m[:4] != months[i - 1][:4]]


def imports(about: Subject) -> list[Holding]:
    """What comes from abroad, of each who gets it and each good, as the run's outcomes have it."""
    flows = [
        one
        for one in about.scenario.outcomes
        if one.kind == "flow"
        and one.from_ == "abroad"
        and one.id in about.data
        and one.reduce in (None, "sum")
    ]
    found: dict[tuple[str, str], Holding] = {}
    for one in flows:
        for held in _cells(about, one, one.to):
            found.setdefault((held.code, held.good), held)
    return list(found.values())


def _monthly(about: Subject, kind: str) -> list[Any]:
    return _declared(about, kind, "month")


def _declared(about: Subject, kind: str, every: str) -> list[Any]:
    return [
        one
        for one in about.scenario.outcomes
        if one.kind == kind
        and one.every == every
        and one.id in about.data
        and every in about.data[one.id].dims
    ]


def _firsts(about: Subject, declared: list[Any], goods: set[str]) -> list[Holding]:
    found: dict[tuple[str, str], Holding] = {}
    for one in declared:
        for held in _cells(about, one, one.holder or BELLIGERENT):
            if held.good in goods and held.code in about.members(BELLIGERENT):
                found.setdefault((held.code, held.good), held)
    return list(found.values())


def _cells(about: Subject, outcome: Any, who: str) -> Iterator[Holding]:
    """Cells by actor and good of an outcome that has no other dims.

    who  the dim of the actors, or the code of the one actor whom the outcome is about
    """
    array = about.data[outcome.id]
    time = next((str(d) for d in array.dims if d in ("month", "year")), "")
    dims = [str(d) for d in array.dims if d not in ("future", time)]
    sides = [d for d in dims if d == who]
    goods = [d for d in dims if d != who and _axis(about, d) == "good"]
    if not time or len(sides) + len(goods) < len(dims) or len(goods) > 1:
        return
    if not goods and outcome.good not in about.scenario.units:
        return
    if not sides and who not in about.scenario.codes:
        return
    for code in map(str, array[who].values) if sides else [who]:
        for good in map(str, array[goods[0]].values) if goods else [outcome.good]:
            cell = {**{d: code for d in sides}, **{d: good for d in goods}}
            yield Holding(outcome.id, code, good, array.sel(cell).transpose("future", time).values)


def _axis(about: Subject, name: str) -> str:
    found = about.scenario.sets.get(name)
    return "good" if name == "good" else found.axis if found else ""
