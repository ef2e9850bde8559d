"""Luck has a name: every draw is keyed by seed, future, month and a stream.

A stream is the hash of law, draw and labels, so that draws do not depend on the number of
futures, on workers, on the order of actors, or on which other law is switched on. The
generator is threefry-2x32 (salmon2011): counter (stream, future), key (seed, month).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry_2x32

from kautilya.core.numerics import log, ndtri

START = 0xFFFFFFFF  # the "month" of draws made once a future
PARAMETERS = 0xFFFFFFFE  # the "month" of the draws of uncertain figures


def stream(*names: str) -> int:
    """A 32-bit stream number from names."""
    text = "\x1f".join(names).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "little")


def streams(keys: Sequence[tuple[str, ...]]) -> np.ndarray:
    """Stream numbers, checked to be distinct; ValueError on a collision."""
    ids = np.array([stream(*key) for key in keys], dtype=np.uint32)
    values, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        twice = [keys[int(i)] for i in np.flatnonzero(ids == values[counts > 1][0])]
        raise ValueError(f"draws share a stream; rename one of {twice}")
    return ids


def bits(
    seed: jax.Array, month: jax.Array, ids: jax.Array, futures: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Two words of 32 random bits each, [draws, futures].

    seed    uint32[2]      month  uint32 scalar
    ids     uint32[draws]  futures uint32[F], numbers of the futures
    """
    return keyed(key(seed, month), ids, futures)


def key(seed: jax.Array, month: jax.Array) -> jax.Array:
    """The key of the draws of a month uint32[2]."""
    return threefry_2x32(seed, jnp.stack([month, jnp.uint32(0x4B415554)]))


def keyed(key: jax.Array, ids: jax.Array, futures: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The words of `bits`, of a key."""
    shape = (ids.shape[0], futures.shape[0])
    high = jnp.broadcast_to(ids[:, None], shape).ravel()
    low = jnp.broadcast_to(futures[None, :], shape).ravel()
    words = threefry_2x32(key, jnp.concatenate([high, low]))
    return words[: high.size].reshape(shape), words[high.size :].reshape(shape)


def uniform(words: tuple[jax.Array, jax.Array]) -> jax.Array:
    """Uniform on the open interval (0, 1), 52 bits."""
    high, low = (w.astype(jnp.float64) for w in (words[0], words[1] >> 12))
    return (high * 2.0**20 + low + 0.5) * 2.0**-52


def shaped(kind: str, u: jax.Array) -> jax.Array:
    """A uniform draw turned into the declared distribution."""
    if kind == "uniform":
        return u
    if kind == "normal":
        return ndtri(u)
    if kind == "logistic":
        return log(u) - log(1.0 - u)  # 1 - u is exact: u has 53 bits after the point
    if kind == "exponential":
        return -log(1.0 - u)
    raise ValueError(f"unknown kind of draw {kind!r}")


def seed_words(seed: int) -> np.ndarray:
    """A seed of up to 64 bits as uint32[2]; seed 0 is a seed."""
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed {seed} is outside 0 .. 2^64-1")
    return np.array([seed >> 32, seed & 0xFFFFFFFF], dtype=np.uint32)
