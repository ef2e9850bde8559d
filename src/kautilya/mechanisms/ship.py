r"""Shipments against payment: both legs of a deal move together or not at all.

    offered_ig = min(spare * willing, limit of a route);  sent = offered * min(1, gap / sum)
    while the record drives: sent = recorded
    owed_i = sum_g deal_ig sent_ig, in worth to the supplier (law `terms`);  paid in the basket
    that costs the buyer least for that worth, each kind up to a cap and to an even share of what
    the buyer has at hand
    while the model drives, what cannot be paid is not sent; a delivery on record stands

Arms go into transit, payment goes to the supplier; know-how is not used up by giving it, and
credit is a promise: the supplier holds it, no account of the buyer falls.
Several buyers ask the same store: each is offered what it allows, and together they get no more
than that. All legs of one pair are paid at their common smallest share (ledger). Without the set
`payment` or law `terms` nothing is paid, and who pays is not asked.
Source: nash1950 for the split (law `terms`), dantzig1957 for the basket.
Holds for: barter in monthly totals. Breaks when: a debt is paid back within the horizon.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Need, Param, Routes, Values, View, lone, stages
from kautilya.core.numerics import added
from kautilya.core.world import GIVEN, World
from kautilya.mechanisms.formulas.barter import basket

STAGE = dict.fromkeys(("@equipment", "tank", "ifv", "gun", "mlrs", "person"), "surplus")


def build(world: World) -> Built:
    """Routes [buyer, supplier, offer] and [payment, buyer, supplier]; one deal a pair."""
    buyers = world.members("buyer")
    states, offers = world.members("supplier"), world.members("offer")
    whole = (len(buyers), len(states), len(offers))
    source = np.broadcast_to(world.grid(states, offers, STAGE), whole)
    sink = np.broadcast_to(world.grid(buyers, offers, "way1")[:, None], whole)
    deal = np.arange(len(buyers) * len(states)).reshape(len(buyers), -1)
    goods = Routes(*map(lone, (source, sink, np.broadcast_to(deal[..., None], sink.shape))))
    if "payment" not in world.sets:
        return Built({"goods": goods})
    kinds = world.members("payment")
    purse = np.array(
        [
            world.out(GIVEN[k], k) if k in GIVEN else world.row(b, k, "ready")
            for b in buyers
            for k in kinds
        ]
    ).reshape(len(buyers), -1)
    paid_to = np.broadcast_to(
        world.grid(states, kinds, "ready").T, (len(buyers), len(kinds), len(states))
    )
    paid = (
        np.broadcast_to(purse[..., None], paid_to.shape),
        paid_to,
        np.broadcast_to(deal[:, None], paid_to.shape),
    )
    kind_first = [
        lone(one).swapaxes(0, -2) for one in paid
    ]  # payment leads, then buyers if several
    purse = lone(purse).swapaxes(0, -1)
    given = np.array([k in GIVEN for k in kinds]).reshape(-1, *(1,) * purse.ndim)
    return Built(
        {"goods": goods, "payments": Routes(*kind_first)}, {"purse": purse, "given": given}
    )


def payable(view: View, owed: jnp.ndarray) -> jnp.ndarray:
    """Most that each supplier is paid of each kind by each buyer [payment, supplier, F]."""
    deals = jnp.maximum(added((owed > 0).astype(float), -2), 1.0)
    share = view.stock[view.data["purse"]] / deals
    cap = jnp.expand_dims(view.var["pay_cap"], range(1, share.ndim - 1))
    most = jnp.where(view.data["given"][..., None], cap, jnp.minimum(cap, share[..., None, :]))
    return jnp.broadcast_to(most, (most.shape[0], *owed.shape))


def shared(spare: jnp.ndarray, sent: jnp.ndarray) -> jnp.ndarray:
    """What goes to each of several buyers, together at most what could be spared."""
    if sent.ndim == spare.ndim:
        return sent
    return sent * jnp.minimum(1.0, spare / jnp.maximum(sent.sum(axis=0), 1e-9))


def step(view: View) -> Values:
    """Goods [buyer, supplier, offer, F] and payments [payment, buyer, supplier, F] asked for."""
    p, var = view.param, view.var
    offered = jnp.minimum(var["spare"] * var["willing"], var.get("route_limit", jnp.inf))
    total = offered.sum(axis=-3)
    taken = jnp.minimum(1.0, lone(var["gap"]) / jnp.maximum(total, 1e-9))
    modelled = shared(var["spare"], offered * taken[..., None, :, :])
    if "recorded" not in var:
        view = view._replace(record=jnp.zeros_like(view.record))
    sent = jnp.where(view.record > 0, var.get("recorded", modelled) * p["allowed"], modelled)
    if "purse" not in view.data:
        return {"goods": sent}
    if "deal" not in var:
        kinds, rest = view.data["purse"].shape[0], (*sent.shape[:-2], sent.shape[-1])
        return {"goods": sent, "payments": jnp.zeros((kinds, *rest))}
    owed = added(sent * var["deal"], -2)
    shape = (var["worth"].shape[0], *owed.shape)
    worth = jnp.expand_dims(var["worth"], range(1, len(shape) - 2))
    unit = jnp.expand_dims(var["unit_price"], range(1, len(shape) - 1))
    value, cost = jnp.broadcast_to(worth * unit, shape), jnp.broadcast_to(unit, shape)
    paid, unpaid = basket(value, cost, payable(view, owed), owed)
    settled = 1.0 - unpaid / jnp.maximum(owed, 1e-9)
    sent = jnp.where(view.record > 0, sent, sent * settled[..., None, :])
    return {"goods": sent, "payments": paid}


# fmt: off
LAW = Law(
    name="ship", plain="shipments against payment",
    phase="flow", step=step, build=build, cites=("nash1950", "dantzig1957"),
    parts=("S01", "S02", "S07", "S08"),
    reads=("spare", "willing", "gap"), optional=("payment",),
    reads_if=("recorded", "route_limit", "deal", "worth", "unit_price", "pay_cap"),
    needs=(Need("set", "payment", "what the buyer pays with"),
           *stages(("ready",), "what a supplier can give, by class", "@offer", "supplier", STAGE),
           *stages(("way1",), "what sets out", "@offer", "buyer"),
           *stages(("ready",), "means of the buyer; know-how and credit need no account",
                   "@payment", "buyer", dict.fromkeys(GIVEN, "")),
           *stages(("ready",), "what a supplier is paid", "@payment", "supplier")),
    params=(Param("allowed", ("buyer?", "supplier", "offer"), "1",
                  "deliveries on record; 1 = they stand, 0 = switched off",
                  path=True, absent=1.0),),
)
