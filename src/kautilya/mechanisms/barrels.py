r"""Barrels: worn out by firing, replaced from new ones and from stored guns.

    worn    = tube rounds fired / life;   lacking = max(guns - mounted + worn, 0)
    mounted = mounted - worn + min(spare, lacking)
    spare   = spare - min(spare, lacking) + made + taken from stored guns

    life   rounds that a barrel lasts, 2,000 to 3,000    [tube_round/barrel]
    made, taken                                          [barrel/month]; guns are taken only
            where the spares would last less than a year at what is lacking

Guns without a barrel do not fire. Wear is of last month's fire; all else as the month began.
Source: identity of wear (tubes lost = fire / life); life as in the scenario.
Holds for: national totals. Breaks when: calibres of barrels and guns do not match.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Routes, View
from kautilya.core.world import World


def build(world: World) -> Built:
    """Routes for each belligerent: worn, mounted, made, taken, stored gun scrapped."""
    source, sink, group = [], [], []
    for i, b in enumerate(world.members("belligerent")):
        spare, mounted = world.row(b, "barrel", "spare"), world.row(b, "barrel", "mounted")
        poor = world.row(b, "gun", "store_poor")
        source += [mounted, spare, world.out("factory", "barrel"),
                   world.out("factory", "barrel"), poor]
        sink += [world.out("scrap", "barrel"), mounted, spare, spare, world.out("scrap", "gun")]
        group += [-1, -1, -1, i, i]
    sides = world.members("belligerent")
    vintages = [[world.row(b, "gun", s) for s in ("prewar", "new", "restored", "foreign")]
                for b in sides]
    rows = {"guns": np.array(vintages), "mounted": world.grid(sides, ["barrel"], "mounted")[:, 0],
            "spare": world.grid(sides, ["barrel"], "spare")[:, 0],
            "poor": world.grid(sides, ["gun"], "store_poor")[:, 0],
            "tube": world.members("munition").index("tube_round")}
    return Built(Routes(np.array(source), np.array(sink), np.array(group)), rows)


def step(view: View) -> jnp.ndarray:
    """Barrels asked for, five routes a side [5 * belligerent, F]."""
    p, d = view.param, view.data
    worn = view.var["fired"][:, d["tube"]] / p["life"]
    guns = view.stock[d["guns"]].sum(axis=1)
    lacking = jnp.maximum(guns - view.stock[d["mounted"]] + worn, 0.0)
    spare = view.stock[d["spare"]]
    taken = jnp.minimum(p["taken"], view.stock[d["poor"]])
    taken = jnp.where(spare < lacking * 12.0, taken, 0.0)
    asks = jnp.stack([worn, jnp.minimum(lacking, spare), p["made"], taken, taken], axis=1)
    return asks.reshape(-1, asks.shape[-1])


LAW = Law(
    name="barrels", phase="flow", step=step, build=build, parts=("S05",), reads=("fired",),
    units={"barrel": "barrel", "tube_round": "tube_round", "gun": "gun"},
    params=(Param("life", (), "tube_round/barrel", "rounds that a barrel lasts"),
            Param("made", ("belligerent",), "barrel/month", "new barrels", path=True),
            Param("taken", ("belligerent",), "barrel/month",
                  "barrels taken from stored guns where spares last less than a year")),
)
