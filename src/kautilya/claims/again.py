"""A worker that runs a tile again under other assumptions: other luck, a weight free in sign.

Started by `study.pool` as the plain worker is, and does that one's work as well.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from kautilya.runs import worker
from kautilya.runs.draws import figures, probabilities


@lru_cache(maxsize=2)
def _ready(scenario: str, keep: str) -> Any:
    from kautilya import scenario as scenarios
    from kautilya.runs import chunk
    from kautilya.scenario.assemble import assemble

    chunk.use_cache()
    return chunk.prepare(assemble(scenarios.load(scenario)), keep)


def _compiled(job: dict[str, Any]) -> dict[str, Any]:
    """Run one tile, so that the next need not wait for its compilation."""
    from kautilya.runs import chunk
    from kautilya.scenario.levers import apply

    ready = _ready(job["scenario"], job["keep"])
    ready.call(chunk.inputs(ready.assembled, apply(ready.assembled, (), ()), 0,
                            np.arange(chunk.TILE)))
    return {}


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Futures first .. first + count - 1 of one case into a file.

    Beside the keys of the plain worker: luck, what is added to the numbers of the luck, so that
    the same figures meet other luck; free, ids of figures whose size and sign are drawn between
    minus and plus their own; ready, only compile.
    """
    if "ready" in job:
        return _compiled(job)
    if "free" not in job:
        return worker.work(job)
    from kautilya.runs import chunk
    from kautilya.runs.draws import feeder
    from kautilya.runs.posterior import informed
    from kautilya.scenario.levers import apply

    ready = _ready(job["scenario"], job["keep"])
    changes = apply(ready.assembled, job["levers"], job["sets"])
    feed = informed(feeder(ready.assembled, job["seed"], job["accept"]), job["posterior"],
                    ready.assembled, job["seed"])
    parts = []
    for start in range(job["first"], job["first"] + job["count"], chunk.TILE):
        futures = np.arange(start, start + chunk.TILE)
        drawn = figures(ready.assembled.quantities, job["seed"], futures,
                        feed(futures) if feed else None)
        parts.append(ready.call(chunk.filled(
            ready.assembled, changes, job["seed"], futures + job["luck"],
            freed(ready.assembled, job, futures, drawn))))
    whole = {name: np.concatenate([np.moveaxis(np.asarray(p.outcomes[name]), -1, 0)
                                   for p in parts])[:job["count"]] for name in parts[0].outcomes}
    finite = np.concatenate([np.asarray(p.finite) for p in parts])[:job["count"]]
    chunk.save(Path(job["file"]), chunk.Part(whole, np.zeros(job["count"]), finite))
    return {"first": job["first"], "lost": int((~finite).sum())}


def freed(assembled: Any, job: dict[str, Any], futures: np.ndarray, drawn: np.ndarray
          ) -> np.ndarray:
    """Some figures times a draw between -1 and 1, by future [rows, F]."""
    if not job["free"]:
        return drawn
    ids = [row.id for row in assembled.quantities]
    signs = 2 * probabilities([f"free/{name}" for name in job["free"]], job["seed"], futures) - 1
    out = drawn.copy()
    out[[ids.index(name) for name in job["free"]]] *= signs
    return out


if __name__ == "__main__":
    worker.main(work)
