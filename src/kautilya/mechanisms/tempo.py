r"""Tempo: how hard the war is fought this month, by class of what it costs.

    b_t = i_t                              while the record drives
    b_t = b_{t-1} exp(w e_t - w^2 / 2)     afterwards; nothing draws it back to a level
    x_t = r x_{t-1} + s e'_t               latent departure, common to all classes; the first is
                                           s e'_0 / sqrt(1 - r^2), as of a war long under way
    tempo_t = b_t exp(x_t - s^2 / (2 (1 - r^2)))       0 once the war is over

    i     observed profile of losses of the class, mean 1 over its span   [1]
    w     size of the steps of its level after the record                 [1]
    r, s  persistence and innovation of the log tempo                     [1]

Where a law tells how the record moves on (`motion`), w and s are 0 after the record, and the tempo
of each side follows what is seen of its losses. Only the profile in time is taken from what
observers saw, never the level. Men and vehicles have their own profiles: after 2022 the war cost
fewer vehicles and more men.
Source: local level and transient (harvey1989).
Holds for: monthly totals of a front that stays in contact.
Breaks when: observers' lags change.
"""

import jax.numpy as jnp

from kautilya.core.law import Draw, Law, Param, Series, Values, Var, View


def step(view: View) -> Values:
    """Tempo of this month [struck, F]."""
    p, luck = view.param, view.luck
    index, base = view.series["index"], view.var["tempo_base"]
    free = jnp.where(view.record > 0, 1.0, 0.0) if "pace" in view.var else 1.0
    walk, size = p["walk"] * free, p["volatility"] * free
    seen = (index > 0) & (view.record > 0)
    base = jnp.where(seen, index, base * jnp.exp(walk * luck["step"] - 0.5 * walk**2))
    variance = p["volatility"] ** 2 / (1.0 - p["persistence"] ** 2)
    drift = p["persistence"] * view.var["tempo_drift"] + size * luck["shock"]
    drift = jnp.where(view.month == 0, jnp.sqrt(variance) * luck["shock"], drift)
    shock = jnp.exp(drift - 0.5 * variance) * view.var.get("at_war", 1.0)
    return {"tempo": base * shock, "tempo_shock": shock, "tempo_base": base, "tempo_drift": drift}


# fmt: off
LAW = Law(
    name="tempo", plain="the intensity of the fighting",
    phase="observe", step=step, parts=("S03",), reads_if=("at_war", "pace"),
    cites=("harvey1989",),
    params=(Param("walk", (), "1",
                  "monthly steps of the intensity of the fighting after the record; their size"),
            Param("persistence", (), "1",
                  "how long a burst of fighting lasts; monthly persistence"),
            Param("volatility", (), "1", "monthly scatter of the fighting; standard deviation")),
    draws=(Draw("shock", (), "normal"), Draw("step", ("struck",), "normal")),
    series=(Series("index", ("struck",), "1", "observed intensity of losses; mean 1"),),
    writes=(Var("tempo", ("struck",), "1", "intensity of the fighting", nature="mean"),
            Var("tempo_shock", (), "1",
                "departure of the fighting from its expected level", nature="mean"),
            Var("tempo_base", ("struck",), "1", "expected level of the fighting", 1.0),
            Var("tempo_drift", (), "1",
                "drift of the fighting; log departure from its level", 0.0)),
)
