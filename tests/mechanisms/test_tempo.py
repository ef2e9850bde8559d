"""Tempo: the observed profile, the walk of its level, the latent departure."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand, Wide

from kautilya.mechanisms.tempo import LAW

HAND = Hand(LAW, {"struck": ("tank", "person")})
PARAM = {"walk": 0.1, "persistence": 0.6, "volatility": 0.2}


def month(base, record: float, index, drift: float = 0.0, shock: float = 0.0, **more):
    return HAND.step(
        month=5,
        record=record,
        param=PARAM,
        series={"index": index},
        luck={"shock": shock, "step": [1.0, -1.0]},
        var={"tempo_base": base, "tempo_drift": drift, **more},
    )


@truth(
    "closed-form",
    source="AR(1): s^2 / (1 - r^2)",
    kills="mean of the tempo above its base; volatility taken for the stationary deviation",
)
def test_stationary_moments():
    """From the first month to the 60th the log departure has sd 0.25, and the tempo keeps its mean
    while its level walks."""
    many, luck = 20_000, np.random.default_rng(1)
    drift, base = np.zeros(many), np.tile([[0.8], [1.6]], (1, many))
    for t in range(60):
        view = HAND.view(
            HAND.stock({}, many),
            month=t,
            param=PARAM | {"walk": 0.02},
            series={"index": [0.0, 0.0]},
            luck={
                "shock": Wide(luck.normal(size=many)),
                "step": Wide(luck.normal(size=(2, many))),
            },
            var={"tempo_base": Wide(base), "tempo_drift": Wide(drift)},
        )
        out = HAND.run(view)
        drift, base = np.asarray(out["tempo_drift"]), np.asarray(out["tempo_base"])
        assert drift.std() == pytest.approx(0.25, rel=0.05), t
    assert drift.var() == pytest.approx(0.04 / (1 - 0.36), rel=5 * (2 / many) ** 0.5)
    assert np.log(base).std(axis=1) == pytest.approx(0.02 * 60**0.5, rel=0.05)
    assert np.asarray(out["tempo_shock"]).mean() == pytest.approx(1.0, abs=5 * 0.25 / many**0.5)
    assert np.asarray(out["tempo"]).mean(axis=1) == pytest.approx([0.8, 1.6], rel=0.01)


@truth("closed-form", source="tempo card", kills="a record that drives after its end, or beside it")
def test_the_record_sets_the_base_and_then_lets_go():
    step = np.exp(np.array([0.1, -0.1]) - 0.005)
    seen = month([1.0, 1.0], 1.0, [0.45, 0.0])["tempo_base"]
    assert seen == pytest.approx([0.45, step[1]])  # no record for men this month
    after = month([0.45, 3.0], 0.0, [9.0, 9.0])["tempo_base"]
    assert after == pytest.approx([0.45 * step[0], 3.0 * step[1]])


@truth("closed-form", source="tempo card", kills="two processes that move the losses at once")
def test_it_stands_still_where_the_record_is_carried_on():
    led = month([0.45, 3.0], 0.0, [9.0, 9.0], drift=0.5, shock=2.0, pace=[1.0, 1.0])
    assert led["tempo_base"] == pytest.approx([0.45, 3.0])
    assert led["tempo_drift"] == pytest.approx(0.3)
    seen = month([0.45, 3.0], 1.0, [0.5, 2.0], drift=0.5, shock=2.0, pace=[1.0, 1.0])
    assert seen["tempo_drift"] == pytest.approx(0.3 + 0.4)
