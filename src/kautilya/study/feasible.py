"""The draws that satisfy the published accounts, in place of draws from the raw ranges."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from kautilya import caches
from kautilya.scenario.assemble import Assembled
from kautilya.study.draws import Fed

BLOCK = 1024  # futures whose accounts are drawn together
KEPT = 128  # blocks of a seed that are kept on disk: a large run does not come back to the rest
Feed = Callable[[np.ndarray], Fed]


def feeder(assembled: Assembled, seed: int, accept: str) -> Feed | None:
    """A function from numbers of futures (within one block) to what the accounts feed.

    None where the scenario declares no accounts or `accept` is "raw". Raises KautilyaError,
    naming the figures, where those that are accepted cannot all be true.
    """
    scenario = assembled.scenario
    if accept == "raw" or not (Path(scenario.folder) / "accounts.toml").exists():
        return None
    held: dict[int, dict[str, np.ndarray]] = {}
    rows: dict[str, np.ndarray] = {}

    def feed(futures: np.ndarray) -> Fed:
        wanted = sorted({int(b) for b in np.asarray(futures) // BLOCK})
        for block in wanted:
            if block not in held:
                held[block] = drawn(scenario, seed, block, accept)
                rows.update({key: _rows(scenario, key) for key in held[block]})
        for block in [b for b in held if b not in wanted]:
            del held[block]
        place = np.searchsorted(wanted, np.asarray(futures) // BLOCK)
        at = np.asarray(futures) % BLOCK
        return [(rows[key], np.stack([held[b][key] for b in wanted])[place, at])
                for key in held[wanted[0]] if rows[key].size]

    return feed


def drawn(scenario: Any, seed: int, block: int, accept: str) -> dict[str, np.ndarray]:
    """Draws of one block by feed key, kept on disk by digest, profile, seed and block.

    Weighted by the triangles low, central, high of the quantities that they feed.
    """
    from kautilya.accounts import feasible

    path = _cached(scenario) / f"{accept}-{seed}-{block}.npz"
    try:
        with np.load(path) as data:
            return {key: data[key] for key in data.files}
    except (OSError, ValueError, EOFError, BadZipFile):
        pass
    futures = np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.uint32)
    given = feasible(scenario, seed, futures, accept, density="declared")
    found = {"|".join(key): np.asarray(value, dtype=float)
             for key, value in given.feeds.items()}
    try:
        if block >= KEPT:
            return found
        if block == 0:
            (path.parent / f"{accept}-{seed}.json").write_text(json.dumps(given.summary()))
        partial = path.with_name(f"{path.stem}-{os.getpid()}.partial.npz")
        np.savez(partial, **found)  # type: ignore[arg-type]
        partial.replace(path)
    except OSError:
        pass  # a read-only cache costs time, nothing else
    return found


def _cached(scenario: Any) -> Path:
    return caches.folder("accounts", scenario.digest[:16], caches.code("accounts"))


def survived(scenario: Any, seed: int, accept: str) -> dict[str, Any] | None:
    """How much of the raw ranges the accounts left, for the manifest; None where not known.

    It comes with the first block, which is drawn here if it was drawn on another machine.
    """
    if accept == "raw" or not (Path(scenario.folder) / "accounts.toml").exists():
        return None
    if not (_cached(scenario) / f"{accept}-{seed}.json").exists():
        drawn(scenario, seed, 0, accept)
    try:
        found: dict[str, Any] = json.loads((_cached(scenario) / f"{accept}-{seed}.json"
                                            ).read_text())
        return found
    except (OSError, ValueError):
        return None


def _rows(scenario: Any, key: str) -> np.ndarray:
    """Numbers of the rows of quantities.csv that a feed key names; the stage may hold "*"."""
    parameter, actor, partner, good, stage, label, month = key.split("|")
    return np.array([i for i, row in enumerate(scenario.quantities)
                     if row.parameter == parameter and row.month == month
                     and (row.actor, row.partner, row.good) == (actor, partner, good)
                     and row.label == label and fnmatchcase(row.stage, stage or "")], dtype=int)
