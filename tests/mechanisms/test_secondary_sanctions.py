"""Secondary sanctions: exposure, and a ceiling that general equilibrium may set."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.formulas.chebyshev import nodes
from kautilya.mechanisms.secondary_sanctions import LAW

SETS = {
    "supplier": ("CHN", "PRK", "IND"),
    "offer": ("tank", "component"),
    "sanctioner": ("USA",),
    "patron": ("CHN",),
}
TRADE = np.array([[0, 0, 0, 40.0], [0, 0, 0, 5.0], [0, 0, 0, 60.0], [9.0, 9.0, 9.0, 0]])
TABLES = {"trade": TRADE, "gdp": [1000.0, 20.0, 300.0, 1e4], "sanctioned": [0.0, 1.0, 0.5, 0.0]}
PARAM = {
    "designation": [0.5, 0.2],
    "severity": 0.5,
    "error": [1.0, 1.0, 2.0],
    "elasticity": 5.0,
    "immune": 1.0,
    "financed": 0.0,
    "pressure": 0.02,
}
POINTS = nodes(2.0, 10.0, 15)


def cost(**tables):
    return Hand(LAW, SETS, tables=TABLES | tables).step(param=PARAM)["sanction_cost"]


@truth(
    "closed-form",
    source="secondary_sanctions card",
    kills="a discount for being sanctioned on trade that is what sanctions have left",
)
def test_what_a_sanctioned_state_still_sells_is_at_risk_as_far_as_it_is_not_immune():
    """PRK sells 25 % of its output to the market: 0.5 * 0.5 * 25 * (1 - immune)."""

    def of(immune):
        return Hand(LAW, SETS, tables=TABLES).step(param=PARAM | {"immune": immune})

    assert of(0.0)["sanction_cost"][1, 0] == pytest.approx(6.25)
    assert of(0.4)["sanction_cost"][1, 0] == pytest.approx(3.75)
    assert of(0.4)["sanction_cost"][0, 0] == pytest.approx(1.0), "CHN is not sanctioned here"


@truth(
    "closed-form",
    source="secondary_sanctions card",
    kills="leverage of a patron that is not "
    "charged; a deficit that a state with credit owes its patron; the patron's own patron",
)
def test_the_patron_is_charged_by_its_leverage():
    """PRK buys 8 from its patron and sells it 2, and lacks 6 + 9 - 5 = 10 with all: 6 of 20."""
    trade = TRADE.copy()
    trade[0, 1], trade[1, 0] = 8.0, 2.0
    trade[0, 2] = 70.0  # IND lacks too, and is half shut out: 70 - 0 against 70 + 9 - 60 = 19
    hand = Hand(LAW, SETS, tables=TABLES | lost(0.0, 1.0, 2.0, 0.0) | {"trade": trade})
    out = hand.step(param=PARAM | {"financed": 0.5})
    leverage = np.array([0.0, 2.0 + 0.5 * 100 * 6 / 20, 4.0 + 0.5 * 0.5 * 100 * 19 / 300])
    assert out["patron_leverage"] == pytest.approx(leverage, rel=1e-5)
    assert out["patron_cost"] == pytest.approx(0.02 * leverage, rel=1e-5)


def lost(*at_five):
    """A table of losses that fall with the elasticity, in percent at 5."""
    return {
        "cutoff_loss": np.outer(5 / POINTS, np.array(at_five) / 100),
        "patron_loss": np.outer(5 / POINTS, np.array(at_five) / 50),
        "elasticity_nodes": POINTS,
    }


@truth(
    "closed-form",
    source="the card of the law",
    kills="imports for exports; a cost for who is shut out",
)
def test_cost_is_exposure_times_chance_times_what_is_left_to_lose():
    """CHN exports 4 % of output: 0.5 * 0.5 * 4 = 1 for tanks. PRK has nothing left to lose."""
    assert cost() == pytest.approx(np.array([[1.0, 0.4], [0, 0], [0.5 * 0.5 * 40 * 0.5, 2.0]]))


@truth("closed-form", source="secondary_sanctions card", kills="a ceiling that raises a cost")
def test_the_ceiling_binds():
    assert cost(**lost(0.6, 9.0, 3.0, 9.0)) == pytest.approx(
        np.array([[0.6, 0.4], [0, 0], [3.0, 2.0]]), abs=1e-5
    )


@truth("closed-form", source="secondary_sanctions card", kills="one table read for the other")
def test_losses_are_read_at_the_elasticity_of_the_future():
    hand = Hand(LAW, SETS, tables=TABLES | lost(0.6, 9.0, 3.0, 9.0))
    out = hand.step(param=PARAM | {"elasticity": 4.0})
    assert out["cutoff_ceiling"] == pytest.approx(np.array([0.6, 9.0, 3.0]) * 5 / 4, rel=1e-5)
    assert out["patron_leverage"] == pytest.approx(np.array([0.6, 9.0, 3.0]) * 5 / 2, rel=1e-5)
    assert out["trade_elasticity"] == 4.0


@truth("order", source="what the law imposes", kills="exposure that makes supply likelier")
def test_more_exposure_never_costs_less():
    assert np.all(cost(trade=TRADE * 1.7) >= cost()) and np.all(cost() >= 0)


@truth(
    "closed-form",
    source="card",
    kills="a threat that is not seen, or a patron that never looks away",
)
def test_who_is_watched_and_who_is_pressed():
    """The cost is what observers add by finding out, the patron's what it still enforces."""
    hand = Hand(LAW, SETS, tables=TABLES)
    plain = hand.step(param=PARAM)
    states, offers = plain["sanction_cost"].shape
    eased = {"watch": np.full((states, offers), 0.5), "patron_press": np.full(states, 0.25)}
    seen = hand.step(param=PARAM, var=eased)
    assert seen["sanction_cost"] == pytest.approx(0.5 * plain["sanction_cost"])
    assert seen["patron_cost"] == pytest.approx(0.25 * plain["patron_cost"])
    assert plain["sanction_cost"].any()
