r"""Pay: bonuses of recruits and the part of the deficit that reserves must cover, in cash.

    bonuses   cash -> gone      bill of law `labour`, of the month before    [USD_m/month]
    deficit   cash -> gone      a path                                       [USD_m/month]

Cash is rationed among all that draw on it: where it runs short, recruits and foreign goods are
cut together.
Source: bookkeeping. Holds for: reserves that can be spent.
Breaks when: a deficit is lent or printed; then reserves last and prices rise, which is no part.
"""

import numpy as np

from kautilya.core.law import Built, Law, Param, Routes, Values, View, stages
from kautilya.core.world import World


def build(world: World) -> Built:
    """Routes cash -> scrap, for bonuses and for the deficit, each by side."""
    sides, good = world.members("belligerent"), world.members("money")[0]
    cash = np.array([world.row(b, good, "ready") for b in sides])
    gone = Routes(cash, np.full(len(cash), world.out("scrap", good)))
    return Built({"bonuses": gone, "deficit": gone})


def step(view: View) -> Values:
    """Amounts asked for, each [belligerent, F]."""
    return {"bonuses": view.var["bonus_bill"], "deficit": view.param["deficit"][:, 0]}


# fmt: off
LAW = Law(
    name="pay", plain="pay and the deficit",
    phase="flow", step=step, build=build, parts=("S21",), reads=("bonus_bill",), single=("money",),
    needs=stages(("ready",), "means that pay", "@money", "belligerent"),
    params=(Param("deficit", ("belligerent", "money"), "{good}/month",
                  "deficit that reserves cover in a month", path=True),),
)
