"""Labour: what the army draws, what is left, what recruits cost."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms import manpower, production
from kautilya.mechanisms.labour import LAW

HAND = Hand(LAW, {"belligerent": SIDES, "money": ("cash",)})
PARAM = {
    "workforce": [1e6, 2e6],
    "elasticity": 0.5,
    "released": 0.25,
    "bonus": [[0.01], [0.002]],
    "intake": [1000.0, 1000.0],
    "slope": 1.0,
    "beside_budget": 0.5,
}
START = {
    "drawn": [0.0, 0.0],
    "drawn_on_record": [0.0, 0.0],
    "bonus_bill": [0.0, 0.0],
    "at_war": 1.0,
}


def month(intake=(1000.0, 1000.0), left=(0.0, 0.0), paid=(0.0, 0.0), record=0.0, **var):
    """One month; flows of manpower and of pay, each by side."""
    moved = {"to_training": intake, "left": left, "to_elsewhere": var.pop("elsewhere", np.zeros(2))}
    moved["killed"] = var.pop("killed", np.zeros(2))
    return HAND.step(
        record=record,
        var=START | var,
        param=PARAM,
        paid={"manpower": moved, "pay": {"bonuses": paid, "deficit": (7.0, 7.0)}},
    )


@truth("closed-form", source="card", kills="the factor of the other side; men counted twice")
def test_what_is_drawn_is_missing():
    """100,000 of a million gone: factor 0.9^0.5; a quarter of those who leave work again."""
    out = month(intake=(100_000.0, 0.0), left=(0.0, 0.0))
    assert out["drawn"] == pytest.approx([1e5, 0])
    assert out["labour_factor"] == pytest.approx([0.9**0.5, 1.0])
    back = month(intake=(0.0, 0.0), left=(4000.0, 0.0), drawn=[1e5, 0.0])
    assert back["drawn"] == pytest.approx([1e5 - 1000, 0])


@truth(
    "invariant", source="card", kills="recruits outside the theatre who still work and are not paid"
)
def test_it_does_not_matter_where_a_recruit_serves():
    """1,000 recruits of whom 380 serve elsewhere cost and lack what 1,000 in the theatre do."""
    here, there = month(), month(intake=(620.0, 620.0), elsewhere=[380.0, 380.0])
    for name in ("drawn", "bonus_bill", "labour_factor"):
        assert there[name] == pytest.approx(here[name]), name


@truth(
    "invariant",
    source="card",
    kills="published output cut twice by the same labour; "
    "bonuses for a mobilisation, priced as if they had volunteered",
)
def test_the_record_holds_its_labour_already():
    """Factor 1 while the record drives; afterwards over what was drawn by then."""
    out = month(intake=(1e5, 0.0), record=1.0)
    assert out["labour_factor"] == pytest.approx([1.0, 1.0])
    assert out["bonus_bill"] == pytest.approx([0.0, 0.0])
    later = month(intake=(1e5, 0.0), drawn=out["drawn"], drawn_on_record=out["drawn_on_record"])
    assert later["labour_factor"][0] == pytest.approx((0.8 / 0.9) ** 0.5)
    home = month(intake=(0.0, 0.0), left=(1e5, 0.0), drawn=[1e5, 0.0], drawn_on_record=[1e5, 0.0])
    assert home["labour_factor"][0] == 1.0


@truth("closed-form", source="constant elasticity", kills="a bill linear in the intake")
def test_twice_the_recruits_cost_four_times():
    once, twice = month(), month(intake=(2000.0, 2000.0))
    assert once["bonus_bill"] == pytest.approx([1000 * 0.01 * 0.5, 1000 * 0.002 * 0.5])
    assert twice["bonus_bill"] == pytest.approx(4 * once["bonus_bill"])


@truth("closed-form", source="card", kills="recruits who are not paid; recruiting in peace")
def test_recruits_come_if_they_are_paid_and_there_is_a_war():
    assert month(bonus_bill=[10.0, 0.0], paid=(4.0, 0.0))["recruiting"] == pytest.approx([0.4, 1])
    assert month(at_war=0.0)["recruiting"] == pytest.approx([0, 0])


@truth("invariant", source="cards of production and manpower", kills="a factor nobody reads")
def test_output_and_intake_follow():
    """Half the labour factor, half the output of that side; no variable, no change."""
    make = Hand(
        production.LAW,
        {"belligerent": SIDES, "made": ("missile",)},
        {"missile": ("ready",), "component": ("ready",)},
    )
    given = {"capacity": [[10.0], [10.0]], "content": [0.0], "other": [0.0, 0.0]}
    for var, seen in (({}, 10.0), ({"labour_factor": [0.5, 1.0]}, 5.0)):
        out = make.asked(param=given, var={"utilisation": [[1.0], [1.0]], **var})
        assert out[("factory", "missile", ""), ("AAA", "missile", "ready")] == seen
        assert out[("factory", "missile", ""), ("BBB", "missile", "ready")] == 10.0
    call = Hand(
        manpower.LAW,
        {"belligerent": SIDES, "struck": ("person",)},
        {"person": ("train", "line", "wounded", "elsewhere")},
    )
    rates = {
        "recruits": [100.0, 100.0],
        "sent": [1.0, 1.0],
        "rate": [0.0, 0.0],
        "killed": [0.3, 0.3],
        "returning": [0.5, 0.5],
        "training": [1.0, 1.0],
        "healing": 4.0,
        "dispersion": 0.01,
    }
    out = call.asked(
        param=rates, luck={"count": [0.0, 0.0]}, var={"tempo": [1.0], "recruiting": [0.25, 1.0]}
    )
    assert out[("population", "person", ""), ("AAA", "person", "train")] == 25.0
    assert out[("population", "person", ""), ("BBB", "person", "train")] == 100.0


@truth(
    "closed-form",
    source="card",
    kills="recruits elsewhere who fill the ranks; a surplus that is a debt",
)
def test_what_volunteers_leave_unfilled():
    """500 of 800 lost are replaced; the other side has more than it loses; in peace nothing is."""
    given = {"intake": (500.0, 1000.0), "killed": [500.0, 100.0], "left": (300.0, 100.0)}
    out = month(**given, elsewhere=[900.0, 0.0])
    assert out["unfilled"] == pytest.approx([3 / 8, 0.0])
    assert not month(**given, at_war=0.0)["unfilled"].any()
