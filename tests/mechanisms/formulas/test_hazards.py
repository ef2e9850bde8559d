"""How wars end: closed forms, a grid search, a simulated war of attrition, sums of risks."""

from __future__ import annotations

import tomllib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from support.conventions import shared_file, truth

from kautilya.mechanisms.formulas import hazards as end

demand = jax.jit(end.fearon1995_demand)
risks = jax.jit(end.competing_risks)


def closed_forms(table: str) -> dict:
    with shared_file("truth/closed_forms.toml").open("rb") as file:
        return tomllib.load(file)[table]


@truth("closed-form", source="truth/closed_forms.toml", kills="demand without the half")
def test_fearon():
    t = closed_forms("fearon_1995")
    x, war = demand(0.5, t["c_A"], t["cbar"])
    assert float(x) - 0.5 == pytest.approx(t["demand_minus_p"], abs=1e-9)
    assert float(war) == pytest.approx(t["prob_war"], abs=1e-9)


@truth("slow-twin", source="grid search over demands", kills="no corner at p or at 1")
@settings(max_examples=40, deadline=None)
@given(p=st.floats(0.05, 0.95), cost=st.floats(0.0, 0.9), cbar=st.floats(0.05, 2.0))
def test_demand_is_the_best_of_all(p, cost, cbar):
    """A gets x if B's cost is above x - p, else fights for p - c_A."""

    def gain(x):
        war = np.clip((x - p) / cbar, 0, 1)
        return x * (1 - war) + (p - cost) * war

    x, war = demand(p, cost, cbar)
    assert p <= float(x) <= 1 and 0 <= float(war) <= 1
    assert gain(float(x)) >= gain(np.linspace(0, 1, 2001)).max() - 1e-12
    assert float(war) == pytest.approx(float(np.clip((x - p) / cbar, 0, 1)), abs=1e-12)


@truth("closed-form", source="truth/closed_forms.toml", kills="own instead of the other's cost")
def test_war_of_attrition():
    """Hazards, and the mean over 1e5 simulated wars within 1 per cent."""
    t = closed_forms("war_of_attrition")
    a, b = end.war_of_attrition((t["cost_per_month"],) * 2, (t["V"],) * 2)
    assert float(a) == pytest.approx(t["hazard_each"], abs=1e-9) and float(a) == float(b)
    rng = np.random.default_rng(1974)
    lengths = np.minimum(
        rng.exponential(1 / float(a), 100_000), rng.exponential(1 / float(b), 100_000)
    )
    assert lengths.mean() == pytest.approx(t["mean_duration_months_two_sided"], rel=0.01)
    costly = end.war_of_attrition((4.0, 2.0), (100.0, 100.0))  # A pays more: B concedes faster
    assert np.allclose(costly, (0.02, 0.04))


@truth("invariant", source="probabilities sum to one", kills="each cause as if it were alone")
@settings(max_examples=60, deadline=None)
@given(rates=arrays(float, (4, 3), elements=st.floats(0, 5)), dt=st.floats(0.01, 3))
def test_risks_sum_to_one(rates, dt):
    out = np.asarray(risks(rates, dt))
    assert out.shape == (5, 3) and np.all(out >= 0)
    assert np.all(np.abs(out.sum(axis=0) - 1.0) <= 4e-16)  # the order of adding is XLA's
    assert np.allclose(out[-1], np.exp(-rates.sum(0) * dt), atol=1e-15)
    # a step split in two: conditional survival multiplies, causes add up
    half = np.asarray(risks(rates, dt / 2))
    assert np.allclose(half[:-1] * (1 + half[-1]), out[:-1], atol=1e-14)
    alone = np.asarray(risks(rates[:1], 1.0))[0]
    positive = rates[0] > 1e-300
    assert np.allclose(alone[positive], -np.expm1(-rates[0][positive]), rtol=1e-12)


@truth("closed-form", source="truth/closed_forms.toml", kills="sigma without the root")
def test_length_of_wars():
    """CoW base rate: median 139 and mean 408 days. Bars: 1e-9 for sigma, 0.002 for the shares."""
    t = closed_forms("war_duration_lognormal")
    law = end.lognormal_median_mean(139.0, 408.0)
    assert float(law.sigma) == pytest.approx(t["sigma"], abs=1e-9)
    for days in (30, 365, 1000):
        share = end.lognormal_cdf(float(days), law)
        assert float(share) == pytest.approx(t[f"p_under_{days}_days"], abs=0.002)
    draws = np.random.default_rng(139).lognormal(np.log(139), float(law.sigma), 100_000)
    for days in (30, 365, 1000):  # the prior predictive without covariates, bar 0.02
        assert (draws < days).mean() == pytest.approx(t[f"p_under_{days}_days"], abs=0.02)


@truth("closed-form", source="law of total probability", kills="mixing parameters, not shares")
def test_two_base_rates_are_both_kept():
    """CoW beside UCDP (26 % under 30 days, 51 % under a year): the mixture lies between."""
    cow = end.lognormal_median_mean(139.0, 408.0)
    scores = stats.norm.ppf([0.26, 0.51])
    sigma = np.log(365.0 / 30.0) / (scores[1] - scores[0])
    ucdp = end.Lognormal(np.log(30.0) - sigma * scores[0], sigma)
    assert np.allclose(end.lognormal_cdf(jnp.array([30.0, 365.0]), ucdp), [0.26, 0.51])
    both = end.mixture_cdf(365.0, 0.5, cow, ucdp)
    assert float(both) == pytest.approx((float(end.lognormal_cdf(365.0, cow)) + 0.51) / 2)
    assert float(end.interval_hazard(0.8, 0.6)) == pytest.approx(0.25)
    assert float(end.interval_hazard(0.0, 0.0)) == 0.0
