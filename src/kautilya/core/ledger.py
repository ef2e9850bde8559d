r"""Settlement: pay what is asked, or the same share of everything asked of an account.

    out_a   = sum of asks on routes whose source is a
    share_a = min(1, stock_a / out_a)                for accounts that cannot run below zero
    paid_r  = ask_r * min(share of the sources of those legs of the deal of r that ask anything)

Proportional rationing on the stock at the start of the month; what arrives this month can
be spent next month. A deal's legs are paid at their common smallest share, so that arms are
not shipped unpaid because one account ran short; a leg that asks nothing binds nobody.
Holds for: amounts >= 0. Conserves each good to rounding; checked each month.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

FEW = 64  # accounts


class Plan(NamedTuple):
    """All routes of a model and the accounts they join; built once."""

    source: np.ndarray  # int[R]
    sink: np.ndarray  # int[R]
    group: np.ndarray  # int[C], deal number of each coupled route
    coupled: np.ndarray  # int[C], the coupled routes
    limited: np.ndarray  # bool[rows]
    family: np.ndarray  # int[rows], number of the good
    rows: int
    families: int


def settle(plan: Plan, stock: jax.Array, ask: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Settle asks [R, F] on stocks [rows, F]; returns the new stocks and what was paid."""
    ask = jnp.maximum(ask, 0.0)
    zero = jnp.zeros_like(stock)
    out = zero.at[plan.source].add(ask)
    short = plan.limited[:, None] & (out > stock)
    share = jnp.where(short, stock / jnp.where(short, out, 1.0), 1.0)
    rate = share[plan.source]
    if plan.coupled.size:
        deals = int(plan.group.max()) + 1
        legs = jnp.where(ask[plan.coupled] > 0, rate[plan.coupled], 1.0)
        least = jax.ops.segment_min(legs, plan.group, num_segments=deals)
        rate = rate.at[plan.coupled].set(least[plan.group])
    paid = ask * rate
    after = stock.at[plan.source].subtract(paid).at[plan.sink].add(paid)
    return jnp.where(plan.limited[:, None] & (after < 0), jnp.maximum(after, 0.0), after), paid


def totals(plan: Plan, stock: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Sum of each good over all accounts, and the sum of absolute values [families, F]."""
    if plan.rows <= FEW:  # written out, a small model is a quarter faster
        of = [np.flatnonzero(plan.family == k) for k in range(plan.families)]
        return _summed(of, stock), _summed(of, jnp.abs(stock))
    zero = jnp.zeros((plan.families, stock.shape[1]))
    return zero.at[plan.family].add(stock), zero.at[plan.family].add(jnp.abs(stock))


def _summed(of: list[np.ndarray], stock: jax.Array) -> jax.Array:
    """Sums of the accounts of each good, one addition after the other."""
    return jnp.stack([_sum(stock, rows) for rows in of])


def _sum(stock: jax.Array, rows: np.ndarray) -> jax.Array:
    total = stock[rows[0]]
    for i in rows[1:]:
        total = total + stock[i]
    return total


def residual(plan: Plan, stock: jax.Array, opening: jax.Array) -> jax.Array:
    """Largest relative deviation of a good's total from its opening total [F]."""
    total, size = totals(plan, stock)
    return jnp.max(jnp.abs(total - opening) / jnp.maximum(size, 1.0), axis=0)
