r"""Secondary sanctions: what a state expects to lose if it supplies a class of goods.

    cost = min( designation_g * severity * exposure_i * (1 - sanctioned_i), ceiling_i )

    designation  probability that banks and firms are designated, by class      [1/year], a path
    severity     share of the exposed trade that is then lost                   [1]
    exposure     exports to the sanctioning markets over output                 [% of GDP]
    sanctioned   how far the state is already shut out                          [0..1]
    ceiling      welfare lost if cut off entirely, solved in general equilibrium [% of GDP]

Source: assumed form (expected loss = probability x exposed trade x severity). The historical
panel does not identify this cost: `designation` and the weight on it are declared ranges.
Holds for: banks and firms as first target. Breaks when: a state is too large to be designated.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Var, View
from kautilya.core.world import World


def build(world: World) -> Built:
    """Exposure [supplier] in percent of output, and how far each is sanctioned."""
    actors = world.members("actor")
    at = np.array([actors.index(s) for s in world.members("supplier")])
    markets = np.array([actors.index(s) for s in world.members("sanctioner")])
    exports = world.tables["trade"][np.ix_(at, markets)].sum(axis=1)
    output = world.tables["gdp"][at]
    exposure = 100.0 * exports / np.maximum(output, 1e-9)
    ceiling = world.tables.get("cutoff_loss", np.full(len(actors), np.inf))[at]
    return Built(data={"exposure": exposure[:, None, None], "ceiling": ceiling[:, None, None],
                       "free": 1.0 - world.tables["sanctioned"][at][:, None, None]})


def step(view: View) -> dict:
    """Expected loss [supplier, offer, F], percent of output a year."""
    p, d = view.param, view.data
    exposure = d["exposure"] * p["error"][:, None]
    raw = p["designation"][None] * p["severity"] * exposure * d["free"]
    return {"sanction_cost": jnp.minimum(raw, d["ceiling"])}


LAW = Law(
    name="secondary_sanctions", phase="observe", step=step, build=build, parts=("S06",),
    params=(Param("designation", ("offer",), "1/year", "probability of designation", path=True),
            Param("severity", (), "1", "share of the exposed trade that is lost"),
            Param("error", ("supplier",), "1", "error factor of the exposure figure")),
    writes=(Var("sanction_cost", ("supplier", "offer"), "percent/year", "expected loss"),),
    imposes=("exposure to sanctioning markets never makes supply likelier",),
)
