"""What if: the same futures with and without each lever, and their paired differences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NotRequired, TypedDict

import numpy as np

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.disk import Temporary
from kautilya.errors import KautilyaError
from kautilya.runs.case import Compile
from kautilya.runs.ensemble import CHUNK, Case, Plan, Progress, Run, check, run, source_of
from kautilya.runs.folder import disk_use
from kautilya.runs.pool import Pool, cores
from kautilya.runs.store import ITEM, layout_of, space
from kautilya.runs.summary import COLUMNS, READ, slabs, spread
from kautilya.scenario import library
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply
from kautilya.scenario.mistakes import near
from kautilya.scenario.outcomes import Coords
from kautilya.wording import many

if TYPE_CHECKING:
    import xarray as xr

    from kautilya.scenario.scenario import Scenario

PLAN = Plan(1024, 0, Case())
MOST = 24  # cells of an outcome that a headline may have
TABLE = 4_000_000_000  # bytes of differences that are handed out as one table


class Comparison(NamedTuple):
    """The baseline and one run a lever, on the same luck."""

    baseline: Run
    levers: dict[str, Run]

    def difference(self, lever: str, outcome: str) -> xr.DataArray:
        """Lever minus baseline, future by future (xarray)."""
        return self.levers[lever].data[outcome] - self.baseline.data[outcome]


def compare(
    name: str,
    levers: Sequence[str],
    plan: Plan = PLAN,
    *,
    folder: str | Path | None = None,
    progress: Progress | None = None,
    replaces: bool = False,
) -> Comparison:
    """Run a scenario as it stands and under each lever, with the same seed.

    folder   for the runs; by default a temporary one, that goes with the Comparison and its data
    The settings and the profile of the plan's case hold for every run. Raises KautilyaError for
    an unknown lever or setting.
    """
    levers, scenario = tuple(dict.fromkeys(levers)), scenarios.load(name)
    if not levers:
        raise KautilyaError(
            "--levers",
            "no lever named",
            "Give one or more, such as no_dprk_shells; `kautilya show` lists them",
        )
    total, done = (len(levers) + 1) * plan.futures, 0

    def tell(finished: int, _: int) -> None:
        if progress:
            progress(done + finished, total)

    runs = {}
    kept = None if folder else Temporary("kautilya-compare-")
    root = kept.path if kept else Path(folder or "")
    with Pool(min(cores(), -(-plan.futures // CHUNK))) as pool:
        pool.ahead(Compile(source_of(scenario), plan.case.keep))
        fits(scenario, levers, plan)
        space(root, layout_of(scenario, plan.case.keep).each, total, disk_use(root))
        for lever in ("", *levers):
            one = run(
                name,
                plan.futures,
                plan.seed,
                case=replace(plan.case, levers=(lever,) if lever else ()),
                out=root / (lever or "baseline"),
                pool=pool,
                progress=tell,
                replaces=replaces,
            )
            runs[lever] = replace(one, kept=kept)
            done += plan.futures
    return Comparison(runs.pop(""), runs)


def fits(scenario: Scenario, levers: Sequence[str], plan: Plan) -> None:
    """Refuse what cannot run, before anything is written."""
    check(scenario, plan.futures, plan.seed, plan.case)
    assembled = assemble(scenario)
    for lever in levers:
        apply(assembled, (lever,), plan.case.sets)


class Difference(TypedDict):
    """What a lever does to one number in one year: mean levels, changes, share that stays.

    unit            of the level and of the change; "" where it is not known
    change_percent  of the same future; NaN where a ratio would tell nothing (`ratio`)
    """

    by: NotRequired[str]
    lever: str
    outcome: str
    year: str
    unit: NotRequired[str]
    baseline: dict[str, float]
    change: dict[str, float]
    change_percent: dict[str, float]
    unchanged: float


def compare_by(
    name: str,
    levers: Sequence[str],
    plan: Plan,
    asked: tuple[str, str, bool],
    *,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> list[Difference]:
    """Rows of `rows` for a year, once for each value of a two-valued figure, or once without.

    asked   id of the figure or "", year, and whether runs in the folder are replaced
    """
    by, year, replaces = asked
    if folder:
        library.apart(Path(folder))
    scenario = scenarios.load(name)
    years_of(scenario, year)
    if not by:
        return rows(
            compare(name, levers, plan, folder=folder, progress=progress, replaces=replaces), year
        )
    row = next((q for q in scenario.quantities if q.id == by), None)
    if row is None or row.distribution != "choice":
        raise KautilyaError(
            "--by",
            f"{by!r} is no figure with two values",
            near(by, [q.id for q in scenario.quantities if q.distribution == "choice"]),
        )
    out: list[Difference] = []
    for value in (row.low, row.high):
        where = Path(folder) / f"{by}-{value:g}" if folder else None
        case = replace(plan.case, sets=(*plan.case.sets, f"{by}={value:g}"))
        found = compare(
            name,
            levers,
            replace(plan, case=case),
            folder=where,
            progress=progress,
            replaces=replaces,
        )
        out += [{"by": f"{by} = {value:g}", **r} for r in rows(found, year)]
    return out


def rows(comparison: Comparison, year: str) -> list[Difference]:
    """The differences that a reader asks for first, for one year: mean levels and changes.

    All futures count; at most COLUMNS bytes of them are held at once, or one number of each.
    """
    base = comparison.baseline.data
    return [
        difference(lever, outcome, year, before, after, unit_of(base, outcome))
        for lever, other in comparison.levers.items()
        for outcome, before, after in pairs(base, other.data, year)
    ]


PERCENT = "percent"  # a unit in which a change is told in points
TIME = re.compile(r"/(day|week|month|quarter|year)$")


def unit_of(data: xr.Dataset, outcome: str) -> str:
    """The unit of a headline number ("NAME LABEL/LABEL") of a run."""
    name, _, labels = outcome.partition(" ")
    return unit_in(data[name].attrs, labels.split("/"))


def unit_in(text: Mapping[str, object], labels: Sequence[str]) -> str:
    """The unit of a cell of an outcome with these attributes, where amounts are added up over time.

    >>> unit_in({"units": "{good}/month", "goods": "gun=piece", "nature": "amount"}, ("AAA", "gun"))
    'piece'
    """
    goods = dict(one.split("=") for one in str(text.get("goods", "")).split("; ") if one)
    good = next((goods[one] for one in labels if one in goods), "")
    unit = str(text.get("units", "")).replace("{good}", good)
    return TIME.sub("", unit) if text.get("nature") == "amount" else unit


def ratio(before: np.ndarray, after: np.ndarray, unit: str = "") -> np.ndarray:
    """Change over the value as it stands [F]; NaN where that is nothing.

    NaN in all futures for what is itself in percent, or below 0 in any: the ratio of two such numbers
    tells nothing, and a fall of what is negative would have the sign of a rise.
    """
    both = np.concatenate([before, after])
    large = np.max(np.abs(both), initial=0.0, where=np.isfinite(both))
    if unit.startswith(PERCENT) or (both < -1e-6 * large).any():
        return np.full(before.shape, np.nan)
    return np.where(
        np.abs(before) > 1e-9, (after - before) / np.where(before == 0, 1, before), np.nan
    )


def difference(
    lever: str, outcome: str, year: str, before: np.ndarray, after: np.ndarray, unit: str = ""
) -> Difference:
    """What a change does to one number, from its values in the same futures without and with it."""
    change = after - before
    whole = np.isfinite(change)
    same = np.abs(change[whole]) < 1e-6 * (1 + np.abs(before[whole]))
    return {
        "lever": lever,
        "outcome": outcome,
        "year": year,
        "unit": unit,
        "baseline": spread(before).as_dict(),
        "change": spread(change).as_dict(),
        "change_percent": spread(100 * ratio(before, after, unit)).as_dict(),
        "unchanged": float(same.mean()) if same.size else float("nan"),
    }


class Headline(NamedTuple):
    """The numbers of an outcome that a reader asks for first in a year.

    at      positions of its times that count; shape and cells: of its labels
    """

    name: str
    at: list[int]
    shape: tuple[int, ...]
    cells: list[tuple[str, ...]]

    def called(self, cell: tuple[str, ...]) -> str:
        """The name of a cell."""
        return f"{self.name} {'/'.join(map(str, cell))}".strip()


def headline(name: str, dims: Coords, text: Mapping[str, object], year: str) -> Headline | None:
    """Those of one outcome; None where it has none in the year, or too many.

    dims   its time and its labels; text: its attributes
    """
    (_, times), *labels = dims
    at = [i for i, label in enumerate(times) if str(label)[:4] == year]
    shape = tuple(len(members) for _, members in labels)
    if not at or text.get("headline") == "no" or int(np.prod(shape, dtype=int)) > MOST:
        return None
    cells = list(product(*(members for _, members in labels)))
    return Headline(name, at if text["nature"] == "amount" else at[-1:], shape, cells)


def pairs(
    base: xr.Dataset, other: xr.Dataset, year: str
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(label, baseline [F], lever [F]) of each headline number of a year."""
    for name, array in base.data_vars.items():
        dims = tuple((str(dim), tuple(map(str, array[dim].values))) for dim in array.dims[1:])
        found = headline(str(name), dims, array.attrs, year)
        if found is None:
            continue
        two = [data[name][:, found.at] for data in (base, other)]
        cells, shape = found.cells, found.shape
        place = np.arange(len(cells)).reshape(shape)
        for box in slabs(shape, max(COLUMNS // (2 * ITEM * max(len(array), 1)), 1)):
            before, after = (_summed(one, box) for one in two)
            for k, at_cell in enumerate(np.ravel(place[box])):
                yield found.called(cells[at_cell]), before[k].astype(float), after[k].astype(float)


def _summed(array: xr.DataArray, box: tuple[slice, ...]) -> np.ndarray:
    """Sum over the times of some cells [cells, F], read some futures at a time."""
    out = []
    for first in range(0, len(array), READ):
        part = array[(slice(first, first + READ), slice(None), *box)].values.astype(float)
        out.append(part.sum(axis=1).reshape(len(part), -1).T.astype(np.float32))
    return np.concatenate(out, axis=1)


def differences(
    name: str, levers: Sequence[str], plan: Plan, progress: Progress | None = None
) -> xr.Dataset:
    """Lever minus baseline of every outcome that is kept: xarray.Dataset, first dim lever.

    Raises KautilyaError, before anything runs, where the table would be larger than TABLE.
    """
    import xarray as xr

    levers = tuple(dict.fromkeys(levers))
    each = layout_of(scenarios.load(name), plan.case.keep).each
    need = each * plan.futures * len(levers)
    if need > TABLE:
        raise KautilyaError(
            "futures",
            f"a table of {len(levers)} x {many(plan.futures, 'future')} of "
            f"{disk.size(each)} takes {disk.size(need)} of memory, and "
            f"{disk.size(TABLE)} is the most",
            "Ask for fewer futures or levers, or name the outcomes that you want with keep",
        )
    found = compare(name, levers, plan, progress=progress)
    base, made = found.baseline.data, {}
    for outcome, array in base.data_vars.items():
        out = np.empty((len(levers), *array.shape), array.dtype)
        for first in range(0, len(array), READ):
            part = slice(first, first + READ)
            before = array[part].values
            for k, lever in enumerate(levers):
                out[k, part] = found.levers[lever].data[outcome][part].values - before
        made[outcome] = (("lever", *array.dims), out, array.attrs)
    return xr.Dataset(made, {"lever": list(levers), **base.coords}, base.attrs)


def year_of(name: str) -> str:
    """The year after the as-of date of a scenario: where levers show first."""
    head = scenarios.load(name).head
    return str(min(head.as_of.year + 1, int(head.horizon[:4])))


def years_of(scenario: Scenario, year: str) -> None:
    """KautilyaError for what is no year of a scenario."""
    years = sorted({month[:4] for month in scenario.months})
    if year not in years:
        raise KautilyaError(
            "--during",
            f"{year!r} is no year of the scenario",
            f"Give one of {years[0]} to {years[-1]}",
        )
