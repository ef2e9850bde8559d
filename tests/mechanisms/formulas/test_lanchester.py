"""Attrition against published battles, closed forms, invariants and a literal twin."""

from __future__ import annotations

import tomllib

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from support.conventions import shared_file, truth

from kautilya.errors import KautilyaError
from kautilya.mechanisms.formulas import lanchester as lan

MONTHS = 36
strengths = st.floats(50.0, 5000.0)
shares = st.floats(0.001, 0.05)  # lost per month at parity
EXPONENTS = {"square": (1.0, 0.0), "linear": (1.0, 1.0), "logarithmic": (0.0, 1.0)}
march = jax.jit(
    lambda blue, red, law, n: jax.lax.fori_loop(
        0, n, lambda _, s: tuple(lan.substeps(*s, law, 1.0)[:2]), (blue, red)
    )
)

helmbold_month = jax.jit(lambda x, y, w: lan.substeps(x, y, lan.helmbold1965(0.01, 0.015, w), 1.0))
engel = jax.jit(lan.engel1954)
STEP = {kind: jax.jit(getattr(lan, f"{kind}_step")) for kind in EXPONENTS}


@truth("published", source="engel1954", kills="dropping the reinforcement at day 2")
def test_iwo_jima_follows_engel():
    """Reproduction: both rates were fitted on this battle. Bar: 0.1 men on each day."""
    table = pd.read_csv(shared_file("truth/iwo_jima_engel.csv"), comment="#")
    inflow = np.zeros(36)
    inflow[[0, 2, 5]] = 54000, 6000, 13000
    us, japan = lan.engel1954((0.0, 21500.0), (0.0544, 0.0106), (inflow, np.zeros(36)))
    assert np.max(np.abs(us - table.us_effectives.to_numpy())) < 0.1
    assert np.max(np.abs(japan - table.japanese_effectives.to_numpy())) < 0.1


def ardennes(manpower: str, tactical: bool) -> lan.BattleDays:
    """Days 1 to 10 in Bracken's weights: men + 20 tanks + 5 APC + 40 artillery."""
    table = pd.read_csv(shared_file("data/ardennes_1944_daily.csv"), comment="#")
    days = table[(table.day >= 1) & (table.day <= 10)]

    def weigh(side, men, end):
        return (
            days[f"{side}_{men}"]
            + 20 * days[f"{side}_tank{end}"]
            + 5 * days[f"{side}_apc{end}"]
            + 40 * days[f"{side}_art{end}"]
        ).to_numpy(float)

    attack = np.where(days.day <= 5, 1.0, -1.0) * tactical
    return lan.BattleDays(
        weigh("blue", manpower, ""),
        weigh("red", manpower, ""),
        weigh("blue", f"cas_{manpower}", "_lost"),
        weigh("red", f"cas_{manpower}", "_lost"),
        attack,
    )


@truth(
    "published",
    source="bracken1995",
    kills="s = +1 also after day 5; losses weighted otherwise than strengths",
)
def test_bracken_models_of_the_ardennes():
    """The four published points; SSR computed there by others. Bar: 1e-6 relative."""
    models = pd.read_csv(shared_file("truth/bracken_ardennes.csv"), comment="#")
    for row in models.itertuples():
        days = ardennes(row.manpower, row.tactical_factor == "yes")
        law = lan.Law(row.a, row.b, row.p, row.q, row.d)
        assert float(lan.bracken_ssr(law, days)) == pytest.approx(row.ssr_days1_10, rel=1e-6)
        assert float(lan.bracken_r2(law, days)) == pytest.approx(row.r2_days1_10, rel=1e-6)


@truth(
    "published",
    source="cdb1990 by way of truth/cdb90_loss_ratio_regression.toml",
    kills="taking losses instead of shares lost",
)
def test_loss_ratio_regression_of_cdb90():
    """The base rate that forbids a square-law default: slope -0.675 (square -2). Bar: 1e-5."""
    with shared_file("truth/cdb90_loss_ratio_regression.toml").open("rb") as file:
        expected = tomllib.load(file)
    table = pd.read_csv(shared_file("data/cdb90_belligerents.csv"))
    wide = table[["isqno", "attacker", "str", "cas"]].pivot(index="isqno", columns="attacker")
    wide = wide[(wide > 0).all(axis=1)]
    assert len(wide) == expected["n"]
    force = np.log(wide[("str", 1)] / wide[("str", 0)]).to_numpy(float)
    loss = np.log(
        wide[("cas", 1)] / wide[("str", 1)] / (wide[("cas", 0)] / wide[("str", 0)])
    ).to_numpy(float)
    slope, intercept = np.polyfit(force, loss, 1)
    assert slope == pytest.approx(expected["slope"], abs=1e-5)
    assert intercept == pytest.approx(expected["intercept"], abs=1e-5)
    assert np.corrcoef(force, loss)[0, 1] ** 2 == pytest.approx(expected["r2"], abs=1e-5)


@pytest.mark.parametrize("kind,slope", [("square", -2.0), ("linear", -1.0), ("logarithmic", 0.0)])
@truth("closed-form", source="lanchester1916", kills="swapping p and q in the loss of one side")
def test_loss_ratio_slope_of_each_law(kind, slope):
    """Ratio of fractional losses ~ (force ratio)^(q-p-1): what the regression is read against."""
    ratio = np.array([0.5, 1.0, 2.0, 4.0])
    law = lan.Law(1e-3, 2e-3, *EXPONENTS[kind])
    blue, red = 100.0 * ratio, 100.0 + 0.0 * ratio
    d_blue, d_red = lan.bracken1995(blue, red, law)
    fractions = np.log((d_blue / blue) / (d_red / red))
    assert np.polyfit(np.log(ratio), fractions, 1)[0] == pytest.approx(slope, abs=1e-9)


def rates_of(kind, total, share_x, share_y):
    """Rates that take about these shares a month at the joint opening strength `total`."""
    scale = total ** (1.0 - sum(EXPONENTS[kind]))
    return share_x * scale, share_y * scale


@pytest.mark.parametrize("kind", sorted(EXPONENTS))
@truth(
    "invariant",
    source="truth/closed_forms.toml",
    kills="plain Euler instead of RK4; the loss of one side taken from updated strength",
)
@settings(max_examples=40, deadline=None)
@given(x=strengths, y=strengths, share_x=shares, share_y=shares)
def test_substeps_keep_the_invariant(kind, x, y, share_x, share_y):
    """Bar: 1e-6 relative over 36 months of eight sub-steps, while both sides stand."""
    a, b = rates_of(kind, max(x, y), share_x, share_y)
    law = lan.Law(a, b, *EXPONENTS[kind])
    n = MONTHS
    if kind == "square":  # stop before a side is annihilated: the invariant ends there
        n = 36 if min(STEP["square"](x, y, a, b, float(MONTHS))) > 0 else 0
    blue, red = march(x, y, law, n)
    before = lan.invariant(kind, x, y, a, b)
    after = lan.invariant(kind, blue, red, a, b)
    scale = {
        "square": b * x**2 + a * y**2,
        "linear": b * x + a * y,
        "logarithmic": abs(np.log(x)) / a + abs(np.log(y)) / b,
    }[kind]
    assert abs(float(after - before)) <= 1e-6 * scale


@pytest.mark.parametrize("kind", sorted(EXPONENTS))
@truth("invariant", source="lanchester1916", kills="a wrong root in the closed form")
@settings(max_examples=60, deadline=None)
@given(x=strengths, y=strengths, share_x=shares, share_y=shares, dt=st.floats(0.1, 40.0))
def test_closed_forms_keep_the_invariant(kind, x, y, share_x, share_y, dt):
    a, b = rates_of(kind, max(x, y), share_x, share_y)
    x1, y1 = STEP[kind](x, y, a, b, dt)
    assert 0 <= x1 <= x and 0 <= y1 <= y
    if kind == "logarithmic":
        before, after = lan.invariant(kind, x, y, a, b), lan.invariant(kind, x1, y1, a, b)
        assert float(after) == pytest.approx(float(before), rel=1e-9, abs=1e-9 / min(a, b))
    else:
        power = 2 if kind == "square" else 1
        difference = lan.invariant(kind, x1, y1, a, b) - lan.invariant(kind, x, y, a, b)
        assert abs(float(difference)) <= 1e-9 * (b * x**power + a * y**power)


@pytest.mark.parametrize("kind", sorted(EXPONENTS))
@truth("other-program", source="scipy.integrate.solve_ivp", kills="a and b swapped in a step")
def test_closed_forms_solve_the_equation(kind):
    x, y, dt = 900.0, 1400.0, 7.0
    a, b = rates_of(kind, 1000.0, 0.02, 0.05)
    p, q = EXPONENTS[kind]
    exact = solve_ivp(
        lambda _, s: [-a * s[1] ** p * s[0] ** q, -b * s[0] ** p * s[1] ** q],
        (0, dt),
        [x, y],
        rtol=1e-12,
        atol=1e-9,
    ).y[:, -1]
    assert np.allclose(getattr(lan, f"{kind}_step")(x, y, a, b, dt), exact, rtol=1e-9)
    sub = lan.substeps(x, y, lan.Law(a, b, p, q), dt, lan.Setting(steps=64))
    assert np.allclose(sub[:2], exact, rtol=1e-7)


@truth("closed-form", source="truth/closed_forms.toml", kills="a bare monthly Euler step")
def test_euler_drifts_and_we_do_not():
    """.95^36 against exp(-1.8): the drift of 4.5 per cent that the sub-steps must not have."""
    with shared_file("truth/closed_forms.toml").open("rb") as file:
        euler, exact = tomllib.load(file)["lanchester_invariants"]["euler_monthly_check"]
    blue, _ = march(1.0, 1.0, lan.Law(0.05, 0.05, 0.0, 1.0), MONTHS)
    assert 0.95**36 == pytest.approx(euler, rel=1e-12)
    assert float(blue) == pytest.approx(exact, rel=1e-9)
    assert float(lan.logarithmic_step(1.0, 1.0, 0.05, 0.05, 36.0)[0]) == pytest.approx(exact)


@truth("order", source="classical Runge-Kutta", kills="one stage evaluated at the wrong time")
def test_order_four():
    """Halving the sub-step divides the error by about 16."""
    exact = lan.square_step(1000.0, 900.0, 0.08, 0.05, 8.0)[0]
    law = lan.Law(0.08, 0.05, 1.0, 0.0)
    error = [
        abs(float(lan.substeps(1000.0, 900.0, law, 8.0, lan.Setting(steps=n))[0] - exact))
        for n in (8, 16, 32)
    ]
    orders = np.log2([error[0] / error[1], error[1] / error[2]])
    assert np.all(np.abs(orders - 4) < 0.3)


@truth("closed-form", source="lanchester1916", kills="survivors not taken from the invariant")
def test_annihilation_leaves_the_survivors_of_the_square_law():
    """1000 against 600, equal rates: 800 remain. Also after any longer time."""
    for dt in (20.0, 50.0, 1e4, 1e6):
        x, y = lan.square_step(1000.0, 600.0, 0.05, 0.05, dt)
        assert (float(x), float(y)) == (pytest.approx(800.0), 0.0)
        y, x = lan.square_step(600.0, 1000.0, 0.05, 0.05, dt)
        assert (float(x), float(y)) == (pytest.approx(800.0), 0.0)


@truth("closed-form", source="lanchester1916", kills="dividing by a rate that is zero")
def test_square_step_edges():
    assert np.allclose(lan.square_step(100.0, 80.0, 0.0, 0.01, 3.0), (100.0, 77.0))
    assert np.allclose(lan.square_step(100.0, 80.0, 0.0, 0.0, 3.0), (100.0, 80.0))
    assert np.allclose(lan.square_step(0.0, 80.0, 0.1, 0.1, 3.0), (0.0, 80.0))
    assert np.allclose(lan.square_step(0.0, 0.0, 0.1, 0.1, 3.0), (0.0, 0.0))
    even = lan.square_step(100.0, 100.0, 0.1, 0.1, 40.0)
    assert np.allclose(even, 100 * np.exp(-4.0), rtol=1e-9)


@truth("slow-twin", source="scipy.linalg.expm", kills="inflow of one side left out of the other")
@settings(max_examples=30, deadline=None)
@given(
    flow=st.tuples(st.floats(0, 50), st.floats(0, 50)), a=st.floats(0.0, 0.1), b=st.floats(0.0, 0.1)
)
def test_engel_step_against_the_matrix_exponential(flow, a, b):
    matrix = np.array([[0, -a, flow[0]], [-b, 0, flow[1]], [0, 0, 0]])
    exact = expm(matrix) @ [800.0, 700.0, 1.0]
    got = engel((800.0, 700.0), (a, b), (np.array(flow[:1]), np.array(flow[1:])))
    assert np.allclose([got[0][-1], got[1][-1]], exact[:2], rtol=1e-11)


@truth("closed-form", source="helmbold1965", kills="w and 1 - w swapped")
@settings(max_examples=30, deadline=None)
@given(w=st.floats(0.0, 0.9), x=strengths, y=strengths)
def test_helmbold_invariant(w, x, y):
    """b x^(2-2w) - a y^(2-2w) is constant; w = 0 is the square law, w = 1 the logarithmic."""
    a, b, power = 0.01, 0.015, 2 - 2 * w
    end = helmbold_month(x, y, w)
    drift = (b * end.blue**power - a * end.red**power) - (b * x**power - a * y**power)
    if min(end.blue, end.red) > 0:
        assert abs(float(drift)) <= 1e-6 * (b * x**power + a * y**power)


@truth("symmetry", source="change of unit", kills="a law at parity without its reference strength")
def test_law_at_parity_is_free_of_units():
    """Rounds or thousands of rounds: the shares lost are the same."""

    def shares_left(unit):
        law = lan.law_at_parity((0.03, 0.05), 0.4, 1.3, 1000.0 / unit)
        end = lan.substeps(1200.0 / unit, 900.0 / unit, law, 1.0)
        return np.array([end.blue, end.red]) * unit

    assert np.allclose(shares_left(1.0), shares_left(1000.0), rtol=1e-12)
    at_par = lan.bracken1995(1000.0, 1000.0, lan.law_at_parity((0.03, 0.05), 0.4, 1.3, 1000.0))
    assert np.allclose(at_par, (-30.0, -50.0))


@truth("symmetry", source="relabelling", kills="d^s on both sides with the same sign")
def test_sides_can_be_relabelled():
    law = lan.Law(0.02, 0.05, 0.9, 0.4, 1.25)
    turned = lan.Law(0.05, 0.02, 0.9, 0.4, 1.25)
    one = lan.bracken1995(300.0, 500.0, law, 1.0)
    other = lan.bracken1995(500.0, 300.0, turned, -1.0)
    assert np.allclose(one, other[::-1], rtol=1e-12)


@truth("invariant", source="double entry", kills="losses without the inflow")
def test_substeps_account_floor_and_firing():
    law = lan.Law(0.5, 0.5, 1.0, 0.0)
    end = lan.substeps(100.0, 1000.0, law, 1.0, lan.Setting(inflow=(30.0, 0.0)))
    assert float(end.blue) >= 0
    assert float(100 + 30 - end.blue_loss - end.blue) == pytest.approx(0, abs=1e-9)
    still = lan.substeps(5.0, 1000.0, law, 1.0, lan.Setting(inflow=(2.0, 0.0), floor=8.0))
    assert np.allclose(still, (7.0, 1000.0, 0.0, 0.0))
    silent = lan.substeps(100.0, 1000.0, law, 1.0, lan.Setting(firing=(1.0, 0.0)))
    assert float(silent.blue_loss) == 0 and float(silent.red_loss) == pytest.approx(50.0)


@truth("symmetry", source="futures are independent", kills="a reduction over the futures axis")
def test_futures_do_not_mix():
    x, y = jnp.array([100.0, 500.0, 0.0]), jnp.array([[80.0], [300.0]])
    law = lan.Law(jnp.array([0.02, 0.03, 0.01]), 0.05, 1.0, 0.5)
    wide = lan.substeps(x, y, law, 1.0)
    assert wide.blue.shape == (2, 3)
    alone = lan.substeps(x[1], y[1, 0], lan.Law(0.03, 0.05, 1.0, 0.5), 1.0)
    assert float(wide.blue[1, 1]) == pytest.approx(float(alone.blue), rel=1e-14)


def month_of(kind):
    """The closing strengths, weighted, of a month from v = (x, y, a, b)."""

    def total(v):
        if kind == "general":
            end = lan.substeps(
                v[0], v[1], lan.Law(v[2], v[3], 0.6, 0.4, 1.1), 1.0, lan.Setting(attack=1.0)
            )
        else:
            end = STEP[kind](v[0], v[1], v[2], v[3], 1.0)
        return end[0] + 2 * end[1]

    return jax.jit(total)


@pytest.mark.parametrize("kind", ("general", *EXPONENTS))
@truth("other-program", source="central differences", kills="an unguarded power or root at zero")
def test_gradients_are_finite_everywhere(kind):
    """Also at zero strength, at annihilation, at parity and at zero rates."""
    total = month_of(kind)
    slope = jax.jit(jax.grad(total))
    for x, y in [(0.0, 0.0), (0.0, 50.0), (50.0, 0.0), (1.0, 900.0), (70.0, 70.0)]:
        assert np.all(np.isfinite(slope(jnp.array([x, y, 0.02, 0.03])))), (x, y)
        assert np.all(np.isfinite(slope(jnp.array([x, y, 0.0, 0.0])))), (x, y)
    at = jnp.array([70.0, 70.0, 0.02, 0.03])
    for i, h in enumerate(1e-6 * np.maximum(np.abs(at), 1e-3)):
        central = (total(at.at[i].add(h)) - total(at.at[i].add(-h))) / (2 * h)
        assert float(slope(at)[i]) == pytest.approx(float(central), rel=1e-5)


@truth("closed-form", source="error at the door", kills="accepting an integrator that drifts")
def test_errors_carry_a_remedy():
    with pytest.raises(KautilyaError, match="8 or more"):
        lan.substeps(1.0, 1.0, lan.Law(0.1, 0.1, 1.0, 0.0), 1.0, lan.Setting(steps=1))
    with pytest.raises(KautilyaError, match="logarithmic"):
        lan.invariant("cubic", 1.0, 1.0, 0.1, 0.1)
