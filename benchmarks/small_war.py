r"""A small war of attrition: two sides, ten stocks, thirteen parameters, sixty months.

    fired_i = min(wanted line_i, rounds_i)          supplied_i = fired_i / wanted
    hit_i   = lethality_i supplied_j                of them `lost` are gone, the others go to repair
    each month `repaired` of the vehicles in repair and `restored` of those in store come to the
    line; vehicles, rounds and recruits come in; soldiers are lost with the vehicles that are hit

For teaching, for measuring the core beside other tools, and for trying out studies in seconds. Its
ranges (small_war.csv) are assumed and say nothing about any war. It runs on the same ledger and
month loop as every scenario. Source: the aimed fire of lanchester1916, limited by ammunition.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from kautilya.core.law import Built, Law, Param, Routes, View
from kautilya.core.model import Model, build
from kautilya.core.world import LabelSet, Row, World

SIDES, MONTHS = ("A", "B"), 60
STOCKS = (
    ("vehicle", "line"),
    ("vehicle", "repair"),
    ("vehicle", "store"),
    ("round", "ready"),
    ("person", "line"),
)
TABLE = Path(__file__).with_suffix(".csv")


class Range(NamedTuple):
    """The range of one parameter or opening stock."""

    name: str
    low: float
    central: float
    high: float
    unit: str


@cache
def ranges() -> tuple[Range, ...]:
    """All rows of small_war.csv; an opening stock is a point."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return tuple(
        Range(
            row["name"], float(row["low"]), float(row["central"]), float(row["high"]), row["unit"]
        )
        for row in csv.DictReader(lines)
    )


def values(u: np.ndarray) -> dict[str, np.ndarray | float]:
    """Inputs of `Sweep` from probabilities u [runs, 13]; opening stocks as they stand."""
    free = [row for row in ranges() if row.low < row.high]
    out: dict[str, np.ndarray | float] = {
        row.name: row.low + (row.high - row.low) * u[:, k] for k, row in enumerate(free)
    }
    return out | {row.name: row.central for row in ranges() if row.low == row.high}


def _routes(world: World, **ends: tuple[tuple[str, str], tuple[str, str]]) -> Built:
    """Routes of both sides by name; an end is (good, stage) or (place, good)."""

    def at(end: tuple[str, str]) -> np.ndarray:
        return np.array(
            [world.row(side, *end) if end in STOCKS else world.out(*end) for side in SIDES]
        )

    return Built(
        {name: Routes(at(a), at(b)) for name, (a, b) in ends.items()},
        {
            "line": at(STOCKS[0]),
            "repair": at(STOCKS[1]),
            "store": at(STOCKS[2]),
            "ready": at(STOCKS[3]),
        },
    )


def _war(view: View) -> dict:
    p, d = view.param, view.data
    fired = jnp.minimum(p["rounds_wanted"] * view.stock[d["line"]], view.stock[d["ready"]])
    hit = p["lethality"] * (fired / p["rounds_wanted"])[::-1]
    return {
        "lost": p["lost"] * hit,
        "damaged": (1.0 - p["lost"]) * hit,
        "fired": fired,
        "killed": p["crew"] * hit,
    }


def _supply(view: View) -> dict:
    p, d = view.param, view.data
    return {
        "repaired": p["repaired"] * view.stock[d["repair"]],
        "restored": p["restored"] * view.stock[d["store"]],
        "vehicles": p["vehicles"],
        "rounds": p["rounds"],
        "recruits": p["recruits"],
    }


WAR = Law(
    "war",
    "flow",
    _war,
    lambda world: _routes(
        world,
        lost=(STOCKS[0], ("battlefield", "vehicle")),
        damaged=(STOCKS[0], STOCKS[1]),
        fired=(STOCKS[3], ("battlefield", "round")),
        killed=(STOCKS[4], ("battlefield", "person")),
    ),
    params=(
        Param("lethality", ("side",), "1/month", "hits by one supplied vehicle"),
        Param("rounds_wanted", (), "round/vehicle/month", "rounds that a vehicle fires"),
        Param("lost", (), "1", "share of hits that is gone"),
        Param("crew", (), "person/vehicle", "soldiers lost with a vehicle"),
    ),
    cites=("lanchester1916",),
)
SUPPLY = Law(
    "supply",
    "flow",
    _supply,
    lambda world: _routes(
        world,
        repaired=(STOCKS[1], STOCKS[0]),
        restored=(STOCKS[2], STOCKS[0]),
        vehicles=(("factory", "vehicle"), STOCKS[0]),
        rounds=(("factory", "round"), STOCKS[3]),
        recruits=(("population", "person"), STOCKS[4]),
    ),
    params=(
        Param("repaired", (), "1/month", "share that returns from repair"),
        Param("restored", (), "1/month", "share that is restored from store"),
        Param("vehicles", ("side",), "vehicle/month", "vehicles made"),
        Param("rounds", ("side",), "round/month", "rounds made"),
        Param("recruits", ("side",), "person/month", "recruits"),
    ),
)


@cache
def model() -> Model:
    """The model, on the ledger of the core."""
    rows = [Row(side, good, stage) for side in SIDES for good, stage in STOCKS]
    rows += [
        Row(place, good, "")
        for good in ("vehicle", "round", "person")
        for place in ("factory" if good != "person" else "population", "battlefield")
    ]
    months = tuple(f"{2000 + m // 12}-{m % 12 + 1:02d}" for m in range(MONTHS))
    return build(World(months, {"side": LabelSet("actor", SIDES)}, tuple(rows)), (WAR, SUPPLY))
