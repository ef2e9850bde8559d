"""Tables of trade equilibria, solved once while a world is built, over the trade elasticity.

From trade.csv and covariates.csv. Where the trade between the sanctioned buyer and those who ban
exports to it is of years before the first month, the measures of the first wave are still to come: the
tables then stand on the equilibrium in which they are in full force. The rest of the world is one more state. Own sales, which no
table has: output_over_gdp * gdp - exports, at least least_own_share * gdp; those of the rest of the
world stand to its exports as those of the actors to theirs.

    elasticity_nodes   [m]           Chebyshev points (trefethen2013) between THETA
    cutoff_loss        [m, n]        welfare share lost if cut off from all of the set `sanctioner`
    patron_loss        [m, n]        the same, from the set `patron` alone
    sanction_response  [part, kind, m, n]  log responses to each measure (sanction_worlds); with a set
                                     `sender` those of each of the first wave to each sender

Solved in about a tenth of a second, so nothing is kept on disk; rounded, so that the last bits of
linear algebra on another processor do not reach the results.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kautilya.mechanisms.formulas import sanction_worlds
from kautilya.mechanisms.formulas.chebyshev import nodes
from kautilya.scenario.facts import NEEDED, OVER, SENDER
from kautilya.scenario.scenario import EVERY, Scenario
from kautilya.scenario.schema import Covariate, Quantity

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


def removed(scn: Scenario, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What each measure removes of a flow [n, n]: first wave between the target and those who may
    be in it, whoever is when; later ones on the pairs that covariates.csv names."""
    n, target = len(found["gdp"]), buyer(scn)
    wave = np.zeros((n, n))
    wave[:, target] = wave[target, :] = [float(code in who(scn)) for code in scn.codes]
    wave[target, target] = 0.0
    out = {}
    for name in sanction_worlds.MEASURES:
        table = found.get(f"removed_{name}", np.zeros((n, n)))
        out[name] = table * (wave if name in sanction_worlds.FIRST else 1.0 - np.eye(n))
    return out


def buyer(scn: Scenario) -> int:
    """Which actor the measures are aimed at."""
    return scn.codes.index(scn.sets[OVER["sanction_response"]].members[0])


def who(scn: Scenario) -> tuple[str, ...]:
    """States of the first wave: the set `sender`; without one, those who ban exports."""
    if SENDER in scn.sets:
        return scn.sets[SENDER].members
    return tuple(r.actor for r in scn.rows(Covariate) if r.name == "bans" and r.value > 0)


def spells(scn: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """First month of each sender in each measure of the first wave, and the month in which it is
    out again [wave, sender]; by the central figures, never where there is none."""
    return _months(scn, sanction_worlds.JOINED), _months(scn, sanction_worlds.LEFT)


def _months(scn: Scenario, parameter: str) -> np.ndarray:
    rows = [q for q in scn.rows(Quantity) if q.parameter == parameter]
    rows.sort(key=lambda q: (q.label not in EVERY) + (q.actor not in EVERY))
    out = np.full((len(sanction_worlds.FIRST), len(who(scn))), np.inf)
    for row in rows:
        waves = [row.label in (*EVERY, name) for name in sanction_worlds.FIRST]
        states = [row.actor in (*EVERY, code) for code in who(scn)]
        values = [x for x in (row.central, row.low, row.high) if x is not None]
        out[np.ix_(waves, states)] = values[0] if values else np.inf
    return out


def on_pairs(scn: Scenario, force: np.ndarray, size: int) -> dict[str, float | np.ndarray]:
    """What holds of each sender [wave, sender] on its flows with the target [size, size], by wave."""
    out: dict[str, float | np.ndarray] = {}
    for name, row in zip(sanction_worlds.FIRST, force, strict=True):
        table = np.zeros((size, size))
        at = [scn.codes.index(code) for code in who(scn)]
        table[at, buyer(scn)] = table[buyer(scn), at] = row
        out[name] = table
    return out


def inside(scn: Scenario) -> np.ndarray:
    """Who is in the first wave that the tables stand on, 1 or 0 [wave, sender]: all who join it within
    the run; where the trade is of years under it, those who had joined by the as-of day."""
    joined, left = spells(scn)
    record = sum(month <= scn.head.as_of.isoformat()[: len(month)] for month in scn.months)
    last = len(scn.months) if before(scn) else record
    return ((joined < last) & (left > joined)).astype(float)


def _whole(scn: Scenario, size: int) -> dict[str, float | np.ndarray]:
    """The first wave in full force."""
    if SENDER in scn.sets:
        return on_pairs(scn, inside(scn), size)
    return dict.fromkeys(sanction_worlds.FIRST, 1.0)


def before(scn: Scenario) -> bool:
    """Whether the trade that the first wave hits is of years before the first month."""
    target, wave = scn.codes[buyer(scn)], set(who(scn))
    years = [
        row.year
        for row in scn.trade
        if target in (row.exporter, row.importer) and wave & {row.exporter, row.importer}
    ]
    return bool(years) and all(year and year < scn.head.start[:4] for year in years)


def under(
    base: np.ndarray,
    points: np.ndarray,
    cuts: Mapping[str, np.ndarray],
    force: Mapping[str, float | np.ndarray],
) -> np.ndarray:
    """Flows [batch, n, n] once measures are in force, from flows without any.

    cuts    what each measure removes of a flow at given prices [n, n]
    force   how far each is in force, everywhere or by flow [n, n]
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
    if OVER["sanction_response"] in scn.sets:
        cuts = {k: np.pad(cut, (0, size - n)) for k, cut in removed(scn, found).items()}
        if before(scn):
            base = under(base, points, cuts, _whole(scn, size))
    for name in ("cutoff_loss", "patron_loss"):
        if OVER[name] in scn.sets:
            closed = np.array([code in scn.sets[OVER[name]].members for code in scn.codes])
            markets = np.concatenate([closed, np.zeros(size - n, bool)])
            out[name] = sanction_worlds.cut_off(base, points, markets)[:, :n]
    if cuts:
        joins = inside(scn) if SENDER in scn.sets else None
        senders = [scn.codes.index(code) for code in who(scn)] if SENDER in scn.sets else []
        table = sanction_worlds.responses(base, points, cuts, buyer(scn), senders, joins)
        out["sanction_response"] = table[..., :n]
    return {name: np.round(table, DECIMALS) for name, table in out.items()}
