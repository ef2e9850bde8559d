r"""Industry of third states: output of what they could supply, run up when it is wanted.

    output = capacity * skill * utilisation
           = min( capacity * skill * utilisation, max(keeps * capacity - stock, 0) )   where keeps > 0

    capacity      units a month at full use              [units/month], a path
    utilisation   share of it in use, law `mobilise`     [1]
    skill         what technology adds, law `technology` [1]
    keeps         months of output kept in stock at most [month], 0 = no limit

Output goes to the state's own stock; the stock of dual-use goods is kept at a few months' worth.
Source: Leontief capacity (sterman2000, ch. 11).
Holds for: states with an arms industry. Breaks when: raw material or power is short.
"""

import jax.numpy as jnp

from kautilya.core.law import Built, Law, Param, Routes, Values, View, stages
from kautilya.core.world import World


def build(world: World) -> Built:
    """Routes factory -> ready, [supplier, exported]."""
    holders, goods = world.members("supplier"), world.members("exported")
    ready = world.grid(holders, goods, "ready")
    factory = world.outs("factory", goods, len(holders))
    return Built({"made": Routes(factory, ready)}, {"ready": ready})


def step(view: View) -> Values:
    """Output asked for [supplier, exported, F]."""
    p = view.param
    made = p["capacity"] * view.var.get("skill_output", 1.0) * view.var["third_utilisation"]
    room = jnp.maximum(p["keeps"][None] * p["capacity"] - view.stock[view.data["ready"]], 0.0)
    return {"made": jnp.where(p["keeps"][None] > 0, jnp.minimum(made, room), made)}


# fmt: off
LAW = Law(
    name="industry", plain="arms industry of third states",
    phase="flow", step=step, build=build, parts=("S14",),
    reads=("third_utilisation",), reads_if=("skill_output",), cites=("sterman2000",),
    needs=stages(("ready",), "what is made for export", "@exported", "supplier"),
    params=(Param("capacity", ("supplier", "exported"), "{good}/month",
                  "output of a supplier's industry in a month at full use",
                  path=True),
            Param("keeps", ("exported",), "month",
                  "months of output that a supplier keeps in stock at most; 0 = no limit")),
)
