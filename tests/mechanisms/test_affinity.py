"""Affinity: fed by meetings, noisy, soon faded."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand
from support.handmade import carried

from kautilya.mechanisms.affinity import LAW

HAND = Hand(LAW, {"supplier": ("PRK", "CHN")})
PARAM = {"rest": [0.1, 0.2], "keep": 0.8, "meeting": 0.5, "noise": 0.05}
CALM = {"mood": [0.0, 0.0]}


@truth("closed-form", source="linear recursion with constant input", kills="keep or rest left out")
def test_affinity_closes_in_on_its_fixed_point():
    seen = carried(
        HAND,
        "affinity",
        [0.9, 0.0],
        20,
        param=PARAM,
        luck=CALM,
        var={"tie": [0.3, 0.3], "met": [0.0, 0.1]},
    )
    fixed = np.array([0.1, 0.2 + 0.5 * 0.1 / 0.2])
    start = np.array([0.9, 0.0])
    assert seen == pytest.approx(fixed + (start - fixed) * 0.8 ** np.arange(1, 21)[:, None])


@truth("invariant", source="card", kills="an affinity below nothing; a share above one")
def test_bounds():
    out = HAND.step(
        param=PARAM,
        luck={"mood": [-99.0, 99.0]},
        var={"tie": [0.3, 0.3], "affinity": [0.1, 0.1], "met": [0.0, 0.0]},
    )
    assert out["affinity"][0] == 0.0 and out["affinity_share"][0] == 0.0
    assert 0.9 < out["affinity_share"][1] < 1.0


@truth("order", source="what the law imposes", kills="a meeting that cools; a meeting of another")
def test_a_meeting_warms_the_pair_that_met():
    met, apart = (
        HAND.step(
            param=PARAM,
            luck=CALM,
            var={"tie": [0.3, 0.3], "affinity": [0.1, 0.1], "met": visits},
        )["affinity"]
        for visits in ([1.0, 0.0], [0.0, 0.0])
    )
    assert met[0] == pytest.approx(apart[0] + 0.5) and met[1] == apart[1]
