r"""Spare: what a state could hand over this month without stripping itself.

    spare  = min(1, release * treaty gain) * stock     stock includes what its industry has made
    relief = spare / gap, between 0 and 1   how far it would help the buyer

    release      most of its stock that a state parts with in a month        [1/month]

A state that holds neither stock nor industry of a calibre cannot supply it: no constant says so.
Source: assumed form. Holds for: stocks that age and are replaced slowly.
Breaks when: a state fears for its own defence (release is then smaller).
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Var, View
from kautilya.core.world import World

STAGE = {"tank": "surplus", "ifv": "surplus", "gun": "surplus", "mlrs": "surplus",
         "person": "surplus"}


def build(world: World) -> Built:
    """Accounts [supplier, offer]."""
    rows = [[world.row(s, g, STAGE.get(g, "ready")) for g in world.members("offer")]
            for s in world.members("supplier")]
    return Built(data={"rows": np.array(rows)})


def step(view: View) -> dict:
    """Spare units [supplier, offer, F] and what they are to the buyer [1]."""
    p = view.param
    stock = view.stock[view.data["rows"]]
    spare = jnp.minimum(p["release"][None] * view.var["treaty_gain"], 1.0) * stock
    gap = view.var["gap"].sum(axis=0)[None]
    return {"spare": spare, "relief": jnp.clip(spare / jnp.maximum(gap, 1e-9), 0.0, 1.0)}


LAW = Law(
    name="spare", phase="observe", step=step, build=build, parts=("S02", "S07", "S14"),
    reads=("gap", "treaty_gain"),
    params=(Param("release", ("offer",), "1/month", "most of its stock handed over in a month"),),
    writes=(Var("spare", ("supplier", "offer"), "{good}/month", "what could be handed over",
                0.0, nature="mean"),
            Var("relief", ("supplier", "offer"), "1", "that over the buyer's gap", nature="mean")),
)
