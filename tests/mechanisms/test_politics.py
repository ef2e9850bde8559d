"""Politics: covariates of a state towards the buyer."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.politics import FACTORS, LAW

SETS = {"supplier": ("PRK", "CHN", "JPN"), "buyer": ("RUS",)}
TABLES = {
    "ally": np.array([[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 0]]),
    "us_ally": [0.0, 0.0, 1.0, 0.0],
    "ideal_point": [-1.5, -1.0, 1.0, -0.5],
    "sanctioned": [1.0, 0.2, 0.0, 0.9],
    "pariah": [2.0, 3.0, 0.0, 1.0],
    "democracy": [0.1, 0.2, 0.8, 0.2],
    "bans": [0.0, 0.0, 1.0, 0.0],
}
STILL = {"ideal_shift": np.zeros(3), "buyer_shift": np.zeros(1), "treaty_force": np.zeros(3)}
RAW = {
    "ally": [0, 1, 0],
    "alignment": [-1.0, -0.5, -1.5],
    "us_ally": [0, 0, 0.9],
    "measures": [1.0, 0.2, 0.0],
    "club": [0.9, 0.18, 0.0],
    "pariah": [1.8, 2.7, 0.0],
    "democracy": [0.1, 0.2, 0.8],
    "own_ban": [0, 0, -1],
}


@truth(
    "closed-form",
    source="politics card",
    kills="a sign, a wrong partner, sales of the buyer as a tie",
)
def test_covariates():
    seen = Hand(LAW, SETS, tables=TABLES).step(var=STILL)["politics"]
    for row, name in zip(seen, FACTORS, strict=True):
        assert row == pytest.approx(np.array(RAW[name], float)), name


@truth("closed-form", source="politics card", kills="a treaty that is signed and no pact")
def test_a_treaty_in_force_makes_a_pact():
    signed = STILL | {"treaty_force": np.array([1.0, 0.0, 0.0])}
    seen, still = (Hand(LAW, SETS, tables=TABLES).step(var=v)["politics"] for v in (signed, STILL))
    assert seen[FACTORS.index("ally")] == pytest.approx([1, 1, 0])
    rest = [i for i, name in enumerate(FACTORS) if name != "ally"]
    assert np.array_equal(seen[rest], still[rest])


@truth("invariant", source="politics card", kills="a club without a second member")
def test_a_buyer_that_is_free_has_no_club():
    """The interaction and the allies' measures vanish; measures of the supplier itself stay."""
    free = TABLES | {"sanctioned": [1.0, 0.2, 0.0, 0.0]}
    seen = Hand(LAW, SETS, tables=free).step(var=STILL)["politics"]
    for name in ("club", "us_ally", "pariah"):
        assert seen[FACTORS.index(name)] == pytest.approx(0.0)
    assert seen[FACTORS.index("measures")] == pytest.approx([1.0, 0.2, 0.0])


@truth("closed-form", source="politics card", kills="drift that moves the supplier and not the gap")
def test_alignment_follows_points_that_drift():
    """The buyer moves by .7, Japan by -.2; all else stands."""
    moved = STILL | {"ideal_shift": np.array([0.0, 0.0, -0.2]), "buyer_shift": np.array([0.7])}
    seen, still = (Hand(LAW, SETS, tables=TABLES).step(var=v)["politics"] for v in (moved, STILL))
    assert seen[FACTORS.index("alignment")] == pytest.approx(
        -np.abs(np.array([-1.5, -1.0, 0.8]) - 0.2)
    )
    rest = [i for i, name in enumerate(FACTORS) if name != "alignment"]
    assert np.array_equal(seen[rest], still[rest])


@truth(
    "closed-form",
    source="card",
    kills="a repeal that frees nobody; a friend that turned and is an ally",
)
def test_repeal_and_estrangement():
    """Half of the measures left: half of `measures` and `club`; a turned friend is no ally."""
    plain = Hand(LAW, SETS, tables=TABLES).step(var=STILL)["politics"]
    count = plain.shape[1]
    eased = STILL | {"measures_left": np.full(count, 0.5), "estranged": np.ones(count)}
    seen = Hand(LAW, SETS, tables=TABLES).step(var=eased)["politics"]
    for name, factor in (("measures", 0.5), ("club", 0.5), ("ally", 0.0), ("own_ban", 1.0)):
        k = FACTORS.index(name)
        assert np.array_equal(seen[k], factor * plain[k]), name
    assert plain[FACTORS.index("ally")].any() and plain[FACTORS.index("club")].any()
