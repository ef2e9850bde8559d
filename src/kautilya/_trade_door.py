"""What the public functions of trade accept: checks at the door, each a pointed error."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kautilya.errors import KautilyaError
from kautilya.mechanisms.formulas import trade_equilibrium as model

CLEARED = 1e-10  # markets must clear to this share of each state's output
EVEN = 1e-9  # a trading part of the world whose deficits add up to less than this is even


def traced(*values: Any) -> bool:
    return any(isinstance(value, jax.core.Tracer) for value in values)


def square(name: str, value: Any) -> Any:
    if traced(value):
        return value
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise KautilyaError(name, "not a table of numbers", "Give an n by n array") from error
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.size == 0:
        raise KautilyaError(name, f"shape {array.shape} is not square",
                            "Exporters by importers, the same states in the same order")
    return array


def refuse(name: str, array: np.ndarray, wrong: np.ndarray, remedy: str) -> None:
    if wrong.any():
        place = tuple(int(k) for k in np.argwhere(wrong)[0])
        raise KautilyaError(f"{name}[{', '.join(map(str, place))}]", f"{array[place]}", remedy)


def flows(flows: Any) -> Any:
    array = square("flows", flows)
    if not traced(array):
        refuse("flows", array, ~np.isfinite(array),
                "A flow is a number; a missing one is not a zero: fill it or drop the state")
        refuse("flows", array, array < 0, "A flow is zero or more")
    return array


def cost_change(cost_change: Any, flows: Any) -> Any:
    array = square("cost_change", cost_change)
    if np.shape(array) != np.shape(flows):
        raise KautilyaError("cost_change", f"shape {np.shape(array)}",
                            f"One number per flow: {np.shape(flows)}")
    if not traced(array):
        refuse("cost_change", array, ~(array > 0),
                "New over old trade cost: above 0, 1 for no change, inf for cut off")
    return array


def levels_cost(name: str, cost: Any) -> Any:
    array = square(name, cost)
    if not traced(array):
        refuse(name, array, ~(np.isfinite(array) & (array >= 0)), "A number, 0 or more")
        for axis, what in ((1, "buyer"), (0, "supplier")):
            alone = np.flatnonzero(array.sum(axis) == 0)
            if alone.size:
                raise KautilyaError(name, f"state {alone[0]} has no {what}",
                                    "Leave the state out or give it own trade")
    return array


def books(name: str, value: Any, n: int) -> Any:
    array = value if traced(value) else np.asarray(value, dtype=float)
    if np.shape(array) != (n,):
        raise KautilyaError(name, f"shape {np.shape(array)}", f"One value per state: {(n,)}")
    if not traced(array):
        refuse(name, array, ~(np.isfinite(array) & (array > 0)), "A value above 0")
    return array


def above(name: str, value: Any, least: float) -> Any:
    if traced(value):
        return value
    if np.ndim(value) or not np.isfinite(value) or not value > least:
        raise KautilyaError(name, repr(value), f"One number above {least:g}")
    return float(value)


def markets(markets: Any, n: int) -> np.ndarray:
    given = np.asarray(markets)
    if given.dtype == bool:
        if given.shape != (n,):
            raise KautilyaError("markets", f"{given.shape} booleans", f"One per state: {(n,)}")
        return given
    closed = np.zeros(n, dtype=bool)
    for position in given.ravel().tolist():
        if not isinstance(position, int) or position not in range(n):
            raise KautilyaError("markets", repr(position), f"Positions from 0 to {n - 1}")
        closed[position] = True
    return closed


def still_trading(kept: np.ndarray, flows: np.ndarray, closure: str) -> None:
    """Every state sells and buys, and (additive) no part is left alone with its deficit."""
    for table, when in ((flows, ""), (kept, " after the shock")):
        for axis, what in ((1, "sells"), (0, "buys")):
            alone = np.flatnonzero(table.sum(axis) == 0)
            if alone.size:
                raise KautilyaError("flows", f"state {alone[0]} {what} nothing{when}",
                                    "Give it own trade on the diagonal, or leave it out")
    if closure != "additive":
        return
    together = np.asarray(model.parts(jnp.asarray(kept)))
    output = together @ flows.sum(1)
    gap = together @ (flows.sum(0) - flows.sum(1)) / output
    if np.abs(gap).max() > EVEN:
        worst = int(np.abs(gap).argmax())
        members = np.flatnonzero(together[worst]).tolist()
        raise KautilyaError(
            "cost_change", f"states {members} are cut off from the rest with a deficit of "
            f"{gap[worst]:.2%} of their output that nobody finances",
            "Balance the books first (balance_trade) or take closure='multiplicative'")


def settled(residual: float, spending: np.ndarray, closure: str) -> None:
    remedy = ("Trade so thin that only shares near 1e-12 tie states together, or costs that "
              "change by many orders of magnitude, cannot be solved")
    if closure == "additive":
        remedy = "A surplus may exceed what is left: try balance_trade or 'multiplicative'"
    if not residual <= CLEARED:
        raise KautilyaError("equilibrium", f"markets clear only to {residual:.1e}", remedy)
    if closure == "additive" and (spending <= 0).any():
        raise KautilyaError("equilibrium", f"state {int(spending.argmin())} would have to "
                            "spend less than nothing to keep its surplus", remedy)
