r"""Area fire: Lanchester's linear law, exact over each step.

    dx/dt = -a x y        dy/dt = -b x y        b x - a y stays

    x, y  strength of the two sides; who joins does so when a step begins   [units]
    a, b  share of the own force lost for each enemy and time    [1/units/month]

Source: lanchester1916. Holds for: fire into an area, or single combats.
Breaks when: men aim at men; neither side ever reaches zero.
"""

import jax.numpy as jnp

from kautilya.core.law import ANY, Built, Law, Param, Values, Var, View, stages
from kautilya.core.world import World
from kautilya.mechanisms.formulas.lanchester import linear_step


def build(world: World) -> Built:
    """Where the force stands [belligerent, force]."""
    sides = world.members("belligerent")
    if len(sides) != 2:
        raise ValueError(f"law 'area_fire' needs two members of 'belligerent', not {len(sides)}")
    return Built(data={"rows": world.grid(sides, world.members("force"), "ready")})


def step(view: View) -> Values:
    """Who falls [belligerent, force, F]."""
    have = view.stock[view.data["rows"]] + view.var["joined"]
    rates = view.param["exposure"]
    after = linear_step(have[0], have[1], rates[0], rates[1], 1.0)
    return {"casualties": have - jnp.stack(after)}


# fmt: off
LAW = Law(
    name="area_fire", phase="decide", step=step, build=build, parts=("S03",), steps=ANY,
    plain="area fire",
    reads=("joined",), cites=("lanchester1916",), single=("force",),
    needs=(*stages(("ready",), "men in the fight", "@force", "belligerent"),),
    params=(Param("exposure", ("belligerent", "force"), "1/{good}/month",
                  "share of the own force lost to area fire for each enemy and time"),),
    writes=(Var("casualties", ("belligerent", "force"), "{good}/month", "casualties of area fire",
                nature="amount"),),
)
