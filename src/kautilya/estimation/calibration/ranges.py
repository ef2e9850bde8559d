"""Declared ranges as functions of a standard normal: the prior of the calibration is the
scenario's own, figure by figure.

    triangular  as in kotz2004, ch. 1      uniform, loguniform     at u = Phi(z)

Figures of other distributions stay at their centre.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

if TYPE_CHECKING:
    import jax

    from kautilya.scenario.assemble import Range

KINDS = ("triangular", "uniform", "loguniform")


class Band(NamedTuple):
    """A declared range with a name."""

    id: str
    low: float
    central: float
    high: float
    distribution: str


def free(row: Band | Range) -> bool:
    """Whether a figure can be learned: it has a range of a kind that is smooth."""
    return row.distribution in KINDS and row.low < row.high


def values(rows: Sequence[Band | Range], z: jax.Array | np.ndarray) -> jax.Array:
    """Values [rows, F] of ranges at standard normal z [rows, F]."""
    low = jnp.array([row.low for row in rows])[:, None]
    mode = jnp.array([row.central for row in rows])[:, None]
    high = jnp.array([row.high for row in rows])[:, None]
    kind = np.array([KINDS.index(row.distribution) for row in rows])[:, None]
    u, v = ndtr(z), ndtr(-z)  # v = 1 - u without loss of digits
    wide = high - low
    left = u * wide < mode - low
    rise = low + jnp.sqrt(jnp.where(left, u, 0.25) * wide * jnp.maximum(mode - low, 1e-12 * wide))
    fall = high - jnp.sqrt(jnp.where(left, 0.25, v) * wide * jnp.maximum(high - mode, 1e-12 * wide))
    positive = jnp.where(kind == 2, low, 1.0), jnp.where(kind == 2, high, 1.0)
    log = positive[0] * jnp.exp(u * jnp.log(positive[1] / positive[0]))
    return jnp.where(kind == 0, jnp.where(left, rise, fall),
                     jnp.where(kind == 1, low + u * wide, log))


@cache
def declared() -> dict[tuple[str, str], Band]:
    """Ranges of observers.csv: (id, class or "") -> band."""
    text = Path(__file__).with_name("observers.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {(row["id"], row["class"]): Band(row["id"], float(row["low"]), float(row["central"]),
                                            float(row["high"]), row["distribution"])
            for row in csv.DictReader(lines)}


def band(name: str, side: str = "", good: str = "") -> Band:
    """The range of one observer's figure for a side and class."""
    found = declared().get((name, good)) or declared()[name, ""]
    return found._replace(id="-".join(part for part in (name, side, good) if part).lower())
