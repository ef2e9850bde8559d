"""Mobilisation of third states: orders raise utilisation, idleness lowers it."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand
from support.handmade import carried

from kautilya.mechanisms.mobilise import LAW

HAND = Hand(
    LAW,
    {
        "supplier": ("PRK", "CHN"),
        "offer": ("tank", "tube_round", "component"),
        "exported": ("component", "tube_round"),
    },
)
PARAM = {"idle": [0.9, 0.3], "delay": 4.0}
START = np.array([[0.5, 0.2], [1.0, 0.6]])


@truth(
    "closed-form",
    source="sterman2000: first-order adjustment",
    kills="an offer taken for another class; idle and full exchanged; no delay",
)
def test_utilisation_closes_in_on_its_target():
    """u_t = target + (u_0 - target) (1 - 1/4)^t; one is asked for rounds, one for components."""
    shipped = [[5.0, 1e-3, 0.0], [0.0, 0.0, 900.0]]
    target = np.array([[0.9, 1.0], [1.0, 0.3]])
    seen = carried(HAND, "third_utilisation", START, 12, param=PARAM, var={"shipped": shipped})
    left = 0.75 ** np.arange(1, 13)[:, None, None]
    assert seen == pytest.approx(target + (START - target) * left)


@truth("invariant", source="card: ordered or not", kills="a target that grows with the order")
def test_the_size_of_an_order_does_not_matter():
    small, large = (
        HAND.step(param=PARAM, var={"third_utilisation": START, "shipped": np.full((2, 3), size)})
        for size in (1e-6, 1e6)
    )
    assert np.array_equal(small["third_utilisation"], large["third_utilisation"])
