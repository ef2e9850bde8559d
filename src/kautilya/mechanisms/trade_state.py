r"""Trade state: what sanctions, by class of goods, do to trade and welfare of some economies.

    aim_mi   = level_m * clip((t - max(start_m, joined_mi)) / ramp_m, 0, 1)
               while t < min(sunset_m, left_mi), else 0
    force_mi = max(aim_mi, force_mi of the month before - 1 / afterlife)
    log y_k  = sum_mi force_mi R_mik(theta)
    earning  = exports over those of the end of the record; 1 while it drives  (law `treasury`)

    y       welfare, exports, exports to the sanctioned buyer; over the world without sanctions [1]
    R_mik   log response to a sender's measure in full force, in general equilibrium    [1]
    level   intensity, a path                                                           [1]
    start, joined, left, sunset; ramp, afterlife   month of the scenario; months        [month]

Measures: the first wave between its senders and the buyer, by class of goods (finished arms,
dual-use, energy, finance, everything else), each removing a share of the flow at given prices;
`banks`, the order on banks of third states; `stricter`, a tighter hold on what is left: these two
have no senders. No measure, the first wave of all who join it within the run, and each later step
are exact equilibria; between them the response is log-linear. A sender that never joins a class
has in it the response to its joining the rest. Without the set `sender` those who ban exports
(covariate `bans`) are in all classes from `start`. What ends before it starts is never in force.

Source: dekle2007 (equilibrium), trefethen2013 (tables over theta), dai2021 (trade recovers over
years after lifting). Shares removed are assumed.
Holds for: one sector, balanced trade, months in which deficits do not finance the shock.
Breaks when: trade is of a year half under the first wave; war itself moves trade.
"""

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Tells, Values, Var, View
from kautilya.core.world import World
from kautilya.mechanisms.formulas.chebyshev import weights
from kautilya.mechanisms.formulas.sanction_worlds import FIRST, MEASURES, WORDS


def build(world: World) -> Built:
    """Log responses [kind, node, economy, part]: a part is a measure, or a sender's in it."""
    response = world.tables["sanction_response"][..., world.places("economy")]
    return Built(
        data={
            "response": np.moveaxis(response, 0, -1),
            "nodes": world.tables["elasticity_nodes"],
        }
    )


def force(
    view: View, begins: jax.Array, ends: jax.Array, of: slice, before: jax.Array
) -> jax.Array:
    """How far measures `of` bite [measure, ..., F], from and until months of the same shape."""
    p, rest = view.param, begins.ndim - 2
    level, ramp = (
        p[name][of].reshape(-1, *(1,) * rest, p[name].shape[-1]) for name in ("level", "ramp")
    )
    aim = level * jnp.clip((view.month - begins) / jnp.maximum(ramp, 1e-9), 0.0, 1.0)
    aim = jnp.where(view.month < ends, aim, 0.0)
    return jnp.maximum(aim, before - 1.0 / p["afterlife"])


def step(view: View) -> Values:
    """Welfare and exports [economy, F], measures in force [measure, F], by sender [wave, sender, F]."""
    p, d, var = view.param, view.data, view.var
    first, later, every = slice(len(FIRST)), slice(len(FIRST), None), slice(None)
    out = {}
    if "joined" in p:
        begins = jnp.maximum(p["start"][first, None], p["joined"])
        ends = jnp.minimum(p["sunset"][first, None], p["left"])
        each = force(view, begins, ends, first, var["sent_by"])
        rest = force(view, p["start"][later], p["sunset"][later], later, var["in_force"][later])
        out = {"sent_by": each, "in_force": jnp.concatenate([each.max(axis=1), rest])}
        parts = jnp.concatenate([each.reshape(-1, each.shape[-1]), rest])
    else:
        parts = force(view, p["start"], p["sunset"], every, var["in_force"])
        out = {"in_force": parts}
    at = weights(var["trade_elasticity"], d["nodes"])
    logs = (jnp.einsum("knem,mf->knef", d["response"], parts) * at[:, None]).sum(axis=1)
    welfare, exports, bought = jnp.exp(logs)
    then = jnp.where(view.record > 0, exports, var["exports_on_record"])
    return out | {
        "exports_on_record": then,
        "earning": exports / then,
        "welfare_change": 100.0 * (welfare - 1.0),
        "exports_change": 100.0 * (exports - 1.0),
        "exports_to_buyer": bought,
    }


# fmt: off
LAW = Law(
    name="trade_state", plain="sanctions, trade and welfare",
    phase="update", step=step, build=build, parts=("S06",),
    cites=("dekle2007", "trefethen2013", "dai2021"), labels={"measure": MEASURES, "wave": FIRST},
    reads=("trade_elasticity",), optional=("sender",), apart=(("sender", "buyer"),), single=("buyer",),
    needs=(Need("table", "sanction_response", "log responses of trade to each measure"),
           Need("table", "elasticity_nodes", "trade elasticities at which they are known"),
           Need("set", "sender", "whose measures hit the buyer, by class and month", free=True)),
    params=(Param("level", ("measure",), "1",
                  "strength of the sanctions on {measure}", path=True, sign="assumed"),
            Param("start", ("measure",), "month",
                  "month in which the sanctions on {measure} begin", date=True),
            Param("joined", ("wave", "sender"), "month",
                  "month of joining the sanctions on {wave}", date=True),
            Param("left", ("wave", "sender"), "month",
                  "month of leaving the sanctions on {wave}", date=True),
            Param("ramp", ("measure",), "month",
                  "months until the sanctions on {measure} bite in full"),
            Param("sunset", ("measure",), "month",
                  "month in which the sanctions on {measure} lapse", date=True),
            Param("afterlife", (), "month", "months in which lifted sanctions fade")),
    writes=(Var("in_force", ("measure",), "1", "bite of the sanctions on {measure}", 0.0),
            Var("sent_by", ("wave", "sender"), "1", "bite of its own sanctions on {wave}", 0.0),
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
    words=WORDS,
)
