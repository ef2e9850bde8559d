"""What if: paired futures with and without levers, beside a baseline that is kept.

The workers stay, so that only the first question waits for the compiler. All futures have the same
luck as those of the baseline: a difference is the lever's, not chance's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from kautilya.errors import KautilyaError

SIZES = (256, 1000, 4000)
MOST_LEVERS = 6
Progress = Callable[[int, int], None]


class WhatIf:
    """The engine of one scenario, held ready."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._folder = TemporaryDirectory(prefix="kautilya-page-")
        self._runs: dict[tuple[int, tuple[str, ...]], object] = {}
        self._pool: object = None

    def levers(self) -> list[dict[str, str]]:
        """The levers of the scenario: name and what they do."""
        from kautilya import scenario

        return [{"name": one.id, "says": one.says} for one in scenario.load(self._name).levers]

    def ask(self, levers: tuple[str, ...], futures: int, progress: Progress) -> dict[str, object]:
        """What levers together change in the year after the as-of day.

        futures   one of SIZES

        Raises KautilyaError for a lever or a size that is none.
        """
        from kautilya.study.compare import Comparison, fits, rows, year_of

        if futures not in SIZES:
            raise KautilyaError(
                "futures", f"{futures}", f"Give one of {', '.join(map(str, SIZES))}"
            )
        if not 0 < len(levers) <= MOST_LEVERS:
            raise KautilyaError("levers", f"{len(levers)}", f"Give 1 to {MOST_LEVERS}")
        with self._lock:
            plan = _plan(futures)
            fits(self._name, levers, plan)
            base = self._run((), futures, lambda done, _: progress(done, 2 * futures))
            other = self._run(
                levers, futures, lambda done, _: progress(futures + done, 2 * futures)
            )
        named = " + ".join(levers)
        year = year_of(self._name)
        found = rows(Comparison(base, {named: other}), year)  # type: ignore[arg-type, dict-item]
        return {"levers": list(levers), "year": year, "futures": futures, "rows": found}

    def _run(self, levers: tuple[str, ...], futures: int, progress: Progress) -> object:
        from kautilya.runs.ensemble import run
        from kautilya.runs.pool import Pool, cores

        key = (futures, levers)
        if key not in self._runs:
            if self._pool is None:
                self._pool = Pool(cores()).__enter__()
            plan = _plan(futures)
            self._runs[key] = run(
                self._name,
                futures,
                plan.seed,
                case=replace(plan.case, levers=levers),
                out=Path(self._folder.name) / f"{futures}-{'-'.join(levers) or 'baseline'}",
                pool=self._pool,  # type: ignore[arg-type]
                progress=progress,
            )
        return self._runs[key]

    def close(self) -> None:
        """End the workers and take away what was kept."""
        if self._pool is not None:
            self._pool.__exit__(None, None, None)  # type: ignore[attr-defined]
        self._folder.cleanup()


def _plan(futures: int):  # noqa: ANN202
    from kautilya.runs.ensemble import Case, Plan

    return Plan(futures, 0, Case())
