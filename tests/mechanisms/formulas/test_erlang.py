"""The exact pipeline against the regularised gamma, and the exhaustion of a store."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from support.conventions import shared_file, truth

from kautilya.mechanisms.formulas import erlang

transition = jax.jit(erlang.transition, static_argnums=0)


@truth("closed-form", source="truth/erlang_step.csv", kills="n - 1 stages; rate 1/L per stage")
def test_step_response_of_the_table():
    """Bar: 1e-9, from the formula and from repeated transitions (n dt / L up to 7.5)."""
    table = pd.read_csv(shared_file("truth/erlang_step.csv"), comment="#")
    for row in table.itertuples():
        n = int(row.stages)
        assert float(erlang.step_response(n, 4.0, 4.0 * row.t_over_L)) == pytest.approx(
            row.response, abs=1e-9
        )
        matrix = transition(n, 1.0, row.t_over_L / 2)
        content, out = jnp.zeros(n).at[0].set(1.0), 0.0
        for _ in range(2):
            content, came = erlang.advance(content, matrix)
            out += float(came)
        assert out == pytest.approx(row.response, abs=1e-9)


@truth("slow-twin", source="scipy.linalg.expm", kills="explicit Euler stages, negative at n > L")
@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 8), delay=st.floats(0.2, 30.0), dt=st.floats(0.0, 3.0))
def test_transition_is_the_exponential_of_the_generator(n, delay, dt):
    rate = n / delay
    generator = np.zeros((n + 1, n + 1))
    generator[range(n), range(n)] = -rate
    generator[range(1, n + 1), range(n)] = rate
    matrix = np.asarray(transition(n, delay, dt))
    assert np.allclose(matrix, expm(generator * dt), atol=1e-10)
    assert np.all(matrix >= 0)
    assert np.allclose(matrix.sum(axis=0), 1.0, atol=1e-15 * (n + 2))


@truth("invariant", source="double entry", kills="orders lost between the stages")
def test_content_is_conserved_with_a_delay_for_each_future():
    delay = jnp.array([0.5, 2.0, 9.0])
    matrix = erlang.transition(3, delay, 1.0)
    assert matrix.shape == (4, 4, 3)
    content = jnp.array([[5.0, 1.0, 2.0], [0.0, 3.0, 1.0], [2.0, 0.0, 7.0]])
    later, out = erlang.advance(content, matrix)
    assert np.allclose(later.sum(0) + out, content.sum(0), rtol=1e-14)
    assert np.all(later >= 0)


@truth("closed-form", source="sterman2000", kills="variance L^2 instead of L^2 / n")
@pytest.mark.parametrize("n", [1, 3, 6])
def test_mean_and_variance_of_the_delay(n):
    """From monthly transitions: E T and Var T by summing survival, Poisson-exact at grid points."""
    delay, dt = 2.0, 0.01
    t = np.arange(0, 60, dt)
    alive = 1 - np.asarray(erlang.step_response(n, delay, t))
    mean = np.trapezoid(alive, t)
    variance = np.trapezoid(2 * t * alive, t) - mean**2
    expected = erlang.delay_moments(n, delay)
    assert mean == pytest.approx(float(expected[0]), rel=1e-4)
    assert variance == pytest.approx(float(expected[1]), rel=1e-4)


@truth("slow-twin", source="quadrature over the moment of entry", kills="all orders at month start")
def test_entry_is_the_mean_over_the_month():
    n, delay, dt = 3, 1.3, 1.0
    nodes, weights = np.polynomial.legendre.leggauss(20)
    mean = sum(
        w / 2 * np.asarray(erlang.jump_probabilities(n, delay, dt * (1 + x) / 2))
        for x, w in zip(nodes, weights, strict=True)
    )
    got = np.asarray(erlang.entry_probabilities(n, delay, dt))
    assert np.allclose(got, mean, atol=1e-12)
    assert np.allclose(erlang.entry_probabilities(n, delay, 0.0), [1, 0, 0, 0])


@truth("other-program", source="central differences", kills="log(0) at dt = 0")
def test_gradient_in_the_delay():
    def out(delay):
        return erlang.transition(3, delay, 1.0)[3, 0] + erlang.entry_probabilities(3, delay, 1.0)[1]

    central = (out(2.0 + 1e-6) - out(2.0 - 1e-6)) / 2e-6
    assert float(jax.grad(out)(2.0)) == pytest.approx(float(central), rel=1e-7)
    assert np.isfinite(jax.grad(lambda dt: erlang.transition(3, 2.0, dt)[3, 0])(0.0))


@truth("closed-form", source="storage exhaustion", kills="pulling more than is there")
def test_store_is_empty_at_month_20_and_yields_what_it_held():
    """1000 pulled at 50 a month is empty at month 20; usable = sum y_c Z_c, delay or not."""
    yields, store = np.array([0.9, 0.6, 0.3]), np.array([200.0, 500.0, 300.0])
    promised = float(yields @ store)
    matrix, work, usable, left = erlang.transition(3, 0.7, 1.0), np.zeros((3, 3)), 0.0, []
    entry = np.asarray(erlang.entry_probabilities(3, 0.7, 1.0))
    for _ in range(60):
        pull = np.minimum(50.0 * store / max(store.sum(), 1e-300), store)
        store = store - pull
        left.append(store.sum())
        work, out = erlang.advance(work, matrix[..., None])
        work = work + entry[:3, None] * pull
        usable += float((out + entry[3] * pull) @ yields)
    assert next(month for month, rest in enumerate(left, 1) if rest < 1e-9) == 20
    assert usable == pytest.approx(promised, rel=1e-9)
