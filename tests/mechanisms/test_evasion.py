"""Evasion: leakage, mark-up and what a route can carry."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.evasion import LAW, NO_LIMIT

HAND = Hand(
    LAW,
    {
        "route": ("CHN", "TUR", "EGY"),
        "reexporter": ("TUR", "EGY"),
        "supplier": ("PRK", "TUR", "CHN", "EGY"),
        "offer": ("tank", "component"),
        "leaked": ("component",),
    },
)
PARAM = {
    "share": [0.5, 0.1],
    "base": [1000.0, 4000.0],
    "capacity": [[300.0, 200.0], [80.0, 300.0], [20.0, 5.0]],
    "response": [0.5, 1.0, 0.0],
    "open": [1.0, 1.0, 1.0],
    "enforcement": 0.0,
    "toll": 0.1,
    "risk": 0.2,
    "scarcity": 0.4,
}


def run(**param):
    return HAND.step(param=PARAM | param)


@truth("closed-form", source="card", kills="a class that fills another's routes; the wrong base")
def test_routes_fill_up():
    """Dual-use: 500 wanted, 400 carried; other: 400 wanted, 505 could be carried."""
    out = run()
    assert out["leakage"] == pytest.approx([0.4, 0.1])
    assert out["route_room"] == pytest.approx([400.0, 505.0])
    assert out["markup"] == pytest.approx([1.0, 1.1 + 0.4 * 0.2])


@truth(
    "published",
    source="cn_customs2024, tr_trade2024 by way of facts/d_thirdparties.csv",
    kills="a response that is not a logarithm",
)
def test_listed_chinese_exports_fall_as_they_did():
    """D001, D002: 600 to 310 million a month; the response is the log of their ratio."""
    alone = run(
        open=[1.0, 0.0, 0.0],
        enforcement=1.0,
        response=[np.log(600 / 310), 0.0, 0.0],
        capacity=[[600.0, 1.0], [1.0, 1.0], [1.0, 1.0]],
    )
    assert alone["route_room"][0] == pytest.approx(310.0)


@truth("closed-form", source="card", kills="shut routes that still carry; a mark-up without cause")
def test_shut_routes():
    out = run(open=[0.0, 0.0, 0.0])
    assert not out["leakage"].any() and out["markup"][1] == pytest.approx(1 + 0.1 + 0.4)


@truth("closed-form", source="card", kills="a limit on arms, on makers, or on another's route")
def test_only_who_passes_goods_on_is_limited():
    limit = run(enforcement=1.0)["route_limit"]
    assert limit[:, 1] == pytest.approx([NO_LIMIT, 80 * exp(-1), NO_LIMIT, 20.0])
    assert np.all(limit[:, 0] == NO_LIMIT)


@truth("order", source="what the law imposes", kills="a sign of the response or of the risk")
def test_enforcement_never_helps_evasion():
    steps = [run(enforcement=e) for e in (0.0, 0.5, 1.0, 2.0, 4.0)]
    for less, more in zip(steps, steps[1:], strict=False):
        assert np.all(more["leakage"] <= less["leakage"])
        assert np.all(more["markup"] >= less["markup"])
