"""Levers and settings as data: what a run changes, without another model being compiled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from pydantic_core import PydanticCustomError

from kautilya.errors import KautilyaError
from kautilya.scenario import units
from kautilya.scenario.assemble import Assembled, start_of
from kautilya.scenario.calendar import place as moment
from kautilya.scenario.cells import number
from kautilya.scenario.lawcheck import into_unit
from kautilya.scenario.matching import OPENING, Labels, Target, covered, place
from kautilya.scenario.mistakes import near, shown
from kautilya.scenario.schema import Change
from kautilya.wording import many

DRIVES = ("record", "model")
ELEMENT = re.compile(r"([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)(?:\[([^\[\]]*)\])?", re.ASCII)
VALUE = re.compile(r"(\S+)(?:\s+(\S.*))?")


class Changes(NamedTuple):
    """value -> value * scale + shift, for every input of a model; shapes never change.

    plain_*   [n_plain], anchor_* [n_anchors]: on what was drawn
    scale, shift [T, paths]: on the interpolated paths; record [T]: 0 where the model drives
    """

    plain_scale: np.ndarray
    plain_shift: np.ndarray
    anchor_scale: np.ndarray
    anchor_shift: np.ndarray
    scale: np.ndarray
    shift: np.ndarray
    record: np.ndarray


def apply(assembled: Assembled, levers: Sequence[str] = (), sets: Sequence[str] = ()) -> Changes:
    """The changes of levers, in their order, then of settings.

    levers   ids of levers of the scenario
    sets     "quantity-id=VALUE" (in the row's unit), "law.param[A,good]=VALUE" (in the law's
             unit; one label or * for each dim), "drive=model"; VALUE may carry a unit: "3 Mt"; of a
             figure that says when something happens it may be a month, 2024-09, or "never", and is
             none beyond the month that means never
    Raises KautilyaError for what is not known, does not convert or is not a finite number.
    """
    n, a = len(assembled.plain_index), len(assembled.anchor_index)
    changes = Changes(
        np.ones(n),
        np.zeros(n),
        np.ones(a),
        np.zeros(a),
        np.ones(assembled.weight.shape),
        np.zeros(assembled.weight.shape),
        assembled.record.copy(),
    )
    for name, left in assembled.absent.items():
        at = start_of(assembled.model, name) + np.array(left.elements)
        if assembled.targets[name].path:
            changes.scale[:, at], changes.shift[:, at] = 0.0, left.value
        else:
            changes.plain_shift[at] = left.value
    known = {lever.id: lever for lever in assembled.scenario.levers}
    twice = next((name for at, name in enumerate(levers) if name in levers[:at]), None)
    if twice is not None:
        raise KautilyaError("--levers", f"lever {shown(twice)} twice", "Name a lever once")
    for name in levers:
        if name not in known:
            raise KautilyaError("--levers", f"unknown lever {shown(name)}", near(name, known))
        for change in known[name].set:
            target = assembled.targets[change.parameter]
            selector, _ = place(target, change)
            _change(assembled, changes, target, selector, _plain(target, change))
    for text in sets:
        _setting(assembled, changes, text)
    return changes


class _Setting(NamedTuple):
    """A change in numbers; the keys of a lever's."""

    value: float | None
    unit: str
    factor: float | None = None
    from_: str = ""


def _plain(target: Target, change: Change) -> _Setting:
    """A change of a lever, a month or never as a number."""
    value, unit = change.value, change.unit
    if isinstance(value, str):
        clock = target.date
        value, unit = (clock.steps(value), clock.step) if clock else (None, unit)
    return _Setting(value, unit, change.factor, change.from_)


def _change(
    assembled: Assembled,
    changes: Changes,
    target: Target,
    selector: Labels,
    change: _Setting,
) -> None:
    scn = assembled.scenario
    start = start_of(assembled.model, target.name)
    months = [moment(month) for month in scn.months]
    since = int(np.searchsorted(months, moment(change.from_))) if change.from_ else 0
    for element in covered(target, selector):
        unit = into_unit(scn, target, element, change.unit, assembled.units) if change.unit else 1.0
        at: Any = start + element
        scale, shift = changes.plain_scale, changes.plain_shift
        if target.path:
            at, scale, shift = (slice(since, None), at), changes.scale, changes.shift
        if change.factor is not None:
            scale[at] *= change.factor
            shift[at] *= change.factor
        else:
            scale[at], shift[at] = 0.0, (change.value or 0.0) * unit


def _setting(assembled: Assembled, changes: Changes, text: str) -> None:
    name, equals, given = (part.strip() for part in text.partition("="))
    place_ = f"--set {shown(text)[1:-1]}"
    if not equals:
        raise KautilyaError(place_, "there is no '='", "Write ID=VALUE, such as drive=model")
    if name == "drive":
        if given not in DRIVES:
            raise KautilyaError(place_, f"unknown drive {shown(given)}", near(given, DRIVES))
        changes.record[:] = assembled.record if given == "record" else 0.0
        return
    target, row, labels = _named(assembled, place_, name)
    new = _given(target, place_, given)
    try:
        if row is not None:
            _set(assembled, changes, place_, row, new)
        else:
            _change(assembled, changes, target, _selector(target, labels, place_), new)
            _timely(target, place_, new.value or 0.0, new.unit)
    except units.UnitMistake as error:
        remedy = target.date.remedy if target.date else error.remedy
        raise KautilyaError(place_, error.found, remedy) from None


def _named(assembled: Assembled, where: str, name: str) -> tuple[Target, int | None, str | None]:
    """What a setting names: a parameter, with the number of its row or with the labels in brackets."""
    ids = {row.id: i for i, row in enumerate(assembled.quantities)}
    element = ELEMENT.fullmatch(name)
    if name in ids:
        return assembled.targets[assembled.quantities[ids[name]].parameter], ids[name], None
    if element and element[1] in assembled.targets:
        return assembled.targets[element[1]], None, element[2]
    raise KautilyaError(
        where,
        f"unknown quantity or parameter {shown(name)}",
        near(
            name.split("[")[0],
            (*ids, *assembled.targets, "drive"),
            "Figures stand in the column id of quantities.csv, parameters in docs/mechanisms.md",
        ),
    )


def _given(target: Target, where: str, given: str) -> _Setting:
    """A value that was typed: a number, behind a blank its unit; of what says when something happens
    also a month of the calendar, or never.

    Raises KautilyaError for anything else, and for less than nothing of what is counted.
    """
    clock = target.date
    try:
        if clock and (found := clock.steps(given)) is not None:
            return _Setting(found, clock.step)
    except ValueError as error:
        raise KautilyaError(where, str(error), clock.remedy if clock else "") from None
    parts = VALUE.fullmatch(given)
    try:
        new = _Setting(number(parts[1] if parts else given), parts[2] or "" if parts else "")
    except PydanticCustomError as error:
        if clock:
            raise KautilyaError(where, f"{shown(given)} is no month", clock.remedy) from None
        remedy = f"{error.message()}; a unit may stand after a blank"
        raise KautilyaError(where, f"{shown(given)} is no number here", remedy) from None
    if (new.value or 0.0) < 0 and not clock and (target.counted or target.name == OPENING):
        said = "stock" if target.name == OPENING else target.name
        raise KautilyaError(where, f"a negative {said}", "Give 0 or more")
    return new


def _set(assembled: Assembled, changes: Changes, where: str, number: int, new: _Setting) -> None:
    """A row gets a value, in its own unit where none is given."""
    row = assembled.quantities[number]
    own, target = assembled.scenario.quantities[number].unit, assembled.targets[row.parameter]
    if target.date:  # in one step, as a month by way of a row in years is no whole one
        value = (new.value or 0.0) * units.factor(new.unit or own, target.unit, assembled.units)
        _timely(target, where, new.value or 0.0, new.unit or own)
    else:
        again = 1.0 if "{" in own or not new.unit else units.factor(new.unit, own, assembled.units)
        value = (new.value or 0.0) * again * row.factor
    for index, scale, shift in (
        (assembled.plain_index, changes.plain_scale, changes.plain_shift),
        (assembled.anchor_index, changes.anchor_scale, changes.anchor_shift),
    ):
        scale[index == number], shift[index == number] = 0.0, value


def _timely(target: Target, where: str, value: float, unit: str) -> None:
    """Refuse a number that says when something happens and is no month of any run."""
    if target.date and (found := target.no_month(value, unit)):
        raise KautilyaError(where, found, target.date.remedy)


def _selector(target: Target, inside: str | None, where: str) -> Labels:
    labels = (
        tuple(part.strip() or "*" for part in inside.split(","))
        if inside
        else ("*",) * len(target.axes)
    )
    if len(labels) != len(target.axes):
        raise KautilyaError(
            where,
            f"{many(len(labels), 'label')} for {target.name}",
            f"Give one for each of {', '.join(target.axes)}, or '*'",
        )
    for label, members in zip(labels, target.members, strict=True):
        if label not in ("*", *members):
            order = f" in the order {', '.join(target.axes)}" * (len(labels) > 1)
            raise KautilyaError(where, f"unknown label {shown(label)}{order}", near(label, members))
    if not covered(target, labels):
        raise KautilyaError(
            where, f"{target.name}[{inside}] does not exist", "Name an account of goods.csv"
        )
    return labels
