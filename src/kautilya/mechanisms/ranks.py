r"""Ranks: men join and fall, as the laws of the fight say.

    strength(t) = strength(t-1) + joined - casualties

Those who fall on the day on which they join are counted among both.
Source: bookkeeping. Holds for: two sides or more. Breaks when: men are wounded and come back.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import ANY, Built, Law, Need, Routes, Values, View, stages
from kautilya.core.world import World


def build(world: World) -> Built:
    """Routes [belligerent, force]: from abroad, to the battlefield, and straight through."""
    sides, force = world.members("belligerent"), world.members("force")
    ready = world.grid(sides, force, "ready")
    abroad, field = (world.outs(place, force, len(sides)) for place in ("abroad", "battlefield"))
    return Built(
        {
            "join": Routes(abroad, ready),
            "fall": Routes(ready, field),
            "fall_at_once": Routes(abroad, field),
        },
        {"rows": np.asarray(ready)},
    )


def step(view: View) -> Values:
    """Men on each route [belligerent, force, F]."""
    joined, lost = view.var["joined"], view.var["casualties"]
    fall = jnp.minimum(lost, view.stock[view.data["rows"]])
    return {"join": joined - (lost - fall), "fall": fall, "fall_at_once": lost - fall}


# fmt: off
LAW = Law(
    name="ranks", phase="flow", step=step, build=build, parts=("S03",), steps=ANY,
    plain="who joins and falls",
    reads=("joined", "casualties"),
    needs=(Need("set", "belligerent", "who fights"), Need("set", "force", "what is counted"),
           *stages(("ready",), "men in the fight", "@force", "belligerent")),
)
