"""The pool of workers, with workers that do nothing: answers, mistakes, deaths."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.conventions import truth

from kautilya.disk import TEXT, keep
from kautilya.errors import KautilyaError
from kautilya.runs.case import Accounts, Answer, Case, Chunk, Compile, Source
from kautilya.runs.ensemble import Plan, _early, preparations, run
from kautilya.runs.pool import Pool
from kautilya.runs.worker import mark
from kautilya.scenario import load


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


@truth("order", source="runs/ensemble.py", kills="an audit that waits until the chunks are done")
def test_a_first_run_makes_ready_while_it_compiles(
    starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The compiler is begun first; once it has its worker the other draws, and the audit begins
    when the draws are there. A second run has nothing to make ready."""
    monkeypatch.setenv("KAUTILYA_CACHE", str(tmp_path))
    scenario, plan, begun = load(starter), Plan(64, 0, Case()), []
    jobs = preparations(scenario, plan)
    assert isinstance(jobs[0], Compile) and not jobs[0].read
    assert not any(isinstance(one, Compile) and not one.read for one in jobs[1:])
    monkeypatch.setattr("kautilya.runs.ensemble.cores", lambda: 2)
    monkeypatch.setattr("kautilya.runs.ensemble.begin_audit", begun.append)
    for one in jobs:
        _early(scenario, one, Answer())
        assert bool(begun) == (one in jobs[[isinstance(j, Accounts) for j in jobs].index(True) :])
    keep(mark(scenario.digest, "always"), "ready", TEXT)
    assert preparations(scenario, plan) == []


@truth("invariant", source="runs/ensemble.py", kills="chunks without a place, a mistake unheard")
def test_a_place_that_cannot_be_made_is_told(
    starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The place of the values is made beside; where that fails no chunk is begun and nothing stays."""

    def full(*_: object) -> None:
        raise KautilyaError("out", "the disk is full", "Free some")

    class Idle:
        def run(self, jobs: object, done: object) -> None:
            raise AssertionError("a chunk was begun")

        def close(self) -> None: ...

    monkeypatch.setattr("kautilya.runs.ensemble.create", full)
    with pytest.raises(KautilyaError, match="disk is full"):
        run(str(starter), 64, out=tmp_path / "out", pool=Idle())
    assert not (tmp_path / "out").exists()


@truth("invariant", source="runs/worker.py", kills="a line of a library in C, read as an answer")
def test_what_a_library_prints_is_no_answer(pool: Pool):
    assert numbers(pool, job(0, "talks"), job(), job(0, "talks")) == [(0, 0), (1, 1), (2, 2)]


@truth("invariant", source="runs/pool.py", kills="two answers at once, of which one wakes nobody")
def test_what_is_done_ahead_is_not_waited_for(pool: Pool):
    """Workers answer what they did ahead and the job after it in one breath, round after round."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(60)
    try:
        for _ in range(40):
            pool.ahead(job(3))
            assert numbers(pool, job(), job()) == [(0, 0), (1, 1)]
        pool.ahead(job(0, "refused"))
        assert numbers(pool, job(), job(), job()) == [(0, 0), (1, 1), (2, 2)]
    finally:
        signal.alarm(0)
