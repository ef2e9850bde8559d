r"""Aid: goods that donors send to a belligerent, shaped in time by what they allocate.

    sent_dg(t) = committed_g * pace_t * share_d * level_d * (1 - gap_t)

    committed  mean deliveries a month over the record        [units/month]
    pace       allocations of all donors over their mean      [1], the record; later 1
    share      a donor's part of allocations                  [1]
    level      change of a donor's aid after the record, for levers and uncertainty, a path
    gap        a stop made by politics: begins and ends with given monthly probabilities and
               takes a share of the aid away

Goods go into transit (law `transit`), which is the lag from commitment to delivery.
Commitments, allocations and deliveries are different series; only allocations set the pace.
Source: assumed form; time profile from the Kiel tracker (trebesch2023).
Holds for: aid in kind. Breaks when: donors' stocks run out.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Draw, Law, Param, Routes, Series, Var, View
from kautilya.core.world import World


def build(world: World) -> Built:
    """Routes abroad -> in transit to the aided side, [donor, good]."""
    donors, goods = world.members("donor"), world.members("aided")
    side = world.members("recipient")[0]
    source = np.array([[world.out("abroad", g) for g in goods] for _ in donors])
    sink = np.array([[world.row(side, g, "way1") for g in goods] for _ in donors])
    return Built(Routes(source.ravel(), sink.ravel()))


def step(view: View) -> jnp.ndarray:
    """Goods asked for [donor * good, F]."""
    p = view.param
    sent = view.var["aid_pace"][:, None] * p["committed"][None]
    return sent.reshape(-1, sent.shape[-1])


LAW = Law(
    name="aid", phase="flow", step=step, build=build, parts=("S03",), reads=("aid_pace",),
    cites=("trebesch2023",),
    params=(Param("committed", ("aided",), "{good}/month", "mean over the record", path=True),),
)
