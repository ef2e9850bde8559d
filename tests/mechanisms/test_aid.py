"""Aid: what donors send goes into transit, in proportion to their pace."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.aid import LAW

HAND = Hand(
    LAW,
    {
        "actor": ("USA", "UKR", "RUS", "EUU", "GBR"),
        "donor": ("USA", "EUU", "GBR"),
        "aided": ("tank", "tube_round"),
        "recipient": ("UKR",),
    },
    {"tank": ("foreign", "way1"), "tube_round": ("ready", "way1")},
)
AMOUNT = st.floats(0, 1e6)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(AMOUNT, min_size=3, max_size=3), st.lists(AMOUNT, min_size=2, max_size=2))
@truth(
    "closed-form",
    source="card: sent = committed * pace",
    kills="arrival without transit; the pace of one donor for all; goods exchanged",
)
def test_goods_sent_are_commitment_times_pace(pace, committed):
    """All of it comes from abroad and stands at the first stage of the way."""
    flows = HAND.paid(var={"aid_pace": pace}, param={"committed": committed})
    assert flows == pytest.approx(
        {
            (("abroad", good, ""), ("UKR", good, "way1")): sum(pace) * amount
            for good, amount in zip(("tank", "tube_round"), committed, strict=True)
        }
    )


@truth(
    "closed-form",
    source="card: pace is relative to the mean of all donors",
    kills="routes in the order [good, donor]",
)
def test_each_donor_sends_its_part():
    """Routes are [donor, good]: 0.7, 0.2, 0.1 of 10 tanks and 1000 rounds."""
    pace, committed = [0.7, 0.2, 0.1], [10.0, 1000.0]
    view = HAND.view(var={"aid_pace": pace}, param={"committed": committed})
    asked = np.asarray(HAND.run(view))[:, 0].reshape(3, 2)
    assert asked == pytest.approx(np.outer(pace, committed))
