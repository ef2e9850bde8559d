r"""Repair: what was knocked out and can be mended comes back after a delay.

    two stages, mean L, exact monthly transition -> the line, in the proportions of its vintages

    delay   mean months of repair     [month]

Source: Erlang delay (sterman2000, ch. 11). Holds for: field and depot repair together.
Breaks when: repair shops are a bottleneck.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Need, Param, Routes, Values, View, stages
from kautilya.core.world import LINE, World
from kautilya.mechanisms.formulas.erlang import jump_probabilities


def build(world: World) -> Built:
    """Routes repair1 -> repair2 [side, class], and both -> line [stage, vintage, side, class]."""
    sides, goods = world.members("belligerent"), world.members("equipment")
    first, second = (world.grid(sides, goods, s) for s in ("repair1", "repair2"))
    line = np.stack([world.grid(sides, goods, v) for v in LINE])
    out = np.stack([np.broadcast_to(rows, line.shape) for rows in (first, second)])
    return Built(
        {
            "onward": Routes(first, second),
            "returned": Routes(out, np.broadcast_to(line, out.shape)),
        },
        {"first": first, "second": second, "line": line},
    )


def step(view: View) -> Values:
    """Amounts asked for, shaped as the routes."""
    d = view.data
    jumps = jump_probabilities(2, view.param["delay"], 1.0)
    first, second, line = (view.stock[d[k]] for k in ("first", "second", "line"))
    share = (line + 1e-9) / (line + 1e-9).sum(axis=0)
    back = jnp.stack([first * jumps[2], second * (1.0 - jumps[0])])
    return {"onward": first * jumps[1], "returned": back[:, None] * share[None]}


# fmt: off
LAW = Law(
    name="repair", plain="repair", phase="flow", step=step, build=build, parts=("S03", "S09"),
    cites=("sterman2000",),
    needs=(Need("set", "belligerent", "who repairs"),
           Need("set", "equipment", "what is repaired"),
           *stages(LINE, "where equipment comes back to", "@equipment", "belligerent"),
           *stages(("repair1", "repair2"), "equipment under repair", "@equipment", "belligerent")),
    params=(Param("delay", (), "month", "months of repair; mean"),),
)
