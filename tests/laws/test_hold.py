"""Stock policy: what is kept back, from when, and for whom."""

from __future__ import annotations

import pytest
from conventions import truth
from laws.hand import SIDES, Hand

from kautilya.mechanisms.hold import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "munition": ("tube_round", "missile")},
            {"tube_round": ("ready",), "missile": ("ready",)})
STOCK = {("AAA", "tube_round", "ready"): 700.0, ("BBB", "missile", "ready"): 90.0}


@truth("closed-form", source="METHODS 2", kills="a policy that begins at once; drawing for holding")
def test_stock_is_held_from_the_month_of_the_policy():
    """A draws down a quarter, B holds all; before and after the month the old value stays."""
    given = {"param": {"draw_down": [0.25, 0.0]}, "var": {"held": [[1.0, 2.0], [3.0, 4.0]]}}
    begins = HAND.step(STOCK, series={"begins": 1.0}, **given)["held"]
    assert begins.ravel().tolist() == pytest.approx([525.0, 0.0, 0.0, 90.0])
    other = HAND.step(STOCK, series={"begins": 0.0}, **given)["held"]
    assert other.ravel().tolist() == [1.0, 2.0, 3.0, 4.0]
