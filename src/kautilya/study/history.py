"""The run beside what was observed: losses, visual evidence, claims, and the accounts' bounds.

    floor      items seen x share of them that is gone for good (destroyed or captured)
    bounds     least and largest permanent losses that the accepted figures allow
    bias       claimed over simulated losses, half-year by half-year
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kautilya.errors import KautilyaError
from kautilya.runs.draws import probabilities
from kautilya.runs.ensemble import scenario_of
from kautilya.runs.summary import spread, within
from kautilya.scenario.distributions import quantile

CHECKS = ("2022-12", "2023-12", "2024-08")


def cumulative(data: Any, actor: str, good: str) -> np.ndarray:
    """Permanent losses from the start, by month [F, T]."""
    cell = {"belligerent": actor, "equipment": good}
    lost = data["destroyed"].sel(cell).values + data["captured"].sel(cell).values
    return np.cumsum(lost.astype(float), axis=1)


def observed(scenario: Any, name: str) -> dict[tuple[str, str, str], float]:
    """Rows `observed.<name>` of series.csv: (actor, good, month) -> value."""
    return {(row.actor, row.good, row.month): row.value for row in scenario.series
            if row.series == f"observed.{name}"}


def gone_share(scenario: Any, actor: str, good: str) -> float:
    """Share of seen items that is gone for good: neither damaged nor abandoned, by the record."""
    parts = {row.id.rpartition("-")[2]: row.central for row in scenario.figures
             if row.id.startswith(f"ORS-{actor}-{good}-")}
    kept = [parts[k] for k in ("damaged", "abandoned") if parts.get(k) is not None]
    return 1.0 - sum(kept) / 100.0 if kept else float("nan")


def history(run: Any) -> dict[str, Any]:
    """Losses of a run beside the floor and the bounds, and the bias of the claims."""
    scenario = scenario_of(run.manifest)
    data = within(run.data)
    for name in ("destroyed", "captured"):
        if name not in data or "month" not in data[name].dims:
            raise KautilyaError(str(run.folder), f"this run keeps no monthly '{name}'",
                                "Run it with --keep always, or name the outcome in --keep")
    months = [str(m) for m in data["month"].values]
    seen, claimed = (observed(scenario, name) for name in ("oryx_lost", "claimed_lost"))
    rows = []
    for until in CHECKS:
        if until not in months:
            continue
        bounds = _bounds(scenario, until, run.manifest["case"]["accept"])
        for actor in map(str, data["belligerent"].values):
            for good in map(str, data["equipment"].values):
                lost = cumulative(data, actor, good)[:, months.index(until)]
                rows.append(_row(scenario, (actor, good, until), lost, seen,
                                 bounds.get((actor, good))))
    return {"losses": rows, "claim_bias": bias(data, months, claimed)}


def _row(scenario: Any, key: tuple[str, str, str], lost: np.ndarray, seen: Any, bound: Any
         ) -> dict[str, Any]:
    floor = seen.get(key, float("nan")) * gone_share(scenario, *key[:2])
    low, high = bound or (float("nan"), float("nan"))
    inside = (lost >= low) & (lost <= high) if bound else np.full(lost.shape, np.nan)
    return {"actor": key[0], "good": key[1], "until": key[2], "simulated": spread(lost).as_dict(),
            "seen": seen.get(key), "floor": floor,
            "above_floor": float(np.mean(lost >= floor)) if floor == floor else None,
            "bounds": [low, high], "inside": float(np.mean(inside))}


def bias(data: Any, months: list[str], claimed: dict[tuple[str, str, str], float]
         ) -> list[dict[str, Any]]:
    """Claimed over simulated losses by half-year: medians and 90 % intervals over futures."""
    out = []
    halves = [("2022-02", "2022-06"), ("2022-07", "2022-12"), ("2023-01", "2023-06"),
              ("2023-07", "2023-12"), ("2024-01", "2024-06")]
    for actor in map(str, data["belligerent"].values):
        for good in map(str, data["equipment"].values):
            lost = cumulative(data, actor, good)
            for first, last in halves:
                end = claimed.get((actor, good, last))
                start = claimed.get((actor, good, _before(first)), 0.0)
                if end is None or last not in months:
                    continue
                at = months.index(first)
                done = lost[:, months.index(last)] - (lost[:, at - 1] if at else 0.0)
                out.append({"actor": actor, "good": good, "from": first, "to": last,
                            "claimed": end - start,
                            "claimed_over_simulated": spread((end - start) / np.maximum(
                                done, 1e-9)).as_dict()})
    return out


def _before(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def _bounds(scenario: Any, until: str, accept: str) -> dict[tuple[str, str], tuple[float, float]]:
    if not (Path(scenario.folder) / "accounts.toml").exists():
        return {}
    from kautilya.accounts.feeds import lost_bounds

    return lost_bounds(scenario, until, "run" if accept == "raw" else accept)


def quantity_draws(run: Any, identifier: str) -> np.ndarray:
    """What each future drew for one uncertain figure from its raw range [F], in the row's unit."""
    scenario = scenario_of(run.manifest)
    row = next(q for q in scenario.quantities if q.id == identifier)
    futures = np.arange(run.manifest["futures"])
    return quantile(row, probabilities([identifier], run.manifest["seed"], futures)[0])
