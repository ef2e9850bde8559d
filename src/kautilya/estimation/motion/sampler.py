r"""Gibbs sampler of the process of the record: every size, state and shared factor, given what is known.

    z_kt = l_kt + u_kt + sum_f a_kf x_ft + e_kt,     x_ft = rho_f x_f,t-1 + sqrt(1 - rho_f^2) n

In turn: sizes of each series with its states integrated out (Metropolis, filter.py); all sizes of
a group moved together; states given sizes (durbin2002); scale mixtures of the heavy tails; each
factor and its loads; means and spreads of the sizes between and within groups. Chains run side by
side; everything has a fixed shape, so that another day compiles nothing anew. Proposals are tuned
in the first part, which is thrown away.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from kautilya.estimation.motion.filter import Given, Path, Sizes, drawn, log_likelihood

Array = jax.Array
BLOCKS = ((0, 1), (2, 3), (4, 5))  # sizes proposed together: level and noise, growth, transient
AIM = 0.3  # share of proposals that should be taken
SOLID = 1e-10


class Data(NamedTuple):
    """What is known and how series belong together; months first.

    z, known, poisson [T, K]: values, 1 where known, variance of the count itself
    group             [K, G], 1 where a series is of a group
    tail              [K]: degrees of freedom of noise and of steps of the level
    heavy             [F]: of steps of a factor
    load, spread      [F, K]: prior mean and sd of the loads; sd 0: does not load
    """

    z: Array
    known: Array
    poisson: Array
    group: Array
    tail: Array
    heavy: Array
    load: Array
    spread: Array


class Priors(NamedTuple):
    """Of the transformed sizes [6]: mean and sd of the common mean, sd between groups, and the
    spread within a group with its degrees of freedom; of the persistence of factors [F]."""

    mean: Array
    sd: Array
    between: Array
    within: Array
    freedom: Array
    rho: Array
    rho_sd: Array


class State(NamedTuple):
    """One point of a chain."""

    size: Array  # [K, 6], transformed
    group: Array  # [G, 6]
    common: Array  # [6]
    within: Array  # [6], variances
    level: Array  # [T, K]
    growth: Array
    transient: Array
    noise_mix: Array  # [T, K], scale of the tails
    level_mix: Array  # [T, K]
    factor: Array  # [T, F]
    factor_mix: Array  # [T, F]
    load: Array  # [F, K]
    rho: Array  # [F], logit
    step: Array  # [3, K], log steps of proposals
    move: Array  # [6, G]
    turn: Array  # [F]


class Kept(NamedTuple):
    """What is kept of a point: the state of the last month, and what carries it on."""

    level: Array
    growth: Array
    transient: Array
    factor: Array
    sizes: Array  # [6, K]: level, noise, growth, damping, transient, fading
    load: Array
    rho: Array
    mean: Array  # [6], mean of the transformed sizes over all series


def natural(size: Array) -> Sizes:
    """Sizes from [K, 6] logs and logits."""
    w, o, s, f, v, r = size.T
    return Sizes(jnp.exp(w), jnp.exp(o), jnp.exp(s), _share(f), jnp.exp(v), _share(r))


def _share(x: Array) -> Array:
    return jax.nn.sigmoid(jnp.clip(x, -8.0, 8.0))


def _given(data: Data, state: State, size: Array) -> Given:
    sizes = natural(size)
    z = (data.z - state.factor @ state.load) * data.known
    middle = (data.z * data.known).sum(axis=0) / jnp.maximum(data.known.sum(axis=0), 1.0)
    noise = sizes.noise**2 * state.noise_mix + data.poisson + SOLID
    return Given(z, data.known, noise, sizes.level**2 * state.level_mix, middle)


def _fit(data: Data, state: State, size: Array) -> Array:
    return log_likelihood(natural(size), _given(data, state, size))


def _own(state: State, data: Data, size: Array) -> Array:
    """Log prior of the sizes of each series [K]."""
    gap = size - data.group @ state.group
    return -0.5 * (gap**2 / state.within).sum(axis=1)


def _tuned(step: Array, taken: Array, rate: Array) -> Array:
    return step + rate * (taken - AIM)


def _sizes(
    data: Data, state: State, now: Array, key: Array, rate: Array, block: Array
) -> tuple[State, Array]:
    """Sizes of each series, one block of two; and the log likelihood, which was `now`."""
    keys = jax.random.split(jax.random.fold_in(key, block))
    width = (
        jnp.exp(state.step[block])[:, None]
        * jnp.asarray([[one in pair for one in range(6)] for pair in BLOCKS], float)[block]
    )
    tried = state.size + width * jax.random.normal(keys[0], state.size.shape)
    new = _fit(data, state, tried)
    odds = new + _own(state, data, tried) - now - _own(state, data, state.size)
    taken = jnp.log(jax.random.uniform(keys[1], odds.shape)) < odds
    size = jnp.where(taken[:, None], tried, state.size)
    step = state.step.at[block].set(
        _tuned(state.step[block], jnp.minimum(jnp.exp(odds), 1.0), rate)
    )
    return state._replace(size=size, step=step), jnp.where(taken, new, now)


def _groups(
    data: Data, priors: Priors, both: tuple[State, Array], key: Array, rate: Array, which: Array
) -> tuple[State, Array]:
    """One kind of size of all series of a group, and its mean, moved together."""
    state, now = both
    keys = jax.random.split(jax.random.fold_in(key, which))
    moved = jnp.exp(state.move[which]) * jax.random.normal(keys[0], state.move[which].shape)
    size = state.size.at[:, which].add(data.group @ moved)
    group = state.group.at[:, which].add(moved)
    new = _fit(data, state, size)
    odds = (new - now) @ data.group
    for sign, at in ((1.0, group), (-1.0, state.group)):
        odds -= sign * 0.5 * ((at - state.common) ** 2 / priors.between**2)[:, which]
    taken = jnp.log(jax.random.uniform(keys[1], odds.shape)) < odds
    taken_by = data.group @ taken.astype(float) > 0
    move = _tuned(state.move[which], jnp.minimum(jnp.exp(odds), 1.0), rate)
    state = state._replace(
        size=jnp.where(taken_by[:, None], size, state.size),
        group=jnp.where(taken[:, None], group, state.group),
        move=state.move.at[which].set(move),
    )
    return state, jnp.where(taken_by, new, now)


def _states(data: Data, state: State, key: Array) -> State:
    given = _given(data, state, state.size)
    luck = jax.random.normal(key, (4, *data.z.shape))
    path: Path = drawn(natural(state.size), given, luck)
    return state._replace(level=path.level, growth=path.growth, transient=path.transient)


def _mixed(key: Array, freedom: Array, square: Array) -> Array:
    """Scale of a Student t with 3 or 4 degrees of freedom, given a standardised square.

    Inverse gamma; a gamma of shape 2 or 5/2 is two exponentials, and half a squared normal.
    """
    keys = jax.random.split(key)
    two = -jnp.log(jax.random.uniform(keys[0], (2, *square.shape), minval=1e-300)).sum(axis=0)
    half = 0.5 * jax.random.normal(keys[1], square.shape) ** 2
    return (freedom + square) / 2.0 / (two + jnp.where(freedom > 3.5, half, 0.0))


def _tails(data: Data, state: State, key: Array) -> State:
    """Scales of the heavy tails of noise and of the level's steps; 1 where tails are normal."""
    keys = jax.random.split(key, 3)
    sizes = natural(state.size)
    left = data.z - state.level - state.transient - state.factor @ state.load
    own = sizes.noise**2 * state.noise_mix
    share = own / (own + data.poisson + SOLID) * data.known
    part = share * left + jnp.sqrt(own * (1.0 - share)) * jax.random.normal(keys[0], left.shape)
    noise = _mixed(keys[1], data.tail, part**2 / sizes.noise**2)
    step = state.level[1:] - state.level[:-1] - state.growth[:-1]
    square = jnp.concatenate([0.0 * step[:1] + 1.0, step**2 / sizes.level**2])
    level = _mixed(keys[2], data.tail, square)
    heavy = data.tail < 1e3
    return state._replace(
        noise_mix=jnp.where(heavy, noise, 1.0), level_mix=jnp.where(heavy, level, 1.0)
    )


def _factor(data: Data, state: State, key: Array, f: Array) -> State:
    """One factor's path, then its loads and the tails of its steps."""
    keys = jax.random.split(jax.random.fold_in(key, f), 3)
    sizes = natural(state.size)
    others = state.factor @ state.load - jnp.outer(state.factor[:, f], state.load[f])
    left = (data.z - state.level - state.transient - others) * data.known
    exact = data.known / (sizes.noise**2 * state.noise_mix + data.poisson + SOLID)
    rho = _share(state.rho[f])
    path = _scalar(
        keys[0],
        exact @ state.load[f] ** 2,
        (exact * left) @ state.load[f],
        rho,
        (1.0 - rho**2) * state.factor_mix[:, f],
    )
    loads = data.spread[f] > 0
    width = jnp.where(loads, data.spread[f], 1.0)
    precision = 1.0 / width**2 + path**2 @ exact
    mean = (data.load[f] / width**2 + path @ (exact * left)) / precision
    load = mean + jax.random.normal(keys[1], mean.shape) / jnp.sqrt(precision)
    step = (path[1:] - rho * path[:-1]) ** 2 / (1.0 - rho**2)
    mix = _mixed(keys[2], data.heavy[f], jnp.concatenate([jnp.ones(1), step]))
    mix = jnp.where(data.heavy[f] < 1e3, mix, 1.0)
    return state._replace(
        factor=state.factor.at[:, f].set(path),
        load=state.load.at[f].set(jnp.where(loads, load, 0.0)),
        factor_mix=state.factor_mix.at[:, f].set(mix),
    )


def _scalar(key: Array, precision: Array, pull: Array, rho: Array, variance: Array) -> Array:
    """A draw of a stationary first-order autoregression seen with precision and pull [T]."""

    def forward(
        carry: tuple[Array, Array], now: tuple[Array, ...]
    ) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
        mean, wide = carry
        exact, told, onward = now
        wide = 1.0 / (1.0 / wide + exact)
        mean = wide * (mean / carry[1] + told)
        return (rho * mean, rho**2 * wide + onward), (mean, wide, onward)

    onward = jnp.concatenate([variance[1:], variance[-1:]])
    _, kept = jax.lax.scan(forward, (jnp.zeros(()), jnp.ones(())), (precision, pull, onward))
    luck = jax.random.normal(key, precision.shape)

    def back(
        carry: tuple[Array, Array], now: tuple[Array, ...]
    ) -> tuple[tuple[Array, Array], Array]:
        after, last = carry
        mean, wide, onward, n = now
        gain = wide * rho / (rho**2 * wide + onward) * (1.0 - last)
        x = mean + gain * (after - rho * mean) + jnp.sqrt(wide * (1.0 - gain * rho)) * n
        return (x, jnp.zeros(())), x

    _, path = jax.lax.scan(back, (jnp.zeros(()), jnp.ones(())), (*kept, luck), reverse=True)
    return path


def _persistence(priors: Priors, state: State, key: Array, rate: Array) -> State:
    keys = jax.random.split(key)

    def fit(rho: Array) -> Array:
        part = _share(rho)
        wide = (1.0 - part**2) * state.factor_mix[1:]
        step = state.factor[1:] - part * state.factor[:-1]
        prior = -0.5 * ((rho - priors.rho) / priors.rho_sd) ** 2
        return prior - 0.5 * (step**2 / wide + jnp.log(wide)).sum(axis=0)

    tried = state.rho + jnp.exp(state.turn) * jax.random.normal(keys[0], state.rho.shape)
    odds = fit(tried) - fit(state.rho)
    taken = jnp.log(jax.random.uniform(keys[1], odds.shape)) < odds
    turn = _tuned(state.turn, jnp.minimum(jnp.exp(odds), 1.0), rate)
    return state._replace(rho=jnp.where(taken, tried, state.rho), turn=turn)


def _pooled(data: Data, priors: Priors, state: State, key: Array) -> State:
    """Means of groups, the common mean, and the spread within groups."""
    keys = jax.random.split(key, 3)
    members = data.group.sum(axis=0)[:, None]
    exact = 1.0 / priors.between**2 + members / state.within
    mean = state.common / priors.between**2 + data.group.T @ state.size / state.within
    group = (mean + jnp.sqrt(exact) * jax.random.normal(keys[0], mean.shape)) / exact
    here = members > 0
    exact = 1.0 / priors.sd**2 + here.sum() / priors.between**2
    mean = priors.mean / priors.sd**2 + (here * group).sum(axis=0) / priors.between**2
    common = (mean + jnp.sqrt(exact) * jax.random.normal(keys[1], mean.shape)) / exact
    gap = ((state.size - data.group @ group) ** 2).sum(axis=0)
    shape = (priors.freedom + data.group.sum()) / 2.0
    rate = (priors.freedom * priors.within**2 + gap) / 2.0
    within = rate / jax.random.gamma(keys[2], jnp.broadcast_to(shape, rate.shape))
    return state._replace(group=group, common=common, within=within)


def _sweep(data: Data, priors: Priors, state: State, key: Array, at: Array, rate: Array) -> State:
    keys = jax.random.split(key, 7)
    both = state, _fit(data, state, state.size)
    both, _ = jax.lax.scan(
        lambda one, block: (_sizes(data, *one, keys[0], rate, block), None),
        both,
        jnp.arange(len(BLOCKS)),
    )
    (state, _), _ = jax.lax.scan(
        lambda one, which: (_groups(data, priors, one, keys[1], rate, which), None),
        both,
        jnp.arange(6),
    )
    state = _states(data, state, keys[2])
    state = _tails(data, state, keys[3])
    state, _ = jax.lax.scan(
        lambda one, f: (_factor(data, one, keys[6], f), None),
        state,
        jnp.arange(data.load.shape[0]),
    )
    state = _persistence(priors, state, keys[4], rate)
    return _pooled(data, priors, state, keys[5])


def _start(data: Data, priors: Priors, key: Array) -> State:
    (months, series), factors = data.z.shape, data.load.shape[0]
    groups = data.group.shape[1]
    luck = jax.random.normal(key, (groups, 6))
    group = priors.mean + 0.5 * priors.sd * luck
    none, ones = jnp.zeros((months, series)), jnp.ones((months, series))
    return State(
        data.group @ group,
        group,
        priors.mean,
        priors.within**2,
        none,
        none,
        none,
        ones,
        ones,
        jnp.zeros((months, factors)),
        jnp.ones((months, factors)),
        data.load,
        priors.rho,
        jnp.full((len(BLOCKS), series), jnp.log(0.5)),
        jnp.full((6, groups), jnp.log(0.3)),
        jnp.full(factors, jnp.log(0.5)),
    )


class Length(NamedTuple):
    """How long the chains are: how many, sweeps thrown away, draws of each, sweeps between."""

    chains: int = 4
    burn: int = 1000
    draws: int = 256
    thin: int = 8


@partial(jax.jit, static_argnames=("length",))
def sample(data: Data, priors: Priors, seed: Array, length: Length) -> Kept:
    """Draws [chains, draws, ...] of what carries the record on; seed: a key of jax.random."""
    burn, thin = length.burn, length.thin

    skipped = -(-burn // thin)

    def chain(key: Array) -> Kept:
        first, key = jax.random.split(key)

        def sweep(state: State, at: Array) -> tuple[State, None]:
            rate = jnp.where(at < skipped * thin, 1.0 / jnp.sqrt(1.0 + at / 10.0), 0.0)
            return _sweep(data, priors, state, jax.random.fold_in(key, at), at, rate), None

        def keep(state: State, at: Array) -> tuple[State, Kept]:
            state, _ = jax.lax.scan(sweep, state, at * thin + jnp.arange(thin))
            return state, Kept(
                state.level[-1],
                state.growth[-1],
                state.transient[-1],
                state.factor[-1],
                jnp.stack(natural(state.size)),
                state.load,
                _share(state.rho),
                state.size.mean(axis=0),
            )

        blocks = jnp.arange(skipped + length.draws)
        return jax.lax.scan(keep, _start(data, priors, first), blocks)[1]

    found = jax.vmap(chain)(jax.random.split(seed, length.chains))
    return jax.tree.map(lambda one: one[:, skipped:], found)
