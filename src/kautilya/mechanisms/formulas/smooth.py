r"""Smooth and guarded arithmetic: the same value, but a finite gradient everywhere.

    smooth_min(x, y; tau)  = -tau log(exp(-x/tau) + exp(-y/tau))
    softplus_cap(x, cap)   = x - w log(1 + exp((x - cap)/w)),     w = width * cap

`jnp.where` alone does not guard a gradient: the branch that is not taken is differentiated too,
and 0 * nan is nan. So the argument is made safe first and the result selected afterwards.

All functions are elementwise and broadcast; futures may lie on the last axis. Any unit; `tau`
has the unit of its arguments. They raise nothing: they run inside compiled code.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int

Numbers = Float[Array, "..."]   # any shape, futures last
Truths = Bool[Array, "..."]
Places = Int[Array, "..."]


def smooth_min(x: ArrayLike, y: ArrayLike, tau: ArrayLike) -> Numbers:
    """Return a smooth lower envelope of x and y, at most tau log 2 below the true minimum.

    Shapes broadcast; tau > 0 in the unit of x and y. Source: log-sum-exp identity.
    """
    tau = jnp.asarray(tau)
    return -tau * jnp.logaddexp(-jnp.asarray(x) / tau, -jnp.asarray(y) / tau)


def softplus_cap(x: ArrayLike, cap: ArrayLike, width: ArrayLike) -> Numbers:
    """Return x bent below cap: near x far below it, near cap far above, never above either.

    Shapes broadcast; x and cap in one unit, width > 0 is a share of cap [1]; cap = 0 gives
    min(x, 0). Source: softplus identity, the same curve as `smooth_min` with tau = width * cap.
    """
    scale = jnp.asarray(width * jnp.asarray(cap))
    safe = jnp.where(scale > 0, scale, 1.0)
    bent = x - safe * jax.nn.softplus((x - jnp.asarray(cap)) / safe)
    return jnp.where(scale > 0, bent, jnp.minimum(x, 0.0))


def safe_div(above: ArrayLike, below: ArrayLike, otherwise: ArrayLike = 0.0
             ) -> Numbers:
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
