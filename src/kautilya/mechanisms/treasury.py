r"""Treasury: what a belligerent has to pay with, and what the war costs it.

    income    = path * (1 + share (earning - 1))          [units/month]; cash, fuel and food
    left      abroad -> ready       income (1 - spent)
    spending  abroad -> scrap       income spent          share that goes to all not simulated here

    earning   exports over those of the end of the record, where known (law `trade_state`)
    share     part of an income that follows exports                         [1]

Payments to suppliers are legs of the deal (law `ship`), not part of spending, and spending does
not compete with them for the stock at hand: it comes out of the month's income.
Source: bookkeeping; ranges from the budget figures of the scenario.
Holds for: monthly totals. Breaks when: reserves are frozen or money is printed.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Routes, Values, View, stages
from kautilya.core.world import GIVEN, World


def build(world: World) -> Built:
    """Routes abroad -> ready and abroad -> scrap, [side, good]."""
    sides = world.members("belligerent")
    goods = tuple(g for g in world.members("payment") if g not in GIVEN)
    ready = world.grid(sides, goods, "ready")
    abroad, scrap = (world.outs(place, goods, len(sides)) for place in ("abroad", "scrap"))
    keep = [i for i, g in enumerate(world.members("payment")) if g not in GIVEN]
    among = world.members("economy") if "economy" in world.sets else ()
    return Built(
        {"saved": Routes(abroad, ready), "spent": Routes(abroad, scrap)},
        {
            "keep": np.array(keep),
            "trades": np.array([[s in among] for s in sides]),
            "place": np.array([among.index(s) if s in among else 0 for s in sides]),
        },
    )


def step(view: View) -> Values:
    """Amounts asked for, each [side, good, F]."""
    d, now = view.data, view.var.get("earning", jnp.ones((1, 1)))
    change = jnp.where(d["trades"], now[d["place"]] - 1.0, 0.0)[:, None]
    income = view.param["income"] * (1.0 + view.param["follows"] * change)
    income = income[:, d["keep"]]
    spent = income * view.param["spent"][:, view.data["keep"]]
    return {"saved": income - spent, "spent": spent}


# fmt: off
LAW = Law(
    name="treasury", plain="means of payment",
    phase="flow", step=step, build=build, parts=("S08", "S21"),
    reads_if=("earning",),
    needs=(Need("set", "economy", "states whose trade is worked out", free=True),
           *stages(("ready",), "means in hand; know-how and credit need no account", "@payment",
                   "belligerent", dict.fromkeys(GIVEN, ""))),
    params=(Param("income", ("belligerent", "payment"), "{good}/month",
                  "means of payment that come in in a month",
                  path=True),
            Param("spent", ("belligerent", "payment"), "1",
                  "share of the means of payment spent elsewhere"),
            Param("follows", ("payment",), "1", "part of the means of payment that follows exports",
                  sign="assumed", absent=0.0)),
    imposes=(Imposed("more exports never leave a side with less to pay", ("follows",)),),
)
