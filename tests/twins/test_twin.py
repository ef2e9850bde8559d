"""The compiled month loop beside a month in plain Python, on the whole flagship."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from conventions import truth
from twins.flagship import PHASES, start
from twins.month import Month, simulate
from twins.recorded import Whole, everything, future, given, whole

from kautilya.scenario import load
from kautilya.scenario.assemble import Assembled, assemble

FUTURES = (0, 2, 5000)
BAR, LEAST = 1e-9, 1e-6  # relative; a millionth of a unit (or a probability) is nothing
CASES = {"record": ((), ()), "model": ((), ("drive=model",)),
         "no_dprk_shells": (("no_dprk_shells",), ()),
         "refurbishment_doubled": (("refurbishment_doubled", "aid_halves"), ("drive=model",))}


@pytest.fixture(scope="module")
def made() -> Assembled:
    return assemble(load("russia_dprk_2024"))


@pytest.fixture(scope="module")
def loop(made: Assembled) -> Any:
    return everything(made.model)


def gathered(months: list[Month]) -> Whole:
    """The twin's months as arrays over months, in the shape of the compiled loop's."""
    stock: dict = defaultdict(lambda: np.zeros(len(months)))
    var: dict = defaultdict(lambda: np.zeros(len(months)))
    paid: dict = defaultdict(lambda: np.zeros(len(months)))
    for t, month in enumerate(months):
        for account, value in month.stock.items():
            stock[account][t] = value
        for key, value in month.var.items():
            var[key][t] = value
        for law, flows in month.paid.items():
            for source, sink, amount in flows:
                paid[law, source, sink][t] += amount
    return Whole(dict(stock), dict(var), dict(paid))


def worst(seen: dict, slow: dict) -> list[tuple[float, Any, int]]:
    """Largest differences over the largest value that the element ever takes, worst first."""
    out = []
    for key in seen.keys() | slow.keys():
        a, b = seen.get(key, 0.0) + np.zeros(1), slow.get(key, 0.0) + np.zeros(1)
        apart = np.abs(a - b) / max(np.abs(a).max(), np.abs(b).max(), LEAST)
        out.append((float(apart.max()), key, int(apart.argmax())))
    return sorted(out, key=lambda one: -one[0])


@pytest.mark.parametrize("case", CASES)
@truth("slow-twin", source="cards of the laws", kills="any slip of index, order or sign in a law")
def test_the_month_in_plain_python(made: Assembled, loop: Any, case: str):
    """Stocks, variables and paid flows of 71 months agree to 1e-9 of their own largest value."""
    fed = given(made, 11, FUTURES, *CASES[case])
    out = loop(fed).outcomes
    for column in range(len(FUTURES)):
        fast = whole(made.model, out, column)
        slow = gathered(simulate(future(made, fed, column), PHASES, start))
        assert len(slow.stock) >= 300 and len(slow.var) >= 3000
        assert fast.var.keys() == slow.var.keys()
        for name in Whole._fields:
            apart, key, month = worst(getattr(fast, name), getattr(slow, name))[0]
            assert apart <= BAR, f"{name} {key} in month {month}: {apart:.1e}"
