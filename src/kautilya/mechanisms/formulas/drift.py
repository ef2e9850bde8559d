r"""Drift of an ideal point: mostly little, at times far.

    p_after = r^a p + s sqrt(a) t,   t = z / sqrt(wide)    Student with four degrees of freedom

    a years passed;  r persistence, s innovation [1];  z standard normal;  wide  half a chi-square
    with four degrees of freedom, the sum of two standard exponentials, so that t has variance 1

Source: bailey2017 (scale); the heavy tail is assumed. Numbers or arrays; shapes broadcast.
"""

import jax.numpy as jnp
from jax.typing import ArrayLike


def drifted(
    point: ArrayLike,
    fitted: tuple[ArrayLike, ArrayLike],
    years: ArrayLike,
    z: ArrayLike,
    wide: ArrayLike,
) -> jnp.ndarray:
    """The point after so many years; fitted: persistence and innovation."""
    persistence, innovation = (jnp.asarray(v) for v in fitted)
    years = jnp.asarray(years)
    return persistence**years * point + innovation * jnp.sqrt(years) * z / jnp.sqrt(wide)
