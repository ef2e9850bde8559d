"""One worker process: reads a job a line, runs it, answers a line. Started by `pool`."""

from __future__ import annotations

import json
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from kautilya.errors import KautilyaError


@lru_cache(maxsize=2)
def _ready(scenario: str, keep: str) -> Any:
    from kautilya import scenario as scenarios
    from kautilya.scenario.assemble import assemble
    from kautilya.study import chunk

    chunk.use_cache()
    return chunk.prepare(assemble(scenarios.load(scenario)), keep)


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Run the futures of one job and write them to its file."""
    from kautilya.scenario.levers import apply
    from kautilya.study import chunk
    from kautilya.study.feasible import feeder

    begun = time.perf_counter()
    ready = _ready(job["scenario"], job["keep"])
    changes = apply(ready.assembled, job["levers"], job["sets"])
    feed = feeder(ready.assembled, job["seed"], job["accept"])
    part = chunk.simulate(ready, changes, job["seed"], job["first"], job["count"], feed)
    chunk.save(Path(job["file"]), part)
    return {"first": job["first"], "seconds": time.perf_counter() - begun,
            "residual": float(part.residual.max()), "lost": int((~part.finite).sum())}


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
