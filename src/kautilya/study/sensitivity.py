"""Which assumption decides: how much of the spread of an outcome each factor carries.

Factors are groups of figures by law, or single figures that a screening picked with all others as
one more factor; groups of accounts that are drawn together; and luck. So nothing that varies is
left out, and what the single figures miss shows in the factor of all others.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.runs import designs
from kautilya.runs.ensemble import Case, check
from kautilya.runs.numbers import numbers
from kautilya.scenario.assemble import assemble
from kautilya.scenario.mistakes import near, shown
from kautilya.study import trials
from kautilya.study.sobol import Indices, Slopes, indices, slopes, spread_of_pairs
from kautilya.study.trials import Bench, Progress, Subject
from kautilya.wording import many

if TYPE_CHECKING:
    import xarray as xr

    from kautilya.scenario.assemble import Assembled

METHODS, WAYS = ("sobol", "morris", "slopes"), ("figure", "law")
STEP = 0.02  # of probability: what a slope is taken over
FIRST_ROUND = 128
DESIGN = 4_000_000_000  # bytes that the points of a design may take


@dataclass(frozen=True)
class Ask:
    """What to study.

    outcomes      texts of `study.numbers`; method: sobol | morris | slopes; by: figure | law
    base          most base points (a power of two); a round of Sobol' runs doubles them until
                  the widest 95 % half-width of a total index is at most `tolerance`
    singles       figures taken one by one after screening; trajectories: base points of Morris
                  and of slopes
    """

    outcomes: tuple[str, ...]
    method: str = "sobol"
    by: str = "figure"
    base: int = 4096
    tolerance: float = 0.05
    singles: int = 24
    trajectories: int = 16

    def check(self) -> None:
        """KautilyaError for what makes no sense."""
        for place, value, known in (("--method", self.method, METHODS), ("--by", self.by, WAYS)):
            if value not in known:
                raise KautilyaError(
                    place, f"unknown {place[2:]} {shown(value)}", near(value, known)
                )
        if self.base < 2 or self.base & (self.base - 1):
            raise KautilyaError(
                "--base", f"{self.base} base points", "Give a power of two, such as 256 or 1024"
            )
        if not self.tolerance > 0:
            raise KautilyaError("--tolerance", f"{self.tolerance}", "Give a number above 0")
        for place, count in (("--singles", self.singles), ("--trajectories", self.trajectories)):
            if count < 2:
                raise KautilyaError(place, f"{count}", "Give 2 or more")


class Round(NamedTuple):
    """One round of a convergence: base points and runs so far, widest half-widths."""

    base: int
    runs: int
    first_error: float
    total_error: float


class Screen(NamedTuple):
    """Effects of single factors, each [factors, outcomes]: mean size and standard deviation of
    the change of the outcome, and the total index that they imply."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    size: np.ndarray
    deviation: np.ndarray
    total: np.ndarray


@dataclass
class Sensitivity:
    """What was found; `indices` and `rounds` are empty for Morris, `screen` where none was run."""

    ask: Ask
    scenario: str
    seed: int
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    members: tuple[int, ...] = ()
    indices: Indices | None = None
    screen: Screen | None = None
    slopes: Slopes | None = None
    rounds: list[Round] = field(default_factory=list)
    runs: int = 0
    lost: int = 0
    seconds: float = 0.0
    spread: list[dict[str, float]] = field(default_factory=list)

    @property
    def converged(self) -> bool:
        """Whether the last round reached the tolerance."""
        return bool(self.rounds) and self.rounds[-1].total_error <= self.ask.tolerance


def sensitivity(
    name: str,
    ask: Ask,
    *,
    seed: int = 0,
    case: Case | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Study a scenario; KautilyaError for what the user can mend."""
    begun = time.perf_counter()
    ask.check()
    case = case or Case()
    scenario = scenarios.load(name)
    check(scenario, 1, seed, case)
    assembled = assemble(scenario)
    keep, found = numbers(assembled, ask.outcomes)
    _fits(ask, len(assembled.quantities))
    case = replace(case, keep=keep)
    subject = Subject(scenario, seed, case, tuple(one.text for one in found))
    every = trials.by_figure(assembled, case.accept)
    screened = ask.method == "morris" or (
        ask.method == "sobol" and ask.by == "figure" and _singles(every) > ask.singles
    )
    with Bench(subject, _runs(ask, every, screened), progress) as bench:
        out = Sensitivity(ask, scenario.id, seed)
        _named(out, every)
        if screened:
            _screen(bench, assembled, every, out)
        if ask.method == "slopes":
            _slopes(bench, assembled, every, out)
        if ask.method == "sobol":
            chosen = (
                _chosen(assembled, case.accept, every, out)
                if ask.by == "figure"
                else trials.by_law(assembled, case.accept)
            )
            _rounds(bench, assembled, chosen, out)
    out.seconds = time.perf_counter() - begun
    return out


def _runs(ask: Ask, every: designs.Factors, screened: bool) -> int:
    """About how many runs a study takes, for the progress."""
    some = ask.trajectories * len(every.names) * (screened or 2 * (ask.method == "slopes"))
    return some + ask.base * (ask.singles + 12) * (ask.method == "sobol")


def _fits(ask: Ask, figures: int) -> None:
    """Refuse more base points than a design can hold in memory, before anything runs."""
    for place, count in (("--base", ask.base), ("--trajectories", ask.trajectories)):
        need = 6 * count * figures * np.dtype(float).itemsize  # two or three points, and a copy
        if need > DESIGN:
            raise KautilyaError(
                place,
                f"{count:,} base points of {figures:,} figures take {disk.size(need)} of memory",
                f"Give at most {int(DESIGN // (need // count)):,}",
            )


def _singles(every: designs.Factors) -> int:
    return sum(kind == trials.FIGURE for kind in every.kinds)


def _named(out: Sensitivity, chosen: designs.Factors) -> None:
    """Names, kinds and numbers of figures of the factors that the answer is about."""
    out.names, out.kinds = chosen.names, chosen.kinds
    out.members = tuple(len(chosen.members(k)) for k in range(len(chosen.names)))


def _screen(bench: Bench, assembled: Assembled, every: designs.Factors, out: Sensitivity) -> None:
    count = len(every.names)
    points = trials.points(assembled, out.ask.trajectories, out.seed)
    y = bench.run(designs.Design(every, points, designs.radial(out.ask.trajectories, count)))
    _count(out, y)
    out.screen = Screen(every.names, every.kinds, *spread_of_pairs(y, count))


def _slopes(bench: Bench, assembled: Assembled, every: designs.Factors, out: Sensitivity) -> None:
    """Slopes of single figures; groups of accounts and luck have none."""
    count = _singles(every)
    points = trials.near_points(assembled, out.ask.trajectories, out.seed, STEP)
    y = bench.run(designs.Design(every, points, designs.stepped(out.ask.trajectories, count)))
    _count(out, y)
    found = slopes(y, count, STEP)
    rest = np.full((len(every.names) - count, y.shape[1]), np.nan)
    out.slopes = Slopes(*(np.concatenate([one, rest]) for one in found))


def _chosen(
    assembled: Assembled, accept: str, every: designs.Factors, out: Sensitivity
) -> designs.Factors:
    """The figures with the largest screened totals over all outcomes."""
    if out.screen is None:
        return every
    worth = np.nan_to_num(out.screen.total).max(axis=1)
    figures = [k for k, kind in enumerate(every.kinds) if kind == trials.FIGURE]
    best = sorted(figures, key=lambda k: (-worth[k], k))[: out.ask.singles]
    return trials.by_figure(assembled, accept, [int(every.members(k)[0]) for k in best])


def _rounds(bench: Bench, assembled: Assembled, chosen: designs.Factors, out: Sensitivity) -> None:
    """Double the base points until the indices are sure enough, or there are no more."""
    count, ask = len(chosen.names), out.ask
    points = trials.points(assembled, ask.base, out.seed)
    y = np.zeros((0, len(ask.outcomes)))
    done = 0
    while True:
        base = min(max(2 * done, FIRST_ROUND), ask.base)
        bench.expect((ask.base - done) * (count + 2))
        rows = designs.saltelli(done, base, count)
        fresh = bench.run(designs.Design(chosen, points, rows))
        _count(out, fresh)
        y, done = np.concatenate([y, fresh]), base
        found = indices(y, count, out.seed)
        widest = [
            float(np.nanmax(one, initial=0.0)) for one in (found.first_error, found.total_error)
        ]
        out.rounds.append(Round(done, len(y), *widest))
        if widest[1] <= ask.tolerance or done == ask.base:
            break
    out.indices = found
    _named(out, chosen)
    out.spread = _spread(y, count)


def _count(out: Sensitivity, y: np.ndarray) -> None:
    finite = np.isfinite(y)
    for text, any_run in zip(out.ask.outcomes, finite.any(axis=0), strict=True):
        if not any_run:
            raise KautilyaError(
                "--outcome",
                f"{text} is not finite in any of {many(len(y), 'run')}",
                "Choose another outcome",
            )
    out.runs += len(y)
    out.lost += int((~finite).any(axis=1).sum())


def _spread(y: np.ndarray, count: int) -> list[dict[str, float]]:
    from kautilya.runs.summary import spread

    whole = y.reshape(-1, count + 2, y.shape[1])
    own = np.concatenate([whole[:, 0], whole[:, -1]])
    return [spread(own[:, k]).as_dict() for k in range(own.shape[1])]


def as_dataset(found: Sensitivity) -> xr.Dataset:
    """What was found as xarray.Dataset over factor, outcome and round."""
    import xarray as xr

    own = (("factor", "outcome"),)
    cells: dict[str, Any] = {}
    if found.indices is not None:
        cells = {key: (*own, value) for key, value in found.indices._asdict().items()}
    elif found.slopes is not None:
        cells = {key: (*own, value) for key, value in found.slopes._asdict().items()}
    elif found.screen is not None:
        cells = {
            "effect": (*own, found.screen.size),
            "deviation": (*own, found.screen.deviation),
            "total": (*own, found.screen.total),
        }
    for key in Round._fields:
        if found.rounds:
            cells[f"round_{key}"] = ("round", [getattr(one, key) for one in found.rounds])
    coords = {
        "factor": list(found.names),
        "outcome": list(found.ask.outcomes),
        "kind": ("factor", list(found.kinds)),
        "figures": ("factor", list(found.members)),
    }
    return xr.Dataset(
        cells,
        coords,
        {
            "scenario": found.scenario,
            "seed": found.seed,
            "runs": found.runs,
            "converged": int(found.converged),
        },
    )
