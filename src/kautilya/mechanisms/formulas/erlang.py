r"""Pipelines with a delay: n stages in a row, each left at the rate n / L.

    P(j stages passed in dt) = mu^j exp(-mu) / j!,   mu = n dt / L;   the last stage absorbs
    share of an order that is out at t = P(n, n t / L)               (regularised lower gamma)

    n  stages [1]      L  mean delay [time]      dt  step [time]

Source: sterman2000, ch. 11; the transition is the Poisson law of the jumps.
Holds for: orders that neither jump the queue nor are lost; any n dt / L, also above 1, where
explicit stages would go negative.
Breaks when: L changes inside a step, or capacity binds (the delay then depends on the load).

futures lie on the last axis. The functions run inside compiled code and raise nothing.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax.scipy.special import gammainc
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from kautilya.mechanisms.formulas.smooth import Numbers, safe_div


def jump_probabilities(n: int, delay: ArrayLike, dt: ArrayLike) -> Float[Array, "jumps ..."]:
    """Return the probabilities [n + 1, ...] of passing 0 ... n-1 stages, and n or more, in dt.

    delay [...] > 0 and dt in one unit of time. Sums to one. Source: Poisson law.
    """
    mean = n * jnp.asarray(dt, float) / jnp.asarray(delay)
    terms = [jnp.exp(-mean)]
    for j in range(1, n):
        terms.append(terms[-1] * mean / j)
    passed = jnp.stack(terms)
    return jnp.concatenate([passed, _rest(passed)])


def entry_probabilities(n: int, delay: ArrayLike, dt: ArrayLike) -> Float[Array, "jumps ..."]:
    """Return where [n + 1, ...] an order stands at the end of the step in which it came in.

    As `jump_probabilities`, for orders that come in evenly over dt: the mean over the moment of
    entry, P(j) = P(j + 1, mu) / mu. Source: Poisson law, integrated over the step.
    """
    mean = n * jnp.asarray(dt, float) / jnp.asarray(delay)
    passed = jnp.stack(
        [safe_div(gammainc(j + 1.0, mean), mean, 1.0 if j == 0 else 0.0) for j in range(n)]
    )
    return jnp.concatenate([passed, _rest(passed)])


def _rest(passed: Float[Array, "stages ..."]) -> Float[Array, "one ..."]:
    """Return what is missing to one, as a row."""
    return jnp.maximum(1.0 - jnp.sum(passed, axis=0, keepdims=True), 0.0)


def transition(n: int, delay: ArrayLike, dt: ArrayLike) -> Float[Array, "into out_of ..."]:
    """Return the matrix [n + 1, n + 1, ...] from stage (second axis) to stage (first axis).

    The last stage is what has come out; each column sums to one, so nothing is lost. delay [...]
    and dt as in `jump_probabilities`. Source: Poisson law of the jumps, sterman2000.
    """
    jumps = jump_probabilities(n, delay, dt)
    nil = jnp.zeros_like(jumps[0])
    columns = []
    for source in range(n):
        passed = jumps[: n - source]
        columns.append(jnp.concatenate([*([nil[None]] * source), passed, _rest(passed)]))
    columns.append(jnp.stack([nil] * n + [jnp.ones_like(nil)]))
    return jnp.stack(columns, axis=1)


def advance(
    content: Float[Array, "stages ..."], matrix: Float[Array, "into out_of ..."]
) -> tuple[Float[Array, "stages ..."], Numbers]:
    """Return the stages [n, ...] after a step and the units [...] that came out of the last.

    content [n, ...] in units; matrix from `transition`. Content is conserved. Source: sterman2000.
    """
    moved = jnp.sum(matrix[:, : content.shape[0]] * content[None], axis=1)
    return moved[:-1], moved[-1]


def step_response(n: int, delay: ArrayLike, t: ArrayLike) -> Numbers:
    """Return the output at t of a unit step = the share out at t of a unit order at 0 [1].

    Shapes broadcast; delay and t in one unit of time. Source: sterman2000; P(n, n t / L).
    """
    return gammainc(float(n), n * jnp.asarray(t, float) / jnp.asarray(delay))


def delay_moments(n: int, delay: ArrayLike) -> tuple[Numbers, Numbers]:
    """Return mean L [time] and variance L^2 / n [time^2] of the delay. Source: sterman2000."""
    delay = jnp.asarray(delay, float)
    return delay, delay**2 / n
