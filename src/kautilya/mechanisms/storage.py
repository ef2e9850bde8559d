r"""Storage: stored equipment is taken out best first, and less of it can be restored.

    pull_c = min(stock_c, capacity - what better conditions gave)     c = good, fair, poor
    yield_c pull_c -> refit;   (1 - yield_c) pull_c -> scrap (cannibalised)
    refit: three stages, mean L_c, exact monthly transition -> restored, with the forces

    capacity   taken out a month                  [units/month], a path
    yield      share that becomes usable          [1], falling from good to poor
    lead       mean months of refitting           [month]

Source: vintage stores with Erlang delay (sterman2000, ch. 11).
Holds for: open stores counted by condition. Breaks when: stores are hidden, or yield and
quality are wanted apart (only their product is identified).
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Param, Routes, Values, View, stages
from kautilya.core.world import World
from kautilya.mechanisms.formulas.erlang import jump_probabilities

CONDITIONS = ("store_good", "store_fair", "store_poor")
REFIT = ("refit1", "refit2", "refit3")


def build(world: World) -> Built:
    """Routes out of store by condition, and between stages of refitting, by side and class."""
    sides, goods = world.members("belligerent"), world.members("equipment")
    stores = np.stack([world.grid(sides, goods, c) for c in CONDITIONS])
    refit = np.stack([world.grid(sides, goods, s) for s in (*REFIT, "restored")])
    scrap = world.outs("scrap", goods, len(sides))
    routes = {
        "to_refit": Routes(stores, np.broadcast_to(refit[0], stores.shape)),
        "scrapped": Routes(stores, np.broadcast_to(scrap, stores.shape)),
        "onward": Routes(refit[[0, 0, 1]], refit[[1, 2, 2]]),
        "restored": Routes(refit[:3], np.broadcast_to(refit[3], stores.shape)),
    }
    return Built(routes, {"stores": stores, "refit": refit[:3]})


def step(view: View) -> Values:
    """Amounts asked for, each [condition or stage, side, class, F]."""
    p, d = view.param, view.data
    room, pulls = p["capacity"], []
    for rows in d["stores"]:
        pull = jnp.minimum(view.stock[rows], room)
        room = room - pull
        pulls.append(pull)
    pulled = jnp.stack(pulls)
    good = pulled * p["yield"][:, None, None]
    jumps = jump_probabilities(len(REFIT), p["lead"], 1.0)
    stages = [view.stock[rows] for rows in d["refit"]]
    onward = [stages[0] * jumps[1], stages[0] * jumps[2], stages[1] * jumps[1]]
    restored = [
        stage * (1.0 - jumps[: len(REFIT) - done].sum(axis=0)) for done, stage in enumerate(stages)
    ]
    return {
        "to_refit": good,
        "scrapped": pulled - good,
        "onward": jnp.stack(onward),
        "restored": jnp.stack(restored),
    }


# fmt: off
LAW = Law(
    name="storage", plain="equipment out of storage",
    phase="flow", step=step, build=build, parts=("S07", "S09"),
    cites=("sterman2000",),
    needs=(*stages(CONDITIONS, "stored equipment by condition", "@equipment", "belligerent"),
           *stages((*REFIT, "restored"), "stored equipment on its way back to service",
                   "@equipment", "belligerent")),
    params=(Param("capacity", ("belligerent", "equipment"), "{good}/month",
                  "equipment taken out of storage in a month", path=True),
            Param("yield", ("condition",), "1",
                  "share of stored equipment in {condition} that becomes usable", sign="declared"),
            Param("lead", (), "month", "months of refitting; mean")),
    labels={"condition": CONDITIONS},
    imposes=(Imposed("yield falls from good to poor condition", ("yield",)),),
    words={"store_good": "good condition", "store_fair": "fair condition",
           "store_poor": "poor condition"},
)
