"""Fire: the smallest of plan, launchers and free stock."""

from __future__ import annotations

import pytest
from support.conventions import truth
from support.hand import LINE, SIDES, Hand

from kautilya.mechanisms.fire import LAW

MUNITIONS = ("drone", "tube_round", "rocket_round")
HAND = Hand(
    LAW,
    {"belligerent": SIDES, "munition": MUNITIONS},
    {"gun": LINE, "mlrs": LINE, "barrel": ("mounted",)} | {m: ("ready",) for m in MUNITIONS},
)
PARAM = {"tube_ceiling": 30.0, "rocket_ceiling": 10.0}
STOCK = {
    ("AAA", "gun", "prewar"): 60.0,
    ("AAA", "gun", "foreign"): 40.0,
    ("AAA", "barrel", "mounted"): 90.0,
    ("AAA", "mlrs", "new"): 20.0,
    **{("AAA", m, "ready"): 1e5 for m in MUNITIONS},
}


def fired(stock, planned=(1e4, 1e4, 1e4), held=(0.0, 0.0, 0.0)):
    nil = (0.0, 0.0, 0.0)
    flows = HAND.asked(
        STOCK | stock, param=PARAM, var={"planned_use": [planned, nil], "held": [held, nil]}
    )
    return [flows[("AAA", m, "ready"), ("battlefield", m, "")] for m in MUNITIONS]


@truth("closed-form", source="sterman2000: Leontief", kills="a limit of another munition or side")
def test_each_limit_binds_alone():
    """Drones need no launcher; 90 barrels on 100 guns fire 2,700; 20 launchers fire 200."""
    assert fired({}) == pytest.approx([10_000, 2_700, 200])
    assert fired({("AAA", "barrel", "mounted"): 500.0})[1] == pytest.approx(3_000)
    assert fired({}, planned=(5.0, 6.0, 7.0)) == pytest.approx([5, 6, 7])
    low = {("AAA", m, "ready"): 50.0 for m in MUNITIONS}
    assert fired(low) == pytest.approx([50, 50, 50])


@truth("closed-form", source="law `hold`", kills="stock that is held and fired all the same")
def test_what_is_held_is_not_fired():
    low = {("AAA", m, "ready"): 50.0 for m in MUNITIONS}
    assert fired(low, held=(20.0, 50.0, 80.0)) == pytest.approx([30, 0, 0])
