"""A first run beside that of another checkout: nothing cached, fresh folder, as a ratio.

    python benchmarks/cold.py ../v0.1.0/src [--futures 2000] [--rounds 2]

The two take turns, so that what else the machine does falls on both. The ratio of processor
seconds (all processes of the command) travels to other machines; that of the clock does not.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OWN = Path(__file__).resolve().parents[1] / "src"
START = "import sys; from kautilya.cli.main import main; sys.argv[0] = 'kautilya'; sys.exit(main())"


def cold(source: Path, futures: int) -> tuple[float, float]:
    """Seconds by the clock and of the processor of a run of the flagship with nothing kept."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"PYTHONPATH": str(source), "KAUTILYA_CACHE": f"{folder}/cache"}
        words = ["run", "russia_dprk_2024", "--futures", str(futures), "--out", f"{folder}/out"]
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", START, *words],
            env=env,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.perf_counter() - begun
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    said.add_argument("other", type=Path, help="folder `src` of another checkout")
    said.add_argument("--futures", type=int, default=2000)
    said.add_argument("--rounds", type=int, default=2)
    asked = said.parse_args()
    pair = {"this": OWN, "other": asked.other.resolve()}
    best = dict.fromkeys(pair, (float("inf"), float("inf")))
    for _ in range(asked.rounds):
        for name, source in pair.items():
            wall, cpu = cold(source, asked.futures)
            best[name] = (min(best[name][0], wall), min(best[name][1], cpu))
            print(
                f"{name:6s} {wall:6.1f} s by the clock, {cpu:6.1f} s of the processor", flush=True
            )
    clock, processor = (best["this"][k] / best["other"][k] for k in (0, 1))
    print(f"this over other: {clock:.3f} by the clock, {processor:.3f} of the processor")


if __name__ == "__main__":
    main()
