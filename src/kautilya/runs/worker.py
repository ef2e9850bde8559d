"""One worker process: reads a job a line, runs it, answers a line. Started by `pool`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from kautilya.errors import KautilyaError

FEEDS: dict[tuple[Any, ...], Any] = {}


@lru_cache(maxsize=2)
def _ready(scenario: str, keep: str, digest: str = "", shipped: str = "") -> Any:
    from kautilya import scenario as scenarios
    from kautilya.runs import chunk
    from kautilya.scenario.assemble import assemble

    chunk.use_cache()
    there = (Path(scenario) / "scenario.toml").is_file()
    found = scenarios.load(scenario if there or not shipped else shipped)
    if digest and found.digest != digest:
        raise KautilyaError(scenario, "the scenario was changed while it ran",
                            "Put it back and `kautilya resume`, or run it anew")
    return chunk.prepare(assemble(found), keep)


def _feed(assembled: Any, job: dict[str, Any]) -> Any:
    """The source of the accounts' draws, kept from job to job."""
    from kautilya.runs.draws import feeder
    from kautilya.runs.posterior import informed

    learned = job.get("posterior", "")
    key = (assembled.scenario.digest, job["seed"], job["accept"], learned)
    if key not in FEEDS:
        FEEDS.clear()
        FEEDS[key] = informed(feeder(assembled, job["seed"], job["accept"]), learned, assembled,
                              job["seed"])
    return FEEDS[key]


def prepare(job: dict[str, Any]) -> dict[str, Any]:
    """Do one part of what others need, so that they find it on disk.

    "accounts": draw the first blocks; "code": compile the month loop, and leave a mark;
    "survival": how much of the raw ranges the accounts leave.
    """
    from kautilya import scenario as scenarios

    if job["prepare"] == "code":
        _compile(job)
        return {}
    found = scenarios.load(job["scenario"])
    if job["prepare"] == "accounts":
        from kautilya.runs.draws import Source, declares

        if declares(found, job["accept"]):
            source = Source(found, job["seed"], job["accept"])
            for number in range(job["blocks"]):
                source.block(number)
    else:
        from kautilya.runs.draws import survived

        survived(found, job["seed"], job["accept"])
    return {}


def _compile(job: dict[str, Any]) -> None:
    import numpy as np

    from kautilya.runs import chunk
    from kautilya.scenario.levers import apply

    ready = _ready(job["scenario"], job["keep"], job["digest"])
    given = chunk.inputs(ready.assembled, apply(ready.assembled), 0, np.arange(chunk.TILE))
    ready.call.lower(given).compile()  # type: ignore[attr-defined]
    mark(job["digest"], job["keep"]).touch()


def mark(digest: str, keep: str) -> Path:
    """The file that says that compiled code for this scenario is on disk."""
    from kautilya import disk
    from kautilya.disk import checksum

    kept = checksum(keep.encode())
    return disk.compiled() / f"ready-{digest[:16]}-{disk.code('core', 'mechanisms')}-{kept}"


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Run the futures of one job; put them into the folder of its run, or into its file."""
    if "prepare" in job:
        return prepare(job)
    from kautilya.runs import chunk
    from kautilya.runs.store import commit
    from kautilya.scenario.levers import apply

    begun = time.perf_counter()
    ready = _ready(job["scenario"], job["keep"], job.get("digest", ""), job.get("id", ""))
    changes = apply(ready.assembled, job["levers"], job["sets"])
    feed = _feed(ready.assembled, job)
    part = chunk.simulate(ready, changes, job["seed"], job["first"], job["count"], feed)
    about = {"seconds": time.perf_counter() - begun, "residual": float(part.residual.max()),
             "lost": int((~part.finite).sum())}
    if "file" in job:
        chunk.save(Path(job["file"]), part)
    else:
        commit(job, part, about)
    return {"first": job["first"], **about}


def main(work: Callable[[dict[str, Any]], dict[str, Any]] = work) -> None:
    """Until standard input ends; then whoever gave the jobs is gone."""
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
