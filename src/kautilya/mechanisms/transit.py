r"""Transit: goods on the way arrive after a delay of two stages; a part is not usable.

    way1 -> way2 -> ready (or foreign, for equipment);  mean L, exact monthly transition
    poor   share of arriving rounds that cannot be used as they are     [1]

Source: Erlang delay (sterman2000, ch. 11). Holds for: rail and sea freight in bulk.
Breaks when: convoys are lost on the way (interdiction is not modelled).
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Routes, View
from kautilya.core.world import World
from kautilya.mechanisms.formulas.erlang import jump_probabilities

ARRIVES = {"tank": "foreign", "ifv": "foreign", "gun": "foreign", "mlrs": "foreign",
           "person": "line"}


def build(world: World) -> Built:
    """Routes way1 -> way2, and both -> arrival, usable and poor."""
    sides, goods = world.members("belligerent"), world.members("shipped")
    way1, way2 = (world.grid(sides, goods, s) for s in ("way1", "way2"))
    ready = np.array([[world.row(b, g, ARRIVES.get(g, "ready")) for g in goods] for b in sides])
    poor = np.array([[world.row(b, g, "poor") if world.has(b, g, "poor") else
                      world.out("scrap", g) for g in goods] for b in sides])
    pairs = [(way1, way2), (way1, ready), (way2, ready), (way1, poor), (way2, poor)]
    source, sink = (np.concatenate([r.ravel() for r in rows])
                    for rows in zip(*pairs, strict=True))
    return Built(Routes(source, sink), {"way1": way1, "way2": way2})


def step(view: View) -> jnp.ndarray:
    """Amounts asked for [5 * side * good, F]."""
    p, d = view.param, view.data
    jumps = jump_probabilities(2, p["lag"], 1.0)
    way1, way2 = view.stock[d["way1"]], view.stock[d["way2"]]
    one, two = way1 * jumps[2], way2 * (1.0 - jumps[0])
    poor = p["poor"]
    parts = [way1 * jumps[1], one * (1 - poor), two * (1 - poor), one * poor, two * poor]
    return jnp.concatenate([part.reshape(-1, part.shape[-1]) for part in parts])


LAW = Law(
    name="transit", phase="flow", step=step, build=build, parts=("S03", "S07"),
    cites=("sterman2000",),
    params=(Param("lag", ("belligerent", "shipped"), "month",
                  "mean months from hand-over or commitment to use"),
            Param("poor", ("belligerent", "shipped"), "1", "share that arrives unusable")),
)
