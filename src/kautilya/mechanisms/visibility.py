r"""Visibility: what an observer believes about hidden supply, from signals and their absence.

    b-  = b + (1 - b) begins - b ends                           supply may begin or end unseen
    f_k = background_k * openness_ki                            signal of kind k without supply
    h_k = 1 - (1 - f_k)(1 - added_k)                            signal with supply
    log odds b = log odds b- + sum_k log(h_k / f_k)             for each kind that was seen
                             + sum_k log((1 - h_k)/(1 - f_k))   for each kind that was not

    watch      = 1 - heeds (1 - found (1 - b))   for hidden classes, else 1;  found = chance that some
               signal shows it within a year; heeds: how far designations follow what is seen. A state
               that is believed to supply is designated anyway (law `secondary_sanctions`)
    b          belief that the state supplies arms, 0 .. 1                            [1]
    openness   how often signals of the kind came from this pair anyway; a leader who hardly travels
               tells more by one summit, and navies that drill together every year tell little

While the record drives, signals are those of the event ledger, in the month in which they became
known; afterwards they are drawn given what the model ships (`hidden` classes, the month before).
Summits are the meetings of leaders of law `journeys`, before and after. One uniform draw serves all
other kinds, stretched back to 0 .. 1 after each.
Absence lowers the log odds by log(1 - added) a kind: what is always seen, missing, says much.
Source: rabiner1989 for the filter, pearl1988 for the noisy-or; likelihoods are declared ranges.
Holds for: signals independent given the truth, one of a kind a month.
Breaks when: one originator repeats itself, or a side stages signals to deceive.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import (
    Built,
    Draw,
    Imposed,
    Law,
    Need,
    Param,
    Series,
    Values,
    Var,
    View,
    over,
)
from kautilya.core.world import World

SIGNALS = ("visit", "summit", "exercise", "disclosure")


def build(world: World) -> Built:
    """Which offered classes count as hidden supply [offer]."""
    hidden = world.members("hidden")
    return Built(data={"hidden": np.array([g in hidden for g in world.members("offer")])})


def likelihoods(view: View) -> tuple[jnp.ndarray, jnp.ndarray]:
    """Chance of each signal in a month with and without supply [signal, supplier, F]."""
    p = view.param
    without = jnp.minimum(p["background"][:, None] * p["openness"], 1.0 - 1e-6)
    return 1.0 - (1.0 - without) * (1.0 - p["added"][:, None]), without


def drawn(luck: jnp.ndarray, chance: jnp.ndarray) -> jnp.ndarray:
    """Independent events of the given chances [signal, ...] from one uniform draw [...]."""
    out = []
    for one in chance:
        hit = luck < one
        luck = jnp.where(hit, luck, luck - one) / jnp.where(hit, one, 1.0 - one)
        out.append(hit)
    return jnp.stack(out)


def step(view: View) -> Values:
    """Belief after this month's signals [supplier, F], and the signals."""
    p = view.param
    given, without = likelihoods(view)
    supplies = (over(view.var["shipped"], "supplier", "offer") > 0)[:, view.data["hidden"]].any(
        axis=1
    )
    later = drawn(view.luck["seen"], jnp.where(supplies[None], given, without))
    met = view.var["met"]
    known = (
        jnp.stack(
            [met if k == "summit" else jnp.broadcast_to(view.series[k], met.shape) for k in SIGNALS]
        )
        > 0
    )
    seen = jnp.where(view.record > 0, known, later).at[SIGNALS.index("summit")].set(met > 0)
    before = view.var["belief"]
    prior = before + (1.0 - before) * p["begins"] - before * p["ends"]
    ratio = jnp.where(seen, given / without, 1.0 - p["added"][:, None])
    found = 1.0 - jnp.prod(1.0 - p["added"], axis=0) ** 12
    against = (1.0 - prior) / (prior * jnp.prod(ratio, axis=0))  # odds, not their logarithm
    belief = 1.0 / (1.0 + against)
    watch = 1.0 - p["heeds"] * (1.0 - found * (1.0 - belief))
    return {
        "belief": belief,
        "signal_seen": seen.astype(float),
        "watch": jnp.where(view.data["hidden"][:, None], watch[:, None], 1.0),
    }


# fmt: off
LAW = Law(
    name="visibility", plain="what observers believe of hidden supply",
    phase="update", step=step, build=build, parts=("S11", "S15", "S16"),
    cites=("rabiner1989", "pearl1988"), reads=("shipped", "met"), labels={"signal": SIGNALS},
    needs=(Need("set", "hidden", "offers whose supply is hidden"),),
    params=(Param("opening", ("supplier",), "1",
                  "observers' belief in hidden supply before the first month"),
            Param("begins", (), "1/month", "monthly chance that hidden supply begins"),
            Param("ends", (), "1/month", "monthly chance that hidden supply ends"),
            Param("background", ("signal",), "1", "monthly chance of a {signal} without supply"),
            Param("added", ("signal",), "1", "chance that supply itself makes a {signal} seen",
                  sign="assumed"),
            Param("heeds", (), "1", "how far designations follow what is seen", sign="declared",
                  absent=0.0),
            Param("openness", ("signal", "supplier"), "1",
                  "how often a {signal} came from a state anyway; 1 = as from most")),
    draws=(Draw("seen", ("supplier",), "uniform"),),
    series=tuple(Series(name, ("supplier",), "1",
                        f"{name}s on record; 1 = one became known in this month")
                 for name in SIGNALS if name != "summit"),
    writes=(Var("belief", ("supplier",), "1",
                "observers' belief that a state supplies arms", "opening"),
            Var("signal_seen", ("signal", "supplier"), "1", "sight of a {signal}; 1 = seen",
                nature="amount"),
            Var("watch", ("supplier", "offer"), "1",
                "what supplying adds to being designated; over the chance where all is seen", 1.0)),
    imposes=(Imposed("a signal never lowers the belief, its absence never raises it", ("added",)),),
    words={"visit": "visit", "summit": "summit", "exercise": "joint exercise",
           "disclosure": "disclosure"},
)
