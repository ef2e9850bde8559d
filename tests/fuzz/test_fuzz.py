"""Each door is fuzzed for ten seconds; `make fuzz` takes ten minutes for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.doors import DOORS
from support.conventions import ROOT, truth

SECONDS = 10
PATIENCE = 180  # seconds for all of a door, its first good input among them


@pytest.mark.parametrize("door", DOORS)
@truth(
    "invariant",
    source="docs/security.md",
    kills="a traceback, an exit code other than 0 and 2, "
    "a hang, memory without an end, a file outside that is read or written, a thing unpickled",
)
def test_a_door_stands(door: str):
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("doors.py")),
            door,
            "--seconds",
            str(SECONDS),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["failures"] == [], "\n".join(one["what"] for one in said["failures"][:3])
    assert said["tries"] >= 3
