"""Deliveries: the settled flows of shipping, goods and payments apart."""

from __future__ import annotations

import numpy as np
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms import ship
from kautilya.mechanisms.deliveries import LAW

STATES, OFFERS, PAYS = ("PRK", "IRN", "CHN"), ("tank", "tube_round"), ("cash", "technology")
SETS = {
    "actor": ("RUS", *STATES),
    "buyer": ("RUS",),
    "supplier": STATES,
    "offer": OFFERS,
    "payment": PAYS,
}
GOODS = {
    "tank": ("surplus", "way1"),
    "tube_round": ("ready", "way1"),
    "cash": ("ready",),
    "technology": ("ready",),
}
HAND = Hand(LAW, SETS, GOODS)


@truth(
    "invariant",
    source="bookkeeping: labels of the settled routes",
    kills="[offer, supplier] for [supplier, offer]; payments booked as goods",
)
def test_every_flow_is_booked_under_its_labels():
    """Each settled route of shipping differs; it stands where its accounts say."""
    routes = ship.build(HAND.world).routes
    paid = dict(zip(routes, np.split(np.arange(1.0, 13.0), 2), strict=True))
    shaped = {name: paid[name].reshape(one.source.shape) for name, one in routes.items()}
    out = HAND.step(paid={"ship": shaped})
    flat = [
        (*ends, amount)
        for name, one in routes.items()
        for *ends, amount in zip(one.source.ravel(), one.sink.ravel(), paid[name], strict=True)
    ]
    for source, sink, amount in flat:
        a, b = HAND.world.rows[source], HAND.world.rows[sink]
        if b.stage == "way1":
            assert out["shipped"][STATES.index(a.holder), OFFERS.index(a.good)] == amount
        else:
            assert out["payments"][PAYS.index(b.good), STATES.index(b.holder)] == amount


@truth("invariant", source="bookkeeping", kills="a flow that is booked twice or not at all")
def test_nothing_is_booked_twice():
    """All amounts come back, each once."""
    flows = np.random.default_rng(1).random(3 * 2 + 2 * 3)
    out = HAND.step(
        paid={"ship": {"goods": flows[:6].reshape(3, 2), "payments": flows[6:].reshape(2, 3)}}
    )
    assert out.keys() == {var.name for var in LAW.writes}
    assert out.pop("unpaid").tolist() == [0.0] * 3, "nothing is owed where no terms are known"
    assert sorted(np.concatenate([one.ravel() for one in out.values()])) == sorted(flows)


@truth(
    "closed-form", source="card", kills="paid at its cost; too much paid as less than nothing owed"
)
def test_what_nobody_saw_paid_is_told():
    """PRK sent for 2 * 3 + 1 * 4 = 10, cash of 5 is worth .6 to it: 7 are left; CHN got too much."""
    var = {
        "deal": [[3.0, 4.0]] * 3,
        "worth": [[0.6, 1.0, 1.0], [1.0, 1.0, 1.0]],
        "unit_price": [1.0, 2.0],
    }
    goods, paid = [[2.0, 1.0], [0.0, 0.0], [1.0, 0.0]], [[5.0, 0.0, 1.0], [0.0, 0.0, 2.0]]
    out = HAND.step(var=var, paid={"ship": {"goods": np.array(goods), "payments": np.array(paid)}})
    np.testing.assert_allclose(out["unpaid"], [7.0, 0.0, 0.0], atol=1e-12)
