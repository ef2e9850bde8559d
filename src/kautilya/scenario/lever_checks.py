"""What can be wrong with levers, found without a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kautilya.scenario import units
from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.targets import OPENING, Target, covered, good_of, place
from kautilya.scenario.toml_text import line_of


def mistakes(scn: Scenario, params: Mapping[str, Target], goods: Iterable[str]
             ) -> Iterator[Mistake]:
    """Everything in the levers that matches nothing or does not convert; goods: units known."""
    goods = tuple(goods)
    for i, lever in enumerate(scn.levers):
        for j, change in enumerate(lever.set):
            for key, found, remedy in _wrong(scn, change, params, goods):
                line = line_of(scn.where, ("lever", i, "set", j, key))
                yield Mistake("scenario.toml", line, f"lever.set.{key}",
                              f"{found} (lever '{lever.id}')", remedy)


def _wrong(scn: Scenario, change: Any, params: Mapping[str, Target], goods: tuple[str, ...]
           ) -> Iterator[tuple[str, str, str]]:
    if (change.value is None) == (change.factor is None):
        yield "value", "a change needs either value or factor", "Give one of the two"
    if change.parameter not in params:
        yield ("parameter", f"{shown(change.parameter)} matches no parameter of a law",
               near(change.parameter, params))
        return
    target = params[change.parameter]
    selector, wrong = place(target, change)
    yield from wrong
    if change.stage and target.name != OPENING:
        yield "stage", f"'stage' is given for {target.name}", "Only opening.stock has stages"
    if not wrong and not covered(target, selector):
        yield "parameter", f"the lever matches nothing in {target.name}", "Name labels that exist"
    if change.from_ and not target.path:
        yield "from", f"a month for {target.name}, which does not change in time", "Leave it out"
    if target.name == OPENING and min(change.value or 0.0, change.factor or 0.0) < 0:
        yield "value", "a negative stock", "Give 0 or more"
    if change.unit and not wrong:
        try:
            for k in covered(target, selector):
                into_unit(scn, target, k, change.unit, goods)
        except units.UnitMistake as error:
            yield "unit", error.found, error.remedy


def into_unit(scn: Scenario, target: Target, element: int, unit: str, goods: tuple[str, ...]
              ) -> float:
    """Factor from a unit to the law's, for one element of a parameter."""
    good = scn.units.get(good_of(target, target.elements[element]), "1")
    return units.factor(units.rate_of(unit, good), units.rate_of(target.unit, good), goods)
