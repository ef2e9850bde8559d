"""What a law declares is what it does: each law runs once under observation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from support.conventions import truth
from support.duel import area_duel

from kautilya.core.emit import Emitter
from kautilya.core.law import Law, View
from kautilya.core.loop import TILE, simulator
from kautilya.mechanisms import registry
from kautilya.runs.chunk import inputs
from kautilya.scenario import load
from kautilya.scenario.assemble import Assembled, assemble
from kautilya.scenario.levers import apply

WATCHED = ("var", "param", "luck", "series", "paid", "data")
LAWS = sorted(registry())


class Spy(Mapping):
    """A mapping that notes what is asked of it."""

    def __init__(self, inside: Mapping[str, Any], seen: set[str]) -> None:
        self.inside, self.seen = inside, seen

    def __getitem__(self, key: str) -> Any:
        self.seen.add(key)
        return self.inside[key]

    def __iter__(self) -> Iterator[str]:
        self.seen.update(self.inside)
        return iter(self.inside)

    def __len__(self) -> int:
        return len(self.inside)


class Done(NamedTuple):
    """What a law asked for, by field of the view, and what it gave back."""

    asked: dict[str, set[str]]
    given: Any
    data: frozenset[str]


def observed(made: Assembled) -> dict[str, Done]:
    """Trace the month loop with every law under observation; nothing is compiled or run."""
    done: dict[str, Done] = {}

    def watch(law: Law) -> Law:
        def step(view: View) -> Any:
            asked: dict[str, set[str]] = {name: set() for name in WATCHED}
            spies = {name: Spy(getattr(view, name), asked[name]) for name in WATCHED}
            given = law.step(view._replace(**spies))
            shapes = jax.tree.map(lambda x: x.shape, given)
            done[law.name] = Done(asked, shapes, frozenset(view.data))
            return given

        return law._replace(step=step)

    model = made.model._replace(laws=tuple(watch(law) for law in made.model.laws))
    fed = inputs(made, apply(made), 0, np.arange(TILE))
    jax.eval_shape(simulator(model, Emitter((), np.zeros(len(model.world.months), int))), fed)
    return done


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> list[Assembled]:
    """A war, a battle and a duel: between them they run every law."""
    duel = area_duel(tmp_path_factory.mktemp("scenes"))
    return [assemble(load(name)) for name in ("russia_dprk_2024", "iwo_jima_1945", duel)]


@pytest.fixture(scope="module")
def done(scenes: list[Assembled]) -> dict[str, Done]:
    return {name: one for made in reversed(scenes) for name, one in observed(made).items()}


@truth("invariant", source="STYLE 12", kills="a law that no scenario runs, so nobody watches it")
def test_every_law_is_run(done):
    assert sorted(done) == LAWS


@pytest.mark.parametrize("name", LAWS)
@truth("invariant", source="STYLE 12", kills="a parameter, read or draw that is declared in vain")
def test_everything_declared_is_used(done, name: str):
    """Reads, flows, parameters, draws, records, and what `build` worked out."""
    law, asked = registry()[name], done[name].asked
    flows = {read[5:] for read in law.reads if read.startswith("flow:")}
    assert {*law.reads_if, *(read for read in law.reads if ":" not in read)} <= asked["var"]
    assert flows == asked["paid"]
    starts = {var.start for var in law.writes if isinstance(var.start, str)}
    assert {one.name for one in law.params} == asked["param"] | starts
    assert {one.name for one in law.draws} == asked["luck"]
    assert {one.name for one in law.series} == asked["series"]
    dated = {one for one in asked["data"] if one.startswith("present_")}  # of sets that change
    assert done[name].data | dated == asked["data"]


@pytest.mark.parametrize("name", LAWS)
@truth("invariant", source="STYLE 12", kills="reading another law's variable without saying so")
def test_nothing_undeclared_is_read_or_written(scenes: list[Assembled], done, name: str):
    """Reads are declared reads or own carried variables; writes have the declared shapes."""
    made = next(one for one in scenes if name in [law.name for law in one.model.laws])
    law, asked = next(one for one in made.model.laws if one.name == name), done[name].asked
    own = {var.name for var in law.writes if var.start is not None}
    assert asked["var"] <= {*law.reads, *law.reads_if, *own}
    world = made.model.world
    if law.phase == "flow":
        slots = made.model.routes[name]
        assert done[name].given == {route: (*slot.shape, TILE) for route, slot in slots.items()}
        assert not law.writes
    else:
        assert done[name].given.keys() == {var.name for var in law.writes}
        for var in law.writes:
            shape = world.shape(var.dims)
            assert np.broadcast_shapes(done[name].given[var.name], (*shape, 1))[:-1] == shape


@truth("invariant", source="STYLE 12", kills="a spy that sees nothing")
def test_the_spy_sees():
    seen: set[str] = set()
    spy = Spy({"a": 1, "b": 2}, seen)
    assert spy["a"] == 1 and seen == {"a"} and len(spy) == 2
    assert dict(spy) == {"a": 1, "b": 2} and seen == {"a", "b"}
    with pytest.raises(KeyError):
        spy["c"]
    assert "c" in seen
