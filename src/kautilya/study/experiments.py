"""Designs made elsewhere: values of some figures in, numbers of each run out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.runs import designs, draws
from kautilya.runs.ensemble import Case, check
from kautilya.runs.numbers import numbers
from kautilya.scenario.assemble import assemble
from kautilya.scenario.mistakes import near, shown
from kautilya.study import trials
from kautilya.study.trials import Bench, Progress, Subject

if TYPE_CHECKING:
    from kautilya.scenario.assemble import Assembled

OTHERS, LUCKS = ("central", "drawn"), ("common", "own")


@dataclass(frozen=True)
class Problem:
    """What the columns of a design are, and what is asked.

    figures   ids of quantities.csv; their values stand in the units of that table
    outcomes  numbers (`study.numbers`); levers: in force in every run
    others    all other figures: central, or drawn anew for each run (from the raw ranges)
    luck      common to all runs, or each run's own
    """

    figures: tuple[str, ...]
    outcomes: tuple[str, ...]
    levers: tuple[str, ...] = ()
    seed: int = 0
    others: str = "central"
    luck: str = "common"


def evaluate(
    name: str, problem: Problem, x: np.ndarray, progress: Progress | None = None
) -> np.ndarray:
    """Numbers [runs, outcomes] for values x [runs, figures] of the figures.

    A figure with two values takes the nearer one. A value that is given overrides what the
    accounts would allow: whether a design fits the published figures is the caller's to see to.
    Raises KautilyaError for what can be mended.
    """
    scenario = scenarios.load(name)
    case = Case(tuple(problem.levers), (), "always", "raw")
    check(scenario, 1, problem.seed, case)
    assembled = assemble(scenario)
    keep, found = numbers(assembled, problem.outcomes, "outcomes")
    points = _points(assembled, problem, np.asarray(x, dtype=float))
    none = np.full(len(assembled.quantities), designs.FIXED)
    rows = designs.plain(len(points.u))
    design = designs.Design(designs.Factors((), (), none, designs.FIXED), points, rows)
    subject = Subject(
        scenario, problem.seed, Case(case.levers, (), keep, "raw"), tuple(one.text for one in found)
    )
    with Bench(subject, len(points.u), progress) as bench:
        return bench.run(design)


def _points(assembled: Assembled, problem: Problem, x: np.ndarray) -> designs.Points:
    place = {row.id: i for i, row in enumerate(assembled.quantities)}
    for one in problem.figures:
        if one not in place:
            raise KautilyaError("figures", f"unknown figure {shown(one)}", near(one, place))
    for key, value, known in (("others", problem.others, OTHERS), ("luck", problem.luck, LUCKS)):
        if value not in known:
            raise KautilyaError(key, f"unknown {shown(value)}", near(value, known))
    if x.ndim != 2 or x.shape[1] != len(problem.figures) or not len(x):
        raise KautilyaError(
            "x",
            f"an array of shape {x.shape}",
            f"Give [runs, {len(problem.figures)}]: a column for each figure",
        )
    if not np.isfinite(x).all():
        raise KautilyaError("x", "values that are not finite", "Give finite numbers")
    at = np.array([place[one] for one in problem.figures], dtype=int)
    factor = np.array([assembled.quantities[i].factor for i in at])
    number = np.arange(len(x))
    luck = number if problem.luck == "own" else np.zeros(len(x), int)
    given, values = at, _allowed(assembled, at, x * factor)
    if problem.others == "central":
        rest = np.setdiff1d(np.arange(len(place)), at)
        middle = _allowed(
            assembled, rest, np.array([[assembled.quantities[i].central for i in rest]])
        )[0]
        given = np.concatenate([at, rest])
        values = np.concatenate([values, np.broadcast_to(middle, (len(x), len(rest)))], axis=1)
        u = np.full((len(x), len(place)), 0.5)
    else:
        ids = [row.id for row in assembled.quantities]
        u = draws.probabilities(ids, problem.seed, number).T
    return designs.Points(u, number, luck, given, values)


def _allowed(assembled: Assembled, figures: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values [runs, figures]; of a figure that has but two, the nearer one, half-way the lower."""
    out = values.copy()
    for k, i in enumerate(figures):
        row = assembled.quantities[i]
        if row.distribution == "choice":
            out[:, k] = np.where(
                values[:, k] - row.low > row.high - values[:, k], row.high, row.low
            )
    return out


class Salib(TypedDict):
    """A problem as SALib writes it: names of the inputs, and the lowest and highest of each."""

    num_vars: int
    names: list[str]
    bounds: list[list[float]]


def problem_of(assembled: Assembled, figures: Sequence[str] | None = None) -> Salib:
    """A problem of SALib over figures of a scenario (default: all that vary), with their ranges."""
    place = {row.id: i for i, row in enumerate(assembled.quantities)}
    names = (
        list(figures)
        if figures is not None
        else [assembled.quantities[i].id for i in trials.varied(assembled)]
    )
    for one in names:
        if one not in place:
            raise KautilyaError("figures", f"unknown figure {shown(one)}", near(one, place))
    rows = [assembled.quantities[place[one]] for one in names]
    return {
        "num_vars": len(names),
        "names": names,
        "bounds": [[row.low / row.factor, row.high / row.factor] for row in rows],
    }


def from_salib(problem: Mapping[str, object]) -> tuple[str, ...]:
    """The figures that a problem of SALib names; KautilyaError where it is none."""
    given = problem.get("names") if isinstance(problem, Mapping) else None
    names = list(given) if isinstance(given, Iterable) else []
    if not names or len(names) != problem.get("num_vars", len(names)):
        raise KautilyaError(
            "problem",
            "it has no names, or not as many as num_vars",
            "Give a SALib problem: num_vars, names, bounds",
        )
    return tuple(map(str, names))
