"""Terms of trade: a price between two outside options, and what payment is worth."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from conventions import truth
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.hand import Hand

from kautilya.mechanisms.formulas.barter import nash_linear
from kautilya.mechanisms.terms import LAW

HAND = Hand(LAW, {"supplier": ("PRK", "CHN"), "buyer": ("RUS",), "offer": ("tube_round",),
                  "payment": ("cash", "fuel", "food", "technology")},
            tables={"sanctioned": [1.0, 0.0, 1.0]})
UNIT = st.floats(0, 1)


def terms(cost=2.0, ratio=3.0, beta=0.4, need=0.5, gap=(0.0, 0.0), markup=1.0):
    param = {"cost": [cost], "ceiling_ratio": [ratio], "beta": beta, "discount": 0.3,
             "hunger_premium": 2.0, "premium": [9.0, 0.5, 9.0, 0.8]}
    return HAND.step(param=param, var={"need": [[need]], "food_gap": gap, "markup": [markup]})


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-5, 50), st.floats(0.2, 9), UNIT, UNIT)
@truth("closed-form", source="nash1950, binmore1986", kills="a price outside the options")
def test_the_price_is_the_nash_split(cost: float, ratio: float, beta: float, need: float):
    """Supplier's gain over his cost, buyer's over his substitute, split by beta."""
    price = float(terms(cost, ratio, beta, need)["price"][0, 0])
    ceiling = cost * (1 + max(ratio - 1, 0) * need)
    assert cost * (1 - 1e-12) <= price <= ceiling * (1 + 1e-12)
    split = nash_linear(ceiling, cost, 0.0, beta)
    assert price == pytest.approx(float(split.a), rel=1e-9)


@truth("closed-form", source="terms card", kills="a premium for who is not sanctioned; a sign")
def test_worth_of_payment():
    """PRK is shut out: cash 0.7, fuel 1.5, technology 1.8; hunger makes food 1 + 2 * 0.25."""
    worth = terms(gap=(0.25, 0.0))["worth"]
    assert worth[:, 0] == pytest.approx([0.7, 1.5, 1.5, 1.8])
    assert worth[:, 1] == pytest.approx([1.0, 1.0, 1.0, 1.0])


@truth("closed-form", source="terms card", kills="gain at the worst instead of the best payment")
def test_gain_is_the_log_of_price_and_best_worth_over_cost():
    out = terms()
    ratio = float(out["price"][0, 0]) / 2.0
    assert out["deal_gain"].ravel() == pytest.approx([log(ratio * 1.8), log(ratio)])
    assert np.all(terms(need=1.0)["deal_gain"] > out["deal_gain"])


@truth("invariant", source="terms card", kills="a mark-up that is the supplier's gain")
def test_a_markup_is_paid_and_not_gained():
    plain, dear = terms(), terms(markup=1.5)
    assert dear["price"] == pytest.approx(1.5 * plain["price"])
    assert dear["deal_gain"] == pytest.approx(plain["deal_gain"])
