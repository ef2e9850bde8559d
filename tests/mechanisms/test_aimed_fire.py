"""Aimed fire: the square law, its invariant, and the battle that Engel worked out."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.aimed_fire import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "force": ("men",)}, {"men": ("ready",)})


def fall(have: tuple[float, float], rates: tuple[float, float], joined: tuple[float, float]):
    """Casualties of both sides in a step."""
    stock = {(side, "men", "ready"): n for side, n in zip(SIDES, have, strict=True)}
    out = HAND.step(
        stock=stock,
        var={"joined": np.reshape(joined, (2, 1))},
        param={"exposure": np.reshape(rates, (2, 1))},
    )
    return np.asarray(out["casualties"])[:, 0]


@truth("closed-form", source="lanchester1916", kills="a step that is only nearly the square law")
def test_the_square_stays():
    """b x^2 - a y^2 is the same after a long step; a side without enemies loses nobody."""
    lost = fall((1000.0, 800.0), (0.3, 0.2), (0.0, 0.0))
    x, y = 1000.0 - lost[0], 800.0 - lost[1]
    assert 0.2 * x**2 - 0.3 * y**2 == pytest.approx(0.2 * 1000.0**2 - 0.3 * 800.0**2, rel=1e-12)
    left = 1000.0 - fall((1000.0, 100.0), (0.9, 0.9), (0.0, 0.0))[0]
    assert left == pytest.approx((1000.0**2 - 100.0**2) ** 0.5, rel=1e-12)
    assert fall((1000.0, 0.0), (0.3, 0.2), (0.0, 0.0)) == pytest.approx([0.0, 0.0])


@truth("invariant", source="card", kills="a side that falls below zero, or loses men it never had")
def test_nobody_falls_twice():
    lost = fall((10.0, 5000.0), (0.9, 0.9), (50.0, 0.0))
    assert lost[0] == pytest.approx(60.0)
    assert 0 <= lost[1] <= 5000.0
