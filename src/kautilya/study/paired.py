"""The same futures under one change after another, beside the scenario as it stands, at once.

Workers stay, so that only the first question waits for the compiler, and what was run is kept: of a
case that is asked for again with more futures only the further ones are run. All cases meet the same
luck: a difference is the change's, not chance's. Places on the machine are held only while workers
work, so that other commands take their turn in between.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.runs import posterior
from kautilya.runs.case import Answer, Case, Chunk, Job, Plan
from kautilya.runs.chunk import read
from kautilya.runs.ensemble import Progress, check, preparations, source_of
from kautilya.runs.pool import Pool, Turn, cores
from kautilya.runs.store import layout_of
from kautilya.scenario.outcomes import canonical
from kautilya.scenario.scenario import Scenario
from kautilya.study.compare import Difference, Headline, difference, headline, unit_in, year_of

PIECE = 64  # futures of a job: the tile of the month loop
BATCH = 256  # futures between two looks at whether to go on
HELD = 200_000_000  # bytes of numbers that are kept; the cases asked for longest ago go first


class Change(NamedTuple):
    """What is changed: levers, and figures set to a value ("id=value"); () for nothing."""

    levers: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()


class Paired:
    """A scenario held ready to be asked.

    name   a shipped scenario or the path of a folder, with @DAY where it is known as of a day
    """

    def __init__(self, name: str, seed: int = 0) -> None:
        self._name, self.seed = name, seed
        self._lock = Lock()
        self._pool: Pool | None = None
        self._held: OrderedDict[Change, np.ndarray] = OrderedDict()

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario."""
        return scenarios.load(self._name)

    @cached_property
    def year(self) -> str:
        """The year that is told of: the one after the as-of day."""
        return year_of(self._name)

    @cached_property
    def case(self) -> Case:
        """The case of the scenario as it stands."""
        return Case(
            keep=canonical(self.scenario, Case.keep),
            as_of=self.scenario.asked,
            posterior=posterior.named("", self.scenario),
        )

    @cached_property
    def _headlines(self) -> list[Headline]:
        layout = layout_of(self.scenario, self.case.keep)
        found = [
            headline(name, dims, layout.texts[name], self.year)
            for name, dims in layout.coords.items()
        ]
        return [one for one in found if one is not None]

    @cached_property
    def names(self) -> list[str]:
        """What the numbers are called, in the order in which they stand."""
        return [one.called(cell) for one in self._headlines for cell in one.cells]

    @cached_property
    def _units(self) -> list[str]:
        texts = layout_of(self.scenario, self.case.keep).texts
        return [unit_in(texts[one.name], cell) for one in self._headlines for cell in one.cells]

    def fits(self, change: Change) -> None:
        """Refuse what cannot run. Raises KautilyaError for an unknown lever, figure or value."""
        check(self.scenario, 1, self.seed, self._changed(change))

    def _changed(self, change: Change) -> Case:
        return replace(self.case, levers=change.levers, sets=change.sets)

    def values(self, change: Change, futures: int, progress: Progress | None = None) -> np.ndarray:
        """The headline numbers of the first futures under a change [F, numbers]; NaN in a future
        that did not end finite.

        progress   is told how many are done of how many; what it raises stops the work, and what
                   is done is kept. Raises KautilyaError as `fits` does.
        """
        with self._lock:
            held = self._held.pop(change, np.empty((0, len(self.names)), np.float32))
            try:
                if len(held) < futures:
                    self.fits(change)
                while len(held) < futures:
                    count = min(BATCH, futures - len(held))
                    tell = partial(progress, len(held), futures) if progress else None
                    held = np.concatenate([held, self._batch(change, len(held), count, tell)])
                    if progress:
                        progress(len(held), futures)
            finally:
                self._keep(change, held)
            return held[:futures]

    def _keep(self, change: Change, held: np.ndarray) -> None:
        if len(held):
            self._held[change] = held
        while len(self._held) > 1 and sum(one.nbytes for one in self._held.values()) > HELD:
            self._held.popitem(last=False)

    def _batch(
        self, change: Change, first: int, count: int, waits: Callable[[], None] | None
    ) -> np.ndarray:
        """The numbers of some futures [F, numbers]; waits: called while others use the machine."""
        case, source = self._changed(change), source_of(self.scenario)
        with disk.Temporary("kautilya-paired-") as folder, Turn.during(cores(), waits):
            pieces = range(first, first + count, PIECE)
            files = {at: Path(folder) / f"{at}.npz" for at in pieces}
            last = first + count
            self._workers().run(
                (
                    Chunk(source, case, self.seed, at, min(PIECE, last - at), file=str(file))
                    for at, file in files.items()
                ),
                _nothing,
            )
            return np.concatenate([self._numbers(read(file)) for file in files.values()])

    def _workers(self) -> Pool:
        if self._pool is None:
            self._pool = Pool(cores(), waits=False)
            plan = Plan(BATCH, self.seed, self.case)
            self._pool.run(preparations(self.scenario, plan), _nothing)
        return self._pool

    def _numbers(self, part: Mapping[str, np.ndarray]) -> np.ndarray:
        out = []
        for one in self._headlines:
            values = part[one.name][:, one.at].sum(axis=1, dtype=np.float64)
            out.append(values.reshape(len(values), -1))
        found = np.concatenate(out, axis=1).astype(np.float32)
        found[~part["_finite"]] = np.nan
        return found

    def differences(
        self, change: Change, futures: int, progress: Progress | None = None
    ) -> list[Difference]:
        """What a change does to each headline number, future by future."""
        total = 2 * futures
        base = self.values(Change(), futures, _part(progress, 0, total))
        other = self.values(change, futures, _part(progress, futures, total))
        named = " + ".join((*change.levers, *change.sets))
        return [
            difference(
                named,
                name,
                self.year,
                base[:, k].astype(float),
                other[:, k].astype(float),
                self._units[k],
            )
            for k, name in enumerate(self.names)
        ]

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None


def _nothing(job: Job, answer: Answer) -> None:
    """Nothing is noted of a job."""


def _part(progress: Progress | None, before: int, total: int) -> Callable[[int, int], None]:
    def tell(done: int, _: int) -> None:
        if progress:
            progress(before + done, total)

    return tell


def size(futures: int, sizes: tuple[int, ...]) -> int:
    """A number of futures that is one of `sizes`. Raises KautilyaError for another."""
    if futures not in sizes:
        raise KautilyaError("futures", f"{futures}", f"Give one of {', '.join(map(str, sizes))}")
    return futures
