"""Stock policy: what is kept back, from when, and for whom."""

from __future__ import annotations

import pytest
from conventions import truth
from laws.hand import SIDES, Hand

from kautilya.mechanisms.hold import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "munition": ("tube_round", "missile")},
            {"tube_round": ("ready",), "missile": ("ready",)})
STOCK = {("AAA", "tube_round", "ready"): 700.0, ("BBB", "missile", "ready"): 90.0}


@truth("closed-form", source="declared policy", kills="a policy that begins at once; "
       "drawing for holding; a month's use held back")
def test_stock_is_held_from_the_month_of_the_policy():
    """A draws down a quarter of what a month's use leaves, B nothing of it; before and after
    the month the old value stays."""
    given = {"param": {"draw_down": [0.25, 0.0]},
             "var": {"held": [[1.0, 2.0], [3.0, 4.0]], "fired": [[100.0, 9.0], [0.0, 10.0]]}}
    begins = HAND.step(STOCK, series={"begins": 1.0}, **given)["held"]
    assert begins.ravel().tolist() == pytest.approx([450.0, 0.0, 0.0, 80.0])
    other = HAND.step(STOCK, series={"begins": 0.0}, **given)["held"]
    assert other.ravel().tolist() == [1.0, 2.0, 3.0, 4.0]
