"""Outcomes: which stocks, flows and variables leave the loop, summed into cells.

A stock outcome sums accounts into cells, a flow outcome sums settled routes, a variable
outcome passes a variable on. All are float32: stored outcomes need no more, the ledger itself
stays float64. Outcomes lie in a few tables, one under the other: each by itself would be two or
three pieces of code to compile and to call every month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Rows

Held = dict[str, tuple[jax.Array, jax.Array]]  # table -> the period so far, all periods
ALONE = 512  # rows of a yearly outcome from which it is a table of its own, not copied into one
KINDS = ("stock", "flow", "variable")


class Outcome(NamedTuple):
    """One declared outcome, resolved to indices.

    kind     stock: `index` are accounts; flow: `index` are routes of the plan; variable: `name`
    cell     int[len(index)]: the cell each index is added to
    shape    of the cells
    reduce   None: monthly; else over the months of each period: sum, mean or last
    blind    what does not know the record while it drives: a period that it drives in part counts
             those months alone
    """

    id: str
    kind: Literal["stock", "flow", "variable"]
    name: str
    index: np.ndarray  # type: ignore[assignment]
    cell: np.ndarray
    shape: tuple[int, ...]
    reduce: Literal["sum", "mean", "last"] | None = None
    blind: bool = False

    @property
    def rows(self) -> int:
        """Number of cells."""
        return int(np.prod(self.shape, dtype=int))


class Emitter(NamedTuple):
    """Outcomes and, for yearly ones, the period of each month int[T].

    closing   also return every account after the last month, in float64
    """

    outcomes: tuple[Outcome, ...]
    period: np.ndarray
    closing: bool = False


def tables(emitter: Emitter) -> dict[str, list[Outcome]]:
    """Outcomes by table, in the order of their rows.

    Yearly ones are one table but for large ones, monthly ones one of stocks and one of flows; a
    variable that is stacked by month is worked out in its place there, and stands alone.
    """
    out: dict[str, list[Outcome]] = {}
    for one in sorted(emitter.outcomes, key=lambda one: KINDS.index(one.kind)):
        if one.reduce:
            name = f"year {one.id}" if one.rows >= ALONE else "year"
        else:
            name = f"month {one.id if one.kind == 'variable' else one.kind}"
        out.setdefault(name, []).append(one)
    return out


def _summed(values: jax.Array, outcomes: Sequence[Outcome]) -> jax.Array:
    """Accounts or routes [.., F] summed into the cells of these outcomes, one under the other."""
    begins = np.cumsum([0, *(one.rows for one in outcomes)])
    index = np.concatenate([one.index for one in outcomes])
    cell = np.concatenate([one.cell + k for one, k in zip(outcomes, begins, strict=False)])
    if len(cell) == begins[-1] and (cell == np.arange(begins[-1])).all():
        return values[index]
    return jnp.zeros((int(begins[-1]), values.shape[-1])).at[cell].add(values[index])


def emit(
    emitter: Emitter, stock: jax.Array, var: Mapping[str, jax.Array], paid: jax.Array
) -> dict[str, jax.Array]:
    """One month by table [rows, F] float32; paid: all routes of the plan [routes, F]."""
    whole = {"stock": stock, "flow": paid}
    out = {}
    for name, outcomes in tables(emitter).items():
        parts = []
        for kind, values in whole.items():
            summed = [one for one in outcomes if one.kind == kind]
            parts += [_summed(values, summed)] if summed else []
        for one in outcomes:
            if one.kind == "variable":
                parts.append(var[one.name].reshape(-1, stock.shape[-1]))
        out[name] = (jnp.concatenate(parts) if len(parts) > 1 else parts[0]).astype(jnp.float32)
    return out


def opened(emitter: Emitter, futures: int) -> Held:
    """What yearly outcomes are gathered in: the period so far, and all [periods, rows, F]."""
    periods, out = int(emitter.period.max()) + 1, {}
    for name, outcomes in tables(emitter).items():
        if name.startswith("year"):
            size = (sum(one.rows for one in outcomes), futures)
            out[name] = (jnp.zeros(size, jnp.float32), jnp.zeros((periods, *size), jnp.float32))
    return out


def _of(outcomes: Sequence[Outcome], reduce: str) -> np.ndarray:
    """Rows of a table that are reduced in this way, bool [rows, 1]."""
    return np.repeat([one.reduce == reduce for one in outcomes], [one.rows for one in outcomes])[
        :, None
    ]


def weights(period: np.ndarray, record: jax.Array | np.ndarray) -> jax.Array:
    """What each month counts of a blind outcome [T]: in a period that the record drives in part its
    months count for all, so that a mean is theirs and a sum is at their rate."""
    inside = jnp.asarray(period[:, None] == np.arange(int(period.max()) + 1), float)  # [T, periods]
    driven = (jnp.asarray(record) > 0).astype(float)
    known, every = driven @ inside, inside.sum(axis=0)
    share = driven * (every / jnp.maximum(known, 1.0))[period]
    return jnp.where(known[period] > 0, share, 1.0).astype(jnp.float32)


def gather(
    emitter: Emitter,
    held: Held,
    now: Mapping[str, jax.Array],
    when: tuple[jax.Array, jax.Array, jax.Array],
) -> tuple[Held, dict[str, jax.Array]]:
    """Add a month to the yearly tables; returns them, and the monthly ones to be stacked.

    when: number of the period, whether the month is its first, and what it counts of what is
    blind. Gathered in the loop: stacked by month first and reduced afterwards, a yearly outcome
    cost twelve times the memory traffic.
    """
    period, first, counts = when
    held, rest = dict(held), dict(now)
    for name, outcomes in tables(emitter).items():
        if name in held:
            total, periods = held[name]
            value = rest.pop(name)
            blind = np.repeat([one.blind for one in outcomes], [one.rows for one in outcomes])
            if blind.any():
                value = value * jnp.where(blind[:, None], counts, jnp.float32(1.0))
            value = jnp.where(_of(outcomes, "last"), value, jnp.where(first, 0.0, total) + value)
            held[name] = (value, periods.at[period].set(value))
    return held, rest


def collect(emitter: Emitter, held: Held, out: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
    """Tables of all months, and of all periods [periods, rows, F] float32."""
    done = dict(out)
    counts = np.bincount(emitter.period)[:, None, None]
    for name, outcomes in tables(emitter).items():
        if name in held:
            value, means = held[name][1], _of(outcomes, "mean")
            value = value / np.where(means, counts, 1) if means.any() else value
            done[name] = value.astype(jnp.float32)
    return done


def parted(emitter: Emitter, found: Mapping[str, Rows]) -> dict[str, Rows]:
    """Outcomes by id [periods, *dims, F], of tables [periods, rows, F]."""
    done = {}
    for name, outcomes in tables(emitter).items():
        value, begin = found[name], 0
        for one in outcomes:
            rows = value[:, begin : begin + one.rows]
            done[one.id] = rows.reshape(len(value), *one.shape, value.shape[-1])
            begin += one.rows
    return {one.id: done[one.id] for one in emitter.outcomes}
