"""Dask as the engine, with a real scheduler and workers: the same bits; a scheduler that goes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.conventions import ROOT, truth
from support.runs_case import FUTURES, SEED, recorded, same

from kautilya.errors import KautilyaError
from kautilya.runs.cluster import Workers
from kautilya.runs.ensemble import resume, run

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'kautilya[cluster]'")


def dask(place: Path, *args: str) -> subprocess.Popen:
    """A part of a cluster, on this machine only; what it leaves on disk is left in `place`."""
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *args],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path, "DASK_TEMPORARY_DIRECTORY": str(place)},
    )


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """Address and process of a scheduler with two workers of one thread."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    scheduler = dask(tmp_path, "scheduler", "--host", address, "--no-dashboard")
    workers = [
        dask(tmp_path, "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny")
        for _ in range(2)
    ]
    yield address, scheduler
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


@truth(
    "invariant",
    source="same bits",
    kills="an engine that changes a bit; a run that is lost with its scheduler",
)
def test_dask_gives_the_same_bits_and_may_go_away(
    cluster, starter: Path, whole: Path, tmp_path: Path
):
    address, scheduler = cluster
    run(str(starter), FUTURES, SEED, out=tmp_path / "run", pool=Workers(cluster=address))
    same(tmp_path / "run", whole)

    def tell(done: int, _: int) -> None:
        if done >= 4 * 1024:
            scheduler.kill()

    with pytest.raises(KautilyaError, match="scheduler.* went away") as caught:
        run(
            str(starter),
            FUTURES,
            SEED,
            out=tmp_path / "lost",
            pool=Workers(cluster=address),
            progress=tell,
        )
    assert "resume" in caught.value.remedy and recorded(tmp_path / "lost") >= 4
    resume(tmp_path / "lost")
    same(tmp_path / "lost", whole)


@truth("order", source="faults", kills="a wait without end, or a traceback, for nobody")
def test_no_scheduler(starter: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("kautilya.runs.cluster.PATIENCE", 1.0)
    for address, says in (
        ("tcp://127.0.0.1:1", "no scheduler answers"),
        ("tcp://", "no address of a scheduler"),
    ):
        with pytest.raises(KautilyaError, match=says):
            run(str(starter), 10, out=tmp_path / "run", pool=Workers(cluster=address))
    assert not (tmp_path / "run").exists()
