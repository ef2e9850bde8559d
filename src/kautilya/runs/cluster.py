"""A Dask cluster as the engine: chunks as tasks, values straight into the folder of the run.

A task is one chunk. What goes over the scheduler is the job (about a kilobyte) and its answer
(about a hundred bytes); the values go from the worker into the folder, which all workers see.
Inside a Dask worker a chunk is run by a process of our own with one thread, as on one machine,
so that it gives the same bits; a worker whose program or processor is another is refused.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from kautilya import disk, program
from kautilya.errors import KautilyaError
from kautilya.runs.case import Answer, Chunk, Job, refusal
from kautilya.runs.folder import PLAN
from kautilya.runs.pool import DEATHS, Done, Pool, Queue, cores

AHEAD = 2  # chunks given out for each thread of the cluster: the next is there when one ends
ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss|ucx)://)?(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})")
PATIENCE = 15.0  # seconds without the scheduler, or without any worker, after which we give up
_own = threading.local()


def work(job: Chunk) -> Answer:
    """What a Dask worker does with a chunk: one process with one thread for each of its threads."""
    wrong = _unfit(job)
    if wrong:
        return refusal(wrong)
    if not hasattr(_own, "pool"):
        _own.pool = Pool(1, waits=False)
    answers: list[Answer] = []
    try:
        _own.pool.run([job], lambda _, answer: answers.append(answer))
    except KautilyaError as error:
        return refusal(error)
    return answers[0]


def _unfit(job: Chunk) -> KautilyaError | None:
    """Why this worker cannot do the chunk: it does not see the folder, or gives other bits."""
    said = disk.read_json(Path(job.run) / PLAN)
    if not isinstance(said, dict):
        return KautilyaError(
            "--cluster",
            f"a worker does not see the folder {job.run}",
            "Give a folder with --out that every worker sees under that name",
        )
    other = [key for key, mine in program.made_by().items() if mine != said.get(key)]
    if other:
        return KautilyaError(
            "--cluster",
            f"a worker differs in {', '.join(other)}: its futures "
            "would not be the same bit for bit",
            "Install the same version everywhere and use one kind of processor",
        )
    return None


def _address(text: str) -> str:
    """The address of a scheduler; KautilyaError, at once, for what cannot be one."""
    match = ADDRESS.fullmatch(text)
    if not match or not 0 < int(match[1]) < 65536:
        raise KautilyaError(
            "--cluster",
            f"{text!r} is no address of a scheduler",
            "Give one such as tcp://host:8786",
        )
    return text


def _warn(address: str) -> None:
    """Say that whoever reaches an open scheduler can run code on it and on its workers."""
    host = re.sub(r"^tcp://|:[0-9]+$", "", address)
    near = host.startswith("127.") or host in ("localhost", "[::1]")
    if not address.startswith(("tls:", "wss:")) and not near:
        sys.stderr.write(
            f"kautilya: {address} is open: whoever reaches it can run code there, and "
            "reads and changes what is sent. Use tls:// and certificates "
            "(docs/scale.md)\n"
        )


def _trust(address: str) -> None:
    """Refuse an address for which Dask has no certificates, before a client is half made."""
    from distributed.security import Security

    encrypted = address.startswith(("tls:", "wss:"))
    names = "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ...CLIENT__CERT and ...CLIENT__KEY"
    try:
        given = Security()
        context = given.get_connection_args("client").get("ssl_context")
    except (OSError, ValueError, TypeError) as error:
        raise KautilyaError(
            "--cluster",
            f"the certificates cannot be read ({error})",
            f"See {names} (docs/scale.md)",
        ) from None
    if encrypted and context is None:
        raise KautilyaError(
            "--cluster",
            f"{address} wants certificates, and none are named",
            f"Set {names} (docs/scale.md)",
        )
    if given.require_encryption and not encrypted:
        raise KautilyaError(
            "--cluster",
            f"{address} is open, and the configuration of Dask asks for encryption",
            "Give an address that begins with tls://",
        )


class Cluster:
    """The workers of a Dask scheduler, as an engine."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise KautilyaError(
                "--cluster", "Dask is not installed", "pip install 'kautilya[cluster]'"
            ) from None
        self.address = _address(address)
        _trust(address)
        _warn(address)
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # we say what happened
        try:
            self._client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise KautilyaError(
                "--cluster",
                f"no scheduler answers at {address!r} "
                f"({str(error).splitlines()[0] if str(error) else error!r})",
                "Start one with `dask scheduler` and workers with `dask worker "
                "ADDRESS`, and give its address, such as tcp://host:8786",
            ) from None

    def run(self, jobs: Iterable[Job], done: Done) -> None:
        """Run jobs as tasks, a few ahead of the workers; see `pool.Pool.run`."""
        queue, token, seen = Queue(jobs), uuid4().hex[:8], time.monotonic()
        under: dict[Any, Job] = {}
        try:
            while True:
                threads = self._threads()
                while len(under) < AHEAD * threads and (given := queue.next()) is not None:
                    under[self._submit(given.job, token)] = given.job
                if not under and threads:
                    return
                finished = self._wait(under)
                for future in finished:
                    done(under.pop(future), self._answer(future))
                if finished or threads:
                    seen = time.monotonic()
                elif time.monotonic() - seen > PATIENCE:
                    raise self._gone("its scheduler or all its workers went away")
        except BaseException:
            for future in under:
                future.cancel()
            raise

    def _threads(self) -> int:
        """Threads of the workers that are there now; 0 where the scheduler is gone."""
        if self._client.status != "running":
            return 0
        try:
            return sum(self._client.nthreads().values())
        except (OSError, TimeoutError):
            return 0

    def _submit(self, job: Job, token: str) -> Any:
        assert isinstance(job, Chunk)
        return self._client.submit(
            work, job, key=f"kautilya-{token}-{job.first}", pure=False, retries=DEATHS - 1
        )

    def _wait(self, under: dict[Any, Job]) -> list[Any]:
        """Tasks that ended within a second."""
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            found = [one for one in under if one.status in ("finished", "error")]
            if found:
                return found
            if any(one.status in ("cancelled", "lost") for one in under):
                raise self._gone("its scheduler went away")
            time.sleep(0.02)
        return []

    def _answer(self, future: Any) -> Answer:
        from distributed.scheduler import KilledWorker

        try:
            answer: Answer = future.result(timeout=PATIENCE)
        except KilledWorker:
            raise self._gone(
                "one chunk after another lost its worker; memory may be short"
            ) from None
        except (OSError, TimeoutError):
            raise self._gone("its scheduler went away") from None
        if answer.found:
            raise KautilyaError(answer.place, answer.found, answer.remedy)
        return answer

    def _gone(self, what: str) -> KautilyaError:
        return KautilyaError(
            f"--cluster {self.address}",
            what,
            "What was finished is kept: when "
            "it is back, or with --workers on this machine, `kautilya resume` "
            "goes on with it",
        )

    def close(self) -> None:
        """Leave the cluster; it stays."""
        self._client.close(timeout=2)


class Engine(Protocol):
    """Runs jobs in any order; `done(job, answer)` is called in the caller's thread."""

    def run(self, jobs: Iterable[Job], done: Done) -> None: ...

    def close(self) -> None: ...


class Workers(NamedTuple):
    """What a user asks for: a number of processes (0: one a core), or a Dask scheduler."""

    number: int = 0
    cluster: str = ""


@contextmanager
def engine(asked: Engine | Workers | None, chunks: int) -> Iterator[Engine]:
    """An engine for so many chunks; one that is handed in stays open."""
    if asked is not None and not isinstance(asked, Workers):
        yield asked
        return
    asked = asked or Workers()
    if asked.cluster:
        made: Engine = Cluster(asked.cluster)
    else:
        made = Pool(max(min(asked.number or cores(), chunks), 1))
    try:
        yield made
    finally:
        made.close()
