"""Manpower: casualties, recovery, training; nobody appears or vanishes."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from scipy import stats
from support.conventions import truth
from support.hand import SIDES, Hand, Wide

from kautilya.mechanisms.manpower import LAW

HAND = Hand(
    LAW,
    {"belligerent": SIDES, "struck": ("tank", "person")},
    {"person": ("train", "line", "wounded", "elsewhere")},
)
PARAM = {
    "recruits": [1000.0, 0.0],
    "sent": [0.5, 1.0],
    "rate": [0.02, 0.04],
    "killed": [0.3, 0.25],
    "returning": [0.6, 0.7],
    "training": [3.0, 2.0],
    "healing": 5.0,
    "dispersion": 0.0,
}
QUIET = {"var": {"tempo": [9.0, 0.0]}, "luck": {"count": [0.0, 0.0]}}


@truth("closed-form", source="sterman2000: 1 - exp(-t/L)", kills="1/L for the exact monthly form")
def test_first_order_delays_are_exact():
    """Without fighting: of 100 wounded, after 4 months 100 exp(-4/5) are left; 60 in 100 return."""
    stock = {("AAA", "person", "wounded"): 100.0, ("BBB", "person", "train"): 80.0}
    last = HAND.months(4, stock, param=PARAM, **QUIET)[-1]
    assert last["AAA", "person", "wounded"] == pytest.approx(100 * exp(-4 / 5))
    assert last["scrap", "person", ""] == pytest.approx(40 * (1 - exp(-4 / 5)))
    assert last["BBB", "person", "line"] == pytest.approx(80 * (1 - exp(-4 / 2)))
    assert last["population", "person", ""] == pytest.approx(-4000)
    assert last["AAA", "person", "elsewhere"] == pytest.approx(2000)


@truth("closed-form", source="cameron1998", kills="tempo of vehicles; killed and wounded swapped")
def test_mean_casualties():
    """Rate 0.04 at tempo 1.5 on 10,000: 600 a month in the mean, a quarter of them killed."""
    z = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    given = {"var": {"tempo": [9.0, 1.5]}, "luck": {"count": Wide(np.stack([0 * z, z]))}}
    stock = HAND.stock({("BBB", "person", "line"): 10_000.0}, 2000)
    param = PARAM | {"recruits": Wide(np.zeros((2, 2000)))}
    asks = np.asarray(HAND.run(HAND.view(stock, param=param, **given))).reshape(7, 2, 2000)
    assert asks[2, 1].mean() == pytest.approx(150, rel=1e-3)
    assert asks[3, 1].mean() == pytest.approx(450, rel=1e-3)
    assert (asks[2, 1] + asks[3, 1]).std() == pytest.approx(600**0.5, rel=0.02)
    param |= {"dispersion": 0.1}
    asks = np.asarray(HAND.run(HAND.view(stock, param=param, **given))).reshape(7, 2, 2000)
    hit = asks[2, 1] + asks[3, 1]
    assert (hit.mean(), hit.var()) == pytest.approx((600, 600 + 0.1 * 600**2), rel=0.02)


@truth(
    "closed-form",
    source="card: one month by hand",
    kills="recruits at the front untrained; healed soldiers sent to training, or to the other side",
)
def test_everybody_stands_where_the_card_says():
    """Half of 1000 recruits train, half serve elsewhere; of the healed 6 in 10 return."""
    held = {("AAA", "person", "wounded"): 100.0, ("AAA", "person", "train"): 40.0}
    (month,) = HAND.months(1, held, param=PARAM, **QUIET)
    healed, trained = 100 * (1 - exp(-1 / 5)), 40 * (1 - exp(-1 / 3))
    assert {at: n for at, n in month.items() if n} == pytest.approx(
        {
            ("AAA", "person", "train"): 540 - trained,
            ("AAA", "person", "wounded"): 100 - healed,
            ("AAA", "person", "line"): 0.6 * healed + trained,
            ("scrap", "person", ""): 0.4 * healed,
            ("population", "person", ""): -1000.0,
            ("AAA", "person", "elsewhere"): 500.0,
        }
    )


@truth("invariant", source="a line is finite", kills="more dead than soldiers")
def test_a_line_cannot_fall_below_nothing():
    """A rate of 5 a month asks for five times the line; all of it is hit, and no more."""
    flows = HAND.paid(
        {("AAA", "person", "line"): 80.0},
        luck={"count": [0.0, 0.0]},
        var={"tempo": [0.0, 1.0]},
        param=PARAM | {"rate": [5.0, 5.0], "recruits": [0.0, 0.0]},
    )
    assert flows[("AAA", "person", "line"), ("battlefield", "person", "")] == pytest.approx(24.0)
    assert flows[("AAA", "person", "line"), ("AAA", "person", "wounded")] == pytest.approx(56.0)
