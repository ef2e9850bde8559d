"""The month loop: observe, decide, flow, settle, update, check; this order stands only here.

    observe   events, signals, beliefs            decide  votes, sanctions, who supplies whom
    flow      amounts on routes -> settled once   update  variables from what was paid
    check     each good adds up; every number is finite

Decisions use what stood at the end of the month before. Futures are the last axis; a tile
has a fixed width, which is part of the version: the same future gives the same bits whatever
the number of futures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.core.emit import Emitter, collect, emit
from kautilya.core.law import Law, View
from kautilya.core.ledger import residual, settle, totals
from kautilya.core.luck import START, bits, shaped, uniform
from kautilya.core.model import Model

TILE = 64


class Inputs(NamedTuple):
    """Everything that may differ between runs of one model; all of it is data.

    seed uint32[2]; futures uint32[F]; plain [P, F]; anchors [A, F]
    low, high int32[T, paths], weight [T, paths]: path = anchors[low] (1-w) + anchors[high] w,
    then * scale + shift [T, paths]; series [T, S]; record [T]
    """

    seed: Any
    futures: Any
    plain: Any
    anchors: Any
    low: Any
    high: Any
    weight: Any
    scale: Any
    shift: Any
    series: Any
    record: Any


class Results(NamedTuple):
    """What a tile returns: outcomes by id, and per future the largest residual and status."""

    outcomes: Mapping[str, jax.Array]  # [periods, *dims, F], float32
    residual: jax.Array  # [F]
    finite: jax.Array  # bool [F]
    closing: Any = None  # stocks after the last month [rows, F], float64, where asked for


def simulator(model: Model, emitter: Emitter) -> Callable[[Inputs], Results]:
    """A pure function of `Inputs`; compile it with jax.jit."""

    def run(inputs: Inputs) -> Results:
        fixed = _fixed(model, inputs)
        stock = _opening(model, inputs)
        opening, _ = totals(model.plan, stock)
        months = jnp.arange(len(model.world.months), dtype=jnp.uint32)
        series = (months, inputs.record, inputs.low, inputs.high, inputs.weight,
                  inputs.scale, inputs.shift, inputs.series)

        def step(carry: Any, now: Any) -> Any:
            stock, kept, worst = carry
            stock, var, paid = _month(model, inputs, fixed, now, (stock, kept))
            worst = jnp.maximum(worst, residual(model.plan, stock, opening))
            kept = {name: var[name] for name in kept}
            return (stock, kept, worst), emit(emitter, stock, var, paid)

        kept = _start(model, fixed, inputs.futures.shape[0])
        first = (stock, kept, jnp.zeros(inputs.futures.shape[0]))
        (stock, kept, worst), out = jax.lax.scan(step, first, series)
        finite = jnp.isfinite(worst)
        for value in kept.values():
            finite &= jnp.all(jnp.isfinite(value.reshape(-1, value.shape[-1])), axis=0)
        return Results(collect(emitter, out), worst, finite, stock if emitter.closing else None)

    return run


def _opening(model: Model, inputs: Inputs) -> jax.Array:
    rows = np.flatnonzero(model.world.limited)
    futures = inputs.futures.shape[0]
    stock = jnp.zeros((model.plan.rows, futures))
    return stock.at[rows].set(inputs.plain[: len(rows)])


def _fixed(model: Model, inputs: Inputs) -> dict[str, dict[str, jax.Array]]:
    """Parameters that do not change and the luck drawn once a future, by law."""
    words = bits(inputs.seed, jnp.uint32(START), jnp.asarray(model.layout.start), inputs.futures)
    once = _luck(model, "start", uniform(words))
    out: dict[str, dict[str, jax.Array]] = {}
    for law in model.laws:
        out[law.name] = {p.name: _cut(model, law, p.name, inputs.plain)
                         for p in law.params if not p.path}
        out[law.name] |= {d.name: _cut(model, law, d.name, once)
                          for d in law.draws if d.when == "start"}
    return out


def _luck(model: Model, when: str, u: jax.Array) -> jax.Array:
    parts = [shaped(kind, u[a:b]) for kind, a, b in model.layout.kinds[when]]
    return jnp.concatenate(parts) if parts else u


def _cut(model: Model, law: Law, name: str, flat: jax.Array) -> jax.Array:
    slot = model.layout.slots[law.name, name]
    return flat[slot.start: slot.stop].reshape(*slot.shape, *flat.shape[1:])


def _start(model: Model, fixed: Mapping[str, Mapping[str, jax.Array]], futures: int
           ) -> dict[str, jax.Array]:
    """Variables carried from month to month, at their starting values."""
    kept = {}
    for law in model.laws:
        for var in law.writes:
            if var.start is None:
                continue
            shape = (*model.world.shape(var.dims), futures)
            value = fixed[law.name][var.start] if isinstance(var.start, str) else var.start
            kept[var.name] = jnp.broadcast_to(value, shape).astype(jnp.float64)
    return kept


def _month(model: Model, inputs: Inputs, fixed: Any, now: Any, state: Any) -> Any:
    """One month: the phases in their order."""
    month, record, low, high, weight, scale, shift, series = now
    stock, var = state[0], dict(state[1])
    u = uniform(bits(inputs.seed, month, jnp.asarray(model.layout.monthly), inputs.futures))
    luck = _luck(model, "month", u)
    at = inputs.anchors[low] * (1.0 - weight)[:, None] + inputs.anchors[high] * weight[:, None]
    path = at * scale[:, None] + shift[:, None]
    paid: dict[str, jax.Array] = {}

    def view(law: Law, data: Any) -> View:
        param = dict(fixed[law.name])
        param |= {p.name: _cut(model, law, p.name, path) for p in law.params if p.path}
        drawn = {d.name: _cut(model, law, d.name, luck) for d in law.draws if d.when == "month"}
        drawn |= {d.name: fixed[law.name][d.name] for d in law.draws if d.when == "start"}
        rows = {s.name: _cut(model, law, s.name, series[:, None]) for s in law.series}
        names = (*law.reads, *law.reads_if, *(w.name for w in law.writes))
        seen = {name: var[name] for name in names if name in var}
        flows = {name[5:]: paid[name[5:]] for name in law.reads if name.startswith("flow:")}
        return View(month, record, stock, seen, param, drawn, rows, flows, data)

    for phase in ("observe", "decide", "flow", "update"):
        returned = {law.name: law.step(view(law, built.data))
                    for law, built in zip(model.laws, model.built, strict=True)
                    if law.phase == phase}
        if phase == "flow":
            stock, paid = _settle(model, stock, returned)
        else:
            for new in returned.values():
                var |= new
    return stock, var, paid


def _settle(model: Model, stock: jax.Array, asks: Mapping[str, jax.Array]
            ) -> tuple[jax.Array, dict[str, jax.Array]]:
    if not asks:
        return stock, {}
    order = sorted(asks, key=lambda name: model.spans[name])
    ask = jax.lax.optimization_barrier(jnp.concatenate([asks[name] for name in order]))
    stock, paid = settle(model.plan, stock, ask)
    return stock, {name: paid[slice(*model.spans[name])] for name in order}
