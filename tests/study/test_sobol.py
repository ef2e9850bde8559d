"""Sobol' indices: the function of Ishigami, SALib on the same runs, groups, convergence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc
from support.conventions import truth

from kautilya.runs.designs import NOTHING, radial, saltelli, stepped
from kautilya.study.sobol import indices, slopes, split, spread_of_pairs

A, B = 7.0, 0.1
FIRST = (0.31390519114781146, 0.4424111447900409, 0.0)
TOTAL = (0.5575888552099592, 0.4424111447900409, 0.2436836640621477)


def ishigami(u: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def swapped(u: np.ndarray, rows, groups: np.ndarray) -> np.ndarray:
    """Inputs of the rows of a design: `base`, but one group from `other`."""
    return np.where(groups[None] == rows.swapped[:, None], u[rows.other], u[rows.base])


def points(base: int, dims: int) -> np.ndarray:
    both = qmc.Sobol(2 * dims, scramble=True, rng=np.random.default_rng(3)).random(base)
    return np.stack([both[:, :dims], both[:, dims:]], axis=1).reshape(-1, dims)


@truth(
    "closed-form",
    source="ishigami1990; indices by integration",
    kills="an estimator with B and AB exchanged; a variance of A alone",
)
def test_indices_of_ishigami():
    """Within 0.01 of the exact indices at 2^13 base points, and the errors cover the truth."""
    u, rows = points(2**13, 3), saltelli(0, 2**13, 3)
    found = indices(ishigami(swapped(u, rows, np.arange(3)))[:, None], 3)
    assert np.abs(found.first[:, 0] - FIRST).max() < 0.01
    assert np.abs(found.total[:, 0] - TOTAL).max() < 0.01
    assert np.all(np.abs(found.total[:, 0] - TOTAL) < 1.5 * found.total_error[:, 0])


@pytest.mark.filterwarnings("ignore")
@truth(
    "other-program",
    source="SALib 1.6, analyze.sobol",
    kills="a centre taken from A alone; "
    "rows in another order than SALib's; an error without the factor 1.96",
)
def test_indices_equal_those_of_salib():
    """The same runs give SALib's indices to 1e-6, and its errors within the noise of resampling."""
    salib = pytest.importorskip("SALib.analyze.sobol", reason="extra [study] is absent")
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    u, rows = points(512, 3), saltelli(0, 512, 3)
    y = ishigami(swapped(u, rows, np.arange(3)))
    theirs = salib.analyze(problem, y, calc_second_order=False, seed=1)
    ours = indices(y[:, None], 3)
    assert np.abs(ours.first[:, 0] - theirs["S1"]).max() < 1e-6
    assert np.abs(ours.total[:, 0] - theirs["ST"]).max() < 1e-6
    assert np.abs(ours.total_error[:, 0] / theirs["ST_conf"] - 1).max() < 0.35


@truth(
    "closed-form",
    source="variances by hand",
    kills="a switch that needs an order; draws that hang together taken one from each run",
)
def test_a_switch_and_draws_that_hang_together():
    """y = 3 s + a + b + s c: a switch s of chance 0.3, a and b tied (b = a where u_b < 0.8, as
    accounts tie figures: one group, moved together), c alone. Uniforms have variance 1/12."""
    u, rows = points(2**12, 4), saltelli(0, 2**12, 3)
    x = swapped(u, rows, np.array([0, 1, 1, 2]))  # u_s; u_a, u_b; u_c
    s = (x[:, 0] < 0.3).astype(float)
    b = np.where(x[:, 2] < 0.8, x[:, 1], x[:, 2])
    found = indices((3 * s + x[:, 1] + b + s * x[:, 3])[:, None], 3)
    pair = (x[:, 1] + b).var()  # the one variance that is not known by hand
    chance = 0.3 * 0.7
    of_s, of_c, both = 3.5**2 * chance, 0.3**2 / 12, chance / 12
    whole = of_s + pair + of_c + both
    assert found.first[:, 0] == pytest.approx(np.array([of_s, pair, of_c]) / whole, abs=0.02)
    assert found.total[:, 0] == pytest.approx(
        np.array([of_s + both, pair, of_c + both]) / whole, abs=0.02
    )


@truth(
    "closed-form",
    source="sum of independent terms",
    kills="a group of which one member is left behind",
)
def test_a_group_carries_what_its_members_carry():
    """y = x1 + 2 x2 + 3 x3: the group of x1 and x3 carries (1 + 9) / 14."""
    groups = np.array([0, 1, 0])
    u, rows = points(2**12, 3), saltelli(0, 2**12, 2)
    found = indices((swapped(u, rows, groups) @ [1.0, 2.0, 3.0])[:, None], 2)
    assert np.allclose(found.total[:, 0], [10 / 14, 4 / 14], atol=0.01)
    assert np.allclose(found.first[:, 0], found.total[:, 0], atol=0.01)


@truth("closed-form", source="differences of a linear function", kills="a step taken the wrong way")
def test_screening_of_a_linear_function():
    """|AB_j - A| = weight |u' - u|; of independent uniforms its mean is a third."""
    u, rows = points(2**12, 3), radial(2**12, 3)
    size, _, total = spread_of_pairs((swapped(u, rows, np.arange(3)) @ [1.0, 2.0, 0.0])[:, None], 3)
    assert np.allclose(size[:, 0], [1 / 3, 2 / 3, 0.0], atol=0.01)
    assert np.allclose(total[:, 0], [1 / 5, 4 / 5, 0.0], atol=0.01)


@truth("invariant", source="runs/designs.py", kills="a second round that repeats the first")
def test_rounds_add_up_to_the_whole_design():
    parts = [saltelli(0, 4, 3), saltelli(4, 8, 3)]
    whole = saltelli(0, 8, 3)
    for k in range(3):
        assert (np.concatenate([one[k] for one in parts]) == whole[k]).all()
    a, ab, b = split(whole.base + 0.0, 3)
    assert (b == a + 1).all() and (ab == a[:, None]).all()
    assert (whole.swapped.reshape(8, 5) == [NOTHING, 0, 1, 2, NOTHING]).all()


@truth("invariant", source="study/sobol.py", kills="a lost future that turns every index into NaN")
def test_a_lost_run_takes_only_its_base_point_along():
    u, rows = points(256, 3), saltelli(0, 256, 3)
    y = ishigami(swapped(u, rows, np.arange(3)))[:, None]
    y[5 * 7 + 2] = np.nan
    found = indices(np.concatenate([y, np.ones_like(y)], axis=1), 3)
    assert np.isfinite(found.total[:, 0]).all() and np.isnan(found.total[:, 1]).all()


@truth(
    "closed-form",
    source="sobol2009: slopes of a linear function and of a step",
    kills="a half "
    "step that is not doubled; a bound that is no bound; a jump that passes for smooth",
)
def test_slopes_bound_the_total_index_where_it_is_smooth():
    """y = x1 + 2 x2: slopes 1 and 2 over V = 5/12; the indices 1/5, 4/5 lie below the bounds. A
    jump in x3 is seen as not smooth at the few points that cross it, and nowhere else."""
    base, step = 4096, 0.02
    start = points(base, 3)[0::2]
    inward = np.where(start < 0.5, step, -step)
    u = np.stack([start, start + inward, start + inward / 2], axis=1).reshape(-1, 3)
    rows = stepped(base, 3)
    x = swapped(u, rows, np.arange(3))
    y = np.stack([x @ [1.0, 2.0, 0.0], x @ [1.0, 2.0, 0.0] + (x[:, 2] > 0.25)], axis=1)
    found = slopes(y, 3, step)
    assert np.allclose(found.bound[:, 0], np.array([1.0, 4.0, 0.0]) * 12 / 5 / np.pi**2, rtol=0.02)
    assert (found.bound[:2, 0] > [1 / 5, 4 / 5]).all() and (found.smooth[:, 0] == 1).all()
    assert found.smooth[2, 1] == pytest.approx(1 - step, abs=0.005)
    assert found.bound[2, 1] > 1.0
