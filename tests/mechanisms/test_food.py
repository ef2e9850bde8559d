"""Food: what is eaten is the need, or what is at hand."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.food import LAW

STATES = ("PRK", "KOR")
HAND = Hand(LAW, {"supplier": STATES}, {"food": ("ready",)})


@truth(
    "closed-form",
    source="food balance sheet identity",
    kills="eating without end; imports that do not arrive; one state's harvest for another",
)
def test_a_store_runs_down_to_what_comes_in():
    """1000 at hand, 100 a month eaten, 60 + 15 come in: falls by 25, then stays at 75."""
    stock = {("PRK", "food", "ready"): 1000.0, ("KOR", "food", "ready"): 10.0}
    given = {
        "param": {"harvest": [60.0, 8.0], "imports": [15.0, 4.0]},
        "var": {"food_need": [100.0, 5.0]},
    }
    months = HAND.months(48, stock, **given)
    held = np.array([month["PRK", "food", "ready"] for month in months])
    assert held == pytest.approx(
        [1000 - 25 * t if 1000 - 25 * (t - 1) >= 100 else 75 for t in range(1, 49)]
    )
    assert months[-1]["KOR", "food", "ready"] == pytest.approx(10 + 48 * (8 + 4 - 5))
    assert months[-1]["factory", "food", ""] == pytest.approx(-48 * (60 + 8))
    assert months[-1]["abroad", "food", ""] == pytest.approx(-48 * (15 + 4))


@truth(
    "invariant",
    source="nobody eats what is not there",
    kills="need that is asked for without a look at the store",
)
def test_an_empty_store_feeds_nobody_this_month():
    """What comes in this month is eaten from the next one on."""
    flows = HAND.asked(
        param={"harvest": [60.0, 0.0], "imports": [0.0, 3.0]}, var={"food_need": [100.0, 100.0]}
    )
    assert sum(x for (_, sink), x in flows.items() if sink[0] == "scrap") == 0.0
    assert sum(flows.values()) == 63.0
