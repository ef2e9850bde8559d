"""What figures can fill, and which figure fills which element.

An element is one combination of labels. Selectors name one label or all ("*"): the first
actor dim is `actor`, the second `partner`, goods `good`, labels `label`; where a parameter
has several dims of goods or labels, their labels are joined by "/".

The most specific row wins, ties are mistakes: the more labels a row names, the more specific
it is. All elements that one row fills share one draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby, product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from kautilya.scenario import units
from kautilya.scenario.clock import Clock
from kautilya.scenario.mistakes import Mistake, first, near, shown
from kautilya.scenario.scenario import EVERY, Members, Scenario
from kautilya.scenario.schema import Quantity, Selector, SeriesRow
from kautilya.scenario.toml_text import line_of

if TYPE_CHECKING:
    from kautilya.core.law import Law, Param, Series

OPENING = "opening.stock"
MAX_ELEMENTS = 1_000_000  # of one parameter
Labels = tuple[str, ...]


class Target(NamedTuple):
    """One array to be filled.

    axes      actor | good | label | stage, one for each dim; members: the labels of each dim
    elements  all combinations that exist, in the order of the model
    unit      of the law, with "{good}" for the unit of the element's good
    path      whether it is interpolated between months
    absent    value where a scenario has no row for any element; None: it must have
    counted   an amount, a rate or a length of time, which is never below 0: what has a unit and
              is no weight with a direction of its own
    date      how a run counts it, where it is the month of a run in which something happens
    """

    name: str
    axes: tuple[str, ...]
    members: tuple[Labels, ...]
    elements: tuple[Labels, ...]
    unit: str
    path: bool
    missing: float = 0.0
    absent: float | None = None
    counted: bool = False
    date: Clock | None = None

    def amiss(self, row: Quantity | SeriesRow) -> Iterator[tuple[str, str, str]]:
        """Column, finding and remedy of what a row cannot say: a month of what does not change in
        time, a month that no run has, or less than nothing of what is counted."""
        if isinstance(row, Quantity) and row.month and not self.path:
            found = f"a month for {self.name}, which does not change in time"
            yield "month", found, "Leave month empty"
        keys = ("low", "central", "high", "value")
        given = {key: one for key in keys if (one := getattr(row, key, None)) is not None}
        if self.date:
            with suppress(units.UnitMistake):  # which is told where it is converted
                late = ((key, self.no_month(one, row.unit)) for key, one in given.items())
                for column, found in (one for one in late if one[1]):
                    yield column, found, f"{self.date.counted()} (unit {self.unit})"
                    break
        elif below := [key for key, one in given.items() if self.counted and one < 0]:
            yield below[0], f"a negative {self.name}, {given[below[0]]:g}", "Give 0 or more"

    def no_month(self, value: float, unit: str = "") -> str:
        """What is wrong with a number that says when something happens, in a unit (else the law's):
        that it is no month of any run. "" for nothing, and for a number that says something else.

        Raises UnitMistake.
        """
        if not self.date:
            return ""
        months = value * units.factor(unit or self.unit, self.unit)
        return self.date.amiss(months, f"{value:.10g} {unit if unit != self.unit else ''}".strip())


def sets_of(scn: Scenario, laws: Iterable[Law]) -> dict[str, Members]:
    """The scenario's sets and those that laws bring along."""
    out = dict(scn.sets)
    for law in laws:
        out |= {name: Members("label", tuple(found)) for name, found in law.labels.items()}
    return out


def opening(scn: Scenario) -> Target:
    """The accounts of actors as a target."""
    accounts = tuple((a.actor, a.good, a.stage) for a in scn.accounts)
    members = tuple(tuple(dict.fromkeys(labels)) for labels in zip(*accounts, strict=True))
    return Target(
        OPENING, ("actor", "good", "stage"), members or ((), (), ()), accounts, "{good}", False
    )


def targets(
    scn: Scenario, laws: Sequence[Law]
) -> tuple[dict[str, Target], dict[str, Target], list[Mistake], set[str]]:
    """Parameters and records by name (law.param), sets that laws need in vain, and the names
    that cannot be filled for that reason."""
    sets, clock = sets_of(scn, laws), Clock.of(scn.head)
    params: dict[str, Target] = {OPENING: opening(scn)}
    records: dict[str, Target] = {}
    mistakes: list[Mistake] = []
    lost: set[str] = set()
    for law in laws:
        declared: list[Param | Series] = [*law.params, *law.series]
        for one in declared:
            into = params if one in law.params else records
            name = f"{law.name}.{one.name}"
            absent = _no_set(scn, law.name, [d for d in one.dims if d not in sets], sets)
            if not absent and prod(len(sets[d].members) for d in one.dims) > MAX_ELEMENTS:
                absent = [_too_many(scn, name, one.dims)]
            if absent:
                mistakes += absent
                lost.add(name)
            else:
                into[name] = _target(name, one, [sets[d] for d in one.dims], clock)
        for dims in [*(var.dims for var in law.writes), *(draw.dims for draw in law.draws)]:
            mistakes += _no_set(scn, law.name, [d for d in dims if d not in sets], sets)
    return params, records, list(dict.fromkeys(mistakes)), lost


def _too_many(scn: Scenario, name: str, dims: Sequence[str]) -> Mistake:
    return Mistake(
        "scenario.toml",
        line_of(scn.where, ("sets",)),
        "sets",
        f"{name} has more than {MAX_ELEMENTS} elements over {', '.join(dims)}",
        "Take members out of these sets",
    )


def _target(name: str, one: Param | Series, dims: list[Members], clock: Clock) -> Target:
    members = tuple(d.members for d in dims)
    return Target(
        name,
        tuple(d.axis for d in dims),
        members,
        tuple(product(*members)),
        one.unit,
        getattr(one, "path", False),
        getattr(one, "missing", 0.0),
        getattr(one, "absent", None),
        one.unit != "1" and getattr(one, "sign", "") == "",
        clock if getattr(one, "date", False) else None,
    )


def _no_set(
    scn: Scenario, law: str, absent: Iterable[str], sets: Mapping[str, Members]
) -> list[Mistake]:
    line = line_of(scn.where, ("laws",))
    return [
        Mistake(
            "scenario.toml",
            line,
            "laws",
            f"law '{law}' needs the set '{name}'",
            f"Add [sets.{name}] with axis and members ({near(name, sets)}); see "
            f"docs/mechanisms.md#{law}",
        )
        for name in absent
    ]


def place(target: Target, row: Selector | SeriesRow) -> tuple[Labels, list[tuple[str, str, str]]]:
    """The selector of a row for each dim ("*" = all), and what is wrong with it."""
    given = {
        "actor": [row.actor, row.partner],
        "good": row.good.split("/"),
        "label": getattr(row, "label", "").split("/"),
        "stage": [getattr(row, "stage", "")],
    }
    columns = {
        "actor": ("actor", "partner"),
        "good": ("good",) * 9,
        "label": ("label",) * 9,
        "stage": ("stage",),
    }
    wrong: list[tuple[str, str, str]] = []
    out: list[str] = []
    for axis, members in zip(target.axes, target.members, strict=True):
        used = sum(a == axis for a in target.axes[: len(out)])
        label = given[axis][used] if used < len(given[axis]) else "*"
        if axis != "stage" and label in EVERY:
            label = "*"
        if label not in ("*", *members):
            what = {"stage": "stage of an account"}.get(axis, f"{axis} of {target.name}")
            wrong.append(
                (
                    columns[axis][min(used, 1)],
                    f"unknown {what}: {shown(label)}",
                    near(label, members),
                )
            )
        out.append(label)
    for axis, labels in given.items():
        dims = target.axes.count(axis)
        for extra, label in enumerate(labels[dims:]):
            if label not in EVERY and axis != "stage":
                column = columns[axis][min(dims + extra, 1)]
                wrong.append(
                    (
                        column,
                        f"'{column}' is given, but {target.name} has no such dim",
                        "Leave it empty",
                    )
                )
    return tuple(out), wrong


def covered(target: Target, selector: Labels) -> list[int]:
    """Numbers of all elements that a selector names, however specific other rows are."""
    return [i for i, labels in enumerate(target.elements) if _covers(selector, labels)]


def _covers(selector: Labels, labels: Labels) -> bool:
    return all(s in ("*", label) for s, label in zip(selector, labels, strict=True))


def good_of(target: Target, labels: Labels) -> str:
    """The good of an element: its first good label, or none."""
    return labels[target.axes.index("good")] if "good" in target.axes else ""


Anchors = tuple[tuple[str, int], ...]  # (month or "", number of the row), months in order
QUANTITIES, SERIES = "quantities.csv", "series.csv"


@dataclass
class Matched:
    """Rows for every element.

    elements  by parameter, in the order of the target; () where nothing fills an element
    factors   by number of the row in quantities.csv: from its unit to the internal unit
    records   by series: for each element (number of the row in series.csv by month)
    scales    by number of the row in series.csv
    units     of goods, and units that only laws know
    """

    elements: dict[str, list[Anchors]] = field(default_factory=dict)
    factors: dict[int, float] = field(default_factory=dict)
    records: dict[str, list[dict[str, int]]] = field(default_factory=dict)
    scales: dict[int, float] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    units: tuple[str, ...] = ()


def match(
    scn: Scenario,
    params: Mapping[str, Target],
    records: Mapping[str, Target],
    laws: Sequence[str] = (),
) -> Matched:
    """Match all rows of quantities.csv and series.csv; laws: names known to the registry."""
    targets = [*params.values(), *records.values()]
    out = Matched(units=tuple(dict.fromkeys([*scn.units.values(), *_of_laws(targets)])))
    for name, column in ((QUANTITIES, "parameter"), (SERIES, "series")):
        groups: dict[str, list[int]] = {}
        for i, row in enumerate(scn.tables.get(name, ())):
            groups.setdefault(getattr(row, column), []).append(i)
        known = params if name == QUANTITIES else records
        for target in (one for one in groups if one in known):
            _fill(scn, out, name, known[target], groups[target])
        stray = (
            Mistake(name, scn.lines[name][i], column, *_stray(scn, target, known, laws))
            for target, numbers in groups.items()
            if target not in known
            if not target.startswith("observed.") or name == QUANTITIES
            for i in numbers
        )
        out.mistakes += first(stray)
        for missing in known.keys() - groups.keys():
            size = len(known[missing].elements)
            if name == QUANTITIES:
                out.elements[missing] = [()] * size
            else:
                out.records[missing] = [{} for _ in range(size)]
    return out


def _of_laws(targets: Sequence[Target]) -> list[str]:
    """Names in the units of laws that neither the base nor a good declares."""
    return [
        word
        for target in targets
        for word in units.words(units.rate_of(target.unit, "1"))
        if word not in units.BASE
    ]


def _stray(
    scn: Scenario, name: str, known: Mapping[str, Target], laws: Sequence[str]
) -> tuple[str, str]:
    law = name.split(".")[0]
    if law in laws and law not in scn.head.laws:
        return (
            f"{shown(name)} belongs to law '{law}', which is not switched on",
            f"Add '{law}' to laws in scenario.toml, or take the row out",
        )
    return f"{shown(name)} matches no parameter or record of a law", near(name, known)


def _rows(scn: Scenario, name: str) -> tuple[Quantity | SeriesRow, ...]:
    return scn.quantities if name == QUANTITIES else scn.series


def _fill(scn: Scenario, out: Matched, name: str, target: Target, numbers: Sequence[int]) -> None:
    rows = _rows(scn, name)
    by: dict[Labels, dict[str, int]] = {}
    for i in numbers:
        selector, wrong = place(target, rows[i])
        wrong += target.amiss(rows[i])
        out.mistakes += [Mistake(name, scn.lines[name][i], *said) for said in wrong]
        if not wrong:
            _place(scn, out, name, by.setdefault(selector, {}), i)
    used: dict[int, dict[str, Labels]] = {}
    ties: dict[tuple[int, int], Labels] = {}
    filled: list[dict[str, int]] = []
    levels = _levels(by)
    for labels in target.elements:
        found = _winners(_hits(by, levels, labels), labels, ties, monthly=name == SERIES)
        filled.append(found)
        for i in found.values():
            used.setdefault(i, {})[good_of(target, labels)] = labels
    for (i, j), labels in ties.items():
        lines = scn.lines[name]
        out.mistakes.append(
            Mistake(
                name,
                lines[max(i, j)],
                "",
                f"as specific as line {lines[min(i, j)]} for element "
                f"{target.name}[{','.join(labels)}]; ambiguous",
                "Name more labels in one of them, or add a row for the element itself",
            )
        )
    for i in (i for group in by.values() for i in group.values()):
        if i not in used and not any(i in pair for pair in ties):
            out.mistakes.append(
                Mistake(
                    name,
                    scn.lines[name][i],
                    "",
                    f"the row fills no element of {target.name}",
                    "More specific rows name all of them, "
                    "or no such account exists; take the row out",
                )
            )
    _convert(scn, out, name, target, used)
    if name == SERIES:
        out.records[target.name] = filled
    else:
        out.elements[target.name] = [tuple(sorted(found.items())) for found in filled]


def _place(scn: Scenario, out: Matched, name: str, group: dict[str, int], i: int) -> None:
    """Put a row to the rows with the same selector; the same month twice is a mistake."""
    rows, lines = _rows(scn, name), scn.lines[name]
    month = rows[i].month
    if month in group:
        out.mistakes.append(
            Mistake(
                name,
                lines[i],
                "",
                "names the same elements"
                f"{' and month' if month else ''} as line "
                f"{lines[group[month]]}; equally specific and ambiguous",
                "Keep one of them",
            )
        )
    elif group and name == QUANTITIES and ("" in group or not month):
        out.mistakes.append(
            Mistake(
                name,
                lines[i],
                "month",
                "dated and undated rows for the "
                f"same elements (line {lines[next(iter(group.values()))]})",
                "Date all of them, or keep one without a month",
            )
        )
    else:
        group[month] = i


def _winners(
    levels: Iterator[list[Mapping[str, int]]],
    labels: Labels,
    ties: dict[tuple[int, int], Labels],
    monthly: bool,
) -> dict[str, int]:
    """The row of each month (or "") for one element, most specific first."""
    found: dict[str, int] = {}
    for hits in levels:
        fresh: dict[str, int] = {}
        for group in hits:
            for month, i in group.items():
                if fresh and (not monthly or month in fresh):
                    other = fresh.get(month, next(iter(fresh.values())))
                    if other not in group.values():
                        ties.setdefault((min(other, i), max(other, i)), labels)
                        continue
                fresh[month] = i
        found = fresh | found
        if found and not monthly:
            break
    return found


def _levels(by: Mapping[Labels, Mapping[str, int]]) -> list[list[tuple[bool, ...]]]:
    """Which dims the selectors name, by how many they name, most first."""
    masks = sorted({_named(selector) for selector in by}, key=sum, reverse=True)
    return [sorted(alike) for _, alike in groupby(masks, key=sum)]


def _named(selector: Labels) -> tuple[bool, ...]:
    return tuple(label != "*" for label in selector)


def _hits(
    by: Mapping[Labels, Mapping[str, int]], levels: list[list[tuple[bool, ...]]], labels: Labels
) -> Iterator[list[Mapping[str, int]]]:
    """The groups of rows that name an element, level by level."""
    for masks in levels:
        selectors = [_selector(labels, mask) for mask in masks]
        yield [by[selector] for selector in selectors if selector in by]


def _selector(labels: Labels, mask: tuple[bool, ...]) -> Labels:
    """The selector that names an element along the dims of a mask only."""
    return tuple(label if named else "*" for label, named in zip(labels, mask, strict=True))


def _convert(
    scn: Scenario, out: Matched, name: str, target: Target, used: Mapping[int, Mapping[str, Labels]]
) -> None:
    """The factor of each used row; one row must have one factor for all that it fills."""
    goods = scn.units
    factors = out.factors if name == QUANTITIES else out.scales
    for i, by_good in used.items():
        row, line = _rows(scn, name)[i], scn.lines[name][i]
        found = set()
        for good, labels in by_good.items():
            unit = goods.get(good, "1")
            try:
                found.add(
                    units.factor(
                        units.rate_of(row.unit, unit), units.rate_of(target.unit, unit), out.units
                    )
                )
            except units.UnitMistake as error:
                at = f"for {target.name}[{','.join(labels)}]" if len(by_good) > 1 else ""
                out.mistakes.append(
                    Mistake(name, line, "unit", f"{error.found} {at}".strip(), error.remedy)
                )
                break
        if len(found) > 1:
            out.mistakes.append(
                Mistake(
                    name,
                    line,
                    "unit",
                    f"unit {shown(row.unit)} means "
                    "different amounts for the goods that the row fills",
                    "Give one row for each good",
                )
            )
        factors[i] = min(found, default=1.0)


class Left(NamedTuple):
    """Elements of a parameter that a scenario has no row for and need not have; their value."""

    value: float
    elements: tuple[int, ...]


def left_out(matched: Matched, params: Mapping[str, Target]) -> dict[str, Left]:
    """What a scenario leaves out and may: a parameter, or all that it has of one of its labels."""
    out: dict[str, Left] = {}
    for name, found in matched.elements.items():
        target = params[name]
        if target.absent is not None:
            keys = [_label_of(target, labels) for labels in target.elements]
            given = {key for key, rows in zip(keys, found, strict=True) if rows}
            free = tuple(i for i, key in enumerate(keys) if key not in given)
            out |= {name: Left(target.absent, free)} if free else {}
    return out


def _label_of(target: Target, labels: Labels) -> Labels:
    """What an element has along dims of labels."""
    return tuple(one for axis, one in zip(target.axes, labels, strict=True) if axis == "label")


def unfilled(matched: Matched, params: Mapping[str, Target], spare: set[str]) -> list[Mistake]:
    """Elements without a figure; spare: parameters that have a broken row."""
    out = []
    free = left_out(matched, params)
    for name, elements in matched.elements.items():
        may = free[name].elements if name in free else ()
        absent = [
            labels
            for i, (labels, found) in enumerate(zip(params[name].elements, elements, strict=True))
            if not found and i not in may
        ]
        if absent and name != OPENING and name not in spare:
            some = ", ".join(f"[{','.join(labels)}]" for labels in absent[:3] if labels)
            out.append(
                Mistake(
                    "quantities.csv",
                    0,
                    "parameter",
                    (
                        f"no quantity for {len(absent)} of {len(elements)} elements of {name}: {some}"
                        f"{' ...' if len(absent) > 3 else ''}"
                        if some
                        else f"no quantity for {name}"
                    ),
                    f"Add a row for {name}, unit {params[name].unit}; '*' or nothing "
                    f"stands for all that are not named; see docs/mechanisms.md#{name.split('.')[0]}",
                )
            )
    return out
