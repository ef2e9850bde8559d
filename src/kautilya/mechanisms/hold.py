r"""Stock policy: the stock that a side that holds its stocks keeps back.

    held_t = (1 - draw_down) * max(stock - fired, 0) at the month in which the policy begins,
             0 before it; a month's use stays free, so that fire goes on at the pace of what
             comes in, and does not stop for the month that it takes to come in

    draw_down   1 = stocks are drawn down, 0 = the stock of that month is held    [1]

Source: declared policy, not a law of nature; both policies are run.
Holds for: comparing the two polar policies. Breaks when: a side mixes them.
"""

import jax.numpy as jnp

from kautilya.core.law import Built, Law, Param, Series, Values, Var, View, stages
from kautilya.core.world import World


def build(world: World) -> Built:
    """Accounts of ready munitions."""
    return Built(
        data={"rows": world.grid(world.members("belligerent"), world.members("munition"), "ready")}
    )


def step(view: View) -> Values:
    """Stock kept back [belligerent, munition, F]."""
    begins = view.series["begins"]
    free = jnp.maximum(view.stock[view.data["rows"]] - view.var["fired"], 0.0)
    kept = free * (1.0 - view.param["draw_down"][:, None])
    return {"held": jnp.where(begins > 0, kept, view.var["held"])}


# fmt: off
LAW = Law(
    name="hold", plain="the policy on stocks",
    phase="update", step=step, build=build, parts=("S05",),
    reads=("fired",),
    needs=stages(("ready",), "munitions in hand", "@munition", "belligerent"),
    params=(Param("draw_down", ("belligerent",), "1",
                  "policy on ammunition stocks; 1 = drawn down, 0 = held"),),
    series=(Series("begins", (), "1", "start of the policy on stocks; 1 in that month"),),
    writes=(Var("held", ("belligerent", "munition"), "{good}", "ammunition kept back", 0.0),),
)
