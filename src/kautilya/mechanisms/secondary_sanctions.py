r"""Secondary sanctions: what a state expects to lose if it supplies a class of goods.

    cost = min( designation_g * severity * exposure_i * (1 - sanctioned_i), ceiling_i )

    designation  probability that banks and firms are designated, by class      [1/year], a path
    severity     share of the exposed trade that is then lost                   [1]
    exposure     exports to the sanctioning markets over output                 [% of GDP]
    sanctioned   how far the state is already shut out                          [0..1]
    ceiling      welfare lost if cut off entirely, solved in general equilibrium [% of GDP]
    patron loss  the same from the patron alone: its leverage, beside that of the markets

Both losses are read from tables over the trade elasticity, 100 sum_k l_k(elasticity) loss_k. The
patron's leverage is reported, not charged: whether the patron would use it is not known.

Source: assumed form (expected loss = probability x exposed trade x severity). The historical
panel does not identify this cost: `designation` and the weight on it are declared ranges. Losses:
arkolakis2012, dekle2007; their tables: trefethen2013. Without tables there is no ceiling.
Holds for: banks and firms as first target. Breaks when: a state is too large to be designated.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Var, View
from kautilya.core.world import World
from kautilya.mechanisms.formulas.chebyshev import weights


def build(world: World) -> Built:
    """Exposure [supplier] in percent of output, and how far each is sanctioned."""
    actors = world.members("actor")
    at = np.array([actors.index(s) for s in world.members("supplier")])
    markets = np.array([actors.index(s) for s in world.members("sanctioner")])
    exports = world.tables["trade"][np.ix_(at, markets)].sum(axis=1)
    output = world.tables["gdp"][at]
    exposure = 100.0 * exports / np.maximum(output, 1e-9)
    tables = {name: 100.0 * world.tables[name][:, at] for name in ("cutoff_loss", "patron_loss")
              if name in world.tables}
    return Built(data={"exposure": exposure[:, None, None], **tables,
                       "nodes": world.tables.get("elasticity_nodes", np.ones(1)),
                       "free": 1.0 - world.tables["sanctioned"][at][:, None, None]})


def step(view: View) -> dict:
    """Expected loss [supplier, offer, F], percent of output a year; its ceiling; leverage."""
    p, d = view.param, view.data
    exposure = d["exposure"] * p["error"][:, None]
    raw = p["designation"][None] * p["severity"] * exposure * d["free"]
    at = weights(p["elasticity"], d["nodes"])
    none = jnp.full((raw.shape[0], raw.shape[-1]), jnp.inf)
    ceiling = d["cutoff_loss"].T @ at if "cutoff_loss" in d else none
    leverage = d["patron_loss"].T @ at if "patron_loss" in d else jnp.zeros_like(none)
    return {"sanction_cost": jnp.minimum(raw, ceiling[:, None]), "cutoff_ceiling": ceiling,
            "patron_leverage": leverage, "trade_elasticity": p["elasticity"]}


LAW = Law(
    name="secondary_sanctions", phase="observe", step=step, build=build, parts=("S06",),
    cites=("arkolakis2012", "dekle2007", "trefethen2013"),
    params=(Param("designation", ("offer",), "1/year", "probability of designation", path=True),
            Param("severity", (), "1", "share of the exposed trade that is lost"),
            Param("elasticity", (), "1", "trade elasticity, sigma - 1"),
            Param("error", ("supplier",), "1", "error factor of the exposure figure")),
    writes=(Var("sanction_cost", ("supplier", "offer"), "percent/year", "expected loss"),
            Var("cutoff_ceiling", ("supplier",), "percent", "welfare lost if cut off entirely"),
            Var("patron_leverage", ("supplier",), "percent", "welfare lost without the patron"),
            Var("trade_elasticity", (), "1", "elasticity of this future", "elasticity")),
    imposes=("exposure to sanctioning markets never makes supply likelier",),
)
