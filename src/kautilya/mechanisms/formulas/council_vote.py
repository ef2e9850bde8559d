r"""Council vote: whether a draft passes under vetoes, and how likely that is.

    passes  iff  at least q members vote yes and no permanent member votes no
    P(pass) = prod_p (1 - n_p) * P(K >= q),   K = sum of independent votes with chance
              y_p / (1 - n_p) for permanent members, y_i for elected ones

    y, n   chance of a yes, of a no [1];   q   votes needed;   an abstention is no veto

Given that no permanent member votes no, votes stay independent, so the number of yes is
Poisson-binomial; its distribution is built up member by member.
Source: shapley1954 for the rule of the council; the sum of unequal trials is elementary.
Holds for: votes independent given their chances. Breaks when: members vote in blocs.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def passes(yes: jax.Array, no: jax.Array, permanent: int, quota: jax.Array) -> jax.Array:
    """Whether a draft passes [..., F]; votes bool[..., member, F], permanent members first."""
    return (yes.sum(axis=-2) >= quota) & ~no[..., :permanent, :].any(axis=-2)


def chance(yes: jax.Array, no: jax.Array, permanent: int, quota: jax.Array) -> jax.Array:
    """Chance that a draft passes [..., F]; chances [..., member, F], permanent members first."""
    calm = 1.0 - no[..., :permanent, :]
    given = jnp.concatenate([yes[..., :permanent, :] / jnp.maximum(calm, 1e-300),
                             yes[..., permanent:, :]], axis=-2)
    votes = jnp.moveaxis(given, -2, 0)
    count = [jnp.ones_like(votes[0])]  # a list, not an array: one kernel instead of a loop
    for vote in votes:
        stay, more = [one * (1.0 - vote) for one in count], [one * vote for one in count]
        count = [stay[0], *(a + b for a, b in zip(stay[1:], more[:-1], strict=True)), more[-1]]
    enough = sum(jnp.where(number >= quota, one, 0.0) for number, one in enumerate(count))
    return calm.prod(axis=-2) * enough
