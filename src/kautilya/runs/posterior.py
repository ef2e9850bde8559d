"""A posterior on disk, and how a run draws from it.

A folder holds posterior.npz (ids of figures, draws in internal units) and posterior.json (what was
done and found). A future takes one whole draw, by its number and the seed, so that the same
future draws the same whatever the size of the run; what the posterior does not hold still comes
from the accounts and the declared ranges.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.runs import guard
from kautilya.runs.documents import Learned

if TYPE_CHECKING:
    from kautilya.runs.draws import Fed
    from kautilya.scenario.assemble import Assembled
    from kautilya.scenario.scenario import Scenario

VALUES, SUMMARY = "posterior.npz", "posterior.json"
STREAM = "posterior/draw"  # names the luck that picks a draw
MARK = "@"
Feed = Callable[[np.ndarray], "Fed"]


def save(folder: Path, ids: list[str], draws: np.ndarray, said: Mapping[str, object]) -> None:
    """Write a posterior: draws [n, ids] in internal units, and its summary."""
    disk.folder(folder)
    disk.write(
        folder / VALUES,
        disk.ARRAYS.pack(
            {"ids": np.array(ids), "draws": draws, "digest": np.array(said["digest"])}
        ),
    )
    disk.write_json(folder / SUMMARY, said)


def summary(folder: Path) -> Learned:
    """What posterior.json says; empty where it cannot be read."""
    try:
        found: Learned = json.loads((folder / SUMMARY).read_text())
    except (OSError, ValueError):
        return {}
    return found


def load(folder: Path) -> tuple[list[str], np.ndarray, str]:
    """Ids, draws [n, ids] and the digest of the scenario. Raises KautilyaError."""
    held = guard.read(folder / VALUES, guard.A_BLOCK)  # a run of a stranger may name the folder
    try:
        with np.load(io.BytesIO(held or b""), allow_pickle=False) as data:
            return [str(one) for one in data["ids"]], data["draws"], str(data["digest"])
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):
        raise KautilyaError(
            str(folder),
            f"no posterior in this folder (no readable {VALUES})",
            "Give the folder that `kautilya calibrate --out` wrote",
        ) from None


def folder_of(name: str | Path) -> Path:
    """The folder of a posterior, from its path or from what `named` made of it."""
    path, mark, _ = str(name).rpartition(MARK)
    return Path(path if mark else name)


def named(folder: str | Path, scenario: Scenario) -> str:
    """The folder with a mark of its content, for the plan of a run; checked against the scenario.

    Raises KautilyaError where it holds no posterior, or one of another scenario.
    """
    if not str(folder):
        return ""
    path = folder_of(folder)
    ids, _, digest = load(path)
    if digest != scenario.digest:
        raise KautilyaError(
            str(path),
            "this posterior belongs to another scenario, or to an earlier text of this one",
            f"Make it anew: kautilya calibrate {scenario.id} --out {path}",
        )
    mark = hashlib.sha256((path / VALUES).read_bytes()).hexdigest()[:12]
    return f"{path.resolve()}{MARK}{mark}"


def informed(feed: Feed | None, name: str, assembled: Assembled, seed: int) -> Feed | None:
    """The feed of a run, with the draws of a posterior (as `named`) in place of what they hold."""
    if not name:
        return feed
    from kautilya.runs.draws import probabilities

    ids, draws, _ = load(folder_of(name))
    place = {row.id: i for i, row in enumerate(assembled.quantities)}
    rows = [np.array([place[one]]) for one in ids]

    def both(futures: np.ndarray) -> Fed:
        at = (probabilities([STREAM], seed, np.asarray(futures))[0] * len(draws)).astype(int)
        own = [(row, draws[at, k]) for k, row in enumerate(rows)]
        return [*(feed(futures) if feed else ()), *own]

    return both
