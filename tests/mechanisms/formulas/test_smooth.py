"""Guarded arithmetic: values at the limits, gradients finite where the plain form is not."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from support.conventions import truth

from kautilya.mechanisms.formulas import smooth


@truth("closed-form", source="arithmetic", kills="where() without a safe argument inside")
def test_guards():
    """Value and gradient at the point where the plain form gives nan."""
    cases = [
        (lambda x: smooth.safe_div(1.0, x), 0.0),
        (lambda x: smooth.safe_div(x, x, 7.0), 7.0),
        (smooth.safe_sqrt, 0.0),
        (lambda x: smooth.safe_pow(x, 0.3), 0.0),
        (lambda x: smooth.safe_pow(x, 0.0), 0.0),
    ]
    for function, value in cases:
        assert float(function(0.0)) == value
        assert np.isfinite(jax.grad(function)(0.0))
    assert float(smooth.safe_div(3.0, 2.0)) == 1.5
    assert float(smooth.safe_pow(4.0, 0.5)) == pytest.approx(2.0)
    assert np.isfinite(jax.grad(smooth.safe_pow, argnums=1)(0.0, 0.5))
