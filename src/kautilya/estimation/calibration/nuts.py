"""Draws from the posterior by the no-U-turn sampler (hoffman2014), in blocks of iterations.

One compiled block serves every set of observations of the same shape, so that hundreds of
synthetic wars cost one compilation. Chains run one after another: one core or two, same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from numpyro.infer.hmc import HMCState

BLOCK = 25  # iterations between two signs of life
ACCEPT = 0.85
Progress = Callable[[int, int], None]
Seen = tuple[jax.Array | np.ndarray, ...]  # the arguments of a model: what was observed
Unknowns = dict[str, jax.Array]  # standard normals by site


class Sampling(NamedTuple):
    """How long to sample; iterations in whole blocks."""

    warmup: int = 500
    draws: int = 500
    chains: int = 2
    seed: int = 0
    depth: int = 7


class Block(NamedTuple):
    """Draws of one block of one chain [BLOCK, ...]: unknowns, whether each diverged, its steps."""

    z: Unknowns
    diverging: jax.Array
    steps: jax.Array


class Drawn(NamedTuple):
    """Standard normals by site [chains, draws, ...]; whether each draw diverged; its steps."""

    z: dict[str, np.ndarray]
    diverging: np.ndarray
    steps: np.ndarray


def quiet(done: int, total: int) -> None:
    """Progress that nobody watches."""


class Sampler:
    """NUTS on one model and one shape of observations.

    joint   a NumPyro model whose unknowns are standard normals; its arguments are what was seen
    sizes   shape of each unknown
    near    where chains start, with a small scatter; None = the middle of the prior
    """

    def __init__(
        self,
        joint: Callable[..., None],
        sizes: dict[str, tuple[int, ...]],
        how: Sampling,
        near: dict[str, np.ndarray] | None = None,
    ) -> None:
        from numpyro.infer.hmc import hmc
        from numpyro.infer.util import log_density

        def potential(*values: jax.Array) -> Callable[[Unknowns], jax.Array]:
            return lambda z: -log_density(joint, values, {}, z)[0]

        begin, step = hmc(potential_fn_gen=potential, algo="NUTS")
        self.how, self.sizes = how, sizes

        def start(key: jax.Array, values: Seen) -> HMCState:
            jitter = {
                name: 0.1 * jax.random.normal(jax.random.fold_in(key, i), shape)
                for i, (name, shape) in enumerate(sizes.items())
            }
            if near is not None:
                jitter = {name: jnp.asarray(near[name]) + one for name, one in jitter.items()}
            return begin(
                jitter,
                num_warmup=how.warmup,
                step_size=0.1,
                rng_key=key,
                target_accept_prob=ACCEPT,
                max_tree_depth=how.depth,
                model_args=values,
            )

        def block(state: HMCState, values: Seen) -> tuple[HMCState, Block]:
            def one(now: HMCState, _: None) -> tuple[HMCState, Block]:
                after = step(now, model_args=values)
                return after, Block(after.z, after.diverging, after.num_steps)

            return jax.lax.scan(one, state, None, length=BLOCK)

        self.start, self.block = jax.jit(start), jax.jit(block)

    def run(self, values: Seen, seed: int, progress: Progress = quiet) -> Drawn:
        """Chains of draws given values of pictures, claims and published figures."""
        how = self.how
        blocks = (how.warmup // BLOCK, how.draws // BLOCK)
        kept: list[list[Block]] = []
        for chain in range(how.chains):
            key = jax.random.fold_in(jax.random.key(seed), chain)
            state, out = self.start(key, values), []
            for i in range(sum(blocks)):
                state, found = self.block(state, values)
                if i >= blocks[0]:
                    out.append(jax.device_get(found))
                progress(chain * sum(blocks) + i + 1, how.chains * sum(blocks))
            kept.append(out)
        return _joined(kept, self.sizes)


def _joined(kept: list[list[Block]], names: Iterable[str]) -> Drawn:
    """The blocks of each chain behind one another, the chains side by side."""
    chains = [jax.tree.map(lambda *parts: np.concatenate(parts), *blocks) for blocks in kept]
    z = {}
    for name in names:
        z[name] = np.stack([chain.z[name] for chain in chains])
    return Drawn(
        z,
        np.stack([chain.diverging for chain in chains]),
        np.stack([chain.steps for chain in chains]),
    )


def prior_draw(
    sizes: dict[str, tuple[int, ...]], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """One draw of every unknown, as standard normals."""
    return {name: rng.standard_normal(shape) for name, shape in sizes.items()}


def ones(z: dict[str, np.ndarray]) -> Unknowns:
    """A single war as an array with a last axis."""
    return {name: jnp.asarray(value)[..., None] for name, value in z.items()}
