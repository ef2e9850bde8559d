r"""Voting under vetoes: whether a draft passes, how likely that is, and how often a vote decides.

    passes  iff  at least q members vote yes and no permanent member votes no
    P(pass) = prod_p (1 - n_p) * P(K >= q),   K = sum of independent votes with chance
              y_p / (1 - n_p) for permanent members, y_i for elected ones

    y, n   chance of a yes, of a no [1];   an abstention is no veto

Given that no permanent member votes no, votes stay independent, so the number of yes is
Poisson-binomial; its distribution is built up member by member.

Power: a motion passes iff all p permanent members and at least q of the m members agree (that an
abstention is no veto does not change who is decisive). With e = m - p elected members:

    Shapley-Shubik, elected    C(e-1, q-1-p) (q-1)! (m-q)! / m!      permanent (1 - e S_e) / p
    swings, elected            C(e-1, q-1-p)
    swings, permanent          sum over k >= q-p of C(e, k)          = winning coalitions

    m, p, q   members, permanent members, votes needed   [persons]

Source: shapley1954 for the rule of the council and the power of its members, banzhaf1965; the sum
of unequal trials is elementary.
Holds for: votes independent given their chances; every order of joining (Shapley-Shubik) or every
coalition (Banzhaf) alike likely. Breaks when: members vote in blocs or by interest.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial
from typing import NamedTuple

import jax
import jax.numpy as jnp


def passes(yes: jax.Array, no: jax.Array, permanent: int, quota: jax.Array) -> jax.Array:
    """Whether a draft passes [..., F]; votes bool[..., member, F], permanent members first."""
    return (yes.sum(axis=-2) >= quota) & ~no[..., :permanent, :].any(axis=-2)


def chance(yes: jax.Array, no: jax.Array, permanent: int, quota: jax.Array) -> jax.Array:
    """Chance that a draft passes [..., F]; chances [..., member, F], permanent members first."""
    calm = 1.0 - no[..., :permanent, :]
    given = jnp.concatenate(
        [yes[..., :permanent, :] / jnp.maximum(calm, 1e-300), yes[..., permanent:, :]], axis=-2
    )
    votes = jnp.moveaxis(given, -2, 0)
    count = [jnp.ones_like(votes[0])]  # a list, not an array: one kernel instead of a loop
    for vote in votes:
        stay, more = [one * (1.0 - vote) for one in count], [one * vote for one in count]
        count = [stay[0], *(a + b for a, b in zip(stay[1:], more[:-1], strict=True)), more[-1]]
    enough = sum(jnp.where(number >= quota, one, 0.0) for number, one in enumerate(count))
    return calm.prod(axis=-2) * enough


class Swings(NamedTuple):
    """Coalitions in which one permanent / one elected member decides; winning; all. [1]"""

    permanent: int
    elected: int
    winning: int
    coalitions: int


def _joined(members: int, permanent: int, quota: int) -> int:
    """Ways in which the others stand one elected vote short, all permanent ones agreed."""
    short = quota - 1 - permanent
    return comb(members - permanent - 1, short) if short >= 0 and members > permanent else 0


def shapley(members: int, permanent: int, quota: int) -> tuple[Fraction, Fraction]:
    """Exact index of one permanent and of one elected member; 0 where there is none."""
    orders = factorial(quota - 1) * factorial(members - quota)
    elected = Fraction(_joined(members, permanent, quota) * orders, factorial(members))
    rest = 1 - (members - permanent) * elected
    return (rest / permanent if permanent else Fraction(0)), elected


def swings(members: int, permanent: int, quota: int) -> Swings:
    """Count decisive positions; without permanent members theirs is 0."""
    others = members - permanent
    winning = sum(comb(others, k) for k in range(max(quota - permanent, 0), others + 1))
    return Swings(
        winning if permanent else 0, _joined(members, permanent, quota), winning, 2**members
    )
