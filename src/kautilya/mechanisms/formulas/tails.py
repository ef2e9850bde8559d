r"""Luck with heavy tails, counts and money from the scale on which they move.

    t = sign(n) sqrt(f (exp((n (8f + 3) / (8f + 1))^2 / f) - 1)),  at most CUT        (wallace1959)
    count = [m + sqrt(m) n + (n^2 - 1) / 6],  m = exp(z) - 1/4, rounded, not below 0
    money = m max(0, 1 + p z)^(1/p)                                                  (box1964)

    n  standard normal   f  degrees of freedom   z  log of a count + 1/2, or a bent share of m

The count is a Poisson one by its first three moments (Cornish and Fisher): one normal draw, and
monotone in it, so that paired futures stay paired. t is right to 2 % up to one in a hundred;
the mean of a count to 0.05.
A quarter is what log(y + 1/2) adds to a count on average. Holds for: f of 3 or more.
Breaks when: far tails decide; they are cut.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax.typing import ArrayLike

from kautilya.core.numerics import log
from kautilya.mechanisms.formulas.smooth import Numbers

CUT = 6.0  # exp of Student's t has no mean
QUARTER = 0.25
TOP = 40.0  # log beyond which a count is cut, so that it stays finite
SKEW = 6.0
LITTLE = 1e-3  # least share whose logarithm is taken


def student(normal: ArrayLike, freedom: ArrayLike) -> Numbers:
    """Student's t of a standard normal; any shapes that broadcast, pure numbers.

    Source: wallace1959. Raises nothing: it runs inside compiled code.

    >>> round(float(student(1.2816, 4.0)), 2)
    1.53
    """
    n, f = jnp.asarray(normal), jnp.asarray(freedom)
    square = (n * (8.0 * f + 3.0) / (8.0 * f + 1.0)) ** 2 / f
    return jnp.sign(n) * jnp.minimum(jnp.sqrt(f * jnp.expm1(jnp.minimum(square, TOP))), CUT)


def counted(z: ArrayLike, normal: ArrayLike) -> Numbers:
    """A whole count whose log (plus a half) moves around z; any shapes that broadcast.

    Source: Cornish and Fisher's first correction. Raises nothing: it runs inside compiled code.

    >>> int(counted(jnp.log(100.25), 1.0))
    110
    """
    mean = jnp.maximum(jnp.exp(jnp.minimum(jnp.asarray(z), TOP)) - QUARTER, 0.0)
    n = jnp.asarray(normal)
    count = mean + jnp.sqrt(mean) * n + (n**2 - 1.0) / SKEW
    return jnp.where(mean > 0, jnp.floor(jnp.maximum(count, 0.0) + 0.5), 0.0)


def unbent(z: ArrayLike, power: ArrayLike, mean: ArrayLike) -> Numbers:
    """Money whose bent share of `mean` is z, in the unit of `mean`; power above 0; shapes broadcast.

    Source: box1964. Raises nothing: it runs inside compiled code.

    >>> round(float(unbent(0.0, 0.4, 300.0)), 6)
    300.0
    """
    p = jnp.asarray(power)
    share = 1.0 + p * jnp.asarray(z)
    paid = mean * jnp.exp(log(jnp.maximum(share, 1e-12)) / p)
    return jnp.where(share > 0, paid, 0.0)


def logged(z: ArrayLike, power: ArrayLike) -> Numbers:
    """Logarithm of the share whose bent value is z, at least that of a thousandth; power above 0;
    shapes broadcast.

    Source: box1964. Raises nothing: it runs inside compiled code.

    >>> round(float(logged(0.5, 0.4)), 6)
    0.455804
    """
    p = jnp.asarray(power)
    return log(jnp.maximum(1.0 + p * jnp.asarray(z), LITTLE)) / p
