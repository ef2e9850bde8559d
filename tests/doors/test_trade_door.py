"""What the public functions of trade refuse, and that their examples run."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest
import xarray as xr
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
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cost_before": [[1.0]]}, "cost_after: shape"),
        ({"output": [1.0]}, "output: shape"),
        ({"output": [1.0, 0.0]}, r"output\[1\]"),
        ({"sigma": 1.0}, "sigma"),
        ({"cost_after": [[0.0, 0.0], [1.0, 1.0]]}, "no buyer"),
        ({"cost_after": [[0.0, 1.0], [0.0, 1.0]]}, "no supplier"),
        ({"reference": 2}, "reference"),
        ({"cost_before": [[1.0, -1.0], [1.0, 1.0]]}, r"cost_before\[0, 1\]"),
    ],
)
def test_pointed_errors_of_levels(change, says):
    given = {
        "cost_before": ONE,
        "cost_after": ONE,
        "output": [1.0, 1.0],
        "spending": [1.0, 1.0],
        "sigma": 5.0,
    } | change
    with pytest.raises(KautilyaError, match=says):
        trade.conditional_equilibrium(**given)


@truth("closed-form", source="the contract of the public functions", kills="a check left out")
@pytest.mark.parametrize("markets", [[2], [-1], [0.5], [True, False, True]])
def test_pointed_errors_of_markets(markets):
    with pytest.raises(KautilyaError, match="markets"):
        trade.cutoff_welfare(GOOD, THETA, markets)


@truth(
    "closed-form",
    source="a surplus larger than what is left cannot be kept",
    kills="negative spending that passes for an equilibrium",
)
def test_a_surplus_that_cannot_be_kept_is_an_error():
    flows = np.array([[1.0, 9.0], [0.5, 50.0]])
    with pytest.raises(KautilyaError, match="surplus"):
        trade.general_equilibrium(flows, [[1.0, 5.0], [5.0, 1.0]], 8.0)


@truth(
    "recorded",
    reason="the examples of the docstrings are the documentation",
    kills="an example that no longer gives what it prints",
)
def test_docstring_examples_run():
    assert doctest.testmod(trade).failed == 0


STATES = list("ABC")
FLOWS = pd.DataFrame([[8.0, 2.0, 1.0], [1.0, 9.0, 0.5], [2.0, 1.0, 7.0]], STATES, STATES)
ORDERS = [list("ABC"), list("CAB"), list("BCA")]


@truth(
    "symmetry",
    source="a table says the same in any order of its columns",
    kills="labels that are thrown away: the columns in another order than the rows",
)
@pytest.mark.parametrize("columns", ORDERS)
def test_tables_are_read_by_their_labels(columns):
    told = trade.cutoff_welfare(FLOWS.to_numpy(), THETA, [1])
    turned = FLOWS[columns]
    crossed = turned.rename_axis("importer", axis=1).rename_axis("exporter").T
    named = xr.DataArray(
        turned.to_numpy(), {"exporter": STATES, "importer": columns}, ("exporter", "importer")
    )
    for table in (turned, crossed, named, named.T):
        np.testing.assert_array_equal(trade.cutoff_welfare(table, THETA, ["B"]), told)
    closed = pd.Series([False, True, False], STATES)[columns]
    np.testing.assert_array_equal(trade.cutoff_welfare(turned, THETA, closed), told)


@truth(
    "symmetry",
    source="a later table follows the first one's order",
    kills="a cost table or a budget that is read in its own order",
)
def test_later_tables_follow_the_first():
    cost = pd.DataFrame([[1.0, 1.1, 1.3], [1.2, 1.0, 1.5], [1.4, 1.6, 1.0]], STATES, STATES)
    told = trade.general_equilibrium(FLOWS.to_numpy(), cost.to_numpy(), THETA)
    for order in ORDERS:
        got = trade.general_equilibrium(FLOWS, cost.loc[order, order[::-1]], THETA)
        np.testing.assert_array_equal(got.flows, told.flows)
    budget = pd.Series([1.0, 2.0, 3.0], STATES)
    plain = trade.conditional_equilibrium(
        1 / cost.to_numpy(), np.ones((3, 3)), budget.to_numpy(), budget.to_numpy()[::-1], 5.0, 2
    )
    got = trade.conditional_equilibrium(
        1 / cost,
        np.ones((3, 3)),
        budget[list("CAB")],
        pd.Series([3.0, 1.0, 2.0], list("ACB")),
        5.0,
        "C",
    )
    np.testing.assert_array_equal(got.after.flows, plain.after.flows)


@truth(
    "closed-form",
    source="the contract of the public functions",
    kills="labels that cross, taken by position",
)
@pytest.mark.parametrize(
    ("table", "says"),
    [
        (FLOWS.rename(columns={"C": "D"}), "different states: 'C', 'D'"),
        (FLOWS.reset_index(drop=True), "different states"),
        (FLOWS.rename(columns={"C": "A"}), "'A' occurs twice"),
        (FLOWS.rename({"C": "A"}).rename(columns={"C": "A"}), "'A' occurs twice"),
    ],
)
def test_labels_that_cross_are_refused(table, says):
    with pytest.raises(KautilyaError, match=says):
        trade.cutoff_welfare(table, THETA, [1])
    with pytest.raises(KautilyaError, match=says):
        trade.general_equilibrium(FLOWS, table, THETA)


@truth(
    "closed-form",
    source="the contract of the public functions",
    kills="a code that is taken for a position",
)
def test_a_number_that_is_label_and_position_is_refused():
    codes = [2, 0, 1]
    table = pd.DataFrame(FLOWS.to_numpy(), codes, codes)
    with pytest.raises(KautilyaError, match="a label and a position"):
        trade.cutoff_welfare(table, THETA, [2])
    with pytest.raises(KautilyaError, match="a label such as 'A'"):
        trade.cutoff_welfare(FLOWS, THETA, ["Z"])
