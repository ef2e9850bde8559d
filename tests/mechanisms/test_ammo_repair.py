"""Refurbished ammunition: poor rounds become usable at a capacity."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand
from support.handmade import exchanged

from kautilya.mechanisms.ammo_repair import LAW

GOODS = ("tube_round", "rocket_round")
HAND = Hand(LAW, {"belligerent": SIDES, "round": GOODS}, dict.fromkeys(GOODS, ("ready", "poor")))


@truth(
    "closed-form",
    source="card: min(capacity, poor stock)",
    kills="no capacity; the capacity of another side or round",
)
def test_poor_rounds_run_out_at_the_capacity():
    """After t months max(poor - t * capacity, 0) are left; the others are ready."""
    capacity, poor = [[30.0, 7.0], [4.0, 0.0]], [[100.0, 20.0], [60.0, 9.0]]
    stock = {
        (side, good, "poor"): poor[i][j]
        for i, side in enumerate(SIDES)
        for j, good in enumerate(GOODS)
    }
    for t, month in enumerate(HAND.months(5, stock, param={"capacity": capacity}), start=1):
        left = np.array([[month[side, good, "poor"] for good in GOODS] for side in SIDES])
        ready = np.array([[month[side, good, "ready"] for good in GOODS] for side in SIDES])
        assert left == pytest.approx(np.maximum(np.array(poor) - t * np.array(capacity), 0))
        assert ready == pytest.approx(np.array(poor) - left)


@truth("invariant", source="best effort", kills="asking for rounds that are not there")
def test_no_more_is_asked_than_is_there():
    """A capacity of 50 and 8 poor rounds: 8 are asked for, nothing is left to ration."""
    stock = {("AAA", "tube_round", "poor"): 8.0, ("AAA", "tube_round", "ready"): 500.0}
    asked = HAND.asked(stock, param={"capacity": [[50.0, 50.0], [50.0, 50.0]]})
    assert asked[("AAA", "tube_round", "poor"), ("AAA", "tube_round", "ready")] == 8.0
    assert sum(asked.values()) == 8.0


@truth("symmetry", source="relabelling", kills="a side that is treated as the first one")
def test_the_sides_may_be_exchanged():
    stock = {("AAA", "tube_round", "poor"): 80.0, ("BBB", "rocket_round", "poor"): 5.0}
    other = {("BBB", "tube_round", "poor"): 80.0, ("AAA", "rocket_round", "poor"): 5.0}
    one = HAND.paid(stock, param={"capacity": [[30.0, 1.0], [2.0, 40.0]]})
    two = HAND.paid(other, param={"capacity": [[2.0, 40.0], [30.0, 1.0]]})
    assert exchanged(one) == pytest.approx(two)
