r"""Bargaining: who gets how much of a joint surplus, and in which goods it is paid.

    generalised Nash   max (u_A - d_A)^beta (u_B - d_B)^(1-beta)                  (nash1950)
    transferable       u_A = d_A + beta (S - d_A - d_B),   deal iff S >= d_A + d_B
    CRRA               u_i(x) = x^(1-rho_i);  A gets (1-rho)/(2-rho) if rho_B = d = 0, beta = 1/2
    alternating offers proposer gets (1 - delta_2) / (1 - delta_1 delta_2)        (rubinstein1982)
    limit of short dt  r_2 / (r_1 + r_2)                                          (binmore1986)
    basket             fill goods by value to payee / cost to payer, best first   (dantzig1957)

    S pie or joint surplus, d disagreement [utility]    beta weight of A [1], 0 < beta < 1
    rho risk aversion [1], rho < 1                      delta discount factor, r rate [1/time]

Holds for: two sides who know each other's surplus and can enforce the deal.
Breaks when: a side conceals its surplus (see termination.fearon1995), or more than two bargain.

Numbers or arrays with futures on the last axis; shapes broadcast; nothing is raised.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from kautilya.core.numerics import added
from kautilya.mechanisms.formulas.smooth import Numbers, Truths, safe_div, safe_pow

HALVINGS = 50  # brackets the root to 1e-15 of the pie before the Newton step


class Split(NamedTuple):
    """What A and B end with, and whether they agreed."""

    a: Numbers
    b: Numbers
    deal: Truths


class Bargainer(NamedTuple):
    """Risk aversion rho < 1 [1] and disagreement utility, in units of x^(1-rho), >= 0."""

    rho: ArrayLike = 0.0
    outside: ArrayLike = 0.0


class Basket(NamedTuple):
    """Quantities [goods, futures] and the value [futures] that the caps left unpaid."""

    quantity: Float[Array, "goods ..."]
    unpaid: Numbers


def nash_linear(
    total: ArrayLike, outside_a: ArrayLike, outside_b: ArrayLike, beta: ArrayLike
) -> Split:
    """Return the split of a transferable pie; without a deal each side keeps its outside option.

    total, outside_a, outside_b in one unit of utility, beta [1]. Source: nash1950.
    """
    outside_a, outside_b, beta = map(jnp.asarray, (outside_a, outside_b, beta))
    surplus = jnp.asarray(total) - outside_a - outside_b
    deal = surplus >= 0
    gain = jnp.where(deal, surplus, 0.0)
    return Split(outside_a + beta * gain, outside_b + (1.0 - beta) * gain, deal)


def nash_crra(pie: ArrayLike, a: Bargainer, b: Bargainer, beta: ArrayLike) -> Split:
    """Return the amounts of the pie that A and B get, utilities x^(1-rho); zeros without a deal.

    pie > 0 [amount], 0 < beta < 1. Bisection on the first-order condition, then one Newton step,
    through which gradients pass (implicit function theorem). Source: nash1950.
    """
    pie, beta = jnp.asarray(pie, float), jnp.asarray(beta, float)
    low = safe_pow(a.outside, 1.0 / (1.0 - jnp.asarray(a.rho)))
    high = pie - safe_pow(b.outside, 1.0 / (1.0 - jnp.asarray(b.rho)))
    deal = low <= high
    low, high = jnp.where(deal, low, 0.0), jnp.where(deal, high, pie)

    def slope(x):
        """Return d log(Nash product)/dx times both surpluses: positive below the optimum."""
        rest = pie - x
        gain_a = safe_pow(x, 1.0 - jnp.asarray(a.rho)) - a.outside * deal
        gain_b = safe_pow(rest, 1.0 - jnp.asarray(b.rho)) - b.outside * deal
        return (
            beta * (1.0 - jnp.asarray(a.rho)) * safe_pow(x, -jnp.asarray(a.rho)) * gain_b
            - (1.0 - beta)
            * (1.0 - jnp.asarray(b.rho))
            * safe_pow(rest, -jnp.asarray(b.rho))
            * gain_a
        )

    x = _falling_root(slope, low, high)
    return Split(jnp.where(deal, x, 0.0), jnp.where(deal, pie - x, 0.0), deal)


def _falling_root(function, low, high):
    """Return where a falling function crosses zero between low and high, with gradient."""
    shape = jnp.broadcast_shapes(jnp.shape(low), jnp.shape(high), jnp.shape(function(high)))

    def halve(_, ends):
        middle = (ends[0] + ends[1]) / 2
        left = function(middle) > 0
        return jnp.where(left, middle, ends[0]), jnp.where(left, ends[1], middle)

    ends = tuple(jnp.broadcast_to(v, shape) for v in (low, high))
    ends = jax.lax.stop_gradient(jax.lax.fori_loop(0, HALVINGS, halve, ends))
    x = (ends[0] + ends[1]) / 2
    _, tangent = jax.jvp(function, (x,), (jnp.ones_like(x),))
    step = safe_div(function(x), jax.lax.stop_gradient(tangent))
    return jnp.clip(x - jnp.where(jnp.isfinite(step), step, 0.0), low, high)


def rubinstein1982(delta1: ArrayLike, delta2: ArrayLike) -> Numbers:
    """Return the share [1] of the proposer 1 in alternating offers over a pie of 1.

    Discount factors in [0, 1]; 1/2 where both are 1 (the limit of equal factors). Source:
    rubinstein1982.
    """
    delta1, delta2 = jnp.asarray(delta1), jnp.asarray(delta2)
    return safe_div(1.0 - delta2, 1.0 - delta1 * delta2, 0.5)


def rubinstein_interval(rate1: ArrayLike, rate2: ArrayLike, dt: ArrayLike) -> Numbers:
    """Return the proposer's share [1] with delta_i = exp(-r_i dt), accurate for small dt.

    Rates >= 0 per time, dt > 0. Source: rubinstein1982.
    """
    rate1, rate2 = jnp.asarray(rate1), jnp.asarray(rate2)
    return safe_div(jnp.expm1(-rate2 * dt), jnp.expm1(-(rate1 + rate2) * dt), 0.5)


def binmore1986(rate1: ArrayLike, rate2: ArrayLike) -> Numbers:
    """Return the share [1] of 1 as the interval between offers goes to zero, r2 / (r1 + r2).

    Rates >= 0 per time. It is the Nash weight beta of 1. Source: binmore1986.
    """
    return safe_div(jnp.asarray(rate2), rate1 + jnp.asarray(rate2), 0.5)


def basket(
    values: Float[Array, "goods ..."],
    costs: Float[Array, "goods ..."],
    caps: Float[Array, "goods ..."],
    amount: ArrayLike,
) -> Basket:
    """Return the payment worth `amount` to the payee that costs the payer least.

    values (to the payee) and costs (to the payer) per unit, caps >= 0 in units, all [goods, ...];
    amount [...] in the unit of value. Goods are filled by cost per value, cheapest first, each to
    its cap and the last in part, so that sum(values * quantity) + unpaid = amount (0 where amount
    is negative). As the value paid is fixed, the least cost is the greatest joint surplus. Goods
    of no value to the payee are not used. Of equal goods the earlier row goes first. Whether
    paying at all is worth it is the caller's question. Source: dantzig1957, fractional knapsack.
    """
    useful = values > 0
    rank = jnp.where(useful, safe_div(costs, values), jnp.inf)
    worth = jnp.where(useful, values * caps, 0.0)
    number = jnp.arange(len(rank)).reshape(-1, *(1,) * (rank.ndim - 1))
    # pair by pair instead of a sort: few kinds of goods, and no slow sort in the month loop
    before = sum(
        jnp.where((rank[k] < rank) | ((rank[k] == rank) & (k < number)), worth[k], 0.0)
        for k in range(len(rank))
    )
    paid = jnp.clip(amount - before, 0.0, worth)
    quantity = jnp.minimum(safe_div(paid, jnp.where(useful, values, 1.0)), caps)
    return Basket(quantity, jnp.maximum(amount - added(paid, 0), 0.0))
