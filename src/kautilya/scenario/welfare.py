"""Tables of trade equilibria, solved once while a world is built, over the trade elasticity.

From trade.csv and covariates.csv. The rest of the world is one more state. Own sales, which no
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
    for name in ("cutoff_loss", "patron_loss"):
        if (who := OVER[name]) in scn.sets:
            closed = np.array([code in scn.sets[who].members for code in scn.codes])
            markets = np.concatenate([closed, np.zeros(size - n, bool)])
            out[name] = sanction_worlds.cut_off(base, points, markets)[:, :n]
    if (who := OVER["sanction_response"]) in scn.sets:
        target = scn.codes.index(scn.sets[who].members[0])
        cuts = removed(found, target)
        wide = {name: np.pad(cut, (0, size - n)) for name, cut in cuts.items()}
        out["sanction_response"] = sanction_worlds.responses(base, points, wide, target)[..., :n]
    return {name: np.round(table, DECIMALS) for name, table in out.items()}
