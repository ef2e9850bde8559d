"""Draws of uncertain figures: one value a future for each row of quantities.csv.

Each row has its own stream, keyed by seed, future and the row's id, so that a future keeps its
draw whatever else the scenario holds. Values are worked out in tiles of fixed width, so that
they do not depend on how many futures are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.core.luck import PARAMETERS, bits, seed_words, streams, uniform
from kautilya.scenario.distributions import quantile

Fed = Mapping[int, np.ndarray]  # row number -> values [F] in the unit of the row


@jax.jit
def _uniforms(seed: Any, ids: Any, futures: Any) -> Any:
    return uniform(bits(seed, jnp.uint32(PARAMETERS), ids, futures))


def probabilities(names: list[str], seed: int, futures: np.ndarray) -> np.ndarray:
    """Uniform draws [names, F] for streams "quantity/<name>"."""
    ids = streams([("quantity", name) for name in names])
    return np.asarray(_uniforms(seed_words(seed), ids, futures.astype(np.uint32)))


def figures(rows: tuple[Any, ...], seed: int, futures: np.ndarray, fed: Fed | None = None
            ) -> np.ndarray:
    """Values [rows, F] of uncertain figures, in the unit of each row.

    rows   rows with id, distribution, low, central, high
    fed    values that another draw gives (the accounts); they stand in place of the row's own
    """
    u = probabilities([row.id for row in rows], seed, futures)
    out = np.stack([quantile(row, u[i]) for i, row in enumerate(rows)])
    for i, values in (fed or {}).items():
        out[i] = values
    return out
