r"""Production: capacity times utilisation, limited by dual-use inputs.

    output = capacity * utilisation * labour_factor * grown       (1 each if no law writes it)
    input  = content * output           taken from the maker's stock of dual-use goods

Output and input are legs of one deal: where the inputs run short, all output that needs them
is cut in the same proportion (Leontief). Goods without content are not touched.

    capacity   units a month at full use         [units/month], a path
    grown      growth by investment since the record ended (law `expansion`)    [1]
    content    dual-use goods in one unit        [USD_m/unit]
    other      dual-use goods that the rest of industry uses; competes   [USD_m/month]

Source: Leontief capacity (sterman2000, ch. 11). Holds for: monthly totals.
Breaks when: inputs can be substituted within a month.
"""

import numpy as np

from kautilya.core.law import Built, Law, Param, Routes, Values, View, stages
from kautilya.core.world import World

STAGE = {"@equipment": "new", "tank": "new", "ifv": "new", "gun": "new", "mlrs": "new"}


def build(world: World) -> Built:
    """Routes factory -> maker and maker's dual-use stock -> scrap, coupled where needed."""
    makers, goods = world.members("belligerent"), world.members("made")
    made = world.grid(makers, goods, STAGE)
    factory = np.broadcast_to([world.out("factory", g) for g in goods], made.shape)
    held = world.grid(makers, ["component"], "ready")
    gone = np.full(made.shape, world.out("scrap", "component"))
    deal = np.arange(made.size).reshape(made.shape)
    return Built(
        {
            "made": Routes(factory, made, deal),
            "used": Routes(np.broadcast_to(held, made.shape), gone, deal),
            "used_elsewhere": Routes(held[:, 0], gone[:, 0]),
        }
    )


def step(view: View) -> Values:
    """Output and input [belligerent, made, F], and other input [belligerent, F], asked for."""
    output = view.param["capacity"] * view.var["utilisation"]
    if "labour_factor" in view.var:
        output = output * view.var["labour_factor"][:, None]
    output = output * view.var.get("grown", 1.0)
    return {
        "made": output,
        "used": output * view.param["content"][None],
        "used_elsewhere": view.param["other"],
    }


# fmt: off
LAW = Law(
    name="production", plain="the belligerents' own output",
    phase="flow", step=step, build=build, parts=("S09", "S14", "S21"),
    reads=("utilisation",), reads_if=("labour_factor", "grown"), cites=("sterman2000",),
    units={"component": "USD_m"},
    needs=(*stages(("ready",), "where output goes, by class", "@made", "belligerent", STAGE),
           *stages(("ready",), "dual-use goods that output uses up", "component", "belligerent")),
    params=(Param("capacity", ("belligerent", "made"), "{good}/month",
                  "own output in a month at full use",
                  path=True),
            Param("content", ("made",), "USD_m/{good}", "dual-use goods in one unit of output"),
            Param("other", ("belligerent",), "USD_m/month",
                  "dual-use goods used elsewhere in a month",
                  path=True)),
)
