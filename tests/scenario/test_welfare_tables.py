"""The tables of trade equilibria of a scenario, and the ceiling that they set."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from support.conventions import truth

import kautilya.core  # noqa: F401
from kautilya.mechanisms.formulas import sanction_worlds
from kautilya.mechanisms.formulas.chebyshev import weights
from kautilya.scenario import load
from kautilya.scenario.assemble import world
from kautilya.scenario.facts import tables
from kautilya.scenario.welfare import before, flows, removed, under, welfare_tables
from kautilya.trade import cutoff_welfare

SCN = load("russia_dprk_2024")
FOUND = tables(SCN)[0]


def read(name: str, theta: float) -> dict[str, float]:
    """A table at one elasticity, in percent, by actor."""
    made = world(SCN).tables
    at = np.asarray(weights(jnp.array([theta]), made["elasticity_nodes"]))[:, 0]
    return dict(zip(SCN.codes, 100 * (at @ made[name]), strict=True))


@truth("slow-twin", source="kautilya.trade.cutoff_welfare", kills="a market left out; a wrong row")
@pytest.mark.parametrize(
    ("name", "markets"), [("cutoff_loss", ("USA", "EUU", "GBR", "JPN")), ("patron_loss", ("CHN",))]
)
def test_the_flagship_table_is_the_equilibrium(name: str, markets: tuple[str, ...]):
    at = [SCN.codes.index(code) for code in markets]
    exact = 100 * np.asarray(cutoff_welfare(of_the_war(5.3), 5.3, at))
    assert list(read(name, 5.3).values()) == pytest.approx(exact[:-1], abs=1e-5)


def of_the_war(theta: float) -> np.ndarray:
    """Flows of 2021 under the first wave, by hand: what is left of each pair, in equilibrium."""
    world, buyer = flows(FOUND), SCN.codes.index("RUS")
    left = np.ones_like(world)
    cuts = sum(FOUND[f"removed_{name}"] for name in sanction_worlds.FIRST)
    for i in np.flatnonzero(FOUND["bans"]):
        left[i, buyer], left[buyer, i] = 1 - cuts[i, buyer], 1 - cuts[buyer, i]
    at = np.array([theta])
    return sanction_worlds.solve(sanction_worlds.balanced(world, at), left[None], at).flows[0]


@truth(
    "closed-form",
    source="card: 1 - the shares that measures remove",
    kills="measures counted twice",
)
def test_trade_of_the_year_before_is_moved_and_that_of_a_year_within_is_not():
    """Without measures all flows stay; half in force removes half of what they remove; rows without a
    year, or of the war, count as trade under the measures."""
    theta, n = np.array([5.0]), len(SCN.codes)
    base = sanction_worlds.balanced(flows(FOUND), theta)
    cuts = {k: np.pad(v, (0, 1)) for k, v in removed(FOUND, SCN.codes.index("RUS")).items()}
    assert under(base, theta, cuts, {}) == pytest.approx(base, rel=1e-9)
    pair = SCN.codes.index("EUU"), SCN.codes.index("RUS")
    half = under(base, theta, cuts, dict.fromkeys(sanction_worlds.FIRST, 0.5))[0]
    whole = under(base, theta, cuts, dict.fromkeys(sanction_worlds.FIRST, 1.0))[0]
    assert whole[pair] < half[pair] < base[0][pair] and whole[:n, n].sum() > 0
    assert before(SCN)
    for year in ("", "2023"):
        rows = tuple(row.model_copy(update={"year": year}) for row in SCN.trade)
        assert not before(replace(SCN, tables={**SCN.tables, "trade.csv": rows}))


@truth("order", source="trade.csv", kills="a ceiling that is the same for all")
def test_those_without_western_trade_have_nothing_to_lose_there():
    """North Korea sells nothing to the sanctioning markets; China and India do. Its own patron can
    hurt it: the leverage is not zero, but recorded trade makes it small."""
    ceiling, patron = read("cutoff_loss", 5.0), read("patron_loss", 5.0)
    assert ceiling["PRK"] == pytest.approx(0.0, abs=0.01)
    assert min(ceiling["CHN"], ceiling["IND"]) > 0.5
    assert patron["PRK"] > 0.3 and patron["CHN"] == 0.0


@truth("order", source="arkolakis2012", kills="an elasticity that works the wrong way round")
def test_losses_fall_with_the_elasticity():
    ladder = [read("cutoff_loss", theta)["CHN"] for theta in (3.0, 4.0, 5.0, 6.5, 8.0)]
    assert ladder == sorted(ladder, reverse=True)


@truth("invariant", source="card", kills="own sales below what the scenario says")
def test_own_sales_have_their_floor():
    own = np.diag(flows(FOUND))[:-1]
    assert (own >= 0.2 * FOUND["gdp"] - 1e-6).all()


@truth("invariant", source="card", kills="a scenario that must have trade")
def test_without_the_facts_there_is_no_table():
    assert welfare_tables(SCN, {k: v for k, v in FOUND.items() if k != "trade"}) == {}


@truth("invariant", source="house rules", kills="a logarithm of nothing")
def test_a_state_without_output_is_refused():
    with pytest.raises(ValueError, match="no output of its own"):
        welfare_tables(SCN, {**FOUND, "gdp": FOUND["gdp"] * 0.0})
