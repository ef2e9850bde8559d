"""Plain pictures: any outcome that has no picture of its own, as fans or yearly intervals."""

from __future__ import annotations

import numpy as np

from kautilya.report import charts, frames
from kautilya.report.gallery import Figure, in_order
from kautilya.report.subject import Subject
from kautilya.report.words import unit

PANELS = 12  # most panels of a plain picture


def figures(subject: Subject, shown: set[str]) -> list[Figure]:
    """Pictures of the outcomes that are not yet shown, by name."""
    made = [plain(subject, str(name)) for name in sorted(subject.data.data_vars)
            if str(name) not in shown]
    return [one for one in made if one is not None]


def plain(subject: Subject, name: str) -> Figure | None:
    """An outcome drawn plainly; None where it has too many panels, or none that is not zero."""
    array = subject.data[name]
    if not {"month", "year"} & set(array.dims):
        return None  # a summary of the whole run has no course in time
    labels = [str(d) for d in array.dims if d not in ("future", "month", "year")]
    panels = int(np.prod([array.sizes[d] for d in labels], dtype=int))
    if panels > PANELS or not np.any(array.values):
        return None
    frame = frames.marks(subject, array)
    for dim in reversed(labels):
        frame = in_order(frame, dim, [str(v) for v in array[dim].values])
        frame[dim] = [frames.heading(subject, str(v)) for v in frame[f"id_{dim}"]]
    if labels:
        frame["panel"] = frame[labels].agg(", ".join, axis=1)
        keep = frame.groupby("panel")["q95"].transform("max") > 0
        frame = frame[keep | (frame.groupby("panel")["q05"].transform("min") < 0)]
    else:
        frame["panel"] = ""
    if frame.empty:
        return None  # something happened in a future, but not in one of twenty
    says = str(array.attrs.get("long_name", name))
    monthly = "month" in array.dims
    title = measured(subject, name)
    chart = charts.wrapped_fans(frame, "panel", title=title, as_of=subject.as_of) if monthly \
        else charts.years(frame, "panel", title=title)
    return Figure(name, says[:1].upper() + says[1:], "", chart, (name,))


def measured(subject: Subject, name: str) -> str:
    """Title of an axis: the unit of an outcome where all its goods share one, and the time."""
    one = next((o for o in subject.scenario.outcomes if o.id == name), None)
    if one is None:
        return "value"
    if one.kind == "variable":
        units = [v.unit for law in subject.laws for v in law.writes if v.name == one.name]
        return "index or share" if units == ["1"] else (units or ["value"])[0]
    sets = subject.scenario.sets
    goods = [g for d in (*one.dims, one.good) for g in (
        sets[d].members if d in sets and sets[d].axis == "good" else (d,))
        if g in subject.scenario.units]
    found = {unit(subject.scenario.units[g]) or "number" for g in goods}
    every = {"month": " a month", "year": " a year"}[one.every] if one.kind == "flow" else ""
    return (found.pop() if len(found) == 1 else "amount") + every
