"""Published numbers on delays, scores, luck and the sensitivity of outcomes."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry_2x32

import kautilya.core  # noqa: F401  (turns on float64)
from kautilya.mechanisms.formulas import erlang
from kautilya.validation import skill

Found = dict[str, float]
LUCK = {"zeros": ((0, 0), (0, 0)), "ones": ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2),
        "pi": ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3))}


def delays() -> Found:
    """Step response of a pipeline, in closed form and stage by stage."""
    out = {f"delays.{n}.{ratio:g}": float(erlang.step_response(n, 1.0, ratio))
           for n, ratio in ((1, 1.0), (2, 0.25), (3, 1.0), (3, 2.0))}
    matrix, content = erlang.transition(3, 12.0, 1.0), jnp.array([1.0, 0.0, 0.0])
    done = 0.0
    for _ in range(12):
        content, more = erlang.advance(content, matrix)
        done += float(more)
    return out | {"delays.stages": done}


def _normal(mu: float, sd: float, y: float) -> float:
    return float(skill.crps_normal(np.array(mu), np.array(sd), np.array(y)))


def scores() -> Found:
    """The continuous ranked probability score."""
    three = np.array([-1.0, 0.0, 1.0])
    return {"scores.normal.0": _normal(0.0, 1.0, 0.0),
            "scores.normal.1": _normal(0.0, 1.0, 1.0),
            "scores.normal.2": _normal(0.0, 1.0, 2.0),
            "scores.shifted": _normal(1.0, 2.0, 0.0),
            "scores.ensemble.plain": float(skill.crps_draws(three, np.array(0.0), fair=False)),
            "scores.ensemble.fair": float(skill.crps_draws(three, np.array(0.0)))}


def luck() -> Found:
    """The generator behind every draw: known answers of threefry with twenty rounds."""
    out: Found = {}
    for name, (key, counter) in LUCK.items():
        words = threefry_2x32(jnp.array(key, jnp.uint32), jnp.array(counter, jnp.uint32))
        out |= {f"luck.{name}.{k}": float(int(word)) for k, word in enumerate(words)}
    return out
