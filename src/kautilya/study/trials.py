"""Simulate a design on the pool of workers; the numbers come back, nothing else is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.stats import qmc

from kautilya.accounts import FeedKey, drawn_together
from kautilya.disk import Temporary
from kautilya.errors import KautilyaError
from kautilya.runs import designs
from kautilya.runs.case import Case, Job, Plan, Rows
from kautilya.runs.designs import FIXED, Factors, Points
from kautilya.runs.ensemble import CHUNK, preparations, source_of
from kautilya.runs.pool import Pool, cores

if TYPE_CHECKING:
    from kautilya.scenario.scenario import Scenario

Progress = Callable[[int, int], None]


class Subject(NamedTuple):
    """What is simulated: a scenario with levers and settings, a seed, and which numbers leave.

    numbers   texts of `study.numbers`; case.keep is the level that holds them
    """

    scenario: Scenario
    seed: int
    case: Case
    numbers: tuple[str, ...]


class Bench:
    """Workers for one subject, and a folder for what passes between them and here."""

    def __init__(self, subject: Subject, rows: int, progress: Progress | None = None) -> None:
        self._subject, self._progress = subject, progress
        self._done, self._total, self._files = 0, rows, 0
        self._folder = Temporary("kautilya-design-")
        self._pool = Pool(min(cores(), max(-(-rows // CHUNK), 1)))

    def __enter__(self) -> Bench:
        plan = Plan(CHUNK, self._subject.seed, self._subject.case)
        try:
            self._pool.run(preparations(self._subject.scenario, plan), lambda job, answer: None)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self._pool.close()
        self._folder.remove()

    def expect(self, rows: int) -> None:
        """Rows still to come, for the progress."""
        self._total = self._done + rows

    def run(self, design: designs.Design) -> np.ndarray:
        """Numbers of every row [rows, numbers]; NaN where a future ended non-finite."""
        self._files += 1
        path = self._folder.path / f"design-{self._files}.npz"
        try:
            designs.save(path, design)
        except KautilyaError as error:
            raise KautilyaError(
                error.place, error.found, "Free some space, or set TMPDIR to a folder with more"
            ) from None
        out = np.full((len(design.rows.base), len(self._subject.numbers)), np.nan)

        def done(job: Job, _: object) -> None:
            assert isinstance(job, Rows)
            out[job.first : job.first + job.count] = np.load(job.file)
            Path(job.file).unlink()
            self._done += job.count
            if self._progress:
                self._progress(self._done, max(self._total, self._done))

        self._pool.run(self._jobs(path, len(out)), done)
        path.unlink()
        return out

    def _jobs(self, path: Path, rows: int) -> Sequence[Job]:
        subject = self._subject
        return [
            Rows(
                source_of(subject.scenario),
                subject.case,
                subject.seed,
                first,
                min(CHUNK, rows - first),
                tuple(subject.numbers),
                str(path),
                str(path.with_suffix(f".{first}.npy")),
            )
            for first in range(0, rows, CHUNK)
        ]


if TYPE_CHECKING:
    from kautilya.scenario.assemble import Assembled
    from kautilya.scenario.scenario import Scenario

LUCK, REST = "luck", "all other figures"
FIGURE, GROUP, ACCOUNTS = "figure", "group", "accounts"


def rows_of(scenario: Scenario, key: FeedKey) -> np.ndarray:
    """Rows of quantities.csv that a feed of the accounts fills; its stage may hold "*"."""
    return np.array(
        [
            i
            for i, row in enumerate(scenario.quantities)
            if row.parameter == key.parameter
            and row.month == key.month
            and (row.actor, row.partner, row.good) == (key.actor, key.partner, key.good)
            and row.label == key.label
            and fnmatchcase(row.stage, key.stage or "")
        ],
        dtype=int,
    )


def fed_groups(scenario: Scenario, accept: str) -> dict[int, str]:
    """The group of accounts of each figure that the accounts fill; empty for raw ranges."""
    if accept == "raw" or "accounts.toml" not in scenario.beside:
        return {}
    return {
        int(i): name
        for key, name in drawn_together(scenario, accept).items()
        for i in rows_of(scenario, key)
    }


def varied(assembled: Assembled) -> np.ndarray:
    """Figures whose range is not a point."""
    return np.array([i for i, row in enumerate(assembled.quantities) if row.low != row.high])


def by_law(assembled: Assembled, accept: str) -> Factors:
    """One factor for the figures of each law, each group of accounts, and luck."""
    laws = {int(i): assembled.quantities[i].parameter.split(".")[0] for i in varied(assembled)}
    return _factors(assembled, laws, fed_groups(assembled.scenario, accept))


def by_figure(assembled: Assembled, accept: str, single: Sequence[int] | None = None) -> Factors:
    """One factor for each figure of `single` (default: all), each group of accounts, and luck;
    all other figures together are one more factor."""
    every = varied(assembled)
    alone = set(map(int, every if single is None else single))
    names = {int(i): assembled.quantities[i].id if int(i) in alone else REST for i in every}
    return _factors(assembled, names, fed_groups(assembled.scenario, accept))


def _factors(assembled: Assembled, names: dict[int, str], fed: dict[int, str]) -> Factors:
    """Factors in the order of quantities.csv; groups of accounts and luck come last."""
    ids = {row.id for row in assembled.quantities}
    own = dict.fromkeys(name for i, name in names.items() if i not in fed)
    groups = dict.fromkeys(fed.values())
    order = [name for name in own if name != REST] + [REST] * (REST in own)
    place = {name: k for k, name in enumerate(order)}
    of = np.full(len(assembled.quantities), FIXED)
    for i, name in names.items():
        if i not in fed:
            of[i] = place[name]
    for k, name in enumerate(groups, start=len(order)):
        of[[i for i, group in fed.items() if group == name]] = k
    kinds = [FIGURE if name in ids else GROUP for name in order] + [ACCOUNTS] * len(groups)
    return Factors(
        (*order, *(f"accounts {name}" for name in groups), LUCK),
        (*kinds, LUCK),
        of,
        len(order) + len(groups),
    )


def near_points(assembled: Assembled, count: int, seed: int, step: float) -> Points:
    """3 x count points: A, and A with every figure moved by a step of probability and by half of
    it, inwards; the draws of the accounts and the luck stay those of A."""
    start = points(assembled, count, seed).u[0::2]
    inward = np.where(start < 0.5, step, -step)
    u = np.repeat(start, 3, axis=0)
    u[1::3] += inward
    u[2::3] += inward / 2
    number = np.repeat(2 * np.arange(count), 3)
    return Points(u, number, number)


def points(assembled: Assembled, count: int, seed: int) -> Points:
    """2 x count points: A at 2i and B at 2i + 1, from one scrambled Sobol' sequence of the figures
    that vary; the first points stay the same whatever the count."""
    every = varied(assembled)
    sequence = qmc.Sobol(2 * len(every), scramble=True, rng=np.random.default_rng(seed))
    power = int(np.ceil(np.log2(max(count, 1))))
    both = np.clip(sequence.random_base2(power)[:count], 2.0**-53, 1 - 2.0**-53)
    u = np.full((2 * count, len(assembled.quantities)), 0.5)
    u[0::2, every], u[1::2, every] = both[:, : len(every)], both[:, len(every) :]
    number = np.arange(2 * count)
    return Points(u, number, number)
