"""Heavy tails, counts and bent money."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from support.conventions import truth

from kautilya.mechanisms.formulas.tails import CUT, counted, student, unbent


@truth(
    "other-program",
    source="scipy.stats.t",
    kills="degrees of freedom of another tail; the sign lost; no cut",
)
@pytest.mark.parametrize("freedom", [3.0, 4.0, 1e6])
def test_quantiles_of_students_t(freedom):
    p = np.array([0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975, 0.99])
    expected = np.clip(stats.t.ppf(p, freedom), -CUT, CUT)
    got = np.asarray(student(stats.norm.ppf(p), freedom))
    assert got == pytest.approx(expected, rel=0.025, abs=1e-9)
    assert abs(float(student(30.0, 3.0))) == CUT


@truth(
    "other-program",
    source="scipy.stats.poisson",
    kills="a mean off by the quarter; counts that are no counts; the skew left out",
)
@pytest.mark.parametrize("mean", [0.3, 2.0, 40.0])
def test_counts_are_poisson(mean):
    n = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    got = np.asarray(counted(np.log(mean + 0.25), n))
    assert (got == np.floor(got)).all() and got.min() >= 0
    assert got.mean() == pytest.approx(mean, rel=0.01, abs=0.05)
    assert got.var() == pytest.approx(mean, rel=0.05, abs=0.1)
    for p in (0.1, 0.5, 0.9):
        assert abs(np.quantile(got, p) - stats.poisson.ppf(p, mean)) <= 1


@truth("closed-form", source="box1964: the inverse", kills="a power that is not undone")
def test_money_is_unbent():
    share = np.array([0.2, 1.0, 7.0])
    z = (share**0.4 - 1.0) / 0.4
    assert np.asarray(unbent(z, 0.4, 30.0)) == pytest.approx(30.0 * share)
    assert float(unbent(-2.6, 0.4, 30.0)) == 0.0
