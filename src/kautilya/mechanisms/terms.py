r"""Terms of trade: a deal that splits the gain between supplier and buyer, paid in a mixed basket.

    cost_g  = reservation price * markup_g                  what a detour adds (law `evasion`)
    own_ig  = cost_g (1 - concession_i)                     a regime in danger accepts less (`regime`)
    value_g = cost_g (1 + (ratio_g - 1) need_g)             what a unit is worth to the buyer
    worth_ik = what one dollar of payment k is worth to supplier i:
       cash 1 - discount * sanctioned_i ;  food 1 + hunger_premium * food gap_i
       fuel, technology 1 + premium_k * sanctioned_i
    W(m)    = a m up to m = r, a r + b (m - r) beyond       worth to i of m dollars for a unit:
       kinds that are worth more to i than cash first, a their mean worth, r their caps over the
       units of the deal, then cash, worth b
    deal    = W(m*),  m* = argmax (W(m) - own)^beta (value - m)^(1 - beta)    generalised Nash
    gain    = log( deal / own )

    cost     reservation price of the supplier, its outside option      [USD_m/unit]
    ratio    cost of the buyer's own substitute, its outside option, over cost      [1]
    beta     bargaining weight of the supplier, a declared range        [1]
    price    cost + beta (value - cost), the deal where a dollar is worth a dollar to both

The worth of payment in kind is part of what is split: the buyer keeps its share of it by paying
fewer dollars, and small deals can be paid in kind, large ones are paid in cash for the most part.
Caps are at most the Council's quota, sanctioned_i is as far as measures are left (law `embargo`).
The units of a deal are what was to spare the month before, at most the gap.
Source: nash1950, binmore1986. Holds for: two sides with outside options.
Breaks when: gifts, debts or promises settle the account; the balance is reported, not explained.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Tells, Values, Var, View, lone
from kautilya.core.numerics import added, log
from kautilya.core.world import World


def build(world: World) -> Built:
    """How far each supplier is sanctioned [supplier], and kinds of payment."""
    actors = world.members("actor")
    at = np.array([actors.index(s) for s in world.members("supplier")])
    kinds = world.members("payment")
    return Built(
        data={
            "shut": world.tables["sanctioned"][at][:, None],
            "cash": np.array([k == "cash" for k in kinds])[:, None, None],
            "food": np.array([k == "food" for k in kinds])[:, None, None],
        }
    )


def limits(view: View) -> jnp.ndarray:
    """Most that each supplier is paid of each kind [payment, supplier, F]."""
    cap = jnp.minimum(view.param["cap"][:, None], view.var.get("pay_quota", np.inf))
    return jnp.broadcast_to(cap, (len(cap), len(view.data["shut"]), cap.shape[-1]))


def basket(view: View, worth: jnp.ndarray) -> tuple[jnp.ndarray, ...]:
    """Worth of a dollar of cash and of the mean dollar in kind, dollars in kind; [supplier, F]."""
    p, cash = view.param, view.data["cash"]
    money = added(jnp.where(cash, worth, 0.0), 0)
    room = jnp.where(cash, 0.0, limits(view) * p["unit_price"][:, None])
    total = jnp.broadcast_to(added(room, 0), money.shape)
    kind = added(room * jnp.maximum(worth, money), 0) / jnp.maximum(total, 1e-9)
    return money, jnp.where(total > 0, kind, money), total


def split(view: View, cost: jnp.ndarray, value: jnp.ndarray, worth: jnp.ndarray) -> jnp.ndarray:
    """What a unit brings the supplier in the deal, in dollars of its own [supplier, offer, F]."""
    beta = view.param["beta"]
    money, kind, room = (x[:, None] for x in basket(view, worth))
    units = jnp.minimum(view.var["spare"], lone(view.var["gap"])[..., None, :, :])
    most = room / jnp.maximum(units, 1e-9)
    first = cost + beta * (kind * value - cost)
    beyond = cost + beta * ((kind - money) * most + money * value - cost)
    return jnp.where(first <= kind * most, first, jnp.maximum(beyond, kind * most))


def step(view: View) -> Values:
    """Price [buyer, offer, F], worth of payment [payment, supplier, F], deal [supplier, offer]."""
    p, d = view.param, view.data
    cost = p["cost"] * view.var.get("markup", 1.0)
    value = cost * (1.0 + jnp.maximum(p["ceiling_ratio"] - 1.0, 0.0) * view.var["need"])
    price = cost + p["beta"] * (value - cost)
    shut = d["shut"] * view.var.get("measures_left", 1.0)
    gain = jnp.where(d["cash"], -p["discount"] * shut, p["premium"][:, None] * shut)
    gain = jnp.where(d["food"], p["hunger_premium"] * view.var.get("food_gap", 0.0), gain)
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
            Param("hunger_premium", (), "1",
                  "added worth of food to a hungry state; at full gap", sign="assumed"),
            Param("premium", ("payment",), "1",
                  "added worth of payment in kind to a sanctioned state",
                  sign="assumed"),
            Param("unit_price", ("payment",), "USD_m/{good}", "price of a unit of payment in kind"),
            Param("cap", ("payment",), "{good}/month", "most that a supplier is paid in a month")),
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
             Imposed("hunger never lowers the worth of food", ("hunger_premium",))),
)
