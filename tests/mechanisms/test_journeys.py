"""Journeys: the record, then chance; nobody meets who stays at home."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand, Wide

from kautilya.mechanisms.journeys import LAW

HAND = Hand(
    LAW, {"supplier": ("PRK", "BLR", "TUR"), "buyer": ("RUS",), "traveller": ("RUS", "PRK", "CHN")}
)
PARAM = {"rate": [1.0, 6.0, 0.0], "usual": [1.0, 0.2, 0.5], "open": [1.0, 1.0, 1.0]}
SERIES = {"met": [0.0, 2.0, 1.0], "abroad": [0.5, 0.0, 0.4]}


def month(record=0.0, futures=1, **param):
    """Meetings and journeys of one month."""
    luck = np.random.default_rng(0).uniform(size=(3, futures))
    return HAND.step(
        param=PARAM | param, series=SERIES, luck={"occasion": Wide(luck)}, record=record
    )


@truth("closed-form", source="Poisson process", kills="a rate a year taken for one a month")
def test_chance_of_a_meeting():
    """1 - exp(-rate / 12) in 40,000 futures."""
    met = np.asarray(month(futures=40_000)["met"]).mean(axis=-1)
    assert met == pytest.approx(1 - np.exp(-np.array([1.0, 6.0, 0.0]) / 12), abs=0.008)
    assert month()["journeys"] == pytest.approx([1.0, 0.2, 0.5])


@truth("invariant", source="card", kills="a record that the model overwrites")
def test_the_record_stands_while_it_drives():
    seen = month(record=1.0)
    assert seen["met"] == pytest.approx([0.0, 2.0, 1.0])
    assert seen["journeys"] == pytest.approx([0.5, 0.0, 0.4])


@truth(
    "order", source="card", kills="a leader at home who is met; a buyer at home who still travels"
)
def test_who_stays_at_home_meets_nobody():
    """PRK at home: others meet as before; the buyer at home: nobody meets him."""
    rate = {"rate": [1e9] * 3}
    assert month(open=[1.0, 0.0, 1.0], **rate)["met"].tolist() == [0.0, 1.0, 1.0]
    assert not month(open=[0.0, 1.0, 1.0], **rate)["met"].any()
    assert month(open=[1.0, 0.0, 1.0])["journeys"][1] == 0.0
