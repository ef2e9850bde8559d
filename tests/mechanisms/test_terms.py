"""Terms of trade: a price between two outside options, and what payment is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.formulas.barter import nash_linear
from kautilya.mechanisms.terms import LAW

HAND = Hand(
    LAW,
    {
        "supplier": ("PRK", "CHN"),
        "buyer": ("RUS",),
        "offer": ("tube_round",),
        "payment": ("cash", "fuel", "food", "technology", "credit"),
    },
    tables={"sanctioned": [1.0, 0.0, 1.0]},
)
UNIT = st.floats(0, 1)


LARGE = (1e9, 1e9, 1e9, 1e9, 0.0)
MIXED = (40.0, 30.0, 40.0, 10.0, 1e9)


def terms(cost=2.0, ratio=3.0, beta=0.4, need=0.5, **other):
    given = {"food_gap": (0.0, 0.0), "markup": 1.0, "units": 1.0, "caps": LARGE} | other
    param = {
        "cost": [cost],
        "ceiling_ratio": [ratio],
        "beta": beta,
        "discount": 0.3,
        "hunger_premium": 2.0,
        "premium": [9.0, 0.5, 9.0, 0.8, 9.0],
        "doubt": given.get("doubt", 0.4),
        "cap": [[one] * 2 for one in given["caps"]],
        "unit_price": [1.0, 1.0, 0.5, 1.0, 1.0],
    }
    return HAND.step(
        param=param,
        var=given.get("more", {})
        | {
            "need": [[need]],
            "food_gap": given["food_gap"],
            "markup": [given["markup"]],
            "spare": [[given["units"]]] * 2,
            "gap": [[1e9]],
        },
    )


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
    """PRK is shut out: cash 0.7, fuel 1.5, technology 1.8; hunger makes food 1 + 2 * 0.25; a
    promise is doubted by both."""
    worth = terms(food_gap=(0.25, 0.0))["worth"]
    assert worth[:, 0] == pytest.approx([0.7, 1.5, 1.5, 1.8, 0.6])
    assert worth[:, 1] == pytest.approx([1.0, 1.0, 1.0, 1.0, 0.6])


def brought(dollars, doubt):
    """30 dollars of fuel, 20 of food and 10 of technology in kind, worth 1.5, 1 and 1.8 to PRK,
    then 40 of cash worth .7 and promises without end, the better of the two first."""
    kinds, promise = (30 * 1.5 + 20 * 1.0 + 10 * 1.8) / 60, 1 - doubt
    more = np.maximum(dollars - 60.0, 0.0)
    cash = np.minimum(more, 40.0) if promise < 0.7 else 0.0
    return kinds * np.minimum(dollars, 60.0) + 0.7 * cash + promise * (more - cash)


@pytest.mark.parametrize("doubt", [0.1, 0.4])
@pytest.mark.parametrize("units", [1.0, 12.0, 20.0, 24.0, 30.0, 35.0, 60.0, 400.0])
@truth(
    "closed-form",
    source="nash1950: the maximum of the product, by search",
    kills="a premium in kind counted in the supplier's gain that the buyer keeps; cash without "
    "end; promises before cash that is worth more",
)
def test_the_deal_maximises_the_nash_product_of_what_is_paid(units: float, doubt: float):
    """A unit costs 2 and is worth 4: small deals are paid in kind, large ones mostly on credit."""
    deal = float(terms(units=units, caps=MIXED, doubt=doubt)["deal"][0, 0])
    paid = np.linspace(0, 4 * units, 200_001)
    gains = np.maximum(brought(paid, doubt) - 2 * units, 0), np.maximum(4 * units - paid, 0)
    best = paid[np.argmax(gains[0] ** 0.4 * gains[1] ** 0.6)]
    assert deal * units == pytest.approx(brought(best, doubt), rel=1e-4)


@truth("closed-form", source="terms card", kills="a gain beside the deal; in kind where none is")
def test_gain_is_the_log_of_the_deal_over_cost():
    """Money alone: CHN splits as the price does; without payment in kind PRK gets cash."""
    out = terms()
    assert out["deal"][1] == pytest.approx(out["price"][0])
    assert out["deal_gain"] == pytest.approx(np.log(out["deal"] / 2.0))
    none = terms(caps=(1e9, 0.0, 0.0, 0.0, 0.0))
    assert float(none["deal"][0, 0]) == pytest.approx(2 + 0.4 * (0.7 * 4 - 2))
    assert np.all(terms(need=1.0)["deal_gain"] > out["deal_gain"])


@truth("order", source="terms card", kills="a premium that does not fade with the size of a deal")
def test_a_larger_deal_is_worth_less_a_unit_to_a_state_shut_out():
    gains = [
        terms(units=n, caps=(1e9, 30.0, 40.0, 10.0, 0.0))["deal_gain"].ravel()
        for n in (1.0, 30.0, 300.0)
    ]
    assert np.all(np.diff([g[0] for g in gains]) < 0), "PRK"
    assert np.ptp([g[1] for g in gains]) == pytest.approx(0.0), "CHN takes cash as well"


@truth("invariant", source="terms card", kills="a mark-up that is the supplier's gain")
def test_a_markup_is_paid_and_not_gained():
    plain, dear = terms(), terms(markup=1.5)
    assert dear["price"] == pytest.approx(1.5 * plain["price"])
    assert dear["deal_gain"] == pytest.approx(plain["deal_gain"])


@truth(
    "closed-form",
    source="card",
    kills="a quota for all; a concession of the buyer's; measures that stay",
)
def test_quota_concession_and_what_is_left_of_measures():
    """PRK: no fuel, so a mean of food and know-how; half its price given up; no longer shut out."""
    capped = terms(
        caps=MIXED,
        more={"pay_quota": [[9e9] * 2, [0, 9e9], *[[9e9] * 2] * 3]},
    )
    assert capped["pay_cap"].tolist() == [
        [40.0] * 2,
        [0.0, 30.0],
        [40.0] * 2,
        [10.0] * 2,
        [1e9] * 2,
    ]
    poor = terms(more={"concession": [0.5, 0.0]})
    assert poor["deal_gain"][1] == pytest.approx(terms()["deal_gain"][1])
    low = 1.0 * (1 - 0.4)  # the split of PRK: cost 1 in place of 2, value 4, kinds worth as before
    assert terms()["deal"][0] - poor["deal"][0] == pytest.approx(low)
    free = terms(more={"measures_left": [0.0, 1.0]})
    assert free["worth"][:, 0] == pytest.approx([1.0, 1.0, 1.0, 1.0, 0.6])
