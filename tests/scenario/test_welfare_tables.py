"""The tables of trade equilibria of a scenario, and the ceiling that they set."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from support.conventions import truth

import kautilya.core  # noqa: F401
from kautilya.mechanisms.formulas.chebyshev import weights
from kautilya.scenario import load
from kautilya.scenario.assemble import world
from kautilya.scenario.facts import tables
from kautilya.scenario.welfare import flows, welfare_tables
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
    exact = 100 * np.asarray(cutoff_welfare(flows(FOUND), 5.3, at))
    assert list(read(name, 5.3).values()) == pytest.approx(exact[:-1], abs=1e-5)


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
