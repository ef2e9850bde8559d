"""What a hindcast sets side by side: the engine's draws as of each origin, and the record.

Where a law of the scenario writes `published`, the engine foretells what observers will publish,
and is held against the record of observers (`estimation.watched`). Else its outcomes are held
against the scenario's own series `observed.*`; a floor or a claim is no estimate of the thing, so
each future's outcome is multiplied with what the record was of it over the last year known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya import scenario as scenarios
from kautilya.disk import Temporary
from kautilya.errors import KautilyaError
from kautilya.estimation import motion, watched
from kautilya.runs import posterior
from kautilya.runs.case import Answer, Case, Chunk, Job
from kautilya.runs.ensemble import source_of
from kautilya.runs.pool import Pool, cores
from kautilya.runs.summary import within
from kautilya.scenario.assemble import assemble
from kautilya.scenario.outcomes import canonical, coords
from kautilya.study.history import PREFIX, Cell, Simulated, declared, observations

if TYPE_CHECKING:
    import xarray as xr

    from kautilya.runs.ensemble import Run
    from kautilya.scenario.scenario import Scenario

Array = NDArray[np.float64]
PUBLISHED = "published"
YEAR = 12
HORIZONS = (1, 3, 6, 12)


class Ask(NamedTuple):
    """What a hindcast is asked.

    origins   months at whose ends forecasts begin; horizons in months
    futures   of the engine at each origin; data: folder of outside files, None = the usual one
    """

    origins: tuple[pd.Period, ...]
    horizons: tuple[int, ...] = HORIZONS
    futures: int = 512
    seed: int = 0
    data: Path | None = None
    accept: str = "run"
    posterior: str = ""


class Truth(NamedTuple):
    """What came, and what was known of it: month by month, one column a series.

    known    the record as it was on a day; groups: the group of each series
    """

    seen: pd.DataFrame
    groups: Mapping[str, str]
    known: Callable[[date], pd.DataFrame]


def last_day(month: pd.Period) -> date:
    """The last day of a month."""
    return month.end_time.date()


def foretells(scenario: Scenario) -> bool:
    """Whether a law of the scenario writes what observers publish."""
    return any(one.id == PUBLISHED for one in scenario.outcomes)


def truth_of(scenario: Scenario, data: Path | None) -> Truth:
    """What came, for what the scenario foretells."""
    if not foretells(scenario):
        return _own(scenario)
    whole = watched.read(data)
    groups = {str(label): str(group) for label, group in whole.about["group"].items()}
    return Truth(whole.seen, groups, lambda day: watched.read(data, day).clean)


def _own(scenario: Scenario) -> Truth:
    """The scenario's own observed series, month by month, that an outcome is about."""
    ids = {one.id: one for one in scenario.outcomes}
    columns, groups = {}, {}
    for name, cells in observations(scenario).items():
        about = declared(scenario, name)
        if any(one not in ids or ids[one].every != "month" for one in _names(about.outcome)):
            continue
        for cell, values in cells.items():
            label = label_of(name, cell)
            columns[label] = _monthly(values, about.counts == "total")
            groups[label] = name
    if not columns:
        raise KautilyaError(
            f"{scenario.folder}/series.csv",
            "no series observed.NAME that a monthly outcome is about",
            "Add rows of one, and [observed.NAME] in scenario.toml where it has another name",
        )
    seen = pd.DataFrame(columns).sort_index()
    seen = seen.reindex(pd.period_range(seen.index[0], seen.index[-1], freq="M"))
    return Truth(seen, groups, lambda day: _known(scenario, seen, day))


def label_of(name: str, cell: Cell) -> str:
    """What a series is called: its name and whom it is about."""
    return " ".join([name, *filter(None, cell)])


def _names(outcome: str | Sequence[str]) -> tuple[str, ...]:
    return (outcome,) if isinstance(outcome, str) else tuple(outcome)


def _monthly(values: Mapping[str, float], total: bool) -> pd.Series:
    found = pd.Series(values, dtype=float)
    found.index = pd.PeriodIndex(found.index, freq="M")
    found = found.sort_index()
    if not total:
        return found
    whole = found.reindex(pd.period_range(found.index[0], found.index[-1], freq="M"))
    return whole.diff().iloc[1:].clip(lower=0.0)


def _known(scenario: Scenario, seen: pd.DataFrame, day: date) -> pd.DataFrame:
    """The same as known on a day: months of which a row was published then."""
    then = scenarios.load(scenario.folder, day)
    there: dict[str, set[str]] = {}
    for row in then.series:
        if row.series.startswith(PREFIX):
            cell = Cell(row.actor, row.partner, row.good)
            label = label_of(row.series.removeprefix(PREFIX), cell)
            there.setdefault(label, set()).add(row.month)
    known = {}
    for label in seen:
        known[label] = seen[label].where(seen.index.astype(str).isin(there.get(label, ())))
    return pd.DataFrame(known)


def engine(
    scenario: Scenario, truth: Truth, ask: Ask, progress: Callable[[int, int], None]
) -> tuple[tuple[str, ...], dict[pd.Period, Array]]:
    """The series that the engine foretells, and its draws from each origin."""
    keep = canonical(scenario, PUBLISHED if foretells(scenario) else _kept(scenario, truth))
    with Temporary("kautilya-hindcast-") as place:
        jobs = _jobs(scenario, ask, keep, place)
        done = 0

        def tell(job: Job, _: Answer) -> None:
            nonlocal done
            done += isinstance(job, Chunk)
            progress(done, len(ask.origins))

        with Pool(min(cores(), len(ask.origins))) as pool:
            pool.run(jobs, tell)
        return _read(scenario, truth, ask, place)


def _kept(scenario: Scenario, truth: Truth) -> str:
    names = [declared(scenario, group).outcome for group in dict.fromkeys(truth.groups.values())]
    return ",".join(dict.fromkeys(one for each in names for one in _names(each)))


def _jobs(scenario: Scenario, ask: Ask, keep: str, place: Path) -> list[Job]:
    """One chunk an origin; the accounts of an origin are drawn by the worker that needs them."""
    out: list[Job] = []
    for origin in ask.origins:
        then = scenarios.load(scenario.folder, last_day(origin))
        case = Case((), (), keep, ask.accept, _drawn(then, ask), as_of=then.asked)
        out.append(
            Chunk(
                source_of(then), case, ask.seed, 0, ask.futures, file=str(place / f"{origin}.npz")
            )
        )
    return out


def _drawn(then: Scenario, ask: Ask) -> str:
    """The posterior of the day, where the scenario has a law that takes one."""
    if ask.posterior == "none" or not foretells(then):
        return ""
    made = motion.posterior(then, data=ask.data)
    return posterior.named(made, then) if made else ""


def _read(
    scenario: Scenario, truth: Truth, ask: Ask, place: Path
) -> tuple[tuple[str, ...], dict[pd.Period, Array]]:
    from kautilya.runs import chunk

    months = pd.PeriodIndex(scenario.months, freq="M")
    found, labels = {}, tuple(truth.seen.columns)
    for origin in ask.origins:
        values = chunk.read(place / f"{origin}.npz")
        if foretells(scenario):
            labels = tuple(scenario.sets["watched"].members)
            drawn = values[PUBLISHED].astype(float)  # [F, T, series]
        else:
            found_by = _scaled(scenario, truth, last_day(origin), _dataset(scenario, values))
            drawn = np.stack([found_by[one] for one in labels], axis=2)
        at = months.get_loc(origin)
        ahead = drawn[:, at + 1 : at + 1 + max(ask.horizons)].transpose(0, 2, 1)
        short = max(ask.horizons) - ahead.shape[2]
        found[origin] = np.pad(ahead, ((0, 0), (0, 0), (0, short)), constant_values=np.nan)
    shared = [one for one in labels if one in truth.seen]
    pick = [labels.index(one) for one in shared]
    return tuple(shared), {origin: one[:, pick] for origin, one in found.items()}


def _scaled(scenario: Scenario, truth: Truth, until: date, data: xr.Dataset) -> dict[str, Array]:
    """Outcomes by series [F, T], claims and floors as the record of the last year has them."""
    known = truth.known(until)
    months = pd.PeriodIndex(scenario.months, freq="M")
    simulated = Simulated(scenario, data)
    out = {}
    for name, cells in observations(scenario).items():
        about = declared(scenario, name)
        for cell in cells:
            label = label_of(name, cell)
            if label not in truth.groups:
                continue
            total = simulated.total(about, cell)
            if about.kind != "value":
                own = known[label].dropna().iloc[-YEAR:]
                at = months.get_indexer(own.index)
                base = np.maximum(total[:, at].sum(axis=1), 1e-9)
                total = total * (own.sum() / base)[:, None] if len(own) else total * np.nan
            out[label] = total
    return out


def _dataset(scenario: Scenario, values: Mapping[str, np.ndarray]) -> xr.Dataset:
    """The outcomes of a chunk with their labels."""
    import xarray as xr

    keep = ",".join(one for one in values if not one.startswith("_"))
    named = coords(scenario, assemble(scenario).model, keep)
    arrays = {}
    for name, dims in named.items():
        labels = {dim: list(members) for dim, members in dims}
        arrays[name] = xr.DataArray(values[name], labels, ["future", *labels])
    return xr.Dataset(arrays)


def observed(scenario: Scenario, run: Run) -> tuple[dict[str, Array], pd.PeriodIndex]:
    """What a stored run says that observers publish: by series [F, T], and the months."""
    data = within(run.data)
    months = pd.PeriodIndex([str(one) for one in data["month"].values], freq="M")
    if not foretells(scenario):
        return _scaled(scenario, _own(scenario), scenario.head.as_of, data), months
    if PUBLISHED not in data:
        raise KautilyaError(
            f"outcome {PUBLISHED!r}", "this run does not keep it", "Run it with --keep always"
        )
    values = data[PUBLISHED].transpose("future", "month", ...).values.astype(float)
    labels = scenario.sets["watched"].members
    return {one: values[:, :, k] for k, one in enumerate(labels)}, months


def last_known(scenario: Scenario, data: Path | None = None) -> dict[str, float]:
    """The mean month of each series over the last year that was known on the as-of day, by the
    scenario's own record or by that of a folder of files."""
    if data is None and foretells(scenario):
        known = motion.known(scenario)
    else:
        known = truth_of(scenario, data).known(scenario.head.as_of)
    return {str(k): float(known[k].dropna().iloc[-YEAR:].mean()) for k in known if known[k].count()}
