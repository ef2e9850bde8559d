r"""Fleet: composition by vintage, quality, equipment against establishment, effectiveness.

    fielded_be   = sum_v line_bev                       equipped_be = fielded / establishment
    quality_be   = sum_v q_v line_bev / fielded
    effectiveness_b = ( e_men^w1 * e_kit^w2 * e_fire^w3 ),   weights sum to 1
      e_men = men / establishment, e_kit = mean over classes of quality * equipped,
      e_fire = index of fire of the month before

    q_v   effectiveness of a vintage beside a pre-war one     [1]

Cobb-Douglas: each input is indispensable. Only yield times quality is identified.
Source: assumed form. Holds for: comparing months of one side. Breaks when: sides are compared.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Values, Var, View, stages
from kautilya.core.numerics import log
from kautilya.core.world import LINE, World


def build(world: World) -> Built:
    """Accounts of the line [vintage, side, class] and of soldiers [side]."""
    sides, goods = world.members("belligerent"), world.members("equipment")
    return Built(
        data={
            "line": np.stack([world.grid(sides, goods, v) for v in LINE]),
            "men": world.grid(sides, ["person"], "line")[:, 0],
        }
    )


def step(view: View) -> Values:
    """Indices of the forces."""
    p = view.param
    line = view.stock[view.data["line"]]
    fielded = line.sum(axis=0)
    quality = (line * p["quality"][:, None, None]).sum(axis=0) / jnp.maximum(fielded, 1e-9)
    equipped = fielded / p["establishment"]
    men = view.stock[view.data["men"]] / p["soldiers"]
    kit = (quality * equipped).mean(axis=1)
    inputs = jnp.stack([men, kit, view.var["firepower"]])
    weight = p["weight"] / p["weight"].sum(axis=0)
    logs = log(jnp.maximum(inputs, 1e-6)) * weight[:, None]
    return {
        "equipped": equipped,
        "quality": quality,
        "effectiveness": jnp.exp(logs.sum(axis=0)),
        "full_kit": p["establishment"],
        "full_men": p["soldiers"],
    }


# fmt: off
LAW = Law(
    name="fleet", plain="combat effectiveness",
    phase="update", step=step, build=build, parts=("S05", "S09"),
    reads=("firepower",), labels={"vintage": LINE, "input": ("men", "kit", "fire")},
    units={"person": "person"},
    needs=(*stages(LINE, "equipment in service", "@equipment", "belligerent"),
           *stages(("line",), "soldiers in the line", "person", "belligerent")),
    params=(Param("quality", ("vintage",), "1",
                  "worth of {vintage} equipment beside a pre-war vehicle"),
            Param("establishment", ("belligerent", "equipment"), "{good}",
                  "full strength in equipment"),
            Param("soldiers", ("belligerent",), "person", "full strength in soldiers"),
            Param("weight", ("input",), "1", "weight of {input} in combat effectiveness")),
    writes=(Var("equipped", ("belligerent", "equipment"), "1", "equipment over full strength"),
            Var("quality", ("belligerent", "equipment"), "1",
                "mean worth of the equipment; 1 = pre-war"),
            Var("effectiveness", ("belligerent",), "1", "index of combat effectiveness", 1.0),
            Var("full_kit", ("belligerent", "equipment"), "{good}", "equipment at full strength",
                "establishment"),
            Var("full_men", ("belligerent",), "person", "soldiers at full strength", "soldiers")),
    words={"prewar": "pre-war", "new": "newly built", "restored": "restored",
           "foreign": "foreign or captured", "men": "men", "kit": "equipment", "fire": "fire"},
)
