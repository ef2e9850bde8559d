"""Draws of uncertain figures: one value a future for each row of quantities.csv.

Each row has its own stream, keyed by seed, future and the row's id, so that a future keeps its
draw whatever else the scenario holds. Values are worked out in tiles of fixed width, so that
they do not depend on how many futures are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.core.luck import PARAMETERS, bits, seed_words, streams, uniform
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
