"""Trade: what a cut or a treaty does to flows, wages, prices and welfare.

Arrays are [exporter, importer], own trade on the diagonal. Values may be in any one unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kautilya import _trade_door as door
from kautilya.errors import KautilyaError
from kautilya.estimation.trade import gravity
from kautilya.estimation.trade.gravity import GravityFit
from kautilya.mechanisms.formulas import trade_equilibrium as model
from kautilya.mechanisms.formulas.trade_equilibrium import Conditional, Levels

__all__ = ["Conditional", "GravityFit", "Levels", "TradeEquilibrium", "balance_trade",
           "conditional_equilibrium", "cost_change_of_effect", "cutoff_welfare",
           "estimate_gravity", "general_equilibrium"]


class TradeEquilibrium(NamedTuple):
    """After the shock: welfare, wages, prices are new over old [states]; flows [value]."""

    welfare: Any
    flows: Any
    wages: Any
    prices: Any


def general_equilibrium(flows: Any, cost_change: Any, theta: float,
                        closure: str = "additive") -> TradeEquilibrium:
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
    flows, theta = door.flows(flows), door.above("theta", theta, 0.0)
    cost_change = door.cost_change(cost_change, flows)
    traced = door.traced(flows, cost_change, theta)
    factor = model.cost_factor(jnp.asarray(cost_change, float), jnp.asarray(theta))
    if not traced:
        door.still_trading(flows * np.asarray(factor), flows, closure)
    found = model.equilibrium(jnp.asarray(flows, float), factor, theta, closure)
    if traced:
        return TradeEquilibrium(*found[:4])
    door.settled(float(found.residual), np.asarray(found.spending), closure)
    return TradeEquilibrium(*(np.asarray(part) for part in found[:4]))


def balance_trade(flows: Any, theta: float) -> TradeEquilibrium:
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


def cutoff_welfare(flows: Any, theta: float, markets: Sequence[int] | Any) -> Any:
    """The share of its real spending that each state loses if it alone is cut off.

        loss_i = 1 - W_i   with t_hat_ij = t_hat_ji = inf for all j in `markets`, j != i

    One general equilibrium per state, each against the world with balanced books (a state
    cannot borrow from those it no longer trades with). Cut off from everybody the loss is
    1 - pi_ii^(1/theta), pi_ii the share of own goods in that world.

    flows    [n, n] value, exporter by importer, own trade included
    theta    trade elasticity [1]
    markets  positions of the states that close their markets, or n booleans
    Returns [n] shares: 0 for a state that does not trade with them, 1 for one that is left
    with no supplier or no buyer. A member of `markets` is cut off from the other members.

    Source: arkolakis2012 (autarky), dekle2007.
    Raises KautilyaError as `general_equilibrium`; and for a market that is no position.

    >>> loss = cutoff_welfare([[8.0, 2.0], [2.0, 8.0]], theta=4.0, markets=[1])
    >>> [round(float(share), 6) for share in loss]      # the second is its own only market
    [0.054258, 0.0]
    """
    flows, theta = door.flows(flows), door.above("theta", theta, 0.0)
    closed = door.markets(markets, np.shape(flows)[0])
    traced = door.traced(flows, theta)
    if not traced:
        door.still_trading(flows, flows, "balanced")
    losses, residual = model.cutoff(jnp.asarray(flows, float), theta, jnp.asarray(closed))
    if traced:
        return losses
    door.settled(float(residual), np.ones(1), "balanced")
    return np.asarray(losses)


def conditional_equilibrium(cost_before: Any, cost_after: Any, output: Any, spending: Any,
                            sigma: float, reference: int = 0) -> Conditional:
    r"""Flows and resistances in levels, before and after, with output and spending fixed.

        Pi_i^(1-sigma) = sum_j c_ij P_j^(sigma-1) E_j/Y
        P_j^(1-sigma)  = sum_i c_ij Pi_i^(sigma-1) Y_i/Y,   P of `reference` = 1
        X_ij = c_ij (Y_i/Y) E_j (Pi_i P_j)^(sigma-1)

    cost_before, cost_after  [n, n] c = t^(1-sigma) = exp(b'z) [1], larger is easier
    output, spending         [n] value; shares are used, so totals may differ
    sigma                    elasticity of substitution [1], above 1
    reference                position of the state whose inward resistance is 1

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
    before = door.levels_cost("cost_before", cost_before)
    after = door.levels_cost("cost_after", cost_after)
    n = np.shape(before)[0]
    if np.shape(after) != (n, n):
        raise KautilyaError("cost_after", f"shape {np.shape(after)}", f"Make it {(n, n)}")
    books = [door.books(name, value, n) for name, value in
             (("output", output), ("spending", spending))]
    sigma = door.above("sigma", sigma, 1.0)
    if reference not in range(n):
        raise KautilyaError("reference", repr(reference), f"A position from 0 to {n - 1}")
    found = model.conditional(before, after, *books, sigma, int(reference))
    if door.traced(before, after, *books, sigma):
        return found
    door.settled(max(float(found.before.residual), float(found.after.residual)), np.ones(1), "")
    return jax.tree.map(np.asarray, found)


def cost_change_of_effect(effect: Any, theta: float) -> Any:
    """The iceberg cost change t_hat = exp(-effect / theta) of an effect on log trade.

    effect any shape [1], such as a gravity coefficient; theta [1]. Source: yotov2016.
    Raises KautilyaError: theta not above 0.

    >>> round(float(cost_change_of_effect(-1.470, theta=4.0)), 4)
    1.4441
    """
    return jnp.exp(-jnp.asarray(effect, float) / door.above("theta", theta, 0.0))


def estimate_gravity(table: Any, trade: str = "trade",
                     variables: Sequence[str] = ("ln_dist", "cntg", "lang", "clny"),
                     effects: Sequence[str] = ("exporter^year", "importer^year"),
                     estimator: str = "ppml", cluster: str | None = None) -> GravityFit:
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
