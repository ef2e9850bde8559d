"""A law declares what it looks up in a scenario, and looks up what it declares."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pytest
from support.conventions import truth
from support.duel import area_duel

from kautilya.core.law import ROLE, Law, Need
from kautilya.core.world import OUTSIDE, LabelSet, Row, World
from kautilya.mechanisms import registry
from kautilya.scenario import load, new
from kautilya.scenario.assemble import world
from kautilya.scenario.lacking import accounts, spelled

EVERYWHERE = {"actor", "good"}  # sets that every scenario has


class Looks(NamedTuple):
    """What was looked up; asked: whether it is there was asked first, so it is no need."""

    sets: set[str]
    tables: set[str]
    rows: set[Row]
    members: set[tuple[str, str]]
    asked: set[object]


class Names(tuple):
    """Members of a set that write down which of them are looked up."""

    of: str
    looks: Looks

    def index(self, value: str, *span: int) -> int:
        if (value, self.of) not in self.looks.asked:
            self.looks.members.add((value, self.of))
        return super().index(value, *span)

    def __contains__(self, value: object) -> bool:
        self.looks.asked.add((value, self.of))
        return super().__contains__(value)


class Tables(dict):
    """Facts that write down which are taken for granted."""

    looks: Looks

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.looks.asked:
            self.looks.tables.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.looks.asked.add(name)
        return super().__contains__(name)


class Spy(World):
    """A world that writes down what is looked up in it."""

    looks: Looks

    def members(self, name: str) -> tuple[str, ...]:
        self.looks.sets.add(name)
        out = Names(super().members(name))
        out.of, out.looks = name, self.looks
        return out

    def row(self, holder: str, good: str, stage: str = "") -> int:
        one = Row(holder, good, stage)
        if one not in self.looks.asked:
            self.looks.rows.add(one)
        return super().row(holder, good, stage)

    def has(self, holder: str, good: str, stage: str) -> bool:
        self.looks.asked.add(Row(holder, good, stage))
        return super().has(holder, good, stage)


def watched(law: Law, real: World) -> Looks:
    """What a law looks up while it is built."""
    looks = Looks(set(), set(), set(), set(), set())
    tables = Tables(real.tables)
    spy = Spy(real.months, real.sets, real.rows, tables)
    object.__setattr__(spy, "looks", looks)
    tables.looks = looks
    law.build(spy)
    return looks


def over(law: Law) -> set[str]:
    """Sets that its arrays stand over, those that it brings along, those that always are."""
    arrays = (*law.params, *law.draws, *law.series, *law.writes)
    return (
        EVERYWHERE
        | set(law.labels)
        | {dim.removesuffix(ROLE) for one in arrays for dim in one.dims}
    )


def named(law: Law, kind: str) -> list[Need]:
    """What a law needs; what it can do without is asked for first, and no need."""
    return [one for one in law.needs if one.kind == kind and not one.free]


def untold(law: Law, real: World) -> list[str]:
    """What a law looks up and does not declare, or declares and does not look up."""
    looks, sets = watched(law, real), real.sets
    held = {Row(*one) for need in named(law, "stage") for one in accounts(need, sets)}
    inside = {row for row in looks.rows if row.holder not in OUTSIDE}
    takes = {need.of for need in named(law, "stage") if not need.of.startswith("@")}
    goods = takes.union(*(sets[name].members for name in looks.sets - EVERYWHERE))
    told = {one.name for one in named(law, "set")}
    free = {one.name for one in law.needs if one.kind == "set" and one.free}
    members = {(one, need.of) for need in named(law, "member") for one in spelled(need.name, sets)}
    found = {one for one in looks.members if one[1] not in EVERYWHERE}
    return [
        *_differ("set", told, looks.sets - over(law) - free),
        *_differ("table", {one.name for one in named(law, "table")}, looks.tables),
        *_differ("account", held, inside),
        *_differ("member", members, found),
        *(
            f"good {row.good} is not declared"
            for row in looks.rows - inside
            if row.good not in goods
        ),
    ]


def _differ(what: str, declared: Iterable[object], looked: Iterable[object]) -> list[str]:
    declared, looked = set(declared), set(looked)
    return [f"{what} {one} is not declared" for one in looked - declared] + [
        f"{what} {one} is never looked up" for one in declared - looked
    ]


@cache
def worlds() -> dict[str, tuple[World, tuple[str, ...]]]:
    """A war, the starter, a battle and a duel, with the sets that laws bring along, and their laws."""
    with TemporaryDirectory() as folder:
        three = {
            "flagship": load("russia_dprk_2024"),
            "starter": load(new("starter", Path(folder))),
            "battle": load("iwo_jima_1945"),
            "duel": load(area_duel(Path(folder))),
        }
        out = {}
        for name, scn in three.items():
            made = world(scn)
            sets = dict(made.sets)
            for law in registry().values():
                sets |= {one: LabelSet("label", found) for one, found in law.labels.items()}
            whole = World(made.months, sets, made.rows, made.tables)
            out[name] = whole, tuple(scn.head.laws)
        return out


def tried_in(law: Law) -> World:
    """The first of the worlds whose scenario has this law."""
    return next(real for real, names in worlds().values() if law.name in names)


@pytest.mark.parametrize("which", ["flagship", "starter", "battle", "duel"])
@truth(
    "invariant",
    source="STYLE 12: what a law declares is what it does",
    kills="a law that looks up a set, a fact or an account that it does not declare",
)
def test_what_a_law_needs_is_declared(which: str):
    real, names = worlds()[which]
    found = {name: untold(registry()[name], real) for name in names}
    assert not {name: said for name, said in found.items() if said}


@truth("order", source="STYLE 12", kills="a need that is declared by a law no scenario tries")
def test_every_law_is_tried():
    assert {name for _, names in worlds().values() for name in names} == set(registry())


@pytest.mark.parametrize("kind", ["set", "table", "stage", "member"])
@truth("invariant", source="the check itself", kills="a check that passes whatever is declared")
def test_the_check_sees_a_need_too_few_and_one_too_many(kind: str):
    real = worlds()["flagship"][0]
    extra = {
        "set": Need("set", "arms", ""),
        "table": Need("table", "milex", ""),
        "stage": Need("stage", "wounded", "", "person", "belligerent"),
        "member": Need("member", "gun", "", "struck"),
    }[kind]
    holders = [law for law in registry().values() if named(law, kind)]
    assert holders
    for law in holders:
        for one in named(law, kind):
            less = law._replace(needs=tuple(need for need in law.needs if need != one))
            said = untold(less, tried_in(law))
            assert any("is not declared" in one for one in said), (law.name, one)
    spare = registry()["hold"]._replace(needs=(*registry()["hold"].needs, extra))
    assert any("is never looked up" in said for said in untold(spare, real))


@truth(
    "order",
    source="STYLE 12: what a law declares is what it does",
    kills="a good that a law takes for granted without a word",
)
def test_a_good_that_a_law_takes_for_granted_is_seen():
    def build(real: World) -> object:
        real.out("scrap", "gun")
        return None

    law = registry()["tempo"]._replace(build=build)
    assert untold(law, worlds()["flagship"][0]) == ["good gun is not declared"]
