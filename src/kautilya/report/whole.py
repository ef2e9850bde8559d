"""A whole run: trajectories, summary and report, as `kautilya run` writes them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from kautilya import disk
from kautilya.runs.cluster import Workers
from kautilya.runs.ensemble import Plan, Progress, Run, begin_audit, resume, run, scenario_of
from kautilya.runs.summary import table


class Whole(NamedTuple):
    """A run, its answer as data, and the names of its files."""

    run: Run
    files: dict[str, str]
    answer: dict[str, Any]


def summarise(done: Run, progress: Progress | None = None) -> dict[str, str]:
    """Write the summary of a run as Parquet; returns file names."""
    file = io.BytesIO()
    table(done.data, progress).to_parquet(file, index=False)
    disk.write(done.folder / "summary.parquet", file.getvalue())
    return {"manifest": "manifest.json", "trajectories": "outcomes.zarr",
            "summary": "summary.parquet"}


def run_whole(name: str, plan: Plan, *, out: Path, workers: Workers | None = None,
              progress: Sequence[Progress | None] = (None, None), replaces: bool = False) -> Whole:
    """Run a scenario and write everything a reader needs into `out`.

    progress   of futures, and of outcomes that are summed up
    """
    _ready()
    return _whole(run(name, plan.futures, plan.seed, case=plan.case, out=out, pool=workers,
                      progress=progress[0], replaces=replaces), progress[1])


def resume_whole(folder: Path, *, workers: Workers | None = None,
                 progress: Sequence[Progress | None] = (None, None)) -> Whole:
    """Go on with a run that was stopped, and write everything a reader needs into its folder."""
    _ready()
    return _whole(resume(folder, pool=workers, progress=progress[0]), progress[1])


def _ready() -> None:
    """Load what the report needs while the workers run; this process only waits for them."""
    Thread(target=import_module, args=("kautilya.report.page",)).start()


def _whole(done: Run, progress: Progress | None) -> Whole:
    from kautilya.report.answer import answer
    from kautilya.report.page import write

    begin_audit(scenario_of(done.manifest))
    try:
        files = summarise(done, progress)
        scenario = scenario_of(done.manifest)
        given = answer(done, scenario)
        write(done, done.folder / "report.html", scenario=scenario)
        disk.write_json(done.folder / "answer.json", given)
    except OSError as error:
        raise disk.refused(done.folder, error) from None
    return Whole(done, {**files, "report": "report.html", "answer": "answer.json"}, given)
