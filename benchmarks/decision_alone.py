"""The supply decision of the flagship compiled alone, in the surroundings of recorded futures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import recorded_future  # noqa: F401  (puts the tests on the path)
from support.twins.recorded import flagship, given

from kautilya.core import loop
from kautilya.core.law import View
from kautilya.runs.chunk import OPTIONS

LAWS = ("politics", "spare", "terms", "secondary_sanctions", "choice")
OWN = ("politics", "spare", "relief", "deal_gain", "sanction_cost", "patron_cost")
KEPT = ("taste", "spare")
MARCH = (
    "need",
    "gap",
    "food_gap",
    "treaty_gain",
    "markup",
    "ideal_shift",
    "buyer_shift",
    "affinity",
)  # as at the end of the month before
NOW = ("recorded", "route_limit")


def decider(width: int, seed: int = 11) -> tuple[Callable[[], Any], np.ndarray, np.ndarray]:
    """A call that decides for `width` futures and all months; its answer, and the whole loop's."""
    made, whole = flagship()
    fed = given(made, seed, range(width), (), ())
    seen = {k: jnp.asarray(v) for k, v in whole(fed).outcomes["var"].items()}
    stock = jnp.asarray(whole(fed).outcomes["stock"])
    model, fed = made.model, jax.tree.map(jnp.asarray, fed)
    started = loop.starting(model, loop._fixed(model, fed), width)
    before = {k: jnp.concatenate([started[k][None], seen[k][:-1]]) for k in MARCH}
    stocks = jnp.concatenate([loop._opening(model, fed)[None], stock[:-1]])
    around = before | {k: seen[k] for k in NOW}
    months = jnp.arange(len(model.world.months), dtype=jnp.uint32)
    paths = (fed.record, fed.low, fed.high, fed.weight, fed.scale, fed.shift)

    def run(fed: Any, around: Any, stocks: Any) -> Any:
        fixed = loop._fixed(model, fed)
        laws = {law.name: (law, built) for law, built in zip(model.laws, model.built, strict=True)}

        def step(kept: Any, now: Any) -> Any:
            month, (record, low, high, weight, scale, shift), var, stock = now
            at = fed.anchors[low] * (1.0 - weight)[:, None] + fed.anchors[high] * weight[:, None]
            path = at * scale[:, None] + shift[:, None]
            var = dict(var) | {k: kept[k] for k in KEPT}
            out: dict[str, Any] = {}
            for name in LAWS:
                law, built = laws[name]
                if law.phase == "decide":
                    var |= out
                param = dict(fixed[name]) | {
                    p.name: loop._cut(model, law, p.name, path) for p in law.params if p.path
                }
                luck = {d.name: fixed[name][d.name] for d in law.draws}
                out |= law.step(View(month, record, stock, var, param, luck, {}, {}, built.data))
            return {k: out[k] for k in KEPT}, (out["willing"], out["expected_supply"])

        kept = {k: loop.starting(model, fixed, width)[k] for k in KEPT}
        return jax.lax.scan(step, kept, (months, paths, around, stocks))[1]

    call = jax.jit(run, compiler_options=OPTIONS)
    answer = np.asarray(call(fed, around, stocks)[0])
    return (
        lambda: jax.block_until_ready(call(fed, around, stocks)),
        answer,
        np.asarray(seen["willing"]),
    )
