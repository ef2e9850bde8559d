"""Trade equilibrium in changes and in levels against closed forms, twins and programs."""

from __future__ import annotations

import tomllib

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth

import kautilya.trade as trade
from kautilya.mechanisms.formulas import trade_equilibrium as model

THETA = 4.0
CLOSURES = ("additive", "multiplicative")


def square(table: pd.DataFrame, value: str) -> np.ndarray:
    """[exporter, importer], states in alphabetical order."""
    return table.pivot(index="exporter", columns="importer", values=value).to_numpy(
        float, copy=True
    )


@pytest.fixture(scope="module")
def wiod() -> tuple[np.ndarray, np.ndarray, list[str]]:
    table = pd.read_csv(shared_file("data/wiod_44c_2000_2014_inputs.csv"))
    table = table[table.year == 2000]
    return square(table, "trade"), square(table, "eu_effect"), sorted(table.exporter.unique())


@pytest.fixture(scope="module")
def small() -> tuple[np.ndarray, np.ndarray]:
    """Six states with deficits and zeros; cost changes up and down."""
    luck = np.random.default_rng(7)
    flows = np.exp(luck.normal(0, 1, (6, 6))) * (luck.random((6, 6)) < 0.7)
    flows[np.arange(6), np.arange(6)] = np.exp(luck.normal(2, 1, 6))
    flows[np.arange(6), np.roll(np.arange(6), 1)] = 1.0
    return flows, np.exp(luck.normal(0, 0.2, (6, 6)))


def twin(flows: np.ndarray, cost_change: np.ndarray, theta: float, closure: str) -> tuple:
    """The equations as METHODS writes them, wages one by one, until nothing moves."""
    n = len(flows)
    output, spending = flows.sum(1), flows.sum(0)
    wages = np.ones(n)
    for _ in range(20_000):
        phi, after = np.zeros(n), np.zeros(n)
        for j in range(n):
            phi[j] = sum(
                flows[i, j] / spending[j] * (cost_change[i, j] * wages[i]) ** -theta
                for i in range(n)
            )
            after[j] = wages[j] * output[j] + spending[j] - output[j]
        if closure == "multiplicative":
            after = wages * spending * (wages * output).sum() / (wages * spending).sum()
        new = np.array(
            [
                (
                    sum(
                        flows[i, j] / spending[j] * cost_change[i, j] ** -theta * after[j] / phi[j]
                        for j in range(n)
                    )
                    / output[i]
                )
                ** (1 / (1 + theta))
                for i in range(n)
            ]
        )
        new *= output.sum() / (new * output).sum()
        if abs(new - wages).max() < 1e-14:
            break
        wages = new
    return wages, after / spending * phi ** (1 / theta)


@truth(
    "other-program",
    source="wiod_44c_2000_2014_inputs.csv; dekle2007",
    kills="a wage step that stops early; deficits dropped from spending",
)
@pytest.mark.parametrize("closure", model.CLOSURES)
def test_markets_clear_on_44_states(wiod, closure):
    flows, effect, _ = wiod
    world = trade.general_equilibrium(
        flows, trade.cost_change_of_effect(effect, THETA), THETA, closure
    )
    output, spending = flows.sum(1), flows.sum(0)
    assert abs(world.flows.sum(1) / (world.wages * output) - 1).max() < 1e-10
    deficit = {
        "additive": spending - output,
        "balanced": 0 * output,
        "multiplicative": world.flows.sum(0) - world.wages * output,
    }[closure]
    assert abs(world.flows.sum(0) / (world.wages * output + deficit) - 1).max() < 1e-10
    assert world.flows.sum() == pytest.approx(flows.sum(), rel=1e-12)


@truth(
    "invariant",
    source="Walras: one market clears when all others do",
    kills="an additive shock on top of deficits; a numeraire outside the system",
)
@pytest.mark.parametrize("closure", CLOSURES)
def test_walras(small, closure):
    flows, cost = small
    world = trade.general_equilibrium(flows, cost, THETA, closure)
    excess = world.flows.sum(1) - world.wages * flows.sum(1)
    assert abs(excess.sum()) < 1e-12 * flows.sum()
    if closure == "multiplicative":
        ratio = world.flows.sum(0) / (world.wages * flows.sum(0))
        assert np.ptp(ratio) < 1e-12


@truth("closed-form", source="dekle2007", kills="a start other than 1; rounding in the shares")
@pytest.mark.parametrize("closure", CLOSURES)
def test_null_shock_returns_exactly_nothing(wiod, small, closure):
    for flows in (wiod[0], small[0], np.diag(np.arange(3.0, 9.0))):
        world = trade.general_equilibrium(flows, np.ones_like(flows), THETA, closure)
        assert (world.flows == flows).all()
        for change in (world.welfare, world.wages, world.prices):
            assert (change == 1).all()


@truth(
    "slow-twin",
    source="the equations of the card, looped",
    kills="transposed flows; theta in place of 1 + theta; welfare without the spending term",
)
@pytest.mark.parametrize("closure", CLOSURES)
def test_agrees_with_the_slow_twin(small, closure):
    flows, cost = small
    world = trade.general_equilibrium(flows, cost, THETA, closure)
    wages, welfare = twin(flows, cost, THETA, closure)
    np.testing.assert_allclose(world.wages, wages, rtol=1e-10)
    np.testing.assert_allclose(world.welfare, welfare, rtol=1e-10)


@truth(
    "closed-form",
    source="a world where everything is dearer is as much poorer",
    kills="cost change read as t^-theta instead of t",
)
def test_uniform_cost_divides_welfare(small):
    flows, _ = small
    world = trade.general_equilibrium(flows, np.full((6, 6), 1.25), THETA)
    np.testing.assert_allclose(world.welfare, 0.8, rtol=1e-12)
    np.testing.assert_allclose(world.wages, 1.0, rtol=1e-12)
    np.testing.assert_allclose(world.flows, flows, rtol=1e-12)


@truth("symmetry", kills="a state's place in the list that matters; units in the solver")
def test_order_and_unit_do_not_matter(small):
    flows, cost = small
    world = trade.general_equilibrium(flows, cost, THETA)
    order = np.array([3, 0, 5, 1, 4, 2])
    moved = trade.general_equilibrium(
        1e6 * flows[np.ix_(order, order)], cost[np.ix_(order, order)], THETA
    )
    np.testing.assert_allclose(moved.welfare, world.welfare[order], rtol=1e-11)
    np.testing.assert_allclose(moved.wages, world.wages[order], rtol=1e-11)


@truth(
    "closed-form",
    source="a state that trades with nobody is a world of its own",
    kills="one numeraire for parts of the world that do not trade",
)
@pytest.mark.parametrize("closure", model.CLOSURES)
def test_a_state_that_trades_with_nobody(small, closure):
    flows, cost = small
    alone = np.where((np.arange(6) == 5)[:, None] ^ (np.arange(6) == 5), 0.0, flows)
    change = np.where(np.eye(6)[5] * np.eye(6)[5][:, None] > 0, 1.25, cost)
    world = trade.general_equilibrium(alone, change, THETA, closure)
    rest = trade.general_equilibrium(
        alone * np.where(np.eye(6)[5] > 0, 100.0, 1.0), cost, THETA, closure
    )
    assert world.welfare[5] == pytest.approx(0.8, rel=1e-12)
    assert world.wages[5] == pytest.approx(1.0, rel=1e-12)
    np.testing.assert_allclose(world.welfare[:5], rest.welfare[:5], rtol=1e-11)
    np.testing.assert_allclose(world.wages[:5], rest.wages[:5], rtol=1e-11)


@truth(
    "closed-form",
    source="finite differences",
    kills="derivatives through the loop; the numeraire left out of the implicit system",
)
@pytest.mark.parametrize("closure", CLOSURES)
def test_gradient_against_finite_differences(small, closure):
    flows, cost = small

    def outcome(shift):
        bent = jnp.asarray(cost) * jnp.exp(shift[0] * jnp.eye(6)[1][:, None])
        world = trade.general_equilibrium(
            jnp.asarray(flows) * (1 + shift[1] * jnp.eye(6)[:, 2:3]),
            bent,
            THETA + shift[2],
            closure,
        )
        return world.welfare[0] + 3 * world.wages[1] + world.flows[2, 3] - world.prices[4]

    found = jax.jit(jax.grad(outcome))(jnp.zeros(3))
    h = 1e-5
    for k, step in enumerate(np.eye(3) * h):
        expected = (outcome(step) - outcome(-step)) / (2 * h)
        assert float(found[k]) == pytest.approx(float(expected), rel=1e-6, abs=1e-9)


@truth(
    "closed-form",
    source="finite differences; one solve per theta",
    kills="a while loop that a batch cannot leave; log of an infinite cost",
)
def test_a_batch_and_a_slope_where_a_pair_is_cut(small):
    flows, cost = small
    cut = np.where(np.eye(6)[0][:, None] * np.eye(6)[1] > 0, np.inf, cost)

    def welfare(theta):
        return trade.general_equilibrium(flows, cut, theta).welfare

    theta = jnp.array([THETA - 1e-4, THETA, THETA + 1e-4])
    batch, slope = jax.jvp(jax.vmap(welfare), (theta,), (jnp.ones(3),))
    np.testing.assert_allclose(batch[1], welfare(THETA), rtol=1e-11)
    np.testing.assert_allclose(slope[1], (batch[2] - batch[0]) / 2e-4, rtol=1e-5, atol=1e-9)


@truth(
    "closed-form",
    source="arkolakis2012",
    kills="a loss against the world with deficits; markets closed one way only",
)
def test_autarky_costs_the_share_of_foreign_goods(small):
    flows, _ = small
    balanced = trade.balance_trade(flows, THETA).flows
    own = np.diag(balanced) / balanced.sum(0)
    loss = trade.cutoff_welfare(flows, THETA, np.ones(6, dtype=bool))
    np.testing.assert_allclose(loss, 1 - own ** (1 / THETA), atol=1e-11)


@truth(
    "slow-twin",
    source="one general equilibrium per state",
    kills="cutting all states at once instead of each alone",
)
def test_cutoff_is_one_equilibrium_per_state(small):
    flows, _ = small
    balanced = trade.balance_trade(flows, THETA).flows
    markets = [0, 3]
    loss = trade.cutoff_welfare(flows, THETA, markets)
    for state in range(6):
        cost = np.ones((6, 6))
        for market in set(markets) - {state}:
            cost[state, market] = cost[market, state] = np.inf
        world = trade.general_equilibrium(balanced, cost, THETA, "balanced")
        assert loss[state] == pytest.approx(1 - world.welfare[state], abs=1e-11)


@truth(
    "closed-form",
    source="no trade, no loss; no supplier, nothing left",
    kills="a loss from rounding; 0 / 0 where a state buys all abroad",
)
def test_cutoff_at_the_edges(small):
    flows = np.array(small[0])
    flows[4:], flows[:, 4:] = 0.0, 0.0
    flows[4, 4] = 4.0  # trades with nobody
    flows[5, 0] = flows[0, 5] = 2.0  # lives on trade with state 0 alone
    nobody = trade.cutoff_welfare(flows, THETA, [])
    np.testing.assert_allclose(nobody, 0.0, atol=1e-11)
    one = trade.cutoff_welfare(flows, THETA, [0])
    assert one[4] == pytest.approx(0.0, abs=1e-12)
    assert one[5] == 1.0
    assert one[0] == pytest.approx(0.0, abs=1e-11)  # the only market is itself


@truth("order", source="more closed markets hurt more", kills="a sign of the loss")
def test_losing_more_markets_costs_more(small):
    some, many = (trade.cutoff_welfare(small[0], THETA, closed) for closed in ([0], [0, 1, 2]))
    assert (many[3:] > some[3:]).all() and (some >= -1e-11).all() and (many < 1).all()


@truth(
    "closed-form",
    source="balanced books: what is not paid back is not sent",
    kills="one-way trade kept in a world without deficits",
)
def test_balanced_books_drop_one_way_trade():
    flows = np.diag(np.full(6, 8.0))
    flows[0, 1] = flows[1, 0] = 2.0
    flows[0, 2] = 1.0  # sent, and nothing comes back
    flows[2, 2] = 5.0
    world = trade.balance_trade(flows, THETA)
    assert world.flows[0, 2] == 0.0
    assert world.welfare[2] == pytest.approx(5 / 6 * (5 / 6) ** (1 / THETA), rel=1e-12)
    assert world.flows.sum(1) == pytest.approx(world.flows.sum(0), rel=1e-10)


@truth(
    "other-program",
    source="truth/gegravity_example.toml",
    kills="expenditure and output shares swapped; prices by inward resistance",
)
def test_gegravity_example():
    told = tomllib.loads(shared_file("truth/gegravity_example.toml").read_text())
    table = pd.read_csv(shared_file("data/gegravity_sample_30c_2006.csv"))
    states = sorted(table.exporter.unique())
    can, jpn, deu = (states.index(name) for name in ("CAN", "JPN", "DEU"))
    factor = told["cost_coefficients"]
    before = np.exp(
        factor["constant"]
        + sum(value * square(table, name) for name, value in factor.items() if name != "constant")
    )
    treaty = square(table, "pta")
    treaty[can, jpn] = treaty[jpn, can] = 1
    after = before * np.exp(factor["pta"] * (treaty - square(table, "pta")))
    world = trade.conditional_equilibrium(
        before, after, square(table, "Y")[:, 0], square(table, "E")[0], told["sigma"], deu
    )
    old, new = world.before, world.priced
    welfare = (old.spending / old.inward) / (new.spending / new.inward)
    gdp = 100 * (new.output / new.inward / (old.output / old.inward) - 1)
    change = 100 * (after / before - 1)[can, jpn]
    found = {
        "cost_term_can_jpn_before": before[can, jpn],
        "cost_term_can_jpn_after": after[can, jpn],
        "cost_term_can_jpn_change_pct": change,
        "trade_can_jpn_before": old.flows[can, jpn],
        "trade_can_jpn_after": new.flows[can, jpn],
        "trade_can_jpn_change_pct": 100 * (new.flows / old.flows - 1)[can, jpn],
        "welfare_can": welfare[can],
        "welfare_jpn": welfare[jpn],
        "gdp_change_can_pct": gdp[can],
        "gdp_change_jpn_pct": gdp[jpn],
        "outward_mr_deu": old.outward[deu],
        "inward_mr_can_before": old.inward[can],
        "inward_mr_can_after": new.inward[can],
    }
    assert found == pytest.approx(told["results"], abs=1e-5)


@truth("invariant", source="anderson2003", kills="resistances of the wrong side")
def test_levels_meet_their_books(small):
    flows, cost = small
    books = flows.sum(1), flows.sum(0)
    world = trade.conditional_equilibrium(cost, cost**-2, *books, 5.0, 2)
    for level in (world.before, world.after):
        np.testing.assert_allclose(level.flows.sum(1), books[0], rtol=1e-10)
        np.testing.assert_allclose(level.flows.sum(0), books[1], rtol=1e-10)
        assert level.inward[2] == pytest.approx(1.0, rel=1e-12)
