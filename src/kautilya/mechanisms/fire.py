r"""Fire: rounds, missiles and drones used, limited by supply, by launchers and by policy.

    use = min( planned, launchers * ceiling, stock - held )

    planned   what would be fired if nothing limited it   [units/month]
    ceiling   most that one serviceable launcher fires    [units/launcher/month]
    held      stock kept back (law `hold`)                [units]

Tube, rocket and mortar rounds are different goods and never mixed. Poor rounds are not used.
Source: accounting identity with Leontief limits (sterman2000, ch. 11).
Holds for: monthly national totals. Breaks when: delivery to the guns is what limits.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Need, Param, Routes, Values, View, stages
from kautilya.core.world import LINE, World


def build(world: World) -> Built:
    """Routes ready -> battlefield, for each belligerent and munition."""
    sides, goods = world.members("belligerent"), world.members("munition")
    source = world.grid(sides, goods, "ready")
    sink = world.outs("battlefield", goods, len(sides))
    guns = np.stack([world.grid(sides, ("gun", "mlrs"), s).ravel() for s in LINE], axis=1)
    barrels = [world.row(b, "barrel", "mounted") for b in sides]
    return Built(
        {"fired": Routes(source, sink)},
        {
            "source": source,
            "launchers": guns,
            "barrels": np.array(barrels),
            "tube": np.array([g == "tube_round" for g in goods]),
            "rocket": np.array([g == "rocket_round" for g in goods]),
        },
    )


def step(view: View) -> Values:
    """Rounds asked for [belligerent, munition, F]."""
    p, data = view.param, view.data
    stock = view.stock[data["source"]]
    wanted = view.var["planned_use"]
    pieces = view.stock[data["launchers"]].sum(axis=1)
    pieces = pieces.reshape(-1, 2, pieces.shape[-1])
    guns = jnp.minimum(pieces[:, 0], view.stock[data["barrels"]])
    tube, rocket = data["tube"][None, :, None], data["rocket"][None, :, None]
    limit = jnp.where(tube, guns[:, None] * p["tube_ceiling"], jnp.inf)
    limit = jnp.where(rocket, pieces[:, 1][:, None] * p["rocket_ceiling"], limit)
    free = jnp.maximum(stock - view.var["held"], 0.0)
    return {"fired": jnp.minimum(jnp.minimum(wanted, limit), free)}


# fmt: off
LAW = Law(
    name="fire", plain="firing", phase="flow", step=step, build=build, parts=("S03", "S05"),
    reads=("planned_use", "held"), cites=("sterman2000",),
    units={"tube_round": "tube_round", "rocket_round": "rocket_round", "gun": "gun", "mlrs": "mlrs",
           "barrel": "barrel"},
    needs=(Need("set", "belligerent", "who fires"),
           Need("set", "munition", "what is fired"),
           *stages(("ready",), "munitions in hand", "@munition", "belligerent"),
           *stages(LINE, "guns that fire shells", "gun", "belligerent"),
           *stages(LINE, "launchers that fire rockets", "mlrs", "belligerent"),
           *stages(("mounted",), "barrels on guns", "barrel", "belligerent")),
    params=(Param("tube_ceiling", (), "tube_round/gun/month",
                  "most rounds that a gun fires in a month"),
            Param("rocket_ceiling", (), "rocket_round/mlrs/month",
                  "most rockets that a launcher fires in a month")),
)
