"""Guarded arithmetic: values at the limits, gradients finite where the plain form is not."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth

from kautilya.mechanisms.formulas import smooth

low = jax.jit(smooth.smooth_min)
capped = jax.jit(smooth.softplus_cap)


@truth("closed-form", source="log-sum-exp", kills="the sign of tau")
@settings(max_examples=60, deadline=None)
@given(x=st.floats(-50, 50), y=st.floats(-50, 50), tau=st.floats(0.01, 2))
def test_smooth_min_lies_just_below_the_minimum(x, y, tau):
    value = float(low(x, y, tau))
    assert min(x, y) - tau * np.log(2) - 1e-9 <= value <= min(x, y) + 1e-9
    assert value == pytest.approx(float(low(y, x, tau)), abs=1e-12)


@truth("closed-form", source="softplus identity", kills="a cap that can be passed")
@settings(max_examples=60, deadline=None)
@given(x=st.floats(0, 1e4), cap=st.floats(0.1, 1e3), width=st.floats(0.01, 0.3))
def test_softplus_cap_is_the_smooth_minimum(x, cap, width):
    value = float(capped(x, cap, width))
    assert value <= min(x, cap) * (1 + 1e-12) + 1e-9
    assert value == pytest.approx(float(low(x, cap, width * cap)), abs=1e-9 * max(1, x))


@truth("closed-form", source="arithmetic", kills="where() without a safe argument inside")
def test_guards():
    """Value and gradient at the point where the plain form gives nan."""
    cases = [(lambda x: smooth.safe_div(1.0, x), 0.0), (lambda x: smooth.safe_div(x, x, 7.0), 7.0),
             (smooth.safe_sqrt, 0.0), (lambda x: smooth.safe_pow(x, 0.3), 0.0),
             (lambda x: smooth.safe_pow(x, 0.0), 0.0),
             (lambda x: smooth.softplus_cap(x, x, 0.1), 0.0)]
    for function, value in cases:
        assert float(function(0.0)) == value
        assert np.isfinite(jax.grad(function)(0.0))
    assert float(smooth.safe_div(3.0, 2.0)) == 1.5
    assert float(smooth.safe_pow(4.0, 0.5)) == pytest.approx(2.0)
    assert np.isfinite(jax.grad(smooth.safe_pow, argnums=1)(0.0, 0.5))
