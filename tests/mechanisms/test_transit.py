"""Transit: an Erlang delay, and a part that arrives unusable."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammainc
from support.conventions import truth
from support.hand import SIDES, Hand
from support.handmade import exchanged

from kautilya.mechanisms.transit import LAW

HAND = Hand(
    LAW,
    {"belligerent": ("AAA",), "shipped": ("tank", "tube_round", "person")},
    {
        "tank": ("foreign", "way1", "way2"),
        "tube_round": ("ready", "poor", "way1", "way2"),
        "person": ("line", "way1", "way2"),
    },
)
PARAM = {"lag": [[5.0, 2.0, 1.0]], "poor": [[0.1, 0.4, 0.0]]}


@truth(
    "closed-form",
    source="sterman2000: share out = P(2, 2t/L)",
    kills="the lag of another good; arrivals in the stage of another good",
)
def test_goods_arrive_late_and_in_part():
    """Poor rounds are kept as poor; poor vehicles are scrap; men go to the line."""
    stock = {("AAA", good, "way1"): 100.0 for good in ("tank", "tube_round", "person")}
    last = HAND.months(6, stock, param=PARAM)[-1]
    out = 100 * gammainc(2, 2 * 6 / np.array([5.0, 2.0, 1.0]))
    seen = [
        last["AAA", "tank", "foreign"],
        last["AAA", "tube_round", "ready"],
        last["AAA", "person", "line"],
    ]
    assert seen == pytest.approx(list(out * (1 - np.array(PARAM["poor"][0]))))
    assert last["AAA", "tube_round", "poor"] == pytest.approx(0.4 * out[1])
    assert last["scrap", "tank", ""] == pytest.approx(0.1 * out[0])


@truth(
    "symmetry",
    source="relabelling",
    kills="the lag or the spoilt share of the other side; goods that arrive at the other side",
)
def test_the_sides_may_be_exchanged():
    """Both orders of the sides, in stocks and parameters: the same flows under other names."""
    goods = ("tank", "tube_round")
    hand = Hand(
        LAW,
        {"belligerent": SIDES, "shipped": goods},
        dict.fromkeys(goods, ("foreign", "ready", "poor", "way1", "way2")),
    )
    lag, poor = [[5.0, 2.0], [1.0, 3.0]], [[0.1, 0.4], [0.0, 0.2]]
    one, two = (
        hand.paid(
            {
                (a, "tank", "way1"): 70.0,
                (a, "tube_round", "way2"): 900.0,
                (b, "tube_round", "way1"): 40.0,
            },
            param={"lag": lag[::turn], "poor": poor[::turn]},
        )
        for a, b, turn in ((*SIDES, 1), (*reversed(SIDES), -1))
    )
    assert exchanged(one) == pytest.approx(two)
    out = 1 - np.exp(-2 / 5.0) * (1 + 2 / 5.0)  # Erlang of two stages, one month
    assert one[("AAA", "tank", "way1"), ("AAA", "tank", "foreign")] == pytest.approx(63 * out)
