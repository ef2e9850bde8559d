"""Routes have names: one more of them, in front of the others, changes nothing for anybody."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest
from support.conventions import truth
from support.hand import SIDES, Hand
from support.twins.recorded import everything, flagship, given, whole, worst

from kautilya.core.law import Built, Law, Routes, View
from kautilya.core.model import Model, build
from kautilya.core.world import OUTSIDE, World
from kautilya.mechanisms import manpower
from kautilya.scenario.outcomes import emitter

SAME = 1e-12  # relative; other sizes, other fusions


def wider(law: Law) -> Law:
    """The law with one route more, first in order: a unit a month from outside to outside."""

    def extended(world: World) -> Built:
        built = law.build(world)
        good = world.rows[np.ravel(next(iter(built.routes.values())).source)[0]].good
        source, sink = [
            i for i, row in enumerate(world.rows) if row.good == good and row.holder in OUTSIDE
        ][:2]
        first = Routes(np.array([source]), np.array([sink]))
        return built._replace(routes={"in_front": first, **built.routes})

    def step(view: View) -> dict:
        return {**law.step(view), "in_front": jnp.ones((1, view.stock.shape[1]))}

    return law._replace(build=extended, step=step)


class Seen(NamedTuple):
    """Stocks of actors and variables of one future."""

    stock: dict
    var: dict


def seen(model: Model, levers: tuple[str, ...]) -> Seen:
    """What a model makes of a future in which the laws decide from the first month."""
    made, loop = flagship()
    fed = given(made, 11, (0,), levers, ("drive=model",))
    ready = loop if model is made.model else everything(model)
    found = whole(model, ready(fed).outcomes, 0)
    return Seen({k: v for k, v in found.stock.items() if k[0] not in OUTSIDE}, found.var)


@truth(
    "invariant",
    source="a route is read by its name",
    kills="a law that counts rows of another law's flow",
)
def test_one_more_route_in_every_flow_changes_nothing():
    """All laws of flow of the flagship, each with a route in front of its own."""
    made, _ = flagship()
    laws = [wider(law) if law.phase == "flow" else law for law in made.model.laws]
    model = build(made.model.world, laws)
    assert len(model.plan.source) == len(made.model.plan.source) + sum(
        law.phase == "flow" for law in laws
    )
    plain, more = seen(made.model, ()), seen(model, ())
    for name in Seen._fields:
        apart, key, month = worst(getattr(plain, name), getattr(more, name), 1e-6)[0]
        assert apart <= SAME, f"{name} {key} in month {month}: {apart:.1e}"


@truth(
    "invariant",
    source="a route is read by its name",
    kills="outcomes that stay where the routes stood before",
)
def test_flow_outcomes_follow_their_routes():
    """Each outcome reads the routes between the same accounts, wherever they lie."""
    made, _ = flagship()
    laws = [wider(law) if law.name == "manpower" else law for law in made.model.laws]
    model = build(made.model.world, laws)

    def ends(of: Model) -> dict[str, list]:
        flows = [one for one in emitter(made.scenario, of, "all").outcomes if one.kind == "flow"]
        return {
            one.id: [
                of.plan.source[one.index].tolist(),
                of.plan.sink[one.index].tolist(),
                one.cell.tolist(),
            ]
            for one in flows
        }

    assert ends(model) == ends(made.model)


@pytest.mark.parametrize("wrong", ({"killed": "renamed"}, {"killed": "narrow"}))
@truth(
    "invariant",
    source="a law asks for all of its routes and for no other",
    kills="an amount that lands on another route in silence",
)
def test_amounts_that_fit_no_route_are_refused(wrong: dict[str, str]):
    def step(view: View) -> dict:
        asks = dict(manpower.step(view))
        ((name, how),) = wrong.items()
        amount = asks.pop(name)
        return asks | ({how: amount} if how == "renamed" else {name: amount[:1]})

    hand = Hand(
        manpower.LAW._replace(step=step),
        {"belligerent": SIDES, "struck": ("person",)},
        {"person": ("train", "line", "wounded", "elsewhere")},
    )
    two = np.ones(2)
    param = {one.name: np.ones(hand.world.shape(one.dims)) for one in manpower.LAW.params}
    with pytest.raises(ValueError, match="'manpower' asks"):
        hand.asked(param=param, luck={"count": two}, var={"tempo": [1.0]})
