r"""Tempo: how hard the war is fought this month, the same for both sides.

    b_t = i_t                              while the record drives
    b_t = b_{t-1} + k (a - b_{t-1})        afterwards: back to a level `after`
    x_t = r x_{t-1} + s e_t                latent departure from it
    tempo_t = b_t exp(x_t - s^2 / (2 (1 - r^2)))

    i     observed index of intensity, mean 1 over its span   [1]
    k, a  speed of return and level                            [1/month], [1]
    r, s  persistence and innovation of the log tempo          [1]

Source: assumed form (an AR(1) around an observed index); no paper is reproduced.
Holds for: monthly totals of a front that stays in contact.
Breaks when: the two sides' tempo differ, or the index is itself driven by what is claimed.
"""

import jax.numpy as jnp

from kautilya.core.law import Draw, Law, Param, Series, Var, View


def step(view: View) -> dict:
    """Tempo of this month, one number a future."""
    p = view.param
    index = view.series["index"]
    seen = (index > 0) & (view.record > 0)
    free = view.var["tempo_base"] + p["return"] * (p["after"] - view.var["tempo_base"])
    base = jnp.where(seen, index, free)
    drift = p["persistence"] * view.var["tempo_drift"] + p["shock"] * view.luck["shock"]
    spread = p["shock"] ** 2 / (2.0 * (1.0 - p["persistence"] ** 2))
    return {"tempo": base * jnp.exp(drift - spread), "tempo_base": base, "tempo_drift": drift}


LAW = Law(
    name="tempo", phase="observe", step=step, parts=("S03",),
    params=(Param("after", (), "1", "level that the tempo returns to after the record"),
            Param("return", (), "1/month", "share of the gap closed in a month"),
            Param("persistence", (), "1", "AR(1) coefficient of the log tempo"),
            Param("shock", (), "1", "standard deviation of the monthly innovation")),
    draws=(Draw("shock", (), "normal"),),
    series=(Series("index", (), "1", "observed intensity, mean 1"),),
    writes=(Var("tempo", (), "1", "intensity of the fighting"),
            Var("tempo_base", (), "1", "its expected level", 1.0),
            Var("tempo_drift", (), "1", "log departure from that level", 0.0)),
)
