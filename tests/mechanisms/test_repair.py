"""Repair: an Erlang delay back to the line."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammainc
from support.conventions import truth
from support.hand import LINE, SIDES, Hand

from kautilya.mechanisms.repair import LAW

HAND = Hand(
    LAW, {"belligerent": ("AAA",), "equipment": ("tank",)}, {"tank": (*LINE, "repair1", "repair2")}
)


@pytest.mark.parametrize("delay", [0.5, 4.0])
@truth("closed-form", source="sterman2000: share out = P(2, 2t/L)", kills="one stage for two")
def test_repair_is_an_erlang_delay(delay: float):
    """The line starts at 300 and 100 and gets all back in that proportion."""
    stock = {
        ("AAA", "tank", "prewar"): 300.0,
        ("AAA", "tank", "new"): 100.0,
        ("AAA", "tank", "repair1"): 80.0,
    }
    months = HAND.months(10, stock, param={"delay": delay})
    back = [sum(month["AAA", "tank", v] for v in LINE) - 400 for month in months]
    assert back == pytest.approx(80 * gammainc(2, 2 * np.arange(1, 11) / delay), rel=1e-9)
    assert months[-1]["AAA", "tank", "prewar"] == pytest.approx(0.75 * (400 + back[-1]), rel=1e-9)


@truth("invariant", source="conservation", kills="0/0 where a side has no line left")
def test_an_empty_line_still_gets_its_repairs():
    months = HAND.months(60, {("AAA", "tank", "repair2"): 8.0}, param={"delay": 2.0})
    assert sum(months[-1]["AAA", "tank", v] for v in LINE) == pytest.approx(8.0)


@truth(
    "closed-form",
    source="limit: all is mended",
    kills="shares taken over the sides or classes; repairs that come back to another side or class",
)
def test_each_class_of_each_side_gets_its_own_back():
    """Lines and wrecks differ by side and class; after ten delays every line has its own."""
    hand = Hand(
        LAW,
        {"belligerent": SIDES, "equipment": ("tank", "gun")},
        dict.fromkeys(("tank", "gun"), (*LINE, "repair1", "repair2")),
    )
    lines = {
        (side, good): 10.0 ** (i + 2 * j)
        for i, side in enumerate(SIDES)
        for j, good in enumerate(("tank", "gun"))
    }
    stock = {(*at, "new"): n for at, n in lines.items()}
    stock |= {(*at, stage): 3 * n for at, n in lines.items() for stage in ("repair1", "repair2")}
    last = hand.months(20, stock, param={"delay": 2.0})[-1]
    assert [last[(*at, "new")] for at in lines] == pytest.approx([7 * n for n in lines.values()])
