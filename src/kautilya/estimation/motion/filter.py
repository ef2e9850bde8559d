r"""Level, growth and transient of many series at once: likelihood, and draws of their path.

    z_kt = l_kt + u_kt + e_kt                            e ~ normal(0, noise_kt)
    l_kt = l_k,t-1 + b_k,t-1 + normal(0, level_kt)       level
    b_kt = phi_k b_k,t-1 + normal(0, s_k^2 (1 - phi_k^2))   growth a month, returns to 0
    u_kt = r_k u_k,t-1 + normal(0, v_k^2 (1 - r_k^2))       transient

The Kalman filter of three states (kalman1960), written out by its six covariances so that series
lie side by side; the path by the simulation smoother of durbin2002, which needs no inverse.
Months are the first axis, series the last; a month that is not known has `known` 0.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

Rows = jax.Array  # [series]
Months = jax.Array  # [months, series]
START = 3.0  # sd of the first level around the mean of what is known


class Sizes(NamedTuple):
    """Sizes of each series [series]: sd of level, noise, growth and transient; persistences."""

    level: Rows
    noise: Rows
    growth: Rows
    damping: Rows
    transient: Rows
    fading: Rows


class Given(NamedTuple):
    """What is filtered [months, series]: values less what others explain, and variances.

    middle   mean of the known values [series]
    """

    z: Months
    known: Months
    noise: Months
    level: Months
    middle: Rows


class Path(NamedTuple):
    """States [months, series]."""

    level: Months
    growth: Months
    transient: Months


class _Mean(NamedTuple):
    level: Rows
    growth: Rows
    transient: Rows


class _Spread(NamedTuple):
    ll: Rows
    lb: Rows
    lu: Rows
    bb: Rows
    bu: Rows
    uu: Rows


class _Step(NamedTuple):
    mean: _Mean
    spread: _Spread
    gain: _Mean
    miss: Rows  # what was not foreseen, over its variance; 0 where nothing is known
    known: Rows
    log: Rows  # logarithm of its density


def _begin(sizes: Sizes, middle: Rows) -> tuple[_Mean, _Spread]:
    none = jnp.zeros_like(middle)
    wide = none + START**2
    return _Mean(middle, none, none), _Spread(
        wide, none, none, sizes.growth**2, none, sizes.transient**2
    )


def _corrected(
    mean: _Mean, p: _Spread, z: Rows, known: Rows, noise: Rows
) -> tuple[_Mean, _Spread, _Step]:
    miss = z - mean.level - mean.transient
    wide = p.ll + 2.0 * p.lu + p.uu + noise
    gain = _Mean(
        (p.ll + p.lu) / wide * known, (p.lb + p.bu) / wide * known, (p.lu + p.uu) / wide * known
    )
    a, b, c = gain
    after = _Spread(
        p.ll - a * a * wide,
        p.lb - a * b * wide,
        p.lu - a * c * wide,
        p.bb - b * b * wide,
        p.bu - b * c * wide,
        p.uu - c * c * wide,
    )
    log = -0.5 * known * (miss**2 / wide + jnp.log(2.0 * jnp.pi * wide))
    moved = _Mean(mean.level + a * miss, mean.growth + b * miss, mean.transient + c * miss)
    return moved, after, _Step(mean, p, gain, known * miss / wide, known, log)


def _ahead(mean: _Mean, p: _Spread, sizes: Sizes, level: Rows) -> tuple[_Mean, _Spread]:
    f, r = sizes.damping, sizes.fading
    return _Mean(mean.level + mean.growth, f * mean.growth, r * mean.transient), _Spread(
        p.ll + 2.0 * p.lb + p.bb + level,
        f * (p.lb + p.bb),
        r * (p.lu + p.bu),
        f * f * p.bb + sizes.growth**2 * (1.0 - f * f),
        f * r * p.bu,
        r * r * p.uu + sizes.transient**2 * (1.0 - r * r),
    )


def _filtered(sizes: Sizes, given: Given) -> _Step:
    def month(
        carry: tuple[_Mean, _Spread], now: tuple[Rows, Rows, Rows, Rows]
    ) -> tuple[tuple[_Mean, _Spread], _Step]:
        z, known, noise, level = now
        mean, spread, step = _corrected(*carry, z, known, noise)
        return _ahead(mean, spread, sizes, level), step

    # the variance of a level's step stands at the month that it leads to
    onward = jnp.concatenate([given.level[1:], given.level[-1:]])
    _, steps = jax.lax.scan(
        month, _begin(sizes, given.middle), (given.z, given.known, given.noise, onward)
    )
    return steps


def log_likelihood(sizes: Sizes, given: Given) -> Rows:
    """Logarithm of the density of what is known, by series."""
    return _filtered(sizes, given).log.sum(axis=0)


def smoothed(sizes: Sizes, given: Given) -> Path:
    """Mean of the states given all that is known."""
    steps = _filtered(sizes, given)

    def back(r: _Mean, step: _Step) -> tuple[_Mean, _Mean]:
        pulled = _Mean(r.level, r.level + sizes.damping * r.growth, sizes.fading * r.transient)
        told = sum(g * p for g, p in zip(step.gain, pulled, strict=True))
        seen = step.miss - told * step.known
        now = _Mean(pulled.level + seen, pulled.growth, pulled.transient + seen)
        return now, now

    none = jnp.zeros_like(given.middle)
    _, r = jax.lax.scan(back, _Mean(none, none, none), steps, reverse=True)
    m, p = steps.mean, steps.spread
    return Path(
        m.level + p.ll * r.level + p.lb * r.growth + p.lu * r.transient,
        m.growth + p.lb * r.level + p.bb * r.growth + p.bu * r.transient,
        m.transient + p.lu * r.level + p.bu * r.growth + p.uu * r.transient,
    )


def simulated(sizes: Sizes, given: Given, luck: jax.Array) -> tuple[Path, Months]:
    """A path and its values from standard normals [4, months, series]; the level starts at 0."""
    growth, transient = (
        _autoregression(part, size, n)
        for part, size, n in (
            (sizes.damping, sizes.growth, luck[1]),
            (sizes.fading, sizes.transient, luck[2]),
        )
    )
    step = jnp.sqrt(given.level) * luck[0] + jnp.concatenate([0.0 * growth[:1], growth[:-1]])
    level = jnp.cumsum(step.at[0].set(START * luck[0][0]), axis=0)
    return Path(level, growth, transient), level + transient + jnp.sqrt(given.noise) * luck[3]


def _autoregression(part: Rows, size: Rows, luck: Months) -> Months:
    def month(before: Rows, n: Rows) -> tuple[Rows, Rows]:
        now = part * before + size * jnp.sqrt(1.0 - part**2) * n
        return now, now

    first = size * luck[0]
    _, rest = jax.lax.scan(month, first, luck[1:])
    return jnp.concatenate([first[None], rest])


def drawn(sizes: Sizes, given: Given, luck: jax.Array) -> Path:
    """A draw of the path given what is known; luck: standard normals [4, months, series]."""
    path, z = simulated(sizes, given, luck)
    found = smoothed(sizes, given._replace(z=given.z - z))
    return Path(*(a + b for a, b in zip(path, found, strict=True)))
