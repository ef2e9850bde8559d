"""Spare: a share of the stock, and how far it would help."""

from __future__ import annotations

import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.spare import LAW

HAND = Hand(
    LAW,
    {"supplier": ("PRK", "CHN"), "offer": ("tank", "tube_round"), "buyer": ("RUS",)},
    {"tank": ("surplus",), "tube_round": ("ready",)},
)

PLAIN = {"treaty_gain": [[1.0, 1.0], [1.0, 1.0]]}


@truth("closed-form", source="spare card", kills="a state that hands over what it does not hold")
def test_spare_is_released_stock_and_relief_is_its_share_of_the_gap():
    """Relief stops at 1, also where nothing is lacking."""
    stock = {("PRK", "tank", "surplus"): 100.0, ("PRK", "tube_round", "ready"): 1e6}
    out = HAND.step(stock, param={"release": [0.1, 0.05]}, var={"gap": [[40.0, 1e4]], **PLAIN})
    assert out["spare"].ravel() == pytest.approx([10, 50_000, 0, 0])
    assert out["relief"].ravel() == pytest.approx([0.25, 1, 0, 0])
    full = HAND.step(stock, param={"release": [0.1, 0.05]}, var={"gap": [[0.0, 0.0]], **PLAIN})
    assert full["relief"].ravel() == pytest.approx([1, 1, 0, 0])


@truth("closed-form", source="spare card", kills="a treaty that creates what nobody holds")
def test_a_treaty_enlarges_up_to_the_whole_stock():
    """Half as much again of a tenth; never more than there is; of nothing, nothing."""
    stock = {("PRK", "tank", "surplus"): 100.0}
    for gain, expected in ((1.5, 15.0), (50.0, 100.0)):
        out = HAND.step(
            stock,
            param={"release": [0.1, 0.05]},
            var={"gap": [[40.0, 1e4]], "treaty_gain": [[gain, 1.0], [1.0, 1.0]]},
        )
        assert out["spare"].ravel() == pytest.approx([expected, 0, 0, 0])
