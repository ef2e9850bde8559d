"""Secondary sanctions: exposure, and a ceiling that general equilibrium may set."""

from __future__ import annotations

import numpy as np
import pytest
from conventions import truth
from laws.hand import Hand

from kautilya.mechanisms.secondary_sanctions import LAW

SETS = {"supplier": ("CHN", "PRK", "IND"), "offer": ("tank", "component"), "sanctioner": ("USA",)}
TRADE = np.array([[0, 0, 0, 40.0], [0, 0, 0, 5.0], [0, 0, 0, 60.0], [9.0, 9.0, 9.0, 0]])
TABLES = {"trade": TRADE, "gdp": [1000.0, 20.0, 300.0, 1e4], "sanctioned": [0.0, 1.0, 0.5, 0.0]}
PARAM = {"designation": [0.5, 0.2], "severity": 0.5, "error": [1.0, 1.0, 2.0]}


def cost(**tables):
    return Hand(LAW, SETS, tables=TABLES | tables).step(param=PARAM)["sanction_cost"]


@truth("closed-form", source="METHODS 4", kills="imports for exports; a cost for who is shut out")
def test_cost_is_exposure_times_chance_times_what_is_left_to_lose():
    """CHN exports 4 % of output: 0.5 * 0.5 * 4 = 1 for tanks. PRK has nothing left to lose."""
    assert cost() == pytest.approx(np.array([[1.0, 0.4], [0, 0], [0.5 * 0.5 * 40 * 0.5, 2.0]]))


@truth("closed-form", source="secondary_sanctions card", kills="a ceiling that raises a cost")
def test_the_ceiling_binds():
    assert cost(cutoff_loss=[0.6, 9.0, 3.0, 9.0]) == pytest.approx(
        np.array([[0.6, 0.4], [0, 0], [3.0, 2.0]]))


@truth("order", source="what the law imposes", kills="exposure that makes supply likelier")
def test_more_exposure_never_costs_less():
    assert np.all(cost(trade=TRADE * 1.7) >= cost()) and np.all(cost() >= 0)
