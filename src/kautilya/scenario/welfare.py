"""Tables of trade equilibria, solved once while a world is built, over the trade elasticity.

From trade.csv and covariates.csv. Where the trade of the sanctioned buyer with a state of the first wave is
of years before the first month, the measures of that state are still to come: the tables then stand on the
equilibrium in which they are in full force. The rest of the world is one more state. Own sales, which no
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

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kautilya.mechanisms.formulas import sanction_worlds
from kautilya.mechanisms.formulas.chebyshev import nodes
from kautilya.scenario import units
from kautilya.scenario.distributions import middle
from kautilya.scenario.experts import pools
from kautilya.scenario.facts import NAME as COVARIATES
from kautilya.scenario.facts import NEEDED, OVER, SENDER
from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.scenario import EVERY, Scenario
from kautilya.scenario.schema import Covariate, Quantity
from kautilya.scenario.toml_text import line_of

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
    states = who(scn)
    wave[:, target] = wave[target, :] = [float(code in states) for code in scn.codes]
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
    rows = [row for row in scn.rows(Covariate) if row.name == "bans"]
    bans: dict[str, float] = {}
    for row in sorted(rows, key=lambda one: one.actor not in EVERY):
        bans |= {code: row.value for code in scn.codes if row.actor in (*EVERY, code)}
    return tuple(
        code for code, value in bans.items() if value > 0 and code != scn.codes[buyer(scn)]
    )


def spells(scn: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """First month of each sender in each measure of the first wave, and the month in which it is
    out again [wave, sender], as the law has them: not before the measure starts, nor after its
    sunset; by the central figures, never where there is none."""
    of = sanction_worlds
    begins = np.maximum(_months(scn, of.JOINED), _months(scn, of.START))
    return begins, np.minimum(_months(scn, of.LEFT), _months(scn, of.SUNSET))


def _months(scn: Scenario, parameter: str) -> np.ndarray:
    """Central figures of a parameter over measures, or over measures and senders [wave, sender]."""
    rows = [q for q in scn.rows(Quantity) if q.parameter == parameter]
    rows.sort(key=lambda q: (q.label not in EVERY) + (q.actor not in EVERY))
    out = np.full((len(sanction_worlds.FIRST), len(who(scn))), np.inf)
    asked = pools(scn.tables)
    for row in rows:
        waves = [row.label in (*EVERY, name) for name in sanction_worlds.FIRST]
        states = [row.actor in (*EVERY, code) for code in who(scn)]
        value = asked[row.id].at(0.5) if row.id in asked else middle(row)
        out[np.ix_(waves, states)] = value * units.factor(row.unit, "month")
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
    the run; where its trade is of years under it, a sender that had joined by the end of their last,
    or by the as-of day."""
    joined, left = spells(scn)
    now = scn.head.as_of.isoformat()
    ends = [min(now, f"{year}-12-31") if year else now for year in _traded(scn)]
    size = len(scn.months[0])
    record = np.searchsorted(scn.months, [end[:size] for end in ends], side="right")
    last = np.where(ahead(scn), len(scn.months), record)
    return ((joined < last) & (left > joined)).astype(float)


def _whole(scn: Scenario, size: int) -> dict[str, float | np.ndarray]:
    """The first wave in full force, on the trade of those under whom it is still to come."""
    here = np.ones((len(sanction_worlds.FIRST), len(who(scn))))
    here = inside(scn) if SENDER in scn.sets else here
    return on_pairs(scn, here * ahead(scn), size)


def ahead(scn: Scenario) -> np.ndarray:
    """Whether the trade that each state of the first wave has with the buyer is of years before the
    first month [sender]."""
    return np.array([bool(year) and year < scn.head.start[:4] for year in _traded(scn)], bool)


def _traded(scn: Scenario) -> list[str]:
    """Last year of the trade of each state of the first wave with the buyer; nothing where a row does
    not say."""
    target = scn.codes[buyer(scn)]
    years: dict[str, set[str]] = {}
    for row in scn.trade:
        for code in {row.exporter, row.importer} - {target}:
            if target in (row.exporter, row.importer):
                years.setdefault(code, set()).add(row.year)
    found = [years.get(code, {""}) for code in who(scn)]
    return ["" if "" in one else max(one) for one in found]


def before(scn: Scenario) -> bool:
    """Whether the trade that the first wave hits is of years before the first month."""
    return bool(ahead(scn).size) and bool(ahead(scn).all())


def misfits(scn: Scenario, found: Mapping[str, np.ndarray]) -> list[Mistake]:
    """Sets of the tables that are not of states, else shares of no measure or pair, else the first flow
    of which measures would remove all, or less than nothing: those that its sender has joined, and
    one more that it may."""
    if any(name not in found for name in NEEDED):
        return []
    sets = {name: scn.sets[name].axis for name in (SENDER, *OVER.values()) if name in scn.sets}
    out = [
        Mistake(
            "scenario.toml",
            line_of(scn.where, ("sets", name, "axis")),
            f"sets.{name}",
            f"a set of {axis}s, and trade is between states",
            'Give it axis = "actor" and states as members',
        )
        for name, axis in sets.items()
        if axis != "actor"
    ]
    if out or OVER["sanction_response"] not in scn.sets:
        return out
    if told := list(_unread(scn)):
        return told
    cuts, first = removed(scn, found), sanction_worlds.FIRST
    here = inside(scn) if SENDER in scn.sets else np.ones((len(first), len(who(scn))))
    there = on_pairs(scn, here, len(scn.codes))
    joined = np.stack([cuts[name] * there[name] for name in first])
    late = np.stack([cuts[name] * (1.0 - there[name]) for name in first])
    shares: dict[tuple[str, ...], np.ndarray] = {(name,): cut for name, cut in cuts.items()}
    shares[first] = joined.sum(axis=0) + late.max(axis=0)
    for names, share in shares.items():
        for i, j in np.argwhere((share < 0.0) | (share >= 1.0))[:1]:
            last = first[int(late[:, i, j].argmax())]
            those = [
                x for x in names if len(names) == 1 or x == last or joined[first.index(x), i, j]
            ]
            return [_overcut(scn, those, (i, j), share[i, j])]
    return []


def _unread(scn: Scenario) -> Iterator[Mistake]:
    """Shares removed of which no measure, or no pair, can be told."""
    known = tuple(f"removed_{name}" for name in sanction_worlds.MEASURES)
    for line, row in scn.lined(Covariate):
        if row.name.startswith("removed_") and row.name not in known:
            said = f"{shown(row.name)} is the share of no measure"
            yield Mistake(COVARIATES, line, "name", said, near(row.name, known))
        elif row.name in known and not row.partner:
            said = f"{row.name} without a partner: it is a share of what one state sells to another"
            yield Mistake(COVARIATES, line, "partner", said, "Name the buyer, or * for all")


def _overcut(scn: Scenario, names: Sequence[str], pair: tuple[int, int], share: float) -> Mistake:
    """The mistake for a flow of which measures remove what cannot be."""
    seller, to = (scn.codes[i] for i in pair)
    rows = [f"removed_{name}" for name in names]
    lines = [
        line
        for line, row in scn.lined(Covariate)
        if row.name in rows and row.actor in (*EVERY, seller) and row.partner in (*EVERY, to)
    ]
    what = "add up to" if len(rows) > 1 else "is"
    said = f"{', '.join(rows)} {what} {share:.3g} of what {seller} sells to {to}"
    remedy = "Each removes a share of the flow, 0 or more, and all of them together less than 1"
    return Mistake(COVARIATES, max(lines, default=1), "value", said, remedy)


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
        if ahead(scn).any():
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
