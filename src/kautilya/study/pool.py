"""A pool of single-threaded worker processes that run chunks of futures.

One process per core, each with one thread set before JAX is imported, so that neither the
number of cores nor of workers can touch a bit. Workers are plain subprocesses that read one
job a line and answer one line, so that a run can be started from a script without a guard.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any

from kautilya.errors import KautilyaError

ENVIRONMENT = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONHASHSEED": "0",
}
Job = dict[str, Any]


def cores() -> int:
    """Cores this process may use."""
    try:
        return max(len(os.sched_getaffinity(0)), 1)
    except AttributeError:
        return os.cpu_count() or 1


class Pool:
    """Workers that stay until `close`; jobs are dicts that the worker module understands."""

    def __init__(self, workers: int | None = None, module: str = "kautilya.study.worker") -> None:
        self._log = tempfile.TemporaryFile()
        self._module = module
        self._all = [self._start() for _ in range(workers or cores())]

    def _start(self) -> subprocess.Popen:
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        return subprocess.Popen([sys.executable, "-m", self._module], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=self._log, text=True,
                                env=os.environ | ENVIRONMENT | {"PYTHONPATH": path})

    def run(self, jobs: Iterable[Job], done: Callable[[Job, Job], None]) -> None:
        """Run jobs, in any order; `done(job, answer)` is called as answers come.

        Raises KautilyaError for a job that was refused or a worker that stopped; jobs that were
        under way are given up, and the pool can be used again.
        """
        waiting: deque[Job] = deque(jobs)
        busy: dict[int, Job] = {}
        try:
            self._work(waiting, busy, done)
        except BaseException:
            self._renew(busy)
            raise

    def _work(self, waiting: deque, busy: dict[int, Job], done: Callable[[Job, Job], None]) -> None:
        with DefaultSelector() as ready:
            for worker in self._all:
                ready.register(worker.stdout, EVENT_READ, worker)  # type: ignore[arg-type]
                self._give(worker, waiting, busy)
            while busy:
                for key, _ in ready.select():
                    worker = key.data
                    job = busy.pop(worker.pid)
                    done(job, self._answer(worker))
                    self._give(worker, waiting, busy)

    def _renew(self, busy: dict[int, Job]) -> None:
        """New workers for those that stopped or still work on what nobody waits for any more:
        a late answer would be taken for that of the next job."""
        for i, worker in enumerate(self._all):
            if worker.pid in busy or worker.poll() is not None:
                self._end(worker)
                self._all[i] = self._start()

    def _give(self, worker: subprocess.Popen, waiting: deque, busy: dict) -> None:
        if waiting:
            busy[worker.pid] = job = waiting.popleft()
            try:
                worker.stdin.write(json.dumps(job) + "\n")  # type: ignore[union-attr]
                worker.stdin.flush()  # type: ignore[union-attr]
            except BrokenPipeError:
                self._fail(worker)

    def _answer(self, worker: subprocess.Popen) -> Job:
        line = worker.stdout.readline()  # type: ignore[union-attr]
        if not line:
            self._fail(worker)
        answer = json.loads(line)
        if "error" in answer:
            error = answer["error"]
            raise KautilyaError(error["place"], error["found"], error["remedy"])
        return answer

    def _fail(self, worker: subprocess.Popen) -> None:
        code = worker.wait()
        self._log.seek(0)
        text = self._log.read().decode(errors="replace").strip().splitlines()
        last = text[-1] if text else f"exit code {code}"
        raise KautilyaError("worker process", f"it stopped: {last}",
                            "Free memory or ask for fewer workers, then run again; what was "
                            "finished is kept")

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
