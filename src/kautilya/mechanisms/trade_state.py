r"""Trade state: what sanctions, by class of goods, do to trade and welfare of some economies.

    aim_m   = level_m * clip((t - start_m) / ramp_m, 0, 1) while t < sunset_m, else 0
    force_m = max(aim_m, force_m of the month before - 1 / afterlife)
    log y_k = sum_m force_m R_mk(theta)
    earning = exports over those of the end of the record; 1 while it drives   (law `treasury`)

    y       welfare, exports, exports to the sanctioned buyer; over the world without sanctions [1]
    R_mk    log response to a measure in full force, solved in general equilibrium      [1]
    level   intensity, a path                                                           [1]
    start, ramp, sunset, afterlife   month of the scenario; months                      [month]

Measures: the first wave between those who ban exports and the buyer, by class of goods (finished
arms, dual-use, energy, finance, everything else), each removing a share of the flow at given
prices; `banks`, the order on banks of third states; `stricter`, a tighter hold on what is left.
No measure, the first wave, and each later step are exact equilibria; between them the response is
log-linear. A measure whose sunset comes before its start is never in force.

Source: dekle2007 (equilibrium), trefethen2013 (tables over theta), dai2021 (trade recovers over
years after lifting). Shares removed are assumed.
Holds for: one sector, balanced trade, months in which deficits do not finance the shock.
Breaks when: the base year is not a year under the first wave; war itself moves trade.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Tells, Values, Var, View
from kautilya.core.world import World
from kautilya.mechanisms.formulas.chebyshev import weights
from kautilya.mechanisms.formulas.sanction_worlds import MEASURES


def build(world: World) -> Built:
    """Log responses [measure, kind, node, economy]."""
    actors = world.members("actor")
    at = np.array([actors.index(s) for s in world.members("economy")])
    return Built(
        data={
            "response": world.tables["sanction_response"][..., at],
            "nodes": world.tables["elasticity_nodes"],
        }
    )


def step(view: View) -> Values:
    """Welfare and exports [economy, F], and measures in force [measure, F]."""
    p, d = view.param, view.data
    since = view.month - p["start"]
    aim = p["level"] * jnp.clip(since / p["ramp"], 0.0, 1.0)
    aim = jnp.where(view.month < p["sunset"], aim, 0.0)
    force = jnp.maximum(aim, view.var["in_force"] - 1.0 / p["afterlife"])
    at = weights(view.var["trade_elasticity"], d["nodes"])
    each = jnp.einsum("mkne,nf->mkef", d["response"], at)
    welfare, exports, bought = jnp.exp((force[:, None, None] * each).sum(axis=0))
    then = jnp.where(view.record > 0, exports, view.var["exports_on_record"])
    return {
        "exports_on_record": then,
        "earning": exports / then,
        "in_force": force,
        "welfare_change": 100.0 * (welfare - 1.0),
        "exports_change": 100.0 * (exports - 1.0),
        "exports_to_buyer": bought,
    }


# fmt: off
LAW = Law(
    name="trade_state", plain="sanctions, trade and welfare",
    phase="update", step=step, build=build, parts=("S06",),
    cites=("dekle2007", "trefethen2013", "dai2021"), labels={"measure": MEASURES},
    reads=("trade_elasticity",),
    needs=(Need("table", "sanction_response", "log responses of trade to each measure"),
           Need("table", "elasticity_nodes", "trade elasticities at which they are known")),
    params=(Param("level", ("measure",), "1",
                  "strength of the sanctions on {measure}", path=True, sign="assumed"),
            Param("start", ("measure",), "month",
                  "month in which the sanctions on {measure} begin"),
            Param("ramp", ("measure",), "month",
                  "months until the sanctions on {measure} bite in full"),
            Param("sunset", ("measure",), "month",
                  "month in which the sanctions on {measure} lapse"),
            Param("afterlife", (), "month", "months in which lifted sanctions fade")),
    writes=(Var("in_force", ("measure",), "1", "bite of the sanctions on {measure}", 0.0),
            Var("welfare_change", ("economy",), "percent",
                "real spending against a world without sanctions",
                nature="mean", tells=Tells("welfare", {"actor": "economy"})),
            Var("exports_change", ("economy",), "percent",
                "exports against a world without sanctions",
                nature="mean"),
            Var("exports_on_record", ("economy",), "1",
                "exports when the record ended; over those without sanctions", 1.0),
            Var("earning", ("economy",), "1", "exports over those when the record ended", 1.0, nature="mean"),
            Var("exports_to_buyer", ("economy",), "1",
                "exports to the buyer over those without sanctions", nature="mean")),
    imposes=(Imposed("a measure never raises the trade of the pair that it hits, at given prices",
                     ("level",)),),
    words={"arms": "arms", "dual_use": "dual-use goods", "energy": "energy",
           "finance": "finance", "other": "other goods", "banks": "banks",
           "stricter": "third states, stricter"},
)
