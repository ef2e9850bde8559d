r"""Food balance: harvest, need, import; the gap is what raises the value of grain in a deal.

    eaten   = min(need, stock at hand)
    harvest comes in over the year at an even rate; imports other than barter are a path

    need, harvest, imports   [kt/month]; the gap itself is smoothed by law `hunger`

Source: food balance sheet identity. Holds for: yearly totals; the season is not modelled.
Breaks when: distribution, not supply, is what fails. It says nothing on collapse.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Routes, Values, View, stages
from kautilya.core.world import World


def build(world: World) -> Built:
    """Routes into and out of the store of each supplier."""
    holders = world.members("supplier")
    store = world.grid(holders, ["food"], "ready")[:, 0]
    place = {p: np.full(len(holders), world.out(p, "food")) for p in ("factory", "abroad", "scrap")}
    return Built(
        {
            "harvested": Routes(place["factory"], store),
            "imported": Routes(place["abroad"], store),
            "eaten": Routes(store, place["scrap"]),
        },
        {"store": store},
    )


def step(view: View) -> Values:
    """Food asked for, each [supplier, F]."""
    p = view.param
    eaten = jnp.minimum(view.var["food_need"], view.stock[view.data["store"]])
    return {"harvested": p["harvest"], "imported": p["imports"], "eaten": eaten}


# fmt: off
LAW = Law(
    name="food", plain="the food balance", phase="flow", step=step, build=build, parts=("S19",),
    reads=("food_need",),
    units={"food": "kt"},
    needs=stages(("ready",), "grain in store", "food", "supplier"),
    params=(Param("harvest", ("supplier",), "kt/month", "grain harvest in a month", path=True),
            Param("imports", ("supplier",), "kt/month",
                  "food imports in a month, other than barter", path=True)),
)
