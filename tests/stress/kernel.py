"""A run that another kernel of linear algebra began is not resumed, and its identity differs.

python tests/stress/kernel.py [--kernel Prescott]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stress.kills import ROOT, fresh

OLDEST = "Prescott"  # runs on every processor of its kind
SAYS = "have changed: kernel of linear algebra"


def kautilya(place: Path, kernel: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command under a kernel; "" leaves the choice to the library."""
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": path, "KAUTILYA_QUEUE": "off"}
    env.pop("OPENBLAS_CORETYPE", None)
    env |= {"OPENBLAS_CORETYPE": kernel} if kernel else {}
    return subprocess.run(
        [sys.executable, "-m", "kautilya", *words],
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )


def identity(folder: Path) -> str:
    return str(json.loads((folder / "plan.json").read_text())["identity"])


def faults(folder: Path, kernel: str = OLDEST) -> list[str]:
    """What is wrong with runs under two kernels."""
    place, wrong = fresh(folder, "place"), []
    for out, given in (("usual", ""), ("other", kernel)):
        done = kautilya(place, given, "run", "starter", "--futures", "64", "--out", out)
        wrong += [f"run under {given!r}: {done.stderr}"] if done.returncode else []
    if wrong:
        return wrong
    if identity(place / "usual") == identity(place / "other"):
        wrong.append("two kernels, one identity")
    (place / "usual" / "manifest.json").unlink()
    for given, code in ((kernel, 2), ("", 0)):
        said = kautilya(place, given, "resume", "usual")
        if said.returncode != code or (code == 2) != (SAYS in " ".join(said.stderr.split())):
            wrong.append(f"resume under {given!r}: exit code {said.returncode}, {said.stderr}")
    return wrong


def main() -> int:
    """Exit code 1 where anything is wrong."""
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("--kernel", default=OLDEST)
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="kernel-") as where:
        wrong = faults(Path(where), asked.kernel)
    print(json.dumps({"kernel": asked.kernel, "failures": wrong}))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
