"""Pace of aid: the record's profile, and gaps that politics makes."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand, Wide

from kautilya.mechanisms.aid_pace import LAW

HAND = Hand(LAW, {"donor": ("USA", "EUU")})
PARAM = {
    "mean": 400.0,
    "share": [0.5, 0.4],
    "level": [1.0, 1.0],
    "opens": 0.05,
    "closes": 0.2,
    "depth": 0.6,
}


def pace(allocated, record: float, gap: float = 0.0, u: float = 0.9, **changes):
    return HAND.step(
        record=record,
        param=PARAM | changes,
        series={"allocated": allocated},
        luck={"politics": u},
        var={"aid_gap": gap},
    )


@truth("closed-form", source="trebesch2023", kills="a profile that changes the total")
def test_on_record_the_mean_pace_is_one():
    """Allocations that average 400 a month give paces that average 1, whatever their shape."""
    record = [(100.0, 0.0), (500.0, 300.0), (200.0, 100.0)]
    total = [pace(month, 1.0)["aid_pace"].sum() for month in record]
    assert total == pytest.approx([0.25, 2.0, 0.75]) and np.mean(total) == pytest.approx(1.0)


@truth("closed-form", source="aid_pace card", kills="a gap that stops the record, or all aid")
def test_after_the_record_shares_and_gaps_decide():
    """Corrections of past allocations (negative) are no aid; a gap takes 60 in 100."""
    assert pace((0.0, 0.0), 0.0)["aid_pace"] == pytest.approx([0.5, 0.4])
    assert pace((0.0, 0.0), 0.0, gap=1.0)["aid_pace"] == pytest.approx([0.2, 0.16])
    assert pace((-50.0, 90.0), 1.0, gap=1.0)["aid_pace"] == pytest.approx([0.0, 0.225])
    assert pace((-50.0, 90.0), 1.0, gap=1.0)["aid_gap"] == 0.0  # none is left over at its end
    assert pace((0.0, 0.0), 0.0, level=[0.0, 2.0])["aid_pace"] == pytest.approx([0.0, 0.8])


@truth(
    "closed-form",
    source="two-state Markov chain: opens / (opens + closes)",
    kills="opening and closing swapped; a gap that never ends",
)
def test_share_of_months_in_a_gap():
    """In the long run 0.05 / 0.25 = a fifth of all months (20,000 futures, 5 standard errors)."""
    many, luck = 20_000, np.random.default_rng(3)
    gap = np.zeros(many)
    for _ in range(40):
        given = HAND.view(
            HAND.stock({}, many),
            param=PARAM,
            series={"allocated": [0.0, 0.0]},
            luck={"politics": Wide(luck.random(many))},
            var={"aid_gap": Wide(gap)},
        )
        gap = np.asarray(HAND.run(given)["aid_gap"])
    assert set(np.unique(gap)) == {0.0, 1.0}
    assert gap.mean() == pytest.approx(0.2, abs=5 * (0.2 * 0.8 / many) ** 0.5)
