"""What decides a claim, the box in which it turns, and the change that flips it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, ndtri
from support.conventions import truth

from kautilya.claims.assumptions import Assumptions, Decisive, rank, ranked, screened
from kautilya.claims.flips import box, goal_of, logit, run_all, search

FUTURES = 4000
SETTINGS = SimpleNamespace(holds=0.8, fails=0.2, learned=0.9)


def row(i):
    return SimpleNamespace(
        id=f"f{i}",
        parameter=f"law.p{i}",
        actor="",
        partner="",
        good="",
        stage="",
        label="",
        month="",
        unit="1",
        grade="F6",
        status="assumed",
        source="assumed",
        low=0.0,
        central=None,
        high=1.0,
        distribution="uniform",
        factor=1.0,
    )


def drawn(n=40, futures=FUTURES, seed=0):
    """Independent figures, uniform on 0 to 1."""
    u = np.random.default_rng(seed).uniform(size=(n, futures))
    rows = tuple(row(i) for i in range(n))
    return Assumptions(
        rows,
        np.arange(n),
        np.ones(n),
        u,
        u.astype(np.float32),
        np.zeros(n, dtype=bool),
        np.full(n, np.sqrt(1 / 12)),
    )


@truth(
    "closed-form",
    source="shares of a sum: a^2 / sum a^2",
    kills="squared coefficients without 2k + 1; the bias of chance left in",
)
def test_shares_of_a_sum():
    given = drawn()
    y = 4 * given.ranks[3] + 2 * given.ranks[7] + 1 * given.ranks[9]
    y = (y - y.mean()) / y.std()
    shares, statistic = screened(y[None], given.ranks)
    assert shares[[3, 7, 9], 0] == pytest.approx([16 / 21, 4 / 21, 1 / 21], abs=0.03)
    assert np.delete(shares[:, 0], [3, 7, 9]).max() < 0.01
    assert statistic[3, 0] > statistic[7, 0] > statistic[9, 0]


@truth("closed-form", source="a curve with no slope: u (1 - u)", kills="straight lines only")
def test_a_curve_without_slope_is_seen():
    given = drawn()
    found = rank([given.ranks[5] * (1 - given.ranks[5]) > 0.2], [None], given)[0]
    assert [one.row.id for one in found] == ["f5"]
    assert found[0].share > 0.6


@truth("invariant", source="independence", kills="a bound that lets luck through")
def test_luck_is_not_listed():
    """50 claims that have nothing to do with 40 figures: at most one is listed for one of them."""
    given = drawn()
    rng = np.random.default_rng(1)
    truths = [rng.uniform(size=FUTURES) > 0.3 for _ in range(50)]
    found = rank(truths, [None] * 50, given)
    assert sum(len(one) for one in found) <= 2


@truth("other-program", source="SALib RBD-FAST", kills="the ranking read from the wrong column")
def test_salib_ranks_what_was_screened():
    given = drawn()
    y = given.ranks[2] + 0.5 * given.ranks[11] > 0.9
    found = rank([y], [None], given)[0]
    assert [one.row.id for one in found] == ["f2", "f11"]
    assert found[0].share > found[1].share > 0.02
    assert found[0].low_end < 0.1 and found[0].high_end > 0.6


@truth("closed-form", source="order statistics", kills="a quantity ranked where truth still varies")
def test_where_all_futures_agree_the_quantity_is_ranked():
    given = drawn()
    value = 10 + given.values[4]
    found = rank([value > 5, value > 10.5], [value, value], given)
    assert [one[0].of for one in found] == ["quantity", "truth"]
    assert found[0][0].row.id == "f4" and found[0][0].share == pytest.approx(1.0, abs=0.05)
    assert rank([np.ones(FUTURES, dtype=bool)], [None], given) == [[]]
    assert ranked(np.array([3.0, 1.0, 2.0])).tolist() == pytest.approx([5 / 6, 1 / 6, 3 / 6])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(4))
@truth(
    "other-program",
    source="EMA Workbench 2.5.3, analysis.prim (bryant2010)",
    kills="another box of the same peeling; limits of a figure given to its neighbour",
)
def test_the_box_is_that_of_ema_workbench(seed: int):
    """Its box with the largest harmonic mean, limit by limit; one figure has five values only."""
    prim = pytest.importorskip("ema_workbench.analysis.prim", reason="extra [study] is absent")
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(1000, 3))
    x[:, 1] = np.round(4 * x[:, 1]) / 4
    given = drawn(3)._replace(values=x.T)
    found = [Decisive(given.rows[k], k, 0.1, 0.1, 0.9, "truth") for k in range(3)]
    turned = x[:, 0] + 0.5 * x[:, 1] + 0.2 * rng.normal(size=len(x)) > 1.1
    theirs = prim.Prim(
        pd.DataFrame(x, columns=list("abc")), turned, threshold=float(turned.mean())
    ).find_box()
    path = theirs.peeling_trajectory
    score = 2 * path.coverage * path.density / (path.coverage + path.density)
    best = int(score.fillna(0.0).to_numpy().argmax())
    made = box(~turned, found, given)
    low, high = theirs.box_lims[best].to_numpy()
    limits = {
        found[k].says: (low[k], high[k])
        for k in range(3)
        if low[k] > x[:, k].min() or high[k] < x[:, k].max()
    }
    assert {name: (a, b) for name, a, b, _ in made.limits} == limits and limits
    assert made.coverage == pytest.approx(path.coverage[best])
    assert made.density == pytest.approx(path.density[best])


@truth("closed-form", source="the corner u1 > .7, u2 > .6", kills="coverage and density swapped")
def test_prim_finds_the_corner():
    given = drawn(6)
    turned = (given.values[1] > 0.7) & (given.values[2] > 0.6)
    found = rank([~turned], [None], given)[0]
    made = box(~turned, found, given)
    limits = {name: (low, high) for name, low, high, _ in made.limits}
    assert set(limits) == {"law.p1", "law.p2"}
    assert limits["law.p1"][0] == pytest.approx(0.7, abs=0.06)
    assert limits["law.p2"][0] == pytest.approx(0.6, abs=0.06)
    assert made.coverage > 0.85 and made.density > 0.85
    assert "too few" in box(np.ones(FUTURES, dtype=bool), found, given).note


@truth("closed-form", source="logistic model with known slopes", kills="slopes of the wrong sign")
def test_slopes_are_found():
    q = ndtri(drawn(2, 20_000).ranks.astype(float).clip(1e-6, 1 - 1e-6))
    t = np.random.default_rng(2).uniform(size=20_000) < expit(0.5 + 2 * q[0] - 1 * q[1])
    start, slope = logit(t, q)
    assert (start, *slope) == pytest.approx((0.5, 2, -1), abs=0.1)


def trial_of(slope, start, given):
    """The true probability with some figures fixed, by the model that made the futures."""
    q = ndtri(given.ranks[:2].astype(float).clip(1e-6, 1 - 1e-6))

    def probability(changes):
        fixed = {one.figure: ndtri(one.value) for one in changes}
        parts = [slope[i] * fixed.get(f"f{i}", q[i]) for i in range(2)]
        return float(np.mean(expit(start + sum(parts))))

    return lambda asked: {c: probability(changes) for c, changes in asked.items()}


@truth(
    "closed-form",
    source="logistic model with known slopes",
    kills="a step away from the goal; the first that flips kept without being made smaller",
)
def test_the_smallest_change_flips():
    given = drawn(2, 20_000)
    q = ndtri(given.ranks.astype(float).clip(1e-6, 1 - 1e-6))
    t = np.random.default_rng(2).uniform(size=20_000) < expit(2.0 + 2 * q[0] - 1 * q[1])
    found = rank([t], [None], given)[0]
    made = search(t, found, given, given.rows, goal_of("holds", float(t.mean()), SETTINGS))
    trial = trial_of((2, -1), 2.0, given)
    run_all({0: made}, trial)
    assert trial({0: made.best})[0] < 0.5
    assert made.best[0].figure == "f0" and made.best[0].z < 0
    nearly = made.changes(made.flipped - 0.3)
    assert trial({0: nearly})[0] > 0.5, "a clearly smaller step does not flip"
    again = made.best
    made.lengthen()
    assert abs(made.best[0].z) > abs(again[0].z)


@truth("invariant", source="docs/claims.md", kills="a change outside the declared range")
def test_where_nothing_flips_it_is_said():
    given = drawn(2, 4000)
    q = ndtri(given.ranks.astype(float).clip(1e-6, 1 - 1e-6))
    t = np.random.default_rng(2).uniform(size=4000) < expit(3.0 + 0.5 * q[0] + 0.3 * q[1])
    found = rank([t], [None], given)[0]
    made = search(t, found, given, given.rows, goal_of("holds", float(t.mean()), SETTINGS))
    tried = []
    trial = trial_of((0.5, 0.3), 3.0, given)

    def watched(asked):
        tried.extend(asked[0])
        return trial(asked)

    run_all({0: made}, watched)
    assert made.best == () and made.done
    assert all(0 <= one.value <= 1 for one in tried)
    assert min(one.value for one in tried) < 0.01, "the end of the range was tried"


@truth("closed-form", source="docs/claims.md", kills="a flip that only reaches 'cannot say' at .8")
@pytest.mark.parametrize(
    ("verdict", "p", "goal"),
    [
        ("holds", 0.9, (0.5, False)),
        ("fails", 0.1, (0.5, True)),
        ("cannot say", 0.7, (0.8, True)),
        ("cannot say", 0.3, (0.2, False)),
        ("not identified", 0.4, (0.2, False)),
        ("cannot say", 0.85, (0.5, False)),
        ("cannot say", 0.15, (0.5, True)),
    ],
)
def test_goals_of_a_flip(verdict, p, goal):
    assert goal_of(verdict, p, SETTINGS) == goal
