"""Treasury: income comes in, a share of it goes out, know-how is not counted."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand
from support.handmade import exchanged

from kautilya.mechanisms.treasury import LAW

KINDS = ("cash", "technology", "food")  # know-how in the middle, so that a shift shows
HAND = Hand(
    LAW,
    {"belligerent": SIDES, "payment": KINDS, "economy": SIDES[:1]},
    dict.fromkeys(KINDS, ("ready",)),
)
INCOME, SPENT = [[100.0, 7.0, 40.0], [30.0, 9.0, 5.0]], [[0.8, 0.1, 1.0], [0.0, 0.2, 0.5]]
PARAM = {"income": INCOME, "spent": SPENT, "follows": [0.5, 0.0, 0.0]}


@truth(
    "closed-form",
    source="card: income, and a share of it spent",
    kills="spending of the whole income; the income of another good or side",
)
def test_what_is_not_spent_is_saved():
    """Reserves grow by income (1 - spent) a month; all of it from abroad."""
    stock = {(side, good, "ready"): 500.0 for side in SIDES for good in KINDS}
    last = HAND.months(10, stock, param=PARAM)[-1]
    held = np.array([[last[side, good, "ready"] for good in KINDS] for side in SIDES])
    saved = 10 * np.array(INCOME) * (1 - np.array(SPENT))
    saved[:, 1] = 0.0  # technology
    assert held == pytest.approx(500 + saved)
    assert last["abroad", "cash", ""] == pytest.approx(-1300.0)
    assert last["scrap", "technology", ""] == last["abroad", "technology", ""] == 0.0


@truth(
    "invariant",
    source="conservation",
    kills="spending elsewhere that eats the stock which "
    "deals are paid from, or that is cut when the stock is short",
)
def test_spending_comes_out_of_income_whatever_is_at_hand():
    """Nothing leaves a treasury, empty or full: 80 of 100 go elsewhere, 20 come in."""
    for held in (0.0, 30.0):
        stock = {(side, good, "ready"): held for side in SIDES for good in KINDS}
        paid = HAND.paid(stock, param=PARAM)
        assert sum(x for (source, _), x in paid.items() if source[0] in SIDES) == 0.0
        assert paid[("abroad", "cash", ""), ("AAA", "cash", "ready")] == pytest.approx(20.0)
        assert sum(paid.values()) == pytest.approx(100 + 40 + 30 + 5)


@truth("symmetry", source="relabelling", kills="a side that is treated as the first one")
def test_the_sides_may_be_exchanged():
    one = HAND.asked(param=PARAM)
    two = HAND.asked(param=PARAM | {"income": INCOME[::-1], "spent": SPENT[::-1]})
    assert exchanged(one) == pytest.approx(two)


@truth(
    "closed-form", source="card", kills="grain that follows oil; a side whose trade nobody counts"
)
def test_income_follows_exports():
    """AAA earns 20 % less: half of its cash income follows, so 90 comes in; BBB as before."""
    stock = {(side, good, "ready"): 0.0 for side in SIDES for good in KINDS}
    paid = HAND.paid(stock, param=PARAM, var={"earning": [0.8]})
    assert paid[("abroad", "cash", ""), ("AAA", "cash", "ready")] == pytest.approx(90 * 0.2)
    assert paid[("abroad", "food", ""), ("BBB", "food", "ready")] == pytest.approx(2.5)
    assert paid[("abroad", "cash", ""), ("BBB", "cash", "ready")] == pytest.approx(30.0)
