"""The losses and stocks of a scenario on their own: the engine's laws, without the rest.

The laws that submodel.toml names are called as the month loop calls them, on the accounts of the
two belligerents, and settled by the engine's ledger; nothing of them is written again here. What
the other laws would bring is given: the index of fire as planned in the scenario's central
figures, and enough inputs for what is made. Losses are the law's expected ones (its draw at zero,
no dispersion): the scatter of counts belongs to the observers. Every figure that these laws read
is an input, so that all of it can be differentiated.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import kautilya.core  # noqa: F401  (float64)
from kautilya.core.law import PHASES, View
from kautilya.core.ledger import settle
from kautilya.core.loop import asked as ask
from kautilya.core.model import Model, Slot, build
from kautilya.core.world import OUTSIDE, World
from kautilya.scenario.assemble import Assembled

DECLARED = tomllib.loads(Path(__file__).with_name("submodel.toml").read_text(encoding="utf-8"))
LAWS = tuple(DECLARED["laws"])
ENOUGH = 1e9  # inputs of what is made: never short here
INPUT = "component"
KINDS_OF_GOODS = ("equipment", "struck", "made", "aided", "shipped")
STORES = ("store_good", "store_fair", "store_poor")
LINE = ("prewar", "new", "restored", "foreign")


class Months(NamedTuple):
    """What wars did in each month [T, side, class, F]; stocks at its begin.

    gone lost for good; hit knocked out; line with the forces; stored in store; pulled taken out
    of store; restored given back by refitting; tempo [T, struck, F]
    """

    gone: Any
    hit: Any
    line: Any
    stored: Any
    pulled: Any
    restored: Any
    tempo: Any


class War(NamedTuple):
    """The sub-model of a scenario over its first `months` months.

    plain    row number of each plain input, -1: opens at zero
    anchors  row number of each path's anchors [T, paths], below and above; weight [T, paths]
    fire     index of fire as planned [T, side]
    """

    model: Model
    months: tuple[str, ...]
    sides: tuple[str, ...]
    classes: tuple[str, ...]
    plain: np.ndarray
    below: np.ndarray
    above: np.ndarray
    weight: np.ndarray
    series: np.ndarray
    fire: np.ndarray
    central: np.ndarray


def narrow(world: World, classes: tuple[str, ...]) -> World:
    """The accounts of the belligerents and of the outside world for some classes."""
    sides = world.members("belligerent")
    rows = tuple(row for row in world.rows if row.holder in (*sides, *OUTSIDE)
                 and row.good in (*classes, INPUT))
    sets = {name: one._replace(members=tuple(m for m in one.members if m in classes))
            if name in KINDS_OF_GOODS else one for name, one in world.sets.items()}
    return World(world.months, sets, rows, world.tables)


def war(assembled: Assembled, until: str, classes: tuple[str, ...] = ()) -> War:
    """The losses and stocks of a scenario up to and including a month, all classes or some."""
    full = assembled.model
    world = full.world
    sides = world.members("belligerent")
    classes = classes or world.members("equipment")
    sub = build(narrow(world, classes),
                [law._replace(reads=tuple(set(law.reads) - {"firepower"}))
                 for law in full.laws if law.name in LAWS])
    months = tuple(m for m in world.months if m <= until)
    place = {key: i for i, key in enumerate(full.layout.plain)}
    column = np.array([full.layout.paths.index(key) for key in sub.layout.paths])
    record = np.array([full.layout.series.index(key) for key in sub.layout.series])
    numbers = assembled.anchor_index
    t = slice(0, len(months))
    central = np.array([row.central for row in assembled.quantities])
    return War(sub, months, sides, classes,
               assembled.plain_index[[place[key] for key in sub.layout.plain]],
               numbers[assembled.low[t, column]], numbers[assembled.high[t, column]],
               assembled.weight[t, column], assembled.series[t, record],
               planned_fire(assembled, central, len(months)), central)


def planned_fire(assembled: Assembled, central: np.ndarray, months: int) -> np.ndarray:
    """Index of fire [T, side] if what is planned were fired, at central figures."""
    model = assembled.model
    index, plan, planned = DECLARED["fire"]
    law = next((one for one in model.laws if one.name == index), None)
    world = model.world
    out = np.ones((months, len(world.members("belligerent"))))
    if law is None or (plan, planned) not in model.layout.slots:
        return out
    at = assembled.anchor_index
    path = central[at[assembled.low]] * (1 - assembled.weight) + \
        central[at[assembled.high]] * assembled.weight
    slot = model.layout.slots[plan, planned]
    param = {p.name: _cut(slot_of(model, index, p.name), np.append(central, 0.0)[
        assembled.plain_index][:, None]) for p in law.params}
    shape = world.shape(("belligerent", "munition"))
    for t in range(months):
        asked = path[t, slot.start: slot.stop].reshape(*shape, 1)
        view: Any = View(0, 1.0, None, {}, param, {}, {}, {"fire": {"fired": asked}}, {})  # type: ignore[arg-type]
        out[t] = np.asarray(law.step(view)["firepower"])[:, 0]
    return out


def slot_of(model: Model, law: str, name: str) -> Slot:
    """Where a declared array lies in its flat order."""
    return model.layout.slots[law, name]


def _cut(slot: Slot, flat: Any) -> Any:
    return flat[slot.start: slot.stop].reshape(*slot.shape, *flat.shape[1:])


def runner(given: War) -> Callable[[Any, Any, Any], Months]:
    """A pure function of (figures [rows, F], shock [T, F], profile [T, struck, F]) -> Months.

    figures in internal units, by row of quantities.csv; shock: standard normal luck of the law
    `tempo`; profile: its record of the intensity, which the calibration infers. Wars side by side
    are the last axis, as futures are in the engine.
    """
    model, world = given.model, given.model.world
    made = world.grid(given.sides, [INPUT], "ready").ravel() \
        if world.has(given.sides[0], INPUT, "ready") else np.zeros(0, int)
    line = np.stack([world.grid(given.sides, given.classes, v) for v in LINE])
    stores = np.stack([world.grid(given.sides, given.classes, s) for s in STORES])
    limited = np.flatnonzero(world.limited)

    def run(figures: Any, shock: Any, profile: Any) -> Months:
        padded = jnp.concatenate([figures, jnp.zeros_like(figures[:1])])
        plain = padded[given.plain]
        weight = given.weight[:, :, None]
        paths = padded[given.below] * (1.0 - weight) + padded[given.above] * weight
        stock = jnp.zeros((model.plan.rows, figures.shape[1])).at[limited].set(
            plain[: len(limited)]).at[made].set(ENOUGH)

        def step(carry: Any, now: Any) -> Any:
            stock, kept = carry
            after, var, paid = _month(given, plain, now, (stock, kept))
            shape = (len(given.sides), len(given.classes), stock.shape[1])
            flows = {law: {name: paid[slot.start: slot.stop].reshape(-1, *shape).sum(axis=0)
                           for name, slot in model.routes[law].items()}
                     for law in ("attrition", "storage")}
            lost, store = flows["attrition"], flows["storage"]
            gone = lost["destroyed"] + lost["captured"]
            seen = (gone, gone + lost["damaged"], stock[line].sum(axis=0),
                    stock[stores].sum(axis=0), store["to_refit"] + store["scrapped"],
                    store["restored"], var["tempo"])
            return (after, {name: var[name] for name in kept}), seen

        first = (stock, _start(given, plain))
        _, found = jax.lax.scan(step, first, (paths, given.series, shock, profile, given.fire))
        return Months(*found)

    return run


def _start(given: War, plain: Any) -> dict[str, Any]:
    kept = {}
    for law in given.model.laws:
        for var in law.writes:
            if var.start is not None:
                shape = (*given.model.world.shape(var.dims), plain.shape[1])
                value = _cut(slot_of(given.model, law.name, var.start), plain) \
                    if isinstance(var.start, str) else var.start
                kept[var.name] = jnp.broadcast_to(value, shape).astype(float)
    return kept


def _month(given: War, plain: Any, now: Any, state: Any) -> Any:
    """One month of the laws, in the engine's order of phases."""
    path, series, shock, profile, fire = now
    stock, var = state[0], dict(state[1]) | {"firepower": fire[:, None] * jnp.ones_like(shock)}
    paid: Any = None
    luck = {"shock": shock, "count": jnp.zeros((1, 1, 1)), "politics": jnp.full((1,), 0.5)}
    for phase in PHASES:
        asked: dict[str, Any] = {}
        for law, built in zip(given.model.laws, given.model.built, strict=True):
            if law.phase != phase:
                continue
            view = View(jnp.uint32(0), jnp.asarray(1.0), stock, var,
                        _params(given, law, plain, path), luck,
                        _records(given, law, series, profile), {}, built.data)
            found = law.step(view)
            if phase == "flow":
                asked[law.name] = found
            else:
                var |= found
        if asked:
            stock, paid = settle(given.model.plan, stock, ask(given.model, asked, stock.shape[1]))
    return stock, var, paid


def _params(given: War, law: Any, plain: Any, path: Any) -> dict[str, Any]:
    """Parameters of a law this month; the scatter of counts belongs to the observers."""
    out = {p.name: _cut(slot_of(given.model, law.name, p.name), path if p.path else plain)
           for p in law.params}
    return out | {"dispersion": jnp.zeros(1)} if law.name == "attrition" else out


def _records(given: War, law: Any, series: Any, profile: Any) -> dict[str, Any]:
    out = {s.name: _cut(slot_of(given.model, law.name, s.name), series[:, None])
           for s in law.series}
    return out | {"index": profile} if law.name == "tempo" else out

