"""Scenario and laws together: the world, the model, and which figure fills which of its elements."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from kautilya.core.law import Law
from kautilya.core.model import Model, build
from kautilya.core.world import OUTSIDE, LabelSet, Row, World
from kautilya.scenario import experts, membership
from kautilya.scenario.calendar import place
from kautilya.scenario.distributions import middle
from kautilya.scenario.facts import DERIVED, NEEDED, tables
from kautilya.scenario.lawcheck import examine, paced, registered
from kautilya.scenario.matching import OPENING, QUANTITIES, Anchors, Left, Matched, Target, left_out
from kautilya.scenario.mistakes import Mistake, ScenarioErrors, shown
from kautilya.scenario.scenario import Draft, Scenario
from kautilya.scenario.schema import EARLIER, Quantity
from kautilya.scenario.toml_text import line_of
from kautilya.scenario.welfare import misfits, welfare_tables


def world(scn: Scenario) -> World:
    """Accounts of actors (goods.csv order), then of the outside world for every good.

    World.tables: `covariates.csv` by name over actors [n] or pairs [n, n], in the internal
    system of units; from trade.csv `trade` [n, n] (exporter, importer), `trade_to_row` [n],
    `trade_from_row` [n], USD_m; from both the equilibria of `welfare`. Raises ScenarioErrors
    where the facts are incomplete or trade has no equilibrium.
    """
    found, mistakes = tables(scn)
    found |= membership.tables(scn)
    if mistakes:
        raise ScenarioErrors(scn.folder, mistakes)
    try:
        if mistakes := misfits(scn, found):
            raise ScenarioErrors(scn.folder, mistakes)
        found |= welfare_tables(scn, found)
    except ValueError as error:
        raise ScenarioErrors(
            scn.folder,
            [
                Mistake(
                    "trade.csv",
                    1,
                    "value",
                    str(error),
                    "Give every actor a gdp above 0, and flows that "
                    "leave each a buyer and a supplier",
                )
            ],
        ) from error
    rows = [Row(*account) for account in scn.accounts]
    rows += [Row(place, good, "") for place in OUTSIDE for good in scn.units]
    sets = {name: LabelSet(axis, members) for name, (axis, members) in scn.sets.items()}
    return World(scn.months, sets, tuple(rows), found)


STRIDE = 64  # anchors are counted in whole strides


class Range(NamedTuple):
    """An uncertain figure in the internal unit of what it fills; number = row of quantities.csv.

    factor   what the values of the row were multiplied with
    points   (cumulative probability, value) of a figure that experts were asked about
    """

    id: str
    parameter: str
    low: float
    central: float
    high: float
    distribution: str
    factor: float
    points: experts.Points = ()


class Assembled(NamedTuple):
    """A model and everything that its inputs are made of.

    plain_index   int[n_plain]: number of the quantity; -1: an account that opens at 0
    anchor_index  int[n_anchors]: number of the quantity; -1: not used as of this day
    low, high     int32[T, paths]: anchors between which a path lies; weight [T, paths]
    series        [T, S]; record [T], 1 up to the as-of month
    absent        by parameter: elements that the scenario has no row for and need not have
    """

    scenario: Scenario
    model: Model
    quantities: tuple[Range, ...]
    plain_index: np.ndarray
    anchor_index: np.ndarray
    low: np.ndarray
    high: np.ndarray
    weight: np.ndarray
    series: np.ndarray
    record: np.ndarray
    targets: Mapping[str, Target]
    units: tuple[str, ...]
    absent: Mapping[str, Left]


BUILT: deque[tuple[Scenario, list[Law], Assembled]] = deque(maxlen=2)  # what was built last


def assemble(scn: Scenario, registry: Mapping[str, Law] | None = None) -> Assembled:
    """Build the model of a scenario; laws from `registry`, by default those of Kautilya. The same
    scenario of a moment ago has its model at once.

    Raises ScenarioErrors with every figure, record, lever and outcome that does not fit.
    """
    known = registered(registry)
    laws = [known[name] for name in scn.head.laws if name in known]
    for before, meant, made in BUILT:
        if before is scn and list(map(id, meant)) == list(map(id, laws)):
            return made
    made = _built(scn, known)
    BUILT.append((scn, laws, made))
    return made


def _built(scn: Scenario, known: Mapping[str, Law]) -> Assembled:
    draft = Draft(scn, (), {}, frozenset(), True, frozenset())
    params, records, matched, mistakes = examine(draft, known)
    if mistakes:
        raise ScenarioErrors(scn.folder, mistakes)
    used = [paced(known[name], scn.head.step) for name in dict.fromkeys(scn.head.laws)]
    model = _model(scn, used)
    asked = experts.pools(scn.tables)
    quantities = tuple(
        _range(row, matched.factors.get(i, 1.0), asked.get(row.id))
        for i, row in enumerate(scn.quantities)
    )
    anchors, low, high, weight = _paths(model, matched, params)
    day = scn.head.as_of.isoformat()
    most = STRIDE * (1 + _spare(scn, params) // STRIDE)  # one more than none, for paths left out
    anchors = np.pad(anchors, (0, most - len(anchors)), constant_values=-1)
    return Assembled(
        scn,
        model,
        quantities,
        _plain(model, matched, params),
        anchors,
        low,
        high,
        weight,
        _series(scn, model, matched, records),
        np.array([float(step <= day[: len(step)]) for step in scn.months]),
        params,
        matched.units,
        left_out(matched, params),
    )


def _model(scn: Scenario, laws: list[Law]) -> Model:
    """Bind the laws; what they miss in the scenario is a mistake of the scenario."""
    made = world(scn)
    try:
        return build(made, laws)
    except (KeyError, ValueError) as error:
        line = line_of(scn.where, ("laws",))
        found = [Mistake("scenario.toml", line, "laws", *said) for said in _unmet(made, laws)]
        found = found or [
            Mistake(
                "scenario.toml",
                line,
                "laws",
                str(error),
                "Change laws, sets or goods.csv so that they fit",
            )
        ]
        raise ScenarioErrors(scn.folder, found) from error


def _unmet(made: World, laws: list[Law]) -> list[tuple[str, str]]:
    """For each law that cannot be built, what it misses first: (found, remedy)."""
    sets = dict(made.sets)
    for law in laws:
        sets |= {name: LabelSet("label", members) for name, members in law.labels.items()}
    whole = World(made.months, sets, made.rows, made.tables)
    out = []
    for law in laws:
        try:
            law.build(whole)
        except (KeyError, ValueError) as error:
            out.append(_misses(law.name, error))
    return out


def _misses(law: str, error: Exception) -> tuple[str, str]:
    what = error.args[0] if error.args else ""
    if isinstance(what, Row):
        return (
            f"law '{law}' needs the account ({what.holder}, {what.good}, {what.stage or '-'})",
            "Add it to goods.csv, or take the actor or good out of the law's sets",
        )
    if isinstance(error, KeyError) and what in DERIVED:
        return (
            f"law '{law}' needs {shown(what)}, which is worked out from trade.csv",
            f"Give trade.csv and the covariates {', '.join(NEEDED[1:])}; see docs/data.md",
        )
    if isinstance(error, KeyError):
        return f"law '{law}' needs {shown(what)}", "Declare it in sets or covariates.csv"
    if "not in tuple" in str(error):
        return (
            f"law '{law}' looks up a label in a set that does not have it",
            "Compare its sets with each other: a member of one is missing in another",
        )
    return f"law '{law}': {error}", "Change laws, sets or goods.csv so that they fit"


def _range(row: Quantity, factor: float, pool: experts.Pool | None) -> Range:
    low = row.low if row.low is not None else row.central or 0.0
    high = row.high if row.high is not None else row.central or 0.0
    if row.distribution == "fixed":
        low = high = row.central or 0.0
    central, points = row.central, tuple[tuple[float, float], ...]()
    if row.distribution == experts.KIND and pool:
        points = tuple((p, x * factor) for p, x in pool.points)
        low, high = (points[k][1] / factor for k in (0, -1))
    if central is None:
        central = middle(row.model_copy(update={"low": low, "high": high}))
    return Range(
        row.id,
        row.parameter,
        low * factor,
        central * factor,
        high * factor,
        row.distribution,
        factor,
        points,
    )


def start_of(model: Model, name: str) -> int:
    """Where the elements of a parameter or record begin in their own flat order."""
    law, one = name.split(".")
    return 0 if name == OPENING else model.layout.slots[law, one].start


def _plain(model: Model, matched: Matched, params: Mapping[str, Target]) -> np.ndarray:
    out = np.full(len(model.layout.plain), -1, dtype=np.int32)
    for name, elements in matched.elements.items():
        if not params[name].path:
            start = start_of(model, name)
            for i, found in enumerate(elements):
                out[start + i] = found[0][1] if found else -1
    return out


def _paths(
    model: Model, matched: Matched, params: Mapping[str, Target]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    paths: list[Anchors] = [()] * len(model.layout.paths)
    for name, elements in matched.elements.items():
        if params[name].path:
            start = start_of(model, name)
            paths[start : start + len(elements)] = elements
    numbers = sorted({i for found in paths for _, i in found})
    rank = {number: k for k, number in enumerate(numbers)}
    months = np.array([place(month) for month in model.world.months])
    shape = (len(months), len(paths))
    low, high = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    weight = np.zeros(shape)
    done: dict[Anchors, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for k, found in enumerate(paths):
        if not found:
            continue
        if found not in done:
            done[found] = _between(months, found, rank)
        low[:, k], high[:, k], weight[:, k] = done[found]
    return np.array(numbers, dtype=np.int32), low, high, weight


def _spare(scn: Scenario, params: Mapping[str, Target]) -> int:
    """As many anchors as any as-of day of this folder can have: a day changes no shape, nor do, with
    the stride, a few rows more or less."""
    every = [row for _, row in scn.whole(QUANTITIES)]
    every += scn.tables.get(EARLIER + QUANTITIES, ())
    names = [getattr(row, "parameter", "") for row in every]
    return sum(name in params and params[name].path for name in names)


def _between(
    months: np.ndarray, found: Anchors, rank: Mapping[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Anchors below and above each month, and how far between; constant outside of them."""
    at = np.array([place(month) if month else 0.0 for month, _ in found])
    index = np.array([rank[i] for _, i in found])
    below = np.clip(np.searchsorted(at, months, side="right") - 1, 0, len(at) - 1)
    above = np.minimum(below + 1, len(at) - 1)
    gap = at[above] - at[below]
    gap = np.where(gap > 0, gap, 1.0)
    weight = np.clip((months - at[below]) / gap, 0.0, 1.0)
    return index[below], index[above], np.where(above == below, 0.0, weight)


def _series(
    scn: Scenario, model: Model, matched: Matched, records: Mapping[str, Target]
) -> np.ndarray:
    out = np.zeros((len(model.world.months), len(model.layout.series)))
    month = {label: t for t, label in enumerate(model.world.months)}
    for name, elements in matched.records.items():
        start = start_of(model, name)
        out[:, start : start + len(elements)] = records[name].missing
        for i, found in enumerate(elements):
            for label, number in found.items():
                if label in month:
                    value = scn.series[number].value * matched.scales[number]
                    out[month[label], start + i] = value
    return out
