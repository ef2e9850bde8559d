r"""Utilisation: the share of capacity that a belligerent's industry runs at.

    u_t = u_{t-1} + (1 - u_{t-1}) / delay        towards full use while the war lasts

    delay   months that the ramp takes          [month]

Source: first-order adjustment (sterman2000, ch. 11).
Holds for: war economies that expand. Breaks when: labour or money cap output (own laws).
"""

from kautilya.core.law import Law, Param, Values, Var, View


def step(view: View) -> Values:
    """Utilisation [belligerent, made, F]."""
    u, delay = view.var["utilisation"], view.param["delay"]
    return {"utilisation": u + (1.0 - u) / delay[:, None]}


# fmt: off
LAW = Law(
    name="utilisation", plain="the use of a belligerent's industry",
    phase="update", step=step, parts=("S14",), cites=("sterman2000",),
    params=(Param("opening", ("belligerent", "made"), "1",
                  "use of own capacity in the first month"),
            Param("delay", ("belligerent",), "month",
                  "months that the ramp of own industry takes")),
    writes=(Var("utilisation", ("belligerent", "made"), "1", "share of own capacity in use",
                "opening"),),
)
