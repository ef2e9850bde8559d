"""Count noise: moments by quadrature, the exact law beside it, order, gradients."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.mechanisms.formulas.noise import count_noise, negbin

NODES = (np.arange(400_000) + 0.5) / 400_000
NORMAL = stats.norm.ppf(NODES)
noise = jax.jit(count_noise)


@pytest.mark.parametrize(
    "lam,phi",
    [(0.05, 0.0), (0.3, 0.5), (2.0, 0.0), (2.0, 1.0), (40.0, 0.2), (3000.0, 0.05), (1e5, 0.0)],
)
@truth("closed-form", source="cameron1998", kills="var = lam + phi; wilson1931 left unmended")
def test_moments(lam, phi):
    """Mean and variance by quadrature over the normal. Bars: 2e-4 and 3e-3 relative."""
    draws = np.asarray(noise(NORMAL, lam, phi))
    assert np.all(draws >= 0)
    assert draws.mean() == pytest.approx(lam, rel=2e-4)
    assert draws.var() == pytest.approx(lam + phi * lam**2, rel=3e-3)


@truth("closed-form", source="cameron1998", kills="lam = 0 that still loses something")
def test_edges():
    assert np.all(np.asarray(noise(NORMAL[::1000], 0.0, 0.3)) == 0)
    tiny = np.asarray(noise(NORMAL, 0.002, 0.1))  # below the range: the mean holds, not the rest
    assert tiny.mean() == pytest.approx(0.002, rel=2e-3) and tiny.var() < 0.0021


@truth("order", source="quantile transform", kills="a draw that is not monotone in the normal")
def test_monotone_in_luck_and_in_the_mean():
    """Paired futures stay paired: more luck or a larger mean never lowers the count."""
    z = np.linspace(-5, 5, 301)
    table = np.asarray(noise(z[None], np.geomspace(0.05, 1e4, 40)[:, None], 0.1))
    assert np.all(np.diff(table, axis=1) >= 0)
    typical = np.asarray(noise(0.0, np.geomspace(0.05, 1e4, 400), 0.1))
    assert np.all(np.diff(typical) >= 0)


@pytest.mark.parametrize("lam,phi", [(0.5, 0.3), (25.0, 0.2), (400.0, 0.0)])
@truth("closed-form", source="cameron1998", kills="scale and shape of the gamma mixture swapped")
def test_exact_law(lam, phi):
    """The twin's moments within 4 standard errors; its quantiles near the approximation's."""
    counts = negbin(np.random.default_rng(1998), np.full(200_000, lam), phi)
    variance = lam + phi * lam**2
    assert counts.dtype.kind == "i"
    assert counts.mean() == pytest.approx(lam, abs=4 * np.sqrt(variance / counts.size))
    kurtosis = stats.kurtosis(counts) + 2
    assert counts.var() == pytest.approx(
        variance, abs=4 * variance * np.sqrt(kurtosis / counts.size)
    )
    if lam > 10:
        shares = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
        near = np.asarray(noise(stats.norm.ppf(shares), lam, phi))
        assert np.max(np.abs(near - np.quantile(counts, shares))) < 0.1 * np.sqrt(variance) + 0.5


@truth("other-program", source="central differences", kills="a root of zero in the gradient")
def test_gradients():
    def total(v):
        return jnp.sum(count_noise(jnp.array([-6.0, -1.0, 0.3, 2.0]), v[0], v[1]))

    slope = jax.jit(jax.grad(total))
    for at in ([0.0, 0.0], [1e-6, 0.1], [0.9, 0.0], [50.0, 0.2]):
        assert np.all(np.isfinite(slope(jnp.array(at))))
    at, h = jnp.array([50.0, 0.2]), 1e-6
    for i in range(2):
        central = (total(at.at[i].add(h)) - total(at.at[i].add(-h))) / (2 * h)
        assert float(slope(at)[i]) == pytest.approx(float(central), rel=1e-5)


@truth("closed-form", source="error at the door", kills="a negative mean taken silently")
def test_exact_law_refuses_nonsense():
    for lam, phi in ((-1.0, 0.1), (1.0, -0.1), (np.nan, 0.1)):
        with pytest.raises(KautilyaError, match="finite"):
            negbin(np.random.default_rng(0), np.array([lam]), phi)
