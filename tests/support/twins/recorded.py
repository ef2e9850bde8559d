"""What the compiled loop was given and gave, by label; the only file here with JAX.

The figures and the luck are worked out with `core.luck` and `study.chunk.inputs`; everything that
a law or the ledger computes is left to the twin. Outcomes leave the loop as float32, so `run`
replaces the emitter by one that keeps all stocks, variables and flows as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import jax
import jax.numpy as jnp
import numpy as np
from support.twins.month import Account, Future

import kautilya.core  # noqa: F401
from kautilya.core.emit import Emitter
from kautilya.core.loop import Inputs, Results, simulator
from kautilya.core.luck import START, bits, shaped, uniform
from kautilya.core.model import Model, keys
from kautilya.runs.chunk import inputs
from kautilya.scenario import load
from kautilya.scenario.assemble import Assembled, assemble
from kautilya.scenario.levers import apply


@cache
def flagship() -> tuple[Assembled, Any]:
    """The flagship and its loop that keeps everything; compiled once for all tests."""
    made = assemble(load("russia_dprk_2024"))
    return made, everything(made.model)


class Whole(NamedTuple):
    """One future of the compiled loop: by month, by account, variable element and flow."""

    stock: dict[Account, np.ndarray]
    var: dict[tuple, np.ndarray]
    paid: dict[tuple, np.ndarray]  # (law, source, sink), routes of one pair of accounts summed


def everything(model: Model) -> Any:
    """A compiled loop that returns every stock, variable and flow of every month in float64."""

    def emit(_: Any, stock: Any, var: Any, paid: Any) -> dict[str, Any]:
        return {"stock": stock, "var": dict(var), "paid": paid}

    def run(given: Inputs) -> Results:
        with (
            patch("kautilya.core.loop.emit", emit),
            patch("kautilya.core.loop.collect", lambda _, held, out: out),
        ):
            nothing = Emitter((), np.zeros(len(model.world.months), int))
            return simulator(model, nothing, tables=True)(given)

    return jax.jit(run)


def worst(seen: dict, other: dict, least: float) -> list[tuple[float, Any, int]]:
    """Largest differences of two dicts of series, over the largest value that the element ever
    takes (or `least`), with the key and the month; worst first."""
    out = []
    for key in seen.keys() | other.keys():
        a, b = seen.get(key, 0.0) + np.zeros(1), other.get(key, 0.0) + np.zeros(1)
        apart = np.abs(a - b) / max(np.abs(a).max(), np.abs(b).max(), least)
        out.append((float(apart.max()), key, int(apart.argmax())))
    return sorted(out, key=lambda one: -one[0])


def given(
    made: Assembled,
    seed: int,
    futures: Iterable[int],
    levers: tuple[str, ...],
    sets: tuple[str, ...],
) -> Inputs:
    """The inputs of the loop for some futures."""
    return inputs(made, apply(made, levers, sets), seed, np.array(list(futures)))


def whole(model: Model, out: Any, column: int) -> Whole:
    """One future of what `everything` returned, by label."""
    world = model.world
    stock = {tuple(row): np.asarray(out["stock"][:, i, column]) for i, row in enumerate(world.rows)}
    var: dict[tuple, np.ndarray] = {}
    for law in model.laws:
        for one in law.writes:
            flat = np.asarray(out["var"][one.name]).reshape(
                len(world.months), -1, out["stock"].shape[-1]
            )
            for i, key in enumerate(keys(world, law.name, one.name, one.dims)):
                var[key[1:]] = flat[:, i, column]
    paid: dict[tuple, Any] = defaultdict(float)
    for law in model.laws:
        for slot in model.routes[law.name].values():
            for i in range(slot.start, slot.stop):
                ends = (tuple(world.rows[at[i]]) for at in (model.plan.source, model.plan.sink))
                paid[law.name, *ends] += np.asarray(out["paid"][:, i, column])
    return Whole(stock, var, dict(paid))


def luck(model: Model, fed: Inputs, column: int, month: int | None) -> dict[tuple, float]:
    """The draws of one month, or those made once, of one future."""
    stamp = START if month is None else month
    out = {}
    for moment, kinds in model.layout.kinds.items():
        name = moment.removeprefix("after ")
        if (moment == "start") != (month is None):
            continue
        ids = {"start": model.layout.start, "month": model.layout.monthly, **model.layout.after}[
            name
        ]
        words = bits(fed.seed, jnp.uint32(stamp), jnp.asarray(ids), fed.futures[[column]])
        u = uniform(words)[:, 0]
        values = np.concatenate(
            [np.zeros(0), *(np.asarray(shaped(kind, u[a:b])) for kind, a, b in kinds)]
        )
        held = spared(model, fed, name, month)
        out |= named(model, moment, np.zeros_like(values) if held else values)
    return out


def named(model: Model, moment: str, values: np.ndarray) -> dict[tuple, float]:
    """Draws of a moment by law, name and labels."""
    out = {}
    for law in model.laws:
        for draw in law.draws:
            if moment in (draw.when, f"{draw.when} {law.name}"):
                slot = model.layout.slots[law.name, draw.name]
                at = keys(model.world, law.name, draw.name, draw.dims, draw.size)
                out |= dict(zip(at, values[slot.start : slot.stop].tolist(), strict=True))
    return out


def spared(model: Model, fed: Inputs, law: str, month: int | None) -> bool:
    """Whether the record drives a law in a month, so that its luck is 0."""
    if month is None or law not in model.layout.after or not fed.record[month]:
        return False
    own = next(one for one in model.laws if one.name == law)
    return any(
        fed.series[month][i] != one.missing
        for one in own.series
        for i, key in enumerate(model.layout.series)
        if key[:2] == (law, one.name)
    )


def facts(model: Model) -> dict[str, Any]:
    """Static tables by actor or pair of actors; others as nested lists."""
    actors, out = model.world.members("actor"), dict[str, Any]()
    for name, table in model.world.tables.items():
        if set(table.shape) != {len(actors)} or table.ndim > 2:
            out[name] = table.tolist()
        elif table.ndim == 1:
            out[name] = dict(zip(actors, table.tolist(), strict=True))
        else:
            out[name] = {
                (a, b): float(table[i, j])
                for i, a in enumerate(actors)
                for j, b in enumerate(actors)
            }
    return out


def future(made: Assembled, fed: Inputs, column: int) -> Future:
    """One future of the inputs as plain numbers."""
    model, layout = made.model, made.model.layout
    plain = dict(zip(layout.plain, np.asarray(fed.plain)[:, column].tolist(), strict=True))
    opening = {key[2:]: value for key, value in plain.items() if key[0] == "opening"}
    monthly = []
    for t in range(len(model.world.months)):
        low, high = (np.asarray(fed.anchors)[at[t], column] for at in (fed.low, fed.high))
        path = (low * (1 - fed.weight[t]) + high * fed.weight[t]) * fed.scale[t] + fed.shift[t]
        monthly.append(
            dict(zip(layout.paths, path.tolist(), strict=True))
            | dict(zip(layout.series, fed.series[t].tolist(), strict=True))
            | luck(model, fed, column, t)
        )
    sets = {name: one.members for name, one in model.world.sets.items()}
    return Future(
        model.world.months,
        sets,
        facts(model),
        opening,
        plain | luck(model, fed, column, None),
        monthly,
        fed.record.tolist(),
    )
