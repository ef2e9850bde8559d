"""Embargo: a repeal, laxer enforcement, and what was carried on record."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.embargo import LAW, NO_LIMIT

HAND = Hand(
    LAW,
    {
        "supplier": ("PRK", "CHN"),
        "target": ("PRK",),
        "payment": ("cash", "fuel"),
        "capped": ("fuel",),
    },
)
PARAM = {"council": 0.4, "legal": [5.0], "carried": [20.0], "loose": 3.0, "rests": 0.5}


def month(now, then=0.5, stands=1.0, record=0.0, number=9, **param):
    """What is left after a month in which enforcement is `now`."""
    var = {"enforcement": now, "enforced_on_record": then, "sanctions_in_force": stands}
    return HAND.step(month=number, param=PARAM | param, var=var, record=record)


@truth("invariant", source="card", kills="a record that is rescaled by what enforced it")
def test_on_record_all_is_as_it_was():
    """Whatever the index of enforcement, what was carried was carried."""
    for e in (0.1, 0.9):
        seen = month(e, record=1.0)
        assert seen["pay_quota"].tolist() == [[NO_LIMIT] * 2, [20.0, NO_LIMIT]]
        assert seen["patron_press"].tolist() == seen["measures_left"].tolist() == [1.0, 1.0]
        assert seen["enforced_on_record"] == e
        assert month(e, then=1.0, number=0)["pay_quota"][1, 0] == pytest.approx(20.0), "no record"


@truth("closed-form", source="card", kills="a quota that ignores the cap, or grows without end")
def test_enforcement_moves_the_quota_and_the_patron():
    """e .75 of .5: half the excess over the cap goes; e .2: 1.6 times it; never more than 3 times."""
    assert month(0.75)["pay_quota"][1, 0] == pytest.approx(5 + 15 * 0.5)
    assert month(0.2)["pay_quota"][1, 0] == pytest.approx(5 + 15 * 1.6)
    assert month(0.0, then=0.9)["pay_quota"][1, 0] == pytest.approx(5 + 15 * 3)
    assert month(0.2)["patron_press"] == pytest.approx([1 - 0.5 * 0.6, 1.0])
    assert month(0.9)["patron_press"].tolist() == [1.0, 1.0]


@truth("order", source="card", kills="a repeal that frees third states, or leaves the cap")
def test_a_repeal_frees_the_target_alone():
    seen = month(0.0, stands=0.0)
    assert seen["measures_left"] == pytest.approx([0.6, 1.0])
    assert np.all(seen["pay_quota"] == NO_LIMIT)
    assert seen["patron_press"] == pytest.approx([0.5, 1.0])
