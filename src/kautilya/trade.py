"""Trade: what a cut or a treaty does to flows, wages, prices and welfare.

Arrays are [exporter, importer], own trade on the diagonal. Values may be in any one unit. Tables
of pandas and xarray are read by their labels: columns and later tables are put into the order of
the first table's rows, and what is returned is in that order.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pandas as pd

from kautilya.core.loop import Numbers
from kautilya.errors import KautilyaError
from kautilya.estimation import gravity
from kautilya.estimation.gravity import GravityFit
from kautilya.mechanisms.formulas import trade_equilibrium as model
from kautilya.mechanisms.formulas.trade_equilibrium import Conditional, Levels

__all__ = [
    "Conditional",
    "GravityFit",
    "Levels",
    "TradeEquilibrium",
    "balance_trade",
    "conditional_equilibrium",
    "cost_change_of_effect",
    "cutoff_welfare",
    "estimate_gravity",
    "general_equilibrium",
]


class TradeEquilibrium(NamedTuple):
    """After the shock: welfare, wages, prices are new over old [states]; flows [value]."""

    welfare: np.ndarray
    flows: np.ndarray
    wages: np.ndarray
    prices: np.ndarray


CLEARED = 1e-10  # markets must clear to this share of each state's output
EVEN = 1e-9  # a trading part of the world whose deficits add up to less than this is even


def _traced(*values: Any) -> bool:
    return any(isinstance(value, jax.core.Tracer) for value in values)


class _States:
    """The labels of the first labelled table; every later one is put into the same order."""

    def __init__(self) -> None:
        self.names: pd.Index | None = None

    def square(self, name: str, value: npt.ArrayLike) -> Numbers:
        """An n by n array in the order of the states."""
        if isinstance(value, jax.core.Tracer):
            return value
        axes, value = _axes(value)
        array = _numbers(name, value)
        if array.ndim != 2 or array.shape[0] != array.shape[1] or array.size == 0:
            raise KautilyaError(
                name,
                f"shape {array.shape} is not square",
                "Exporters by importers, the same states in the same order",
            )
        if not axes:
            return array
        rows, columns = axes
        _same(name, "the rows", rows, "the columns", columns)
        return array[np.ix_(self._places(name, rows), self._places(name, columns))]

    def row(self, name: str, value: npt.ArrayLike, n: int) -> Numbers:
        """An array [n] in the order of the states."""
        array: Numbers
        if isinstance(value, jax.core.Tracer):
            array = value
        else:
            axes, value = _axes(value)
            array = _numbers(name, value)
            if len(axes) == array.ndim == 1:
                array = array[self._places(name, axes[0])]
        if np.shape(array) != (n,):
            raise KautilyaError(name, f"shape {np.shape(array)}", f"One value per state: {(n,)}")
        return array

    def position(self, name: str, value: object, n: int) -> int:
        """The position that a label or a position names."""
        at = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else -1
        inside = 0 <= at < n
        labels = self.names if self.names is not None else pd.Index([])
        named = isinstance(value, Hashable) and value in labels
        if named and inside and labels[at] != value:
            raise KautilyaError(
                name,
                f"{value!r} is a label and a position",
                "Give one boolean per state, or tables without labels",
            )
        if named:
            return int(labels.get_loc(value))
        if inside:
            return at
        some = f", or a label such as {labels[0]!r}" if len(labels) else ""
        raise KautilyaError(name, repr(value), f"Positions from 0 to {n - 1}{some}")

    def _places(self, name: str, labels: pd.Index) -> np.ndarray:
        if self.names is None:
            self.names = labels
        _same(name, "its labels", labels, "the first table", self.names)
        return labels.get_indexer(self.names)


def _axes(value: Any) -> tuple[list[pd.Index], Any]:
    """The labels of each axis, none where positions count, and the value [exporter, importer]."""
    names = getattr(value, "dims", None)  # of xarray
    if names is not None:
        axes = [value.get_index(one) for one in names]
    elif isinstance(value, pd.DataFrame | pd.Series):
        axes = list(value.axes)
        names = tuple(axis.name for axis in axes)
    else:
        return [], value
    if list(names) == ["importer", "exporter"]:
        axes, value = axes[::-1], value.T
    if all(axis.equals(pd.RangeIndex(len(axis))) for axis in axes):
        return [], value
    return axes, value


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise KautilyaError(name, "not a table of numbers", "Give an n by n array") from error


def _same(name: str, what: str, labels: pd.Index, other: str, known: pd.Index) -> None:
    """Refuse labels that occur twice, or that are not the same as those known."""
    for axis in (labels, known):
        if not axis.is_unique:
            twice = axis[axis.duplicated()][0]
            raise KautilyaError(name, f"{twice!r} occurs twice", "Give each state once")
    apart = labels.symmetric_difference(known, sort=False)
    if len(apart):
        raise KautilyaError(
            name,
            f"{what} and {other} name different states: {', '.join(map(repr, apart[:5]))}",
            "Label both alike, or give an array without labels",
        )


def _refuse(name: str, array: Numbers, wrong: Numbers, remedy: str) -> None:
    if wrong.any():
        place = tuple(int(k) for k in np.argwhere(wrong)[0])
        raise KautilyaError(f"{name}[{', '.join(map(str, place))}]", f"{array[place]}", remedy)


def _flows(states: _States, flows: Any) -> Any:
    array = states.square("flows", flows)
    if not _traced(array):
        _refuse(
            "flows",
            array,
            ~np.isfinite(array),
            "A flow is a number; a missing one is not a zero: fill it or drop the state",
        )
        _refuse("flows", array, array < 0, "A flow is zero or more")
    return array


def _cost_change(states: _States, cost_change: Any, flows: Any) -> Any:
    array = states.square("cost_change", cost_change)
    if np.shape(array) != np.shape(flows):
        raise KautilyaError(
            "cost_change",
            f"shape {np.shape(array)}",
            f"One number per flow: {np.shape(flows)}",
        )
    if not _traced(array):
        _refuse(
            "cost_change",
            array,
            ~(array > 0),
            "New over old trade cost: above 0, 1 for no change, inf for cut off",
        )
    return array


def _levels_cost(states: _States, name: str, cost: Any) -> Any:
    array = states.square(name, cost)
    if not _traced(array):
        _refuse(name, array, ~(np.isfinite(array) & (array >= 0)), "A number, 0 or more")
        for axis, what in ((1, "buyer"), (0, "supplier")):
            alone = np.flatnonzero(array.sum(axis) == 0)
            if alone.size:
                raise KautilyaError(
                    name,
                    f"state {alone[0]} has no {what}",
                    "Leave the state out or give it own trade",
                )
    return array


def _books(states: _States, name: str, value: Any, n: int) -> Any:
    array = states.row(name, value, n)
    if not _traced(array):
        _refuse(name, array, ~(np.isfinite(array) & (array > 0)), "A value above 0")
    return array


def _above(name: str, value: Any, least: float) -> Any:
    if _traced(value):
        return value
    if np.ndim(value) or not np.isfinite(value) or not value > least:
        raise KautilyaError(name, repr(value), f"One number above {least:g}")
    return float(value)


def _markets(states: _States, markets: Any, n: int) -> np.ndarray:
    if np.asarray(markets).dtype == bool:
        if np.shape(markets) != (n,):
            found = f"{np.shape(markets)} booleans"
            raise KautilyaError("markets", found, f"One per state: {(n,)}")
        return np.asarray(states.row("markets", markets, n), dtype=bool)
    closed = np.zeros(n, dtype=bool)
    for value in np.asarray(markets).ravel().tolist():
        closed[states.position("markets", value, n)] = True
    return closed


def _still_trading(kept: np.ndarray, flows: np.ndarray, closure: str) -> None:
    """Every state sells and buys, and (additive) no part is left alone with its deficit."""
    for table, when in ((flows, ""), (kept, " after the shock")):
        for axis, what in ((1, "sells"), (0, "buys")):
            alone = np.flatnonzero(table.sum(axis) == 0)
            if alone.size:
                raise KautilyaError(
                    "flows",
                    f"state {alone[0]} {what} nothing{when}",
                    "Give it own trade on the diagonal, or leave it out",
                )
    if closure != "additive":
        return
    together = np.asarray(model.parts(jnp.asarray(kept)))
    output = together @ flows.sum(1)
    gap = together @ (flows.sum(0) - flows.sum(1)) / output
    if np.abs(gap).max() > EVEN:
        worst = int(np.abs(gap).argmax())
        members = np.flatnonzero(together[worst]).tolist()
        raise KautilyaError(
            "cost_change",
            f"states {members} are cut off from the rest with a deficit of "
            f"{gap[worst]:.2%} of their output that nobody finances",
            "Balance the books first (balance_trade) or take closure='multiplicative'",
        )


def _settled(residual: float, spending: np.ndarray, closure: str) -> None:
    remedy = (
        "Trade so thin that only shares near 1e-12 tie states together, or costs that "
        "change by many orders of magnitude, cannot be solved"
    )
    if closure == "additive":
        remedy = "A surplus may exceed what is left: try balance_trade or 'multiplicative'"
    if not residual <= CLEARED:
        raise KautilyaError("equilibrium", f"markets clear only to {residual:.1e}", remedy)
    if closure == "additive" and (spending <= 0).any():
        raise KautilyaError(
            "equilibrium",
            f"state {int(spending.argmin())} would have to "
            "spend less than nothing to keep its surplus",
            remedy,
        )


def general_equilibrium(
    flows: npt.ArrayLike, cost_change: npt.ArrayLike, theta: float, closure: str = "additive"
) -> TradeEquilibrium:
    r"""The new world after trade costs change, markets cleared to 1e-10 of output.

        phi_j = sum_i pi_ij B_ij w_i^-theta,  pi_ij = X_ij / E_j,  B = cost_change^-theta
        w_i Y_i = sum_j X'_ij,  X'_ij = pi_ij B_ij w_i^-theta E'_j / phi_j
        P_j = phi_j^(-1/theta),  W_j = (E'_j / E_j) / P_j

    flows        [n, n] value, exporter by importer, own trade included, zeros allowed
    cost_change  [n, n] iceberg trade cost, new over old: 1 nothing, 1.1 a tenth dearer, inf
                 cut off. An effect b on trade (a gravity coefficient) is exp(-b / theta):
                 see `cost_change_of_effect`
    theta        trade elasticity [1], sigma - 1
    closure      who pays for deficits D = E - Y: "additive" E' = wY + D (D fixed in units of
                 the numeraire), "multiplicative" E' = k wE with k such that books balance,
                 "balanced" E' = wY (then a baseline with deficits is itself a shock)

    Returns `TradeEquilibrium(welfare, flows, wages, prices)`: changes (new over old) of real
    spending, wages (gate prices) and price indices [n], and the new flows [n, n]. Wages and
    prices are in units of nominal world output. A cost change of exactly 1 everywhere
    returns exactly 1 and the old flows. States that trade with nobody, or a part of the
    world that trades only within itself, keep their own output as numeraire and feel nothing
    of what happens elsewhere. Derivatives go through (jax.grad, jax.jvp, jax.vmap); under
    tracing values cannot be checked, so no error is raised there.

    Source: dekle2007 (additive), yotov2016 ch. 2 (multiplicative).
    Raises KautilyaError: flows not square, missing, negative or infinite; a state that sells
    or buys nothing, before or after; cost_change missing or not above 0; theta not above 0;
    unknown closure; a part of the world cut off with a deficit nobody is left to finance.

    >>> import numpy as np
    >>> flows = np.array([[8.0, 2.0], [2.0, 8.0]])
    >>> world = general_equilibrium(flows, [[1, np.inf], [np.inf, 1]], theta=4.0)
    >>> [round(float(change), 6) for change in world.welfare]   # 0.8 ** (1 / 4)
    [0.945742, 0.945742]
    """
    if closure not in model.CLOSURES:
        raise KautilyaError("closure", repr(closure), f"One of {', '.join(model.CLOSURES)}")
    states = _States()
    old, theta = _flows(states, flows), _above("theta", theta, 0.0)
    change = _cost_change(states, cost_change, old)
    traced = _traced(old, change, theta)
    factor = model.cost_factor(jnp.asarray(change, float), jnp.asarray(theta))
    if not traced:
        _still_trading(old * np.asarray(factor), old, closure)
    found = model.equilibrium(jnp.asarray(old, float), factor, theta, closure)
    if traced:
        return TradeEquilibrium(*found[:4])
    _settled(float(found.residual), np.asarray(found.spending), closure)
    return TradeEquilibrium(*(np.asarray(part) for part in found[:4]))


def balance_trade(flows: npt.ArrayLike, theta: float) -> TradeEquilibrium:
    """The same world without deficits: E' = wY, costs unchanged.

    flows [n, n] value; theta [1]. Returns as `general_equilibrium`. One-way trade between
    parts of the world that do not pay each other back disappears.
    Source: dekle2007. Raises KautilyaError as `general_equilibrium`.

    >>> world = balance_trade([[8.0, 2.0], [1.0, 8.0]], theta=4.0)
    >>> exports, imports = world.flows.sum(1), world.flows.sum(0)
    >>> bool(abs(exports - imports).max() < 1e-9)
    True
    """
    return general_equilibrium(flows, np.ones(np.shape(flows)), theta, "balanced")


def cutoff_welfare(flows: npt.ArrayLike, theta: float, markets: npt.ArrayLike) -> np.ndarray:
    """The share of its real spending that each state loses if it alone is cut off.

        loss_i = 1 - W_i   with t_hat_ij = t_hat_ji = inf for all j in `markets`, j != i

    One general equilibrium per state, each against the world with balanced books (a state
    cannot borrow from those it no longer trades with). Cut off from everybody the loss is
    1 - pi_ii^(1/theta), pi_ii the share of own goods in that world.

    flows    [n, n] value, exporter by importer, own trade included
    theta    trade elasticity [1]
    markets  positions or labels of the states that close their markets, or n booleans
    Returns [n] shares: 0 for a state that does not trade with them, 1 for one that is left
    with no supplier or no buyer. A member of `markets` is cut off from the other members.

    Source: arkolakis2012 (autarky), dekle2007.
    Raises KautilyaError as `general_equilibrium`; and for a market that is no position.

    >>> loss = cutoff_welfare([[8.0, 2.0], [2.0, 8.0]], theta=4.0, markets=[1])
    >>> [round(float(share), 6) for share in loss]      # the second is its own only market
    [0.054258, 0.0]
    """
    states = _States()
    old, theta = _flows(states, flows), _above("theta", theta, 0.0)
    closed = _markets(states, markets, np.shape(old)[0])
    traced = _traced(old, theta)
    if not traced:
        _still_trading(old, old, "balanced")
    losses, residual = model.cutoff(jnp.asarray(old, float), theta, jnp.asarray(closed))
    if traced:
        return losses
    _settled(float(residual), np.ones(1), "balanced")
    return np.asarray(losses)


def conditional_equilibrium(
    cost_before: npt.ArrayLike,
    cost_after: npt.ArrayLike,
    output: npt.ArrayLike,
    spending: npt.ArrayLike,
    sigma: float,
    reference: int | str = 0,
) -> Conditional:
    r"""Flows and resistances in levels, before and after, with output and spending fixed.

        Pi_i^(1-sigma) = sum_j c_ij P_j^(sigma-1) E_j/Y
        P_j^(1-sigma)  = sum_i c_ij Pi_i^(sigma-1) Y_i/Y,   P of `reference` = 1
        X_ij = c_ij (Y_i/Y) E_j (Pi_i P_j)^(sigma-1)

    cost_before, cost_after  [n, n] c = t^(1-sigma) = exp(b'z) [1], larger is easier
    output, spending         [n] value; shares are used, so totals may differ
    sigma                    elasticity of substitution [1], above 1
    reference                position or label of the state whose inward resistance is 1

    Returns `Conditional(before, after, priced)`, each `Levels(inward, outward, flows,
    gate_prices, output, spending, residual)`. `priced` lets gate prices follow the outward
    resistances once, p = Pi before / Pi after, with Y' = pY and E' = pE: what the program of
    herman2021 calls full equilibrium. For wages that clear the markets of the new world use
    `general_equilibrium` on `before.flows`.

    Source: anderson2003, yotov2016 ch. 2.
    Raises KautilyaError: wrong shapes; costs missing, negative or infinite; a state that no
    cost term joins to a buyer or a supplier; output or spending not above 0; sigma not above
    1; reference no position.

    >>> import numpy as np
    >>> border = np.array([[1.0, 0.1], [0.1, 1.0]])
    >>> world = conditional_equilibrium(border, np.ones((2, 2)), [1.0, 1.0], [1.0, 1.0], 5.0)
    >>> round(float(world.after.flows[0, 1] / world.before.flows[0, 1]), 6)  # 1/2 over 1/11
    5.5
    """
    states = _States()
    before = _levels_cost(states, "cost_before", cost_before)
    after = _levels_cost(states, "cost_after", cost_after)
    n = np.shape(before)[0]
    if np.shape(after) != (n, n):
        raise KautilyaError("cost_after", f"shape {np.shape(after)}", f"Make it {(n, n)}")
    books = [
        _books(states, name, value, n)
        for name, value in (("output", output), ("spending", spending))
    ]
    sigma = _above("sigma", sigma, 1.0)
    unit = states.position("reference", reference, n)
    found = model.conditional(before, after, *books, sigma, unit)
    if _traced(before, after, *books, sigma):
        return found
    _settled(max(float(found.before.residual), float(found.after.residual)), np.ones(1), "")
    return jax.tree.map(np.asarray, found)


def cost_change_of_effect(effect: npt.ArrayLike, theta: float) -> jax.Array:
    """The iceberg cost change t_hat = exp(-effect / theta) of an effect on log trade.

    effect any shape [1], such as a gravity coefficient; theta [1]. Source: yotov2016.
    Raises KautilyaError: theta not above 0.

    >>> round(float(cost_change_of_effect(-1.470, theta=4.0)), 4)
    1.4441
    """
    return jnp.exp(-jnp.asarray(effect, float) / _above("theta", theta, 0.0))


def estimate_gravity(
    table: pd.DataFrame | Mapping[str, Sequence],
    trade: str = "trade",
    variables: Sequence[str] = ("ln_dist", "cntg", "lang", "clny"),
    effects: Sequence[str] = ("exporter^year", "importer^year"),
    estimator: str = "ppml",
    cluster: str | None = None,
) -> GravityFit:
    """Gravity coefficients from a table with one row per exporter, importer and year.

        "ppml"  E[X] = exp(b'z + effects)     "ols"  E[ln X] = b'z + effects, rows with X > 0

    table      pandas.DataFrame, or what it can be made of; trade [value], regressors [1].
               Rows of own trade count as they stand: drop them if they should not
    effects    columns of fixed effects, "a^b" for every combination; () for an intercept
    cluster    column for clustered standard errors; without it robust to heteroskedasticity
    Returns `GravityFit(coefficients, standard_errors, observations)`.

    Source: santos2006, yotov2016 ch. 1. Needs the extra `kautilya[trade]` (pyfixest).
    Raises KautilyaError: pyfixest absent, column absent or missing values in it, negative
    trade, unknown estimator.

    >>> rows = {"trade": [8.0, 4.0, 2.0, 1.0], "z": [0.0, 0.0, 1.0, 1.0]}
    >>> fit = estimate_gravity(rows, variables=["z"], effects=[])      # means 6 and 1.5
    >>> round(fit.coefficients["z"], 6)                                # ln(1.5 / 6)
    -1.386294
    """
    return gravity.fit(table, trade, tuple(variables), tuple(effects), estimator, cluster)
