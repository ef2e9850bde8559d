"""A whole run: trajectories, summary and report, as `kautilya run` writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from kautilya.report.answer import answer
from kautilya.report.html import write
from kautilya.scenario import load
from kautilya.study.ensemble import Case, Progress, Run, run
from kautilya.study.summary import table


class Whole(NamedTuple):
    """A run, its answer as data, and the names of its files."""

    run: Run
    files: dict[str, str]
    answer: dict[str, Any]


def summarise(done: Run) -> dict[str, str]:
    """Write the summary of a run as Parquet; returns file names."""
    frame = table(done.data)
    frame.to_parquet(done.folder / "summary.parquet", index=False)
    return {"manifest": "manifest.json", "trajectories": "outcomes.zarr",
            "summary": "summary.parquet"}


def run_whole(name: str, futures: int, seed: int, *, case: Case, out: Path,
              progress: Progress | None = None) -> Whole:
    """Run a scenario and write everything a reader needs into `out`."""
    done = run(name, futures, seed, case=case, out=out, progress=progress)
    files = summarise(done)
    scenario = load(name)
    given = answer(done, scenario)
    write(done, done.folder / "report.html", scenario=scenario)
    files["report"] = "report.html"
    files["answer"] = "answer.json"
    (done.folder / "answer.json").write_text(json.dumps(given, indent=1, default=str) + "\n")
    (done.folder / "manifest.json").write_text(
        json.dumps(done.manifest, indent=1, default=str) + "\n")
    return Whole(done, files, given)
