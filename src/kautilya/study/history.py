"""The run beside what was observed: every series `observed.NAME` and the outcome that it is about.

A series is about the outcome called NAME, or about the one that `[observed.NAME]` of scenario.toml
names; there it also says how it was seen:

    value    the thing itself: a share of futures lies below what was seen
    floor    seen items x share of them that is gone for good: a lower bound; beside it stand the
             least and largest losses that the accepted figures of the accounts allow
    claim    a claim: claimed over simulated, half-year by half-year

Compared are the months of December and the last month observed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Run, scenario_of
from kautilya.runs.summary import spread, within
from kautilya.scenario.mistakes import near
from kautilya.scenario.schema import Figure, Observed, SeriesRow
from kautilya.scenario.units import factor, internal

if TYPE_CHECKING:
    import xarray as xr

    from kautilya.scenario.scenario import Scenario
    from kautilya.scenario.schema import SeriesRow

PREFIX = "observed."
HALVES = ("06", "12")  # months in which a half-year ends


class Cell(NamedTuple):
    """Whom and what a row is about; "" where it says nothing."""

    actor: str
    partner: str
    good: str


class History(NamedTuple):
    """Rows of each kind, and what could not be compared and why."""

    observed: list[dict[str, Any]]
    losses: list[dict[str, Any]]
    claim_bias: list[dict[str, Any]]
    missing: list[str]


def observations(scenario: Scenario) -> dict[str, dict[Cell, dict[str, float]]]:
    """Values by series (without "observed."), cell and month, in the units of the model."""
    goods = [good.unit for good in scenario.goods]
    out: dict[str, dict[Cell, dict[str, float]]] = {}
    for row in scenario.every(SeriesRow):
        if row.series.startswith(PREFIX):
            cells = out.setdefault(row.series.removeprefix(PREFIX), {})
            cell = Cell(row.actor, row.partner, row.good)
            cells.setdefault(cell, {})[row.month] = _value(row, goods)
    return out


def _value(row: SeriesRow, goods: list[str]) -> float:
    return row.value * factor(row.unit, internal(row.unit, goods), goods)


def declared(scenario: Scenario, name: str) -> Observed:
    """How a series was seen: as declared, else as the value of the outcome of its name."""
    return scenario.head.observed.get(name) or Observed(outcome=name)


def gone_share(scenario: Scenario, name: str, actor: str, good: str) -> float:
    """Share of the items seen that is gone for good, by the figures that `less` names; NaN where
    none is given."""
    ids = [
        one.replace("{actor}", actor).replace("{good}", good)
        for one in declared(scenario, name).less
    ]
    back = [
        row.central for row in scenario.every(Figure) if row.id in ids and row.central is not None
    ]
    return 1.0 - sum(back) / 100.0 if back else float("nan")


class Simulated:
    """Outcomes of a run by cell and month; KautilyaError says why one cannot be read."""

    def __init__(self, scenario: Scenario, data: xr.Dataset) -> None:
        self.scenario, self.data = scenario, data
        self.ids = {one.id for one in scenario.outcomes}
        self.months = [str(m) for m in data["month"].values] if "month" in data.coords else []

    def total(self, about: Observed, cell: Cell) -> np.ndarray:
        """The sum of the outcomes that a series is about, for a cell [F, T]."""
        names = [about.outcome] if isinstance(about.outcome, str) else about.outcome
        found = [self._one(name, cell) for name in names]
        return np.sum(found, axis=0)

    def _one(self, name: str, cell: Cell) -> np.ndarray:
        if name not in self.ids:
            raise KautilyaError(
                f"outcome {name!r}",
                "there is none of this name",
                f"{near(name, self.ids)}. Name the outcome in scenario.toml: "
                f'[observed.NAME] outcome = "..."',
            )
        if name not in self.data:
            raise KautilyaError(
                f"outcome {name!r}",
                "this run does not keep it",
                f"Run it with --keep {name}, or with --keep always",
            )
        array = self.data[name]
        if "month" not in array.dims:
            raise KautilyaError(
                f"outcome {name!r}",
                "it is kept by year, and the series by month",
                'Give it every = "month" in scenario.toml',
            )
        chosen = self._labels(array, cell)
        array = array.sel({dim: label for dim, label in chosen.items() if label})
        return (
            array.sum([dim for dim, label in chosen.items() if not label])
            .transpose("future", "month")
            .values.astype(float)
        )

    def _labels(self, array: xr.DataArray, cell: Cell) -> Mapping[str, str]:
        """The label of each dim that a cell means; "" for all of them."""
        actors, out = [cell.actor, cell.partner], {}
        for dim in map(str, array.dims):
            if dim in ("future", "month"):
                continue
            axis = self.scenario.sets[dim].axis if dim in self.scenario.sets else "label"
            label = actors.pop(0) if axis == "actor" and actors else ""
            label = cell.good if axis == "good" else label
            if label and label not in array[dim].values:
                raise KautilyaError(
                    f"outcome {array.name!r}",
                    f"its dim {dim} has no {label}",
                    f"It has {', '.join(map(str, array[dim].values))}",
                )
            out[dim] = label
        return out


def history(run: Run) -> History:
    """Every observed series beside the outcome that it is about.

    Raises KautilyaError where the scenario has no observed series at all.
    """
    scenario = scenario_of(run.manifest)
    seen = observations(scenario)
    if not seen:
        raise KautilyaError(
            f"{scenario.folder}/series.csv",
            "no series observed.NAME: nothing to compare with",
            "Add rows with series = observed.OUTCOME, actor, good, month and value; or with another "
            'name, and in scenario.toml [observed.NAME] outcome = "..."',
        )
    simulated = Simulated(scenario, within(run.data))
    out = History([], [], [], [])
    bounds = _Bounds(scenario, run.manifest["case"]["accept"])
    for name, cells in seen.items():
        about = declared(scenario, name)
        failed: dict[str, list[str]] = {}
        for cell, values in cells.items():
            try:
                lost = simulated.total(about, cell)
            except KautilyaError as error:
                failed.setdefault(str(error), []).append("/".join(filter(None, cell)))
                continue
            lost = np.cumsum(lost, axis=1) if about.counts == "total" else lost
            known = {m: v for m, v in values.items() if m in simulated.months}
            given = _Series(name, about, cell, known, simulated.months, lost)
            if about.kind == "claim":
                out.claim_bias.extend(_bias(given))
            elif about.kind == "floor":
                out.losses.extend(_losses(given, scenario, bounds))
            else:
                out.observed.extend(_values(given))
        out.missing.extend(
            f"{PREFIX}{name} ({', '.join(who[:4])}{', ...' * (len(who) > 4)}): {said}"
            for said, who in failed.items()
        )
    return out


class _Series(NamedTuple):
    """One observed series beside the simulated one [F, T], total or by month alike."""

    name: str
    about: Observed
    cell: Cell
    values: dict[str, float]
    months: list[str]
    simulated: np.ndarray

    def checks(self) -> list[str]:
        """Every December, and the last month observed."""
        return sorted({m for m in self.values if m.endswith("-12")} | set(sorted(self.values)[-1:]))

    def at(self, month: str) -> np.ndarray:
        """Simulated in a month [F]."""
        return self.simulated[:, self.months.index(month)]


def _values(given: _Series) -> Iterator[dict[str, Any]]:
    for month in given.checks():
        x, seen = given.at(month), given.values[month]
        yield {
            "series": PREFIX + given.name,
            **given.cell._asdict(),
            "month": month,
            "outcome": given.about.outcome,
            "simulated": spread(x).as_dict(),
            "seen": seen,
            "below": float(np.mean(x < seen) + np.mean(x == seen) / 2),
        }


class _Bounds:
    """Least and largest losses to a month by (actor, good), where the scenario has accounts."""

    def __init__(self, scenario: Scenario, accept: str) -> None:
        self.scenario, self.accept = scenario, "run" if accept == "raw" else accept
        self.known: dict[str, dict[tuple[str, str], tuple[float, float]]] = {}

    def of(self, cell: Cell, month: str) -> tuple[float, float] | None:
        """None where the accounts say nothing."""
        if "accounts.toml" not in self.scenario.beside:
            return None
        if month not in self.known:
            from kautilya.accounts.feeds import lost_bounds

            self.known[month] = lost_bounds(
                self.scenario, month, self.accept, self.scenario.head.as_of
            )
        return self.known[month].get((cell.actor, cell.good))


def _losses(given: _Series, scenario: Scenario, bounds: _Bounds) -> Iterator[dict[str, Any]]:
    cell = given.cell
    gone = gone_share(scenario, given.name, cell.actor, cell.good) if given.about.less else 1.0
    for month in given.checks():
        lost, seen = given.at(month), given.values[month]
        floor, bound = seen * gone, bounds.of(cell, month)
        low, high = bound or (float("nan"), float("nan"))
        inside = float(np.mean((lost >= low) & (lost <= high))) if bound else float("nan")
        yield {
            "actor": cell.actor,
            "good": cell.good,
            "until": month,
            "seen": seen,
            "floor": floor,
            "simulated": spread(lost).as_dict(),
            "bounds": [low, high],
            "inside": inside,
            "above_floor": float(np.mean(lost >= floor)) if floor == floor else None,
        }


def _bias(given: _Series) -> Iterator[dict[str, Any]]:
    """Claimed over simulated by half-year: medians and 90 % intervals over futures."""
    months, total = given.months, given.about.counts == "total"
    start = 0
    for end, last in enumerate(months):
        if last[5:] not in HALVES:
            continue
        span, first = months[start : end + 1], start
        start = end + 1
        if total:
            before = given.values.get(months[first - 1], None) if first else 0.0
            after = given.values.get(last)
            if after is None or before is None:
                continue
            claimed = after - before
            done = given.at(last) - (given.at(months[first - 1]) if first else 0.0)
        else:
            if not all(m in given.values for m in span):
                continue
            claimed = sum(given.values[m] for m in span)
            done = given.simulated[:, first : end + 1].sum(axis=1)
        yield {
            "actor": given.cell.actor,
            "good": given.cell.good,
            "from": span[0],
            "to": last,
            "claimed": claimed,
            "claimed_over_simulated": spread(claimed / np.maximum(done, 1e-9)).as_dict(),
        }
