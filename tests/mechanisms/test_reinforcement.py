"""Reinforcement: the record and what joins besides, as far as it arrives."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.reinforcement import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "force": ("men",)}, {"men": ("ready",)})


@truth("closed-form", source="card", kills="a share that falls on the record or on the rest only")
def test_the_share_falls_on_all_who_come():
    out = HAND.step(
        series={"landed": [[40.0], [0.0]]},
        param={"joins": [[10.0], [6.0]], "arrives": [0.5, 1.0]},
    )
    assert np.asarray(out["joined"]) == pytest.approx(np.array([[25.0], [6.0]]))
