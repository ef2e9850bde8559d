r"""Aid: goods that donors send to a belligerent, shaped in time by what they allocate.

    sent_dg(t) = committed_g * pace_d(t)

    committed  mean deliveries of all donors a month over the record   [units/month], a path
    pace       a donor's aid this month over the mean of all donors    [1], law `aid_pace`

Goods go into transit (law `transit`), which is the lag from commitment to delivery.
Commitments, allocations and deliveries are different series; only allocations set the pace.
Source: assumed form; time profile from the Kiel tracker (trebesch2023).
Holds for: aid in kind. Breaks when: donors' stocks run out.
"""

import numpy as np

from kautilya.core.law import Built, Law, Need, Param, Routes, Values, View, lone, stages
from kautilya.core.world import World


def build(world: World) -> Built:
    """Routes abroad -> in transit to each aided side, [recipient, donor, good]."""
    donors, goods = world.members("donor"), world.members("aided")
    sides = world.members("recipient")
    shape = (len(sides), len(donors), len(goods))
    source = np.broadcast_to([world.out("abroad", g) for g in goods], shape)
    sink = np.broadcast_to(world.grid(sides, goods, "way1")[:, None], shape)
    return Built({"sent": Routes(lone(source), lone(sink))})


def step(view: View) -> Values:
    """Goods asked for [recipient, donor, good, F]."""
    return {"sent": view.var["aid_pace"][..., None, :] * view.param["committed"][..., None, :, :]}


# fmt: off
LAW = Law(
    name="aid", plain="aid from donors",
    phase="flow", step=step, build=build, parts=("S03",), reads=("aid_pace",),
    cites=("trebesch2023",),
    needs=(Need("set", "donor", "who helps"),
           *stages(("way1",), "gifts that set out", "@aided", "recipient")),
    params=(Param("committed", ("recipient?", "aided"), "{good}/month",
                  "goods that donors commit in a month; mean over the record", path=True),),
)
