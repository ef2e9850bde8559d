"""Bargaining against closed forms, the axioms of the Nash solution, and a linear program."""

from __future__ import annotations

import tomllib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog, minimize_scalar
from support.conventions import shared_file, truth

from kautilya.mechanisms.formulas import barter

betas = st.floats(0.1, 0.9)
outsides = st.floats(0.0, 0.4)
risks = st.floats(0.0, 0.9)
tidy = st.floats(0.0, 10.0).map(lambda v: round(v, 6))  # XLA takes denormal numbers for zero
crra = jax.jit(barter.nash_crra)
fill = jax.jit(barter.basket)


def closed_forms(table: str) -> dict:
    with shared_file("truth/closed_forms.toml").open("rb") as file:
        return tomllib.load(file)[table]


@truth("closed-form", source="truth/closed_forms.toml", kills="beta given to the other side")
def test_linear_split():
    t = closed_forms("nash_linear")
    split = barter.nash_linear(t["S"], t["d_A"], t["d_B"], t["beta"])
    assert (float(split.a), float(split.b)) == pytest.approx((t["u_A"], t["u_B"]), abs=1e-9)
    none = barter.nash_linear(4.0, t["d_A"], t["d_B"], t["beta"])
    assert not none.deal and (float(none.a), float(none.b)) == (t["d_A"], t["d_B"])


@truth("closed-form", source="truth/closed_forms.toml", kills="rho of A used for B")
def test_crra_split_of_a_pie():
    t = closed_forms("nash_crra")
    split = crra(1.0, barter.Bargainer(jnp.array(t["rho"])), barter.Bargainer(), 0.5)
    assert np.allclose(split.a, t["share_1"], atol=1e-9, rtol=0)
    assert np.allclose(split.a + split.b, 1.0, atol=1e-15)


@truth("slow-twin", source="scipy.optimize.minimize_scalar", kills="ignoring disagreement")
@settings(max_examples=40, deadline=None)
@given(rho=st.tuples(risks, risks), d=st.tuples(outsides, outsides), beta=betas)
def test_crra_split_maximises_the_nash_product(rho, d, beta):
    split = crra(1.0, barter.Bargainer(rho[0], d[0]), barter.Bargainer(rho[1], d[1]), beta)
    low, high = d[0] ** (1 / (1 - rho[0])), 1 - d[1] ** (1 / (1 - rho[1]))
    assert bool(split.deal) == (low <= high)
    assume(high - low > 1e-3)

    def loss(x):
        return -(
            beta * np.log(max(x ** (1 - rho[0]) - d[0], 1e-300))
            + (1 - beta) * np.log(max((1 - x) ** (1 - rho[1]) - d[1], 1e-300))
        )

    best = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12})
    assert loss(float(split.a)) <= best.fun + 1e-9


@truth("other-program", source="central differences", kills="a bisection that blocks the gradient")
def test_crra_split_has_the_implicit_gradient():
    def share(v):
        return barter.nash_crra(v[0], barter.Bargainer(v[1], v[2]), barter.Bargainer(v[3]), v[4]).a

    share, at = jax.jit(share), jnp.array([1.3, 0.5, 0.2, 0.3, 0.4])
    slope = jax.grad(share)(at)
    for i in range(5):
        central = (share(at.at[i].add(1e-6)) - share(at.at[i].add(-1e-6))) / 2e-6
        assert float(slope[i]) == pytest.approx(float(central), rel=1e-6)
    assert np.all(np.isfinite(jax.grad(share)(jnp.array([1.0, 0.5, 2.0, 0.3, 0.4]))))  # no deal


@truth("symmetry", source="nash1950, symmetry axiom", kills="a hidden advantage of the first side")
@settings(max_examples=30, deadline=None)
@given(rho=risks, d=outsides, beta=betas, other=risks)
def test_axiom_symmetry(rho, d, beta, other):
    same = crra(1.0, barter.Bargainer(rho, d), barter.Bargainer(rho, d), 0.5)
    if same.deal:
        assert float(same.a) == pytest.approx(0.5, abs=1e-9)
    one = crra(1.0, barter.Bargainer(rho, d), barter.Bargainer(other), beta)
    turned = crra(1.0, barter.Bargainer(other), barter.Bargainer(rho, d), 1 - beta)
    assert float(one.a) == pytest.approx(float(turned.b), abs=1e-9)


@truth("closed-form", source="truth/closed_forms.toml", kills="the responder's share")
def test_alternating_offers_and_their_limit():
    t = closed_forms("rubinstein_1982")
    assert float(barter.rubinstein1982(t["delta_1"], t["delta_2"])) == pytest.approx(
        t["proposer_share"], abs=1e-9
    )
    assert float(barter.binmore1986(t["limit_r1"], t["limit_r2"])) == pytest.approx(
        t["limit_share_1"], abs=1e-9
    )
    assert float(barter.rubinstein1982(1.0, 1.0)) == 0.5


@truth("order", source="binmore1986", kills="a limit that is not the limit of the offers")
def test_limit_is_reached_at_first_order():
    """The error halves with the interval; the limit is the Nash split with that beta."""
    r1, r2 = 0.05, 0.10
    limit = float(barter.binmore1986(r1, r2))
    error = [float(barter.rubinstein_interval(r1, r2, dt)) - limit for dt in (1.0, 0.5, 0.25)]
    assert error[0] / error[1] == pytest.approx(2, rel=0.02)
    assert error[1] / error[2] == pytest.approx(2, rel=0.02)
    assert float(barter.rubinstein_interval(r1, r2, 1e-9)) == pytest.approx(limit, abs=1e-9)
    assert float(barter.rubinstein_interval(r1, r2, 2.0)) == pytest.approx(
        float(barter.rubinstein1982(np.exp(-2 * r1), np.exp(-2 * r2))), rel=1e-12
    )
    assert float(barter.nash_linear(1.0, 0.0, 0.0, limit).a) == pytest.approx(limit)


goods = st.integers(1, 5).flatmap(
    lambda g: st.tuples(
        arrays(float, (g, 3), elements=st.floats(0.1, 10).map(lambda v: round(v, 2))),
        arrays(float, (g, 3), elements=st.floats(0, 10).map(lambda v: round(v, 2))),
        arrays(float, (g, 3), elements=st.floats(0, 20).map(lambda v: round(v, 2))),
    )
)


@truth("slow-twin", source="scipy.optimize.linprog (HiGHS)", kills="filling in the order of value")
@settings(max_examples=40, deadline=None)
@given(table=goods, amount=arrays(float, 3, elements=st.floats(0, 100)))
def test_basket_is_the_cheapest_payment(table, amount):
    values, costs, caps = table
    got = fill(values, costs, caps, amount)
    quantity = np.asarray(got.quantity)
    assert np.all(quantity >= 0) and np.all(quantity <= caps)
    assert np.allclose((values * quantity).sum(0) + got.unpaid, amount, rtol=1e-12, atol=1e-12)
    for f in range(3):
        due = amount[f] - float(got.unpaid[f])
        program = linprog(
            costs[:, f], A_eq=values[:, [f]].T, b_eq=[due], bounds=[(0, cap) for cap in caps[:, f]]
        )
        if program.status == 0:
            assert (costs[:, f] * quantity[:, f]).sum() == pytest.approx(program.fun, abs=1e-4)


@truth("closed-form", source="dantzig1957", kills="paying in goods of no value; a negative amount")
def test_basket_by_hand():
    """Food costs 1 and is worth 2, fuel costs 1 and is worth 4, gold is unwanted, cap 10 each."""
    values, costs = jnp.array([2.0, 4.0, 0.0]), jnp.ones(3)
    caps = 10.0 * jnp.ones(3)
    assert np.allclose(fill(values, costs, caps, 50.0).quantity, [5.0, 10.0, 0.0])
    short = fill(values, costs, caps, 70.0)
    assert np.allclose(short.quantity, [10.0, 10.0, 0.0]) and float(short.unpaid) == 10.0
    none = fill(values, costs, caps, -3.0)
    assert np.allclose(none.quantity, 0.0) and float(none.unpaid) == 0.0
    slope = jax.grad(lambda c: jnp.sum(barter.basket(values, costs, c, 70.0).quantity))(0 * caps)
    assert np.all(np.isfinite(slope))
