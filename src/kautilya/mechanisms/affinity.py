r"""Affinity: the personal tie between leaders, apart from what their states have in common.

    a_t = max(0, keep a_{t-1} + (1 - keep) rest + meeting * met_t + noise e_t)
    share = a / (a + tie)                        of the personal in the whole tie

    met      meetings of the two leaders in the month (law `journeys`)      [1]
    keep     persistence, below that of the tie of interest                 [1/month]
    noise    standard deviation of a month's change that no record explains [1]

The tie of interest (law `tie`) is fed by treaties and deals, this one by meetings; a meeting can
feed both. By default it has no weight in the decision to supply.
Source: assumed form (an AR(1) cut at 0). No record measures it: its size against the tie is not
identified, only that it is noisier and fades sooner, which is imposed.
Holds for: ranking years of one pair. Breaks when: leaders change.
"""

import jax.numpy as jnp

from kautilya.core.law import Draw, Imposed, Law, Param, Values, Var, View


def step(view: View) -> Values:
    """Affinity [supplier, F] and its share in the whole tie of the month before."""
    p = view.param
    now = p["keep"] * view.var["affinity"] + (1.0 - p["keep"]) * p["rest"]
    now = now + p["meeting"] * view.var["met"] + p["noise"] * view.luck["mood"]
    now = jnp.maximum(now, 0.0)
    return {"affinity": now, "affinity_share": now / jnp.maximum(now + view.var["tie"], 1e-9)}


# fmt: off
LAW = Law(
    name="affinity", plain="the leaders' personal tie",
    phase="update", step=step, parts=("S11", "S13"), reads=("tie", "met"),
    params=(Param("opening", ("buyer?", "supplier"), "1",
                  "the leaders' personal tie in the first month"),
            Param("rest", ("buyer?", "supplier"), "1",
                  "level that an unfed personal tie returns to"),
            Param("keep", (), "1",
                  "share of a personal tie that lasts from month to month", sign="declared"),
            Param("meeting", (), "1",
                  "gain in personal tie by a meeting of the leaders", sign="assumed"),
            Param("noise", (), "1",
                  "unexplained monthly change of a personal tie; standard deviation")),
    draws=(Draw("mood", ("buyer?", "supplier"), "normal"),),
    writes=(Var("affinity", ("buyer?", "supplier"), "1", "personal tie of the leaders", "opening"),
            Var("affinity_share", ("buyer?", "supplier"), "1",
                "share of the personal in the whole tie")),
    imposes=(Imposed("a meeting never lowers affinity", ("meeting",)),
             Imposed("affinity fades sooner than the tie of interest", ("keep",))),
)
