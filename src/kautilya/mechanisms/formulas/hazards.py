r"""How wars end: demands, concessions, hazards, and how long wars last.

    demand       x* = p + (cbar - c_A)/2,   P(war) = (1 - c_A/cbar)/2,            (fearon1995)
                 c_B ~ U[0, cbar]
    attrition    hazard of concession of i = c_j / V_j                            (hendricks1988)
    risks        P_k = r_k / R (1 - exp(-R dt)),  R = sum r_k                     (allison1982)
    length       lognormal with median m and mean v:  sigma = sqrt(2 ln(v/m))

    p   A's chance to win [1]       c   cost of war as a share of the prize [1]
    V   value of the prize, c_j cost per time in the same unit

Holds for: two sides, one prize that can be divided; hazards constant within a step.
Breaks when: episodes are defined otherwise. The two base rates of war length in use disagree for
that reason, so `mixture_cdf` keeps both.

Numbers or arrays with futures on the last axis; shapes broadcast; nothing is raised.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.special import ndtr
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from kautilya.mechanisms.formulas.smooth import Numbers, safe_div, safe_sqrt


class Lognormal(NamedTuple):
    """Length of wars: mu = log of the median [log days], sigma [1]."""

    mu: ArrayLike
    sigma: ArrayLike


def fearon1995_demand(p: ArrayLike, cost_a: ArrayLike, cbar: ArrayLike) -> tuple[Numbers, Numbers]:
    """Return A's best demand x* and P(war) when B's cost is private, uniform on [0, cbar].

    cbar > 0. Corners: A never asks for less than p (all accept that) nor for more than 1.
    Source: fearon1995.
    """
    p, cbar = jnp.asarray(p), jnp.asarray(cbar)
    over = jnp.clip((cbar - cost_a) / 2, 0.0, 1.0 - p)
    return p + over, jnp.minimum(over / cbar, 1.0)


def war_of_attrition(
    costs: tuple[ArrayLike, ArrayLike], values: tuple[ArrayLike, ArrayLike]
) -> tuple[Numbers, Numbers]:
    """Return the hazards of concession of A and B [1/time] in the mixed equilibrium.

    costs (c_A, c_B) per time and values (V_A, V_B) > 0 in one unit. Each concedes at the rate
    that leaves the *other* indifferent. Mean length is 1 / (sum). Source: hendricks1988.
    """
    return jnp.asarray(costs[1]) / values[1], jnp.asarray(costs[0]) / values[0]


def competing_risks(
    rates: Float[Array, "causes ..."], dt: ArrayLike = 1.0
) -> Float[Array, "outcomes ..."]:
    """Return the probabilities [causes + 1, ...] of each cause within dt, survival last.

    rates [causes, ...] >= 0 per time. Survival is one
    minus the sum of the causes, so the outcomes sum to one to the last digit. Source:
    allison1982.
    """
    total = jnp.sum(rates, axis=0)
    ended = -jnp.expm1(-total * dt)
    causes = safe_div(rates, total) * ended
    survival = jnp.maximum(1.0 - jnp.sum(causes, axis=0, keepdims=True), 0.0)
    return jnp.concatenate([causes, survival])


def lognormal_median_mean(median: ArrayLike, mean: ArrayLike) -> Lognormal:
    """Return the lognormal with this median and mean [days], mean >= median > 0.

    Source: closed form, sigma = sqrt(2 ln(mean / median)).
    """
    median = jnp.asarray(median, float)
    return Lognormal(jnp.log(median), safe_sqrt(2.0 * jnp.log(mean / median)))


def lognormal_cdf(days: ArrayLike, law: Lognormal) -> Numbers:
    """Return P(length < days) [1]; days > 0. Source: closed form."""
    return ndtr((jnp.log(jnp.asarray(days, float)) - law.mu) / law.sigma)


def mixture_cdf(days: ArrayLike, weight: ArrayLike, first: Lognormal, second: Lognormal) -> Numbers:
    """Return P(length < days) [1] when `first` is right with probability `weight` [1].

    days > 0; shapes broadcast. Source: law of total probability.
    """
    weight = jnp.asarray(weight)
    return weight * lognormal_cdf(days, first) + (1.0 - weight) * lognormal_cdf(days, second)


def interval_hazard(survived: ArrayLike, survive: ArrayLike) -> Numbers:
    """Return the probability to end between two dates, from the survivor shares [1] at both.

    survived = P(length > start), survive = P(length > end) <= survived; 0 where nothing survived.
    Source: definition of a discrete hazard.
    """
    return safe_div(survived - jnp.asarray(survive), survived)
