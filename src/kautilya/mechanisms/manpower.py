r"""Manpower: recruits are trained, soldiers are killed or wounded, some of the wounded return.

    recruits * sent   population -> train            [person/month], a path, times `recruiting`
                      (the share that is still called and can be paid; 1 if no law says so);
                      sent = share that goes to the theatre
    the other recruits  population -> elsewhere      in the army, not in the theatre
    train -> line     at 1 / training                [month]
    casualties        rate * tempo * pace * line     killed share -> battlefield, rest -> wounded
    wounded -> line   returning share at 1 / healing [month]; the rest leaves

First-order delays in their exact monthly form 1 - exp(-1/L).
Source: stock-flow bookkeeping (sterman2000); ranges from the figures of the scenario.
Holds for: national totals. Breaks when: units, not men, are what is worn out.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Draw, Law, Need, Param, Routes, Values, View, stages
from kautilya.core.world import World
from kautilya.mechanisms.formulas.noise import count_noise


def build(world: World) -> Built:
    """Routes of each kind, one a side."""
    sides = world.members("belligerent")
    at = {
        stage: world.grid(sides, ["person"], stage)[:, 0]
        for stage in ("train", "line", "wounded", "elsewhere")
    }
    people, dead, left = (
        np.full(len(sides), world.out(place, "person"))
        for place in ("population", "battlefield", "scrap")
    )
    line, train, wounded = at["line"], at["train"], at["wounded"]
    routes = {
        "to_training": Routes(people, train),
        "trained": Routes(train, line),
        "killed": Routes(line, dead),
        "wounded": Routes(line, wounded),
        "healed": Routes(wounded, line),
        "left": Routes(wounded, left),
        "to_elsewhere": Routes(people, at["elsewhere"]),
    }
    return Built(
        routes,
        {
            "line": line,
            "train": train,
            "wounded": wounded,
            "struck": world.members("struck").index("person"),
        },
    )


def step(view: View) -> Values:
    """Persons asked for, each [side, F]."""
    p, d = view.param, view.data
    line, train, wounded = (view.stock[d[k]] for k in ("line", "train", "wounded"))
    tempo = view.var["tempo"][d["struck"]]
    if "pace" in view.var:
        tempo = tempo * view.var["pace"][:, d["struck"]]
    mean = p["rate"] * tempo * line
    hit = count_noise(view.luck["count"], mean, p["dispersion"])
    trained = train * (1.0 - jnp.exp(-1.0 / p["training"]))
    healed = wounded * (1.0 - jnp.exp(-1.0 / p["healing"]))
    recruits = p["recruits"] * view.var.get("recruiting", 1.0)
    return {
        "to_training": recruits * p["sent"],
        "trained": trained,
        "killed": hit * p["killed"],
        "wounded": hit * (1.0 - p["killed"]),
        "healed": healed * p["returning"],
        "left": healed * (1.0 - p["returning"]),
        "to_elsewhere": recruits * (1.0 - p["sent"]),
    }


# fmt: off
LAW = Law(
    name="manpower", plain="soldiers: recruits, casualties, return",
    phase="flow", step=step, build=build, parts=("S03", "S05"),
    reads=("tempo",), reads_if=("recruiting", "pace"), cites=("sterman2000",),
    units={"person": "person"},
    needs=(Need("set", "struck", "what the tempo of the war wears down"),
           Need("member", "person", "the tempo at which soldiers are lost", of="struck"),
           *stages(("train", "line", "wounded", "elsewhere"), "soldiers by where they are",
                   "person", "belligerent")),
    params=(Param("recruits", ("belligerent",), "person/month", "recruits and mobilised in a month",
                  path=True),
            Param("sent", ("belligerent",), "1", "share of recruits sent to the theatre of war"),
            Param("rate", ("belligerent",), "1/month",
                  "share of soldiers lost in a month of average fighting; killed and wounded"),
            Param("killed", ("belligerent",), "1", "share of casualties killed"),
            Param("returning", ("belligerent",), "1", "share of the wounded who return"),
            Param("training", ("belligerent",), "month", "months of training"),
            Param("healing", (), "month", "months until a wounded soldier returns or leaves"),
            Param("dispersion", (), "1", "month-to-month scatter of casualties")),
    draws=(Draw("count", ("belligerent",), "normal"),),
)
