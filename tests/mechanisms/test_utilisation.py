"""Utilisation: a first-order ramp to full use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth
from support.hand import SIDES, Hand
from support.handmade import carried

from kautilya.mechanisms.utilisation import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "made": ("tank", "tube_round")})
START = np.array([[0.4, 1.0], [0.0, 0.7]])


@truth(
    "closed-form",
    source="sterman2000: first-order adjustment",
    kills="the delay of the other side; a ramp beyond full use",
)
def test_the_ramp_by_hand():
    """1 - u_t = (1 - u_0) (1 - 1/delay)^t; full use stays full."""
    seen = carried(HAND, "utilisation", START, 12, param={"delay": [3.0, 12.0]})
    left = (1 - 1 / np.array([3.0, 12.0])) ** np.arange(1, 13)[:, None]
    assert seen == pytest.approx(1 - (1 - START) * left[..., None])


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.floats(0, 1), st.floats(1, 60))
@truth("invariant", source="a share of capacity", kills="a ramp that falls or passes 1")
def test_use_rises_and_stays_a_share(use, delay):
    out = HAND.step(param={"delay": [delay, delay]}, var={"utilisation": np.full((2, 2), use)})[
        "utilisation"
    ]
    assert np.all(use <= out + 1e-12) and np.all(out <= 1 + 1e-12)
