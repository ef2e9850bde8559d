"""Ranks: every man who joins and falls is on one route."""

from __future__ import annotations

import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.ranks import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "force": ("men",)}, {"men": ("ready",)})


@truth("closed-form", source="card", kills="men who fall on the day they join, lost from the books")
def test_strength_is_what_joined_less_who_fell():
    """Also where more fall than stood there in the morning."""
    have = {("AAA", "men", "ready"): 100.0, ("BBB", "men", "ready"): 50.0}
    var = {"joined": [[400.0], [0.0]], "casualties": [[150.0], [50.0]]}
    paid = HAND.paid(stock=have, var=var)
    ready, field = ("AAA", "men", "ready"), ("battlefield", "men", "")
    came = paid[("abroad", "men", ""), ready]
    fell = paid[ready, field]
    assert 100.0 + came - fell == pytest.approx(100.0 + 400.0 - 150.0)
    assert fell + paid[("abroad", "men", ""), field] == pytest.approx(150.0)
    assert paid[("BBB", "men", "ready"), field] == pytest.approx(50.0)
