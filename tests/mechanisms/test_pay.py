"""Pay: bonuses and a deficit out of cash."""

from __future__ import annotations

import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.pay import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "money": ("cash",)}, {"cash": ("ready",)})
GIVEN = {"var": {"bonus_bill": [30.0, 5.0]}, "param": {"deficit": [[70.0], [0.0]]}}
GONE = ("scrap", "cash", "")


@truth("closed-form", source="bookkeeping", kills="a bill paid by the other side")
def test_bonuses_and_deficit_leave_cash():
    flows = HAND.paid({("AAA", "cash", "ready"): 1000.0, ("BBB", "cash", "ready"): 9.0}, **GIVEN)
    assert flows[("AAA", "cash", "ready"), GONE] == pytest.approx(100.0)
    assert flows[("BBB", "cash", "ready"), GONE] == pytest.approx(5.0)


@truth("closed-form", source="ledger: rationing", kills="money that is not there")
def test_empty_reserves_pay_in_proportion():
    """50 of 100 owed: half of each is paid; reserves end at nothing, not below."""
    cash = ("AAA", "cash", "ready")
    assert HAND.paid({cash: 50.0}, **GIVEN)[cash, GONE] == pytest.approx(50.0)
    assert HAND.months(3, {cash: 250.0}, **GIVEN)[-1][cash] == 0.0
