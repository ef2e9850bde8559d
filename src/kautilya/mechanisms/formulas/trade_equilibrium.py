r"""Trade equilibrium: what a change of trade costs does to wages, prices and welfare.

Changes ("exact hat algebra"; a hat is new over old, B_ij = t_hat_ij^{-theta}):

    phi_j  = sum_i pi_ij B_ij w_i^{-theta}          pi_ij = X_ij / E_j
    w_i Y_i = sum_j X'_ij                           X'_ij = pi_ij B_ij w_i^{-theta} E'_j / phi_j
    P_j    = phi_j^{-1/theta}                       W_j = (E'_j / E_j) / P_j

    X_ij   flow from i to j, own trade included     [value]
    Y, E   output (row sum), spending (column sum)  [value]
    t_hat  iceberg trade cost, new over old         [1]
    theta  trade elasticity, sigma - 1              [1]
    w, P   wage (gate price), price index, changes  [1]
    W      real spending, change                    [1]

Spending after the shock, by closure: additive E' = wY + (E - Y); multiplicative
E' = k wE with k such that the world's books balance; balanced E' = wY.
Numeraire: nominal output of each part of the world that still trades within itself.

Levels: inward and outward resistances P_j, Pi_i for given Y and E, c_ij = t_ij^{1-sigma}:

    Pi_i^{1-sigma} = sum_j c_ij P_j^{sigma-1} E_j/Y
    P_j^{1-sigma}  = sum_i c_ij Pi_i^{sigma-1} Y_i/Y      X_ij = c_ij Y_i E_j/Y (Pi_i P_j)^{sigma-1}

Source: dekle2007 (hats), anderson2003, yotov2016 (levels), herman2021 (priced levels).
Holds for: one sector, one factor, constant elasticity, perfect competition, static.
Breaks when: a state keeps a deficit (additive) with nobody left to finance it; `residual`
then stays above 1e-10. The public door, `kautilya.trade`, turns that into an error.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

import kautilya.core  # noqa: F401  float64 is switched on there

Matrix = Float[Array, "n n"]
Vector = Float[Array, " n"]
Scalar = Float[Array, ""]
Mask = Bool[Array, " n"]

CLOSURES = ("additive", "multiplicative", "balanced")
SETTLED = 1e-12  # residual at which the search stops; the promise to the outside is 1e-10
STEPS = 300  # Newton needs fewer than ten; the rest is room for damped steps
STRIDE = 2.0  # longest step in logarithms, so that a bad start cannot overshoot
LENGTHS = tuple(0.5**k for k in range(9))  # shares of Newton's step that are tried
FAINT = 1e-3  # demand below this share of supply is met by a straight line, not a logarithm
NEAR = 0.25  # changes below it are summed as changes, so that no change gives exactly none


class Changes(NamedTuple):
    """The world after a shock. All [states] except flows [exporters, importers]."""

    welfare: Vector
    flows: Matrix
    wages: Vector
    prices: Vector
    spending: Vector
    residual: Scalar


class Levels(NamedTuple):
    """A world in levels: resistances and gate prices [states], flows [exporters, importers]."""

    inward: Vector
    outward: Vector
    flows: Matrix
    gate_prices: Vector
    output: Vector
    spending: Vector
    residual: Scalar


class Conditional(NamedTuple):
    """Before; after with output and spending fixed; after with gate prices let go once."""

    before: Levels
    after: Levels
    priced: Levels


def implicit_root(residual: Callable[[Vector], Vector], start: Vector, gain: Scalar) -> Vector:
    """u with residual(u) = 0, differentiable in all that `residual` closes over.

    Newton's direction, of the LENGTHS tried the one after which Newton's next correction
    (with the same slope) is smallest; where none shortens it, u - gain * residual (damped
    tatonnement). No step is longer than STRIDE. Source of the measure: deuflhard2004.
    """

    def size(value: Vector) -> Scalar:
        total = jnp.sum(value * value)
        return jnp.where(jnp.isfinite(total), total, jnp.inf)

    def solve(f: Callable[[Vector], Vector], u0: Vector) -> Vector:
        lengths = jnp.asarray(LENGTHS)

        def step(state: tuple) -> tuple:
            u, value, count = state
            inverse = jnp.linalg.inv(jax.jacfwd(f)(u))
            newton = inverse @ value
            longest = jnp.maximum(jnp.max(jnp.abs(newton)), STRIDE)
            tried = u - lengths[:, None] * newton * (STRIDE / longest)
            damped = u - jnp.clip(gain * value, -STRIDE, STRIDE)
            points = jnp.concatenate([tried, damped[None]])
            values = jax.vmap(f)(points)
            sizes = jax.vmap(size)(values[:-1] @ inverse.T)
            best = jnp.argmin(sizes)
            chosen = jnp.where(sizes[best] < size(newton), best, len(lengths))
            return points[chosen], values[chosen], count + 1

        def going(state: tuple) -> Array:
            return ~(jnp.max(jnp.abs(state[1])) <= SETTLED) & (state[2] < STEPS)

        return lax.while_loop(going, step, (u0, f(u0), 0))[0]

    def tangent_solve(linear: Callable[[Vector], Vector], y: Vector) -> Vector:
        return jnp.linalg.solve(jax.jacobian(linear)(y), y)

    return lax.custom_root(residual, start, solve, tangent_solve)


def soft_log(ratio: Vector) -> Vector:
    """log(ratio), continued below FAINT by its tangent, so that demand <= 0 has a value."""
    tangent = jnp.log(FAINT) + (ratio - FAINT) / FAINT
    return jnp.where(ratio > FAINT, jnp.log(jnp.maximum(ratio, FAINT)), tangent)


def reach(live: Matrix) -> Matrix:
    """1 where a path of live flows leads from i to j (or i = j), else 0. [n, n] -> [n, n]"""
    n = live.shape[0]
    path = jnp.maximum((live > 0).astype(float), jnp.eye(n))
    return lax.fori_loop(
        0, (n - 1).bit_length(), lambda _, longer: (longer @ longer > 0).astype(float), path
    )


@jax.jit
def parts(live: Matrix) -> Matrix:
    """1 where i and j belong to the same trading part of the world, in either direction."""
    return reach(live + live.T)


def mutual(live: Matrix) -> Matrix:
    """1 where goods can flow from i to j and payment back, through third states if need be."""
    forth = reach(live)
    return forth * forth.T


def cost_factor(cost_change: Matrix, theta: Scalar) -> Matrix:
    """B = t_hat^{-theta}; an infinite cost gives 0, with derivatives that stay finite."""
    cut = jnp.isinf(cost_change)
    return jnp.where(cut, 0.0, jnp.where(cut, 1.0, cost_change) ** (-theta))


class _World(NamedTuple):
    """What stays fixed while wages are sought. `kept` = X B; `shift` = sum_i pi (B - 1)."""

    output: Vector
    spending: Vector
    kept: Matrix
    shift: Vector
    theta: Scalar
    parts: Matrix
    old_parts: Matrix
    alive: Mask


def _world(flows: Matrix, factor: Matrix, theta: Scalar, closure: str) -> _World:
    """Sort out who still trades with whom. Balanced books allow no one-way trade."""
    old_parts = parts(lax.stop_gradient(flows))
    together = parts(lax.stop_gradient(flows * factor))
    if closure == "balanced":
        together = mutual(lax.stop_gradient(flows * factor))
        factor = factor * together
    kept, spending = flows * factor, flows.sum(0)
    alive = (kept.sum(0) > 0) & (kept.sum(1) > 0)
    shift = jnp.sum(flows / spending * (factor - 1.0), axis=0)
    return _World(flows.sum(1), spending, kept, shift, theta, together, old_parts, alive)


def _spending_change(world: _World, wages: Vector, closure: str) -> Vector:
    """E'/E [states]; written so that wages of exactly 1 give exactly 1."""
    output, spending = world.output, world.spending
    if closure == "additive":
        return 1.0 + (wages - 1.0) * output / spending
    if closure == "balanced":
        return jnp.where(world.alive, wages * output / spending, 0.0)
    made, bought = world.parts @ (wages * output), world.parts @ (wages * spending)
    scale = (made * (world.old_parts @ spending)) / (bought * (world.old_parts @ output))
    return wages * scale


def _prices(world: _World, wages: Vector) -> tuple[Vector, Vector]:
    """w^{-theta} and phi [states]; only products of matrix and vector, so slopes are cheap."""
    cheap = wages ** (-world.theta)
    moved = ((cheap - 1.0) @ world.kept) / world.spending
    near = jnp.maximum(jnp.abs(world.shift), jnp.abs(moved)) < NEAR
    phi = (cheap @ world.kept) / world.spending
    return cheap, jnp.where(near, 1.0 + (world.shift + moved), phi)


def _imbalance(world: _World, closure: str, logs: Vector) -> Vector:
    """log(supply / demand) of each state plus log(numeraire) of its part of the world."""
    wages = jnp.exp(logs)
    cheap, phi = _prices(world, wages)
    spent = _spending_change(world, wages, closure) / jnp.where(phi > 0, phi, 1.0)
    made = wages * world.output
    numeraire = jnp.log((world.parts @ made) / (world.parts @ world.output))
    demand = cheap * (world.kept @ spent)
    return jnp.where(world.alive, numeraire - soft_log(demand / made), logs)


@partial(jax.jit, static_argnames="closure")
def equilibrium(flows: Matrix, factor: Matrix, theta: Scalar, closure: str = "additive") -> Changes:
    """The world after flows X are hit by B = `factor` (see the card above).

    With balanced books a state left with no supplier or no buyer has welfare 0.
    """
    world = _world(flows, factor, theta, closure)
    residual = partial(_imbalance, world, closure)
    logs = implicit_root(residual, jnp.zeros_like(world.output), 1.0 / (1.0 + theta))
    wages = jnp.exp(logs)
    cheap, phi = _prices(world, wages)
    spent = _spending_change(world, wages, closure)
    open_phi = jnp.where(phi > 0, phi, 1.0)
    new = world.kept * cheap[:, None] * (spent / open_phi)
    prices = jnp.where(phi > 0, open_phi ** (-1.0 / theta), jnp.inf)
    welfare = jnp.where(phi > 0, spent * open_phi ** (1.0 / theta), 0.0)
    return Changes(
        welfare, new, wages, prices, spent * world.spending, jnp.max(jnp.abs(residual(logs)))
    )


@jax.jit
def cutoff(flows: Matrix, theta: Scalar, markets: Mask) -> tuple[Vector, Scalar]:
    """Welfare share that each state loses if it alone is cut off from `markets`, both ways.

    The books are balanced first (a state cannot borrow from those it no longer trades
    with), so the loss is against that world. Returns losses [states] and worst residual.
    """
    n = flows.shape[0]
    base = equilibrium(flows, jnp.ones_like(flows), theta, "balanced")

    def lose(state: Array) -> tuple[Scalar, Scalar]:
        own = jnp.arange(n) == state
        severed = own[:, None] & (markets & ~own)[None, :]
        factor = jnp.where(severed | severed.T, 0.0, 1.0)
        after = equilibrium(base.flows, factor, theta, "balanced")
        return 1.0 - after.welfare[state], after.residual

    losses, residuals = lax.map(lose, jnp.arange(n))
    return losses, jnp.maximum(base.residual, residuals.max())


def _resist(cost: Matrix, output: Vector, spending: Vector, reference: int) -> tuple:
    """Pi^{sigma-1}, P^{sigma-1} [states] and the residual; P of the reference state is 1."""
    sold, bought = output / output.sum(), spending / spending.sum()

    def inward(logs: Vector) -> Vector:
        return 1.0 / ((sold * jnp.exp(logs)) @ cost)

    def residual(logs: Vector) -> Vector:
        term = inward(logs)
        return logs + jnp.log(cost @ (bought * term)) - jnp.log(term[reference])

    start = jnp.full_like(output, -jnp.log((sold @ cost)[reference]))
    logs = implicit_root(residual, start, jnp.asarray(1.0))
    return jnp.exp(logs), inward(logs), jnp.max(jnp.abs(residual(logs)))


def _levels(cost: Matrix, gate: Vector, books: tuple, terms: tuple, sigma: Scalar) -> Levels:
    """Put a world in levels together at gate prices, with given resistance terms."""
    outward, inward, residual = terms
    output, spending = gate * books[0], gate * books[1]
    flows = cost * (outward * output / output.sum())[:, None] * inward * spending
    power = 1.0 / (sigma - 1.0)
    return Levels(inward**power, outward**power, flows, gate, output, spending, residual)


@partial(jax.jit, static_argnames="reference")
def conditional(
    cost_before: Matrix,
    cost_after: Matrix,
    output: Vector,
    spending: Vector,
    sigma: Scalar,
    reference: int = 0,
) -> Conditional:
    """Three worlds in levels for c = t^{1-sigma} before and after (see the card above).

    `priced` keeps the resistances of `after` and lets gate prices follow them once,
    p_i = Pi_i before / Pi_i after, as the program of herman2021 does.
    """
    books, ones = (output, spending), jnp.ones_like(output)
    old = _resist(cost_before, output, spending, reference)
    new = _resist(cost_after, output, spending, reference)
    gate = (new[0] / old[0]) ** (1.0 / (1.0 - sigma))
    return Conditional(
        _levels(cost_before, ones, books, old, sigma),
        _levels(cost_after, ones, books, new, sigma),
        _levels(cost_after, gate, books, new, sigma),
    )
