"""Kills, full disks, damage: what was finished stays, and the result is the same bit for bit."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.conventions import ROOT, truth
from support.runs_case import (
    CHUNKS,
    FUTURES,
    RESUME,
    RUN,
    SEED,
    children,
    content,
    kautilya,
    kill_group,
    recorded,
    same,
    start,
    wait_for,
)

from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import load_run, resume, run
from kautilya.runs.folder import MANIFEST, RECORDS, VALUES
from kautilya.runs.pool import Pool


def strike(process: subprocess.Popen, kind: str) -> None:
    """Kill the whole run, its main process alone (workers go on for a while), or one worker."""
    if process.poll() is not None:
        return
    if kind == "run":
        kill_group(process)
    elif kind == "main":
        process.kill()
        process.communicate()
    else:
        for pid in random.sample(found := children(process.pid), min(len(found), 1)):
            os.kill(pid, signal.SIGKILL)


def harass(starter: Path, folder: Path, kills: int, seed: int) -> int:
    """Kill at random moments until so many kills are done, or no work is left; then finish."""
    luck, done = random.Random(seed), 0
    process = start(RUN, str(starter), str(folder))
    while done < kills:
        there = min(recorded(folder), CHUNKS - 1)  # all: only the manifest is missing
        wait_for(folder, luck.randrange(there, CHUNKS), process)
        time.sleep(luck.uniform(0.0, 0.1))
        kind = luck.choice(("run", "main", "worker"))
        if process.poll() is not None:
            assert process.returncode == 0, process.communicate()[1]
            break
        strike(process, kind)
        done += 1
        if kind != "worker":
            process = start(
                RESUME if (folder / "plan.json").exists() else RUN,
                *([] if (folder / "plan.json").exists() else [str(starter)]),
                str(folder),
            )
    error = process.communicate()[1]
    assert process.returncode == 0, error
    return done


@truth(
    "invariant",
    source="faults",
    kills="a partial chunk that is read; a chunk that is "
    "done twice and differs; a worker's death that ends the run",
)
def test_kills_leave_no_trace(starter: Path, whole: Path, tmp_path: Path):
    """Three kills of worker, main process or all of them: the same bits."""
    assert harass(starter, tmp_path / "run", 3, seed=1) >= 2
    same(tmp_path / "run", whole)


@pytest.mark.slow
@truth("invariant", source="faults", kills="the moment at which a kill does harm")
def test_fifty_kills(starter: Path, whole: Path, tmp_path: Path):
    """Fifty random kills, over as many runs as they take; each result equals the whole one."""
    done, runs = 0, 0
    while done < 50:
        folder = tmp_path / f"run-{runs}"
        done += harass(starter, folder, min(50 - done, 12), seed=100 + runs)
        same(folder, whole)
        shutil.rmtree(folder)
        runs += 1
    print(f"{done} kills over {runs} runs")


@truth("invariant", source="runs/pool.py", kills="a run that dies with one of its workers")
def test_a_killed_worker_is_replaced(starter: Path, whole: Path, tmp_path: Path):
    """Killed while idle and while at work; the run does not even stop."""
    with Pool(2) as pool:
        os.kill(pool._all[0].pid, signal.SIGKILL)
        pool._all[0].wait()

        def tell(done: int, _: int) -> None:
            if 5 * 1024 <= done < 6 * 1024:
                os.kill(pool._all[1].pid, signal.SIGKILL)

        run(str(starter), FUTURES, SEED, out=tmp_path / "run", pool=pool, progress=tell)
    same(tmp_path / "run", whole)


def damaged(whole: Path, to: Path) -> Path:
    """A copy of a run with one bit of one chunk turned over."""
    shutil.copytree(whole, to)
    file = sorted((to / VALUES / "shells").glob("7.*"))[0]
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    return to


@truth("invariant", source="faults", kills="damaged values that are read as numbers")
def test_a_corrupt_chunk_is_named_and_mended(whole: Path, tmp_path: Path):
    """The chunk of futures 7168 to 8191; the others are not touched."""
    folder = damaged(whole, tmp_path / "run")
    said = kautilya("report", str(folder))
    assert said.returncode == 2 and "Traceback" not in said.stderr
    assert "7168 to 8191" in said.stderr.replace("\n", " ") and "resume" in said.stderr
    before = {file: file.stat().st_mtime_ns for file in (folder / VALUES / "shells").glob("*.*")}
    resume(folder)
    changed = [file.name for file, then in before.items() if file.stat().st_mtime_ns != then]
    assert changed == ["7.0.0"]
    same(folder, whole)


@pytest.mark.parametrize("harm", ["values", "record", "half a record", "another run's record"])
@truth("invariant", source="faults", kills="a missing block that Zarr reads as empty")
def test_what_is_missing_is_found(whole: Path, tmp_path: Path, harm: str):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    record = folder / RECORDS / f"{3 * 1024:012d}.json"
    if harm == "values":
        next((folder / VALUES / "line").glob("3.*")).unlink()
    elif harm == "record":
        record.unlink()
    elif harm == "half a record":
        record.write_text(record.read_text()[:100])
    else:
        record.write_text(record.read_text().replace('"identity": "', '"identity": "0'))
    with pytest.raises(KautilyaError, match="3072 to 4095") as caught:
        load_run(folder)
    assert "resume" in caught.value.remedy


@truth("invariant", source="faults", kills="a second process that works on the same run")
def test_stopped_runs_are_guarded(starter: Path, whole: Path, tmp_path: Path):
    """Unfinished: not read, not overwritten by another, gone on with by the same."""
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    (folder / MANIFEST).unlink()
    (folder / RECORDS / f"{0:012d}.json").unlink()
    with pytest.raises(KautilyaError, match="not finished .19 of 20 chunks"):
        load_run(folder)
    with pytest.raises(KautilyaError, match="another run that was stopped"):
        run(str(starter), FUTURES, SEED + 1, out=folder)
    with (folder / ".lock").open("w") as lock:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(KautilyaError, match="another process"):
            resume(folder)
    assert recorded(folder) == CHUNKS - 1
    run(str(starter), FUTURES, SEED, out=folder)
    same(folder, whole)


@truth("invariant", source="faults", kills="chunks of two versions in one run")
def test_a_changed_scenario_is_not_resumed(starter: Path, whole: Path, tmp_path: Path):
    mine, folder = tmp_path / "starter", tmp_path / "run"
    shutil.copytree(starter, mine)
    shutil.copytree(whole, folder)
    plan = (folder / "plan.json").read_text()
    (folder / "plan.json").write_text(plan.replace(str(starter.resolve()), str(mine)))
    text = (mine / "scenario.toml").read_text()
    (mine / "scenario.toml").write_text(text.replace('title = "', 'title = "X ', 1))
    with pytest.raises(KautilyaError, match="changed: scenario"):
        resume(folder)


FULL = """
import os, sys
from pathlib import Path
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import resume, run
scenario, disk, futures, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
filler = disk / "filler"
def tell(done, total):
    if done >= 5 * 1024 and not filler.exists():
        with filler.open("wb", buffering=0) as file:
            try:
                while True: file.write(bytes(1 << 16))
            except OSError: pass
try:
    run(scenario, 30 * futures, seed, out=disk / "large")
except KautilyaError as error: print("before:", error)
try:
    run(scenario, futures, seed, out=disk / "run", progress=tell)
except KautilyaError as error: print("full:", error)
kept = sorted(p.name for p in (disk / "run" / "chunks").glob("[0-9]*.json"))
times = {name: (disk / "run" / "chunks" / name).stat().st_mtime_ns for name in kept}
filler.unlink()
resume(disk / "run")
again = [n for n in kept if (disk / "run" / "chunks" / n).stat().st_mtime_ns != times[n]]
print("kept:", len(kept), "again:", len(again), "large:", (disk / "large").exists())
os.system(f"mount -o remount,ro {disk}")
try:
    run(scenario, futures, seed, out=disk / "more")
except KautilyaError as error: print("read-only:", error)
from kautilya.runs.query import query
print("query:", query(disk / "run", "select count(*) from shells").rows)
os.system(f"mount -o remount,rw {disk}; cp -r {disk}/run {sys.argv[5]}")
"""


@truth("invariant", source="faults", kills="half a file on a full disk; a traceback")
def test_full_and_read_only_disks(starter: Path, whole: Path, tmp_path: Path):
    """A file system of 32 MB of our own, filled by others in the middle of a run."""
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    inside = (
        f'mount -t tmpfs -o size=32m none {disk} && {sys.executable} -c "$CODE" '
        f"{starter} {disk} {FUTURES} {SEED} {out}"
    )
    if subprocess.run(
        ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", disk], capture_output=True
    ).returncode:
        pytest.skip("this system lets no user mount a file system of its own (unshare -Urm)")
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", inside],
        capture_output=True,
        text=True,
        env=os.environ | {"CODE": FULL, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert "need up to" in said["before"] and "are free" in said["before"]
    assert "the disk is full" in said["full"] and "resume" in said["full"]
    kept, again = said["kept"].split(" again: ")
    assert int(kept) >= 5 and again == "0 large: False"
    assert "cannot be written to" in said["read-only"] and said["query"].startswith("[(960000,")
    same(out, whole)


@truth("order", source="faults", kills="a traceback for a folder that cannot be made")
def test_a_folder_that_cannot_be_made(starter: Path, tmp_path: Path):
    (tmp_path / "file").write_text("")
    said = kautilya("run", str(starter), "--futures", "10", "--out", str(tmp_path / "file" / "run"))
    assert said.returncode == 2 and "cannot be written" in said.stderr
    assert "Traceback" not in said.stderr
    assert content(tmp_path) == {}
