"""Small laws for tests of the scenario room; no claim about any war."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np

import kautilya.core  # noqa: F401  (switches JAX to float64)
from kautilya.core.law import Built, Draw, Law, Param, Routes, Series, Var, View
from kautilya.core.world import World


def _one_each(
    world: World, holders: tuple[str, ...], goods: tuple[str, ...], place: str, into: bool
) -> Built:
    """Routes [holder, good] between a stage "store" and a place of the outside world."""
    inside = world.grid(holders, goods, "store")
    outside = np.array([[world.out(place, g) for g in goods] for _ in holders])
    routes = Routes(outside, inside) if into else Routes(inside, outside)
    return Built({"moved": routes}, {"rows": inside})


def _make_build(world: World) -> Built:
    return _one_each(world, world.members("belligerent"), world.members("arms"), "factory", True)


MAKE = Law(
    "make",
    "flow",
    lambda view: {"moved": view.param["rate"]},
    _make_build,
    params=(Param("rate", ("belligerent", "arms"), "{good}/month", "output", path=True),),
)


def _fire_build(world: World) -> Built:
    return _one_each(
        world, world.members("belligerent"), world.members("ammunition"), "battlefield", False
    )


def _fire(view: View):
    return {"moved": view.param["rate"] * view.var["tempo"]}


FIRE = Law(
    "fire",
    "flow",
    _fire,
    _fire_build,
    reads=("tempo",),
    params=(Param("rate", ("belligerent", "ammunition"), "{good}/month", "wanted fire"),),
)


def _lose(view: View):
    return {"tempo": jnp.exp(view.param["noise"] * view.luck["swing"])}


LOSE = Law(
    "lose",
    "decide",
    _lose,
    params=(Param("share", (), "1/month", "share lost"), Param("noise", (), "1", "sd of tempo")),
    draws=(Draw("swing", (), "normal"),),
    writes=(Var("tempo", (), "1", "tempo of the fighting"),),
)


def _supply_build(world: World) -> Built:
    """Two legs for each deal: arms to the belligerent, cash back; paid at one share."""
    suppliers, buyers, goods = (world.members(name) for name in DEAL)
    held, bought = world.grid(suppliers, goods, "store"), world.grid(buyers, goods, "store")
    paid, earned = (world.grid(who, ["cash"], "") for who in (buyers, suppliers))
    shape = (len(suppliers), len(buyers), len(goods))
    deals = np.arange(np.prod(shape)).reshape(shape)

    def wide(rows: np.ndarray) -> np.ndarray:
        return np.broadcast_to(rows, shape)

    return Built(
        {
            "arms": Routes(wide(held[:, None]), wide(bought), deals),
            "cash": Routes(wide(paid), wide(earned[:, None]), deals),
        }
    )


def _supply(view: View):
    recorded = view.record * jnp.maximum(view.series["recorded"], 0.0)
    ask = jnp.where(recorded > 0, recorded, view.param["ask"]) * view.param["permit"]
    return {"arms": ask, "cash": ask * view.param["price"]}


DEAL = ("supplier", "belligerent", "ammunition")
SUPPLY = Law(
    "supply",
    "flow",
    _supply,
    _supply_build,
    params=(
        Param("permit", (), "1", "0 where a lever forbids it"),
        Param("ask", DEAL, "{good}/month", "what is asked for"),
        Param("price", ("ammunition",), "USD_m/{good}", "price"),
    ),
    series=(Series("recorded", DEAL, "{good}/month", "what is on record"),),
)

MOOD = Law(
    "mood",
    "update",
    lambda view: {"mood": view.luck["swing"]},
    draws=(Draw("swing", ("belligerent",), "normal"),),
    writes=(Var("mood", ("belligerent",), "1", "unrelated to everything"),),
)

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
