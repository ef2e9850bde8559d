"""A pool of single-threaded worker processes that run chunks of futures.

One process per core, each with one thread set before JAX is imported, so that neither the
number of cores nor of workers can touch a bit. Workers are plain subprocesses that read one
job a line and answer one line, so that a run can be started from a script without a guard.
They import from where this process does, but never from the folder in which it was started.
A worker that dies is replaced and its job given out again: a job is the same work whoever does
it. A job whose workers die one after another is given up.

Pools of one machine take turns: each process holds as many places as it has workers, and there is
one place a core (`Turn`).
"""

from __future__ import annotations

import atexit
import json
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import IO, NamedTuple

from kautilya import disk, program
from kautilya.errors import KautilyaError
from kautilya.runs.case import Answer, Job, line_of

ENVIRONMENT = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NPROC": "1",  # the size of XLA's own pool of threads, which the flags above leave alone
    "JAX_PLATFORMS": "cpu",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONHASHSEED": "0",
    "PYTHONSAFEPATH": "1",
}
DEATHS = 3  # workers that one job may cost
MODULE = "kautilya.runs.worker"
START = "import sys; sys.path[:] = {path!r}; from {module} import main; main()"
ALONE = "KAUTILYA_QUEUE"  # "off": wait for nobody
Done = Callable[[Job, Answer], None]
STARTED: set[subprocess.Popen[str]] = set()  # that live


def cores() -> int:
    """Cores this process may use."""
    try:
        return max(len(os.sched_getaffinity(0)), 1)
    except AttributeError:
        return os.cpu_count() or 1


def environment() -> dict[str, str]:
    """What a worker sees: one thread, and none of the switches by which JAX gives other bits."""
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAX_", "XLA_")) or name == "JAX_COMPILATION_CACHE_DIR"
    }
    return mine | ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(program.safe_path())}


def started(module: str, log: IO[bytes] | int) -> subprocess.Popen[str]:
    """A worker process."""
    code = START.format(path=program.safe_path(), module=module)
    made = subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env=environment(),
    )
    STARTED.add(made)
    return made


def ended(worker: subprocess.Popen[str]) -> None:
    """End a worker at once."""
    worker.kill()
    worker.wait()
    STARTED.discard(worker)
    for stream in (worker.stdin, worker.stdout):
        with suppress(OSError):  # a job that a dead worker never read
            stream.close()  # type: ignore[union-attr]


@lru_cache(maxsize=8)
def begin(job: Job) -> None:
    """Let a process do a job beside us, once; it ends with this one. Who needs what it makes
    finds it on disk, waits for it, or makes it (`disk.kept`)."""
    worker = started(MODULE, subprocess.DEVNULL)
    atexit.register(ended, worker)
    with suppress(OSError):
        _send(worker, job)


def _send(worker: subprocess.Popen[str], job: Job) -> None:
    worker.stdin.write(line_of(job) + "\n")  # type: ignore[union-attr]
    worker.stdin.flush()  # type: ignore[union-attr]


class Turn:
    """Places on this machine, one a core, held by this process until it ends or lets them go.

    Where all are taken we wait, and say so once. A process that holds places already waits for no
    more: a pool inside a pool takes part in them.
    """

    held: ExitStack | None = None
    users = 0

    @classmethod
    def take(cls, wanted: int, waits: Callable[[], None] | None = None) -> int:
        """As many places as are free, at least one and at most `wanted`.

        waits  called while all are taken; what it raises ends the wait
        """
        cls.users += 1
        if cls.held is not None or os.environ.get(ALONE) == "off":
            return wanted
        place = _places()
        if place is None:
            return wanted
        said = False
        while True:
            stack = ExitStack()
            if found := cls._free(stack, place, min(wanted, cores())):
                cls.held = stack
                return wanted if found == min(wanted, cores()) else found
            if not said:
                sys.stderr.write(
                    "kautilya: other commands use all cores of this machine; this "
                    "one waits for its turn\n"
                )
                said = True
            if waits:
                try:
                    waits()
                except BaseException:
                    cls.users -= 1
                    raise
            time.sleep(0.1)

    @staticmethod
    def _free(stack: ExitStack, place: Path, most: int) -> int:
        found = 0
        for number in range(cores()):
            if found < most:
                with suppress(disk.Locked):
                    stack.enter_context(disk.lock(place / str(number)))
                    found += 1
        return found

    @classmethod
    @contextmanager
    def during(cls, wanted: int, waits: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold places while some work is done, for workers that stay and else hold none."""
        cls.take(wanted, waits)
        try:
            yield
        finally:
            cls.leave()

    @classmethod
    def leave(cls) -> None:
        cls.users -= 1
        if not cls.users and cls.held is not None:
            cls.held.close()
            cls.held = None


def _places() -> Path | None:
    """The folder of this user's places; None where none can be had, and then nobody waits."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    try:
        path = Path(tempfile.gettempdir()) / f"kautilya-turns-{user}"
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
        (path / ".touch").touch()
    except OSError:
        return None
    mine = not hasattr(os, "getuid") or status.st_uid == user
    return path if mine and stat.S_ISDIR(status.st_mode) else None


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


def _raised(job: Job, answer: Answer) -> None:
    raise KautilyaError(answer.place, answer.found, answer.remedy)


class Pool:
    """Workers that stay until `close`.

    waits   whether to wait for a turn on this machine; not inside a worker of a cluster
    """

    def __init__(
        self, workers: int | None = None, module: str = MODULE, *, waits: bool = True
    ) -> None:
        self._module, self._waits, self._all = module, waits, []
        self._owing: set[int] = set()  # workers whose next answer nobody waits for
        wanted = workers or cores()
        number = Turn.take(wanted) if waits else wanted
        try:
            self._log = _log()
            for _ in range(number):
                self._all.append(self._start())
        except BaseException:
            self._end_all()
            raise

    def _start(self) -> subprocess.Popen[str]:
        return started(self._module, self._log)

    def ahead(self, job: Job) -> None:
        """Let every worker begin a job that makes it ready, and do not wait. What it says is not
        heard: the job that needs the same says it again."""
        for worker in self._all:
            if worker.pid not in self._owing:
                with suppress(OSError):
                    _send(worker, job)
                    self._owing.add(worker.pid)

    def run(self, jobs: Iterable[Job], done: Done, refused: Done | None = None) -> None:
        """Run jobs, in any order; `done(job, answer)` is called as answers come.

        refused   is called with a job that could not be done and what was said of it, and the
                  others go on
        Raises KautilyaError for a job that was refused, or that cost too many workers; jobs that
        were under way are given up, and the pool can be used again.
        """
        busy: dict[int, Given] = {}
        try:
            with DefaultSelector() as ready:
                self._work(ready, Queue(jobs), busy, (done, refused or _raised))
        except BaseException:
            for worker in [one for one in self._all if one.pid in busy]:
                self._replace(worker)  # a late answer would be taken for that of the next job
            raise

    def _work(
        self, ready: DefaultSelector, queue: Queue, busy: dict[int, Given], tell: tuple[Done, Done]
    ) -> None:
        for worker in list(self._all):
            self._give(ready, worker, queue, busy)
        while busy:
            for key, _ in ready.select():
                worker = key.data
                answer = self._answer(worker)
                if answer is not None and worker.pid in self._owing:
                    self._owing.discard(worker.pid)
                    continue
                ready.unregister(worker.stdout)
                given = busy.pop(worker.pid)
                if answer is None:
                    worker = self._bury(worker, given)
                    queue.back(Given(given.job, given.deaths + 1))
                else:
                    tell[bool(answer.found)](given.job, answer)
                self._give(ready, worker, queue, busy)

    def _give(
        self,
        ready: DefaultSelector,
        worker: subprocess.Popen[str],
        queue: Queue,
        busy: dict[int, Given],
    ) -> None:
        """Hand a job to an idle worker, or to the one that takes its place if it died idle."""
        given = queue.next()
        if given is None:
            return
        try:
            _send(worker, given.job)
        except BrokenPipeError:
            worker = self._replace(worker)
            _send(worker, given.job)
        busy[worker.pid] = given
        ready.register(worker.stdout, EVENT_READ, worker)  # type: ignore[arg-type]

    @staticmethod
    def _answer(worker: subprocess.Popen[str]) -> Answer | None:
        """One answer; None from a worker that is gone, or went in the middle of a line."""
        line, end = bytearray(), worker.stdout.fileno()  # type: ignore[union-attr]
        while not line.endswith(b"\n"):
            letter = os.read(end, 1)  # no more than one line: what is read ahead wakes nobody
            if not letter:
                return None
            line += letter
        return Answer(**json.loads(line))

    def _bury(self, worker: subprocess.Popen[str], given: Given) -> subprocess.Popen[str]:
        code = worker.wait()
        if given.deaths + 1 >= DEATHS:
            self._replace(worker)
            self._log.seek(0)
            text = self._log.read().decode(errors="replace").strip().splitlines()
            last = text[-1] if text else f"exit code {code}"
            raise KautilyaError(
                "worker process",
                f"it stopped: {last} ({DEATHS} times on one job)",
                "Free memory or ask for fewer workers; what was finished is "
                "kept: `kautilya resume` goes on with it",
            )
        return self._replace(worker)

    def _replace(self, worker: subprocess.Popen[str]) -> subprocess.Popen[str]:
        ended(worker)
        self._owing.discard(worker.pid)
        fresh = self._start()
        self._all[self._all.index(worker)] = fresh
        return fresh

    def _end_all(self) -> None:
        for worker in self._all:
            ended(worker)
        self._all = []
        if self._waits:
            Turn.leave()

    def close(self) -> None:
        """End all workers."""
        self._end_all()
        self._waits = False
        self._log.close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _log() -> IO[bytes]:
    """Where workers say what goes wrong."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        try:
            return os.fdopen(os.memfd_create("kautilya-workers"), "w+b")
        except (AttributeError, OSError) as error:
            raise KautilyaError(
                "TMPDIR",
                f"no folder for temporary files can be written to ({error})",
                "Set TMPDIR to one",
            ) from None
