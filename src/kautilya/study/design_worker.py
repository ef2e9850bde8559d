"""A worker process that simulates rows of a design; only the wanted numbers leave it."""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from kautilya.errors import KautilyaError
from kautilya.study import chunk, designs
from kautilya.study.feasible import feeder
from kautilya.study.numbers import numbers, read_all


@lru_cache(maxsize=2)
def _ready(scenario: str, keep: str) -> chunk.Ready:
    from kautilya import scenario as scenarios
    from kautilya.scenario.assemble import assemble

    chunk.use_cache()
    return chunk.prepare(assemble(scenarios.load(scenario)), keep)


@lru_cache(maxsize=2)
def _design(path: str) -> designs.Design:
    return designs.load(Path(path))


@lru_cache(maxsize=2)
def _feed(scenario: str, keep: str, seed: int, accept: str) -> Any:
    return feeder(_ready(scenario, keep).assembled, seed, accept)


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Simulate the rows first .. first+count-1 and write their numbers [rows, numbers]."""
    from kautilya.scenario.levers import apply
    from kautilya.study.worker import prepare

    if "prepare" in job:
        return prepare(job)
    ready = _ready(job["scenario"], job["keep"])
    changes = apply(ready.assembled, job["levers"], job["sets"])
    feed = _feed(job["scenario"], job["keep"], job["seed"], job["accept"])
    design = _design(job["design"])
    wanted = numbers(ready.assembled, job["numbers"])[1]
    out = []
    for start in range(job["first"], job["first"] + job["count"], chunk.TILE):
        count = min(chunk.TILE, job["first"] + job["count"] - start)
        at = np.minimum(np.arange(start, start + chunk.TILE), start + count - 1)
        rows = designs.Rows(*(one[at] for one in design.rows))
        drawn, luck = designs.drawn(ready.assembled.quantities, design, rows, feed)
        found = ready.call(chunk.filled(ready.assembled, changes, job["seed"], luck, drawn))
        arrays = {one.name: np.moveaxis(np.asarray(found.outcomes[one.name]), -1, 0)
                  for one in wanted}
        values = read_all(wanted, arrays)
        values[~np.asarray(found.finite)] = np.nan
        out.append(values[:count])
    np.save(job["file"], np.concatenate(out))
    return {"first": job["first"]}


def main() -> None:
    """Until standard input ends."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints must not look like an answer
    for line in sys.stdin:
        try:
            answer = work(json.loads(line))
        except KautilyaError as error:
            answer = {"error": error.as_dict()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
