r"""Mobilisation of a supplier's industry: orders raise utilisation, idleness lowers it.

    u_t = u_{t-1} + (target - u_{t-1}) / delay;  target = 1 where the class was shipped, else idle

    idle    utilisation without orders     [1]
    delay   months of adjustment           [month]

Source: first-order adjustment (sterman2000, ch. 11); idle rate from the figures on plants.
Holds for: state industries. Breaks when: inputs are the limit.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Need, Param, Values, Var, View, over
from kautilya.core.world import World


def build(world: World) -> Built:
    """Number of each exported class among the offers."""
    offers = world.members("offer")
    return Built(data={"offer": np.array([offers.index(g) for g in world.members("exported")])})


def step(view: View) -> Values:
    """Utilisation of third states' industry [supplier, exported, F]."""
    p, u = view.param, view.var["third_utilisation"]
    shipped = over(view.var["shipped"], "supplier", "offer")[:, view.data["offer"]]
    target = jnp.where(shipped > 0, 1.0, p["idle"][None])
    return {"third_utilisation": u + (target - u) / p["delay"]}


# fmt: off
LAW = Law(
    name="mobilise", plain="the running up of third states' industry",
    phase="decide", step=step, build=build, parts=("S14",), reads=("shipped",),
    cites=("sterman2000",),
    needs=(Need("set", "offer", "where exports stand among offers"),
           Need("member", "@exported", "how much of it is asked for", of="offer")),
    params=(Param("idle", ("exported",), "1", "use of a supplier's capacity without orders"),
            Param("delay", (), "month", "months until a supplier's industry adjusts"),
            Param("opening", ("supplier", "exported"), "1",
                  "use of a supplier's capacity in the first month")),
    writes=(Var("third_utilisation", ("supplier", "exported"), "1",
                "share of a supplier's capacity in use",
                "opening"),),
)
