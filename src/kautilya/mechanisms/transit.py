r"""Transit: goods on the way arrive after a delay of two stages; a part is not usable.

    way1 -> way2 -> ready (or foreign, for equipment);  mean L, exact monthly transition
    poor   share of arriving rounds that cannot be used as they are     [1]

Source: Erlang delay (sterman2000, ch. 11). Holds for: rail and sea freight in bulk.
Breaks when: convoys are lost on the way (interdiction is not modelled).
"""

from itertools import product

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Routes, Values, View, stages
from kautilya.core.world import World
from kautilya.mechanisms.formulas.erlang import jump_probabilities

ARRIVES = {
    "@equipment": "foreign",
    "tank": "foreign",
    "ifv": "foreign",
    "gun": "foreign",
    "mlrs": "foreign",
    "person": "line",
}


def build(world: World) -> Built:
    """Routes way1 -> way2 [side, good], and both -> arrival, usable or poor [way, side, good]."""
    sides, goods = world.members("belligerent"), world.members("shipped")
    way1, way2 = (world.grid(sides, goods, s) for s in ("way1", "way2"))
    ready = world.grid(sides, goods, ARRIVES)
    poor = np.reshape(
        [
            world.row(b, g, "poor") if world.has(b, g, "poor") else world.out("scrap", g)
            for b, g in product(sides, goods)
        ],
        ready.shape,
    )
    both = np.stack([way1, way2])
    routes = {
        "onward": Routes(way1, way2),
        "arrived": Routes(both, np.stack([ready] * 2)),
        "spoilt": Routes(both, np.stack([poor] * 2)),
    }
    return Built(routes, {"way1": way1, "way2": way2})


def step(view: View) -> Values:
    """Amounts asked for, shaped as the routes."""
    p, d = view.param, view.data
    jumps = jump_probabilities(2, p["lag"], 1.0)
    way1, way2 = view.stock[d["way1"]], view.stock[d["way2"]]
    out = jnp.stack([way1 * jumps[2], way2 * (1.0 - jumps[0])])
    return {
        "onward": way1 * jumps[1],
        "arrived": out * (1.0 - p["poor"]),
        "spoilt": out * p["poor"],
    }


# fmt: off
LAW = Law(
    name="transit", plain="goods on the way",
    phase="flow", step=step, build=build, parts=("S03", "S07"),
    cites=("sterman2000",),
    needs=(*stages(("way1", "way2"), "goods on the way", "@shipped", "belligerent"),
           *stages(("ready",), "where goods arrive, by class", "@shipped", "belligerent", ARRIVES)),
    params=(Param("lag", ("belligerent", "shipped"), "month",
                  "months from hand-over to use; mean"),
            Param("poor", ("belligerent", "shipped"), "1",
                  "share of what arrives that is unusable")),
)
