"""A worker process that simulates rows of a design; only the wanted numbers leave it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from kautilya.runs import chunk, designs
from kautilya.runs.draws import feeder
from kautilya.runs.numbers import Number, numbers, read_all
from kautilya.runs.worker import main, prepare


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


def _read(wanted: list[Number], found: Any) -> np.ndarray:
    """The numbers of a tile [F, numbers]; NaN where a future ended non-finite."""
    arrays = {one.name: np.moveaxis(np.asarray(found.outcomes[one.name]), -1, 0)
              for one in wanted}
    values = read_all(wanted, arrays)
    values[~np.asarray(found.finite)] = np.nan
    return values


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Simulate the rows first .. first+count-1 and write their numbers [rows, numbers]."""
    from kautilya.scenario.levers import apply

    if "prepare" in job:
        return prepare(job)
    ready = _ready(job["scenario"], job["keep"])
    changes = apply(ready.assembled, job["levers"], job["sets"])
    feed = _feed(job["scenario"], job["keep"], job["seed"], job["accept"])
    design = _design(job["design"])
    wanted = numbers(ready.assembled, job["numbers"])[1]
    out = []
    last = job["first"] + job["count"]
    for start in range(job["first"], last, chunk.WIDE):
        at = np.minimum(np.arange(start, start + chunk.WIDE), last - 1)
        rows = designs.Rows(*(one[at] for one in design.rows))
        drawn, luck = designs.drawn(ready.assembled.quantities, design, rows, feed)
        for k in range(0, min(chunk.WIDE, last - start), chunk.TILE):
            tile = slice(k, k + chunk.TILE)
            found = ready.call(chunk.filled(ready.assembled, changes, job["seed"], luck[tile],
                                            drawn[:, tile]))
            out.append(_read(wanted, found))
    np.save(job["file"], np.concatenate(out)[: job["count"]])
    return {"first": job["first"]}


if __name__ == "__main__":
    main(work)
