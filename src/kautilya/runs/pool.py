"""A pool of single-threaded worker processes that run chunks of futures.

One process per core, each with one thread set before JAX is imported, so that neither the
number of cores nor of workers can touch a bit. Workers are plain subprocesses that read one
job a line and answer one line, so that a run can be started from a script without a guard.
A worker that dies is replaced and its job given out again: a job is the same work whoever does
it. A job whose workers die one after another is given up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any, NamedTuple

from kautilya.errors import KautilyaError

ENVIRONMENT = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "NPROC": "1",  # the size of XLA's own pool of threads, which the flags above leave alone
    "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONHASHSEED": "0",
}
DEATHS = 3  # workers that one job may cost
Job = dict[str, Any]
Done = Callable[[Job, Job], None]


def cores() -> int:
    """Cores this process may use."""
    try:
        return max(len(os.sched_getaffinity(0)), 1)
    except AttributeError:
        return os.cpu_count() or 1


class Given(NamedTuple):
    """A job under way, and how many workers it has cost so far."""

    job: Job
    deaths: int


class Queue:
    """Jobs not yet given out; those that come back go first."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._fresh: Iterator[Job] = iter(jobs)
        self._back: deque[Given] = deque()

    def next(self) -> Given | None:
        if self._back:
            return self._back.popleft()
        job = next(self._fresh, None)
        return None if job is None else Given(job, 0)

    def back(self, given: Given) -> None:
        self._back.append(given)


class Pool:
    """Workers that stay until `close`; jobs are dicts that the worker module understands."""

    def __init__(self, workers: int | None = None, module: str = "kautilya.runs.worker") -> None:
        self._log = tempfile.TemporaryFile()
        self._module = module
        self._all = [self._start() for _ in range(workers or cores())]

    def _start(self) -> subprocess.Popen:
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        return subprocess.Popen([sys.executable, "-m", self._module], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=self._log, text=True,
                                env=os.environ | ENVIRONMENT | {"PYTHONPATH": path})

    def run(self, jobs: Iterable[Job], done: Done) -> None:
        """Run jobs, in any order; `done(job, answer)` is called as answers come.

        Raises KautilyaError for a job that was refused or that cost too many workers; jobs that
        were under way are given up, and the pool can be used again.
        """
        busy: dict[int, Given] = {}
        try:
            with DefaultSelector() as ready:
                self._work(ready, Queue(jobs), busy, done)
        except BaseException:
            for worker in [one for one in self._all if one.pid in busy]:
                self._replace(worker)  # a late answer would be taken for that of the next job
            raise

    def _work(self, ready: DefaultSelector, queue: Queue, busy: dict[int, Given], done: Done
              ) -> None:
        for worker in list(self._all):
            self._give(ready, worker, queue, busy)
        while busy:
            for key, _ in ready.select():
                worker = key.data
                ready.unregister(worker.stdout)
                answer = self._answer(worker)
                given = busy.pop(worker.pid)
                if answer is None:
                    worker = self._bury(worker, given)
                    queue.back(Given(given.job, given.deaths + 1))
                elif "error" in answer:
                    raise KautilyaError(**answer["error"])
                else:
                    done(given.job, answer)
                self._give(ready, worker, queue, busy)

    def _give(self, ready: DefaultSelector, worker: subprocess.Popen, queue: Queue,
              busy: dict[int, Given]) -> None:
        """Hand a job to an idle worker, or to the one that takes its place if it died idle."""
        given = queue.next()
        if given is None:
            return
        line = json.dumps(given.job) + "\n"
        try:
            self._write(worker, line)
        except BrokenPipeError:
            worker = self._replace(worker)
            self._write(worker, line)
        busy[worker.pid] = given
        ready.register(worker.stdout, EVENT_READ, worker)  # type: ignore[arg-type]

    @staticmethod
    def _write(worker: subprocess.Popen, line: str) -> None:
        worker.stdin.write(line)  # type: ignore[union-attr]
        worker.stdin.flush()  # type: ignore[union-attr]

    @staticmethod
    def _answer(worker: subprocess.Popen) -> Job | None:
        """One answer; None from a worker that is gone, or went in the middle of a line."""
        line = worker.stdout.readline()  # type: ignore[union-attr]
        return json.loads(line) if line.endswith("\n") else None

    def _bury(self, worker: subprocess.Popen, given: Given) -> subprocess.Popen:
        code = worker.wait()
        if given.deaths + 1 >= DEATHS:
            self._replace(worker)
            self._log.seek(0)
            text = self._log.read().decode(errors="replace").strip().splitlines()
            last = text[-1] if text else f"exit code {code}"
            raise KautilyaError("worker process", f"it stopped: {last} ({DEATHS} times on one job)",
                                "Free memory or ask for fewer workers; what was finished is "
                                "kept: `kautilya resume` goes on with it")
        return self._replace(worker)

    def _replace(self, worker: subprocess.Popen) -> subprocess.Popen:
        self._end(worker)
        fresh = self._start()
        self._all[self._all.index(worker)] = fresh
        return fresh

    def close(self) -> None:
        """End all workers."""
        for worker in self._all:
            self._end(worker)
        self._log.close()

    def _end(self, worker: subprocess.Popen) -> None:
        worker.kill()
        worker.wait()
        for stream in (worker.stdin, worker.stdout):
            with suppress(OSError):  # a job that a dead worker never read
                stream.close()  # type: ignore[union-attr]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
