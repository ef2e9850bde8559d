"""Tempo: the observed profile, the return to a level, the latent departure."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand, Wide

from kautilya.mechanisms.tempo import LAW

HAND = Hand(LAW, {"struck": ("tank", "person")})
PARAM = {"after": [0.8, 1.6], "return": 0.1, "persistence": 0.6, "volatility": 0.2}


def month(base, record: float, index, drift: float = 0.0, shock: float = 0.0):
    return HAND.step(
        month=5,
        record=record,
        param=PARAM,
        series={"index": index},
        luck={"shock": shock},
        var={"tempo_base": base, "tempo_drift": drift},
    )


@truth(
    "closed-form",
    source="AR(1): s^2 / (1 - r^2)",
    kills="mean of the tempo above its base; volatility taken for the stationary deviation",
)
def test_stationary_moments():
    """From the first month to the 60th the log departure has sd 0.25 and the tempo the mean of its
    base."""
    many, luck = 20_000, np.random.default_rng(1)
    drift = np.zeros(many)
    for t in range(60):
        view = HAND.view(
            HAND.stock({}, many),
            month=t,
            param=PARAM,
            series={"index": [0.0, 0.0]},
            luck={"shock": Wide(luck.normal(size=many))},
            var={"tempo_base": [0.8, 1.6], "tempo_drift": Wide(drift)},
        )
        out = HAND.run(view)
        drift = np.asarray(out["tempo_drift"])
        assert drift.std() == pytest.approx(0.25, rel=0.05), t
    assert drift.var() == pytest.approx(0.04 / (1 - 0.36), rel=5 * (2 / many) ** 0.5)
    assert np.asarray(out["tempo_shock"]).mean() == pytest.approx(1.0, abs=5 * 0.25 / many**0.5)
    assert np.asarray(out["tempo"]).mean(axis=1) == pytest.approx([0.8, 1.6], rel=0.01)


@truth("closed-form", source="tempo card", kills="a record that drives after its end, or beside it")
def test_the_record_sets_the_base_and_then_lets_go():
    seen = month([1.0, 1.0], 1.0, [0.45, 0.0])["tempo_base"]
    assert seen == pytest.approx([0.45, 1.0 + 0.1 * 0.6])  # no record for men this month
    base = np.array([0.45, 3.0])
    for _ in range(24):
        base = month(base, 0.0, [9.0, 9.0])["tempo_base"]
    after = np.array([0.8, 1.6])
    assert base == pytest.approx(after + 0.9**24 * (np.array([0.45, 3.0]) - after))
