"""What was judged, kept: a claim on a run is a few numbers a future, the run itself tens of MB.

A claim is judged once on each run beside the stored one, and read from there afterwards, so that
the same question asked again starts no worker and reads no run. Keyed by all that the answer
depends on: the runs (scenario, seed, code, processor), the text of the claim, the record and its
day, and the code of this room.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from kautilya import disk
from kautilya.claims.evaluate import Judged
from kautilya.claims.language.checker import Checked
from kautilya.claims.record import Record

ROOM = Path(__file__).parent
SHELF = "judged"
FORM = 1


@cache
def _code() -> str:
    """A name for the present text of this room."""
    found = hashlib.sha256()
    for path in sorted([*ROOM.rglob("*.py"), *ROOM.rglob("*.lark")]):
        found.update(f"{path.relative_to(ROOM)}:".encode() + path.read_bytes())
    return found.hexdigest()


def name(runs: Sequence[str], checked: Checked, record: Record) -> str:
    """A name for one claim on some runs; runs: names of all that it is judged on."""
    said = json.dumps(
        [FORM, _code(), list(runs), checked.proposition.text, record.today, record.limit]
    )
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def look(folder: Path, name: str, checked: Checked) -> Judged | None:
    """What is kept of a claim, None where nothing is, or it cannot be read."""
    there = disk.look(folder / f"{name}.npz", disk.ARRAYS)
    if not there:
        return None
    held = there[0]
    try:
        threshold = held["threshold"] if "threshold" in held else None
        return Judged(
            held["truth"].astype(bool),
            held.get("value"),
            float(threshold) if threshold is not None and threshold.ndim == 0 else threshold,
            checked.unit,
            held["finite"].astype(bool),
            checked.needs,
            checked.kind,
            checked.rests_on,
            tuple(str(one) for one in held["evidence"].tolist()),
            held.get("margin"),
        )
    except (KeyError, ValueError, AttributeError):
        return None


def keep(folder: Path, name: str, found: Judged) -> None:
    """Keep what was judged; a cache that cannot be written costs time and nothing else."""
    numbers = {"value": found.value, "threshold": found.threshold, "margin": found.margin}
    arrays: Mapping[str, np.ndarray] = {
        "truth": found.truth,
        "finite": found.finite,
        "evidence": np.array(found.evidence, dtype=str),
        **{k: np.asarray(v, dtype=float) for k, v in numbers.items() if v is not None},
    }
    disk.keep(folder / f"{name}.npz", arrays, disk.ARRAYS)
