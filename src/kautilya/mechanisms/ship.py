r"""Shipments against payment: both legs of a deal move together or not at all.

    offered_ig = min(spare * willing, limit of a route);  sent = offered * min(1, gap / sum)
    while the record drives: sent = recorded
    owed_i = sum_g deal_ig sent_ig, in worth to the supplier (law `terms`);  paid in the basket
    that costs the buyer least for that worth, each kind up to a cap and to an even share of what
    the buyer has at hand
    while the model drives, what cannot be paid is not sent; a delivery on record stands

Arms go into transit, payment goes to the supplier; know-how is not used up by giving it.
All legs of one supplier are paid at their common smallest share (ledger).
Source: nash1950 for the split (law `terms`), dantzig1957 for the basket.
Holds for: barter in monthly totals. Breaks when: payment is deferred.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Routes, View
from kautilya.core.numerics import added
from kautilya.core.world import World
from kautilya.mechanisms.formulas.barter import basket

STAGE = {"tank": "surplus", "ifv": "surplus", "gun": "surplus", "mlrs": "surplus",
         "person": "surplus"}


def build(world: World) -> Built:
    """Routes [supplier, offer] and [payment, supplier]; one deal a supplier. One buyer."""
    buyer = world.members("buyer")[0]
    states, offers = world.members("supplier"), world.members("offer")
    kinds = world.members("payment")
    source = np.array([[world.row(s, g, STAGE.get(g, "ready")) for g in offers] for s in states])
    sink = np.array([[world.row(buyer, g, "way1") for g in offers]] * len(states))
    purse = np.array([world.out("know-how", k) if k == "technology"
                      else world.row(buyer, k, "ready") for k in kinds])
    paid_to = np.array([[world.row(s, k, "ready") for s in states] for k in kinds])
    deal = np.arange(len(states))
    credit = np.array([[k == "technology"] for k in kinds])
    return Built({"goods": Routes(source, sink, np.broadcast_to(deal[:, None], sink.shape)),
                  "payments": Routes(np.broadcast_to(purse[:, None], paid_to.shape), paid_to,
                                     np.broadcast_to(deal, paid_to.shape))},
                 {"purse": purse, "credit": credit})


def payable(view: View, owed: jnp.ndarray) -> jnp.ndarray:
    """Most that each supplier is paid of each kind [payment, supplier, F]."""
    deals = jnp.maximum(added((owed > 0).astype(float), 0), 1.0)
    share = view.stock[view.data["purse"]] / deals
    most = jnp.where(view.data["credit"], view.var["pay_cap"],
                     jnp.minimum(view.var["pay_cap"], share))
    return jnp.broadcast_to(most[:, None], (most.shape[0], *owed.shape))


def step(view: View) -> dict:
    """Goods [supplier, offer, F] and payments [payment, supplier, F] asked for."""
    p, var = view.param, view.var
    offered = jnp.minimum(var["spare"] * var["willing"], var["route_limit"])
    total = offered.sum(axis=0)
    taken = jnp.minimum(1.0, var["gap"][0] / jnp.maximum(total, 1e-9))
    modelled = offered * taken[None]
    sent = jnp.where(view.record > 0, var["recorded"] * p["allowed"], modelled)
    owed = added(sent * var["deal"], 1)
    worth = var["worth"]
    unit = var["unit_price"][:, None]
    value, cost = worth * unit, jnp.broadcast_to(unit, worth.shape)
    paid, unpaid = basket(value, cost, payable(view, owed), owed)
    settled = 1.0 - unpaid / jnp.maximum(owed, 1e-9)
    sent = jnp.where(view.record > 0, sent, sent * settled[:, None])
    return {"goods": sent, "payments": paid}


LAW = Law(
    name="ship", phase="flow", step=step, build=build, cites=("nash1950", "dantzig1957"),
    parts=("S01", "S02", "S07", "S08"),
    reads=("spare", "willing", "gap", "recorded", "deal", "worth", "unit_price", "pay_cap",
           "route_limit"),
    params=(Param("allowed", ("supplier", "offer"), "1", "1 = the record stands, 0 = switched off",
                  path=True),),
)
