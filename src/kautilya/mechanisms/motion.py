r"""Motion: what observers publish moves on as it moved, each series by itself and all by shared causes.

    I_kt = l_kt + u_kt + sum of a_fk x_ft over factors that carry     what the war itself does, in logs
    z_kt = l_kt + u_kt + sum_f a_fk x_ft + o_k e                      what its observer adds
    l_t = l_t-1 + b_t-1 + w e,  b_t = d b_t-1 + g sqrt(1-d^2) e,  u_t = r u_t-1 + v sqrt(1-r^2) e
    x_t = q x_t-1 + sqrt(1-q^2) e
    published = a count around told exp z, or money by the power p (formulas/tails.py), at most
                `most`; nothing once the war is over, but for what endures; money under half of
                `least` is nothing: what is given comes in lumps

    l level [log]   b growth [log/month]   u transient   x shared factor   a load
    told  share of the month that a late source tells (law `lateness`), 1 if no law says so
    w, o, g, v sizes, d, r, q persistences, e luck: Student t in l, o and where a factor's is heavy

While the record drives it is published, and l, b, u, x stay what they are on its last day; luck
comes after it, and of a month that some sources have told, the others' is the middle.
Source: local level with damped growth (harvey1989); every size is drawn from the posterior of the
day. Holds for: monthly totals of sources that go on.
Breaks when: a source stops or changes its rules, or growth comes that no past month knew.
"""

import jax.numpy as jnp

from kautilya.core.law import Draw, Law, Param, Series, Values, Var, View
from kautilya.core.numerics import added, log
from kautilya.mechanisms.formulas.tails import counted, logged, student, unbent


def moved(view: View) -> Values:
    """Level, growth, transient [watched, F] and factors [driver, F] one month on."""
    p, luck, var = view.param, view.luck, view.var
    leap, shock = student(luck["leap"], p["tail"]), student(luck["shared"], p["shared_tail"])

    def back(name: str, kept: str, luck: jnp.ndarray) -> jnp.ndarray:
        return p[kept] * var[name] + jnp.sqrt(1 - p[kept] ** 2) * luck

    return {
        "seen_level": var["seen_level"] + var["seen_growth"] + p["walk"] * leap,
        "seen_growth": back("seen_growth", "damping", p["growth"] * luck["turn"]),
        "seen_passing": back("seen_passing", "fading", p["transient"] * luck["gust"]),
        "seen_common": back("seen_common", "lasting", shock),
    }


def step(view: View) -> Values:
    """States, intensity and what is published this month [watched, F]."""
    p, record = view.param, view.series["record"]
    known = (view.record > 0) & (record >= 0)
    held = known.any() | ((view.record > 0) & (view.month == 0))
    state = {k: jnp.where(held, view.var[k], new) for k, new in moved(view).items()}
    pull = p["load"] * state["seen_common"][:, None]
    base = state["seen_level"] + state["seen_passing"]
    z = base + added(pull, 0) + p["noise"] * student(view.luck["blur"], p["tail"])
    money = p["power"] > 0
    power = jnp.where(money, p["power"], 1.0)
    paid = unbent(z, power, p["mean"])
    z = z + log(view.var["told"]) if "told" in view.var else z
    paid = jnp.where(paid < 0.5 * p["least"], 0.0, paid)
    ahead = jnp.where(money, paid, counted(z, view.luck["tally"]))
    goes_on = jnp.maximum(p["endures"], view.var.get("at_war", 1.0))
    ahead = jnp.minimum(ahead, p["most"]) * goes_on
    carried = added(pull * p["carries"][:, None], 0)
    war = base + carried
    war = jnp.where(money, logged(war, power), war)
    return {**state, "intensity": war, "published": jnp.where(known, record, ahead)}


W, S = ("watched",), ("driver",)
# fmt: off
LAW = Law(
    name="motion", plain="how what observers publish moves on",
    phase="observe", step=step, parts=("S03", "S05"), reads_if=("at_war", "told"),
    cites=("harvey1989",),
    params=(Param("level", W, "1", "level of what an observer publishes on the day; log or bent share"),
            Param("rise", W, "1", "monthly growth of what an observer publishes on the day"),
            Param("passing", W, "1", "passing part of what an observer publishes on the day"),
            Param("common", S, "1", "factor shared by observers on the day"),
            Param("walk", W, "1", "monthly steps of that level; their size"),
            Param("noise", W, "1", "noise of an observer; beyond that of a count"),
            Param("growth", W, "1", "monthly change of that growth; standard deviation"),
            Param("damping", W, "1", "share of that growth that a month leaves"),
            Param("transient", W, "1", "monthly change of the passing part; standard deviation"),
            Param("fading", W, "1", "share of the passing part that a month leaves"),
            Param("load", ("driver", "watched"), "1", "how far a shared factor moves an observer"),
            Param("lasting", S, "1", "share of a shared factor that a month leaves"),
            Param("tail", W, "1", "tails of an observer's level and noise; degrees of freedom"),
            Param("shared_tail", S, "1", "tails of a shared factor; degrees of freedom"),
            Param("carries", S, "1", "hold of a shared factor on the war; 1 = it moves the war, 0 = only what is seen of it"),
            Param("power", W, "1", "power that money is bent by; 0 = a count"),
            Param("mean", W, "1", "mean month of what an observer counts in money"),
            Param("least", W, "1", "least month of an observer of money; nothing apart", absent=0.0),
            Param("most", W, "1", "most that an observer may publish in a month"),
            Param("endures", W, "1", "life of a series after the war; 1 = it goes on")),
    draws=tuple(Draw(name, W, "normal", "after") for name in ("leap", "turn", "gust", "blur", "tally"))
    + (Draw("shared", S, "normal", "after"),),
    series=(Series("record", W, "1", "publications on record", missing=-1.0),),
    writes=(Var("published", W, "1", "publications of the month", nature="amount"),
            Var("intensity", W, "1", "intensity of what is observed; level, passing part and tempo", nature="mean"),
            Var("seen_level", W, "1", "level of the publications", "level"), Var("seen_growth", W, "1", "growth of the publications", "rise"),
            Var("seen_passing", W, "1", "passing part of the publications", "passing"),
            Var("seen_common", S, "1", "factors shared by observers", "common")),
)
