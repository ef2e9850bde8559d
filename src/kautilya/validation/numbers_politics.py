"""Published numbers on councils, camps, bargains, the length of wars, and votes."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np
import pandas as pd

import kautilya.core  # noqa: F401  (turns on float64)
from kautilya.estimation import outside
from kautilya.mechanisms.formulas import barter, hazards, signed_networks, voting

Found = dict[str, float]
MEMBERS, PERMANENT, QUOTA = 15, 5, 9


def council() -> Found:
    """Power in the Security Council since 1966, by counting and by voting every coalition."""
    permanent, elected = voting.shapley(MEMBERS, PERMANENT, QUOTA)
    count = voting.swings(MEMBERS, PERMANENT, QUOTA)
    total = PERMANENT * count.permanent + (MEMBERS - PERMANENT) * count.elected
    half = 2.0 ** (MEMBERS - 1)
    yes = np.array(list(itertools.product((False, True), repeat=MEMBERS))).T
    won = np.asarray(voting.passes(jnp.asarray(yes), jnp.asarray(~yes), PERMANENT,
                                         jnp.asarray(QUOTA)))
    place = 2 ** np.arange(MEMBERS)[::-1]
    decided = [int((won & yes[m] & ~won[np.arange(won.size) - place[m] * yes[m]]).sum())
               for m in (0, MEMBERS - 1)]
    return {"council.shapley.permanent": float(permanent),
            "council.shapley.elected": float(elected),
            "council.swings.permanent": float(count.permanent),
            "council.swings.elected": float(count.elected),
            "council.banzhaf.permanent": count.permanent / total,
            "council.banzhaf.elected": count.elected / total,
            "council.absolute.permanent": count.permanent / half,
            "council.absolute.elected": count.elected / half,
            "council.vote.winning": float(won.sum()),
            "council.vote.permanent": float(decided[0]), "council.vote.elected": float(decided[1])}


def tribes() -> Found:
    """The Gahuku-Gama of New Guinea: 16 groups, friends and enemies."""
    table = pd.read_csv(outside.need("truth/signed_tribes_network.csv"), comment="#")
    nodes = tuple(sorted({*table["a"], *table["b"]}))
    ends = table[["a", "b"]].map(nodes.index).to_numpy()
    network = signed_networks.SignedNetwork(nodes, ends, table["sign"].to_numpy())
    least, _ = signed_networks.least_frustration(network)
    return {"tribes.triangles": float(len(signed_networks.triangles(network)[0])),
            "tribes.triangle": signed_networks.triangle(network),
            "tribes.walk": signed_networks.walk(network), "tribes.frustration": float(least),
            "tribes.normalised": 1.0 - 2.0 * least / len(table)}


def wars() -> Found:
    """Bargaining before a war, concession in it, and its length."""
    demand, war = hazards.fearon1995_demand(0.5, 0.1, 0.5)
    one, other = hazards.war_of_attrition((2.0, 2.0), (100.0, 100.0))
    law = hazards.lognormal_median_mean(139.0, 408.0)
    out = {"wars.fearon.demand": float(demand) - 0.5, "wars.fearon.war": float(war),
           "wars.attrition.hazard": float(one),
           "wars.attrition.mean": 1.0 / (float(one) + float(other)),
           "wars.sigma": float(jnp.asarray(law.sigma))}
    return out | {f"wars.under.{days}": float(hazards.lognormal_cdf(float(days), law))
                  for days in (30, 365, 1000)}


def bargains() -> Found:
    """Alternating offers and Nash's solution."""
    free = barter.Bargainer()
    out = {"bargains.rubinstein": float(barter.rubinstein1982(0.9, 0.8)),
           "bargains.limit": float(barter.binmore1986(0.05, 0.10)),
           "bargains.interval": float(barter.rubinstein_interval(0.05, 0.10, 1e-9))}
    for rho in (0.25, 0.5, 0.75):
        risky = barter.Bargainer(rho)
        out[f"bargains.crra.{rho:g}"] = float(barter.nash_crra(1.0, risky, free, 0.5)[0])
    linear = barter.nash_linear(10.0, 2.0, 3.0, 0.4)
    return out | {"bargains.linear.a": float(linear[0]), "bargains.linear.b": float(linear[1])}


def ideal() -> Found:
    """Year-to-year persistence of ideal points and the spread of a year's change."""
    table = pd.read_csv(outside.need("truth/un_ideal_points_apr2020.csv"), comment="#")
    table = table.sort_values(["ccode", "year"])
    now, before = table["ideal_point"], table.groupby("ccode")["ideal_point"].shift()
    known = before.notna()  # the last session that the state sat in
    return {"ideal.persistence": float(now[known].corr(before[known])),
            "ideal.innovation": float((now - before)[known].std()),
            "ideal.rows": float(len(table)), "ideal.sd": float(now.std())}
