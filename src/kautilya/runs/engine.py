"""Who does the work: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from kautilya.runs.pool import Done, Job, Pool, cores


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
        from kautilya.runs.cluster import Cluster

        made: Engine = Cluster(asked.cluster)
    else:
        made = Pool(max(min(asked.number or cores(), chunks), 1))
    try:
        yield made
    finally:
        made.close()
