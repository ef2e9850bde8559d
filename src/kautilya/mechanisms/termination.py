r"""Termination: the war ends by a ceasefire or by the defeat of a side, as competing risks.

    S(t)       = w S_1(t) + (1 - w) S_2(t)        two base rates of the length of wars, both kept
      S_1        lognormal of a median and a mean;  S_2  lognormal of a median and a spread
    base_t     = -log(S(t) / S(t-1)) * hazard     [1/month], given that the war has lasted so far
    ceasefire  = base c exp(-on_gap * gap + on_stalemate * (stalemate - 1/2))
    defeat_b   = base (1 - c) / 2 * exp(-on_weakness * lead_b)
      gap        = max(sum of both sides' beliefs in their own advantage, 0)     mutual optimism
      lead_b     = own belief less the mean of both                              law belief_strength
      stalemate  = share of the last `memory` months with |lead| < width         smoothed
    A cause strikes when its cumulated hazard passes its clock, an exponential drawn once a
    future; the first to strike ends the war for good, and no hazard runs after that.

With all effects at 0 the length of the war is distributed as the mixture. The two base rates
disagree because they count episodes differently; having lasted long is evidence for the second,
and S(t) carries that. No dependence on the age of the war remains but through S (bennett1996).
While the record shows fighting the war goes on, whoever drives.
Source: allison1982 for the risks; fearon1995 and slantchev2003 for the signs of gap and lead.
Holds for: the base rate of wars between states. Breaks when: this war is not one of them; effects
are assumed signs, not estimates. The change of a regime is not a cause of its own here.
"""

import jax.numpy as jnp

from kautilya.core.law import Draw, Imposed, Law, Param, Series, Values, Var, View
from kautilya.mechanisms.formulas.hazards import (
    Lognormal,
    interval_hazard,
    lognormal_median_mean,
    mixture_cdf,
)


def base_rate(view: View) -> jnp.ndarray:
    """Hazard rate of the mixture over this month, given survival to its start [1/month, F]."""
    p = view.param
    first = lognormal_median_mean(p["median"], p["mean"])
    second = Lognormal(jnp.log(p["other_median"]), p["other_spread"])
    age = p["begun"] + view.month
    ages = jnp.maximum(jnp.stack([age - 1.0, age]), 1e-12)
    lasted = 1.0 - mixture_cdf(ages, p["weight"], first, second)
    return -jnp.log1p(-interval_hazard(lasted[0], lasted[1])) * p["hazard"]


def rates(view: View) -> tuple[jnp.ndarray, jnp.ndarray, jnp.ndarray]:
    """Rates of ceasefire [F] and of each side's defeat [belligerent, F]; stalemate [F]."""
    p, belief, base = view.param, view.var["strength_belief"], base_rate(view)
    lead = belief - belief.mean(axis=0)
    gap = jnp.maximum(belief.sum(axis=0), 0.0)
    still = (jnp.abs(lead).max(axis=0) < p["width"]).astype(float)
    stalemate = view.var["stalemate"] + (still - view.var["stalemate"]) / p["memory"]
    truce = jnp.exp(-p["on_gap"] * gap + p["on_stalemate"] * (stalemate - 0.5))
    share = (1.0 - p["ceasefires"]) / belief.shape[0]
    return (
        base * p["ceasefires"] * truce,
        base * share * jnp.exp(-p["on_weakness"] * lead),
        stalemate,
    )


def step(view: View) -> Values:
    """Whether the war goes on, how it ended, and the hazards cumulated so far."""
    var, at_war = view.var, view.var["at_war"]
    free = at_war * (1.0 - jnp.maximum(view.record, view.series["goes_on"]))
    ceasefire, defeat, stalemate = rates(view)
    before = jnp.concatenate([var["ceasefire_hazard"][None], var["defeat_hazard"]])
    rate = jnp.concatenate([ceasefire[None], defeat]) * free
    after = before + rate
    clock = jnp.concatenate([view.luck["truce"][None], view.luck["breaking"]])
    struck = (before < clock) & (after >= clock)
    at = jnp.where(struck, (clock - before) / jnp.maximum(rate, 1e-12), jnp.inf)
    cause = (struck & (at <= at.min(axis=0))).astype(float)
    goes_on = at_war * (1.0 - struck.any(axis=0))
    return {
        "at_war": goes_on,
        "war_months": var["war_months"] + at_war,
        "ceasefire": var["ceasefire"] + cause[0],
        "defeat": var["defeat"] + cause[1:],
        "ceasefire_hazard": after[0],
        "defeat_hazard": after[1:],
        "stalemate": stalemate,
    }


# fmt: off
LAW = Law(
    name="termination", plain="how the war ends",
    phase="update", step=step, parts=("S04", "S22"), reads=("strength_belief",),
    cites=("allison1982", "bennett1996", "fearon1995", "slantchev2003"),
    params=(Param("median", (), "month", "median length of wars by the first base rate"),
            Param("mean", (), "month", "mean length of wars by the first base rate"),
            Param("other_median", (), "month", "median length of wars by the second base rate"),
            Param("other_spread", (), "1",
                  "scatter of the length of wars by the second base rate; of the log"),
            Param("weight", (), "1", "trust in the first base rate of the length of wars"),
            Param("begun", (), "month", "age of the war at the end of the first month"),
            Param("hazard", (), "1",
                  "use of the base rates of war's end; 1 = as they are, 0 = no end", path=True),
            Param("ceasefires", (), "1", "share of wars that end by a ceasefire"),
            Param("on_gap", (), "1", "effect of mutual optimism on a ceasefire; on its log rate",
                  sign="assumed"),
            Param("on_stalemate", (), "1", "effect of stalemate on a ceasefire; on its log rate",
                  sign="assumed"),
            Param("on_weakness", (), "1", "effect of lacking strength on defeat; on its log rate",
                  sign="assumed"),
            Param("width", (), "1", "lead below which the war counts as stalemate"),
            Param("memory", (), "month", "months over which stalemate is felt")),
    draws=(Draw("truce", (), "exponential", "start"),
           Draw("breaking", ("belligerent",), "exponential", "start")),
    series=(Series("goes_on", (), "1", "fighting on record; 1 in such months"),),
    writes=(Var("at_war", (), "1", "the war goes on; 1 until it ends", 1.0),
            Var("war_months", (), "month", "months of war so far", 0.0),
            Var("ceasefire", (), "1", "a ceasefire has ended the war; 1 from then on", 0.0),
            Var("defeat", ("belligerent",), "1",
                "the defeat of a side has ended the war; 1 from then on", 0.0),
            Var("ceasefire_hazard", (), "1", "cumulated hazard of a ceasefire", 0.0),
            Var("defeat_hazard", ("belligerent",), "1", "cumulated hazard of a defeat", 0.0),
            Var("stalemate", (), "1", "recent share of months in stalemate", 0.5)),
    imposes=(Imposed("mutual optimism delays and stalemate brings a ceasefire",
                     ("on_gap", "on_stalemate")),
             Imposed("the weaker side is the likelier to be defeated", ("on_weakness",))),
)
