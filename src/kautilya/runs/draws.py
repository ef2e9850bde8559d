"""Draws of uncertain figures: one value a future for each row of quantities.csv.

Each row has its own stream, keyed by seed, future and the row's id, so that a future keeps its
draw whatever else the scenario holds. Values are worked out in tiles of fixed width, so that
they do not depend on how many futures are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, cast

import jax
import jax.numpy as jnp
import numpy as np

from kautilya import disk
from kautilya.core.luck import PARAMETERS, bits, seed_words, streams, uniform
from kautilya.runs.documents import Narrowing
from kautilya.scenario.assemble import Assembled, Range
from kautilya.scenario.distributions import quantile
from kautilya.scenario.patch import data_of
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import ContextFigure, Figure

if TYPE_CHECKING:
    from kautilya.accounts.feeds import Prepared

ACCOUNTS = "accounts.toml"
Fed = Sequence[tuple[np.ndarray, np.ndarray]]  # (row numbers, value [F]) in internal units


@jax.jit
def _uniforms(seed: jax.Array, ids: jax.Array, futures: jax.Array) -> jax.Array:
    return uniform(bits(seed, jnp.uint32(PARAMETERS), ids, futures))


def probabilities(names: list[str], seed: int, futures: np.ndarray) -> np.ndarray:
    """Uniform draws [names, F] for streams "quantity/<name>"."""
    ids = streams([("quantity", name) for name in names])
    return np.asarray(_uniforms(seed_words(seed), ids, futures.astype(np.uint32)))


def figures(
    rows: Sequence[Range], seed: int, futures: np.ndarray, fed: Fed | None = None
) -> np.ndarray:
    """Values [rows, F] of uncertain figures, in internal units.

    rows   rows with id, distribution, low, central, high
    fed    values that the accounts give: one row takes the value itself; several rows keep
           their proportions and are scaled to sum to it
    """
    return values(rows, probabilities([row.id for row in rows], seed, futures), fed)


def values(rows: Sequence[Range], u: np.ndarray, fed: Fed | None = None) -> np.ndarray:
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

    None where the scenario declares no accounts, or feeds no figure from them, or `accept` is
    "raw". Raises KautilyaError, naming the figures, where those that are accepted cannot all be
    true.
    """
    scenario = assembled.scenario
    if not declares(scenario, accept):
        return None
    if not fed(scenario):
        _checked(scenario, accept)
        return None
    held: dict[int, Mapping[str, np.ndarray]] = {}
    rows: dict[str, np.ndarray] = {}
    source = Blocks(scenario, seed, accept)

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
        found = []
        for key in held[wanted[0]]:
            if rows[key].size:
                blocks = np.stack([held[block][key] for block in wanted])
                found.append((rows[key], blocks[place, at]))
        return found

    return feed


class Blocks:
    """Draws of the accounts by blocks, kept on disk by what they rest on, profile, seed and block.

    Weighted by the triangles low, central, high of the quantities that they feed.
    """

    def __init__(self, scenario: Scenario, seed: int, accept: str) -> None:
        self._scenario, self._seed, self._accept = scenario, seed, accept
        self._folder = _cached(scenario)
        self._ready: list[Prepared] = []

    def block(self, number: int) -> Mapping[str, np.ndarray]:
        """Draws of 1,024 futures by feed key."""
        if number >= KEPT:
            return self._make(number)
        path = self._folder / f"{self._accept}-{self._seed}-{number}.npz"
        return disk.kept(path, lambda: self._make(number), disk.ARRAYS)

    def _make(self, number: int) -> Mapping[str, np.ndarray]:
        from kautilya.accounts import drawn, prepared

        if not self._ready:
            self._ready = [
                prepared(self._scenario, self._accept, self._scenario.head.as_of, "declared")
            ]
        futures = np.arange(number * BLOCK, (number + 1) * BLOCK, dtype=np.uint32)
        given = drawn(self._ready[0], self._seed, futures)
        return {"|".join(key): np.asarray(value, dtype=float) for key, value in given.feeds.items()}


def _cached(scenario: Scenario) -> Path:
    """Where draws are kept: by all that the accounts read, so that scenarios which agree in it share
    them, whatever else differs."""
    text, takes = scenario.beside[ACCOUNTS], fed(scenario)
    read: list[object] = [text, scenario.head.as_of, sorted(scenario.units.items())]
    read += scenario.every(Figure)
    read += scenario.every(ContextFigure)
    read += [(one.key, one.originator) for one in scenario.sources]
    read += [one for one in scenario.quantities if one.parameter in takes]
    mark = disk.checksum("\n".join(map(repr, read)).encode())
    return disk.made_here("accounts", "accounts") / mark[:16]


def declares(scenario: Scenario, accept: str) -> bool:
    """Whether the accounts of a scenario narrow its draws."""
    return accept != "raw" and ACCOUNTS in scenario.beside


def fed(scenario: Scenario) -> frozenset[str]:
    """Parameters that the accounts feed."""
    feeds = data_of(scenario.beside[ACCOUNTS].encode()).get("feed")
    listed = feeds if isinstance(feeds, list) else []
    return frozenset(str(one.get("parameter")) for one in listed if isinstance(one, dict))


def _checked(scenario: Scenario, accept: str) -> None:
    """Accounts that feed nothing must still be possible; kept on disk. Raises KautilyaError."""

    def make() -> bool:
        from kautilya.accounts.feeds import possible

        possible(scenario, accept, scenario.head.as_of)
        return True

    disk.kept(_cached(scenario) / f"{accept}-possible.json", make)


def tells(scenario: Scenario, seed: int, accept: str) -> bool | None:
    """Whether `survived` has its answer on disk; None where there is nothing to tell."""
    if not (declares(scenario, accept) and fed(scenario)):
        return None
    return disk.look(_cached(scenario) / f"{accept}-{seed}.json") is not None


def survived(scenario: Scenario, seed: int, accept: str) -> Narrowing | None:
    """How much of the raw ranges the accounts left, and how the first block is mixed, for the
    manifest; None where the accounts narrow nothing. Kept on disk."""
    if not (declares(scenario, accept) and fed(scenario)):
        return None

    def make() -> Narrowing:
        from kautilya.accounts import drawn, prepared

        first = np.arange(BLOCK, dtype=np.uint32)
        ready = prepared(scenario, accept, scenario.head.as_of, "declared")
        return cast(Narrowing, drawn(ready, seed, first).summary())

    return disk.kept(_cached(scenario) / f"{accept}-{seed}.json", make)


def _rows(scenario: Scenario, key: str) -> np.ndarray:
    """Numbers of the rows of quantities.csv that a feed key names; the stage may hold "*"."""
    parameter, actor, partner, good, stage, label, month = key.split("|")
    return np.array(
        [
            i
            for i, row in enumerate(scenario.quantities)
            if row.parameter == parameter
            and row.month == month
            and (row.actor, row.partner, row.good) == (actor, partner, good)
            and row.label == label
            and fnmatchcase(row.stage, stage or "")
        ],
        dtype=int,
    )
