r"""Terms of trade: a deal that splits the gain between supplier and buyer, paid in a mixed basket.

    cost_g  = reservation price * markup_g                  what a detour adds (law `evasion`)
    own_ig  = cost_g (1 - concession_i)                     a regime in danger accepts less (`regime`)
    value_g = cost_g (1 + (ratio_g - 1) need_g)             what a unit is worth to the buyer
    worth_ik = what one dollar of payment k is worth to supplier i:
       cash 1 - discount * sanctioned_i ;  food 1 + hunger_premium * food gap_i
       fuel, technology 1 + premium_k * sanctioned_i ;  credit 1 - doubt
    W(m)    worth to i of m dollars for a unit: goods first, at their mean worth, then cash and
       credit, whichever is worth more, each up to its cap over the units of the deal; the last
       of them without end
    deal    = W(m*),  m* = argmax (W(m) - own)^beta (value - m)^(1 - beta)    generalised Nash
    gain    = log( deal / own )

    cost     reservation price of the supplier, its outside option      [USD_m/unit]
    ratio    cost of the buyer's own substitute, its outside option, over cost      [1]
    doubt    part of a promise that a supplier does not count on                    [1]
    beta     bargaining weight of the supplier, a declared range        [1]
    price    cost + beta (value - cost), the deal where a dollar is worth a dollar to both

The worth of payment in kind is part of what is split: the buyer keeps its share of it by paying
fewer dollars, and small deals can be paid in kind, large ones are paid in cash and promises for the
most part. A cap is what was seen to be carried or paid, where somebody saw it; it is at most the Council's quota; sanctioned_i is as far as measures are left (law `embargo`).
The units of a deal are what was to spare the month before, at most the gap.
Source: nash1950, binmore1986. Holds for: two sides with outside options.
Breaks when: gifts settle the account; the balance is told (law `deliveries`), not explained.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Tells, Values, Var, View, lone
from kautilya.core.numerics import added, log
from kautilya.core.world import World

NAMED = ("cash", "credit", "food")  # kinds of payment with a worth of their own


def build(world: World) -> Built:
    """How far each supplier is sanctioned [supplier], and kinds of payment."""
    actors = world.members("actor")
    at = np.array([actors.index(s) for s in world.members("supplier")])
    kinds = np.array(world.members("payment"))[:, None, None]
    return Built(
        data={
            "shut": world.tables["sanctioned"][at][:, None],
            **{name: kinds == name for name in NAMED},
        }
    )


def limits(view: View) -> jnp.ndarray:
    """Most that each supplier is paid of each kind [payment, supplier, F]."""
    return jnp.minimum(view.param["cap"], view.var.get("pay_quota", np.inf))


def pieces(view: View, worth: jnp.ndarray) -> list[tuple[jnp.ndarray, jnp.ndarray]]:
    """Worth of a dollar and dollars at most: goods at their mean, then cash and credit, the one
    that is worth more first; each [supplier, F]."""
    d = view.data
    room = limits(view) * view.param["unit_price"][:, None]
    cash, owed = (added(jnp.where(d[k], worth, 0.0), 0) for k in ("cash", "credit"))
    purse, trust = (added(jnp.where(d[k], room, 0.0), 0) for k in ("cash", "credit"))
    owed = jnp.where(trust > 0, owed, cash)
    sooner, best = cash >= owed, jnp.maximum(cash, owed)
    in_kind = jnp.where(d["cash"] | d["credit"], 0.0, room)
    total = added(in_kind, 0)
    mean = added(in_kind * jnp.maximum(worth, best), 0) / jnp.maximum(total, 1e-9)
    return [
        (jnp.where(total > 0, mean, best), total),
        (best, jnp.where(sooner, purse, trust)),
        (jnp.minimum(cash, owed), jnp.where(sooner, trust, purse)),
    ]


def split(view: View, cost: jnp.ndarray, value: jnp.ndarray, worth: jnp.ndarray) -> jnp.ndarray:
    """What a unit brings the supplier in the deal, in dollars of its own [supplier, offer, F].

    On each piece the product is greatest at cost + beta (W at the value - cost); where that lies
    beyond the piece, the next one goes on from its end.
    """
    beta = view.param["beta"]
    units = jnp.minimum(view.var["spare"], lone(view.var["gap"])[..., None, :, :])
    units = jnp.maximum(units, 1e-9)
    deal, have, paid = jnp.asarray(np.inf), jnp.zeros_like(units), jnp.zeros_like(units)
    for each, room in pieces(view, worth):
        slope, most = each[:, None], room[:, None] / units
        best = cost + beta * (have + slope * (value - paid) - cost)
        deal = jnp.where(deal <= have, deal, jnp.maximum(best, have))
        have, paid = have + slope * most, paid + most
    return deal


def step(view: View) -> Values:
    """Price [buyer, offer, F], worth of payment [payment, supplier, F], deal [supplier, offer]."""
    p, d = view.param, view.data
    cost = p["cost"] * view.var.get("markup", 1.0)
    value = cost * (1.0 + jnp.maximum(p["ceiling_ratio"] - 1.0, 0.0) * view.var["need"])
    price = cost + p["beta"] * (value - cost)
    shut = d["shut"] * view.var.get("measures_left", 1.0)
    gain = jnp.where(d["cash"], -p["discount"] * shut, p["premium"][:, None] * shut)
    gain = jnp.where(d["food"], p["hunger_premium"] * view.var.get("food_gap", 0.0), gain)
    gain = jnp.where(d["credit"], -p["doubt"], gain)
    worth = jnp.maximum(1.0 + gain, 0.0)
    own = cost * (1.0 - view.var.get("concession", jnp.zeros((1, 1))))[:, None]
    deal = split(view, own, lone(value)[..., None, :, :], worth)
    return {
        "price": price,
        "worth": worth,
        "deal": deal,
        "unit_price": p["unit_price"],
        "pay_cap": limits(view),
        "deal_gain": log(jnp.maximum(deal / own, 1e-9)),
    }


# fmt: off
LAW = Law(
    name="terms", plain="the terms of trade",
    phase="observe", step=step, build=build, parts=("S08",),
    reads=("need", "gap", "spare"), reads_if=("food_gap", "markup", "pay_quota", "measures_left", "concession"), cites=("nash1950", "binmore1986"),
    needs=(Need("table", "sanctioned", "1 = fully sanctioned"),),
    params=(Param("cost", ("offer",), "USD_m/{good}",
                  "lowest price at which a supplier sells a unit"),
            Param("ceiling_ratio", ("offer",), "1",
                  "most that the buyer would pay, over the lowest price"),
            Param("beta", (), "1", "bargaining weight of the supplier"),
            Param("discount", (), "1", "loss of worth of cash to a sanctioned state",
                  sign="assumed"),
            Param("doubt", (), "1", "part of a promise to pay that a supplier does not count on",
                  sign="assumed", absent=0.0),
            Param("hunger_premium", (), "1",
                  "added worth of food to a hungry state; at full gap", sign="assumed"),
            Param("premium", ("payment",), "1",
                  "added worth of payment in kind to a sanctioned state",
                  sign="assumed"),
            Param("unit_price", ("payment",), "USD_m/{good}", "price of a unit of payment in kind"),
            Param("cap", ("payment", "supplier"), "{good}/month",
                  "most that a supplier is paid in a month", path=True)),
    writes=(Var("price", ("buyer", "offer"), "USD_m/{good}",
                "price of a unit; where a dollar is worth a dollar to both", nature="mean",
                tells=Tells("price", {"to": "buyer", "class": "offer"})),
            Var("worth", ("payment", "supplier"), "1",
                "worth of a dollar of payment to the supplier",
                nature="mean"),
            Var("deal", ("buyer?", "supplier", "offer"), "USD_m/{good}",
                "worth of a unit sold to the supplier", nature="mean"),
            Var("unit_price", ("payment",), "USD_m/{good}",
                "price of a unit of payment in kind, now",
                nature="mean"),
            Var("pay_cap", ("payment", "supplier"), "{good}/month",
                "most that one supplier is paid", nature="mean"),
            Var("deal_gain", ("buyer?", "supplier", "offer"), "1",
                "supplier's gain from a deal; log", nature="mean")),
    imposes=(Imposed("sanctions never raise the worth of cash and never lower that of payment in kind",
                     ("discount", "premium")),
             Imposed("hunger never lowers the worth of food", ("hunger_premium",)),
             Imposed("a promise is never worth more than what it promises", ("doubt",))),
)
