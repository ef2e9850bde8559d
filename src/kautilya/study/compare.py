"""What if: the same futures with and without each lever, and their paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply
from kautilya.scenario.mistakes import near
from kautilya.study.ensemble import CHUNK, Case, Plan, Progress, Run, run
from kautilya.study.pool import Pool, cores
from kautilya.study.summary import spread
from kautilya.study.temporary import Temporary

PLAN = Plan(1024, 0, Case())


class Comparison(NamedTuple):
    """The baseline and one run a lever, on the same luck."""

    baseline: Run
    levers: dict[str, Run]

    def difference(self, lever: str, outcome: str) -> Any:
        """Lever minus baseline, future by future (xarray)."""
        return self.levers[lever].data[outcome] - self.baseline.data[outcome]


def compare(name: str, levers: Sequence[str], plan: Plan = PLAN, *,
            folder: str | Path | None = None, progress: Progress | None = None) -> Comparison:
    """Run a scenario as it stands and under each lever, with the same seed.

    folder   for the runs; by default a temporary one, that goes with the Comparison and its data
    The settings and the profile of the plan's case hold for every run. Raises KautilyaError for
    an unknown lever or setting.
    """
    if not levers:
        raise KautilyaError("--levers", "no lever named", "Give one or more, such as "
                            "no_dprk_shells; `kautilya show` lists them")
    kept = None if folder else Temporary("kautilya-compare-")
    root = kept.path if kept else Path(folder or "")
    total = (len(levers) + 1) * plan.futures
    done = 0

    def tell(finished: int, _: int) -> None:
        if progress:
            progress(done + finished, total)

    runs = {}
    assembled = assemble(scenarios.load(name))
    for lever in levers:
        apply(assembled, (lever,), plan.case.sets)
    with Pool(min(cores(), -(-plan.futures // CHUNK))) as pool:
        for lever in ("", *levers):
            case = replace(plan.case, levers=(lever,) if lever else ())
            one = run(name, plan.futures, plan.seed, case=case,
                      out=root / (lever or "baseline"), pool=pool, progress=tell)
            runs[lever] = replace(one, kept=kept)
            done += plan.futures
    return Comparison(runs.pop(""), runs)


def compare_by(name: str, levers: Sequence[str], plan: Plan, asked: tuple[str, str], *,
               folder: str | Path | None = None, progress: Progress | None = None
               ) -> list[dict[str, Any]]:
    """Rows of `rows` for a year, once for each value of a two-valued figure, or once without.

    asked   (id of the figure or "", year)
    """
    by, year = asked
    if not by:
        return rows(compare(name, levers, plan, folder=folder, progress=progress), year)
    scenario = scenarios.load(name)
    row = next((q for q in scenario.quantities if q.id == by), None)
    if row is None or row.distribution != "choice":
        raise KautilyaError("--by", f"{by!r} is no figure with two values", near(by, [
            q.id for q in scenario.quantities if q.distribution == "choice"]))
    out = []
    for value in (row.low, row.high):
        where = Path(folder) / f"{by}-{value:g}" if folder else None
        case = replace(plan.case, sets=(*plan.case.sets, f"{by}={value:g}"))
        found = compare(name, levers, replace(plan, case=case), folder=where, progress=progress)
        out += [{"by": f"{by} = {value:g}", **r} for r in rows(found, year)]
    return out


def rows(comparison: Comparison, year: str) -> list[dict[str, Any]]:
    """The differences that a reader asks for first, for one year: mean levels and changes."""
    out = []
    base = comparison.baseline.data
    for lever, other in comparison.levers.items():
        for outcome, before, after in _pairs(base, other.data, year):
            change = after - before
            relative = np.where(np.abs(before) > 1e-9, change / np.where(before == 0, 1, before),
                                np.nan)
            out.append({"lever": lever, "outcome": outcome, "year": year,
                        "baseline": spread(before).as_dict(),
                        "change": spread(change).as_dict(),
                        "change_percent": spread(100 * relative).as_dict(),
                        "unchanged": float(np.mean(np.abs(change) < 1e-6 * (1 + np.abs(before))))})
    return out


def _pairs(base: Any, other: Any, year: str) -> Any:
    """(label, baseline [F], lever [F]) of each headline number of a year."""
    for name, array in base.data_vars.items():
        time = "month" if "month" in array.dims else "year"
        at = [i for i, label in enumerate(array[time].values) if str(label)[:4] == year]
        if not at or array.attrs.get("headline") == "no":
            continue
        flows = array.attrs.get("kind") == "flow" or name == "fired"
        labels = [d for d in array.dims if d not in ("future", time)]
        if int(np.prod([array.sizes[d] for d in labels], dtype=int)) > 24:
            continue
        two = []
        for data in (base, other):
            part = data[name].isel({time: at})
            two.append(part.sum(time) if flows else part.isel({time: -1}))
        stacked = [x.stack(cell=labels) if labels else x.expand_dims("cell", -1) for x in two]
        for k in range(stacked[0].sizes["cell"]):
            cell = stacked[0]["cell"].values[k] if labels else ""
            label = "/".join(map(str, cell)) if isinstance(cell, tuple) else str(cell)
            yield (f"{name} {label}".strip(), stacked[0].isel(cell=k).values.astype(float),
                   stacked[1].isel(cell=k).values.astype(float))


def year_of(name: str) -> str:
    """The year after the as-of date of a scenario: where levers show first."""
    head = scenarios.load(name).head
    return str(min(head.as_of.year + 1, int(head.horizon[:4])))
