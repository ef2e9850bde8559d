"""Fleet: quality of the line, equipment against establishment, effectiveness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.core.world import LINE
from kautilya.mechanisms.fleet import LAW

HAND = Hand(
    LAW,
    {"belligerent": SIDES, "equipment": ("tank", "gun")},
    {"tank": LINE, "gun": LINE, "person": ("line",)},
)
PARAM = {
    "quality": [1.0, 1.1, 0.6, 0.9],
    "establishment": [[100.0, 40.0], [60.0, 80.0]],
    "soldiers": [900.0, 300.0],
    "weight": [0.5, 0.3, 0.2],
}
FULL = {
    ("AAA", "tank", "prewar"): 100.0,
    ("AAA", "gun", "prewar"): 40.0,
    ("AAA", "person", "line"): 900.0,
    ("BBB", "tank", "prewar"): 60.0,
    ("BBB", "gun", "prewar"): 80.0,
    ("BBB", "person", "line"): 300.0,
}


@truth(
    "closed-form",
    source="limit: a full pre-war force at the reference fire counts as 1",
    kills="the establishment of the other side or class; the mean taken over the sides",
)
def test_a_full_force_counts_as_one():
    out = HAND.step(FULL, param=PARAM, var={"firepower": [1.0, 1.0]})
    assert out["effectiveness"] == pytest.approx([1.0, 1.0])
    assert out["equipped"] == pytest.approx(np.ones((2, 2)))
    assert out["quality"] == pytest.approx(np.ones((2, 2)))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(*[st.floats(0.01, 2.0)] * 3, st.floats(0.1, 50.0))
@truth(
    "closed-form",
    source="Cobb-Douglas, weights sum to 1",
    kills="weights that are not normalised; weights of men and kit exchanged; a plain mean",
)
def test_effectiveness_is_cobb_douglas(men, kit, fire, scale):
    """Only the proportions of the weights count; side B stays as it is."""
    share = {"person": men, "tank": kit, "gun": kit}
    stock = {at: n * share[at[1]] if at[0] == "AAA" else n for at, n in FULL.items()}
    param = PARAM | {"weight": scale * np.array(PARAM["weight"])}
    out = HAND.step(stock, param=param, var={"firepower": [fire, 1.0]})
    assert out["effectiveness"] == pytest.approx([men**0.5 * kit**0.3 * fire**0.2, 1.0])


@truth(
    "closed-form",
    source="card: quality is the mean over vintages, weighed by number",
    kills="a mean over vintages that does not weigh; kit that counts vehicles, not quality;"
    " a force in the place of its establishment",
)
def test_quality_is_the_mean_of_the_line():
    """30 pre-war, 10 new, 60 restored tanks: (30 + 11 + 36) / 100; none at all: 0, not nan."""
    line = dict(zip(LINE, (30.0, 10.0, 60.0, 0.0), strict=True))
    stock = {("AAA", "tank", v): n for v, n in line.items()} | {("AAA", "person", "line"): 900.0}
    param = PARAM | {"weight": [0.0, 1.0, 0.0]}
    out = HAND.step(stock, param=param, var={"firepower": [1.0, 1.0]})
    assert out["quality"] == pytest.approx(np.array([[0.77, 0.0], [0.0, 0.0]]))
    assert out["equipped"] == pytest.approx(np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert out["effectiveness"] == pytest.approx([0.77 / 2, 0.0], abs=1e-5)
    assert np.array_equal(out["full_kit"], PARAM["establishment"])
    assert np.array_equal(out["full_men"], PARAM["soldiers"])
