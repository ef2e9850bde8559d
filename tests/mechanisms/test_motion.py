"""Motion: the record stands, then each series moves by itself and with the others."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand, Wide

from kautilya.mechanisms.motion import LAW

HAND = Hand(LAW, {"watched": ("count", "money"), "driver": ("war", "eye")})
SIZES = {
    "walk": [0.1, 0.05], "noise": [0.2, 0.3], "growth": [0.03, 0.02], "damping": [0.9, 0.8],
    "transient": [0.2, 0.1], "fading": [0.7, 0.6], "load": [[0.4, 0.0], [0.3, 0.0]],
    "lasting": [0.8, 0.1], "tail": [1e9, 1e9], "shared_tail": [1e9, 1e9], "carries": [1.0, 0.0],
    "power": [0.0, 0.4], "mean": [1.0, 50.0], "most": [1e9, 1e9], "endures": [0.0, 1.0],
    "least": [1e9, 60.0],
    "level": [5.0, 0.0], "rise": [0.0, 0.0], "passing": [0.0, 0.0], "common": [0.0, 0.0],
}  # fmt: skip
STILL = {"leap": 0.0, "turn": 0.0, "gust": 0.0, "blur": 0.0, "tally": 0.0, "shared": 0.0}


def month(var, record=0.0, seen=(-1.0, -1.0), t=5, luck=None, many=1):
    view = HAND.view(
        HAND.stock({}, many), month=t, record=record, param=SIZES,
        series={"record": list(seen)},
        luck={k: Wide(np.broadcast_to(v, (2, many))) for k, v in (luck or STILL).items()},
        var={k: Wide(np.broadcast_to(v, (2, many))) for k, v in var.items()},
    )  # fmt: skip
    return {k: np.asarray(v) for k, v in HAND.run(view).items()}


BEGIN = {
    "seen_level": [[5.0], [0.0]], "seen_growth": [[0.1], [0.0]], "seen_passing": [[0.5], [0.0]],
    "seen_common": [[1.0], [1.0]], "published": 0.0, "intensity": 0.0, "at_war": 1.0,
}  # fmt: skip


@truth(
    "closed-form", source="motion card", kills="a state that moves while the record is published"
)
def test_the_record_is_published_and_the_state_stands():
    held = month(BEGIN, record=1.0, seen=(120.0, -1.0))
    assert held["published"][0, 0] == 120.0
    assert held["seen_level"][0, 0] == 5.0 and held["seen_passing"][0, 0] == 0.5
    late = month(BEGIN, record=1.0)  # the as-of month, of which nothing is known
    assert late["seen_level"][0, 0] == pytest.approx(5.1)
    after = month(BEGIN, record=0.0, seen=(120.0, 3.0))  # a record that came later is not looked at
    assert after["published"][0, 0] == pytest.approx(
        np.round(np.exp(5.1 + 0.35 + 0.32 + 0.03) - 0.25)
    )


@truth(
    "closed-form",
    source="motion card: what carries is the war's",
    kills="the eye counted as war; the transient left out of the intensity; a bent share taken for a "
    "logarithm; what a late source does not tell counted as published, or taken from the war",
)
def test_intensity_is_what_the_war_does():
    now = month(BEGIN)
    assert now["intensity"][0, 0] == pytest.approx(5.1 + 0.35 + 0.4 * 0.8)
    assert now["published"][1, 0] == pytest.approx(50.0)
    bent = np.log(1 + 0.4 * 0.5) / 0.4  # a bent share of 0.5 as a logarithm
    paid = month(BEGIN | {"seen_level": [[5.0], [0.5]], "told": [[0.25], [1.0]]})
    assert paid["intensity"][1, 0] == pytest.approx(bent)
    whole = np.exp(5.1 + 0.35 + 0.32 + 0.03)
    assert paid["published"][0, 0] == pytest.approx(np.round(0.25 * whole - 0.25))
    small = month(BEGIN | {"seen_level": [[5.0], [-1.2]]})  # 50 (1 - 0.48)^2.5 = 9.7, under 30
    assert small["published"][1, 0] == 0.0 and small["published"][0, 0] > 0
    ended = month(BEGIN | {"at_war": 0.0})
    assert ended["published"][0, 0] == 0.0 and ended["published"][1, 0] == pytest.approx(50.0)


@truth(
    "closed-form",
    source="moments of a local level with damped growth after 12 months",
    kills="a size taken for another; growth that does not fade; factors drawn for each series",
)
def test_spread_after_a_year():
    many, rng = 40_000, np.random.default_rng(3)
    var = {k: np.zeros((2, many)) for k in BEGIN} | {"at_war": 1.0}
    for _ in range(12):
        luck = {k: rng.standard_normal((2, many)) for k in STILL}
        out = month(var, luck=luck, many=many)
        var = {k: out[k] for k in out} | {"at_war": 1.0}
    d = 0.9
    lag = np.subtract.outer(np.arange(12), np.arange(12))
    growth = (
        0.03**2
        * (d ** np.abs(lag))
        * (1 - d ** (2 * np.minimum.outer(np.arange(12), np.arange(12))))
    )
    level = 12 * 0.1**2 + growth[:12, :12].sum()
    assert var["seen_level"][0].var() == pytest.approx(level, rel=0.04)
    assert var["seen_passing"][0].var() == pytest.approx(0.2**2 * (1 - 0.7**24), rel=0.04)
    assert var["seen_common"].var(axis=1) == pytest.approx([1 - 0.8**24, 1.0], rel=0.04)
