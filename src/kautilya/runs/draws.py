"""Draws of uncertain figures: one value a future for each row of quantities.csv.

Each row has its own stream, keyed by seed, future and the row's id, so that a future keeps its
draw whatever else the scenario holds. Values are worked out in tiles of fixed width, so that
they do not depend on how many futures are asked for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import jax
import jax.numpy as jnp
import numpy as np

from kautilya import disk
from kautilya.core.luck import PARAMETERS, bits, seed_words, streams, uniform
from kautilya.scenario.assemble import Assembled
from kautilya.scenario.distributions import quantile

Fed = Sequence[tuple[np.ndarray, np.ndarray]]  # (row numbers, value [F]) in internal units


@jax.jit
def _uniforms(seed: Any, ids: Any, futures: Any) -> Any:
    return uniform(bits(seed, jnp.uint32(PARAMETERS), ids, futures))


def probabilities(names: list[str], seed: int, futures: np.ndarray) -> np.ndarray:
    """Uniform draws [names, F] for streams "quantity/<name>"."""
    ids = streams([("quantity", name) for name in names])
    return np.asarray(_uniforms(seed_words(seed), ids, futures.astype(np.uint32)))


def figures(rows: tuple[Any, ...], seed: int, futures: np.ndarray, fed: Fed | None = None
            ) -> np.ndarray:
    """Values [rows, F] of uncertain figures, in internal units.

    rows   rows with id, distribution, low, central, high
    fed    values that the accounts give: one row takes the value itself; several rows keep
           their proportions and are scaled to sum to it
    """
    return values(rows, probabilities([row.id for row in rows], seed, futures), fed)


def values(rows: tuple[Any, ...], u: np.ndarray, fed: Fed | None = None) -> np.ndarray:
    """Values [rows, F] of figures at given probabilities u [rows, F]; `fed` as in `figures`."""
    out = np.stack([quantile(row, u[i]) for i, row in enumerate(rows)])
    for numbers, value in fed or ():
        own = out[numbers].sum(axis=0)
        out[numbers] = value if len(numbers) == 1 else out[numbers] * (value / own)
    return out


BLOCK = 1024  # futures whose accounts are drawn together
KEPT = 128  # blocks of a seed that are kept on disk: a large run does not come back to the rest
Feed = Callable[[np.ndarray], Fed]


def feeder(assembled: Assembled, seed: int, accept: str) -> Feed | None:
    """A function from numbers of futures (within one block) to what the accounts feed.

    None where the scenario declares no accounts or `accept` is "raw". Raises KautilyaError,
    naming the figures, where those that are accepted cannot all be true.
    """
    scenario = assembled.scenario
    if not declares(scenario, accept):
        return None
    held: dict[int, dict[str, np.ndarray]] = {}
    rows: dict[str, np.ndarray] = {}
    source = Source(scenario, seed, accept)

    def feed(futures: np.ndarray) -> Fed:
        wanted = sorted({int(b) for b in np.asarray(futures) // BLOCK})
        for block in wanted:
            if block not in held:
                held[block] = source.block(block)
                rows.update({key: _rows(scenario, key) for key in held[block]})
        for block in [b for b in held if b not in wanted]:
            del held[block]
        place = np.searchsorted(wanted, np.asarray(futures) // BLOCK)
        at = np.asarray(futures) % BLOCK
        return [(rows[key], np.stack([held[b][key] for b in wanted])[place, at])
                for key in held[wanted[0]] if rows[key].size]

    return feed


class Source:
    """Draws of the accounts by blocks, kept on disk by digest, profile, seed and block.

    Weighted by the triangles low, central, high of the quantities that they feed.
    """

    def __init__(self, scenario: Any, seed: int, accept: str) -> None:
        self._scenario, self._seed, self._accept = scenario, seed, accept
        self._folder = _cached(scenario)
        self._ready: list[Any] = []

    def block(self, number: int) -> dict[str, np.ndarray]:
        """Draws of 1,024 futures by feed key."""
        path = self._folder / f"{self._accept}-{self._seed}-{number}.npz"
        try:
            with np.load(path, allow_pickle=False) as data:
                return {key: data[key] for key in data.files}
        except (OSError, ValueError, EOFError, BadZipFile):
            return self._make(number, path)

    def _make(self, number: int, path: Path) -> dict[str, np.ndarray]:
        from kautilya.accounts import drawn, prepared

        if not self._ready:
            self._ready = [prepared(self._scenario, self._accept, density="declared")]
        futures = np.arange(number * BLOCK, (number + 1) * BLOCK, dtype=np.uint32)
        given = drawn(self._ready[0], self._seed, futures)
        found = {"|".join(key): np.asarray(value, dtype=float)
                 for key, value in given.feeds.items()}
        if number >= KEPT:
            return found
        try:
            partial = path.with_name(f"{path.stem}-{os.getpid()}.partial.npz")
            np.savez(partial, **found)  # type: ignore[arg-type]
            partial.replace(path)
        except OSError:
            pass  # a read-only cache costs time, nothing else
        return found


def _cached(scenario: Any) -> Path:
    return disk.place("accounts", scenario.digest[:16], disk.code("accounts"))


def declares(scenario: Any, accept: str) -> bool:
    """Whether the accounts of a scenario narrow its draws."""
    return accept != "raw" and (Path(scenario.folder) / "accounts.toml").exists()


def tells(scenario: Any, seed: int, accept: str) -> bool | None:
    """Whether `survived` has its answer on disk; None where there is nothing to tell."""
    if not declares(scenario, accept):
        return None
    return (_cached(scenario) / f"{accept}-{seed}.json").exists()


def survived(scenario: Any, seed: int, accept: str) -> dict[str, Any] | None:
    """How much of the raw ranges the accounts left, and how the first block is mixed, for the
    manifest; None where the accounts narrow nothing. Kept on disk."""
    from kautilya.accounts import drawn, prepared

    if not declares(scenario, accept):
        return None
    path = _cached(scenario) / f"{accept}-{seed}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    except (OSError, ValueError):
        pass
    first = np.arange(BLOCK, dtype=np.uint32)
    found = drawn(prepared(scenario, accept, density="declared"), seed, first).summary()
    try:
        path.write_text(json.dumps(found))
    except OSError:
        pass  # a read-only cache costs time, nothing else
    return found


def _rows(scenario: Any, key: str) -> np.ndarray:
    """Numbers of the rows of quantities.csv that a feed key names; the stage may hold "*"."""
    parameter, actor, partner, good, stage, label, month = key.split("|")
    return np.array([i for i, row in enumerate(scenario.quantities)
                     if row.parameter == parameter and row.month == month
                     and (row.actor, row.partner, row.good) == (actor, partner, good)
                     and row.label == label and fnmatchcase(row.stage, stage or "")], dtype=int)
