"""Industry of third states: capacity times utilisation, up to the stock that is kept."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.industry import LAW

STATES, GOODS = ("PRK", "CHN", "IRN"), ("tube_round", "component")
HAND = Hand(LAW, {"supplier": STATES, "exported": GOODS}, dict.fromkeys(GOODS, ("ready",)))
CAPACITY = np.array([[100.0, 10.0], [200.0, 400.0], [0.0, 30.0]])
USE = np.array([[0.5, 1.0], [0.25, 0.5], [1.0, 0.4]])


def ready(month) -> np.ndarray:
    """Stocks [state, good]."""
    return np.array([[month[state, good, "ready"] for good in GOODS] for state in STATES])


@truth(
    "closed-form",
    source="card: capacity * utilisation; keeps = months kept at most",
    kills="no limit to what is kept; a limit on goods that have none; states exchanged",
)
def test_stocks_grow_to_what_is_kept():
    """Rounds without a limit; components up to 3 months at full use."""
    given = {
        "param": {"capacity": CAPACITY, "keeps": [0.0, 3.0]},
        "var": {"third_utilisation": USE},
    }
    for t, month in enumerate(HAND.months(8, {}, **given), start=1):
        grown = t * CAPACITY * USE
        grown[:, 1] = np.minimum(grown[:, 1], 3 * CAPACITY[:, 1])
        assert ready(month) == pytest.approx(grown)


@truth(
    "closed-form",
    source="limits: idle, and a stock above what is kept",
    kills="a stock that is destroyed because it is above the limit",
)
def test_idle_or_full_makes_nothing_and_takes_nothing():
    stock = {("PRK", "component", "ready"): 500.0, ("PRK", "tube_round", "ready"): 40.0}
    given = {
        "param": {"capacity": CAPACITY, "keeps": [0.0, 3.0]},
        "var": {"third_utilisation": np.array([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])},
    }
    assert all(amount == 0.0 for amount in HAND.asked(stock, **given).values())
