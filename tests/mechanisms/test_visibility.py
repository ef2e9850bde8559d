"""Visibility: Bayes by hand, symmetry, and what absence says."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.visibility import LAW, SIGNALS, drawn

STATES = ("AAA", "BBB", "CCC")
HAND = Hand(LAW, {"supplier": STATES, "offer": ("shell", "part"), "hidden": ("shell",)})
BACK, ADDED = [0.05, 0.02, 0.01, 0.004], [0.1, 0.05, 0.02, 0.3]
OPEN = np.array([[0.5, 1.0, 2.0], [0.3, 1.0, 4.0], [2.0, 1.0, 10.0], [1.0, 1.0, 1.0]])
NONE = np.zeros((4, 3))


def believed(seen=NONE, before=0.2, name="belief", **changes):
    """Belief after a month, while the record drives; or another variable."""
    param = {
        "opening": np.zeros(3),
        "begins": 0.01,
        "ends": 0.03,
        "background": BACK,
        "added": ADDED,
        "openness": OPEN,
        "heeds": 0.0,
    } | changes
    return HAND.step(
        param=param,
        series={k: row for k, row in zip(SIGNALS, np.asarray(seen), strict=True) if k != "summit"},
        var={
            "belief": np.broadcast_to(before, 3),
            "shipped": np.zeros((3, 2)),
            "met": np.asarray(seen)[SIGNALS.index("summit")],
        },
        luck={"seen": np.full(3, 0.5)},
        record=1.0,
    )[name]


@truth(
    "closed-form",
    source="Bayes' rule with every signal written out",
    kills="a likelihood ratio upside down; an update before the prediction",
)
def test_posterior_equals_bayes_by_hand():
    """All 16 patterns of signals, three states that differ in openness."""
    prior = 0.2 + 0.8 * 0.01 - 0.2 * 0.03
    for pattern in product((0.0, 1.0), repeat=4):
        got = believed(np.repeat(np.array(pattern)[:, None], 3, axis=1))
        for i in range(3):
            yes, no = prior, 1 - prior
            for seen, back, added, usual in zip(pattern, BACK, ADDED, OPEN[:, i], strict=True):
                false = back * usual
                true = false + added - false * added
                yes *= true if seen else 1 - true
                no *= false if seen else 1 - false
            assert got[i] == pytest.approx(yes / (yes + no), rel=1e-12)


@truth("symmetry", source="relabelling", kills="a belief that depends on the order of states")
def test_relabelling_changes_nothing():
    """States and their figures in another order: the same beliefs in that order."""
    rng = np.random.default_rng(2)
    seen, before = (rng.random((4, 3)) < 0.5).astype(float), rng.random(3)
    plain = believed(seen, before)
    for order in ([2, 0, 1], [1, 0, 2]):
        moved = believed(seen[:, order], before[order], openness=OPEN[:, order])
        assert np.array_equal(moved, plain[order])


@truth("order", source="card", kills="silence that says nothing; a signal that acquits")
def test_absence_lowers_and_signals_raise():
    """With no change of the hidden state: silence lowers, each signal raises over silence."""
    still = {"begins": 0.0, "ends": 0.0}
    quiet = believed(**still)
    assert (quiet < 0.2).all()
    for k in range(4):
        seen = NONE.copy()
        seen[k] = 1.0
        assert (believed(seen, **still) > quiet).all()
    odds = 0.25 * np.prod(1 - np.array(ADDED))
    assert quiet == pytest.approx(odds / (1 + odds))
    assert believed(np.ones((4, 3)), added=np.zeros(4), **still) == pytest.approx(0.2)


@truth("order", source="card", kills="openness that multiplies both likelihoods")
def test_a_leader_who_hardly_travels_tells_more():
    """One summit: most informative for the most isolated state."""
    summit = NONE.copy()
    summit[1] = 1.0
    after = believed(summit)
    assert after[0] > after[1] > after[2]


@truth("order", source="card", kills="summits that say how often two navies drill")
def test_drills_are_held_against_the_usual_number_of_drills():
    """A drill of a pair that drills ten times as often tells less, whatever its leaders do."""
    drill = NONE.copy()
    drill[2] = 1.0
    after = believed(drill, openness=np.where(np.arange(4)[:, None] == 1, OPEN, 1.0))
    often = believed(drill, openness=OPEN)
    assert often[2] < after[2] and often[1] == pytest.approx(after[1])


@truth("closed-form", source="independent events", kills="one draw that ties the kinds together")
def test_one_draw_serves_all_kinds():
    """Shares of all 16 patterns over an even grid of draws are products of the chances."""
    chance = np.array([0.3, 0.05, 0.6, 0.2])
    grid = (np.arange(400_000) + 0.5) / 400_000
    hits = np.asarray(drawn(grid, np.broadcast_to(chance[:, None], (4, grid.size))))
    for pattern in product((False, True), repeat=4):
        share = (hits == np.array(pattern)[:, None]).all(axis=0).mean()
        wanted = np.prod(np.where(pattern, chance, 1 - chance))
        assert share == pytest.approx(wanted, abs=2e-5)


@truth("closed-form", source="card", kills="signals of what is no hidden supply; of last year's")
def test_signals_after_the_record_follow_supply():
    """A draw between f and h is seen only where hidden goods moved, not for other goods."""
    param = {
        "opening": np.zeros(3),
        "begins": 0.0,
        "ends": 0.0,
        "background": [0.01] * 4,
        "added": [0.5, 0, 0, 0],
        "openness": np.ones((4, 3)),
        "heeds": 0.0,
    }
    shipped = [[5.0, 0.0], [0.0, 5.0], [0.0, 0.0]]
    out = HAND.step(
        param=param,
        var={"belief": np.full(3, 0.5), "shipped": shipped, "met": [0.0, 0.0, 1.0]},
        series={name: np.zeros(3) for name in SIGNALS if name != "summit"},
        luck={"seen": np.full(3, 0.4)},
    )
    assert out["signal_seen"][0].tolist() == [1.0, 0.0, 0.0]
    assert out["signal_seen"][1].tolist() == [0.0, 0.0, 1.0], "a summit is a meeting of leaders"
    assert out["belief"][0] > 0.9 and out["belief"][1] == pytest.approx(1 / 3)


@truth("closed-form", source="card", kills="a class that nobody hides watched; belief that deters")
def test_what_is_believed_anyway_or_never_seen_deters_less():
    """1 where designations follow the deed; else the chance to be found out by who does not know."""
    assert np.all(believed(name="watch") == 1.0)
    belief, watch = believed(), np.asarray(believed(name="watch", heeds=1.0))
    found = 1 - np.prod(1 - np.array(ADDED)) ** 12
    assert watch[:, 0] == pytest.approx(found * (1 - np.asarray(belief))) and np.all(
        watch[:, 1] == 1
    )
    assert np.all(believed(name="watch", heeds=1.0, added=np.zeros(4))[:, 0] == 0.0)
