r"""Guarded arithmetic: the same value, but a finite gradient everywhere.

`jnp.where` alone does not guard a gradient: the branch that is not taken is differentiated too,
and 0 * nan is nan. So the argument is made safe first and the result selected afterwards.

All functions are elementwise and broadcast; futures may lie on the last axis. Any unit.
They raise nothing: they run inside compiled code.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float

Numbers = Float[Array, "..."]  # any shape, futures last
Truths = Bool[Array, "..."]


def safe_div(above: ArrayLike, below: ArrayLike, otherwise: ArrayLike = 0.0) -> Numbers:
    """Return above / below, or `otherwise` where below is zero, with a finite gradient there.

    Shapes broadcast; any unit. Source: arithmetic.
    """
    below = jnp.asarray(below)
    zero = below == 0
    return jnp.where(zero, otherwise, above / jnp.where(zero, 1.0, below))


def safe_sqrt(x: ArrayLike) -> Numbers:
    """Return the root of x, or zero (with gradient zero) where x is not positive.

    Any shape and unit. Source: arithmetic.
    """
    x = jnp.asarray(x)
    return jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)


def safe_pow(base: ArrayLike, exponent: ArrayLike) -> Numbers:
    """Return base ** exponent, or zero where base is not positive, with finite gradients.

    Shapes broadcast; base in any unit, exponent [1]. Zero to the power zero is zero here: a
    side with nothing left takes no part. Source: arithmetic.
    """
    base = jnp.asarray(base)
    live = base > 0
    return jnp.where(live, jnp.power(jnp.where(live, base, 1.0), exponent), 0.0)
