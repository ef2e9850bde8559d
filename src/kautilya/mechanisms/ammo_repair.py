r"""Refurbished ammunition: poor rounds made usable, best effort up to a capacity.

    amount = min(capacity, poor stock)

    capacity   [units/month], a path. "Production or refurbishment" of a published figure
               counts this flow as production.

Source: stock-flow bookkeeping (sterman2000). Holds for: rounds that fuzes and charges mend.
Breaks when: age makes rounds unsafe.
"""

import jax.numpy as jnp

from kautilya.core.law import Built, Law, Param, Routes, Values, View, stages
from kautilya.core.world import World


def build(world: World) -> Built:
    """Routes poor -> ready, [side, round]."""
    sides, goods = world.members("belligerent"), world.members("round")
    poor = world.grid(sides, goods, "poor")
    return Built({"repaired": Routes(poor, world.grid(sides, goods, "ready"))}, {"poor": poor})


def step(view: View) -> Values:
    """Rounds asked for [side, round, F]."""
    return {"repaired": jnp.minimum(view.param["capacity"], view.stock[view.data["poor"]])}


# fmt: off
LAW = Law(
    name="ammo_repair", plain="the refurbishing of ammunition",
    phase="flow", step=step, build=build, parts=("S07", "S09"),
    cites=("sterman2000",),
    needs=stages(("poor", "ready"), "unusable shells, and mended ones", "@round", "belligerent"),
    params=(Param("capacity", ("belligerent", "round"), "{good}/month",
                  "poor rounds that can be made usable in a month", path=True),),
)
