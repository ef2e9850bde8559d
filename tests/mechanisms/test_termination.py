"""The end of the war: base rates, competing risks, and what stops with it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import lognorm
from support.conventions import truth
from support.hand import SIDES, Hand, Wide

from kautilya.mechanisms import aid_pace, tempo
from kautilya.mechanisms.termination import LAW

HAND = Hand(LAW, {"belligerent": SIDES})
DAY = 30.4375
PARAM = {
    "median": 139 / DAY,
    "mean": 408 / DAY,
    "other_median": 332 / DAY,
    "other_spread": 3.74,
    "weight": 0.5,
    "begun": 1.0,
    "hazard": 1.0,
    "ceasefires": 0.6,
    "on_gap": 0.0,
    "on_stalemate": 0.0,
    "on_weakness": 0.0,
    "width": 0.2,
    "memory": 12.0,
}
START = {
    "at_war": 1.0,
    "war_months": 0.0,
    "ceasefire": 0.0,
    "defeat": [0.0, 0.0],
    "ceasefire_hazard": 0.0,
    "defeat_hazard": [0.0, 0.0],
    "stalemate": 0.5,
}
NEVER = {"truce": 1e9, "breaking": [1e9, 1e9]}


def war(months=1, luck=None, record=0.0, on_record=0.0, belief=(0.0, 0.0), **param):
    """The variables after so many months; in each future its own clocks."""
    luck = luck or NEVER
    futures = np.asarray(luck["truce"]).size
    var = {
        k: Wide(np.repeat(np.asarray(v, float)[..., None], futures, -1)) for k, v in START.items()
    }
    given = {k: Wide(v) for k, v in luck.items()} if futures > 1 else luck
    beliefs = Wide(np.repeat(np.array(belief)[:, None], futures, -1))
    for month in range(months):
        done = HAND.step(
            month=month,
            record=record,
            var={**var, "strength_belief": beliefs},
            param=PARAM | param,
            luck=given,
            series={"goes_on": on_record},
        )
        var = {k: Wide(np.reshape(v, (*np.shape(START[k]), futures))) for k, v in done.items()}
    return {k: np.asarray(v.values) for k, v in var.items()}


def clocks(futures=40_000):
    """Exponential clocks."""
    rng = np.random.default_rng(3)
    return {"truce": rng.exponential(size=futures), "breaking": rng.exponential(size=(2, futures))}


def hazard(done):
    """Everything cumulated."""
    return float(done["ceasefire_hazard"][0] + done["defeat_hazard"].sum())


@truth(
    "closed-form",
    source="lognormal of median and mean, of two shares; allison1982",
    kills="a hazard that forgets the age of the war, or one base rate",
)
def test_without_effects_the_length_is_the_mixture():
    """Cumulated hazard over 71 months = -log S; by hand from two lognormals."""
    first = lognorm(np.sqrt(2 * np.log(408 / 139)), scale=139)
    done = hazard(war(71, weight=1.0))
    assert done == pytest.approx(-np.log(first.sf(71 * DAY)), rel=1e-9)
    second = lognorm(3.74, scale=332)
    lasted = 0.3 * first.sf(12 * DAY) + 0.7 * second.sf(12 * DAY)
    assert hazard(war(12, weight=0.3)) == pytest.approx(-np.log(lasted), rel=1e-9)


@truth(
    "closed-form",
    source="Correlates of War by way of its median 139 and mean 408 days",
    kills="a median in the wrong unit",
)
def test_the_first_base_rate_has_its_quantiles():
    """P(below a year) = 0.745, P(below 1,000 days) = 0.911, each within 0.02."""
    for days, share in ((365, 0.745), (1000, 0.911)):
        months = days / DAY
        done = war(int(months) + 1, weight=1.0, begun=months % 1.0)
        assert 1 - np.exp(-hazard(done)) == pytest.approx(share, abs=0.02)


@truth(
    "closed-form",
    source="26 % of wars below 30 days and 51 % below a year (UCDP)",
    kills="a spread of the wrong scale",
)
def test_the_second_base_rate_has_its_shares():
    """Its figures in the scenario are the lognormal of those two shares: each within 0.01."""
    for days, share in ((30, 0.26), (365, 0.51)):
        months = days / DAY
        done = war(int(months) + 1, weight=0.0, begun=months % 1.0)
        assert 1 - np.exp(-hazard(done)) == pytest.approx(share, abs=0.01)


@truth(
    "closed-form",
    source="allison1982: competing risks",
    kills="clocks that share one draw; a second cause after the first",
)
def test_causes_strike_in_proportion():
    """P(k) = r_k / R (1 - exp(-R)); 40,000 futures, four standard errors; ends add up to one."""
    luck, total = clocks(), hazard(war(24))
    done = war(24, luck)
    ended, bar = 1 - np.exp(-total), 4 * 0.5 / np.sqrt(40_000)
    assert np.mean(done["at_war"] == 0) == pytest.approx(ended, abs=bar)
    assert done["ceasefire"].mean() == pytest.approx(0.6 * ended, abs=bar)
    np.testing.assert_allclose(done["defeat"].mean(axis=1), 0.2 * ended, atol=bar)
    np.testing.assert_array_equal(done["at_war"] + done["ceasefire"] + done["defeat"].sum(0), 1.0)
    later = war(30, luck)
    assert np.all(later["at_war"] <= done["at_war"])
    assert np.all(later["ceasefire"] >= done["ceasefire"])
    over = done["at_war"] == 0
    np.testing.assert_array_equal(later["war_months"][over], done["war_months"][over])


@truth("invariant", source="card", kills="an end within the record; a lever that does nothing")
def test_the_record_and_the_lever_keep_it_going():
    now = {"truce": np.full(3, 1e-9), "breaking": np.full((2, 3), 1e-9)}
    for kept in (war(5, now, record=1.0), war(5, now, on_record=1.0), war(5, now, hazard=0.0)):
        assert np.all(kept["at_war"] == 1) and not kept["ceasefire_hazard"].any()
    assert np.all(war(1, now)["at_war"] == 0)


@truth("order", source="fearon1995, slantchev2003", kills="a sign that is turned round")
def test_signs():
    """Optimism delays a ceasefire; stalemate brings it; the weaker side is beaten first."""
    plain = war(6)
    hopeful = war(6, belief=(0.5, 0.5), on_gap=1.0)
    assert hopeful["ceasefire_hazard"] < plain["ceasefire_hazard"]
    np.testing.assert_allclose(hopeful["defeat_hazard"], plain["defeat_hazard"])
    assert war(6, on_stalemate=1.0)["ceasefire_hazard"] > plain["ceasefire_hazard"]
    uneven = war(6, belief=(0.4, -0.4), on_weakness=1.0)["defeat_hazard"][:, 0]
    assert uneven[1] / uneven[0] == pytest.approx(np.exp(0.8))


@truth("invariant", source="cards of tempo and aid", kills="fighting and aid after the war")
def test_what_stops_with_the_war():
    """Tempo and the pace of aid are 0 once it is over, and as before while no law ends it."""
    fight = Hand(tempo.LAW, {"struck": ("tank",), "belligerent": SIDES})
    given = {
        "param": {"walk": 0.0, "persistence": 0.6, "volatility": 0.0},
        "luck": {"shock": 0.0, "step": [0.0]},
        "series": {"index": [0.0]},
    }
    state = {"tempo_base": [1.0], "tempo_drift": 0.0}
    for at_war, tempo_now in (({}, 1.0), ({"at_war": 1.0}, 1.0), ({"at_war": 0.0}, 0.0)):
        out = fight.step(var={**state, **at_war}, **given)
        assert out["tempo"] == tempo_now and out["tempo_shock"] == tempo_now
    aid = Hand(aid_pace.LAW, {"donor": ("CCC",)})
    out = aid.step(
        var={"aid_gap": 0.0, "at_war": 0.0},
        luck={"politics": 0.9},
        series={"allocated": [0.0]},
        param={
            "mean": 1.0,
            "share": [1.0],
            "level": [1.0],
            "opens": 0.0,
            "closes": 0.1,
            "depth": 1.0,
        },
    )
    assert out["aid_pace"] == 0
