"""Simulate a design on the pool of workers; the numbers come back, nothing else is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kautilya.disk import Temporary
from kautilya.errors import KautilyaError
from kautilya.runs import designs
from kautilya.runs.case import Case, Job, Plan, Rows
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
            raise KautilyaError(error.place, error.found,
                                "Free some space, or set TMPDIR to a folder with more") from None
        out = np.full((len(design.rows.base), len(self._subject.numbers)), np.nan)

        def done(job: Job, _: object) -> None:
            assert isinstance(job, Rows)
            out[job.first: job.first + job.count] = np.load(job.file)
            Path(job.file).unlink()
            self._done += job.count
            if self._progress:
                self._progress(self._done, max(self._total, self._done))

        self._pool.run(self._jobs(path, len(out)), done)
        path.unlink()
        return out

    def _jobs(self, path: Path, rows: int) -> Sequence[Job]:
        subject = self._subject
        return [Rows(source_of(subject.scenario), subject.case, subject.seed, first,
                     min(CHUNK, rows - first), tuple(subject.numbers), str(path),
                     str(path.with_suffix(f".{first}.npy"))) for first in range(0, rows, CHUNK)]
