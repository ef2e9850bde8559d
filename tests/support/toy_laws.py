"""Small laws for tests of the scenario room; no claim about any war."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np

import kautilya.core  # noqa: F401  (switches JAX to float64)
from kautilya.core.law import Built, Draw, Law, Param, Routes, Series, Var, View
from kautilya.core.world import World


def _one_each(world: World, holders: tuple[str, ...], goods: tuple[str, ...], place: str,
              into: bool) -> Built:
    """Routes [holder, good] between a stage "store" and a place of the outside world."""
    inside = world.grid(holders, goods, "store").ravel()
    outside = np.array([world.out(place, g) for _ in holders for g in goods], dtype=np.int32)
    routes = Routes(outside, inside) if into else Routes(inside, outside)
    return Built(routes, {"rows": inside})


def _make_build(world: World) -> Built:
    return _one_each(world, world.members("belligerent"), world.members("arms"), "factory", True)


def _flat(value):
    return value.reshape(-1, value.shape[-1])


MAKE = Law("make", "flow", lambda view: _flat(view.param["rate"]), _make_build,
           params=(Param("rate", ("belligerent", "arms"), "{good}/month", "output", path=True),))


def _fire_build(world: World) -> Built:
    return _one_each(world, world.members("belligerent"), world.members("ammunition"),
                     "battlefield", False)


def _fire(view: View):
    return _flat(view.param["rate"] * view.var["tempo"])


FIRE = Law("fire", "flow", _fire, _fire_build, reads=("tempo",),
           params=(Param("rate", ("belligerent", "ammunition"), "{good}/month", "wanted fire"),))


def _lose(view: View):
    return {"tempo": jnp.exp(view.param["noise"] * view.luck["swing"])}


LOSE = Law("lose", "decide", _lose, params=(Param("share", (), "1/month", "share lost"),
                                            Param("noise", (), "1", "sd of tempo")),
           draws=(Draw("swing", (), "normal"),),
           writes=(Var("tempo", (), "1", "tempo of the fighting"),))


def _supply_build(world: World) -> Built:
    """Two legs for each deal: arms to the belligerent, cash back; paid at one share."""
    source, sink = [], []
    for supplier in world.members("supplier"):
        for buyer in world.members("belligerent"):
            for good in world.members("ammunition"):
                source += [world.row(supplier, good, "store"), world.row(buyer, "cash", "")]
                sink += [world.row(buyer, good, "store"), world.row(supplier, "cash", "")]
    deals = np.repeat(np.arange(len(source) // 2, dtype=np.int32), 2)
    return Built(Routes(np.array(source, np.int32), np.array(sink, np.int32), deals))


def _supply(view: View):
    recorded = view.record * jnp.maximum(view.series["recorded"], 0.0)
    ask = jnp.where(recorded > 0, recorded, view.param["ask"]) * view.param["permit"]
    cash = ask * view.param["price"]
    return jnp.stack([ask, cash], axis=3).reshape(-1, ask.shape[-1])


DEAL = ("supplier", "belligerent", "ammunition")
SUPPLY = Law("supply", "flow", _supply, _supply_build,
             params=(Param("permit", (), "1", "0 where a lever forbids it"),
                     Param("ask", DEAL, "{good}/month", "what is asked for"),
                     Param("price", ("ammunition",), "USD_m/{good}", "price")),
             series=(Series("recorded", DEAL, "{good}/month", "what is on record"),))

MOOD = Law("mood", "update", lambda view: {"mood": view.luck["swing"]},
           draws=(Draw("swing", ("belligerent",), "normal"),),
           writes=(Var("mood", ("belligerent",), "1", "unrelated to everything"),))

TABLES = Path(__file__).parent / "toy_scenario"


def small_war(name: str, folder: Path) -> Path:
    """The toy scenario, written to folder/name under its own id."""
    made = folder / name
    made.mkdir(parents=True)
    for path in TABLES.iterdir():
        text = path.read_text(encoding="utf-8").replace("my_scenario", name)
        (made / path.name).write_text(text, encoding="utf-8", newline="\n")
    return made


TOYS = {law.name: law for law in (MAKE, FIRE, LOSE, SUPPLY, MOOD)}
