r"""Treasury: what a belligerent has to pay with, and what the war costs it.

    left      abroad -> ready       income (1 - spent)    income [units/month], a path; cash,
                                                          fuel and food
    spending  abroad -> scrap       income spent          share that goes to all not simulated here

Payments to suppliers are legs of the deal (law `ship`), not part of spending, and spending does
not compete with them for the stock at hand: it comes out of the month's income.
Source: bookkeeping; ranges from the budget figures of the scenario.
Holds for: monthly totals. Breaks when: reserves are frozen or money is printed.
"""

import numpy as np

from kautilya.core.law import Built, Law, Param, Routes, Values, View, stages
from kautilya.core.world import World


def build(world: World) -> Built:
    """Routes abroad -> ready and abroad -> scrap, [side, good]."""
    sides = world.members("belligerent")
    goods = tuple(g for g in world.members("payment") if g != "technology")
    ready = world.grid(sides, goods, "ready")
    abroad, scrap = (world.outs(place, goods, len(sides)) for place in ("abroad", "scrap"))
    keep = [i for i, g in enumerate(world.members("payment")) if g != "technology"]
    return Built(
        {"saved": Routes(abroad, ready), "spent": Routes(abroad, scrap)}, {"keep": np.array(keep)}
    )


def step(view: View) -> Values:
    """Amounts asked for, each [side, good, F]."""
    income = view.param["income"][:, view.data["keep"]]
    spent = income * view.param["spent"][:, view.data["keep"]]
    return {"saved": income - spent, "spent": spent}


# fmt: off
LAW = Law(
    name="treasury", plain="means of payment",
    phase="flow", step=step, build=build, parts=("S08", "S21"),
    needs=stages(("ready",), "means in hand; know-how needs no account", "@payment",
                 "belligerent", {"technology": ""}),
    params=(Param("income", ("belligerent", "payment"), "{good}/month",
                  "means of payment that come in in a month",
                  path=True),
            Param("spent", ("belligerent", "payment"), "1",
                  "share of the means of payment spent elsewhere")),
)
