"""Whether the ranges of dependencies are true: the quick suite with the lowest and the newest.

    make versions                        every Python from 3.11 on that is at hand
    python tools/versions.py tests/core  only these tests

Lowest direct versions on the oldest Python, newest versions on every Python at hand; for a Python
that is not at hand, and for one that pyproject.toml refuses, a dry resolution. Environments are
made by uv in a temporary folder. The exit code is 1 where a suite or a resolution fails.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
QUICK = ("-q", "-n", "auto", "--dist", "loadgroup", "-m", "not slow", "-p", "no:cacheprovider")
UV = (sys.executable, "-m", "uv")


def at_hand(version: str) -> str:
    """The interpreter of a version, or ""."""
    done = subprocess.run(
        [*UV, "python", "find", "--no-python-downloads", version], capture_output=True, text=True
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def resolved(folder: Path, resolution: str, version: str) -> Path | None:
    """Pinned requirements, or None where there are none; what stands in the way is printed."""
    out = folder / f"{resolution}-{version}.txt"
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        re.sub(r'requires-python = ".*"', 'requires-python = ">=3.11"', text), encoding="utf-8"
    )
    done = subprocess.run(
        [
            *UV,
            "pip",
            "compile",
            "-q",
            "--resolution",
            resolution,
            "--extra",
            "test",
            "--python-version",
            version,
            "-o",
            str(out),
            str(folder / "pyproject.toml"),
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(done.stderr.strip())
    return out if done.returncode == 0 else None


def suite(folder: Path, pins: Path, python: str, tests: list[str]) -> str:
    """How the suite ended in a fresh environment with these pins."""
    home = folder / pins.stem
    there = str(home / "bin" / "python")
    for step in (
        ["venv", "-q", "-p", python, str(home)],
        ["pip", "install", "-q", "-p", there, "-r", str(pins)],
        ["pip", "install", "-q", "-p", there, "--no-deps", "-e", str(ROOT)],
    ):
        if subprocess.run([*UV, *step]).returncode:
            return "not installed"
    done = subprocess.run(
        [there, "-m", "pytest", *QUICK, *tests],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        env=os.environ | {"KAUTILYA_CACHE": str(home / "cache")},
    )
    print(done.stdout[-4000:])
    return "passed" if done.returncode == 0 else f"failed ({done.returncode})"


def main(tests: list[str]) -> int:
    """Print a table; 1 where something failed."""
    told = []
    with tempfile.TemporaryDirectory(prefix="kautilya-versions-") as name:
        for version in PYTHONS:
            python = at_hand(version)
            for resolution in ("lowest-direct", "highest"):
                pins = resolved(Path(name), resolution, version)
                runs = python and (resolution == "highest" or version == PYTHONS[0])
                how = "no resolution" if pins is None else "resolves"
                if pins is not None and runs:
                    how = suite(Path(name), pins, python, tests)
                told.append((version, resolution, "at hand" if python else "absent", how))
    for row in told:
        print("  ".join(f"{cell:<14}" for cell in row))
    return int(any(how not in ("passed", "resolves") for *_, how in told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
