"""Long work beside the page: a bounded queue, progress, and an end on demand.

One job runs at a time, since each takes all cores; of those that wait the shortest goes first. A
job is asked to stop between two steps; it answers within one step. What is done is kept for a while,
then forgotten.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from kautilya.errors import KautilyaError

WAITING = 64  # jobs that may wait; more are refused
KEPT = 256  # jobs whose end is remembered
State = Literal["waiting", "running", "done", "failed", "cancelled"]
Progress = Callable[[int, int], None]
Work = Callable[[Progress], dict[str, object]]


class Cancelled(Exception):
    """Raised inside a job that is to stop."""


class Busy(KautilyaError):
    """The queue is full."""


class Job:
    """One piece of work.

    state    waiting, running, done, failed or cancelled
    done, total   steps
    result   of a job that is done; error: place, found and remedy of one that failed
    """

    def __init__(self, kind: str, work: Work, length: int = 0) -> None:
        self.length = length  # futures, or another measure of how long it takes
        self.id = secrets.token_urlsafe(9)
        self.kind = kind
        self.state: State = "waiting"
        self.done = 0
        self.total = 0
        self.result: dict[str, object] | None = None
        self.error: dict[str, str] | None = None
        self._work = work
        self._stop = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state not in ("waiting", "running")

    def cancel(self) -> None:
        """Ask it to stop; one that waits is stopped at once."""
        self._stop.set()
        if self.state == "waiting":
            self.state = "cancelled"

    def told(self, done: int, total: int) -> None:
        """Progress; ends the job where it was asked to stop."""
        if self._stop.is_set():
            raise Cancelled
        self.done, self.total = done, total

    def run(self) -> None:
        """Do the work. Of one that was asked to stop before nothing is done."""
        if self._stop.is_set():
            self.state = "cancelled"
            return
        try:
            self.result = self._work(self.told)
            self.state = "done"
        except Cancelled:
            self.state = "cancelled"
        except KautilyaError as error:
            self.error = error.as_dict()
            self.state = "failed"
        except Exception as error:  # a fault of ours ends this job, not the page
            self.error = {
                "place": self.kind,
                "found": f"{type(error).__name__}: {error}",
                "remedy": "",
            }
            self.state = "failed"

    def says(self, ahead: int) -> dict[str, object]:
        """What the page shows of it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "done": self.done,
            "total": self.total,
            "ahead": ahead,
            "result": self.result,
            "error": self.error,
        }


class Jobs:
    """The queue."""

    def __init__(self) -> None:
        self._all: OrderedDict[str, Job] = OrderedDict()
        self._queue: list[Job] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="kautilya-jobs")
        self._thread.start()

    def add(self, kind: str, work: Work, length: int = 0) -> Job:
        """Put work into the queue; length: the shortest goes first. Raises Busy where WAITING jobs
        wait."""
        with self._changed:
            if sum(job.state == "waiting" for job in self._queue) >= WAITING:
                raise Busy("jobs", f"{WAITING} jobs wait already", "Wait until one is done")
            job = Job(kind, work, length)
            self._all[job.id] = job
            over = len(self._all) - KEPT
            for name in [name for name, one in self._all.items() if one.ended][: max(over, 0)]:
                del self._all[name]
            self._queue.append(job)
            self._changed.notify()
        return job

    def get(self, name: str) -> dict[str, object]:
        """What a job says. Raises KautilyaError where there is none of that name."""
        job = self._all.get(name)
        if job is None:
            raise KautilyaError("job", "there is none of this name", "Start it again")
        return job.says(self._ahead(job))

    def _ahead(self, job: Job) -> int:
        """Jobs that are done before this one."""
        with self._changed:
            if job.state != "waiting" or job not in self._queue:
                return 0
            here = (job.length, self._queue.index(job))
            return sum(
                one.state == "running" or (one.length, k) < here
                for k, one in enumerate(self._queue)
            )

    def cancel(self, name: str) -> dict[str, object]:
        """Stop a job."""
        job = self._all.get(name)
        if job is not None:
            with self._changed:
                if job.state == "waiting":
                    self._queue.remove(job)
                job.cancel()
        return self.get(name)

    def close(self) -> None:
        """Stop everything."""
        for job in list(self._queue):
            self.cancel(job.id)

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._queue:
                    self._changed.wait()
                job = min(self._queue, key=lambda one: one.length)
                job.state = "running"
            job.run()
            with self._changed:
                self._queue.remove(job)
