"""Stock policy: what is kept back, from when, and for whom."""

from __future__ import annotations

import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.hold import LAW

HAND = Hand(
    LAW,
    {"belligerent": SIDES, "munition": ("tube_round", "missile")},
    {"tube_round": ("ready",), "missile": ("ready",)},
)
STOCK = {("AAA", "tube_round", "ready"): 700.0, ("BBB", "missile", "ready"): 90.0}


@truth(
    "closed-form",
    source="declared policy",
    kills="a policy that begins at once; drawing for holding; a month's use held back",
)
def test_stock_is_held_from_the_month_of_the_policy():
    """A draws down a quarter of what a month's use leaves, B nothing of it; before and after
    the month the old value stays."""
    given = {
        "param": {"draw_down": [0.25, 0.0]},
        "var": {"held": [[1.0, 2.0], [3.0, 4.0]], "fired": [[100.0, 9.0], [0.0, 10.0]]},
    }
    begins = HAND.step(STOCK, series={"begins": 1.0}, **given)["held"]
    assert begins.ravel().tolist() == pytest.approx([450.0, 0.0, 0.0, 80.0])
    other = HAND.step(STOCK, series={"begins": 0.0}, **given)["held"]
    assert other.ravel().tolist() == [1.0, 2.0, 3.0, 4.0]


@truth(
    "closed-form",
    source="the two polar policies",
    kills="a policy by munition, not side; "
    "a stock below a month's use that counts as held below zero",
)
def test_each_side_has_its_own_policy():
    """A draws down and holds nothing, B holds all but a month's use; 30 less 50 is nothing."""
    stock = {(side, good, "ready"): 30.0 for side in SIDES for good in ("tube_round", "missile")}
    held = HAND.step(
        stock,
        series={"begins": 1.0},
        param={"draw_down": [1.0, 0.0]},
        var={"held": [[0.0] * 2] * 2, "fired": [[10.0, 50.0]] * 2},
    )["held"]
    assert held.ravel().tolist() == pytest.approx([0.0, 0.0, 20.0, 0.0])
