"""The core beside a hand-written loop: the small war of ten stocks, thirteen parameters, 60 months.

    python benchmarks/core.py [--runs 400000]

Outputs must agree to 1e-9 before anything is timed. Wall-clock numbers hold for this machine and
what else it does; runs a second of processor time and the ratios travel better. Needs the extra
[bench].
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import loops  # noqa: E402
import small_war  # noqa: E402

from kautilya.runs.pool import cores  # noqa: E402
from kautilya.study.sweep import Sweep  # noqa: E402

AGREE = 1e-9


def best(work: Callable[[], Any], rounds: int = 5) -> tuple[float, float]:
    """Best wall-clock and best processor seconds of some rounds."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest difference over the larger of the stock and one unit."""
    return float((np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1.0)).max())


def measure(runs: int) -> list[tuple[str, float, float]]:
    """(what, runs a second of wall clock, runs a second of processor time); refuses to time what
    does not agree."""
    sweep = Sweep(small_war.model())
    assert sweep.names == loops.NAMES, "the hand-written loop reads its inputs in another order"
    values = small_war.values(np.random.default_rng(0).random((runs, 13)))
    table = sweep.table(values)
    own = [i for i, one in enumerate(sweep.accounts) if one[0] in small_war.SIDES]
    rows, out = np.ascontiguousarray(table.T), np.empty((runs, 10))
    numba_one, numba_two = loops.compiled(False), loops.compiled(True)
    numba_one(rows, out)
    difference = apart(sweep.closings(table)[0][own], out.T)
    print(f"largest relative difference from the numba loop, {runs:,} runs: {difference:.1e}")
    if not difference < AGREE:
        raise SystemExit(f"the outputs differ by more than {AGREE:g}: nothing is timed")
    numba_two(rows, out)
    sweep(values)
    timed = [
        ("core, one thread", lambda: sweep.closings(table, 1)),
        ("core, all threads", lambda: sweep.closings(table)),
        ("public API with the result table", lambda: sweep(values)),
        ("numba loop, one thread", lambda: numba_one(rows, out)),
        ("numba loop, all threads", lambda: numba_two(rows, out)),
        (
            "NumPy on arrays of 10,000",
            lambda: [loops.vectorised(table[:, i : i + 10_000]) for i in range(0, runs, 10_000)],
        ),
    ]
    return [(what, *(runs / one for one in best(work))) for what, work in timed]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=400_000)
    rows = measure(parser.parse_args().runs)
    rate = {what: (wall, cpu) for what, wall, cpu in rows}
    print(f"{'':34s} {'runs/s':>12s} {'runs/s of a core':>18s}")
    for what, wall, cpu in rows:
        print(f"{what:34s} {wall:12,.0f} {cpu:18,.0f}")
    print(f"\ncores: {cores()}. Bars: core 700,000 on two cores, public API 150,000.")
    for kind, k in (("wall clock, all threads", 0), ("processor time, one thread", 1)):
        ours = rate["core, all threads" if k == 0 else "core, one thread"][k]
        theirs = rate["numba loop, all threads" if k == 0 else "numba loop, one thread"][k]
        print(f"core over the numba loop, {kind}: {ours / theirs:.2f} (bar 0.25, stretch 0.4)")


if __name__ == "__main__":
    try:
        main()
    except ImportError as missing:
        raise SystemExit(f"{missing.name} is not installed: pip install -e '.[bench]'") from None
