"""Belief in strength: a Gaussian filter, by its closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.belief_strength import LAW

HAND = Hand(LAW, {"belligerent": SIDES})


def learn(ratios, start=(0.0, 0.0), doubt=0.25, noise=0.3, drift=0.0):
    """Beliefs [month, side] and variances while effectiveness is (ratio, 1)."""
    belief, variance, out = np.asarray(start, float), doubt, []
    for ratio in ratios:
        done = HAND.step(
            var={
                "strength_belief": belief,
                "belief_variance": variance,
                "effectiveness": [ratio, 1.0],
            },
            param={"noise": noise, "drift": drift},
            luck={"error": [0.0, 0.0]},
        )
        belief, variance = done["strength_belief"], done["belief_variance"]
        out.append((*belief, float(variance)))
    return np.array(out)


@truth(
    "closed-form",
    source="gelman2013: normal mean, known variance",
    kills="a gain of the wrong variance",
)
def test_precisions_add_up():
    """Without drift, n readings: precision 1/P + n/noise^2, mean weighed by precision."""
    seen = np.log([0.5, 2.0, 1.5, 0.8])
    out = learn(np.exp(seen), start=(0.7, -0.2))
    precision = 1 / 0.25 + 4 / 0.09
    assert out[-1, 2] == pytest.approx(1 / precision, rel=1e-12)
    for side, (start, sign) in enumerate(((0.7, 1.0), (-0.2, -1.0))):
        mean = (start / 0.25 + sign * seen.sum() / 0.09) / precision
        assert out[-1, side] == pytest.approx(mean, rel=1e-12)


@truth("closed-form", source="kalman1960: steady state", kills="drift that is not squared")
def test_variance_settles():
    """P = (-q + sqrt(q^2 + 4 q r)) / 2 with q = drift^2, r = noise^2."""
    q, r = 0.05**2, 0.3**2
    out = learn(np.ones(400), drift=0.05)
    assert out[-1, 2] == pytest.approx((np.sqrt(q * q + 4 * q * r) - q) / 2, rel=1e-9)


@truth("symmetry", source="two equal sides", kills="a lead with the wrong sign on one side")
def test_the_war_teaches_optimism_away():
    """Equal sides that both believe in themselves: the sum falls each month, and to nothing."""
    out = learn(np.ones(300), start=(0.5, 0.5))
    both = out[:, 0] + out[:, 1]
    assert np.all(np.diff(both) < 0) and both[-1] < 0.01
    apart = learn(np.full(50, 2.0))
    np.testing.assert_allclose(apart[:, 0], -apart[:, 1])
    assert apart[-1, 0] > 0
