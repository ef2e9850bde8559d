"""Historical battles: a file of two sides, their rates and their reinforcements, and its course.

A battle file (TOML, kind = "battle") has `law`, `days`, and the tables `first` and `second`, each
with `code`, `strength.value` [men], `exposure.value` [men lost per enemy man and day] and any
number of `inflow` rows (from_day, to_day, men_per_day).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np

import kautilya.core  # noqa: F401  (turns on float64)
from kautilya.errors import KautilyaError
from kautilya.mechanisms.formulas.lanchester import engel1954

LAWS = ("engel1954",)
LONGEST = 10_000  # days; a file asking for more is a slip, and would fill the memory


def run_battle(path: str | Path) -> dict[str, np.ndarray]:
    """Return the course of the battle in the file.

    Keys: "day" [days + 1]; for each side's code, "<code>" strength at the start of each day
    [days + 1, men], "<code>_inflow" and "<code>_loss" during each day [days, men], where
    loss = opening + inflow - closing. Raises KautilyaError where the file is missing, is not a
    battle, or holds a value that cannot be. Source: engel1954.
    """
    path = Path(path)
    battle = _read(path)
    days = _number(battle, "days", path.name, low=1, high=LONGEST)
    if days != int(days):
        raise KautilyaError(f"{path.name}: days", f"{days}", "give a whole number of days")
    sides = [_side(battle, name, int(days), path.name) for name in ("first", "second")]
    codes = [side["code"] for side in sides]
    if codes[0] == codes[1]:
        raise KautilyaError(
            f"{path.name}: second.code", f"{codes[1]!r} on both sides", "name two sides"
        )
    course = engel1954(
        (sides[0]["strength"], sides[1]["strength"]),
        (sides[0]["exposure"], sides[1]["exposure"]),
        (sides[0]["inflow"], sides[1]["inflow"]),
    )
    result = {"day": np.arange(int(days) + 1)}
    for side, strength in zip(sides, map(np.asarray, course), strict=True):
        result[side["code"]] = strength
        result[f"{side['code']}_inflow"] = side["inflow"]
        result[f"{side['code']}_loss"] = strength[:-1] + side["inflow"] - strength[1:]
    return result


def _read(path: Path) -> dict[str, Any]:
    """Return the parsed file, once it is known to be a battle under a known law."""
    try:
        battle = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KautilyaError(
            str(path), error.strerror or "cannot be read", "give the path of a battle file"
        ) from error
    except ValueError as error:  # bad TOML or bad UTF-8
        raise KautilyaError(path.name, str(error), "mend the TOML") from error
    if battle.get("kind") != "battle":
        raise KautilyaError(f"{path.name}: kind", f"{battle.get('kind')!r}", 'use kind = "battle"')
    if battle.get("law") not in LAWS:
        raise KautilyaError(
            f"{path.name}: law",
            f"{battle.get('law')!r} is not known here",
            f"use one of {', '.join(LAWS)}",
        )
    return battle


def _side(battle: dict[str, Any], name: str, days: int, place: str) -> dict[str, Any]:
    """Return code, strength, exposure and daily inflow [days] of a side."""
    side = battle.get(name)
    if not isinstance(side, dict):
        raise KautilyaError(f"{place}: {name}", "the table is missing", f"add [{name}]")
    code = side.get("code")
    if not isinstance(code, str) or not code.isalnum() or code == "day":
        raise KautilyaError(f"{place}: {name}.code", f"{code!r}", "give a code such as USA")
    inflow = np.zeros(days)
    rows = side.get("inflow", [])
    if not isinstance(rows, list):
        raise KautilyaError(
            f"{place}: {name}.inflow", "is not a list of rows", f"write [[{name}.inflow]]"
        )
    for number, row in enumerate(rows, start=1):
        where = f"{place}: {name}.inflow row {number}"
        start = _number(row, "from_day", where, low=0, high=days)
        end = _number(row, "to_day", where, low=start, high=days)
        if start != int(start) or end != int(end):
            raise KautilyaError(where, f"days {start} to {end}", "give whole days")
        inflow[int(start) : int(end)] += _number(row, "men_per_day", where)
    return {
        "code": code,
        "inflow": inflow,
        "strength": _number(side.get("strength"), "value", f"{place}: {name}.strength"),
        "exposure": _number(side.get("exposure"), "value", f"{place}: {name}.exposure"),
    }


def _number(table: Any, key: str, place: str, low: float = 0.0, high: float = 1e12) -> float:
    """Return table[key] as a number within bounds."""
    value = table.get(key) if isinstance(table, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise KautilyaError(place, f"{key} is {value!r}", f"give {key} as a number")
    if not low <= value <= high:
        raise KautilyaError(place, f"{key} = {value}", f"give {key} from {low:g} to {high:g}")
    return float(value)
