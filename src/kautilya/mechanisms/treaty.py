r"""Treaty: a signed treaty enlarges deals that exist without it, from the month after.

    force_i = 1 from the month of signature on
    gain_ig = 1 + enlarge_g force_i

    gain      factor on what a state would release of a class in a month              [1]
    enlarge   declared range, 0 = the treaty only signs what exists                   [1]

A class that was all but closed opens by a large `enlarge` (troops); without the treaty the gain
is 1 and the deal stands. Ties are fed by the same event in the law `tie`, choice by relief.
Source: assumed form; what a treaty adds beside the war that makes it is not identified.
Holds for: provisions on supply by the partner to the buyer. Breaks when: provisions are secret,
or the treaty is denounced.
"""

import jax.numpy as jnp

from kautilya.core.law import Imposed, Law, Param, Series, Values, Var, View


def step(view: View) -> Values:
    """Treaty in force [supplier, F] and its gain [supplier, offer, F]."""
    force = jnp.maximum(view.var["treaty_force"], view.series["signed"])
    return {"treaty_force": force, "treaty_gain": 1.0 + view.param["enlarge"] * force[..., None, :]}


# fmt: off
LAW = Law(
    name="treaty", plain="what a treaty adds to deals", phase="observe", step=step, parts=("S01",),
    params=(Param("enlarge", ("offer",), "1", "added share that a treaty releases",
                  sign="assumed"),),
    series=(Series("signed", ("buyer?", "supplier"), "1", "signing of a treaty; 1 in that month"),),
    writes=(Var("treaty_force", ("buyer?", "supplier"), "1", "a treaty; 1 = in force", 0.0),
            Var("treaty_gain", ("buyer?", "supplier", "offer"), "1",
                "factor of a treaty on what is released", 1.0)),
    imposes=(Imposed("a treaty never lowers what a partner releases", ("enlarge",)),),
)
