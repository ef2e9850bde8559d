"""Hunger: the smoothed share of the need that is not met."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth
from support.hand import Hand
from support.handmade import carried

from kautilya.mechanisms import food
from kautilya.mechanisms.hunger import LAW

STATES = ("PRK", "KOR", "CHN")
HAND = Hand(LAW, {"supplier": STATES}, {"food": ("ready",)})


@truth(
    "closed-form",
    source="exponential smoothing",
    kills="a gap that is not smoothed, starts at 0 or divides by a need of 0",
)
def test_the_gap_closes_in_on_what_is_lacking():
    """gap_t = lacking + (gap_0 - lacking) (1 - 1/4)^t; 0.2, 0 and (no need) 0 are lacking."""
    start, lacking = np.array([0.1, 0.5, 0.8]), np.array([0.2, 0.0, 0.0])
    need, eaten = np.array([100.0, 40.0, 0.0]), np.array([80.0, 40.0, 0.0])
    gaps = carried(
        HAND,
        "food_gap",
        start,
        12,
        param={"smoothing": 4.0},
        var={"food_need": need},
        paid={"food": {"harvested": [7.0, 8.0, 9.0], "imported": [1.0, 2.0, 3.0], "eaten": eaten}},
    )
    left = 0.75 ** np.arange(1, 13)[:, None]
    assert gaps == pytest.approx(lacking + (start - lacking) * left)


@truth(
    "invariant",
    source="bookkeeping: labels of the settled routes",
    kills="the harvest or the imports taken for what is eaten",
)
def test_eaten_is_what_leaves_for_good():
    """Only the routes of law `food` that end in scrap count; all else is set to the need."""
    routes = food.build(HAND.world).routes
    rows = HAND.world.rows
    paid = {
        name: [0.0 if rows[sink].holder == "scrap" else 50.0 for sink in one.sink]
        for name, one in routes.items()
    }
    out = HAND.step(
        param={"smoothing": 1.0},
        paid={"food": paid},
        var={"food_need": [50.0] * 3, "food_gap": [0.3] * 3},
    )
    assert out["food_gap"] == pytest.approx([1.0] * 3)
    assert out["food_need"] == pytest.approx([50.0] * 3)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.floats(0, 1), st.floats(0, 1), st.just(0.0) | st.floats(1, 1e4), st.floats(1, 24))
@truth("invariant", source="a share", kills="smoothing that multiplies; a gap of the wrong sign")
def test_the_gap_stays_between_what_it_was_and_what_is_lacking(gap, share, need, smoothing):
    out = HAND.step(
        param={"smoothing": smoothing},
        paid={"food": {"eaten": [share * need] * 3}},
        var={"food_need": [need] * 3, "food_gap": [gap] * 3},
    )["food_gap"]
    lacking = 1 - share if need else 0.0
    low, high = sorted((gap, lacking))
    assert np.all(low - 1e-9 <= out) and np.all(out <= high + 1e-9)
