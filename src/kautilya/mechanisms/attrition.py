r"""Attrition: permanent losses by class are tempo x exposure x vulnerability.

    lambda = rate * tempo * pace * line * firepower_enemy^elasticity     permanent losses a month
    hits   = lambda / permanent;  hits - lambda go to repair and come back
    count  ~ negative binomial (mean lambda, dispersion phi), by a quantile transform
    of the permanent losses a share is captured, and of that a share serves the captor

    rate        share of the line lost for good at tempo 1      [1/month]
    firepower_enemy   of all on other sides together; who is out of the war loses nothing and fires nothing.
                What is captured goes to all of them in equal parts
    pace        change since the record ended, by side; 1 if no law says so   [1]
    permanent   share of what is knocked out that is gone       [1]
    elasticity  of losses to the enemy's firepower; small, since exchange ratios stayed flat
                while fire ratios went from 1.5 to 7 to 1       [1]

Source: assumed form; Lanchester's laws (lanchester1916, bracken1995) are the rival
and serve historical battles. Holds for: a long front in monthly totals.
Breaks when: a front collapses, or classes are lost for want of crews.
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
    Routes,
    Values,
    View,
    stages,
    there,
)
from kautilya.core.numerics import added
from kautilya.core.world import LINE, World
from kautilya.mechanisms.formulas.noise import count_noise


def build(world: World) -> Built:
    """Routes line -> battlefield, enemy's foreign, repair1; each [vintage, side, class], and with
    a first axis for the captors where a side has several enemies."""
    sides, goods = world.members("belligerent"), world.members("equipment")
    foes = world.tables["enemies"] if "enemies" in world.tables else np.eye(len(sides))[::-1]
    many = (foes > 0).sum(axis=1)
    most = int(many.max())
    each = np.argsort(-foes, axis=1, kind="stable")[:, :most].T
    line = np.stack([world.grid(sides, goods, v) for v in LINE])
    wreck = world.outs("battlefield", goods, len(sides))
    taken = world.grid(sides, goods, "foreign")[each]
    taken = taken[:, None] if most > 1 else taken[0]
    repair = world.grid(sides, goods, "repair1")
    fates = {"destroyed": wreck, "captured": taken, "damaged": repair}
    return Built(
        {fate: Routes(*np.broadcast_arrays(line, rows)) for fate, rows in fates.items()},
        {
            "line": line,
            "struck": np.array([world.members("struck").index(g) for g in goods]),
            "foes": foes,
            "captors": each,
            **world.present("belligerent"),
        },
    )


def step(view: View) -> Values:
    """Losses asked for, each [vintage, side, class, F]."""
    p = view.param
    line = view.stock[view.data["line"]]
    fielded = line.sum(axis=0)
    inside = there(view, "belligerent", 1)
    power = added(view.data["foes"][..., None] * (view.var["firepower"] * inside)[None], 1)
    enemy = jnp.maximum(power, 1e-6) ** p["elasticity"]
    tempo = view.var["tempo"][view.data["struck"]][None]
    if "pace" in view.var:
        tempo = tempo * view.var["pace"][:, view.data["struck"]]
    mean = p["rate"] * tempo * fielded * enemy[:, None]
    gone = count_noise(view.luck["count"], mean, p["dispersion"])
    gone = jnp.minimum(gone, fielded) * there(view, "belligerent", 2)
    share = line / jnp.maximum(fielded, 1e-9)
    taken = gone * p["captured"][:, None] * p["serves"]
    damaged = gone * (1.0 / p["permanent"][:, None] - 1.0)
    captured = taken * share
    captors = view.data["captors"]
    if len(captors) > 1:
        here = jnp.broadcast_to(inside, (line.shape[1], 1))[:, 0][captors]
        many = (view.data["foes"] > 0).sum(axis=1)
        part = (jnp.arange(len(captors))[:, None] < many) * here
        part = part / jnp.maximum(part.sum(axis=0), 1e-9)
        captured = part[:, None, :, None, None] * captured
    return {
        "destroyed": (gone - taken) * share,
        "captured": captured,
        "damaged": damaged * share,
    }


# fmt: off
LAW = Law(
    name="attrition", plain="losses in battle",
    phase="flow", step=step, build=build, parts=("S03", "S05"), dated=("belligerent",),
    reads=("tempo", "firepower"), reads_if=("pace",), cites=("lanchester1916", "bracken1995"),
    needs=(Need("set", "struck", "what the tempo of the war wears down"),
           Need("member", "@equipment", "the tempo at which a class is lost", of="struck"),
           *stages(LINE, "equipment in service", "@equipment", "belligerent"),
           *stages(("repair1",), "what is damaged and comes back", "@equipment", "belligerent")),
    params=(Param("rate", ("belligerent", "equipment"), "1/month",
                  "equipment lost in a month of average fighting; share that is gone for good",
                  sign="declared"),
            Param("elasticity", (), "1",
                  "how far the enemy's fire drives losses; elasticity", sign="assumed"),
            Param("dispersion", (), "1", "month-to-month scatter of equipment losses"),
            Param("permanent", ("belligerent",), "1",
                  "share of the equipment knocked out that is gone for good"),
            Param("captured", ("belligerent",), "1",
                  "share of the lost equipment that the enemy captures"),
            Param("serves", (), "1", "share of captured equipment that serves the captor")),
    draws=(Draw("count", ("belligerent", "equipment"), "normal"),),
    imposes=(Imposed("losses rise with tempo and with what is fielded", ("rate",)),
             Imposed("the enemy's fire never lowers losses", ("elasticity",))),
)
