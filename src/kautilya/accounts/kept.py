"""The full audit of a scenario with its conflicts, as plain data, kept on disk by digest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from kautilya import caches
from kautilya.accounts.auditing import audit
from kautilya.accounts.feeds import declares
from kautilya.scenario import load

BEGUN: dict[Path, subprocess.Popen] = {}


def full_audit(scenario: Any) -> dict[str, Any]:
    """`audit(scenario, conflicts=True)` as JSON has it; from disk where it was done before."""
    path = _file(scenario)
    begun = BEGUN.pop(path, None)
    if begun is not None:
        begun.wait()  # whatever became of it: what it left is read, else made here
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError):
        return _made(scenario)


def begin_audit(scenario: Any) -> None:
    """Let another process make the audit, where it is not on disk; `full_audit` waits for it."""
    path = _file(scenario)
    if declares(scenario) and path not in BEGUN and not path.is_file():
        BEGUN[path] = subprocess.Popen(
            [sys.executable, "-m", __name__, str(scenario.folder)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _made(scenario: Any) -> dict[str, Any]:
    found = audit(scenario, conflicts=True).as_json()
    path = _file(scenario)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        partial.write_text(json.dumps(found), encoding="utf-8")
        partial.replace(path)
    except OSError:
        pass  # a read-only home: it is made again the next time
    return found


def _file(scenario: Any) -> Path:
    return caches.folder("audit", caches.code("accounts")) / f"{scenario.digest[:24]}.json"


if __name__ == "__main__":
    full_audit(load(sys.argv[1]))
