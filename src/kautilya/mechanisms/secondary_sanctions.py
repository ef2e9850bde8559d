r"""Secondary sanctions: what a state expects to lose if it supplies a class of goods.

    cost   = min( designation_g watch_ig severity exposure_i (1 - immune sanctioned_i), ceiling_i )
    patron = pressure press_i leverage_i
    leverage_i = 100 sum_k l_k(elasticity) patron_loss_ik + financed sanctioned_i deficit_i

    designation  probability that banks and firms are designated, by class      [1/year], a path
    watch        what supplying adds to being designated (law `visibility`)       [1]
    press        how far the patron still enforces measures (law `embargo`)       [1]
    severity     share of the exposed trade that is then lost                   [1]
    exposure     exports to the sanctioning markets over output                 [% of GDP]
    sanctioned   how far the state is already shut out                          [0..1]
    immune       how far what such a state still sells is beyond a new designation     [1]
    ceiling      welfare lost if cut off entirely, solved in general equilibrium [% of GDP]
    patron_loss  the same from the patron alone, with balanced books            [% of GDP]
    deficit      what a state buys from its patron beyond what it sells to it, at most what it
                 lacks with all; who can borrow elsewhere needs no patron for it     [% of GDP]
    financed     share of that deficit that ends with the patron's trade        [1]
    pressure     chance that the patron uses its leverage, times the share it uses    [1/year]

Exposure is what a state still sells to those markets, so a state long under sanctions has little
of it by its trade, not by decree; `immune` is a range from none of it to all. A percent of output
is a percent whoever takes it: both costs have one weight in the decision (law `choice`).

Markets that leave the sanctions expose nobody from then on; the ceiling is that of all of them. A
patron's leverage is that of all patrons, while one of them is in.

Source: assumed form (expected loss = probability x exposed trade x severity). The historical
panel does not identify this cost: `designation` and the weight on it are declared ranges. Losses:
arkolakis2012, dekle2007; their tables: trefethen2013. Without tables there is no ceiling.
Holds for: banks and firms as first target. Breaks when: a state is too large to be designated, or
its trade with the patron is hidden.
"""

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Imposed, Law, Need, Param, Values, Var, View, there
from kautilya.core.world import World
from kautilya.mechanisms.formulas.chebyshev import weights


def lacking(world: World, at: np.ndarray) -> np.ndarray:
    """Deficit with the patron, at most that with all, in percent of output [supplier]."""
    tables, actors = world.tables, world.members("actor")
    trade, gdp = tables["trade"], np.maximum(tables["gdp"][at], 1e-9)
    patrons = [actors.index(s) for s in world.members("patron")]
    own = trade[patrons][:, at].sum(axis=0) - trade[at][:, patrons].sum(axis=1)
    rest = [
        tables[name][at] if name in tables else 0.0 for name in ("trade_from_row", "trade_to_row")
    ]
    whole = trade[:, at].sum(axis=0) + rest[0] - trade[at].sum(axis=1) - rest[1]
    return 100.0 * np.maximum(np.minimum(own, whole), 0.0) / gdp


def build(world: World) -> Built:
    """Exposure [supplier] in percent of output, and how far each is sanctioned."""
    actors = world.members("actor")
    at = np.array([actors.index(s) for s in world.members("supplier")])
    markets = np.array([actors.index(s) for s in world.members("sanctioner")])
    exports = world.tables["trade"][np.ix_(at, markets)]
    gdp = np.maximum(world.tables["gdp"][at], 1e-9)
    here = world.present("sanctioner")
    dated = (
        {"present_exposure": 100.0 * here["present_sanctioner"] @ exports.T / gdp} if here else {}
    )  # [steps, supplier]
    exposure = 100.0 * exports.sum(axis=1) / gdp
    shut = world.tables["sanctioned"][at]
    tables = {
        name: 100.0 * world.tables[name][:, at]
        for name in ("cutoff_loss", "patron_loss")
        if name in world.tables
    }
    return Built(
        data={
            "exposure": exposure[:, None, None],
            **dated,
            **tables,
            **world.present("patron"),
            "nodes": world.tables.get("elasticity_nodes", np.ones(1)),
            "shut": shut[:, None, None],
            "deficit": (shut * lacking(world, at))[:, None],
        }
    )


def step(view: View) -> Values:
    """Expected losses, percent of output a year; the ceiling and the patron's leverage."""
    p, d = view.param, view.data
    shut = d["shut"] * view.var.get("measures_left", jnp.ones((1, 1)))[:, None]
    exposure = d["exposure"]
    if "present_exposure" in d:
        exposure = jnp.asarray(d["present_exposure"])[view.month.astype(int)][:, None, None]
    exposure = exposure * p["error"][:, None] * (1.0 - p["immune"] * shut)
    raw = p["designation"][..., None, :, :] * view.var.get("watch", 1.0) * p["severity"] * exposure
    at = weights(p["elasticity"], d["nodes"])
    none = jnp.full((raw.shape[-3], raw.shape[-1]), jnp.inf)
    ceiling = d["cutoff_loss"].T @ at if "cutoff_loss" in d else none
    leverage = d["patron_loss"].T @ at if "patron_loss" in d else jnp.zeros_like(none)
    leverage = leverage + p["financed"] * d["deficit"]
    leverage = leverage * jnp.max(there(view, "patron", 0))
    return {
        "sanction_cost": jnp.minimum(raw, ceiling[:, None]),
        "cutoff_ceiling": ceiling,
        "patron_leverage": leverage,
        "patron_cost": p["pressure"] * leverage * view.var.get("patron_press", 1.0),
        "trade_elasticity": p["elasticity"],
    }


# fmt: off
LAW = Law(
    name="secondary_sanctions", plain="the threat of secondary sanctions",
    phase="observe", step=step, build=build, parts=("S06",), dated=("sanctioner", "patron"),
    cites=("arkolakis2012", "dekle2007", "trefethen2013"),
    reads_if=("watch", "measures_left", "patron_press"),
    needs=(Need("set", "patron", "the state whose trade a supplier lives on"),
           Need("set", "sanctioner", "markets that a designation shuts"),
           Need("table", "trade", "exports to those markets, and to the patron"),
           Need("table", "gdp", "over which exports are counted"),
           Need("table", "sanctioned", "1 = fully sanctioned")),
    params=(Param("designation", ("buyer?", "offer"), "1/year",
                  "yearly chance of being sanctioned for a supply", path=True,
                  sign="assumed"),
            Param("severity", (), "1",
                  "share of the exposed trade lost by sanctions", sign="assumed"),
            Param("elasticity", (), "1", "trade elasticity; sigma - 1", sign="declared"),
            Param("immune", (), "1", "protection of a state that is already sanctioned"),
            Param("financed", (), "1", "share of the deficit that ends with the patron's trade"),
            Param("pressure", (), "1/year",
                  "share of its leverage that a patron uses in a year; expected",
                  sign="assumed"),
            Param("error", ("supplier",), "1", "error factor of a state's exposure to sanctions")),
    writes=(Var("sanction_cost", ("buyer?", "supplier", "offer"), "percent/year",
                "expected loss from secondary sanctions",
                nature="mean"),
            Var("cutoff_ceiling", ("supplier",), "percent",
                "welfare lost if cut off from the sanctioning markets"),
            Var("patron_leverage", ("supplier",), "percent",
                "welfare lost if cut off by the patron"),
            Var("patron_cost", ("supplier",), "percent/year",
                "expected loss by the patron's pressure",
                nature="mean"),
            Var("trade_elasticity", (), "1", "trade elasticity of this future", "elasticity")),
    imposes=(Imposed("exposure to sanctioning markets never makes supply likelier",
                     ("designation", "severity")),
             Imposed("exposure to a patron never makes supply likelier", ("pressure",))),
)
