r"""Terms of trade: the price that splits the gain between supplier and buyer.

    cost_g  = reservation price * markup_g                  what a detour adds (law `evasion`)
    value_g = cost_g (1 + (ratio_g - 1) need_g)             what a unit is worth to the buyer
    price   = cost + beta (value - cost)                    generalised Nash, transferable utility
    worth_ik = what one dollar of payment k is worth to supplier i:
       cash 1 - discount * sanctioned_i ;  food 1 + hunger_premium * food gap_i
       fuel, technology 1 + premium_k * sanctioned_i
    gain    = log( price * max_k worth_ik / cost )

    cost     reservation price of the supplier, its outside option      [USD_m/unit]
    ratio    cost of the buyer's own substitute, its outside option, over cost      [1]
    beta     bargaining weight of the supplier, a declared range        [1]

Source: nash1950, binmore1986. Holds for: two sides with outside options.
Breaks when: gifts, debts or promises settle the account; the balance is reported, not explained.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Var, View
from kautilya.core.world import World


def build(world: World) -> Built:
    """How far each supplier is sanctioned [supplier], and kinds of payment."""
    actors = world.members("actor")
    at = np.array([actors.index(s) for s in world.members("supplier")])
    kinds = world.members("payment")
    return Built(data={"shut": world.tables["sanctioned"][at][:, None],
                       "cash": np.array([k == "cash" for k in kinds])[:, None, None],
                       "food": np.array([k == "food" for k in kinds])[:, None, None]})


def step(view: View) -> dict:
    """Price [buyer, offer, F], worth of payment [payment, supplier, F], gain [supplier, offer]."""
    p, d = view.param, view.data
    cost = p["cost"] * view.var["markup"]
    value = cost * (1.0 + jnp.maximum(p["ceiling_ratio"] - 1.0, 0.0) * view.var["need"])
    price = cost + p["beta"] * (value - cost)
    shut = d["shut"]
    gain = jnp.where(d["cash"], -p["discount"] * shut, p["premium"][:, None] * shut)
    gain = jnp.where(d["food"], p["hunger_premium"] * view.var["food_gap"], gain)
    worth = jnp.maximum(1.0 + gain, 0.0)
    ratio = price[0] / cost * worth.max(axis=0)[:, None]
    return {"price": price, "worth": worth, "deal_gain": jnp.log(jnp.maximum(ratio, 1e-9))}


LAW = Law(
    name="terms", phase="observe", step=step, build=build, parts=("S08",),
    reads=("need", "food_gap", "markup"), cites=("nash1950", "binmore1986"),
    params=(Param("cost", ("offer",), "USD_m/{good}", "reservation price of a unit"),
            Param("ceiling_ratio", ("offer",), "1", "most that the buyer would pay, over the cost"),
            Param("beta", (), "1", "bargaining weight of the supplier"),
            Param("discount", (), "1", "loss of worth of cash to a sanctioned state"),
            Param("hunger_premium", (), "1", "added worth of food at full gap"),
            Param("premium", ("payment",), "1", "added worth in kind to a sanctioned state")),
    writes=(Var("price", ("buyer", "offer"), "USD_m/{good}", "price of a unit"),
            Var("worth", ("payment", "supplier"), "1", "worth of a dollar of payment"),
            Var("deal_gain", ("supplier", "offer"), "1", "log gain of the supplier")),
)
