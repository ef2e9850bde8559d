"""Do processors and kernels of linear algebra change the answer? The flagship under several of them.

    python benchmarks/kernels.py [--futures 256] [--kernels Prescott,Haswell,SkylakeX]

Each run is a process of its own with an empty cache of draws, under OPENBLAS_CORETYPE=KERNEL; the
last one also without numpy's wide instructions. Outcomes, all of them, must agree to 1e-9 of their
size with those of the first. Kernels that this processor cannot run are left out, and said.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import xarray as xr

from kautilya import disk

AGREE = 1e-9
SCENARIO = "russia_dprk_2024"
PLAIN = "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
PROBE = (
    "import numpy, threadpoolctl; numpy.linalg.inv(numpy.eye(64)); "
    "print([i['architecture'] for i in threadpoolctl.threadpool_info() "
    "if i['internal_api'] == 'openblas'][0])"
)
RUN = "import sys; from kautilya.cli.main import main; sys.exit(main(sys.argv[1:]))"


def surroundings(kernel: str, plain: bool, cache: Path) -> dict[str, str]:
    """The environment of one run; compiled code is that of the user's cache, draws are not."""
    out = os.environ | {"OPENBLAS_CORETYPE": kernel, "KAUTILYA_CACHE": str(cache)}
    return out | ({"NPY_DISABLE_CPU_FEATURES": PLAIN} if plain else {})


def outcomes(folder: Path, kernel: str, futures: int, plain: bool = False) -> xr.Dataset | None:
    """All outcomes under a kernel; None where it does not run here."""
    cache = folder / f"cache-{kernel}-{plain}"
    cache.mkdir()
    (cache / "xla").symlink_to(disk.place("xla"), target_is_directory=True)
    env = surroundings(kernel, plain, cache)
    probe = subprocess.run([sys.executable, "-c", PROBE], env=env, capture_output=True, text=True)
    if probe.returncode:
        return None
    out = folder / f"run-{kernel}-{plain}"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            RUN,
            "run",
            SCENARIO,
            "--futures",
            str(futures),
            "--keep",
            "all",
            "--out",
            str(out),
        ],
        env=env,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{kernel}: {done.stderr}")
    print(
        f"{kernel}{' without wide instructions' if plain else ''}: "
        f"the library says {probe.stdout.strip()}"
    )
    return xr.open_zarr(out / "outcomes.zarr").load()


def apart(one: xr.Dataset, other: xr.Dataset) -> dict[str, float]:
    """{outcome: largest difference as a share of its largest value}."""
    out = {}
    for name in one.data_vars:
        a, b = one[name].values, other[name].values
        if a.dtype.kind in "fi":
            size = float(np.nanmax(np.abs(a), initial=0.0)) or 1.0
            out[str(name)] = float(np.nanmax(np.abs(a - b), initial=0.0)) / size
    return out


def main() -> int:
    """Exit code 1 where two kernels part."""
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("--futures", type=int, default=256)
    ask.add_argument("--kernels", default="Prescott,Haswell,SkylakeX")
    asked = ask.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory(prefix="kernels-") as where:
        folder = Path(where)
        cases = [(kernel, False) for kernel in asked.kernels.split(",")]
        cases.append((cases[0][0], True))
        first = None
        for kernel, plain in cases:
            found = outcomes(folder, kernel, asked.futures, plain)
            if found is None:
                print(f"{kernel}: this processor does not run it")
                continue
            if first is None:
                first = found
                continue
            differs = apart(first, found)
            name = max(differs, key=lambda one: differs[one])
            equal = sum(value == 0.0 for value in differs.values())
            worst = max(worst, differs[name])
            print(
                f"  {len(differs)} outcomes, {equal} equal in bits; largest difference "
                f"{differs[name]:.1e} of the outcome's size ({name})"
            )
    print(f"{'agree' if worst <= AGREE else 'PART'} to {AGREE:.0e}: {worst:.1e}")
    return int(worst > AGREE)


if __name__ == "__main__":
    sys.exit(main())
