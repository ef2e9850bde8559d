"""Politics: covariates and their centring."""

from __future__ import annotations

import numpy as np
import pytest
from conventions import truth
from laws.hand import Hand

from kautilya.mechanisms.politics import FACTORS, LAW

SETS = {"supplier": ("PRK", "CHN", "JPN"), "buyer": ("RUS",), "leader": ("USA",),
        "patron": ("CHN",)}
TRADE = np.zeros((5, 5))
TRADE[0, 1], TRADE[0, 3], TRADE[1, 2], TRADE[2, 4] = 9.0, 1.0, 5.0, 15.0
TABLES = {"ally": np.eye(5)[[3, 1, 2, 3, 4]], "ideal_point": [-1.5, -1.0, 1.0, -0.5, 2.0],
          "sanctioned": [1.0, 0.2, 0.0, 0.9, 0.0], "un_agreement": [1.0, 0.5, 0.0, 1.0, 0.0],
          "bans": [0.0, 0.0, 1.0, 0.0, 1.0], "trade": TRADE}
RAW = {"ally": [1, 0, 0], "alignment": [-1.0, -0.5, -1.5], "enemy": [0.9, 0.18, 0.0],
       "reputation": [0.0, -0.5, -1.0], "revision": [3.5, 3.0, 1.0], "own_ban": [0, 0, -1],
       "patron": [-0.9, 0.0, -0.25]}


@truth("closed-form", source="METHODS 6; politics card", kills="a sign, a wrong partner, the "
       "patron tied to itself")
def test_covariates():
    """Counted by hand; all but the ban less their mean over the suppliers."""
    seen = Hand(LAW, SETS, tables=TABLES).step()["politics"]
    for row, name in zip(seen, FACTORS, strict=True):
        raw = np.array(RAW[name], float)
        assert row == pytest.approx(raw - (raw.mean() if name != "own_ban" else 0)), name


@truth("invariant", source="politics card", kills="centring over all actors, or over time")
def test_covariates_are_centred_so_that_the_constant_keeps_its_meaning():
    seen = Hand(LAW, SETS, tables=TABLES).step()["politics"]
    sums = seen.sum(axis=1)
    assert sums[[i for i, name in enumerate(FACTORS) if name != "own_ban"]] == pytest.approx(0.0)
    far = TABLES | {"ideal_point": np.array(TABLES["ideal_point"]) + 7.0}
    assert Hand(LAW, SETS, tables=far).step()["politics"] == pytest.approx(seen)
