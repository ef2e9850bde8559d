"""Sanction worlds: a second solver, held to the first, to closed forms and to identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth

from kautilya.mechanisms.formulas import sanction_worlds as worlds
from kautilya.trade import cutoff_welfare

THETA = np.array([3.0, 5.0, 8.0])


def some_world(seed: int, n: int = 6) -> np.ndarray:
    """Random flows with own sales well above exports."""
    rng = np.random.default_rng(seed)
    flows = rng.lognormal(0.0, 1.0, (n, n))
    flows[np.arange(n), np.arange(n)] += 3 * flows.sum(1)
    return flows


def removed(n: int = 6) -> dict[str, np.ndarray]:
    """The first wave between state 0 and the first of the others; later measures on one pair."""
    out = {name: np.zeros((n, n)) for name in worlds.MEASURES}
    for i, name in enumerate(worlds.FIRST):
        out[name][0, 1:3] = out[name][1:3, 0] = 0.05 + 0.02 * i
    out["banks"][3, 0] = 0.3
    out["stricter"][1, 0] = 0.4
    return out


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1.5, 4.0, 9.0]))
@truth("slow-twin", source="kautilya.trade.cutoff_welfare", kills="a slope or a closure of its own")
def test_two_solvers_agree_on_the_loss_of_being_cut_off(seed: int, theta: float):
    """Newton in plain arrays beside the implicit fixed point: 1e-9 of welfare."""
    flows, closed = some_world(seed), np.array([1, 1, 0, 0, 0, 0], bool)
    base = worlds.balanced(flows, np.array([theta]))
    seen = worlds.cut_off(base, np.array([theta]), closed)[0]
    assert seen == pytest.approx(np.asarray(cutoff_welfare(flows, theta, closed)), abs=1e-9)


@truth("closed-form", source="arkolakis2012", kills="exports for imports in the open share")
def test_autarky_of_two():
    """1 - 0.8^(1/theta); the second is its own only market."""
    base = worlds.balanced(np.array([[8.0, 2.0], [2.0, 8.0]]), THETA)
    loss = worlds.cut_off(base, THETA, np.array([False, True]))
    assert loss[:, 0] == pytest.approx(1 - 0.8 ** (1 / THETA))
    assert loss[:, 1] == pytest.approx(0.0, abs=1e-12)


@truth("invariant", source="Walras", kills="income that is not spent, a market that is not cleared")
def test_books_balance_and_markets_clear():
    flows = some_world(1)
    rng = np.random.default_rng(2)
    found = worlds.solve(flows[None], rng.uniform(0.2, 2.0, (3, 6, 6)), THETA)
    income = found.wages * flows.sum(1)
    assert found.flows.sum(-1) == pytest.approx(income, rel=1e-9)
    assert found.flows.sum(-2) == pytest.approx(income, rel=1e-9)
    assert income.sum(-1) == pytest.approx(flows.sum(), rel=1e-12)


@truth("invariant", source="null shock", kills="a world that moves by itself")
def test_nothing_changes_where_nothing_is_done():
    base = worlds.balanced(some_world(3), THETA)
    again = worlds.solve(base, np.ones_like(base), THETA)
    assert again.welfare == pytest.approx(1.0, abs=1e-12)
    nothing = {name: np.zeros((6, 6)) for name in worlds.MEASURES}
    assert worlds.responses(base, THETA, nothing, 0) == pytest.approx(0.0, abs=1e-11)


@truth("invariant", source="card: corners are equilibria", kills="a rest that is shared out twice")
def test_responses_add_up_to_the_equilibria():
    base, cuts = worlds.balanced(some_world(4), THETA), removed()
    seen = worlds.responses(base, THETA, cuts, 0)
    hit = worlds.factors(cuts)
    before, after = (
        worlds.solve(base, np.broadcast_to(hit[k], base.shape), THETA) for k in ("none", "stricter")
    )
    assert np.exp(seen.sum(0)[0]) == pytest.approx(after.welfare / before.welfare, rel=1e-11)
    assert np.exp(seen.sum(0)[2]) == pytest.approx(after.flows[..., 0] / before.flows[..., 0])


@truth("symmetry", source="labels are arbitrary", kills="a state that is favoured by its place")
def test_order_of_states_does_not_matter():
    flows, order = some_world(5), np.array([3, 0, 5, 1, 4, 2])
    closed = np.array([1, 1, 0, 0, 0, 0], bool)
    loss = worlds.cut_off(worlds.balanced(flows, THETA), THETA, closed)
    other = worlds.cut_off(
        worlds.balanced(flows[np.ix_(order, order)], THETA), THETA, closed[order]
    )
    assert other == pytest.approx(loss[:, order], abs=1e-12)


@truth("closed-form", source="card", kills="parts of the world that set each other's level")
def test_a_state_that_trades_with_nobody_loses_nothing():
    flows = some_world(6)
    flows[2, :2] = flows[2, 3:] = flows[:2, 2] = flows[3:, 2] = 0.0
    loss = worlds.cut_off(worlds.balanced(flows, THETA), THETA, np.arange(6) < 2)
    assert loss[:, 2] == pytest.approx(0.0, abs=1e-12) and (loss[:, 3:] > 0).all()


@pytest.mark.parametrize(("name", "value"), [("energy", 1.2), ("banks", 1.0), ("arms", -0.1)])
@truth("invariant", source="card", kills="a flow below nothing")
def test_measures_that_cannot_be_are_refused(name: str, value: float):
    cuts = removed()
    cuts[name][0, 1] = value
    with pytest.raises(ValueError, match="remove"):
        worlds.factors(cuts)
