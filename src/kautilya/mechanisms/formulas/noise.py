r"""Luck in counts: losses scatter around their mean more widely than a Poisson count.

    N ~ NegBin,   E N = lam,   var N = lam + phi lam^2                      (cameron1998, NB2)
    approximation  N = lam (h + z)_+^3 / E (h + z)_+^3,   z ~ normal(0, 1)
    start          h = 3 sqrt(k) - 1/(3 sqrt(k)),  k = lam / (1 + phi lam)  (wilson1931)

    lam  mean count [1]    phi  dispersion [1], 0 is Poisson    k  (mean / sd)^2 [1]

Approximation, not the law: the count is a continuous, cut, cubed normal. It keeps the mean exactly
and the variance to 1e-3 for k >= 0.02 (lam above about 0.02), and it is monotone in z, which keeps
paired futures paired. Higher moments and the lattice of the integers are not kept; the slow twin
draws `negbin`, the exact law. Reason: one normal draw costs a tenth of a gamma draw.

Source: wilson1931 for the cube; the moments of a cut normal are closed forms.
Breaks when: lam is far below 0.01; then the variance is too small, the mean still exact.

Numbers or arrays with futures on the last axis; shapes broadcast.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike

from kautilya.core.numerics import log, ndtr
from kautilya.errors import KautilyaError
from kautilya.mechanisms.formulas.smooth import Numbers, safe_div

SPARSE, DENSE = 0.01, 2.0  # k below which h is held; k above which wilson1931 needs no mending
NEWTON = 3  # steps that bring the variance to 1e-3 from wilson1931 at k = 0.02


def _cut_moments(h: Numbers) -> dict[int, Numbers]:
    """Return E (h + z)_+^n for n = 2, 3, 5, 6; each is n times the integral of the one below."""
    below = ndtr(h)
    density = jnp.exp(-(h**2) / 2) / jnp.sqrt(2 * jnp.pi)
    return {
        2: (h**2 + 1) * below + h * density,
        3: (h**3 + 3 * h) * below + (h**2 + 2) * density,
        5: (h**5 + 10 * h**3 + 15 * h) * below + (h**4 + 9 * h**2 + 8) * density,
        6: (h**6 + 15 * h**4 + 45 * h**2 + 15) * below + (h**5 + 14 * h**3 + 33 * h) * density,
    }


def _shift(k: Numbers) -> Numbers:
    """Return h for which (h + z)_+^3 has the relative variance 1/k."""
    rough = 3 * jnp.sqrt(k) - 1 / (3 * jnp.sqrt(k))
    sparse = jnp.minimum(k, DENSE)
    h = 3 * jnp.sqrt(sparse) - 1 / (3 * jnp.sqrt(sparse))

    def nearer(_: int, h: Numbers) -> Numbers:
        m = _cut_moments(h)
        ratio = jnp.maximum(m[6] / m[3] ** 2, 0.0)  # as it is: but one piece of code, not seven
        slope = ratio * (6 * m[5] / m[6] - 6 * m[2] / m[3]) / (ratio - 1)
        return h - (log(ratio - 1) + log(sparse)) / slope

    h = lax.fori_loop(0, NEWTON, nearer, h)  # as a loop: written out, it is compiled thrice
    return jnp.where(k < DENSE, h, rough)


def count_noise(normal: ArrayLike, lam: ArrayLike, phi: ArrayLike) -> Numbers:
    """Return a continuous count >= 0 with mean lam and variance lam + phi lam^2 (approximation).

    normal: standard normal draws; lam >= 0 and phi >= 0; shapes broadcast. lam = 0 gives 0. Not
    cut to the stock: the ledger rations. Source: wilson1931; holds for and limits in the card.
    """
    lam = jnp.asarray(lam, float)
    k = jnp.maximum(safe_div(lam, 1.0 + phi * lam), SPARSE)
    h = _shift(k)
    cube = jnp.maximum(h + normal, 0.0) ** 3
    return lam * cube / _cut_moments(h)[3]


def negbin(rng: np.random.Generator, lam: np.ndarray, phi: float | np.ndarray) -> np.ndarray:
    """Return exact negative-binomial counts (integers) with the shape of lam, for the slow twin.

    lam >= 0, phi >= 0 broadcast; phi = 0 is Poisson. Raises KautilyaError if either is negative
    or not finite. Source: cameron1998 (NB2), as a gamma mixture of Poisson counts.
    """
    lam, phi = np.broadcast_arrays(np.asarray(lam, float), np.asarray(phi, float))
    if not (np.all(np.isfinite(lam + phi)) and np.all(lam >= 0) and np.all(phi >= 0)):
        raise KautilyaError(
            "negbin(lam, phi)",
            "a negative or non-finite mean or dispersion",
            "give finite lam >= 0 and phi >= 0",
        )
    mixed = rng.gamma(1.0 / np.where(phi > 0, phi, 1.0), np.where(phi > 0, phi, 1.0)) * lam
    return rng.poisson(np.where(phi > 0, mixed, lam))
