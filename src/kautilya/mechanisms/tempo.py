r"""Tempo: how hard the war is fought this month, by class of what it costs, for both sides.

    b_t = i_t                              while the record drives
    b_t = b_{t-1} + k (a - b_{t-1})        afterwards: back to a level `after`
    x_t = r x_{t-1} + s e_t                latent departure, common to all classes; the first is
                                           s e_0 / sqrt(1 - r^2), as of a war long under way
    tempo_t = b_t exp(x_t - s^2 / (2 (1 - r^2)))       0 once the war is over

    i     observed profile of losses of the class, mean 1 over its span   [1]
    k, a  speed of return and level                                        [1/month], [1]
    r, s  persistence and innovation of the log tempo                      [1]

Only the profile in time is taken from what observers saw, never the level. Men and vehicles
have their own profiles: after 2022 the war cost fewer vehicles and more men.
Source: assumed form (an AR(1) around an observed profile); no paper is reproduced.
Holds for: monthly totals of a front that stays in contact.
Breaks when: observers' lags change, or the two sides' tempo differ.
"""

import jax.numpy as jnp

from kautilya.core.law import Draw, Law, Param, Series, Values, Var, View


def step(view: View) -> Values:
    """Tempo of this month [struck, F]."""
    p = view.param
    index, base = view.series["index"], view.var["tempo_base"]
    seen = (index > 0) & (view.record > 0)
    base = jnp.where(seen, index, base + p["return"] * (p["after"] - base))
    variance = p["volatility"] ** 2 / (1.0 - p["persistence"] ** 2)
    drift = p["persistence"] * view.var["tempo_drift"] + p["volatility"] * view.luck["shock"]
    drift = jnp.where(view.month == 0, jnp.sqrt(variance) * view.luck["shock"], drift)
    spread = 0.5 * variance
    shock = jnp.exp(drift - spread) * view.var.get("at_war", 1.0)
    return {"tempo": base * shock, "tempo_shock": shock, "tempo_base": base, "tempo_drift": drift}


# fmt: off
LAW = Law(
    name="tempo", plain="the intensity of the fighting",
    phase="observe", step=step, parts=("S03",), reads_if=("at_war",),
    params=(Param("after", ("struck",), "1", "intensity of the fighting after the record"),
            Param("return", (), "1/month", "share of the gap to that intensity closed in a month"),
            Param("persistence", (), "1",
                  "how long a burst of fighting lasts; monthly persistence"),
            Param("volatility", (), "1", "monthly scatter of the fighting; standard deviation")),
    draws=(Draw("shock", (), "normal"),),
    series=(Series("index", ("struck",), "1", "observed intensity of losses; mean 1"),),
    writes=(Var("tempo", ("struck",), "1", "intensity of the fighting", nature="mean"),
            Var("tempo_shock", (), "1",
                "departure of the fighting from its expected level", nature="mean"),
            Var("tempo_base", ("struck",), "1", "expected level of the fighting", 1.0),
            Var("tempo_drift", (), "1",
                "drift of the fighting; log departure from its level", 0.0)),
)
