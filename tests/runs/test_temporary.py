"""Results that nobody asked to keep: there as long as something reads them, then gone."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from support.conventions import truth
from support.runs_case import start

import kautilya as kt
from kautilya import disk
from kautilya.disk import Temporary
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Case, Plan, run
from kautilya.study.compare import compare

RAW = Case((), (), "always", "raw")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made during a test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left(place: Path) -> list[str]:
    """Names in a folder, once what is not used any more has been collected."""
    gc.collect()
    return sorted(os.listdir(place))


@truth(
    "invariant",
    source="disk.py",
    kills="a folder of results that stays for good; one that goes while an array still reads it",
)
def test_a_folder_goes_with_the_last_array(starter: Path, place: Path):
    data = kt.run(str(starter), futures=64, accept="raw")
    folder = Path(data.attrs["folder"])
    assert folder.parent == place and folder.is_dir()
    cell = data["line"].isel(month=-1).sel(belligerent="AAA")
    whole = kt.run(str(starter), futures=64, accept="raw", out=place / "kept")["line"]
    del data
    assert left(place) == [folder.name, "kept"]
    assert np.array_equal(cell.values, whole.isel(month=-1).sel(belligerent="AAA").values)
    del cell, whole
    assert left(place) == ["kept"]


@truth(
    "invariant",
    source="disk.py",
    kills="runs of a comparison that stay; data that is gone while its Run is there",
)
def test_the_folder_of_a_comparison_goes_with_it(starter: Path, place: Path):
    lever = kt.load(starter).levers[0].id
    found = compare(str(starter), (lever,), Plan(64, 1, RAW))
    assert len(left(place)) == 1
    other = found.levers[lever]
    del found
    assert len(left(place)) == 1 and np.isfinite(other.data["line"].values).all()
    del other
    assert left(place) == []


@truth("invariant", source="disk.py", kills="a folder that a failed run leaves")
def test_nothing_is_left_by_a_run_that_fails(starter: Path, place: Path):
    def stop(done: int, _: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(str(starter), 64, 1, case=RAW, progress=stop)
    with pytest.raises(KautilyaError, match="unknown"):
        compare(str(starter), ("nothing",), Plan(64, 1, RAW))
    assert os.listdir(place) == []


@truth(
    "invariant",
    source="disk.py",
    kills="a folder that outlives its process; one that a child takes from its parent",
)
def test_the_end_of_a_process_removes_what_it_held(tmp_path: Path):
    code = (
        "import os, sys, tempfile; tempfile.tempdir = sys.argv[1]; from pathlib import Path; "
        "from kautilya.disk import Temporary; held = Temporary()\n"
        "child = os.fork()\n"
        "if not child: held.remove(); os._exit(0)\n"
        "os.waitpid(child, 0); Path(sys.argv[1], 'seen').write_text(str(held.path.is_dir()))"
    )
    process = start(code, str(tmp_path))
    assert process.communicate(timeout=60)[1] == "" and process.returncode == 0
    assert os.listdir(tmp_path) == ["seen"] and (tmp_path / "seen").read_text() == "True"


@truth("order", source="disk.py", kills="a traceback where there is no place")
def test_a_place_that_cannot_be_written_to(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(place / "none"))
    with pytest.raises(KautilyaError, match="none: it cannot be written"):
        Temporary()


@truth(
    "invariant",
    source="disk.py",
    kills="a folder that a thread, still at work, makes anew behind the one who removes it",
)
def test_nobody_writes_behind_the_one_who_leaves(place: Path, monkeypatch: pytest.MonkeyPatch):
    """Threads that make folders without an end, as the one does that lays out the values; they end
    with the process, which is when the last of the place is taken away."""
    held, stop, end = Temporary("busy"), threading.Event(), os.unlink

    def write(number: int) -> None:
        while not stop.is_set():
            with suppress(OSError):
                (Path(held.path) / "values" / str(number)).mkdir(parents=True, exist_ok=True)
                (Path(held.path) / "values" / str(number) / "x").write_bytes(b"x" * 100)

    writers = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for one in writers:
        one.start()
    time.sleep(0.05)

    def last(path: Path | str, **how: int) -> None:
        if path == held.path:
            stop.set()
            [one.join() for one in writers]
        end(path, **how)

    monkeypatch.setattr(os, "unlink", last)
    disk.leave()
    stop.set()
    assert list(place.iterdir()) == []
