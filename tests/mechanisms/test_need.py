"""Need: what is lacking at hand, and what it takes to close the gap."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import LINE, Hand

from kautilya.mechanisms.need import LAW

OFFERS = ("tank", "missile", "component", "person")
HAND = Hand(
    LAW,
    {
        "belligerent": ("UKR", "RUS"),
        "buyer": ("RUS",),
        "offer": OFFERS,
        "munition": ("tube_round", "missile"),
        "equipment": ("gun", "tank"),
    },
    {
        "tank": (*LINE, "way1", "way2"),
        "missile": ("ready", "way1", "way2"),
        "component": ("ready", "way1", "way2"),
        "person": ("line", "train", "way1", "way2"),
    },
)
PARAM = {
    "cover": 3.0,
    "stock": [[0.0, 0.0, 50.0, 0.0]],
    "use": [[0.0, 0.0, 4.0, 0.0]],
    "speed": 6.0,
}
VAR = {
    "planned_use": [[9e9, 9e9], [9e9, 20.0]],
    "held": [[9e9, 9e9], [9e9, 40.0]],
    "full_kit": [[9e9, 9e9], [9e9, 200.0]],
    "full_men": [9e9, 1000.0],
}


def need(stock, **more):
    held = {("RUS", *key): value for key, value in stock.items()}
    out = HAND.step(held, param=PARAM, var=VAR | more)
    return out["need"][0], out["gap"][0]


@truth(
    "closed-form",
    source="sterman2000, ch. 17",
    kills="stock of one class for another; what is "
    "on the way counted as at hand, or counted not at all",
)
def test_need_and_gap():
    """Wanted: 200 tanks, 3 * 20 + 40 missiles, 50 of inputs, 1,000 men."""
    share, gap = need(
        {
            ("tank", "new"): 60.0,
            ("tank", "prewar"): 90.0,
            ("missile", "ready"): 25.0,
            ("missile", "way1"): 50.0,
            ("missile", "way2"): 5.0,
            ("component", "ready"): 80.0,
            ("person", "line"): 400.0,
            ("person", "train"): 100.0,
        }
    )
    assert share == pytest.approx([0.25, 0.75, 0.0, 0.5])
    assert gap == pytest.approx([50 / 6, (100 - 25 - 55) / 6, 4.0, 500 / 6])


@truth("invariant", source="a share", kills="need outside 0 .. 1, a gap below zero")
def test_bounds():
    for level in (0.0, 1e-9, 1.0, 1e9):
        share, gap = need(
            {("tank", "new"): level, ("missile", "ready"): level, ("person", "line"): level}
        )
        assert np.all((share >= 0) & (share <= 1)) and np.all(gap >= 0)


@truth("closed-form", source="card", kills="volunteers of the other side; tanks that want for men")
def test_an_army_that_cannot_hold_its_strength_needs_men():
    """Full strength, a fifth of the lost not replaced: need .2, gap .2 x 1,000 / 6; with 500 men: .5."""
    stock = {("person", "line"): 1000.0, ("tank", "new"): 200.0}
    share, gap = need(stock, unfilled=[0.9, 0.2])
    assert share[OFFERS.index("person")] == pytest.approx(0.2)
    assert gap[OFFERS.index("person")] == pytest.approx(200 / 6) and share[0] == gap[0] == 0.0
    share, gap = need({("person", "line"): 500.0}, unfilled=[0.9, 0.2])
    assert share[OFFERS.index("person")] == 0.5 and gap[OFFERS.index("person")] == 500 / 6
