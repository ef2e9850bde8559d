"""PRIM: equal to EMA Workbench's, finds a planted box, quick; discovery around it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.study.discovery import Search, discover, distances
from kautilya.study.prim import chosen, prim, pruned, quasi_p


def planted(n: int, dims: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points in the unit cube; cases where x0 > 0.6 and x1 < 0.4, some turned by chance; every
    third column holds few values, so that there are ties."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, dims))
    x[:, 2::3] = np.round(8 * x[:, 2::3]) / 8
    return x, ((x[:, 0] > 0.6) & (x[:, 1] < 0.4)) ^ (rng.random(n) < noise)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("noise,alpha", [(0.0, 0.1), (0.1, 0.05), (0.2, 0.1)])
@truth(
    "other-program",
    source="EMA Workbench 2.5.3, analysis.prim (bryant2010)",
    kills="another quantile at ties; a gain not divided by the points lost; no pasting",
)
def test_trajectory_equals_that_of_ema_workbench(noise: float, alpha: float):
    """The same boxes in the same order, limit by limit, and the same quasi-p values."""
    pd = pytest.importorskip("pandas")
    ema = pytest.importorskip("ema_workbench.analysis.prim", reason="extra [study] is absent")
    x, y = planted(600, 5, noise, 4)
    frame = pd.DataFrame(x, columns=list("abcde"))
    theirs = ema.Prim(frame, y, threshold=0.1, peel_alpha=alpha).find_box()
    ours = prim(x, y, alpha)
    table = theirs.peeling_trajectory
    assert len(table) == len(ours.boxes) > 5
    assert np.abs(table.coverage - [box.coverage for box in ours.boxes]).max() < 1e-12
    assert np.abs(table.density - [box.density for box in ours.boxes]).max() < 1e-12
    low, high = theirs.box_lims[-1].to_numpy()
    last = ours.boxes[-1]
    assert np.abs(low - last.low).max() < 1e-12 and np.abs(high - last.high).max() < 1e-12
    seen = quasi_p(x, y, ours, last)
    for name, values in theirs.qp[-1].items():
        mine = np.where(np.isnan(seen["abcde".index(name)]), -1, seen["abcde".index(name)])
        assert np.allclose(mine, values, rtol=1e-9)


@truth(
    "closed-form",
    source="a box that was put there",
    kills="limits at the wrong end; a dim that plays no part",
)
def test_the_planted_box_is_found():
    x, y = planted(4000, 6, 0.02, 1)
    peeled = prim(x, y)
    box = chosen(peeled)
    limited = peeled.limited(box)
    assert limited[0, 0] and limited[1, 1] and abs(box.low[0] - 0.6) < 0.03
    assert abs(box.high[1] - 0.4) < 0.03
    assert box.density > 0.85 and box.coverage > 0.75
    p = quasi_p(x, y, peeled, box)
    assert p[0, 0] < 1e-9 and p[1, 1] < 1e-9
    assert all(p[d, e] > 1e-4 for d in range(2, 6) for e in (0, 1) if limited[d, e])
    assert (box.inside(x).sum(), (box.inside(x) & y).sum()) == (box.points, box.cases)


@truth(
    "invariant",
    source="a bar of 1.5 s for 10,000 points in 13 dims",
    kills="a sort of every column in every box by hand",
)
def test_ten_thousand_points_in_thirteen_dims_are_quick():
    """Processor time, so that a busy machine does not fail it."""
    x, y = planted(10_000, 13, 0.03, 0)
    begun = time.process_time()
    assert len(prim(x, y).boxes) > 50
    assert time.process_time() - begun < 1.5


@truth(
    "closed-form",
    source="distribution functions counted by hand",
    kills="a distance taken inside a run of equal values",
)
def test_distances_of_two_samples():
    x = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0], [4.0, 1.0]])
    y = np.array([True, True, False, False])
    assert np.allclose(distances(x, y), [1.0, 0.0])
    assert np.allclose(distances(x, y[[0, 2, 1, 3]]), [0.5, 0.0])


@truth(
    "closed-form",
    source="a box that was put there, and none",
    kills="a null without shuffling; figures picked once for all shuffles",
)
def test_discovery_trusts_what_is_there_and_not_what_is_not():
    """The planted box beats every shuffle and comes again in half-samples; noise does not."""
    x, y = planted(1500, 30, 0.02, 2)
    names = [f"figure-{k}" for k in range(30)]
    found = discover(x, y, names, Search(dims=6, shuffles=10))
    assert {"figure-0", "figure-1"} <= set(found.names[:2])
    assert found.box.density > found.null.max() + 0.2
    assert found.again[0, 0] == pytest.approx(1) and found.again[1, 0] == pytest.approx(1)
    noise = discover(x, np.random.default_rng(1).permutation(y), names, Search(dims=6, shuffles=10))
    assert noise.box.density < noise.null.max() + 0.1


@pytest.mark.filterwarnings("ignore")
@truth("closed-form", source="a box that was put there", kills="limits of a leaf read upside down")
def test_tree_and_logistic_point_the_same_way():
    pytest.importorskip("sklearn", reason="extra [study] is absent")
    x, y = planted(2000, 4, 0.0, 5)
    found = discover(x, y, list("abcd"), Search(dims=4, shuffles=2))
    tree = dict(zip(found.names, zip(found.tree.low, found.tree.high, strict=True), strict=True))
    assert tree["a"][0] == pytest.approx(0.6, abs=0.01)
    assert tree["b"][1] == pytest.approx(0.4, abs=0.01)
    assert found.tree.density > 0.95
    assert found.logistic["a"] > 1 and found.logistic["b"] < -1


@truth("closed-form", source="counted", kills="a box from five futures")
def test_too_rare_is_refused():
    x, y = planted(200, 3, 0.0, 1)
    with pytest.raises(KautilyaError) as caught:
        discover(x, np.arange(200) < 3, list("abc"))
    assert "3 of 200" in str(caught.value)


@truth(
    "closed-form",
    source="a box that was put there",
    kills="a sure limit that is dropped; a limit dropped without counting anew",
)
def test_limits_that_are_not_sure_are_dropped():
    """What is left of the planted box are its two limits, with the cases it then holds."""
    x, y = planted(3000, 6, 0.1, 3)
    peeled = prim(x, y)
    box = pruned(x, y, peeled, chosen(peeled))
    assert [tuple(one) for one in np.argwhere(peeled.limited(box))] == [(0, 0), (1, 1)]
    inside = box.inside(x)
    assert (box.points, box.cases) == (inside.sum(), (inside & y).sum())
    assert np.nanmax(quasi_p(x, y, peeled, box)) <= 0.05
