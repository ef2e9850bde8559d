"""Manpower: casualties, recovery, training; nobody appears or vanishes."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from conventions import truth
from laws.hand import SIDES, Hand, Wide
from scipy import stats

from kautilya.mechanisms.manpower import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "struck": ("tank", "person")},
            {"person": ("train", "line", "wounded")})
PARAM = {"recruits": [1000.0, 0.0], "sent": [0.5, 1.0], "rate": [0.02, 0.04], "killed": [0.3, 0.25],
         "returning": [0.6, 0.7], "training": [3.0, 2.0], "healing": 5.0, "dispersion": 0.0}
QUIET = {"var": {"tempo": [9.0, 0.0]}, "luck": {"count": [0.0, 0.0]}}


@truth("closed-form", source="sterman2000: 1 - exp(-t/L)", kills="1/L for the exact monthly form")
def test_first_order_delays_are_exact():
    """Without fighting: of 100 wounded, after 4 months 100 exp(-4/5) are left; 60 in 100 return."""
    stock = {("AAA", "person", "wounded"): 100.0, ("BBB", "person", "train"): 80.0}
    last = HAND.months(4, stock, param=PARAM, **QUIET)[-1]
    assert last["AAA", "person", "wounded"] == pytest.approx(100 * exp(-4 / 5))
    assert last["scrap", "person", ""] == pytest.approx(40 * (1 - exp(-4 / 5)))
    assert last["BBB", "person", "line"] == pytest.approx(80 * (1 - exp(-4 / 2)))
    assert last["population", "person", ""] == pytest.approx(-2000)


@truth("closed-form", source="cameron1998", kills="tempo of vehicles; killed and wounded swapped")
def test_mean_casualties():
    """Rate 0.04 at tempo 1.5 on 10,000: 600 a month in the mean, a quarter of them killed."""
    z = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    given = {"var": {"tempo": [9.0, 1.5]}, "luck": {"count": Wide(np.stack([0 * z, z]))}}
    stock = HAND.stock({("BBB", "person", "line"): 10_000.0}, 2000)
    param = PARAM | {"recruits": Wide(np.zeros((2, 2000)))}
    asks = np.asarray(HAND.run(HAND.view(stock, param=param, **given))).reshape(6, 2, 2000)
    assert asks[2, 1].mean() == pytest.approx(150, rel=1e-3)
    assert asks[3, 1].mean() == pytest.approx(450, rel=1e-3)
    assert (asks[2, 1] + asks[3, 1]).std() == pytest.approx(600**0.5, rel=0.02)
