r"""Firepower: what was fired, weighed into one index a side; drones stand in for shells.

    firepower_b = sum_m weight_m fired_bm / reference_b

    weight     tube rounds that one unit of a munition stands for; for first-person-view
               drones this is the substitution rate     [1]
    reference  tube-round equivalents a month that count as 1

Source: linear index; the weights are declared ranges, not estimates.
Holds for: comparing months of one war. Breaks when: fire is judged by precision or range.
"""

import jax.numpy as jnp

from kautilya.core.law import Law, Param, Tells, Values, Var, View


def step(view: View) -> Values:
    """Fired units [belligerent, munition, F] and the index [belligerent, F]."""
    fired = view.paid["fire"]["fired"]
    weighed = jnp.sum(fired * view.param["weight"][None], axis=1)
    return {"fired": fired, "firepower": weighed / view.param["reference"]}


# fmt: off
LAW = Law(
    name="firepower", plain="fire counted in shells",
    phase="update", step=step, parts=("S03", "S05"),
    reads=("flow:fire",),
    params=(Param("weight", ("munition",), "1", "tube rounds that one unit stands for"),
            Param("reference", ("belligerent",), "1/month",
                  "fire that counts as 1 in the index; tube rounds a month")),
    writes=(Var("fired", ("belligerent", "munition"), "{good}/month",
                "rounds, missiles and drones fired", 0.0,
                nature="amount",
                tells=Tells("flow", {"from": "belligerent", "to": "=battlefield",
                                     "class": "munition"})),
            Var("firepower", ("belligerent",), "1", "index of fire", 1.0, nature="mean")),
)
