"""Outcomes: which stocks, flows and variables leave the loop, summed into cells.

A stock outcome sums accounts into cells, a flow outcome sums settled routes, a variable
outcome passes a variable on. Yearly outcomes are reduced after the loop. All are float32:
stored outcomes need no more, the ledger itself stays float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Held = dict[str, tuple[jax.Array, jax.Array]]  # outcome -> the period so far, all periods


class Outcome(NamedTuple):
    """One declared outcome, resolved to indices.

    kind     stock: `index` are accounts; flow: `index` are routes of the plan; variable: `name`
    cell     int[len(index)]: the cell each index is added to
    shape    of the cells
    reduce   None: monthly; else over the months of each period: sum, mean or last
    """

    id: str
    kind: Literal["stock", "flow", "variable"]
    name: str
    index: np.ndarray  # type: ignore[assignment]
    cell: np.ndarray
    shape: tuple[int, ...]
    reduce: Literal["sum", "mean", "last"] | None = None


class Emitter(NamedTuple):
    """Outcomes and, for yearly ones, the period of each month int[T].

    closing   also return every account after the last month, in float64
    """

    outcomes: tuple[Outcome, ...]
    period: np.ndarray
    closing: bool = False


def _cells(values: jax.Array, outcome: Outcome) -> jax.Array:
    size = int(np.prod(outcome.shape, dtype=int))
    if len(outcome.index) == size and (outcome.cell == np.arange(size)).all():
        return values
    return jnp.zeros((size, values.shape[-1])).at[outcome.cell].add(values)


def emit(
    emitter: Emitter, stock: jax.Array, var: Mapping[str, jax.Array], paid: jax.Array
) -> dict[str, jax.Array]:
    """The outcomes of one month, [cells, F] float32; paid: all routes of the plan [routes, F]."""
    out = {}
    for one in emitter.outcomes:
        if one.kind == "stock":
            values = _cells(stock[one.index], one)
        elif one.kind == "flow":
            values = _cells(paid[one.index], one)
        else:
            values = var[one.name].reshape(-1, var[one.name].shape[-1])
        out[one.id] = values.astype(jnp.float32)
    return out


def opened(emitter: Emitter, futures: int) -> Held:
    """What yearly outcomes are gathered in: the period so far, and all [periods, cells, F]."""
    periods = int(emitter.period.max()) + 1
    sizes = {one.id: int(np.prod(one.shape, dtype=int)) for one in emitter.outcomes if one.reduce}
    return {
        key: (
            jnp.zeros((size, futures), jnp.float32),
            jnp.zeros((periods, size, futures), jnp.float32),
        )
        for key, size in sizes.items()
    }


def gather(
    emitter: Emitter, held: Held, now: Mapping[str, jax.Array], when: tuple[jax.Array, jax.Array]
) -> tuple[Held, dict[str, jax.Array]]:
    """Add a month to the yearly outcomes; returns them, and the monthly ones to be stacked.

    when: number of the period, and whether the month is its first. Gathered in the loop: stacked
    by month first and reduced afterwards, a yearly outcome cost twelve times the memory traffic.
    """
    period, first = when
    held, rest = dict(held), dict(now)
    for one in emitter.outcomes:
        if one.reduce:
            total, periods = held[one.id]
            value = rest.pop(one.id)
            if one.reduce != "last":
                value = jnp.where(first, 0.0, total) + value
            held[one.id] = (value, periods.at[period].set(value))
    return held, rest


def collect(emitter: Emitter, held: Held, out: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
    """Monthly [T, cells, F] and yearly ones -> [periods, *shape, F]."""
    done = {}
    counts = np.bincount(emitter.period)[:, None, None]
    for one in emitter.outcomes:
        value = held[one.id][1] if one.reduce else out[one.id]
        if one.reduce == "mean":
            value = value / counts
        done[one.id] = value.reshape(value.shape[0], *one.shape, value.shape[-1]).astype(
            jnp.float32
        )
    return done
