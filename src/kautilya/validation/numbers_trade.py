"""Published numbers on trade: the WTO-UNCTAD guide, the gegravity program, autarky."""

from __future__ import annotations

import tomllib

import jax.numpy as jnp
import numpy as np
import pandas as pd

from kautilya.estimation import outside
from kautilya.estimation.trade import gravity
from kautilya.mechanisms.formulas import sanction_worlds, trade_equilibrium

Found = dict[str, float]
YEARS = (1986, 1990, 1994, 1998, 2002, 2006)
TIES = ("ln_dist", "cntg", "lang", "clny")
SIGMA, GUIDE_THETA = 7.0, 6.0  # the guide's elasticity of substitution, and less one
SHOWN = ("USA", "CHN", "DEU", "POL", "KOR", "IRN")


def _panel() -> pd.DataFrame:
    table = pd.read_parquet(outside.need("data/gravity_yotov_69c_1986_2006.parquet"))
    table = table[table["year"].isin(YEARS)]
    for name, side in (("ln_y", "exporter"), ("ln_e", "importer")):
        total = table.groupby([side, "year"])["trade"].transform("sum")
        table = table.assign(**{name: np.log(total)})
    return table.assign(ln_dist=np.log(table["dist"]),
                        intl_brdr=(table["exporter"] != table["importer"]).astype(float))


def guide1() -> Found:
    """Chapter 1: three estimators, coefficients and standard errors clustered by pair."""
    panel = _panel()
    abroad = panel[panel["exporter"] != panel["importer"]]
    sides = ("exporter^year", "importer^year")
    asked = {"ols": ((*TIES, "ln_y", "ln_e"), (), "ols"), "fe": (TIES, sides, "ols"),
             "ppml": (TIES, sides, "ppml")}
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
    fit = gravity.fit(table, "trade", ("ln_dist", "cntg", "intl_brdr"),
                      ("exporter", "importer"), "ppml", "pair_id")
    b, states = fit.coefficients, sorted(table["exporter"].unique())
    after = np.exp(b["ln_dist"] * _square(table, "ln_dist") + b["cntg"] * _square(table, "cntg"))
    before = after * np.exp(b["intl_brdr"] * _square(table, "intl_brdr"))
    flows, german = _square(table, "trade"), states.index("DEU")
    world = trade_equilibrium.conditional(before, after, flows.sum(1), flows.sum(0), SIGMA, german)
    old, new = (np.asarray(level.flows) for level in (world.before, world.after))
    sold = [flow.sum(1) - np.diag(flow) for flow in (old, new)]
    change = 100 * (sold[1] / sold[0] - 1)
    told = pd.read_csv(outside.need("truth/gravity_guide_ch2_conditional.csv"), comment="#")
    told = told.set_index("country").loc[states, "export_change_pct"].to_numpy()
    out = {f"guide2.{name}": value for name, value in b.items()}
    out |= {f"guide2.exports.{s}": float(change[states.index(s)]) for s in SHOWN}
    out["guide2.exports.worst"] = float(np.abs(change - told).max())
    full = trade_equilibrium.equilibrium(jnp.asarray(old), jnp.asarray(after / before),
                                         jnp.asarray(GUIDE_THETA), "multiplicative")
    wages, prices = np.asarray(full.wages), np.asarray(full.prices)
    for state in ("USA", "POL"):
        k = states.index(state)
        for name, x in (("price", wages[k] / prices[german]), ("imr", prices[k] / prices[german]),
                        ("gdp", wages[k] / prices[k])):
            out[f"guide2.full.{state}.{name}"] = float(100 * (x - 1))
    return out


def gegravity() -> Found:
    """The shipped example of another program: a treaty between Canada and Japan."""
    told = tomllib.loads(outside.need("truth/gegravity_example.toml").read_text())
    table = pd.read_csv(outside.need("data/gegravity_sample_30c_2006.csv"))
    states = sorted(table["exporter"].unique())
    can, jpn, deu = (states.index(name) for name in ("CAN", "JPN", "DEU"))
    factor = dict(told["cost_coefficients"])
    constant = factor.pop("constant")
    before = np.exp(constant + sum(v * _square(table, name) for name, v in factor.items()))
    treaty = np.zeros_like(before)
    treaty[can, jpn] = treaty[jpn, can] = 1.0 - _square(table, "pta")[can, jpn]
    after = before * np.exp(factor["pta"] * treaty)
    world = trade_equilibrium.conditional(before, after, _square(table, "Y")[:, 0],
                                          _square(table, "E")[0], told["sigma"], deu)
    old, new = world.before, world.priced
    real = [np.asarray(w.spending / w.inward) for w in (old, new)]
    made = [np.asarray(w.output / w.inward) for w in (old, new)]
    flow = [float(w.flows[can, jpn]) for w in (old, new)]
    return {"gegravity.cost.before": before[can, jpn], "gegravity.cost.after": after[can, jpn],
            "gegravity.trade.before": flow[0], "gegravity.trade.after": flow[1],
            "gegravity.trade.change": 100 * (flow[1] / flow[0] - 1),
            "gegravity.welfare.can": real[0][can] / real[1][can],
            "gegravity.welfare.jpn": real[0][jpn] / real[1][jpn],
            "gegravity.gdp.can": 100 * (made[1][can] / made[0][can] - 1),
            "gegravity.gdp.jpn": 100 * (made[1][jpn] / made[0][jpn] - 1),
            "gegravity.outward.deu": float(old.outward[deu]),
            "gegravity.inward.can.before": float(old.inward[can]),
            "gegravity.inward.can.after": float(new.inward[can])}


def autarky() -> Found:
    """Two alike states cut off from each other lose 1 - 0.8^(1/4), by both solvers."""
    flows, theta = np.array([[8.0, 2.0], [2.0, 8.0]]), 4.0
    one, _ = trade_equilibrium.cutoff(jnp.asarray(flows), jnp.asarray(theta),
                                      jnp.asarray([False, True]))
    other = sanction_worlds.cut_off(flows[None], np.array([theta]), np.array([False, True]))
    return {"autarky.equilibrium": float(one[0]), "autarky.worlds": float(np.ravel(other)[0])}
