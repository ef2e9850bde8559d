r"""Hunger: the smoothed share of the food need that is not met.

    gap_t = gap_{t-1} + (1 - eaten / need - gap_{t-1}) / smoothing        0 where need is 0

Source: exponential smoothing of the balance of law `food`.
Holds for: national totals. Breaks when: stocks are hidden.
"""

import jax.numpy as jnp

from kautilya.core.law import Law, Param, Values, Var, View


def step(view: View) -> Values:
    """Gap [supplier, F]."""
    p, gap = view.param, view.var["food_gap"]
    eaten = view.paid["food"]["eaten"]
    need = view.var["food_need"]
    lacking = jnp.where(need > 0, 1.0 - eaten / jnp.maximum(need, 1e-9), 0.0)
    return {"food_gap": gap + (lacking - gap) / p["smoothing"], "food_need": view.var["food_need"]}


# fmt: off
LAW = Law(
    name="hunger", plain="hunger", phase="update", step=step, parts=("S10", "S19"),
    reads=("flow:food",),
    units={"food": "kt"},
    params=(Param("need", ("supplier",), "kt/month",
                  "food that the population needs in a month; 0 = not modelled"),
            Param("smoothing", (), "month", "months over which a food gap is felt"),
            Param("opening", ("supplier",), "1", "food gap before the first month")),
    writes=(Var("food_need", ("supplier",), "kt/month", "food that the population needs", "need",
                nature="mean"),
            Var("food_gap", ("supplier",), "1", "share of the food need not met", "opening"),),
)
