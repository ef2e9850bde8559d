"""Lateness: a late source tells more of a month the older it is when read."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.lateness import LAW

HAND = Hand(LAW, {"watched": ("named", "prompt")})
PARAM = {"late": [0.6, 0.0], "delay": [4.0, 1.0], "read": [21.0, 21.0]}


def told(month: int):
    return HAND.step(month=month, param=PARAM)["told"]


@truth(
    "closed-form",
    source="lateness card: 1 - late exp(-age / delay) of the coming month, 1 after the reading",
    kills="the month told of taken for the present one; a delay that grows with age; a prompt "
    "source that is late; a month after the reading that is told in part",
)
def test_what_is_told_by_age():
    """Read in month 21: month 20 has age 0, month 8 a year; month 21 is left to a later reading."""
    assert told(19) == pytest.approx([0.4, 1.0])
    assert told(7) == pytest.approx([1 - 0.6 * np.exp(-3), 1.0])
    assert told(20) == pytest.approx([1.0, 1.0])
