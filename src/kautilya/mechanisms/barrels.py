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

from kautilya.core.law import Built, Law, Need, Param, Routes, Values, View, stages
from kautilya.core.world import LINE, World


def build(world: World) -> Built:
    """Routes by belligerent; a barrel taken from a stored gun leaves the gun to scrap."""
    sides = world.members("belligerent")
    guns = np.hstack([world.grid(sides, ["gun"], s) for s in LINE])
    mounted, spare = (world.grid(sides, ["barrel"], s)[:, 0] for s in ("mounted", "spare"))
    poor = world.grid(sides, ["gun"], "store_poor")[:, 0]
    made, scrap, wreck = (
        np.full(len(sides), world.out(place, good))
        for place, good in (("factory", "barrel"), ("scrap", "barrel"), ("scrap", "gun"))
    )
    deal = np.arange(len(sides))
    routes = {
        "worn": Routes(mounted, scrap),
        "mounted": Routes(spare, mounted),
        "made": Routes(made, spare),
        "taken": Routes(made, spare, deal),
        "gutted": Routes(poor, wreck, deal),
    }
    return Built(
        routes,
        {
            "guns": guns,
            "mounted": mounted,
            "spare": spare,
            "poor": poor,
            "tube": world.members("munition").index("tube_round"),
        },
    )


def step(view: View) -> Values:
    """Barrels, and guns gutted for them, each [belligerent, F]."""
    p, d = view.param, view.data
    worn = view.var["fired"][:, d["tube"]] / p["life"]
    guns = view.stock[d["guns"]].sum(axis=1)
    lacking = jnp.maximum(guns - view.stock[d["mounted"]] + worn, 0.0)
    spare = view.stock[d["spare"]]
    taken = jnp.minimum(p["taken"], view.stock[d["poor"]])
    taken = jnp.where(spare < lacking * 12.0, taken, 0.0)
    return {
        "worn": worn,
        "mounted": jnp.minimum(lacking, spare),
        "made": p["made"],
        "taken": taken,
        "gutted": taken,
    }


# fmt: off
LAW = Law(
    name="barrels", plain="the wear of gun barrels",
    phase="flow", step=step, build=build, parts=("S05",), reads=("fired",),
    units={"barrel": "barrel", "tube_round": "tube_round", "gun": "gun"},
    needs=(Need("set", "munition", "where shells stand among what is fired"),
           Need("member", "tube_round", "shells wear barrels", of="munition"),
           *stages(LINE, "guns in service", "gun", "belligerent"),
           *stages(("store_poor",), "stored guns that give up their barrels", "gun",
                   "belligerent"),
           *stages(("mounted", "spare"), "barrels on guns, and in hand", "barrel", "belligerent")),
    params=(Param("life", (), "tube_round/barrel", "rounds that a gun barrel lasts"),
            Param("made", ("belligerent",), "barrel/month",
                  "new gun barrels in a month", path=True),
            Param("taken", ("belligerent",), "barrel/month",
                  "gun barrels taken from stored guns in a month; if spares run low")),
)
