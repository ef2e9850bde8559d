"""A small run for the tests of folders, faults and engines: the starter scenario, 20 chunks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from support.conventions import ROOT

from kautilya.runs.folder import MANIFEST, RECORDS, VALUES

FUTURES, SEED, CHUNKS = 20_000, 3, 20
RUN = (
    "import sys; from kautilya.runs.ensemble import run; "
    f"run(sys.argv[1], {FUTURES}, {SEED}, out=sys.argv[2])"
)
RESUME = "import sys; from kautilya.runs.ensemble import resume; resume(sys.argv[1])"


def start(code: str, *args: str) -> subprocess.Popen:
    """Python of its own, in a group of its own, that can be killed with all its workers."""
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    return subprocess.Popen(
        [sys.executable, "-c", code, *args],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )


def kautilya(*args: str) -> subprocess.CompletedProcess:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "kautilya", *args],
        capture_output=True,
        text=True,
        timeout=300,
    )


def kill_group(process: subprocess.Popen) -> None:
    """The whole run, workers and all, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    out = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            out += [int(one) for one in task.read_text().split()]
        except OSError:
            continue
    return out


def recorded(folder: Path) -> int:
    """Chunks that are finished."""
    return len(list((folder / RECORDS).glob("[0-9]*.json")))


def wait_for(folder: Path, chunks: int, process: subprocess.Popen) -> None:
    """Until so many chunks are finished, or the run has ended."""
    end = time.monotonic() + 600
    while recorded(folder) < chunks and process.poll() is None:
        assert time.monotonic() < end, "the run stands still"
        time.sleep(0.005)


def content(folder: Path) -> dict[str, bytes]:
    """Every file of the values."""
    root = folder / VALUES
    return {
        str(file.relative_to(root)): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file()
    }


def same(folder: Path, other: Path) -> None:
    """Bit for bit, with nothing left over; manifests alike but for the time that it took."""
    one, two = content(folder), content(other)
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    first, second = (json.loads((place / MANIFEST).read_text()) for place in (folder, other))
    for key in ("seconds", "seconds_of_workers"):
        first.pop(key), second.pop(key)
    assert first == second
    assert not list(folder.rglob("*.partial"))
