"""Shipments: goods against payment, both or neither."""

from __future__ import annotations

import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.ship import LAW

KINDS = ("cash", "food", "technology", "credit")
HAND = Hand(
    LAW,
    {
        "supplier": ("PRK", "CHN"),
        "buyer": ("RUS",),
        "offer": ("tank", "tube_round"),
        "payment": KINDS,
    },
    {"tank": ("surplus", "way1"), "tube_round": ("ready", "way1")}
    | {kind: ("ready",) for kind in KINDS},
)
SHELLS, TANKS = ("PRK", "tube_round", "ready"), ("PRK", "tank", "surplus")
STOCK = {
    SHELLS: 1000.0,
    TANKS: 50.0,
    ("CHN", "tube_round", "ready"): 1000.0,
    ("RUS", "cash", "ready"): 500.0,
    ("RUS", "food", "ready"): 80.0,
}
PARAM = {"allowed": [[1, 1], [1, 1]]}
VAR = {
    "spare": [[10.0, 200.0], [0.0, 100.0]],
    "willing": [[1.0, 1.0], [1.0, 1.0]],
    "gap": [[5.0, 150.0]],
    "recorded": [[0.0, 0.0], [0.0, 0.0]],
    "deal": [[2.0, 0.4]] * 2,
    "unit_price": [1.0, 0.5, 1.0, 1.0],
    "pay_cap": [[1e6] * 2, [40.0] * 2, [30.0] * 2, [0.0] * 2],
    "route_limit": [[1e12, 1e12], [1e12, 1e12]],
    "worth": [[0.7, 1.0], [1.5, 1.0], [1.2, 1.0], [0.5, 0.5]],
}


def flows(stock=None, record: float = 0.0, pay: bool = True, **changes):
    given = {"param": PARAM, "var": VAR | changes, "record": record}
    return (HAND.paid if pay else HAND.asked)(STOCK | (stock or {}), **given)


def to(out, holder: str):
    return {b[1]: x for (_, b), x in out.items() if b[0] == holder}


def sent(out, state: str):
    return {a[1]: x for (a, b), x in out.items() if a[0] == state}


@truth("closed-form", source="ship card", kills="every willing state sending its all")
def test_the_gap_is_shared_by_those_who_offer():
    """300 shells offered for a gap of 150: half of each offer; 10 tanks for a gap of 5."""
    out = flows()
    assert sent(out, "PRK") == pytest.approx({"tank": 5.0, "tube_round": 100.0})
    assert sent(out, "CHN")["tube_round"] == pytest.approx(50.0)
    none = flows(willing=[[0.0, 0.0], [0.0, 1.0]])
    assert sum(sent(none, "PRK").values()) == 0 and sum(to(none, "PRK").values()) == 0


@truth(
    "closed-form",
    source="dantzig1957: cheapest value first",
    kills="payment at its cost instead of its worth; caps shared by all suppliers",
)
def test_payment_is_worth_what_is_owed_in_the_cheapest_basket():
    """PRK is owed 5 * 2 + 100 * 0.4 = 50: food 40 * 0.5 * 1.5 = 30, then technology for 20."""
    paid, none = to(flows(), "PRK"), {"credit": 0.0}
    assert paid == pytest.approx({"cash": 0.0, "food": 40.0, "technology": 20 / 1.2} | none)
    assert to(flows(), "CHN") == pytest.approx({"cash": 20.0, "food": 0, "technology": 0} | none)


@truth(
    "closed-form", source="ship card", kills="a promise that takes money of the buyer; no end of it"
)
def test_a_promise_takes_nothing_from_the_buyer():
    """No goods, 3 of cash at most: PRK is owed 50, gets 3 at .7 and 40 of promises at .5, so it sends
    22.1 of 50; on record all goes out, and CHN, whom nobody caps, takes cash."""
    caps = {"pay_cap": [[3.0, 1e6], [0.0] * 2, [0.0] * 2, [40.0] * 2]}
    for record, share in ((0.0, 22.1 / 50), (1.0, 1.0)):
        out = flows(record=record, recorded=[[5.0, 100.0], [0.0, 50.0]], **caps)
        assert to(out, "PRK") == pytest.approx(
            {"cash": 3, "food": 0, "technology": 0, "credit": 40}
        )
        assert sent(out, "PRK")["tube_round"] == pytest.approx(100 * share)
        assert to(out, "CHN")["cash"] == pytest.approx(20.0)
        assert out[("abroad", "credit", ""), ("PRK", "credit", "ready")] == pytest.approx(40.0)


@truth(
    "closed-form",
    source="ENGINEERING: pitfall 1",
    kills="arms shipped unpaid; a deal cut for a payment that it does not use",
)
def test_short_of_one_leg_cuts_the_deal_and_no_other():
    """Shells for a fifth: PRK sends and gets a fifth of all; CHN is untouched."""
    short = flows({SHELLS: 20.0})
    assert sent(short, "PRK") == pytest.approx({"tank": 1.0, "tube_round": 20.0})
    assert to(short, "PRK")["food"] == pytest.approx(8.0)
    assert sent(short, "CHN")["tube_round"] == pytest.approx(50.0)


@truth(
    "closed-form",
    source="ship card",
    kills="a deal cut for want of one kind of payment where "
    "another is at hand; arms shipped for what cannot be paid; a record cut by a payment",
)
def test_payment_is_made_with_what_is_at_hand():
    """20 of food for two suppliers: 10 each, worth 7.5 to PRK; the rest in technology and cash.
    With neither cash nor technology PRK is paid 7.5 of 50 and sends 15 %; CHN gets 10 * .5 of 20.
    """
    short = {("RUS", "food", "ready"): 20.0}
    out = flows(short)
    assert to(out, "PRK") == pytest.approx(
        {"cash": 6.5 / 0.7, "food": 10.0, "technology": 30.0, "credit": 0.0}
    )
    assert sent(out, "PRK") == pytest.approx({"tank": 5.0, "tube_round": 100.0})
    poor = short | {("RUS", "cash", "ready"): 0.0}
    bare = {"pay_cap": [[1e6] * 2, [40.0] * 2, *[[0.0] * 2] * 2]}
    out = flows(poor, **bare)
    assert sent(out, "PRK") == pytest.approx({"tank": 0.75, "tube_round": 15.0})
    assert sent(out, "CHN")["tube_round"] == pytest.approx(12.5)
    told = flows(poor, record=1.0, recorded=[[0.0, 12.0], [0.0, 0.0]], **bare)
    assert sent(told, "PRK")["tube_round"] == pytest.approx(12.0)


@truth("closed-form", source="ship card", kills="a model that adds to the record")
def test_the_record_stands_alone_while_it_drives():
    out = flows(record=1.0, pay=False, recorded=[[0.0, 12.0], [0.0, 0.0]])
    assert sent(out, "PRK") == {"tank": 0.0, "tube_round": 12.0}
    assert sum(sent(out, "CHN").values()) == 0


@truth("closed-form", source="ship card", kills="a route that hands on more than it carries")
def test_a_route_hands_on_what_it_carries():
    """China could spare 100 rounds, its route carries 30; North Korea's 200 fill the gap's rest."""
    out = sent(flows(pay=False, route_limit=[[1e12, 1e12], [1e12, 30.0]]), "CHN")
    assert out["tube_round"] == pytest.approx(30 * 150 / 230)


@truth("closed-form", source="ship card", kills="a war that needs money before it can have arms")
def test_without_means_of_payment_nothing_is_asked_for_it():
    """No set `payment`: goods alone go out, as much as with enough cash."""
    goods = {"tank": ("surplus", "way1"), "tube_round": ("ready", "way1")}
    sets = {"supplier": ("PRK", "CHN"), "buyer": ("RUS",), "offer": ("tank", "tube_round")}
    free = Hand(LAW, sets, goods)
    given = {k: v for k, v in VAR.items() if k in ("spare", "willing", "gap")}
    here = {at: x for at, x in STOCK.items() if at[1] in goods}
    out = free.paid(here, param=PARAM, var=given, record=0.0)
    assert sent(out, "PRK") == pytest.approx({"tank": 5.0, "tube_round": 100.0})
    assert {b[1] for _, b in out} == {"tank", "tube_round"}
