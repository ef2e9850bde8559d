"""Rows for what the laws of a scenario still need, taken over from shipped scenarios and marked.

A constant that does not depend on a state keeps its source. Everything else becomes an assumed
range, the widest of the rows that it was taken from, and says so in its note; of months in which
something happened, which are no range of one another, the middle one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from kautilya import disk
from kautilya.scenario import calendar, units
from kautilya.scenario.check import check, load
from kautilya.scenario.draft import draft, fetch
from kautilya.scenario.lawcheck import examine, registered
from kautilya.scenario.library import find, names
from kautilya.scenario.matching import OPENING, QUANTITIES, Target, left_out
from kautilya.scenario.mistakes import Mistake, ScenarioErrors
from kautilya.scenario.reading import contents, plain
from kautilya.scenario.reading import text as decoded
from kautilya.scenario.scenario import EVERY, Scenario
from kautilya.scenario.schema import Quantity, Source, columns
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.core.law import Law

SOURCES = "sources.csv"
HERE = Path(__file__).resolve().parent
LEAD = "filled"  # ids of rows that were filled in begin with it


class Filled(NamedTuple):
    """What was added, and what is still wrong.

    ids   of the new rows of quantities.csv; left: mistakes that remain
    """

    ids: tuple[str, ...]
    assumed: int
    left: tuple[Mistake, ...]


class Kept(NamedTuple):
    """A row of a shipped scenario, with the words that its units are counted in."""

    scenario: Scenario
    row: Quantity


def fill(path: str | Path, registry: Mapping[str, Law] | None = None) -> Filled:
    """Add the rows of quantities.csv that the laws of a scenario still need.

    Only parameters that some shipped scenario has are filled. Raises KautilyaError where there is
    no such folder, it cannot be written, or a file of it cannot be read.
    """
    folder, known = find(path), registered(registry)
    made = draft(folder, fetch(folder))
    if broken := [one for one in made.mistakes if one.file in made.unusable]:
        raise ScenarioErrors(str(folder), broken)
    params, _, matched, _ = examine(made, known)
    stock = _stock()
    rows: list[Quantity] = []
    free = left_out(matched, params)
    for name, elements in sorted(matched.elements.items()):
        open_ = [
            labels
            for i, (labels, found) in enumerate(zip(params[name].elements, elements, strict=True))
            if not found and (name not in free or i not in free[name].elements)
        ]
        if open_ and name != OPENING and name in stock:
            rows += _rows(made.scenario, params[name], open_, stock[name])
    if rows:
        _append(folder, made.scenario, rows)
    return Filled(
        tuple(row.id for row in rows),
        sum(row.source == "assumed" for row in rows),
        tuple(check(folder, known)),
    )


def _stock() -> dict[str, list[Kept]]:
    """Rows by parameter, each of the first shipped scenario that has it, else of the starter."""
    out: dict[str, list[Kept]] = {}
    places: list[str | Path] = [*names(), HERE / "template"]
    for name in places:
        scenario, found = load(name), dict[str, list[Kept]]()
        for row in scenario.quantities:
            found.setdefault(row.parameter, []).append(Kept(scenario, row))
        out = found | out
    return out


def _rows(
    scn: Scenario, target: Target, open_: list[tuple[str, ...]], stock: list[Kept]
) -> Iterator[Quantity]:
    """One row for each good and label of the elements; one for all where they are alike."""
    keys = dict.fromkeys(_key(target, labels) for labels in open_)
    found = {key: _row(scn, target, key, stock) for key in keys}
    every = {(row.low, row.central, row.high, row.unit, row.note) for row in found.values()}
    dated = [row.model_copy(update={"good": "", "label": ""}) for row in found.values()]
    chosen = dated[:1] if len(every) == 1 else list(found.values())
    taken = {row.id for row in scn.quantities}
    for number, row in enumerate(chosen, 1):
        stem = f"{LEAD}-{target.name.replace('.', '-').replace('_', '-')}"
        name = stem if len(chosen) == 1 and stem not in taken else f"{stem}-{number}"
        while name in taken:
            name += "x"
        yield row.model_copy(update={"id": name})


def _key(target: Target, labels: tuple[str, ...]) -> tuple[str, str]:
    """Goods and labels of an element, as a row names them."""
    parts = {"good": "", "label": ""}
    for axis in parts:
        given = [one for a, one in zip(target.axes, labels, strict=True) if a == axis]
        parts[axis] = "/".join(given)
    return parts["good"], parts["label"]


def _row(scn: Scenario, target: Target, key: tuple[str, str], stock: list[Kept]) -> Quantity:
    """What shipped rows say of these goods and labels; where they say nothing, of any."""
    near = [one for one in stock if _fits(one.row.good, key[0]) and _fits(one.row.label, key[1])]
    used = near or stock
    one = used[0]
    constant = len(used) == 1 and one.row.source != "assumed" and "actor" not in target.axes
    cells = {"actor": "", "partner": "", "stage": "", "month": "", "good": key[0], "label": key[1]}
    if constant and calendar.span(one.row.date)[0] <= scn.head.as_of:
        return one.row.model_copy(update=cells)
    low = min(_end(one, "low", target) for one in used)
    high = max(_end(one, "high", target) for one in used)
    middle = min(max(median(_end(one, "central", target) for one in used), low), high)
    low, high = (middle, middle) if target.date else (low, high)
    place = f"row {one.row.id}" if len(used) == 1 else many(len(used), "row")
    other = "" if near or not any(key) else " of other classes"
    note = f"filled in: {place}{other} of {one.scenario.id}; put in your own range"
    return Quantity.model_validate(
        {
            **one.row.model_dump(),
            **cells,
            "low": low if low < high else None,
            "central": middle,
            "high": high if low < high else None,
            "unit": target.unit,
            "distribution": "triangular" if low < high else "fixed",
            "source": "assumed",
            "grade": "F6",
            "status": "assumed",
            "date": calendar.month_of(scn.head.as_of),
            "note": note,
        }
    )


def _fits(given: str, wanted: str) -> bool:
    """Whether a selector stands for some labels, part by part."""
    parts = given.split("/")
    return all(
        one in EVERY or one == label for one, label in zip(parts, wanted.split("/"), strict=False)
    )


def _end(one: Kept, which: str, target: Target) -> float:
    """One end of a row in the law's unit; its central value, or the middle, where it has none."""
    row, own = one.row, one.scenario.units.get(one.row.good, "1")
    goods = (*one.scenario.units.values(), *units.words(units.rate_of(target.unit, own)))
    scale = units.factor(units.rate_of(row.unit, own), units.rate_of(target.unit, own), goods)
    low, high = (row.central if row.distribution == "fixed" else one for one in (row.low, row.high))
    given = {"low": low, "central": row.central, "high": high}[which]
    ends = [one for one in (row.central, low, high) if one is not None]
    return scale * float(given if given is not None else sum(ends) / len(ends))


def _append(folder: Path, scn: Scenario, rows: Iterable[Quantity]) -> None:
    """The rows at the end of quantities.csv, and the sources that they cite."""
    rows = list(rows)
    cited = {row.source for row in rows} - {"assumed"} - {one.key for one in scn.sources}
    sources = [one for name in names() for one in load(name).sources if one.key in cited]
    unique = {one.key: one for one in sources}.values()
    for file, model, added in ((QUANTITIES, Quantity, rows), (SOURCES, Source, list(unique))):
        if added:
            bare = ",".join(columns(model)) + "\n"  # of a change of another scenario
            text = _as_it_is(folder, file) if (folder / file).exists() else bare
            found = plain(file, text)
            if isinstance(found, Mistake):
                raise ScenarioErrors(str(folder), [found])
            text, order = (text, found.head) if found.head else (bare, list(columns(model)))
            used = set(columns(model))
            lines = io.StringIO()
            writer = csv.writer(lines, lineterminator="\n")
            for row in added:
                cells = row.model_dump(by_alias=True)
                writer.writerow([_cell(cells.get(name)) if name in used else "" for name in order])
            disk.write(folder / file, (text.rstrip("\n") + "\n" + lines.getvalue()).encode())


def _as_it_is(folder: Path, name: str) -> str:
    """The text of a table. Raises ScenarioErrors for one that cannot be read."""
    data = contents(folder, name)
    got = decoded(name, data) if isinstance(data, bytes) else data
    if isinstance(got, Mistake):
        raise ScenarioErrors(str(folder), [got])
    return got


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
