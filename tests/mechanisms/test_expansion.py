"""Expansion: output of new weapons doubles, slower every year, as men and parts allow."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.expansion import LAW

HAND = Hand(
    LAW,
    {"belligerent": SIDES, "made": ("tank", "drone")},
    {"tank": ("new",), "drone": ("ready",), "component": ("ready",)},
)
PARAM = {"doublings": [[0.0, 2.0], [0.0, 1.0]], "damping": 0.5, "begun": [[0.0, 6.0], [0.0, 6.0]]}
EATEN = {"production": {"used": [[0.0, 60.0], [0.0, 0.0]], "used_elsewhere": [40.0, 10.0]}}


def month(t: int, parts=(1e9, 1e9), record=0.0, grown=1.0, hands=(1.0, 1.0)):
    stock = {(side, "component", "ready"): x for side, x in zip(SIDES, parts, strict=True)}
    var = {"grown": np.full((2, 2), grown), "labour_factor": list(hands)}
    return HAND.step(HAND.stock(stock), month=t, record=record, var=var, param=PARAM, paid=EATEN)[
        "grown"
    ]


@truth(
    "closed-form",
    source="expansion card: log 2 doublings / 12 a month, damped by the year",
    kills="a rate by the year taken for one by the month; growth that does not slow; growth before "
    "it begins or while the record drives; the rate of the other side",
)
def test_the_rate_and_when():
    assert month(6)[:, 1] == pytest.approx([2 ** (2 / 12), 2 ** (1 / 12)])
    assert month(18, grown=3.0)[0] == pytest.approx([3.0, 3 * 2 ** (1 / 12)])
    assert month(5) == pytest.approx(np.ones((2, 2)))
    assert month(18, record=1.0, grown=3.0) == pytest.approx(np.ones((2, 2)))


@truth(
    "closed-form",
    source="expansion card: hands times parts",
    kills="growth without imported parts or without men; parts of the other side; parts beyond one",
)
def test_men_and_parts_limit_it():
    """A month used 100: with 25 left growth is a quarter; with none it stops."""
    short = month(6, parts=(25.0, 1e9), hands=(0.8, 1.0))
    assert short[:, 1] == pytest.approx([2 ** (2 / 12 * 0.25 * 0.8), 2 ** (1 / 12)])
    assert month(6, parts=(0.0, 0.0))[:, 1] == pytest.approx([1.0, 1.0])
