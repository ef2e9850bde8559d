r"""Pace: how far losses and fire of each side have moved since the record ended.

    pace_bs = exp(sum_k follows_bsk (I_k - I_k,0)) (n_bs / n_bs,0)^(husbanding - 1)
    pull_bm = exp(sum_k drives_bmk (I_k - I_k,0)),      both 1 while the record drives

    I_k, I_k,0   intensity of what is observed now, and at the end of the record  (law `motion`) [log]
    n, n_0       of the class in service now, and at the end of the record        [units]
    husbanding   elasticity of losses to what is in service: 0 = losses do not fall as a fleet
                 thins, 1 = in proportion                                         [1]

Losses are a rate times what is in service times this, so that what is left of the fleet counts
by its power. The elasticity is assumed: monthly data do not tell it from the passing of time.
Source: assumed form. Holds for: what at least one observer counts.
Breaks when: an observer's count moves for a reason that is not the war's, or a class is withdrawn.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Values, Var, View, stages
from kautilya.core.numerics import log
from kautilya.core.world import LINE, World


def build(world: World) -> Built:
    """Accounts in service [vintage, side, struck]; soldiers have one that counts."""
    sides = world.members("belligerent")
    struck, arms = world.members("struck"), set(world.members("equipment"))
    held = []
    for one in LINE:
        held.append({good: one if good in arms else "line" for good in struck})
    arms_only = np.array([good in arms for good in struck])
    counted = arms_only[None] | (np.arange(len(LINE)) == 0)[:, None]
    return Built(
        data={
            "line": np.stack([world.grid(sides, struck, stage) for stage in held]),
            "counted": counted[:, None, :, None].astype(float),
        }
    )


def summed(weight: jnp.ndarray, moved: jnp.ndarray) -> jnp.ndarray:
    """Moves [watched, F] weighed [side, class, watched, F] and summed; the products are not kept."""
    rows = [weight[:, :, k] * moved[k] for k in range(moved.shape[0])]
    return sum(rows[1:], rows[0])


def step(view: View) -> Values:
    """Pace [side, struck, F], pull [side, munition, F], and where both began."""
    p, var, drives = view.param, view.var, view.record > 0
    line = (view.stock[view.data["line"]] * view.data["counted"]).sum(axis=0)
    begun = jnp.where(view.month == 0, var["intensity"], var["intensity_then"])
    then = jnp.where(drives, line, var["in_service_then"])
    moved = var["intensity"] - begun
    ratio = jnp.maximum(line, 1) / jnp.maximum(then, 1)
    thinned = jnp.exp((p["husbanding"] - 1) * log(ratio))
    return {
        "pace": jnp.exp(summed(p["follows"], moved)) * thinned,
        "pull": jnp.exp(summed(p["drives"], moved)),
        "intensity_then": begun,
        "in_service_then": then,
    }


# fmt: off
LAW = Law(
    name="pace", plain="change of losses and fire since the record ended",
    phase="decide", step=step, build=build, parts=("S03", "S05"), reads=("intensity",),
    needs=(Need("set", "equipment", "which of the lost classes are equipment"),
           *stages(LINE, "equipment in service", "@equipment", "belligerent"),
           *stages(("line",), "soldiers in service", "person", "belligerent")),
    params=(Param("follows", ("belligerent", "struck", "watched"), "1",
                  "how far losses follow what is observed", sign="declared"),
            Param("drives", ("belligerent", "munition", "watched"), "1",
                  "how far plans of fire follow what is observed", sign="declared"),
            Param("husbanding", (), "1", "elasticity of losses to what is in service",
                  sign="assumed")),
    writes=(Var("pace", ("belligerent", "struck"), "1", "losses over those of the record's end", 1.0,
                nature="mean"),
            Var("pull", ("belligerent", "munition"), "1", "plans over those of the record's end", 1.0,
                nature="mean"),
            Var("intensity_then", ("watched",), "1", "intensity at the end of the record", 0.0),
            Var("in_service_then", ("belligerent", "struck"), "1", "in service at its end", 0.0)),
    imposes=(Imposed("losses never rise as a fleet thins", ("husbanding",)),),
)
