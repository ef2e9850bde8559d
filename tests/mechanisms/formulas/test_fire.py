"""Lack of rounds and salvos against their limits."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from support.conventions import truth

from kautilya.mechanisms.formulas.fire import ammunition_limit, hughes1995

TAU = 0.05


@truth("closed-form", source="log-sum-exp", kills="fire from no rounds")
def test_ammunition_limit():
    """0 at no rounds, r when scarce, 1 - tau log 2 at r = 1, 1 when plenty."""
    assert float(ammunition_limit(0.0, TAU)) == 0.0
    assert float(ammunition_limit(0.3, TAU)) == pytest.approx(0.3, abs=1e-6)
    assert float(ammunition_limit(1.0, TAU)) == pytest.approx(1 - TAU * np.log(2), abs=1e-9)
    assert float(ammunition_limit(5.0, TAU)) == pytest.approx(1.0, abs=1e-9)
    curve = np.asarray(ammunition_limit(np.linspace(0, 3, 200), TAU))
    assert np.all(np.diff(curve) >= 0)
    assert np.all(np.isfinite(jax.vmap(jax.grad(ammunition_limit), (0, None))(
        np.linspace(0, 3, 20), TAU)))


@truth("closed-form", source="hughes1995", kills="defence taken from the attacker's numbers")
def test_salvo():
    """3 ships of 4 shots against 2 of 3 stops and 2 hits each: (12 - 6)/2 = 3, cut to 2."""
    assert float(hughes1995(3.0, 2.0, 4.0, 3.0, 2.0)) == 2.0
    assert float(hughes1995(3.0, 2.0, 4.0, 3.0, 4.0)) == 1.5
    assert float(hughes1995(1.0, 2.0, 4.0, 3.0, 2.0)) == 0.0
    assert float(hughes1995(9.0, 2.0, 4.0, 3.0, 0.0)) == 0.0
    assert np.isfinite(jax.grad(hughes1995, argnums=4)(9.0, 2.0, 4.0, 3.0, 0.0))
