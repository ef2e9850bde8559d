"""Published numbers on battles: Iwo Jima, the Ardennes, the battles of the CDB90 base."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

import kautilya.core  # noqa: F401  (turns on float64)
from kautilya import disk
from kautilya.estimation import gravity, outside
from kautilya.mechanisms.formulas import (
    barter,
    hazards,
    lanchester,
    sanction_worlds,
    signed_networks,
    trade_equilibrium,
    voting,
)
from kautilya.study.battle import run_battle

Found = dict[str, float]
IWO_JIMA = Path(__file__).parents[1] / "scenarios" / "iwo_jima_1945"
WEIGHTS = {"tank": 20.0, "apc": 5.0, "art": 40.0}  # men that one item counts for, bracken1995
MONTHS, SHARE = 36, 0.05  # of the check that sub-steps do not drift


def engel() -> Found:
    """The course of the battle from the scenario's own file."""
    course = run_battle(next(IWO_JIMA.glob("*.toml")))
    return {
        f"engel.{side}.{day}": float(course[code][day])
        for side, code in (("us", "USA"), ("japan", "JPN"))
        for day in (1, 6, 28, 36)
    }


def _days(manpower: str, tactical: bool) -> lanchester.BattleDays:
    """Days 1 to 10 of the Ardennes in Bracken's weights; Germans attack on the first five."""
    table = disk.of_csv(outside.need("data/ardennes_1944_daily.csv"), comment="#")
    days = table[table["day"].between(1, 10)]

    def weigh(side: str, men: str, end: str) -> np.ndarray:
        items = sum(w * days[f"{side}_{item}{end}"] for item, w in WEIGHTS.items())
        return (days[f"{side}_{men}"] + items).to_numpy(float)

    attack = np.where(days["day"] <= 5, 1.0, -1.0) * tactical
    strength = [weigh(side, manpower, "") for side in ("blue", "red")]
    lost = [weigh(side, f"cas_{manpower}", "_lost") for side in ("blue", "red")]
    return lanchester.BattleDays(strength[0], strength[1], lost[0], lost[1], attack)


def bracken() -> Found:
    """Sum of squares and R2 of the four models at their published parameters."""
    models = disk.of_csv(outside.need("truth/bracken_ardennes.csv"), comment="#")
    out = {}
    for row in models.itertuples():
        days = _days(row.manpower, row.tactical_factor == "yes")
        law = lanchester.Law(row.a, row.b, row.p, row.q, row.d)
        out[f"bracken.ssr.{row.model}"] = float(lanchester.bracken_ssr(law, days))
        out[f"bracken.r2.{row.model}"] = float(lanchester.bracken_r2(law, days))
    return out


def cdb90() -> Found:
    """Log ratio of fractional losses on log force ratio, battles with all four numbers."""
    table = disk.of_csv(outside.need("data/cdb90_belligerents.csv"))
    wide = table[["isqno", "attacker", "str", "cas"]].pivot(index="isqno", columns="attacker")
    wide = wide[(wide > 0).all(axis=1)]
    strength, lost = (wide[name].to_numpy(float) for name in ("str", "cas"))
    share = np.log(lost / strength)
    force, loss = np.log(strength[:, 1] / strength[:, 0]), share[:, 1] - share[:, 0]
    slope, intercept = np.polyfit(force, loss, 1)
    return {
        "cdb90.battles": float(len(wide)),
        "cdb90.slope": float(slope),
        "cdb90.intercept": float(intercept),
        "cdb90.r2": float(np.corrcoef(force, loss)[0, 1] ** 2),
    }


def slopes() -> Found:
    """The same slope from each law's own losses, and 36 months of sub-steps."""
    out, ratio = {}, np.array([0.5, 1.0, 2.0, 4.0])
    for name, (p, q) in {
        "square": (1.0, 0.0),
        "linear": (1.0, 1.0),
        "logarithmic": (0.0, 1.0),
    }.items():
        blue, red = 100.0 * ratio, np.full(4, 100.0)
        lost = lanchester.bracken1995(blue, red, lanchester.Law(1e-3, 2e-3, p, q))
        share = np.log((np.asarray(lost[0]) / blue) / (np.asarray(lost[1]) / red))
        out[f"slopes.{name}"] = float(np.polyfit(np.log(ratio), share, 1)[0])
    law = lanchester.Law(SHARE, SHARE, 0.0, 1.0)
    blue, _ = jax.lax.fori_loop(
        0,
        MONTHS,
        lambda _, s: tuple(lanchester.substeps(s[0], s[1], law, 1.0)[:2]),
        (jnp.asarray(1.0), jnp.asarray(1.0)),
    )
    return out | {"slopes.substeps": float(blue)}


MEMBERS, PERMANENT, QUOTA = 15, 5, 9


def council() -> Found:
    """Power in the Security Council since 1966, by counting and by voting every coalition."""
    permanent, elected = voting.shapley(MEMBERS, PERMANENT, QUOTA)
    count = voting.swings(MEMBERS, PERMANENT, QUOTA)
    total = PERMANENT * count.permanent + (MEMBERS - PERMANENT) * count.elected
    half = 2.0 ** (MEMBERS - 1)
    yes = np.array(list(itertools.product((False, True), repeat=MEMBERS))).T
    won = np.asarray(
        voting.passes(jnp.asarray(yes), jnp.asarray(~yes), PERMANENT, jnp.asarray(QUOTA))
    )
    place = 2 ** np.arange(MEMBERS)[::-1]
    decided = [
        int((won & yes[m] & ~won[np.arange(won.size) - place[m] * yes[m]]).sum())
        for m in (0, MEMBERS - 1)
    ]
    return {
        "council.shapley.permanent": float(permanent),
        "council.shapley.elected": float(elected),
        "council.swings.permanent": float(count.permanent),
        "council.swings.elected": float(count.elected),
        "council.banzhaf.permanent": count.permanent / total,
        "council.banzhaf.elected": count.elected / total,
        "council.absolute.permanent": count.permanent / half,
        "council.absolute.elected": count.elected / half,
        "council.vote.winning": float(won.sum()),
        "council.vote.permanent": float(decided[0]),
        "council.vote.elected": float(decided[1]),
    }


def tribes() -> Found:
    """The Gahuku-Gama of New Guinea: 16 groups, friends and enemies."""
    table = disk.of_csv(outside.need("truth/signed_tribes_network.csv"), comment="#")
    nodes = tuple(sorted({*table["a"], *table["b"]}))
    ends = table[["a", "b"]].map(nodes.index).to_numpy()
    network = signed_networks.SignedNetwork(nodes, ends, table["sign"].to_numpy())
    least, _ = signed_networks.least_frustration(network)
    return {
        "tribes.triangles": float(len(signed_networks.triangles(network)[0])),
        "tribes.triangle": signed_networks.triangle(network),
        "tribes.walk": signed_networks.walk(network),
        "tribes.frustration": float(least),
        "tribes.normalised": 1.0 - 2.0 * least / len(table),
    }


def wars() -> Found:
    """Bargaining before a war, concession in it, and its length."""
    demand, war = hazards.fearon1995_demand(0.5, 0.1, 0.5)
    one, other = hazards.war_of_attrition((2.0, 2.0), (100.0, 100.0))
    law = hazards.lognormal_median_mean(139.0, 408.0)
    out = {
        "wars.fearon.demand": float(demand) - 0.5,
        "wars.fearon.war": float(war),
        "wars.attrition.hazard": float(one),
        "wars.attrition.mean": 1.0 / (float(one) + float(other)),
        "wars.sigma": float(jnp.asarray(law.sigma)),
    }
    return out | {
        f"wars.under.{days}": float(hazards.lognormal_cdf(float(days), law))
        for days in (30, 365, 1000)
    }


def bargains() -> Found:
    """Alternating offers and Nash's solution."""
    free = barter.Bargainer()
    out = {
        "bargains.rubinstein": float(barter.rubinstein1982(0.9, 0.8)),
        "bargains.limit": float(barter.binmore1986(0.05, 0.10)),
        "bargains.interval": float(barter.rubinstein_interval(0.05, 0.10, 1e-9)),
    }
    for rho in (0.25, 0.5, 0.75):
        risky = barter.Bargainer(rho)
        out[f"bargains.crra.{rho:g}"] = float(barter.nash_crra(1.0, risky, free, 0.5)[0])
    linear = barter.nash_linear(10.0, 2.0, 3.0, 0.4)
    return out | {"bargains.linear.a": float(linear[0]), "bargains.linear.b": float(linear[1])}


def ideal() -> Found:
    """Year-to-year persistence of ideal points and the spread of a year's change."""
    table = disk.of_csv(outside.need("truth/un_ideal_points_apr2020.csv"), comment="#")
    table = table.sort_values(["ccode", "year"])
    now, before = table["ideal_point"], table.groupby("ccode")["ideal_point"].shift()
    known = before.notna()  # the last session that the state sat in
    return {
        "ideal.persistence": float(now[known].corr(before[known])),
        "ideal.innovation": float((now - before)[known].std()),
        "ideal.rows": float(len(table)),
        "ideal.sd": float(now.std()),
    }


YEARS = (1986, 1990, 1994, 1998, 2002, 2006)
TIES = ("ln_dist", "cntg", "lang", "clny")
SIGMA, GUIDE_THETA = 7.0, 6.0  # the guide's elasticity of substitution, and less one
SHOWN = ("USA", "CHN", "DEU", "POL", "KOR", "IRN")


def _panel() -> pd.DataFrame:
    table = disk.of_parquet(outside.need("data/gravity_yotov_69c_1986_2006.parquet"))
    table = table[table["year"].isin(YEARS)]
    for name, side in (("ln_y", "exporter"), ("ln_e", "importer")):
        total = table.groupby([side, "year"])["trade"].transform("sum")
        table = table.assign(**{name: np.log(total)})
    return table.assign(
        ln_dist=np.log(table["dist"]),
        intl_brdr=(table["exporter"] != table["importer"]).astype(float),
    )


def guide1() -> Found:
    """Chapter 1: three estimators, coefficients and standard errors clustered by pair."""
    panel = _panel()
    abroad = panel[panel["exporter"] != panel["importer"]]
    sides = ("exporter^year", "importer^year")
    asked = {
        "ols": ((*TIES, "ln_y", "ln_e"), (), "ols"),
        "fe": (TIES, sides, "ols"),
        "ppml": (TIES, sides, "ppml"),
    }
    out = {}
    for name, (regressors, effects, estimator) in asked.items():
        fit = gravity.fit(abroad, "trade", regressors, effects, estimator, "pair_id")
        for one in regressors:
            out[f"guide1.{name}.{one}"] = fit.coefficients[one]
            out[f"guide1.{name}.{one}.se"] = fit.standard_errors[one]
        out[f"guide1.{name}.rows"] = float(fit.observations)
    return out


def _square(table: pd.DataFrame, name: str) -> np.ndarray:
    return table.pivot(index="exporter", columns="importer", values=name).to_numpy(float)


def guide2() -> Found:
    """Chapter 2: the border taken away, conditional and full equilibrium."""
    table = _panel()
    table = table[table["year"] == 2006]
    fit = gravity.fit(
        table,
        "trade",
        ("ln_dist", "cntg", "intl_brdr"),
        ("exporter", "importer"),
        "ppml",
        "pair_id",
    )
    b, states = fit.coefficients, sorted(table["exporter"].unique())
    after = np.exp(b["ln_dist"] * _square(table, "ln_dist") + b["cntg"] * _square(table, "cntg"))
    before = after * np.exp(b["intl_brdr"] * _square(table, "intl_brdr"))
    flows, german = _square(table, "trade"), states.index("DEU")
    world = trade_equilibrium.conditional(before, after, flows.sum(1), flows.sum(0), SIGMA, german)
    old, new = (np.asarray(level.flows) for level in (world.before, world.after))
    sold = [flow.sum(1) - np.diag(flow) for flow in (old, new)]
    change = 100 * (sold[1] / sold[0] - 1)
    told = disk.of_csv(outside.need("truth/gravity_guide_ch2_conditional.csv"), comment="#")
    told = told.set_index("country").loc[states, "export_change_pct"].to_numpy()
    out = {f"guide2.{name}": value for name, value in b.items()}
    out |= {f"guide2.exports.{s}": float(change[states.index(s)]) for s in SHOWN}
    out["guide2.exports.worst"] = float(np.abs(change - told).max())
    full = trade_equilibrium.equilibrium(
        jnp.asarray(old), jnp.asarray(after / before), jnp.asarray(GUIDE_THETA), "multiplicative"
    )
    wages, prices = np.asarray(full.wages), np.asarray(full.prices)
    for state in ("USA", "POL"):
        k = states.index(state)
        for name, x in (
            ("price", wages[k] / prices[german]),
            ("imr", prices[k] / prices[german]),
            ("gdp", wages[k] / prices[k]),
        ):
            out[f"guide2.full.{state}.{name}"] = float(100 * (x - 1))
    return out


def gegravity() -> Found:
    """The shipped example of another program: a treaty between Canada and Japan."""
    told = tomllib.loads(outside.need("truth/gegravity_example.toml").read_text())
    table = disk.of_csv(outside.need("data/gegravity_sample_30c_2006.csv"))
    states = sorted(table["exporter"].unique())
    can, jpn, deu = (states.index(name) for name in ("CAN", "JPN", "DEU"))
    factor = dict(told["cost_coefficients"])
    constant = factor.pop("constant")
    before = np.exp(constant + sum(v * _square(table, name) for name, v in factor.items()))
    treaty = np.zeros_like(before)
    treaty[can, jpn] = treaty[jpn, can] = 1.0 - _square(table, "pta")[can, jpn]
    after = before * np.exp(factor["pta"] * treaty)
    world = trade_equilibrium.conditional(
        before, after, _square(table, "Y")[:, 0], _square(table, "E")[0], told["sigma"], deu
    )
    old, new = world.before, world.priced
    real = [np.asarray(w.spending / w.inward) for w in (old, new)]
    made = [np.asarray(w.output / w.inward) for w in (old, new)]
    flow = [float(w.flows[can, jpn]) for w in (old, new)]
    return {
        "gegravity.cost.before": before[can, jpn],
        "gegravity.cost.after": after[can, jpn],
        "gegravity.trade.before": flow[0],
        "gegravity.trade.after": flow[1],
        "gegravity.trade.change": 100 * (flow[1] / flow[0] - 1),
        "gegravity.welfare.can": real[0][can] / real[1][can],
        "gegravity.welfare.jpn": real[0][jpn] / real[1][jpn],
        "gegravity.gdp.can": 100 * (made[1][can] / made[0][can] - 1),
        "gegravity.gdp.jpn": 100 * (made[1][jpn] / made[0][jpn] - 1),
        "gegravity.outward.deu": float(old.outward[deu]),
        "gegravity.inward.can.before": float(old.inward[can]),
        "gegravity.inward.can.after": float(new.inward[can]),
    }


def autarky() -> Found:
    """Two alike states cut off from each other lose 1 - 0.8^(1/4), by both solvers."""
    flows, theta = np.array([[8.0, 2.0], [2.0, 8.0]]), 4.0
    one, _ = trade_equilibrium.cutoff(
        jnp.asarray(flows), jnp.asarray(theta), jnp.asarray([False, True])
    )
    other = sanction_worlds.cut_off(flows[None], np.array([theta]), np.array([False, True]))
    return {"autarky.equilibrium": float(one[0]), "autarky.worlds": float(np.ravel(other)[0])}
