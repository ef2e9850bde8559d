"""Politics: covariates and their centring."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.politics import FACTORS, LAW

SETS = {"supplier": ("PRK", "CHN", "JPN"), "buyer": ("RUS",), "leader": ("USA",)}
TABLES = {
    "ally": np.eye(5)[[3, 1, 2, 3, 4]],
    "ideal_point": [-1.5, -1.0, 1.0, -0.5, 2.0],
    "sanctioned": [1.0, 0.2, 0.0, 0.9, 0.0],
    "un_agreement": [1.0, 0.5, 0.0, 1.0, 0.0],
    "bans": [0.0, 0.0, 1.0, 0.0, 1.0],
}
STILL = {"ideal_shift": np.zeros(3), "buyer_shift": np.zeros(1)}
RAW = {
    "ally": [1, 0, 0],
    "alignment": [-1.0, -0.5, -1.5],
    "enemy": [0.9, 0.18, 0.0],
    "reputation": [0.0, -0.5, -1.0],
    "revision": [3.5, 3.0, 1.0],
    "own_ban": [0, 0, -1],
}


@truth("closed-form", source="politics card", kills="a sign, a wrong partner")
def test_covariates():
    """Counted by hand; all but the ban less their mean over the suppliers."""
    seen = Hand(LAW, SETS, tables=TABLES).step(var=STILL)["politics"]
    for row, name in zip(seen, FACTORS, strict=True):
        raw = np.array(RAW[name], float)
        assert row == pytest.approx(raw - (raw.mean() if name != "own_ban" else 0)), name


@truth("invariant", source="politics card", kills="centring over all actors, or over time")
def test_covariates_are_centred_so_that_the_constant_keeps_its_meaning():
    seen = Hand(LAW, SETS, tables=TABLES).step(var=STILL)["politics"]
    sums = seen.sum(axis=1)
    assert sums[[i for i, name in enumerate(FACTORS) if name != "own_ban"]] == pytest.approx(0.0)
    far = TABLES | {"ideal_point": np.array(TABLES["ideal_point"]) + 7.0}
    assert Hand(LAW, SETS, tables=far).step(var=STILL)["politics"] == pytest.approx(seen)


@truth("closed-form", source="politics card", kills="drift that moves the supplier and not the gap")
def test_factors_follow_points_that_drift():
    """The buyer moves by .7, Japan by -.2: distances less their mean; all else stands."""
    moved = {"ideal_shift": np.array([0.0, 0.0, -0.2]), "buyer_shift": np.array([0.7])}
    seen, still = (Hand(LAW, SETS, tables=TABLES).step(var=v)["politics"] for v in (moved, STILL))
    raw = -np.abs(np.array([-1.5, -1.0, 0.8]) - 0.2)
    assert seen[FACTORS.index("alignment")] == pytest.approx(raw - raw.mean())
    raw = np.abs(np.array([-1.5, -1.0, 0.8]) - 2.0)
    assert seen[FACTORS.index("revision")] == pytest.approx(raw - raw.mean())
    rest = [i for i, name in enumerate(FACTORS) if name not in ("alignment", "revision")]
    assert np.array_equal(seen[rest], still[rest])
