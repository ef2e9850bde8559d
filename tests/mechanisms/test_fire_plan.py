"""Fire plan: planned use moves with the month's departure from the expected tempo."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand, Wide

from kautilya.mechanisms.fire_plan import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "munition": ("tube_round", "fpv")})
PLANNED = np.array([[300.0, 40.0], [90.0, 100.0]])


@truth("closed-form", source="card: planned * shock", kills="a shock that is left out or added")
def test_plans_scale_with_the_shock():
    """Each future has its own shock; it falls on all sides and munitions alike."""
    out = HAND.step(param={"planned": PLANNED}, var={"tempo_shock": Wide([1.0, 0.5])})
    assert out["planned_use"].shape == (2, 2, 2)
    assert out["planned_use"] == pytest.approx(np.stack([PLANNED, PLANNED / 2], axis=-1))


@truth("closed-form", source="limit: no plan, no fire", kills="fire that nobody planned")
def test_without_a_plan_or_in_a_calm_nothing_is_planned():
    for planned, shock in ((0 * PLANNED, 3.0), (PLANNED, 0.0)):
        out = HAND.step(param={"planned": planned}, var={"tempo_shock": shock})
        assert not out["planned_use"].any()
