"""Erosion: return, decay, bounds, repeal."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.erosion import LAW

HAND = Hand(
    LAW,
    {
        "permanent": ("AAA",),
        "supplier": ("BBB", "ZZZ"),
        "target": ("ZZZ",),
        "buyer": ("AAA",),
        "offer": ("shell", "gun"),
    },
)
QUIET, DEAL, OTHER = np.zeros((2, 2)), [[0, 0], [0, 1.0]], [[1.0, 1.0], [0, 0]]


def after(months: int, panel: float, shipped, **changes: float) -> float:
    """Enforcement after some months from 0.5."""
    param = {
        "opening": 0.5,
        "ceiling": 0.8,
        "on_panel": 0.4,
        "on_deal": 0.5,
        "recovery": 0.1,
        "decay": 0.2,
    } | changes
    held = 0.5
    for _ in range(months):
        var = {
            "enforcement": held,
            "panel_alive": panel,
            "sanctions_in_force": 1.0,
            "shipped": shipped,
        }
        held = float(HAND.step(param=param, var=var)["enforcement"])
    return held


@truth("closed-form", source="geometric approach", kills="a recovery of the level, not the gap")
def test_kept_by_all_it_returns():
    """c - (c - e) (1 - r)^t; what the others receive from anyone is no breach."""
    assert after(7, 1.0, QUIET) == pytest.approx(0.8 - 0.3 * 0.9**7)
    assert after(7, 1.0, OTHER) == after(7, 1.0, QUIET)


@truth(
    "closed-form",
    source="e <- e (1 - b d - (1-b) r) + (1-b) r c",
    kills="breaches that add up to more than one",
)
def test_breach_wears_it_off():
    """Fixed point of a constant breach, and pure decay at full breach."""
    for panel, shipped, breach in ((0.0, QUIET, 0.4), (1.0, DEAL, 0.5), (0.0, DEAL, 0.9)):
        gain = (1 - breach) * 0.1
        assert after(400, panel, shipped) == pytest.approx(gain * 0.8 / (gain + breach * 0.2))
    full = after(5, 0.0, DEAL, on_panel=0.8, on_deal=0.8)
    assert full == pytest.approx(0.5 * 0.8**5)


@truth("order", source="card", kills="a loss that helps; an index outside 0 .. 1")
def test_order_and_bounds():
    """Panel and no deal > either lost > both lost; always between 0 and 1."""
    best, panel, deal, worst = (
        after(6, 1.0, QUIET),
        after(6, 1.0, DEAL),
        after(6, 0.0, QUIET),
        after(6, 0.0, DEAL),
    )
    assert best > max(panel, deal) and min(panel, deal) > worst
    extreme = {"recovery": 1.0, "decay": 1.0, "ceiling": 1.0, "on_panel": 1.0, "on_deal": 1.0}
    for held in (after(1, 0.0, DEAL, **extreme), after(1, 1.0, QUIET, **extreme)):
        assert 0.0 <= held <= 1.0


@truth("invariant", source="card", kills="enforcement of what was repealed")
def test_nothing_is_left_after_repeal():
    """Sanctions that do not stand are not enforced."""
    param = {
        "opening": 0.5,
        "ceiling": 0.8,
        "on_panel": 0.4,
        "on_deal": 0.5,
        "recovery": 0.1,
        "decay": 0.2,
    }
    var = {"enforcement": 0.7, "panel_alive": 0.0, "sanctions_in_force": 0.0, "shipped": QUIET}
    assert HAND.step(param=param, var=var)["enforcement"] == 0
