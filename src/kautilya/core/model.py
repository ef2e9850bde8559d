"""A model: laws bound to a world, with every index worked out before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from kautilya.core.law import PHASES, Built, Draw, Law, fitted
from kautilya.core.ledger import Plan
from kautilya.core.luck import streams
from kautilya.core.world import LabelSet, World

Key = tuple[str, ...]
Kinds = tuple[tuple[str, int, int], ...]  # (kind of draw, start, stop)
AFTER = "after "  # begins the name of the draws of a law that its record spares


class Slot(NamedTuple):
    """Where the elements of one declared array stand in the flat input: [start, start+size)."""

    start: int
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))

    @property
    def stop(self) -> int:
        return self.start + self.size


class Layout(NamedTuple):
    """Flat order of all inputs of a model; keys are (law, name, labels ...).

    monthly, start, after   uint32 streams of luck: of each month, of a future, and by law of the
                            months that its record does not drive
    slots   (law, name) -> slot in its own flat order
    kinds   "month", "start" or "after LAW" -> (kind, start, stop)
    """

    plain: tuple[Key, ...]
    paths: tuple[Key, ...]
    series: tuple[Key, ...]
    monthly: np.ndarray
    start: np.ndarray
    slots: Mapping[tuple[str, str], Slot]
    kinds: Mapping[str, Kinds]
    after: Mapping[str, np.ndarray]


class Model(NamedTuple):
    """World, laws in order of phase, and the plan of their flows.

    routes   where each route of a law lies in the plan: law -> name -> slot
    """

    world: World
    laws: tuple[Law, ...]
    built: tuple[Built, ...]
    plan: Plan
    routes: Mapping[str, Mapping[str, Slot]]
    layout: Layout


def build(world: World, laws: Iterable[Law], outside: Iterable[str] = ()) -> Model:
    """Bind laws to a world. ValueError names what does not fit.

    outside   variables that no law writes and that whoever calls the month gives
    """
    sizes = {name: len(one.members) for name, one in world.sets.items()}
    laws = tuple(fitted(law, sizes) for law in laws)
    laws = tuple(sorted(laws, key=lambda law: (PHASES.index(law.phase), law.name)))
    sets = dict(world.sets)
    for law in laws:
        sets |= {name: LabelSet("label", members) for name, members in law.labels.items()}
    world = World(world.months, sets, world.rows, world.tables)
    _check_variables(laws, set(outside))
    built = tuple(law.build(world) for law in laws)
    plan, routes = _plan(world, laws, built)
    return Model(world, laws, built, plan, routes, _layout(world, laws))


def _check_variables(laws: Sequence[Law], outside: set[str]) -> None:
    owner = dict.fromkeys(outside, "whoever calls the month")
    for law in laws:
        own = [one.name for kind in (law.params, law.draws, law.series) for one in kind]  # type: ignore[attr-defined]
        twice = {name for name in own if own.count(name) > 1}
        if twice:
            raise ValueError(f"law {law.name!r} declares {sorted(twice)} twice")
        for var in law.writes:
            if var.name in owner:
                raise ValueError(f"{law.name} and {owner[var.name]} both write {var.name!r}")
            owner[var.name] = law.name
    for law in laws:
        flows = {f"flow:{other.name}" for other in laws if other.phase == "flow"}
        missing = [name for name in law.reads if name not in owner and name not in flows]
        if missing:
            raise ValueError(
                f"law {law.name!r} reads {missing}, which no law of this scenario "
                "writes; switch on the law that does"
            )


def _plan(
    world: World, laws: Sequence[Law], built: Sequence[Built]
) -> tuple[Plan, dict[str, dict[str, Slot]]]:
    slots: dict[str, dict[str, Slot]] = {}
    columns: tuple[list[np.ndarray], ...] = ([], [], [])  # source, sink, group
    count = deals = 0
    for law, one in zip(laws, built, strict=True):
        first = deals
        slots[law.name] = {}
        for name, routes in one.routes.items():
            slot = Slot(count, np.shape(routes.source))
            slots[law.name][name] = slot
            count = slot.stop
            group = np.full(slot.shape, -1) if routes.group is None else routes.group
            deals = max(deals, first + int(np.max(group, initial=-1)) + 1)
            coupled = np.where(group >= 0, group + first, -1)
            for column, values in zip(columns, (*routes[:2], coupled), strict=True):
                column.append(np.broadcast_to(values, slot.shape).ravel())
    source, sink, group = (np.concatenate([np.zeros(0), *c]).astype(np.int32) for c in columns)
    names = world.families
    family = np.array([names.index(row.good) for row in world.rows], dtype=np.int32)
    wrong = np.flatnonzero(family[source] != family[sink])
    if wrong.size:
        a, b = world.rows[source[wrong[0]]], world.rows[sink[wrong[0]]]
        raise ValueError(f"a route turns {a.good!r} into {b.good!r}; goods do not convert")
    coupled = np.flatnonzero(group >= 0)
    plan = Plan(
        source, sink, group[coupled], coupled, world.limited, family, len(world.rows), len(names)
    )
    return plan, slots


def keys(world: World, law: str, name: str, dims: Sequence[str], size: int = 1) -> list[Key]:
    """Keys of all elements of a declared array, in C order."""
    labels = product(*(world.members(d) for d in dims))
    if size == 1:
        return [(law, name, *label) for label in labels]
    return [(law, name, *label, str(i)) for label in labels for i in range(size)]


def opening_keys(world: World) -> list[Key]:
    """Opening stocks are the first plain elements: one for each account of an actor."""
    return [
        ("opening", "stock", row.holder, row.good, row.stage)
        for row, limited in zip(world.rows, world.limited, strict=True)
        if limited
    ]


def _layout(world: World, laws: Sequence[Law]) -> Layout:
    plain, paths = opening_keys(world), list[Key]()
    series: list[Key] = []
    slots: dict[tuple[str, str], Slot] = {}
    luck: dict[str, dict[str, list[Key]]] = {"month": {}, "start": {}}
    for law in laws:
        for param in law.params:
            into = paths if param.path else plain
            slots[law.name, param.name] = Slot(len(into), world.shape(param.dims))
            into += keys(world, law.name, param.name, param.dims)
        for record in law.series:
            slots[law.name, record.name] = Slot(len(series), world.shape(record.dims))
            series += keys(world, law.name, record.name, record.dims)
        for draw in law.draws:
            luck.setdefault(pool(law, draw), {}).setdefault(draw.kind, [])
    ids, kinds = _luck(world, laws, luck, slots)
    after = {law.name: ids[AFTER + law.name] for law in laws if AFTER + law.name in ids}
    flat = tuple(plain), tuple(paths), tuple(series)
    return Layout(*flat, ids["month"], ids["start"], slots, kinds, after)


def pool(law: Law, draw: Draw) -> str:
    """The draws that are made together with one: a key of `Layout.kinds`."""
    return AFTER + law.name if draw.when == "after" else draw.when


def _luck(
    world: World,
    laws: Sequence[Law],
    luck: Mapping[str, Mapping[str, list[Key]]],
    slots: dict[tuple[str, str], Slot],
) -> tuple[dict[str, np.ndarray], dict[str, Kinds]]:
    """Streams ordered by kind, so that a month's draws are one call and a few slices."""
    ids: dict[str, np.ndarray] = {}
    kinds: dict[str, Kinds] = {}
    for when, by_kind in luck.items():
        flat: list[Key] = []
        spans = []
        for kind in by_kind:
            begin = len(flat)
            for law in laws:
                for draw in law.draws:
                    if (pool(law, draw), draw.kind) == (when, kind):
                        shape = world.shape(draw.dims)
                        shape = (*shape, draw.size) if draw.size > 1 else shape
                        slots[law.name, draw.name] = Slot(len(flat), shape)
                        flat += keys(world, law.name, draw.name, draw.dims, draw.size)
            spans.append((kind, begin, len(flat)))
        ids[when], kinds[when] = streams(flat), tuple(spans)
    return ids, kinds
