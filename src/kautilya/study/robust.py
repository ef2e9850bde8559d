"""Robustness of levers over the uncertainties: regret and satisficing, on paired futures.

    regret_l      = best over all options of the same future - option l      (savage1951)
    satisficing_l = share of futures in which option l meets the threshold   (simon1956)

The scenario as it stands is one of the options. The best option changes from future to future;
regret is what one loses by not knowing which future it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, NotRequired, TypedDict

import numpy as np

from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Plan, Progress
from kautilya.runs.numbers import numbers
from kautilya.runs.summary import share, spread
from kautilya.scenario.assemble import assemble
from kautilya.scenario.mistakes import near, shown
from kautilya.study.compare import PLAN, compare

GOALS = ("max", "min")
AS_IT_STANDS = "as it stands"


@dataclass(frozen=True)
class Goal:
    """What counts: a number (`study.numbers`), whether more or less of it is better, and from
    where on it is good enough (None: satisficing is not asked)."""

    outcome: str
    better: str = "max"
    threshold: float | None = None

    def check(self) -> None:
        """KautilyaError for what makes no sense."""
        if self.better not in GOALS:
            raise KautilyaError(
                "--better", f"unknown {shown(self.better)}", near(self.better, GOALS)
            )
        if self.threshold is not None and np.isnan(self.threshold):
            raise KautilyaError("--threshold", "not a number", "Give a number")


class Standing(TypedDict):
    """How one option does: value, regret (median, 90th percentile, largest), shares."""

    option: str
    value: dict[str, float]
    regret: dict[str, float]
    best: float
    best_error: float
    meets: NotRequired[float]
    meets_error: NotRequired[float]


class Robust(NamedTuple):
    """values [options, F] of the outcome, regret [options, F] >= 0, meets bool [options, F]."""

    options: tuple[str, ...]
    goal: Goal
    values: np.ndarray
    regret: np.ndarray
    meets: np.ndarray | None

    def rows(self) -> list[Standing]:
        """One row an option."""
        best = self.regret == 0
        out = []
        for k, name in enumerate(self.options):
            high = np.quantile(self.regret[k], (0.5, 0.9, 1.0))
            row: Standing = {
                "option": name,
                "value": spread(self.values[k]).as_dict(),
                "regret": {
                    "median": float(high[0]),
                    "q90": float(high[1]),
                    "max": float(high[2]),
                    "mean": float(self.regret[k].mean()),
                },
                "best": share(best[k])[0],
                "best_error": share(best[k])[1],
            }
            if self.meets is not None:
                held, error = share(self.meets[k])
                row["meets"], row["meets_error"] = held, error
            out.append(row)
        return out


def regret(values: np.ndarray, better: str) -> np.ndarray:
    """What each option [options, F] falls short of the best one of the same future."""
    whole = values if better == "max" else -values
    return np.asarray(whole.max(axis=0) - whole)


def robust(
    name: str,
    levers: Sequence[str],
    goal: Goal,
    plan: Plan = PLAN,
    *,
    progress: Progress | None = None,
) -> Robust:
    """Run a scenario as it stands and under each lever; KautilyaError for what can be mended."""
    goal.check()
    keep, (number,) = numbers(assemble(scenarios.load(name)), (goal.outcome,))
    plan = replace(plan, case=replace(plan.case, keep=keep))
    found = compare(name, levers, plan, progress=progress)
    runs = [found.baseline, *found.levers.values()]
    values = np.stack([number.of(run.data[number.name]) for run in runs])
    whole = np.isfinite(values).all(axis=0)
    if not whole.any():
        raise KautilyaError(
            "--outcome", f"{goal.outcome} is not finite in any future", "Choose another outcome"
        )
    values = values[:, whole]
    meets = None
    if goal.threshold is not None:
        meets = values >= goal.threshold if goal.better == "max" else values <= goal.threshold
    return Robust((AS_IT_STANDS, *found.levers), goal, values, regret(values, goal.better), meets)
