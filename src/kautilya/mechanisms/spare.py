r"""Spare: what a state could hand over this month without stripping itself.

    spare  = min(1, release * treaty gain * cover) * stock     stock includes what its industry made
    relief = spare / gap, between 0 and 1   how far it would help the buyer

    release      most of its stock that a state parts with in a month        [1/month]
    cover        what better air defence lets a state part with more (law `technology`)     [1]

A treaty with one of several buyers opens the store for all of them.
A supplier that is out of the set this month has nothing to spare.
A state that holds neither stock nor industry of a calibre cannot supply it: no constant says so.
Source: assumed form. Holds for: stocks that age and are replaced slowly.
Breaks when: a state fears for its own defence (release is then smaller).
"""

import jax.numpy as jnp

from kautilya.core.law import Built, Law, Param, Values, Var, View, lone, stages, there
from kautilya.core.world import World

STAGE = dict.fromkeys(("@equipment", "tank", "ifv", "gun", "mlrs", "person"), "surplus")


def build(world: World) -> Built:
    """Accounts [supplier, offer]."""
    rows = world.grid(world.members("supplier"), world.members("offer"), STAGE)
    return Built(data={"rows": rows, **world.present("supplier")})


def step(view: View) -> Values:
    """Spare units [supplier, offer, F] and what they are to each buyer [1]."""
    p = view.param
    stock = view.stock[view.data["rows"]]
    gain = view.var.get("treaty_gain", jnp.ones_like(stock))
    gain = gain if gain.ndim == stock.ndim else gain.max(axis=0)
    gain = gain * view.var.get("cover", jnp.ones((1, 1)))[:, None]
    spare = jnp.minimum(p["release"][None] * gain, 1.0) * stock * there(view, "supplier", 2)
    gap = lone(view.var["gap"])[..., None, :, :]
    return {"spare": spare, "relief": jnp.clip(spare / jnp.maximum(gap, 1e-9), 0.0, 1.0)}


# fmt: off
LAW = Law(
    name="spare", plain="what a supplier can spare",
    phase="observe", step=step, build=build, parts=("S02", "S07", "S14"), dated=("supplier",),
    reads=("gap",), reads_if=("treaty_gain", "cover"),
    needs=stages(("ready",), "what a supplier can give, by class", "@offer", "supplier", STAGE),
    params=(Param("release", ("offer",), "1/month",
                  "share of its stock that a supplier hands over in a month at most"),),
    writes=(Var("spare", ("supplier", "offer"), "{good}/month",
                "goods that a state could hand over this month",
                0.0, nature="mean"),
            Var("relief", ("buyer?", "supplier", "offer"), "1",
                "what a state could spare over the buyer's gap", nature="mean")),
)
