"""What the public functions of trade refuse, and that their examples run."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from support.conventions import truth

import kautilya.trade as trade
from kautilya.errors import KautilyaError

THETA = 4.0
GOOD = [[8.0, 2.0], [1.0, 8.0]]
ONE = np.ones((2, 2))
BAD = [
    ([[1.0, 2.0]], ONE, THETA, "additive", "square"),
    ([[8.0, -2.0], [1.0, 8.0]], ONE, THETA, "additive", r"flows\[0, 1\]"),
    ([[8.0, np.nan], [1.0, 8.0]], ONE, THETA, "additive", "missing one is not a zero"),
    ([[8.0, np.inf], [1.0, 8.0]], ONE, THETA, "additive", r"flows\[0, 1\]"),
    ([["a", 2.0], [1.0, 8.0]], ONE, THETA, "additive", "not a table of numbers"),
    ([[0.0, 0.0], [1.0, 8.0]], ONE, THETA, "additive", "state 0 sells nothing"),
    ([[0.0, 2.0], [0.0, 8.0]], ONE, THETA, "additive", "state 0 buys nothing"),
    (GOOD, np.ones((3, 3)), THETA, "additive", "One number per flow"),
    (GOOD, [[1.0, 0.0], [1.0, 1.0]], THETA, "additive", r"cost_change\[0, 1\]"),
    (GOOD, [[1.0, np.nan], [1.0, 1.0]], THETA, "additive", r"cost_change\[0, 1\]"),
    (GOOD, ONE, 0.0, "additive", "theta"),
    (GOOD, ONE, np.nan, "additive", "theta"),
    (GOOD, ONE, THETA, "free", "closure"),
    (GOOD, [[1.0, np.inf], [np.inf, 1.0]], THETA, "additive", "nobody finances"),
    (GOOD, [[np.inf, 1.0], [np.inf, 1.0]], THETA, "balanced", "buys nothing after the shock"),
]


@truth("closed-form", source="the contract of the public functions", kills="a check left out")
@pytest.mark.parametrize(("flows", "cost", "theta", "closure", "says"), BAD)
def test_pointed_errors(flows, cost, theta, closure, says):
    with pytest.raises(KautilyaError, match=says):
        trade.general_equilibrium(flows, cost, theta, closure)


@truth("closed-form", source="the contract of the public functions", kills="a check left out")
@pytest.mark.parametrize(("change", "says"), [
    ({"cost_before": [[1.0]]}, "cost_after: shape"), ({"output": [1.0]}, "output: shape"),
    ({"output": [1.0, 0.0]}, r"output\[1\]"), ({"sigma": 1.0}, "sigma"),
    ({"cost_after": [[0.0, 0.0], [1.0, 1.0]]}, "no buyer"),
    ({"cost_after": [[0.0, 1.0], [0.0, 1.0]]}, "no supplier"), ({"reference": 2}, "reference"),
    ({"cost_before": [[1.0, -1.0], [1.0, 1.0]]}, r"cost_before\[0, 1\]")])
def test_pointed_errors_of_levels(change, says):
    given = {"cost_before": ONE, "cost_after": ONE, "output": [1.0, 1.0],
             "spending": [1.0, 1.0], "sigma": 5.0} | change
    with pytest.raises(KautilyaError, match=says):
        trade.conditional_equilibrium(**given)


@truth("closed-form", source="the contract of the public functions", kills="a check left out")
@pytest.mark.parametrize("markets", [[2], [-1], [0.5], [True, False, True]])
def test_pointed_errors_of_markets(markets):
    with pytest.raises(KautilyaError, match="markets"):
        trade.cutoff_welfare(GOOD, THETA, markets)


@truth("closed-form", source="a surplus larger than what is left cannot be kept",
       kills="negative spending that passes for an equilibrium")
def test_a_surplus_that_cannot_be_kept_is_an_error():
    flows = np.array([[1.0, 9.0], [0.5, 50.0]])
    with pytest.raises(KautilyaError, match="surplus"):
        trade.general_equilibrium(flows, [[1.0, 5.0], [5.0, 1.0]], 8.0)


@truth("recorded", reason="the examples of the docstrings are the documentation",
       kills="an example that no longer gives what it prints")
def test_docstring_examples_run():
    assert doctest.testmod(trade).failed == 0
