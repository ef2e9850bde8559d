"""Secondary sanctions: exposure, and a ceiling that general equilibrium may set."""

from __future__ import annotations

import numpy as np
import pytest
from conventions import truth
from laws.hand import Hand

from kautilya.mechanisms.formulas.chebyshev import nodes
from kautilya.mechanisms.secondary_sanctions import LAW

SETS = {"supplier": ("CHN", "PRK", "IND"), "offer": ("tank", "component"), "sanctioner": ("USA",)}
TRADE = np.array([[0, 0, 0, 40.0], [0, 0, 0, 5.0], [0, 0, 0, 60.0], [9.0, 9.0, 9.0, 0]])
TABLES = {"trade": TRADE, "gdp": [1000.0, 20.0, 300.0, 1e4], "sanctioned": [0.0, 1.0, 0.5, 0.0]}
PARAM = {"designation": [0.5, 0.2], "severity": 0.5, "error": [1.0, 1.0, 2.0], "elasticity": 5.0}
POINTS = nodes(2.0, 10.0, 15)


def cost(**tables):
    return Hand(LAW, SETS, tables=TABLES | tables).step(param=PARAM)["sanction_cost"]


def lost(*at_five):
    """A table of losses that fall with the elasticity, in percent at 5."""
    return {"cutoff_loss": np.outer(5 / POINTS, np.array(at_five) / 100),
            "patron_loss": np.outer(5 / POINTS, np.array(at_five) / 50), "elasticity_nodes": POINTS}


@truth("closed-form", source="METHODS 4", kills="imports for exports; a cost for who is shut out")
def test_cost_is_exposure_times_chance_times_what_is_left_to_lose():
    """CHN exports 4 % of output: 0.5 * 0.5 * 4 = 1 for tanks. PRK has nothing left to lose."""
    assert cost() == pytest.approx(np.array([[1.0, 0.4], [0, 0], [0.5 * 0.5 * 40 * 0.5, 2.0]]))


@truth("closed-form", source="secondary_sanctions card", kills="a ceiling that raises a cost")
def test_the_ceiling_binds():
    assert cost(**lost(0.6, 9.0, 3.0, 9.0)) == pytest.approx(
        np.array([[0.6, 0.4], [0, 0], [3.0, 2.0]]), abs=1e-5)


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
