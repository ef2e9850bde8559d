r"""Aimed fire: Lanchester's square law with reinforcement, exact over each step.

    dx/dt = P_x - a y        dy/dt = P_y - b x        without P, b x^2 - a y^2 stays

    x, y  strength of the two sides                             [units]
    a, b  own men lost for each enemy and time                  [1/month]
    P     reinforcement, constant within a step                 [units/month]

A side that is annihilated within a step ends it at zero; where nobody joins, the other keeps what
the invariant leaves.
Source: lanchester1916; reinforcement as in engel1954.
Holds for: two sides in contact, each man of whom can hit any enemy that he sees.
Breaks when: fire is limited by supply, or falls on an area and not on men.
"""

import jax.numpy as jnp

from kautilya.core.law import ANY, Built, Law, Param, Values, Var, View, stages
from kautilya.core.world import World
from kautilya.mechanisms.formulas.lanchester import reinforced_step, square_step


def build(world: World) -> Built:
    """Where the force stands [belligerent, force]."""
    sides = world.members("belligerent")
    if len(sides) != 2:
        raise ValueError(f"law 'aimed_fire' needs two members of 'belligerent', not {len(sides)}")
    return Built(data={"rows": world.grid(sides, world.members("force"), "ready")})


def step(view: View) -> Values:
    """Who falls [belligerent, force, F]."""
    have, joined = view.stock[view.data["rows"]], view.var["joined"]
    rates = view.param["exposure"]
    alone = jnp.stack(square_step(have[0], have[1], rates[0], rates[1], 1.0))
    more = reinforced_step((have[0], have[1]), (rates[0], rates[1]), (joined[0], joined[1]), 1.0)
    nobody = (joined == 0).all(axis=0)
    after = jnp.where(nobody, alone, jnp.minimum(jnp.stack(more), have + joined))
    return {"casualties": have + joined - after}


# fmt: off
LAW = Law(
    name="aimed_fire", phase="decide", step=step, build=build, parts=("S03",), steps=ANY,
    plain="aimed fire",
    reads=("joined",), cites=("lanchester1916", "engel1954"), single=("force",),
    needs=(*stages(("ready",), "men in the fight", "@force", "belligerent"),),
    params=(Param("exposure", ("belligerent", "force"), "1/month",
                  "own losses to aimed fire for each enemy and time"),),
    writes=(Var("casualties", ("belligerent", "force"), "{good}/month", "casualties", nature="amount"),),
)
