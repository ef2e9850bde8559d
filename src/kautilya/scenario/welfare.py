"""Tables of trade equilibria, solved once while a world is built, over the trade elasticity.

From trade.csv and covariates.csv. Where the trade between the sanctioned buyer and those who ban
exports to it is of years before the first month, the measures of the first wave are still to come: the
tables then stand on the equilibrium in which they are in full force. The rest of the world is one more state. Own sales, which no
table has: output_over_gdp * gdp - exports, at least least_own_share * gdp; those of the rest of the
world stand to its exports as those of the actors to theirs.

    elasticity_nodes   [m]           Chebyshev points (trefethen2013) between THETA
    cutoff_loss        [m, n]        welfare share lost if cut off from all of the set `sanctioner`
    patron_loss        [m, n]        the same, from the set `patron` alone
    sanction_response  [measure, kind, m, n]  log responses to each measure (sanction_worlds)

Solved in about a tenth of a second, so nothing is kept on disk; rounded, so that the last bits of
linear algebra on another processor do not reach the results.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kautilya.mechanisms.formulas import sanction_worlds
from kautilya.mechanisms.formulas.chebyshev import nodes
from kautilya.scenario.facts import NEEDED, OVER
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import Covariate

THETA = (2.0, 10.0)  # wider than any range that a scenario should declare; eaton2002: 3.6 to 12.9
NODES = 15
DECIMALS = 11


def flows(found: Mapping[str, np.ndarray]) -> np.ndarray:
    """Flows over the actors and the rest of the world, own sales on the diagonal [n+1, n+1]."""
    gdp = found["gdp"]
    n = len(gdp)
    out = np.zeros((n + 1, n + 1))
    out[:n, :n], out[:n, n] = found["trade"], found["trade_to_row"]
    out[n, :n] = found["trade_from_row"]
    np.fill_diagonal(out, 0.0)
    abroad = out.sum(axis=1)
    abroad[n] = max(abroad[n], out[:, n].sum())
    own = np.maximum(found["output_over_gdp"] * gdp - abroad[:n], found["least_own_share"] * gdp)
    if not (own > 0).all():
        raise ValueError(f"actor number {int(own.argmin())} has no output of its own")
    rest = own.sum() / max(abroad[:n].sum(), 1e-9) * abroad[n]
    out[np.arange(n + 1), np.arange(n + 1)] = [*own, rest]
    return out if rest > 0 else out[:n, :n]


def removed(found: Mapping[str, np.ndarray], target: int) -> dict[str, np.ndarray]:
    """What each measure removes of a flow [n, n]: first wave between the target and those who
    ban exports to it; later ones on the pairs that covariates.csv names."""
    n = len(found["gdp"])
    wave = np.zeros((n, n))
    wave[:, target] = wave[target, :] = found["bans"] if "bans" in found else 0.0
    out = {}
    for name in sanction_worlds.MEASURES:
        table = found.get(f"removed_{name}", np.zeros((n, n)))
        out[name] = table * (wave if name in sanction_worlds.FIRST else 1.0 - np.eye(n))
    return out


def before(scn: Scenario) -> bool:
    """Whether the trade that the first wave hits is of years before the first month."""
    target = scn.sets[OVER["sanction_response"]].members[0]
    bans = {row.actor for row in scn.rows(Covariate) if row.name == "bans" and row.value > 0}
    years = [
        row.year
        for row in scn.trade
        if target in (row.exporter, row.importer) and bans & {row.exporter, row.importer}
    ]
    return bool(years) and all(year and year < scn.head.start[:4] for year in years)


def under(
    base: np.ndarray, points: np.ndarray, cuts: Mapping[str, np.ndarray], force: Mapping[str, float]
) -> np.ndarray:
    """Flows [batch, n, n] once measures are in force, from flows without any.

    cuts    what each measure removes of a flow at given prices [n, n]; force: how far each is in force
    """
    first = sum(force.get(name, 0.0) * cuts[name] for name in sanction_worlds.FIRST)
    left = 1.0 - first
    for name in sanction_worlds.LATER:
        left = left * (1.0 - force.get(name, 0.0) * cuts[name])
    return sanction_worlds.solve(base, np.broadcast_to(left, base.shape), points).flows


def welfare_tables(scn: Scenario, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tables of this module; those for which the scenario has no facts are left out.

    Raises ValueError where trade cannot be brought to an equilibrium.
    """
    if any(name not in found for name in NEEDED):
        return {}
    world = flows(found)
    points = nodes(*THETA, NODES)
    base = sanction_worlds.balanced(world, points)
    out = {"elasticity_nodes": points}
    n, size = len(found["gdp"]), len(world)
    cuts: dict[str, np.ndarray] = {}
    if (who := OVER["sanction_response"]) in scn.sets:
        target = scn.codes.index(scn.sets[who].members[0])
        cuts = {k: np.pad(cut, (0, size - n)) for k, cut in removed(found, target).items()}
        if before(scn):
            base = under(base, points, cuts, dict.fromkeys(sanction_worlds.FIRST, 1.0))
    for name in ("cutoff_loss", "patron_loss"):
        if (who := OVER[name]) in scn.sets:
            closed = np.array([code in scn.sets[who].members for code in scn.codes])
            markets = np.concatenate([closed, np.zeros(size - n, bool)])
            out[name] = sanction_worlds.cut_off(base, points, markets)[:, :n]
    if cuts:
        out["sanction_response"] = sanction_worlds.responses(base, points, cuts, target)[..., :n]
    return {name: np.round(table, DECIMALS) for name, table in out.items()}
