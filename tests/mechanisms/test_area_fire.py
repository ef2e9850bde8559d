"""Area fire: the linear law and its invariant."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.area_fire import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "force": ("men",)}, {"men": ("ready",)})


@truth("closed-form", source="lanchester1916", kills="the square law under another name")
def test_the_line_stays():
    """b x - a y is the same after a step, who joins counted from its beginning."""
    rates, joined = np.array([[3e-4], [2e-4]]), np.array([[100.0], [0.0]])
    stock = {(side, "men", "ready"): n for side, n in zip(SIDES, (900.0, 800.0), strict=True)}
    out = HAND.step(stock=stock, var={"joined": joined}, param={"exposure": rates})
    lost = np.asarray(out["casualties"])[:, 0]
    x, y = 1000.0 - lost[0], 800.0 - lost[1]
    assert 2e-4 * x - 3e-4 * y == pytest.approx(2e-4 * 1000.0 - 3e-4 * 800.0, rel=1e-12)
    assert 0 < x < 1000.0 and 0 < y < 800.0
