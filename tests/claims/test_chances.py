"""Probabilities from futures, weighings of the evidence, and words."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth

from kautilya.claims.weighing import (
    belief,
    certain,
    chance,
    likelihood,
    on_model,
    on_record,
    shapes,
    weigh,
    weigh_record,
    weightings,
    wilson,
)


@truth("other-program", source="statsmodels.stats.proportion", kills="Wald instead of Wilson")
@settings(deadline=None)
@given(st.integers(1, 5000), st.data())
def test_interval_is_wilsons(n, data):
    from statsmodels.stats.proportion import proportion_confint

    k = data.draw(st.integers(0, n))
    assert wilson(k / n, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)


@truth("invariant", source="rare events", kills="an event never seen called impossible")
def test_what_was_never_seen_is_not_impossible():
    made = chance(np.zeros(1000, dtype=bool))
    assert made.value == 0 and 0.003 < made.high < 0.005 and made.error > 0
    assert chance(np.ones(1000, dtype=bool)).low < 1
    nothing = chance(np.zeros(0, dtype=bool))
    assert np.isnan(nothing.value) and (nothing.low, nothing.high) == (0.0, 1.0)
    assert certain(1.0).error == 0


@truth("closed-form", source="kish1965", kills="the error of weighted futures as if all counted")
def test_weighted_futures_count_less():
    weights = np.array([1.0] * 50 + [3.0] * 50)
    made = chance(np.arange(100) >= 50, weights)
    assert made.value == pytest.approx(0.75)
    assert made.futures == pytest.approx(200**2 / (50 + 450))
    assert made.error == pytest.approx(np.sqrt(0.75 * 0.25 / 80))


@truth("closed-form", source="integrals by hand", kills="a shape that does not integrate to one")
def test_shapes_are_densities():
    u = (np.arange(100_000) + 0.5) / 100_000
    assert shapes(u).mean(axis=1) == pytest.approx([1, 1, 1, 1], abs=1e-6)
    assert (shapes(u) >= 0).all()
    assert (shapes(u) * u).mean(axis=1) == pytest.approx([1 / 2, 1 / 3, 2 / 3, 1 / 2], abs=1e-6)
    assert set(np.unique(shapes(u, two_values=True))) == {0.5, 1.0, 1.5}


@truth(
    "closed-form",
    source="w / 2 + (1 - w) / 4 and 3 / 4 by hand",
    kills="the declared distribution dropped; the range taken one way only",
)
def test_a_figure_believed_by_half_moves_the_claim_both_ways():
    u = (np.arange(100_000) + 0.5) / 100_000
    row = SimpleNamespace(grade="F6", distribution="uniform")
    halved = SimpleNamespace(id="halved", weights={"F": 0.5})
    found = weigh((u > 0.5).astype(float), u[None], [row], halved)
    assert found.low.value == pytest.approx(0.5 * 0.5 + 0.5 * 0.25, abs=1e-4)
    assert found.high.value == pytest.approx(0.5 * 0.5 + 0.5 * 0.75, abs=1e-4)
    assert found.low.futures == pytest.approx(100_000 / (1 + 0.25 / 3), rel=1e-3)
    believed = weigh((u > 0.5).astype(float), u[None], [row], SimpleNamespace(id="x", weights={}))
    assert believed.low.value == believed.high.value == pytest.approx(0.5)


@truth(
    "invariant",
    source="berger1986: the class holds the declared distribution",
    kills="a range that does not hold the declared probability",
)
@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_the_range_holds_the_declared_answer(seed, w):
    rng = np.random.default_rng(seed)
    ranks = rng.uniform(size=(3, 400))
    t = (ranks[0] + rng.normal(0, 0.5, 400) > 0.5).astype(float)
    rows = [SimpleNamespace(grade=g, distribution="uniform") for g in ("F6", "D3", "A1")]
    found = weigh(t, ranks, rows, SimpleNamespace(id="x", weights={"F": w, "3": w}))
    assert found.low.value <= t.mean() + 1e-12 and found.high.value >= t.mean() - 1e-12


@truth("closed-form", source="counted by hand", kills="the larger of letter and digit; F6 ignored")
def test_grades_are_believed_as_declared():
    weights = {"C": 0.8, "4": 0.5, "F6": 0.1, "F": 0.4, "6": 0.3}
    assert [belief(weights, g) for g in ("C4", "C2", "F6", "A6", "B1")] == [0.5, 0.8, 0.1, 0.3, 1.0]
    right = weigh_record(True, "C4", SimpleNamespace(id="x", weights=weights))
    wrong = weigh_record(False, "C4", SimpleNamespace(id="x", weights=weights))
    assert (right.low.value, right.high.value) == (0.5, 1.0)
    assert (wrong.low.value, wrong.high.value) == (0.0, 0.5)


@truth("invariant", source="docs/claims.md", kills="verdicts that skip the declared evidence")
def test_the_declared_evidence_is_always_weighed():
    other = SimpleNamespace(id="other", weights={"F": 0.5})
    same = SimpleNamespace(id="plain", weights={})
    assert [w.id for w in weightings(SimpleNamespace(weighting=[other]))] == [
        "as_declared",
        "other",
    ]
    assert [w.id for w in weightings(SimpleNamespace(weighting=[same, other]))] == [
        "plain",
        "other",
    ]


@truth(
    "required",
    source="badges and confidence stand apart from likelihood",
    kills="confidence that follows the probability",
)
def test_confidence_says_why():
    assert on_record(["F6", "B2"]).level == "high"
    assert on_record(["F6"]).level == "low" and on_record([]).level == "moderate"
    bare = SimpleNamespace(share=0.3, row=SimpleNamespace(status="assumed", grade="F6"))
    sourced = SimpleNamespace(share=0.3, row=SimpleNamespace(status="reported", grade="B2"))
    assert on_model([bare], 0.0, False).level == "low"
    assert on_model([sourced], 0.0, True).level == "high"
    assert on_model([sourced], 0.5, True).level == "moderate"
    assert on_model([], 0.0, False).level == "low", "that nothing moves it is no evidence"
    assert on_model([], 0.0, False, "B2").level == "moderate"
    assert on_model([], 0.0, False, "C4").level == on_model([], 0.0, False, "D2").level == "low"
    assert "assumed" in on_model([bare], 0.0, False).because
    assert likelihood(0.97) == "almost certain"
