"""Pace: losses and plans follow what observers' records do after the record's end."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.pace import LAW

HAND = Hand(
    LAW,
    {"belligerent": ("AAA", "BBB"), "struck": ("tank", "person"), "equipment": ("tank",),
     "munition": ("drone",), "watched": ("seen", "told")},
    {"tank": ("prewar", "new", "restored", "foreign"), "person": ("line",), "drone": ("ready",)},
)  # fmt: skip
PARAM = {
    "follows": [[[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.5], [0.0, 0.0]]],
    "drives": [[[0.0, 1.0]], [[0.0, 0.0]]],
    "husbanding": 0.5,
}
STOCK = {("AAA", "tank", "prewar"): 60.0, ("AAA", "tank", "foreign"): 20.0, ("BBB", "tank", "new"): 50.0,
         ("AAA", "person", "line"): 900.0, ("BBB", "person", "line"): 400.0}  # fmt: skip


def month(record: float, t: int = 9, then=((320.0, 900.0), (50.0, 400.0))):
    return HAND.step(
        stock=STOCK, month=t, record=record, param=PARAM,
        var={"intensity": [2.3, 4.0], "intensity_then": [2.0, 4.4], "in_service_then": then,
             "pace": np.ones((2, 2)), "pull": np.ones((2, 1))},
    )  # fmt: skip


@truth(
    "closed-form",
    source="card of pace",
    kills="one tempo for both sides; soldiers counted four times; the power of the wrong sign",
)
def test_losses_follow_what_is_seen_and_thin_with_the_fleet():
    out = month(0.0)
    quarter = (80.0 / 320.0) ** -0.5  # the rate a tank rises, so that losses fall by a half
    assert out["pace"] == pytest.approx(
        np.array([[np.exp(0.3) * quarter, np.exp(-0.4)], [np.exp(-0.2), 1.0]])
    )
    assert out["pull"] == pytest.approx(np.array([[np.exp(-0.4)], [1.0]]))
    assert out["in_service_then"] == pytest.approx(np.array([[320.0, 900.0], [50.0, 400.0]]))


@truth("closed-form", source="card of pace", kills="a beginning that moves; a fleet of another day")
def test_it_begins_where_the_record_ends():
    out = month(1.0)
    assert out["in_service_then"] == pytest.approx(np.array([[80.0, 900.0], [50.0, 400.0]]))
    assert month(1.0, t=0)["intensity_then"] == pytest.approx([2.3, 4.0])
    assert month(1.0, t=0)["pace"] == pytest.approx(np.ones((2, 2)))
