"""Regimes: constant hazards, a mixture of types, signs; nothing about collapse."""

from __future__ import annotations

import csv
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from support.conventions import ROOT, shared_file, truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.regime import LAW
from kautilya.scenario.distributions import quantile

SETS = {
    "belligerent": SIDES,
    "supplier": ("CCC", "DDD"),
    "regime": ("CCC", "AAA"),
    "offer": ("tube_round",),
    "buyer": ("AAA",),
}
# actors in the order in which the sets name them: AAA, BBB, CCC, DDD
FACTS = {
    "population": [1e6, 1e6, 2e6, 1e6],
    "gdp": [1200.0, 1.0, 2400.0, 1.0],
    "sanctioned": [1.0, 0.0, 1.0, 0.0],
}
HAND = Hand(LAW, SETS, tables=FACTS)
BASE = [0.002, 0.005, 0.016]
PARAM = {
    "base": BASE,
    "weight": [[1.0, 0.0, 0.0], [0.0, 2.0, 2.0]],
    "share": [0.6, 0.3, 0.1],
    "on_hunger": 0.0,
    "on_rents": 0.0,
    "on_sanctions": [0.0, 0.0, 0.0],
    "on_losses": 0.0,
    "on_terms": 0.0,
}
START = {
    "type_survival": np.ones((3, 2)),
    "regime_exits": np.zeros((3, 2)),
    "regime_exit": np.zeros(2),
}
GIVEN = {"food_gap": [0.2, 0.0], "deal": [[2.0], [2.0]], "shipped": [[10.0], [0.0]]}
FIGURES = ROOT / "src" / "kautilya" / "scenarios" / "russia_dprk_2024" / "quantities.csv"


def months(number, record=0.0, killed=(100.0, 0.0), **param):
    """The variables after so many months, with so many killed of each side."""
    var = dict(START)
    for _ in range(number):
        var = HAND.step(
            record=record,
            var={**var, **GIVEN},
            param=PARAM | param,
            paid={"manpower": {"killed": killed, "wounded": (9e9, 9e9)}},
        )
    return var


def figures():
    """Rows of the flagship by parameter and label."""
    lines = [line for line in FIGURES.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return {
        (row["parameter"], row["label"]): SimpleNamespace(
            distribution=row["distribution"],
            **{k: float(row[k]) for k in ("low", "central", "high")},
        )
        for row in csv.DictReader(lines)
        if row["parameter"].startswith("regime.on") or row["parameter"] == "regime.base"
    }


@truth("closed-form", source="exponential survival", kills="a hazard compounded wrongly")
def test_a_constant_hazard_survives_exponentially():
    """After n months 1 - exp(-h n) for one type; the mean of two for a mixture by halves."""
    out = months(40)
    mixed = 1 - np.exp(-np.array(BASE[1:]) * 40).mean()
    assert out["regime_exit"] == pytest.approx([1 - np.exp(-BASE[0] * 40), mixed], rel=1e-12)
    assert out["regime_exits"][:, 0] / out["regime_exit"][0] == pytest.approx([0.6, 0.3, 0.1])


@truth("invariant", source="probabilities", kills="an exit that is counted twice or not at all")
def test_exits_and_survival_add_up_to_one():
    out = months(30, on_hunger=2.0, on_rents=3.0, on_sanctions=[0.1, 0.5, -0.1], on_losses=3.0)
    weight = np.array([[1, 0, 0], [0, 0.5, 0.5]]).T
    alive = (weight * out["type_survival"]).sum(axis=0)
    assert out["regime_exits"].sum(axis=0) + alive == pytest.approx([1, 1], rel=1e-12)


@truth("invariant", source="both regimes stood until the as-of month", kills="an exit in it")
def test_nothing_happens_within_the_record():
    out = months(30, record=1.0)
    assert not out["regime_exit"].any() and np.all(out["type_survival"] == 1)


@truth("closed-form", source="card", kills="the food gap of another state; the enemy's dead")
def test_effects_by_hand():
    """CCC: gap 0.2, rents 20 of 200 a month. AAA: 100 killed of 1,000 thousand. First exits."""
    plain = months(1)["regime_exits"]
    hunger = months(1, on_hunger=1e-3)["regime_exits"] / plain - 1
    assert hunger[1] == pytest.approx([2e-4, 0], rel=0.01, abs=1e-9)
    deaths = months(1, on_losses=1e-3)["regime_exits"] / plain - 1
    assert deaths[0] == pytest.approx([0, 1e-4], rel=0.03, abs=1e-7)
    rents = months(1, on_rents=1e-3)["regime_exits"] / plain - 1
    assert rents[0] == pytest.approx([-1e-4, 0], rel=0.01, abs=1e-9)
    assert abs(rents[2]).max() < 1e-6


@truth("order", source="escriba2010", kills="sanctions that topple party regimes, or nobody")
def test_sanctions_weigh_on_personalists_only():
    """In the prior: above 0 for personalist rulers with probability 0.9, |log ratio| < 0.2 for
    party and military regimes."""
    u = (np.arange(2000) + 0.5) / 2000
    drawn = {
        kind: quantile(figures()["regime.on_sanctions", kind], u)
        for kind in ("party", "personalist", "military")
    }
    assert np.mean(drawn["personalist"] > 0) >= 0.9
    assert abs(drawn["party"]).max() < 0.2 and abs(drawn["military"]).max() < 0.2
    before, after = months(1), months(1, on_sanctions=[0.0, 0.35, 0.0])
    assert after["regime_exit"][1] > before["regime_exit"][1]
    assert after["regime_exit"][0] == before["regime_exit"][0]


@truth(
    "published",
    source="geddes2014 and bell2016 by way of data/reign_regimes_2020.csv",
    kills="a hazard typed wrongly",
)
def test_the_baselines_are_those_of_the_spells():
    """Exits over months at risk and the 90 % interval, as printed by the tool."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from estimate_hazards import estimate, hazard
    finally:
        sys.path.remove(str(ROOT / "tools"))
    one = hazard(10, 1000.0)
    assert (one.low, one.central, one.high) == pytest.approx((0.005425, 0.01, 0.016962), abs=1e-6)
    found = estimate(shared_file("data/reign_regimes_2020.csv"))
    for kind in ("party", "personalist", "military"):
        row, seen = figures()["regime.base", kind], found[kind]
        assert (row.low, row.central, row.high) == pytest.approx(
            (seen.low, seen.central, seen.high), abs=6e-6
        )


@truth(
    "closed-form", source="card", kills="a concession of the safe, of a buyer, or without weight"
)
def test_a_regime_in_danger_gives_up_a_share_of_its_price():
    """CCC, all revolts twice as likely: danger .7 + .3 x 2 = 1.3 times; DDD is no regime."""
    twice = {"on_hunger": np.log(2.0) / 0.2}
    hungry = months(1, on_terms=0.5, **twice)["concession"]
    assert hungry == pytest.approx([1 - 1.3**-0.5, 0.0])
    assert (
        not months(1, on_terms=0.5)["concession"].any()
        and not months(1, **twice)["concession"].any()
    )
