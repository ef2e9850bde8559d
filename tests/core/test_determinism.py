"""Same bits: whatever the number of futures, the chunks, the workers and the state of the cache."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.runs.case import Case, Chunk, Source
from kautilya.runs.chunk import read
from kautilya.runs.pool import Pool
from kautilya.scenario import load

pytestmark = pytest.mark.xdist_group("bits")  # one worker compiles with an empty cache
MANY = 300
SCENARIO = "russia_dprk_2024"


def job(folder: Path, first: int, count: int, **changes: Any) -> Chunk:
    """A chunk of futures as the pool sends it to a worker."""
    name = "-".join(map(str, (first, count, *changes.values()))) + ".npz"
    case = Case(keep="why", accept="raw", **changes)
    return Chunk(Source(load(SCENARIO).folder), case, 7, first, count, file=str(folder / name))


def done(pool: Pool, jobs: list[Chunk]) -> dict[int, dict[str, np.ndarray]]:
    """Outcomes by first future."""
    found: dict[int, dict[str, np.ndarray]] = {}
    pool.run(jobs, lambda job, _: found.update({job.first: read(Path(job.file))}))
    return found


def same(part: dict[str, np.ndarray], whole: dict[str, np.ndarray], first: int) -> None:
    """Bit by bit, every outcome, residual and status."""
    assert part.keys() == whole.keys()
    for name, value in part.items():
        there = whole[name][first : first + len(value)]
        assert value.tobytes() == np.ascontiguousarray(there).tobytes(), name


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Iterator[Path]:
    """An empty cache of our own, which the workers inherit."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAUTILYA_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def one(cache: Path) -> Iterator[Pool]:
    """One worker that starts with nothing compiled."""
    assert not list((cache / "xla").rglob("*"))
    with Pool(1) as pool:
        yield pool


@pytest.fixture(scope="module")
def whole(one: Pool, tmp_path_factory) -> dict[str, np.ndarray]:
    """300 futures in one chunk, compiled on the spot."""
    return done(one, [job(tmp_path_factory.mktemp("whole"), 0, MANY)])[0]


@truth("invariant", source="same bits", kills="a residue that is reported and not checked")
def test_futures_are_sound_and_differ(whole):
    assert whole["_finite"].all() and whole["_residual"].max() <= 1e-9
    assert len({row.tobytes() for row in whole["rounds"]}) == MANY


@pytest.mark.parametrize("count", [1, 100, 128])
@truth("invariant", source="same bits", kills="a tile as wide as what is asked for")
def test_the_number_of_futures_does_not_matter(one: Pool, whole, tmp_path: Path, count: int):
    same(done(one, [job(tmp_path, 0, count)])[0], whole, 0)


@truth("invariant", source="same bits", kills="a place in a tile that matters")
def test_chunks_and_their_order_do_not_matter(one: Pool, whole, tmp_path: Path):
    """Backwards, and cut where no tile ends."""
    cuts = [(256, 44), (37, 150), (0, 37), (187, 69)]
    for first, part in done(one, [job(tmp_path, *cut) for cut in cuts]).items():
        same(part, whole, first)


@truth("invariant", source="ENGINEERING: pitfall 6", kills="state that a run leaves in a worker")
def test_a_lever_between_two_runs_leaves_no_trace(one: Pool, whole, tmp_path: Path):
    changed = done(one, [job(tmp_path, 0, 64, levers=("hold_stocks",), sets=("drive=model",))])[0]
    assert changed["rounds"].tobytes() != whole["rounds"][:64].tobytes()
    same(done(one, [job(tmp_path, 0, 64)])[0], whole, 0)


@truth("invariant", source="same bits", kills="bits that depend on who compiled, or when")
def test_two_workers_with_a_warm_cache(cache: Path, whole, tmp_path: Path):
    """They compile nothing more, and agree with the one that started cold."""
    before = sorted((cache / "xla").rglob("loop-*"))
    assert len(before) == 1
    with Pool(2) as pool:
        parts = done(pool, [job(tmp_path, 128 * k, min(128, MANY - 128 * k)) for k in range(3)])
        for first, part in parts.items():
            same(part, whole, first)
        assert sorted((cache / "xla").rglob("loop-*")) == before
        kill_one(pool, whole, tmp_path)


@truth(
    "invariant",
    source="same bits",
    kills="XLA's own threads, one a core, which move the last digits",
)
def test_the_number_of_cores_does_not_matter(cache: Path, whole, tmp_path: Path):
    """A worker that may use one core agrees in float64 too with one that may use them all."""
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_cores)})
    try:
        with Pool(1) as pool:
            same(done(pool, [job(tmp_path, 0, 256)])[0], whole, 0)
    finally:
        os.sched_setaffinity(0, all_cores)


def kill_one(pool: Pool, whole: dict[str, np.ndarray], folder: Path) -> None:
    """Another takes the place of a worker that is gone, and gives the same bits."""
    victim = pool._all[0]
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    for first, part in done(pool, [job(folder, 50 * k, 50) for k in range(2)]).items():
        same(part, whole, first)


@truth("order", source="STYLE 10", kills="a user's mistake that looks like a crash")
def test_a_mistake_in_a_worker_comes_back_as_advice(one: Pool, whole, tmp_path: Path):
    with pytest.raises(KautilyaError, match="no_dprk_shell") as caught:
        done(one, [job(tmp_path, 0, 1, levers=["no_dprk_shels"])])
    assert caught.value.remedy
    same(done(one, [job(tmp_path, 0, 1)])[0], whole, 0)
