"""The pool of workers, with workers that do nothing: answers, mistakes, deaths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.runs.case import Case, Chunk, Source
from kautilya.runs.pool import Pool


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "support"))
    with Pool(2, "echo_worker") as workers:
        yield workers


def job(wait: int = 0, end: str = "", number: int = 0) -> Chunk:
    """A job that takes so many milliseconds, and ends so."""
    return Chunk(Source(""), Case(), 0, number, wait, end)


def numbers(pool: Pool, *jobs: Chunk) -> list[tuple[int, int]]:
    """Number of each job and of the answer that was handed over with it."""
    seen: list[tuple[int, int]] = []
    pool.run(
        (replace(one, first=one.first or i) for i, one in enumerate(jobs)),
        lambda job, answer: seen.append((job.first, int(answer.seconds))),
    )
    return sorted(seen)


@truth("invariant", source="runs/pool.py", kills="a job that is lost or done twice")
def test_every_job_is_answered_once(pool: Pool):
    assert numbers(pool, *(job(20 * (i % 3)) for i in range(9))) == [(i, i) for i in range(9)]
    assert numbers(pool) == []


@pytest.mark.parametrize(
    "end,says",
    [("refused", "job: a mistake. mend it"), ("dies", "worker process: it stopped: out of memory")],
)
@truth(
    "invariant",
    source="runs/pool.py",
    kills="the answer of a job that was given up, taken "
    "for that of the next; a pool that is of no use after a mistake",
)
def test_after_a_failure_answers_still_belong_to_their_jobs(pool: Pool, end: str, says: str):
    """One worker fails while the other is at work; its late answer is nobody's."""
    with pytest.raises(KautilyaError) as caught:
        numbers(pool, job(300, number=77), job(50, end))
    assert str(caught.value).startswith(says)
    assert numbers(pool, job(), job(), job()) == [(0, 0), (1, 1), (2, 2)]
