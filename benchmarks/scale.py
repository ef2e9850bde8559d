"""Workers, memory, disk: ratios of the same runs in one sitting.

    python benchmarks/scale.py workers [--chunks 4]
    python benchmarks/scale.py memory  [--few 100000] [--many 1000000] [--keep summary]

workers   one process and two on the same chunks, by turns, best of three. Beside the ratio by
          the clock stands that by processor time: what two cores give if nobody else uses them
memory    the largest sum of resident memory over all processes of a run (what they share is
          counted for each of them), for few and for many futures, and what was stored
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from kautilya.runs.case import Case, Chunk, Source  # noqa: E402
from kautilya.runs.pool import Pool
from kautilya.scenario import load

NAME = "russia_dprk_2024"
WIDTH = 1024


def cpu(pid: int) -> float:
    """Seconds of processor time of a process."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def rate(pool: Pool, workers: int, chunks: int, folder: Path) -> tuple[float, float]:
    """Futures a second by the clock, and per second of processor time."""
    source, case = Source(load(NAME).folder), Case(accept="raw")
    todo = [
        Chunk(source, case, 1, WIDTH * k, WIDTH, file=str(folder / f"{k}.npz"))
        for k in range(chunks * workers)
    ]
    pids = [one.pid for one in pool._all]
    before, begun = sum(map(cpu, pids)), time.perf_counter()
    pool.run(todo, lambda job, answer: None)
    spent = time.perf_counter() - begun
    return WIDTH * len(todo) / spent, WIDTH * len(todo) / (sum(map(cpu, pids)) - before)


def workers(chunks: int) -> list[tuple[str, str, str]]:
    """One against two, by turns."""
    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as place, Pool(1) as one, Pool(2) as two:
        pools = {1: one, 2: two}
        for count, pool in pools.items():
            rate(pool, count, 1, Path(place))  # compiles, or reads what is compiled
        for _ in range(3):
            for count, pool in pools.items():
                found[count].append(rate(pool, count, chunks, Path(place)))
    clock, own = ([max(r[i] for r in found[n]) for n in (1, 2)] for i in (0, 1))
    return [
        ("one worker", f"{clock[0]:.0f} futures/s, {own[0]:.0f} per CPU second", ""),
        ("two workers", f"{clock[1]:.0f} futures/s, {own[1]:.0f} per CPU second", ""),
        ("two over one, by the clock", f"{clock[1] / clock[0]:.2f}", "1.7"),
        ("two over one, by processor time", f"{2 * own[1] / own[0]:.2f}", "1.7"),
    ]


def resident(pid: int) -> int:
    """Bytes of a process and of those it started."""
    total = 0
    try:
        total = 1024 * int(
            next(
                line
                for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                if line.startswith("VmRSS")
            ).split()[1]
        )
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(resident(int(child)) for child in (task / "children").read_text().split())
    except (OSError, StopIteration):
        pass  # it has just ended
    return total


def peak(scenario: str, futures: int, keep: str, out: Path) -> dict[str, Any]:
    """Largest memory of a run, its seconds, and bytes a future on disk."""
    command = [
        sys.executable,
        "-m",
        "kautilya",
        "run",
        scenario,
        "--futures",
        str(futures),
        "--keep",
        keep,
        "--out",
        str(out),
        "--json",
    ]
    begun, most = time.perf_counter(), [0]
    with (out.parent / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

        def watch() -> None:
            while process.poll() is None:
                most[0] = max(most[0], resident(process.pid))
                time.sleep(0.1)

        watcher = threading.Thread(target=watch)
        watcher.start()
        watcher.join()
    if process.returncode:
        sys.exit((out.parent / "log").read_text())
    manifest = json.loads((out / "manifest.json").read_text())
    stored = sum(f.stat().st_size for f in (out / "outcomes.zarr").rglob("*") if f.is_file())
    return {
        "bytes": most[0],
        "seconds": time.perf_counter() - begun,
        "each": manifest["bytes_a_future"],
        "stored": stored / futures,
    }


def memory(scenario: str, few: int, many: int, keep: str) -> list[tuple[str, str, str]]:
    """Few against many."""
    rows = []
    found = {}
    for futures in (few, many):
        place = Path(tempfile.mkdtemp(prefix="kautilya-bench-"))
        try:
            one = found[futures] = peak(scenario, futures, keep, place / "run")
        finally:
            shutil.rmtree(place, ignore_errors=True)
        rows.append(
            (
                f"{futures:,} futures, --keep {keep}",
                f"{one['bytes'] / 1e9:.2f} GB in {one['seconds']:.0f} s",
                "4 GB",
            )
        )
    growth = found[many]["bytes"] / found[few]["bytes"] - 1
    one = found[many]
    return [
        *rows,
        ("growth", f"{100 * growth:.1f} %", "10 %"),
        ("kept of a future", f"{one['each']:,} bytes, {one['stored']:,.0f} on disk", ""),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=("workers", "memory"))
    parser.add_argument("--chunks", type=int, default=4)
    parser.add_argument("--scenario", default=NAME)
    parser.add_argument("--few", type=int, default=100_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--keep", default="summary")
    given = parser.parse_args()
    rows = (
        workers(given.chunks)
        if given.part == "workers"
        else memory(given.scenario, given.few, given.many, given.keep)
    )
    for what, found, bar in rows:
        print(f"{what:40s} {found:>40s} {('bar ' + bar) if bar else '':>10s}", flush=True)


if __name__ == "__main__":
    main()
