"""Supply on record: the published path at an uncertain level, until the record ends."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand, Wide

from kautilya.mechanisms.supply_record import LAW

HAND = Hand(LAW, {"supplier": ("PRK", "IRN"), "offer": ("tube_round", "drone")})
PATH = np.array([[3e5, 0.0], [1e4, 200.0]])


@truth("closed-form", source="card: delivered * factor", kills="one factor for all; none at all")
def test_the_path_is_scaled_pair_by_pair_and_future_by_future():
    factor = np.array([[[0.5, 1.0], [2.0, 3.0]], [[1.0, 0.8], [1.5, 0.7]]])
    out = HAND.step(record=1.0, param={"delivered": PATH, "factor": Wide(factor)})
    assert out["recorded"] == pytest.approx(PATH[..., None] * factor)


@truth(
    "closed-form",
    source="limit: the record does not drive",
    kills="deliveries on record after the last month of the record",
)
def test_nothing_is_recorded_once_the_record_ends():
    out = HAND.step(record=0.0, param={"delivered": PATH, "factor": np.ones((2, 2))})
    assert not out["recorded"].any()
