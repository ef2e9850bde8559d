"""Draws from the set that satisfies all accepted figures: uniform, or by a declared density.

Futures come in blocks of 1,024. A block starts from the warm-up pool and is mixed with luck keyed
by (seed, system, block), so a future's draw does not depend on how many futures are asked for.
Every draw is checked against every constraint before it leaves.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kautilya.accounts.mixing import Mixing, mixing
from kautilya.accounts.model import Floats, System, violation
from kautilya.accounts.polytope import Shape, luck_for, shape, sweep

BLOCK = 1024
SLIP = 1e-7             # largest breach of a row that a draw may show, as a share of its size


class Sample(NamedTuple):
    """values [n, F] in the order of names; worst breach of any row; mixing over whole blocks."""

    names: tuple[str, ...]
    values: Floats
    worst: float
    mixing: Mixing


def sample(parts: System, seed: int, futures: NDArray[np.uint32],
           form: Shape | None = None) -> Sample:
    """One feasible draw for each future. Raises KautilyaError where nothing is feasible."""
    form = shape(parts) if form is None else form
    index = np.asarray(futures, dtype=np.uint32)
    out = np.empty((len(parts.names), len(index)))
    numbers = np.unique(index // BLOCK)
    kept = []
    for number in numbers:
        draws = block(form, seed, int(number))
        here = index // BLOCK == number
        out[:, here] = draws[:, index[here] % BLOCK]
        kept.append(draws)
    worst = float(violation(parts, out).max(initial=0.0))
    assert worst <= SLIP, f"a draw breaks the accounts by {worst:.2g} of a row's size"
    return Sample(parts.names, out, worst, _mixed(form, kept))


def block(form: Shape, seed: int, number: int) -> Floats:
    """The 1,024 draws [n, 1024] of a block."""
    name = zlib.crc32("|".join(form.names).encode())
    key = np.array([seed % 2**64, (name << 32) + number], dtype=np.uint64)
    stream = np.random.Generator(np.random.Philox(key=key))
    # every block starts from the same pool: what is not forgotten shows up in the diagnostics
    return sweep(form, form.pool, luck_for(form, stream, form.laps, BLOCK))


def _mixed(form: Shape, kept: list[Floats]) -> Mixing:
    """Mixing with each place of a block as a chain along the blocks (or a block cut in four)."""
    if len(kept) < 4:
        return mixing(np.concatenate(kept, axis=1).reshape(len(form.names), -1, 4))
    return mixing(np.stack(kept, axis=2))
