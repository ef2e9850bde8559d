"""Chebyshev tables: exact on polynomials, close on losses from being cut off."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from support.conventions import truth

import kautilya.core  # noqa: F401
from kautilya.mechanisms.formulas.chebyshev import nodes, weights

POINTS = nodes(2.0, 10.0, 15)


@truth("closed-form", source="trefethen2013", kills="weights of the points of the second kind")
def test_polynomials_below_the_number_of_points_are_exact():
    at = jnp.linspace(2.0, 10.0, 41)
    seen = weights(at, POINTS).T @ (POINTS**7 - 3 * POINTS**2)
    assert seen == pytest.approx(np.asarray(at**7 - 3 * at**2), rel=1e-11)
    assert weights(at, POINTS).sum(axis=0) == pytest.approx(1.0, abs=1e-13)


@truth("closed-form", source="arkolakis2012: 1 - own share^(1/theta)", kills="too few points")
def test_a_loss_is_read_to_a_millionth():
    at = jnp.linspace(3.0, 8.0, 101)
    seen = weights(at, POINTS).T @ (1 - 0.6 ** (1 / POINTS))
    assert seen == pytest.approx(np.asarray(1 - 0.6 ** (1 / at)), rel=1e-6)


@truth("closed-form", source="card", kills="an angle that is no number outside of the interval")
def test_outside_the_interval_the_nearest_end_is_read():
    ends = weights(jnp.array([2.0, 10.0]), POINTS)
    assert weights(jnp.array([-4.0, 99.0]), POINTS) == pytest.approx(np.asarray(ends))
