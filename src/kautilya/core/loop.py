"""The month loop: observe, decide, flow, settle, update, check; this order stands only here.

    observe   events, signals, beliefs            decide  votes, sanctions, who supplies whom
    flow      amounts on routes -> settled once   update  variables from what was paid
    check     each good adds up; every number is finite

Decisions use what stood at the end of the month before. Futures are the last axis; a tile
has a fixed width, which is part of the version: the same future gives the same bits whatever
the number of futures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.core.emit import Emitter, Held, collect, emit, gather, opened, parted, weights
from kautilya.core.law import PHASES, Draw, Law, View
from kautilya.core.ledger import residual, settle, totals
from kautilya.core.luck import START, key, keyed, shaped, uniform
from kautilya.core.model import AFTER, Model, pool

TILE = 64
Numbers = jax.Array | np.ndarray
Variables = Mapping[str, jax.Array]
Params = Mapping[str, Variables]  # by law: parameters that stay, and the luck drawn once a future
State = tuple[jax.Array, Variables]  # stocks [rows, F], variables by name


class Inputs(NamedTuple):
    """Everything that may differ between runs of one model; all of it is data.

    seed uint32[2]; futures uint32[F]; plain [P, F]; anchors [A, F]
    low, high int32[T, paths], weight [T, paths]: path = anchors[low] (1-w) + anchors[high] w,
    then * scale + shift [T, paths]; series [T, S]; record [T]
    data    by law and name: arrays that `facts` took from the world, where they may differ between
            runs of one compiled model; None = as they were when the model was built
    """

    seed: Numbers
    futures: Numbers
    plain: Numbers
    anchors: Numbers
    low: Numbers
    high: Numbers
    weight: Numbers
    scale: Numbers
    shift: Numbers
    series: Numbers
    record: Numbers
    data: Mapping[str, Mapping[str, Numbers]] | None = None


class Results(NamedTuple):
    """What a tile returns: outcomes, and per future the largest residual and status."""

    outcomes: Mapping[str, Numbers]  # by id [periods, *dims, F] or by table, float32
    residual: jax.Array  # [F]
    finite: jax.Array  # bool [F]
    closing: jax.Array | None = None  # stocks after the last month [rows, F], where asked for


class Given(NamedTuple):
    """What a month is given from outside: number, whether the record drives, paths, records, luck.

    Carried, that is made at the end of the month before. Cut out of the tables of all months
    inside the month, the compiler does so for each element where it is used, and cannot work on
    several futures at once.
    """

    month: jax.Array
    record: jax.Array
    path: jax.Array  # [paths, F]
    series: jax.Array  # [S, F], or [S, 1] where all futures share the record
    luck: Variables  # by moment, as the layout has them, or by "law draw" [draws, F]


def facts(model: Model) -> dict[str, dict[str, np.ndarray]]:
    """What laws took from the tables of the world when they were built, by law and name: plain
    numbers. Places in arrays and yes or no stay part of the model."""
    out: dict[str, dict[str, np.ndarray]] = {}
    for law, built in zip(model.laws, model.built, strict=True):
        for name, value in built.data.items():
            if plain_numbers(value):
                out.setdefault(law.name, {})[name] = value  # type: ignore[assignment]
    return out


def plain_numbers(value: object) -> bool:
    """Whether what a law took from the world is data of a run, and no part of its model."""
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def _told(model: Model, data: Mapping[str, Mapping[str, Numbers]] | None) -> Model:
    """The model with these numbers in place of those that it was built with."""
    given = data or {}
    built = [
        one._replace(data={**one.data, **given.get(law.name, {})})
        for law, one in zip(model.laws, model.built, strict=True)
    ]
    return model._replace(built=tuple(built))


Carry = tuple[jax.Array, dict[str, jax.Array], jax.Array, Held, Given]


def simulator(model: Model, emitter: Emitter, tables: bool = False) -> Callable[[Inputs], Results]:
    """A pure function of `Inputs`; compile it with jax.jit.

    tables   outcomes as they lie in their tables, for `emit.parted`: less to compile
    """

    whole = model
    first = np.diff(emitter.period, prepend=-1) != 0
    months = np.arange(len(model.world.months), dtype=np.uint32)

    def run(inputs: Inputs) -> Results:
        model = _told(whole, inputs.data)
        keys = _keys(model, inputs)
        once = {"start": _luck(model, "start", keys[-1], inputs)}
        stock = _opening(model, inputs)
        opening = totals(model.plan, stock)[0]
        luck = _monthly(model, inputs, keys[:-1])

        def step(carry: Carry, now: tuple[jax.Array, ...]) -> tuple[Carry, dict[str, jax.Array]]:
            stock, kept, worst, held, given = carry
            # cut out here and not before: each would be a piece of code of its own
            params = _fixed(model, inputs, once)
            stock, var, paid = month(model, params, given, (stock, kept))
            worst = jnp.maximum(worst, residual(model.plan, stock, opening))
            kept = {name: var[name] for name in kept}
            held, out = gather(
                emitter, held, emit(emitter, stock, var, paid), (now[1], now[2], now[3])
            )
            return (stock, kept, worst, held, _given(inputs, luck, now[0] + 1)), out

        futures = inputs.futures.shape[0]
        begin = (
            stock,
            starting(model, _fixed(model, inputs, once), futures),
            jnp.zeros(futures),
            opened(emitter, futures),
            _given(inputs, luck, jnp.uint32(0)),
        )
        calendar = (months, emitter.period, first, weights(emitter.period, inputs.record))
        (stock, kept, worst, held, _), out = jax.lax.scan(
            step, begin, tuple(map(jnp.asarray, calendar))
        )
        every = [value.reshape(-1, futures) for value in kept.values()]
        finite = jnp.isfinite(jnp.concatenate([worst[None], *every])).all(axis=0)
        found = collect(emitter, held, out)
        return Results(
            found if tables else parted(emitter, found),
            worst,
            finite,
            stock if emitter.closing else None,
        )

    return run


def month(
    model: Model, params: Params, given: Given, state: State
) -> tuple[jax.Array, dict[str, jax.Array], jax.Array]:
    """One month: the phases in their order. Returns stocks, variables and all that was paid.

    state   stocks, and the variables carried from month to month or given from outside
    paid    [routes, F], as the routes lie in the plan; `flows` cuts it by name
    """
    stock, var = state[0], dict(state[1])
    paid = jnp.zeros((0, stock.shape[1]))

    def view(law: Law, data: Mapping[str, object]) -> View:
        names = (*law.reads, *law.reads_if, *(w.name for w in law.writes))
        return View(
            given.month,
            given.record,
            stock,
            {name: var[name] for name in names if name in var},
            _parameters(model, law, params, given),
            _draws(model, law, params, given),
            {s.name: _cut(model, law, s.name, given.series) for s in law.series},
            {
                name[5:]: flows(model, name[5:], paid)
                for name in law.reads
                if name.startswith("flow:")
            },
            data,
        )

    for phase in PHASES:
        returned = {
            law.name: law.step(view(law, built.data))
            for law, built in zip(model.laws, model.built, strict=True)
            if law.phase == phase
        }
        if phase == "flow":
            ask = jax.lax.optimization_barrier(asked(model, returned, stock.shape[1]))
            stock, paid = settle(model.plan, stock, ask)
        else:
            for new in returned.values():
                var |= new
    return stock, var, paid


def asked(model: Model, amounts: Mapping[str, Variables], futures: int) -> jax.Array:
    """What all laws ask for [routes, F], as the routes lie in the plan.

    ValueError for a law that returns other routes than its own, or amounts of another shape.
    """
    parts = [jnp.zeros((0, futures))]
    for law, slots in model.routes.items():
        given = amounts.get(law, {})
        if set(given) != set(slots):
            raise ValueError(
                f"law {law!r} asks for {sorted(given)}; its routes are {sorted(slots)}"
            )
        for name, slot in slots.items():
            if given[name].shape != (*slot.shape, futures):
                raise ValueError(
                    f"law {law!r} asks {given[name].shape} of {name!r}; its routes "
                    f"are {slot.shape}, with {futures} futures"
                )
            parts.append(given[name].reshape(-1, futures))
    return jnp.concatenate(parts)


def flows(model: Model, law: str, paid: jax.Array) -> dict[str, jax.Array]:
    """What a law's routes were paid, by name, shaped as they are + [F]."""
    return {
        name: paid[slot.start : slot.stop].reshape(*slot.shape, paid.shape[1])
        for name, slot in model.routes[law].items()
    }


class Cuts(Mapping[str, jax.Array]):
    """Arrays that are cut out of a flat table when a law asks for them: within a branch, if it asks
    there. What is cut before is a piece of code of its own, and a copy each month."""

    def __init__(self, ways: Mapping[str, Callable[[], jax.Array]]) -> None:
        self.ways = ways

    def __getitem__(self, name: str) -> jax.Array:
        return self.ways[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.ways)

    def __len__(self) -> int:
        return len(self.ways)


def parameters(model: Model, plain: Numbers) -> dict[str, Cuts]:
    """Parameters that do not change, by law; plain [P, F]."""
    flat, out = jnp.asarray(plain), {}
    for law in model.laws:
        fixed = [p.name for p in law.params if not p.path]
        out[law.name] = Cuts({name: partial(_cut, model, law, name, flat) for name in fixed})
    return out


def starting(model: Model, params: Params, futures: int) -> dict[str, jax.Array]:
    """Variables carried from month to month, at their starting values."""
    kept = {}
    for law in model.laws:
        for var in law.writes:
            if var.start is None:
                continue
            shape = (*model.world.shape(var.dims), futures)
            value = params[law.name][var.start] if isinstance(var.start, str) else var.start
            kept[var.name] = jnp.broadcast_to(value, shape).astype(jnp.float64)
    return kept


def _given(inputs: Inputs, luck: Variables, month: jax.Array) -> Given:
    """What the month of that number is given; after the last month, the last again."""

    def cut(table: Numbers) -> jax.Array:
        return jax.lax.dynamic_index_in_dim(jnp.asarray(table), month, keepdims=False)

    low, high, weight = cut(inputs.low), cut(inputs.high), cut(inputs.weight)[:, None]
    anchors = jnp.asarray(inputs.anchors)
    at = anchors[low] * (1.0 - weight) + anchors[high] * weight
    path = at * cut(inputs.scale)[:, None] + cut(inputs.shift)[:, None]
    return Given(
        month,
        cut(inputs.record),
        path,
        cut(inputs.series)[:, None],
        {name: cut(drawn) for name, drawn in luck.items()},
    )


def _opening(model: Model, inputs: Inputs) -> jax.Array:
    rows = np.flatnonzero(model.world.limited)
    futures = inputs.futures.shape[0]
    stock = jnp.zeros((model.plan.rows, futures))
    return stock.at[rows].set(inputs.plain[: len(rows)])


def _fixed(model: Model, inputs: Inputs, once: Variables) -> Params:
    """Parameters that do not change and the luck drawn once a future, by law."""
    fixed = parameters(model, inputs.plain)
    for law in model.laws:
        own = {d.name: partial(_drawn, model, law, d, once) for d in law.draws if d.when == "start"}
        fixed[law.name] = Cuts({**fixed[law.name].ways, **own})
    return fixed


def _keys(model: Model, inputs: Inputs) -> jax.Array:
    """Keys of the draws of each month and, last, of those made once a future [T + 1, 2]."""
    moments = np.array([*range(len(model.world.months)), START], np.uint32)
    return jax.vmap(lambda moment: key(jnp.asarray(inputs.seed), moment))(jnp.asarray(moments))


def _luck(model: Model, when: str, key: jax.Array, inputs: Inputs) -> jax.Array:
    """All draws of one moment [draws, F], as their streams lie in the layout."""
    layout = model.layout
    ids = {"start": layout.start, "month": layout.monthly}.get(when)
    ids = layout.after[when.removeprefix(AFTER)] if ids is None else ids
    u = uniform(keyed(key, jnp.asarray(ids), jnp.asarray(inputs.futures)))
    parts = [shaped(kind, u[begin:end]) for kind, begin, end in layout.kinds[when]]
    return jnp.concatenate([jnp.zeros((0, u.shape[1])), *parts])


def _monthly(model: Model, inputs: Inputs, keys: jax.Array) -> dict[str, jax.Array]:
    """The luck of all months [T, draws, F] by moment, made before the loop: inside it, the compiler
    makes a draw anew wherever it is used. What the record of a law spares is 0 and costs nothing."""
    out = {"month": jax.vmap(lambda key: _luck(model, "month", key, inputs))(keys)}
    for law in model.laws:
        if law.name not in model.layout.after:
            continue
        moment, shape = AFTER + law.name, (model.layout.after[law.name].size, len(inputs.futures))

        def drawn(key: jax.Array, moment: str = moment) -> jax.Array:
            return _luck(model, moment, key, inputs)

        def spared(key: jax.Array, shape: tuple[int, int] = shape) -> jax.Array:
            return jnp.zeros(shape)

        out[moment] = jax.lax.map(
            lambda at, drawn=drawn, spared=spared: jax.lax.cond(at[0], spared, drawn, at[1]),
            (_spared(model, law, inputs), keys),
        )
    return out


def _spared(model: Model, law: Law, inputs: Inputs) -> jax.Array:
    """Months of the record of which a series of the law has a value, bool [T]."""
    series = jnp.asarray(inputs.series)
    found = jnp.zeros(series.shape[0], dtype=bool)
    for one in law.series:
        slot = model.layout.slots[law.name, one.name]
        found |= (series[:, slot.start : slot.stop] != one.missing).any(axis=1)
    return found & (jnp.asarray(inputs.record) > 0)


def _cut(model: Model, law: Law, name: str, flat: jax.Array) -> jax.Array:
    slot = model.layout.slots[law.name, name]
    return flat[slot.start : slot.stop].reshape(*slot.shape, *flat.shape[1:])


def _drawn(model: Model, law: Law, draw: Draw, luck: Variables) -> jax.Array:
    slot = model.layout.slots[law.name, draw.name]
    flat = luck.get(f"{law.name} {draw.name}")
    if flat is None:
        flat = luck[pool(law, draw)][slot.start : slot.stop]
    return flat.reshape(*slot.shape, flat.shape[-1])


def _parameters(model: Model, law: Law, params: Params, given: Given) -> Cuts:
    own = params[law.name]
    return Cuts(
        {
            p.name: partial(_cut, model, law, p.name, given.path)
            if p.path
            else partial(own.__getitem__, p.name)
            for p in law.params
        }
    )


def _draws(model: Model, law: Law, params: Params, given: Given) -> Cuts:
    own = params[law.name]
    return Cuts(
        {
            d.name: partial(own.__getitem__, d.name)
            if d.when == "start"
            else partial(_drawn, model, law, d, given.luck)
            for d in law.draws
        }
    )
