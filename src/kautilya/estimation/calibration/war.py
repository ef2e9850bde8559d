"""The losses and stocks of a scenario on their own: the engine's laws, without the rest.

The engine's own month runs the laws that submodel.toml names, on the accounts of the two
belligerents; nothing of it is written again here. What the other laws would bring is given: the
index of fire as planned in the scenario's central figures, and enough inputs for what is made.
Losses are the law's expected ones (its draw at zero, no dispersion): the scatter of counts belongs
to the observers. Every figure that these laws read is an input, so that all of it can be
differentiated.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import kautilya.core  # noqa: F401  (float64)
from kautilya.core.law import EMPTY, View
from kautilya.core.loop import Given, Numbers, flows, month, parameters, starting
from kautilya.core.model import Model, Slot, build
from kautilya.core.world import LINE, OUTSIDE, World
from kautilya.scenario.assemble import Assembled

DECLARED = tomllib.loads(Path(__file__).with_name("submodel.toml").read_text(encoding="utf-8"))
LAWS = tuple(DECLARED["laws"])
ENOUGH = 1e9  # inputs of what is made: never short here
INPUT = "component"
KINDS_OF_GOODS = ("equipment", "struck", "made", "aided", "shipped")
STORES = ("store_good", "store_fair", "store_poor")
Carry = tuple[jax.Array, dict[str, jax.Array]]  # stocks, and variables kept from month to month
FIRST = jnp.uint32(0)  # every month counts as the first: see docs/decisions


class Months(NamedTuple):
    """What wars did in each month [T, side, class, F]; stocks at its begin.

    gone lost for good; hit knocked out; line with the forces; stored in store; pulled taken out
    of store; restored given back by refitting; tempo [T, struck, F]
    """

    gone: jax.Array
    hit: jax.Array
    line: jax.Array
    stored: jax.Array
    pulled: jax.Array
    restored: jax.Array
    tempo: jax.Array


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
    rows = tuple(
        row
        for row in world.rows
        if row.holder in (*sides, *OUTSIDE) and row.good in (*classes, INPUT)
    )
    sets = dict(world.sets)
    for name in KINDS_OF_GOODS:
        if name in sets:
            members = tuple(good for good in sets[name].members if good in classes)
            sets[name] = sets[name]._replace(members=members)
    return World(world.months, sets, rows, world.tables)


def war(assembled: Assembled, until: str, classes: tuple[str, ...] = ()) -> War:
    """The losses and stocks of a scenario up to and including a month, all classes or some."""
    full = assembled.model
    world = full.world
    sides = world.members("belligerent")
    classes = classes or world.members("equipment")
    sub = build(
        narrow(world, classes),
        [law for law in full.laws if law.name in LAWS],
        outside=[DECLARED["fire"]["index"]],
    )
    months = tuple(m for m in world.months if m <= until)
    place = {key: i for i, key in enumerate(full.layout.plain)}
    column = np.array([full.layout.paths.index(key) for key in sub.layout.paths])
    record = np.array([full.layout.series.index(key) for key in sub.layout.series])
    numbers = assembled.anchor_index
    t = slice(0, len(months))
    central = np.array([row.central for row in assembled.quantities])
    return War(
        sub,
        months,
        sides,
        classes,
        assembled.plain_index[[place[key] for key in sub.layout.plain]],
        numbers[assembled.low[t, column]],
        numbers[assembled.high[t, column]],
        assembled.weight[t, column],
        assembled.series[t, record],
        planned_fire(assembled, central, len(months)),
        central,
    )


def planned_fire(assembled: Assembled, central: np.ndarray, months: int) -> np.ndarray:
    """Index of fire [T, side] if what is planned were fired, at central figures."""
    model = assembled.model
    fire = DECLARED["fire"]
    law = next((one for one in model.laws for var in one.writes if var.name == fire["index"]), None)
    world, planned = model.world, tuple(fire["planned"])
    out = np.ones((months, len(world.members("belligerent"))))
    if law is None or planned not in model.layout.slots:
        return out
    at = assembled.anchor_index
    path = (
        central[at[assembled.low]] * (1 - assembled.weight)
        + central[at[assembled.high]] * assembled.weight
    )
    slot = model.layout.slots[planned]
    param = parameters(model, np.append(central, 0.0)[assembled.plain_index][:, None])[law.name]
    shape = world.shape(("belligerent", "munition"))
    for t in range(months):
        asked = jnp.asarray(path[t, slot.start : slot.stop].reshape(*shape, 1))
        given = {flow: {route: asked} for flow, route in [fire["paid"]]}
        view = View(
            jnp.uint32(0), jnp.asarray(1.0), jnp.zeros((0, 1)), {}, param, {}, {}, given, EMPTY
        )
        out[t] = np.asarray(law.step(view)[fire["index"]])[:, 0]
    return out


def runner(given: War) -> Callable[[Numbers, Numbers, Numbers], Months]:
    """A pure function of (figures [rows, F], shock [T, F], profile [T, struck, F]) -> Months.

    figures in internal units, by row of quantities.csv; shock: standard normal luck of the law
    `tempo`; profile: its record of the intensity, which the calibration infers. Wars side by side
    are the last axis, as futures are in the engine.
    """
    model, world = given.model, given.model.world
    made = (
        world.grid(given.sides, [INPUT], "ready").ravel()
        if world.has(given.sides[0], INPUT, "ready")
        else np.zeros(0, int)
    )
    line = np.stack([world.grid(given.sides, given.classes, v) for v in LINE])
    stores = np.stack([world.grid(given.sides, given.classes, s) for s in STORES])
    limited = np.flatnonzero(world.limited)

    profile_at = model.layout.slots[tuple(DECLARED["profile"])]
    luck = _luck(model)

    def run(figures: Numbers, shock: Numbers, profile: Numbers) -> Months:
        plain, paths = _inputs(given, figures)
        wars = figures.shape[1]
        stock = (
            jnp.zeros((model.plan.rows, wars))
            .at[limited]
            .set(plain[: len(limited)])
            .at[made]
            .set(ENOUGH)
        )
        params = {law: dict(own) for law, own in parameters(model, plain).items()}
        for law, name in DECLARED["still"]:
            params[law][name] = jnp.zeros(1)

        def step(carry: Carry, now: tuple[jax.Array, ...]) -> tuple[Carry, dict[str, jax.Array]]:
            stock, kept = carry
            path, record, drawn, intensity, fire = now
            series = jnp.broadcast_to(record[:, None], (len(record), wars))
            series = series.at[profile_at.start : profile_at.stop].set(intensity)
            begun = Given(
                FIRST,
                jnp.asarray(1.0),
                path,
                series,
                luck | {" ".join(DECLARED["shock"]): drawn[None]},
            )
            index = {DECLARED["fire"]["index"]: fire[:, None] * jnp.ones_like(drawn)}
            after, var, paid = month(model, params, begun, (stock, kept | index))
            seen = _seen(model, paid) | {
                "line": stock[line].sum(axis=0),
                "stored": stock[stores].sum(axis=0),
                "tempo": var[DECLARED["tempo"]],
            }
            return (after, {name: var[name] for name in kept}), seen

        months = tuple(map(jnp.asarray, (paths, given.series, shock, profile, given.fire)))
        _, found = jax.lax.scan(step, (stock, starting(model, params, wars)), months)
        return Months(**found)

    return run


def _inputs(given: War, figures: Numbers) -> tuple[jax.Array, jax.Array]:
    """Plain inputs [P, F] and paths [T, paths, F] of figures [rows, F]."""
    padded = jnp.concatenate([figures, jnp.zeros_like(figures[:1])])
    plain, weight = padded[given.plain], given.weight[:, :, None]
    return plain, padded[given.below] * (1.0 - weight) + padded[given.above] * weight


def _luck(model: Model) -> dict[str, jax.Array]:
    """Draws that stay at a value, by "law name" [draws, 1]."""
    out = {}
    for law, name, value in DECLARED["luck"]:
        slot: Slot = model.layout.slots[law, name]
        out[f"{law} {name}"] = jnp.full((slot.size, 1), value)
    return out


def _seen(model: Model, paid: jax.Array) -> dict[str, jax.Array]:
    """What moved in a month [side, class, F], by what submodel.toml calls it."""
    out: dict[str, jax.Array] = {}
    for what, routes in DECLARED["moved"].items():
        parts = [flows(model, law, paid)[name].sum(axis=0) for law, name in routes]
        out[what] = sum(parts[1:], parts[0])
    return out
