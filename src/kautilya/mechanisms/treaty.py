r"""Treaty: a signed treaty enlarges deals that exist without it, from the month after.

    force_i = stands_i from the month of signature on
    gain_ig = 1 + enlarge_g force_i
    opens_ig = opens_g force_i

    gain      factor on what a state would release of a class in a month              [1]
    enlarge   declared range, 0 = the treaty only signs what exists                   [1]
    opens     log odds that a pact adds to agreeing to a class (law `choice`): troops first
    stands    1 = a treaty signed is kept, 0 = it is a paper

A treaty in force is a pact (law `politics`). Without it the gain is 1 and the deal stands. Ties are
fed by the same event in the law `tie`.
Source: assumed form; what a treaty adds beside the war that makes it is not identified.
Holds for: provisions on supply by the partner to the buyer. Breaks when: provisions are secret,
or the treaty is denounced.
"""

import jax.numpy as jnp

from kautilya.core.law import Imposed, Law, Param, Series, Values, Var, View


def step(view: View) -> Values:
    """Treaty in force [supplier, F]; its gain and what it opens [supplier, offer, F]."""
    p = view.param
    force = jnp.maximum(view.var["treaty_force"], view.series["signed"] * p["stands"])
    wide = force[..., None, :]
    return {
        "treaty_force": force,
        "treaty_gain": 1.0 + p["enlarge"] * wide,
        "treaty_opens": p["opens"] * wide,
    }


# fmt: off
LAW = Law(
    name="treaty", plain="what a treaty adds to deals", phase="observe", step=step, parts=("S01",),
    params=(Param("enlarge", ("offer",), "1", "added share that a treaty releases",
                  sign="assumed"),
            Param("opens", ("offer",), "1", "readiness that a treaty adds to supplying a class; log odds",
                  sign="assumed", absent=0.0),
            Param("stands", ("buyer?", "supplier"), "1", "worth of a signature; 1 = the treaty is kept",
                  absent=1.0)),
    series=(Series("signed", ("buyer?", "supplier"), "1", "signing of a treaty; 1 in that month"),),
    writes=(Var("treaty_force", ("buyer?", "supplier"), "1", "a treaty; 1 = in force", 0.0),
            Var("treaty_gain", ("buyer?", "supplier", "offer"), "1",
                "factor of a treaty on what is released", 1.0),
            Var("treaty_opens", ("buyer?", "supplier", "offer"), "1",
                "readiness that a treaty in force adds")),
    imposes=(Imposed("a treaty never makes a partner less ready to supply", ("opens",)),
             Imposed("a treaty never lowers what a partner releases", ("enlarge",)),),
)
