r"""Pace of aid: how fast each donor sends this month, as a share of the mean of all donors.

    while the record drives   pace_d = level_d * allocated_d / mean of the sum over donors
    afterwards                pace_d = level_d * share_d * (1 - depth * gap)
                              0 once the war is over, or while the donor or the aided is out
    gap                       begins with probability `opens`, ends with `closes`, a month

Source: allocations from the Kiel tracker (trebesch2023); the gap is a declared range shaped on
the trough of 2023-24. Holds for: donors that act through budgets.
Breaks when: deliveries come from stocks that are gone.
"""

import jax.numpy as jnp

from kautilya.core.law import Built, Draw, Law, Param, Series, Values, Var, View, lone, there
from kautilya.core.world import World


def build(world: World) -> Built:
    """Who gives, and who is aided, when."""
    return Built(data=world.present("donor", "recipient"))


def step(view: View) -> Values:
    """Pace [donor, F] and whether politics has stopped aid [F]."""
    p, gap = view.param, view.var["aid_gap"]
    u = view.luck["politics"]
    opened, closed = (jnp.where(u < p[name], 1.0, 0.0) for name in ("opens", "closes"))
    gap = jnp.where(gap > 0, 1.0 - closed, opened)
    seen = (view.series["allocated"].sum() > 0) & (view.record > 0)
    gap = jnp.where(seen, 0.0, gap)
    recorded = jnp.maximum(view.series["allocated"], 0.0) / jnp.maximum(
        p["mean"][..., None, :], 1e-9
    )
    projected = p["share"] * (1.0 - p["depth"] * gap)
    pace = jnp.where(seen, recorded, projected) * p["level"]
    inside = lone(there(view, "recipient", 2)) * there(view, "donor", 1)
    return {"aid_pace": pace * view.var.get("at_war", 1.0) * inside, "aid_gap": gap}


# fmt: off
LAW = Law(
    name="aid_pace", plain="the pace of aid",
    phase="decide", step=step, build=build, parts=("S03",), cites=("trebesch2023",),
    dated=("donor", "recipient"),
    reads_if=("at_war",),
    params=(Param("mean", ("recipient?",), "USD_m/month",
                  "military aid of all donors in a month; mean over the record"),
            Param("share", ("recipient?", "donor"), "1",
                  "part of the aid that a donor gives after the record"),
            Param("level", ("recipient?", "donor"), "1",
                  "later aid over that on record", path=True),
            Param("opens", (), "1/month", "monthly chance that a gap in aid begins"),
            Param("closes", (), "1/month", "monthly chance that a gap in aid ends"),
            Param("depth", (), "1", "share of aid that a gap takes away")),
    draws=(Draw("politics", (), "uniform"),),
    series=(Series("allocated", ("recipient?", "donor"), "USD_m/month",
                   "military aid that a donor allocated in a month"),),
    writes=(Var("aid_pace", ("recipient?", "donor"), "1",
                "aid of the month over the mean of the record",
                nature="mean"),
            Var("aid_gap", (), "1", "gap in aid; 1 while politics has stopped it", 0.0)),
)
