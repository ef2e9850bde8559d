"""Alignment: ideal points that fade, jump once a year, and have heavy tails."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from support.conventions import truth
from support.hand import Hand, Wide

from kautilya.mechanisms.alignment import LAW, YEARS

POINT = np.array([-1.5, 2.0, 0.4])
HAND = Hand(LAW, {"supplier": ("PRK", "USA"), "buyer": ("RUS",)}, tables={"ideal_point": POINT})
PARAM = {"persistence": 0.9, "innovation": 0.3, "age": 2.0, "closer": 0.0}


def luck(futures: int = 1, seed: int = 0) -> dict[str, Wide]:
    """Draws of the law for some futures."""
    rng = np.random.default_rng(seed)
    return {
        "shock": Wide(rng.normal(size=(2, YEARS, futures))),
        "tail": Wide(rng.exponential(size=(2, 2 * YEARS, futures))),
        "buyer_shock": Wide(rng.normal(size=(1, YEARS, futures))),
        "buyer_tail": Wide(rng.exponential(size=(1, 2 * YEARS, futures))),
    }


def run(month: int, shift=(0.0, 0.0), buyer=(0.0,), futures: int = 1, tie=(0.0, 0.0), **param):
    wide = np.ones(futures)
    var = {"ideal_shift": Wide(np.outer(shift, wide)), "buyer_shift": Wide(np.outer(buyer, wide))}
    var["tie"] = Wide(np.outer(tie, wide))
    return HAND.step(month=month, param=PARAM | param, luck=luck(futures), var=var)


@truth("closed-form", source="card: AR(1) without innovation", kills="fading each month; no age")
def test_without_innovation_points_fade_once_a_year():
    """Two years to the start, then one a year; nothing in between."""
    shift, buyer, seen = np.zeros(2), np.zeros(1), []
    for month in range(25):
        out = run(month, shift, buyer, innovation=0.0)
        shift, buyer = out["ideal_shift"], out["buyer_shift"]
        seen.append(out["ideal_now"])
    for month, years in ((0, 2), (11, 2), (12, 3), (23, 3), (24, 4)):
        assert seen[month] == pytest.approx(POINT[:2] * 0.9**years)
    assert POINT[2] + buyer == pytest.approx(POINT[2] * 0.9**4)


@truth(
    "closed-form",
    source="Student's t with four degrees of freedom, variance 1",
    kills="a normal innovation; a tail of other degrees; luck of another year",
)
def test_innovations_have_a_heavy_tail():
    out = run(12, persistence=1.0, futures=20000)
    jump = out["ideal_shift"][0] / 0.3 * np.sqrt(2.0)  # variance 1 -> that of t with 4 degrees
    assert stats.kstest(jump, stats.t(4).cdf).pvalue > 0.01
    assert stats.kstest(jump / np.sqrt(2.0), stats.norm.cdf).pvalue < 1e-6


@truth("closed-form", source="card", kills="agreement with the observed point only")
def test_agreement():
    out = run(5, shift=(1.0, 0.0), buyer=(-0.9,))
    assert out["agreement"] == pytest.approx([1.0, np.exp(-2.5)])


@truth(
    "published",
    source="bailey2017, release of April 2020",
    kills="a scale of the innovation that makes a known jump impossible",
)
def test_the_jump_on_record_is_rare_but_possible():
    """North Korea moved from -2.1011 (2014) to -0.1495 (2019): under a normal innovation of
    .25 a year such a walk has a chance below 1e-3, with the heavy tail it is several times that."""
    rng = np.random.default_rng(1)
    z, e = rng.normal(size=(5, 400_000)), rng.exponential(size=(2, 5, 400_000)).sum(0)
    moved = 2.1011 - 0.1495
    heavy, light = ((np.abs(0.2512 * walk.sum(0)) > moved).mean() for walk in (z / np.sqrt(e), z))
    assert light < 1e-3 < heavy * 2 and heavy > 3 * light


@truth("invariant", source="card", kills="luck that runs out silently")
def test_a_longer_horizon_is_refused():
    world = HAND.world
    long = type(world)(("2022-01",) * (12 * YEARS + 1), world.sets, world.rows, world.tables)
    with pytest.raises(ValueError, match="carries luck"):
        LAW.build(long)


@truth("closed-form", source="card", kills="a tie that drives apart, or pulls without being one")
def test_ties_draw_partners_together():
    """Half of the distance times tie / (1 + tie) goes a year; nothing between years."""
    apart = run(12, innovation=0.0)
    close = run(12, tie=(3.0, 0.0), innovation=0.0, closer=0.5)
    point, home = np.asarray(apart["ideal_now"]), POINT[2] + np.asarray(apart["buyer_shift"])[0]
    moved = np.asarray(close["ideal_now"]) - point
    assert moved == pytest.approx([0.5 * 0.75 * (home - point[0]), 0.0])
    assert np.array_equal(run(13, tie=(3.0, 3.0), closer=0.5)["ideal_shift"], np.zeros(2))
