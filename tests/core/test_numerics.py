"""Arithmetic written out: the logarithm and the normal distribution against other programs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special
from support.conventions import truth

import kautilya.core  # noqa: F401
from kautilya.core.numerics import added, largest, log, ndtr, ndtri, ordered


@truth("other-program", source="numpy.log", kills="a wrong digit of a factor, a wrong power of 2")
def test_logarithm():
    """Within two units in the last place from 1e-300 to 1e300, and close to 1."""
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            10.0 ** rng.uniform(-300, 300, 100_000),
            rng.uniform(0.5, 2.0, 100_000),
            1.0 + np.ldexp(1.0, -np.arange(1, 53)),
            2.0 ** np.arange(-99.0, 99.0),
        ]
    )
    np.testing.assert_array_max_ulp(np.asarray(log(jnp.asarray(x))), np.log(x), 2)


@truth("closed-form", source="IEEE 754", kills="a number made out of none")
def test_special_cases_of_the_logarithm():
    found = np.asarray(log(jnp.array([0.0, -0.0, -1.0, jnp.nan, jnp.inf, 1.0])))
    np.testing.assert_array_equal(found, [-np.inf, -np.inf, np.nan, np.nan, np.inf, 0.0])


@truth("other-program", source="scipy.special.ndtr", kills="a wrong digit, pieces that do not meet")
def test_normal_distribution():
    """To 1e-14 of its value from -36 to 9; the ends, and what is no number."""
    x = np.concatenate(
        [
            np.linspace(-36, 9, 200_001),
            np.nextafter(0.46875 * 2**0.5, [0, 1]),
            -np.nextafter(4 * 2**0.5, [0, 9]),
        ]
    )
    np.testing.assert_allclose(np.asarray(ndtr(jnp.asarray(x))), special.ndtr(x), rtol=1e-14)
    ends = np.asarray(ndtr(jnp.array([-jnp.inf, 0.0, jnp.inf, jnp.nan])))
    np.testing.assert_array_equal(ends, [0.0, 0.5, 1.0, np.nan])


@truth(
    "other-program", source="scipy.special.ndtri", kills="a wrong digit, pieces that do not meet"
)
def test_inverse_of_the_normal_distribution():
    """To 1e-14 of its value from 2^-53 to 1 - 2^-53, and where Wichura's pieces meet."""
    ends = 2.0 ** -np.arange(1.0, 54.0)
    meet = np.nextafter([0.075, 0.925, np.exp(-25.0)], 1.0)
    u = np.concatenate(
        [ends, 1.0 - ends, meet, [0.075, 0.925], np.linspace(1e-6, 1 - 1e-6, 99_999)]
    )
    found = np.asarray(ndtri(jnp.asarray(u)))
    np.testing.assert_allclose(found, special.ndtri(u), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("x", [0.3, 1.0, 7.5])
@truth("closed-form", source="d log x = dx / x, d Phi = phi dx", kills="a slope lost in the bits")
def test_slopes(x: float):
    assert float(jax.grad(log)(x)) == pytest.approx(1 / x, rel=1e-15)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    assert float(jax.grad(ndtr)(x)) == pytest.approx(density, rel=1e-14)


@truth("closed-form", source="counted by hand", kills="a row left out, or another axis")
def test_short_sums():
    x = jnp.arange(24.0).reshape(2, 3, 4)
    for axis in range(3):
        np.testing.assert_array_equal(np.asarray(added(x, axis)), np.asarray(x).sum(axis=axis))
        np.testing.assert_array_equal(np.asarray(largest(x, axis)), np.asarray(x).max(axis=axis))


@truth(
    "other-program",
    source="numpy.sort",
    kills="a round too few; the last of an odd number left out",
)
def test_rows_in_order():
    for rows in (1, 2, 5, 6, 25):
        x = np.random.default_rng(rows).normal(size=(2, rows, 3))
        x[0, :, 0] = -np.arange(rows)  # the worst case: all the wrong way round
        np.testing.assert_array_equal(np.asarray(ordered(jnp.asarray(x), 1)), np.sort(x, axis=1))
