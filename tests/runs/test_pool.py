"""The pool of workers, with workers that do nothing: answers, mistakes, deaths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.runs.pool import Pool


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "support"))
    with Pool(2, "echo_worker") as workers:
        yield workers


def numbers(pool: Pool, *jobs: dict[str, Any]) -> list[tuple[int, int]]:
    """Number of each job and of the answer that was handed over with it."""
    seen: list[tuple[int, int]] = []
    pool.run(({"number": i} | job for i, job in enumerate(jobs)),
             lambda job, answer: seen.append((job["number"], answer["number"])))
    return sorted(seen)


@truth("invariant", source="runs/pool.py", kills="a job that is lost or done twice")
def test_every_job_is_answered_once(pool: Pool):
    assert numbers(pool, *({"wait": 0.02 * (i % 3)} for i in range(9))) == [
        (i, i) for i in range(9)]
    assert numbers(pool) == []


@pytest.mark.parametrize("end,says", [
    ({"refused": True}, "job: a mistake. mend it"),
    ({"dies": True}, "worker process: it stopped: out of memory")])
@truth("invariant", source="runs/pool.py", kills="the answer of a job that was given up, taken "
       "for that of the next; a pool that is of no use after a mistake")
def test_after_a_failure_answers_still_belong_to_their_jobs(pool: Pool, end, says: str):
    """One worker fails while the other is at work; its late answer is nobody's."""
    with pytest.raises(KautilyaError) as caught:
        numbers(pool, {"wait": 0.3, "number": 77}, {"wait": 0.05} | end)
    assert str(caught.value).startswith(says)
    assert numbers(pool, {}, {}, {}) == [(0, 0), (1, 1), (2, 2)]
