"""Storage: best first, exhaustion, refit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammainc
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.storage import CONDITIONS, LAW, REFIT

HAND = Hand(
    LAW,
    {"belligerent": ("AAA",), "equipment": ("tank",)},
    {"tank": (*CONDITIONS, *REFIT, "restored")},
)
YIELD = (0.9, 0.6, 0.25)
STORE = {("AAA", "tank", c): n for c, n in zip(CONDITIONS, (250.0, 300.0, 120.0), strict=True)}


def fields(capacity: float = 100.0, lead: float = 3.0):
    return {"param": {"capacity": [[capacity]], "yield": YIELD, "lead": lead}}


@truth(
    "closed-form",
    source="the card of the law",
    kills="conditions drawn in parallel, or worst first",
)
def test_a_pool_is_exhausted_best_first():
    """670 in store, 100 a month: good gone in month 3, fair in 6, all in 7, and not before."""
    months = HAND.months(9, STORE, **fields())
    left = np.array([[month["AAA", "tank", c] for c in CONDITIONS] for month in months])
    assert left[:, 0] == pytest.approx([150, 50, 0, 0, 0, 0, 0, 0, 0])
    assert left[:, 1] == pytest.approx([300, 300, 250, 150, 50, 0, 0, 0, 0])
    assert left[:, 2] == pytest.approx([120, 120, 120, 120, 120, 70, 0, 0, 0], abs=1e-9)


@truth("closed-form", source="yield falls with condition", kills="a yield of the wrong condition")
def test_what_comes_out_is_the_yield():
    """In the end 0.9 * 250 + 0.6 * 300 + 0.25 * 120 are restored, the rest is cannibalised."""
    last = HAND.months(80, STORE, **fields())[-1]
    usable = float(np.dot(YIELD, (250, 300, 120)))
    assert last["AAA", "tank", "restored"] == pytest.approx(usable)
    assert last["scrap", "tank", ""] == pytest.approx(670 - usable)


@pytest.mark.parametrize("lead", [0.6, 3.0, 9.0])
@truth(
    "closed-form",
    source="sterman2000: Erlang delay, share out = P(3, 3t/L)",
    kills="explicit stages, which go negative where 3 > L",
)
def test_refit_is_an_erlang_delay(lead: float):
    """100 in the first stage, nothing taken out of store."""
    months = HAND.months(12, {("AAA", "tank", "refit1"): 100.0}, **fields(0.0, lead))
    out = [month["AAA", "tank", "restored"] for month in months]
    assert out == pytest.approx(100 * gammainc(3, 3 * np.arange(1, 13) / lead))
