"""A worker for tests of the pool: waits, answers with the number of its job, refuses or dies.

A test's job is a `Chunk`: first is its number, count the milliseconds that it takes, and run what
becomes of it: "", "refused" or "dies".
"""

from __future__ import annotations

import os
import sys
import time

from kautilya.errors import KautilyaError
from kautilya.runs import worker
from kautilya.runs.case import Answer, Chunk, Job


def work(job: Job) -> Answer:
    """Answers with its number as the seconds that it took."""
    assert isinstance(job, Chunk)
    time.sleep(job.count / 1000)
    if job.run == "dies":
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(1)
    if job.run == "talks":
        os.write(1, b"Running a library in C\n")
    if job.run == "refused":
        raise KautilyaError("job", "a mistake", "mend it")
    return Answer(seconds=job.first)


def main() -> None:
    """As the worker that does real jobs."""
    worker.main(work)
