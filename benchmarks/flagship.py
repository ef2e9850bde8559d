"""The flagship, measured: start, compile, month loop, whole runs, memory, disk.

    python benchmarks/flagship.py [--futures 10000]

Wall-clock numbers hold for this machine only; the ratios beside them travel.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAME = "russia_dprk_2024"
LOOP = """
import time
from kautilya import scenario as S
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply
from kautilya.runs import chunk
import jax, numpy as np
chunk.use_cache()
a = assemble(S.load("russia_dprk_2024")); ready = chunk.prepare(a, "always")
x = chunk.inputs(a, apply(a), 0, np.arange(chunk.TILE))
t = time.perf_counter(); low = ready.call.lower(x); trace = time.perf_counter() - t
t = time.perf_counter(); call = low.compile(); compiled = time.perf_counter() - t
jax.block_until_ready(call(x)); t = time.perf_counter(); n = 12
for _ in range(n): jax.block_until_ready(call(x))
print(trace, compiled, n * chunk.TILE / (time.perf_counter() - t))
"""
ONE_THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "NPROC": "1",
}


def loops(count: int, cache: str) -> list[list[float]]:
    """Trace s, compile s, futures/s of `count` processes side by side."""
    env = os.environ | ONE_THREAD | {"KAUTILYA_CACHE": cache}
    running = [
        subprocess.Popen([sys.executable, "-c", LOOP], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    return [[float(v) for v in p.communicate()[0].split()] for p in running]


def whole(futures: int, cache: str, out: Path) -> float:
    """Seconds of `kautilya run` as a user types it."""
    begun = time.perf_counter()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "kautilya",
            "run",
            NAME,
            "--futures",
            str(futures),
            "--out",
            str(out),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"KAUTILYA_CACHE": cache},
    )
    return time.perf_counter() - begun


def help_seconds() -> float:
    """Best of five of `kautilya --help`."""
    best = 9.0
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "kautilya", "--help"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        best = min(best, time.perf_counter() - begun)
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--futures", type=int, default=10_000)
    futures = parser.parse_args().futures
    folder = Path(tempfile.mkdtemp(prefix="kautilya-bench-"))
    try:
        cold = whole(futures, str(folder / "cache"), folder / "cold")
        warm = whole(futures, str(folder / "cache"), folder / "warm")
        (one,) = loops(1, str(folder / "fresh"))
        two = loops(2, str(folder / "fresh"))
        size = sum(
            f.stat().st_size for f in (folder / "warm" / "outcomes.zarr").rglob("*") if f.is_file()
        )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rate = sum(r[2] for r in two)
    rows = [
        ("help, best of five", f"{help_seconds():.2f} s", "0.6 s"),
        ("trace, compile from nothing", f"{one[0]:.1f} s, {one[1]:.1f} s", "compile 8 s"),
        ("month loop, one process", f"{one[2]:.0f} futures/s", ""),
        ("month loop, two processes", f"{rate:.0f} futures/s", "800"),
        ("two processes over one", f"{rate / one[2]:.2f}", ""),
        (f"run of {futures}, nothing cached", f"{cold:.1f} s", "26 s"),
        (f"run of {futures}, compiled code cached", f"{warm:.1f} s", "20 s"),
        ("largest process", f"{peak:.2f} GB", "2 GB"),
        ("stored, a future (compressed)", f"{size / futures / 1e3:.1f} kB", "35 kB"),
    ]
    for what, found, bar in rows:
        print(f"{what:45s} {found:>22s} {('bar ' + bar) if bar else '':>14s}")


if __name__ == "__main__":
    main()
