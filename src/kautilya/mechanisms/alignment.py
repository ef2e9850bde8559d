r"""Alignment: ideal points of states drift from year to year, mostly little, at times far.

    p_y = r p_{y-1} + s t_y                      once a year, in the month of the scenario's start
    first: p_0 = r^a p_seen + s sqrt(a) t_0      a years since the point that was observed
    then a supplier's point moves by  closer tie / (1 + tie) (buyer's - its own)      law `tie`
    t   = z / sqrt(e_1 + e_2)                    Student with four degrees of freedom, variance 1

    closer share of the distance that the closest partners leave behind in a year    [1]
    r, s   persistence and standard deviation of the innovation                  [1]
    z, e   standard normal; exponential (e_1 + e_2 is half a chi-square with four degrees)

The scale is that of the votes in the General Assembly, standardised, so persistence is towards 0.
Source: bailey2017 (scale; persistence and innovation from its release of April 2020); the heavy
tail is assumed.
Holds for: yearly votes. Breaks when: a change of government moves a state and its friends at
once.
"""

import jax.numpy as jnp
from jax import lax

from kautilya.core.law import Built, Draw, Imposed, Law, Need, Param, Values, Var, View, lone, over
from kautilya.core.world import World
from kautilya.mechanisms.formulas.drift import drifted

YEARS = 8  # copies of luck: the longest horizon


def build(world: World) -> Built:
    """Observed ideal points [supplier, 1] and [buyer, 1]. ValueError for a horizon over YEARS."""
    if len(world.months) > 12 * YEARS:
        raise ValueError(
            f"law 'alignment' carries luck for {YEARS} years; this run has months: {len(world.months)}"
        )
    point = world.tables["ideal_point"]
    return Built(data={name: point[world.places(name)][:, None] for name in ("supplier", "buyer")})


def moved(view: View, now: jnp.ndarray, shock: jnp.ndarray, tail: jnp.ndarray) -> jnp.ndarray:
    """Ideal points [states, F] a year on; luck [states, copies, F]."""
    p = view.param
    year = (view.month // 12).astype(int)
    z = jnp.take(shock, year, axis=1)
    wide = jnp.take(tail, 2 * year, axis=1) + jnp.take(tail, 2 * year + 1, axis=1)
    years = jnp.where(view.month == 0, p["age"], 1.0)
    return drifted(now, (p["persistence"], p["innovation"]), years, z, wide)


def step(view: View) -> Values:
    """Shifts from the observed points [supplier, F], [buyer, F]; points and agreement."""
    d, luck, due = view.data, view.luck, view.month % 12 == 0
    before = (d["supplier"] + view.var["ideal_shift"], d["buyer"] + view.var["buyer_shift"])

    def year() -> tuple:
        own = moved(view, before[0], luck["shock"], luck["tail"])
        buyer = moved(view, before[1], luck["buyer_shock"], luck["buyer_tail"])
        tie = view.var.get("tie", jnp.zeros_like(own))
        part = view.param["closer"] * tie / (1.0 + tie)
        return own + over(part * (lone(buyer[:, None]) - own), "supplier"), buyer

    own, buyer = lax.cond(due, year, lambda: before)
    return {
        "ideal_shift": own - d["supplier"],
        "buyer_shift": buyer - d["buyer"],
        "ideal_now": own,
        "agreement": jnp.exp(-jnp.abs(own - lone(buyer[:, None]))),
    }


# fmt: off
LAW = Law(
    name="alignment", plain="how states vote and align",
    phase="update", step=step, build=build, parts=("S12",),
    cites=("bailey2017",), reads_if=("tie",),
    needs=(Need("table", "ideal_point", "observed ideal point of a state"),),
    params=(Param("persistence", (), "1",
                  "share of a state's alignment that lasts from year to year"),
            Param("innovation", (), "1", "yearly change of alignment; standard deviation"),
            Param("closer", (), "1", "share of the distance that close partners leave behind in a year",
                  sign="assumed", absent=0.0),
            Param("age", (), "1", "years since alignment was observed")),
    draws=(Draw("shock", ("supplier",), "normal", "start", YEARS),
           Draw("tail", ("supplier",), "exponential", "start", 2 * YEARS),
           Draw("buyer_shock", ("buyer",), "normal", "start", YEARS),
           Draw("buyer_tail", ("buyer",), "exponential", "start", 2 * YEARS)),
    writes=(Var("ideal_shift", ("supplier",), "1",
                "drift of a supplier from its observed alignment", 0.0),
            Var("buyer_shift", ("buyer",), "1",
                "drift of a buyer from its observed alignment", 0.0),
            Var("ideal_now", ("supplier",), "1",
                "alignment of a state now; its ideal point on the scale of votes"),
            Var("agreement", ("buyer?", "supplier"), "1",
                "closeness to the buyer on the scale of votes; 1 = the same point")),
    imposes=(Imposed("deals, meetings and treaties never drive partners apart in votes", ("closer",)),),
)
