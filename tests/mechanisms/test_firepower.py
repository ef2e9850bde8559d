"""Firepower: a weighed index of what was fired, each side against its own reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms import fire
from kautilya.mechanisms.firepower import LAW

KINDS = ("tube_round", "rocket_round", "fpv")
LINE = ("prewar", "new", "restored", "foreign")
HAND = Hand(
    LAW,
    {"belligerent": SIDES, "munition": KINDS},
    dict.fromkeys(KINDS, ("ready",)) | {"gun": LINE, "mlrs": LINE, "barrel": ("mounted",)},
)
PARAM = {"weight": [1.0, 3.0, 1.5], "reference": [2000.0, 500.0]}


@truth(
    "invariant",
    source="bookkeeping: labels of the settled routes",
    kills="fire of one munition or side booked under another",
)
def test_fire_is_booked_under_its_labels():
    routes = fire.build(HAND.world).routes
    ((name, one),) = routes.items()
    fired = HAND.step(param=PARAM, paid={"fire": {name: np.arange(6.0).reshape(2, 3)}})["fired"]
    for source, amount in zip(one.source.ravel(), np.arange(6.0), strict=True):
        row = HAND.world.rows[source]
        assert fired[SIDES.index(row.holder), KINDS.index(row.good)] == amount


@truth(
    "closed-form",
    source="card: sum of weight * fired / reference",
    kills="no weights; the reference of the other side",
)
def test_the_index_by_hand():
    """(1000 + 3 * 200 + 1.5 * 400) / 2000 = 1.1 and (100 + 3 * 50 + 0) / 500 = 0.5."""
    out = HAND.step(
        param=PARAM, paid={"fire": {"fired": [[1000.0, 200.0, 400.0], [100.0, 50.0, 0.0]]}}
    )
    assert out["firepower"] == pytest.approx([1.1, 0.5])


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.floats(0, 1e4), st.floats(0.1, 10.0))
@truth("invariant", source="substitution at the weight", kills="an index that is not linear")
def test_drones_stand_in_for_shells(shells, weight):
    """`shells` fewer and shells / weight more drones: the same index."""
    param = PARAM | {"weight": [1.0, 3.0, weight]}
    plain = [[1e4, 20.0, 7.0], [1e4, 0.0, 0.0]]
    moved = [[1e4 - shells, 20.0, 7.0 + shells / weight], plain[1]]
    one, two = (
        HAND.step(param=param, paid={"fire": {"fired": fired}})["firepower"]
        for fired in (plain, moved)
    )
    assert one == pytest.approx(two)
