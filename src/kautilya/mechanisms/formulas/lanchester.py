r"""Attrition: two opposed forces, blue (x) and red (y), wearing each other down.

    dx/dt = P_x - a d^s y^p x^q        dy/dt = P_y - b d^-s x^p y^q        (bracken1995)
    square p, q = 1, 0: aimed fire;  linear 1, 1: area fire;  logarithmic 0, 1: own numbers
    Helmbold's law is p = 1 - w, q = w                                     (helmbold1965)

    x, y   strength [strength]       a, b   lethality [strength^(1-p-q) / time]
    P      inflow [strength / time]  d      tactical factor [1]
    s      +1 red attacks, -1 blue attacks, 0 neither [1]

Source: lanchester1916; the exponents and d as in bracken1995; reinforcement as in engel1954.
Holds for: two sides in contact, many casualties, fire not limited by supply.
Breaks when: a side falls to `floor`; then the integrator stops fire on both sides. Published
lethalities hold only in the units and weights in which they were fitted.

Every argument may be a number or an array with futures on the last axis; shapes broadcast. The
functions run inside compiled code and raise nothing, unless their docstring says so.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from kautilya.errors import KautilyaError
from kautilya.mechanisms.formulas.smooth import Numbers, safe_div, safe_pow, safe_sqrt

Pair = tuple[Numbers, Numbers]
TIED = 18.0  # sqrt(ab) t at which both sides of an exactly even fight stand at 1.5e-8 of the start
EXPONENT_CAP = 700.0  # exp() overflows in float64 above 709


class Law(NamedTuple):
    """The general law: lethalities a (on blue), b (on red), exponents p, q, tactical factor d."""

    a: ArrayLike
    b: ArrayLike
    p: ArrayLike
    q: ArrayLike
    d: ArrayLike = 1.0


class Exchange(NamedTuple):
    """A step: closing strengths, and losses = opening + inflow - closing [strength]."""

    blue: Numbers
    red: Numbers
    blue_loss: Numbers
    red_loss: Numbers


class BattleDays(NamedTuple):
    """A daily record [days]: strengths, losses on the day, s (+1 red attacks, -1 blue)."""

    blue: ArrayLike
    red: ArrayLike
    blue_loss: ArrayLike
    red_loss: ArrayLike
    attack: ArrayLike


def helmbold1965(a: ArrayLike, b: ArrayLike, w: ArrayLike) -> Law:
    """Return Helmbold's law dx/dt = -a (y/x)^(1-w) x as a general law.

    w in [0, 1] [1]: 0 square, 1 logarithmic; a, b per time. Shapes broadcast.
    Source: helmbold1965.
    """
    w = jnp.asarray(w)
    return Law(a, b, 1.0 - w, w)


def law_at_parity(
    losses: tuple[ArrayLike, ArrayLike],
    difference: ArrayLike,
    total: ArrayLike,
    strength: ArrayLike,
) -> Law:
    """Return the law whose sides, both at `strength`, lose the shares `losses` per time.

    losses = (blue, red) [1/time], difference = p - q, total = p + q [1]. A fit is well
    conditioned in these terms and not in (a, b, p, q); the unit of strength drops out.
    Source: bracken1995, solved for a and b at parity.
    """
    scale = jnp.power(strength, 1.0 - jnp.asarray(total))
    p, q = (total + jnp.asarray(difference)) / 2, (total - jnp.asarray(difference)) / 2
    return Law(losses[0] * scale, losses[1] * scale, p, q)


def bracken1995(
    blue: ArrayLike,
    red: ArrayLike,
    law: Law,
    attack: ArrayLike = 0.0,
    inflow: tuple[ArrayLike, ArrayLike] = (0.0, 0.0),
    firing: tuple[ArrayLike, ArrayLike] = (1.0, 1.0),
) -> Pair:
    """Return the rates (dx/dt, dy/dt) [strength/time] of the general law with inflow.

    `attack` is s: +1 where red attacks, -1 where blue attacks, 0 where neither. `firing` is the
    share [1] of (blue, red) that has rounds to fire with; all of a
    side stays exposed. A side without strength neither fires nor is hit. Source: bracken1995.
    """
    tactical, inflow = safe_pow(law.d, attack), (jnp.asarray(inflow[0]), jnp.asarray(inflow[1]))
    blue_fires, red_fires = blue * jnp.asarray(firing[0]), red * jnp.asarray(firing[1])
    on_blue = law.a * tactical * safe_pow(red_fires, law.p) * safe_pow(blue, law.q)
    on_red = law.b / tactical * safe_pow(blue_fires, law.p) * safe_pow(red, law.q)
    both = (jnp.asarray(blue) > 0) & (jnp.asarray(red) > 0)
    return (inflow[0] - jnp.where(both, on_blue, 0.0), inflow[1] - jnp.where(both, on_red, 0.0))


def bracken_ssr(law: Law, days: BattleDays) -> Numbers:
    """Return the sum over both sides of squared errors in the daily losses [strength^2].

    Fields of `days` are [days]; the law is scalar. Source: bracken1995.
    """
    rate_blue, rate_red = bracken1995(days.blue, days.red, law, days.attack)
    return jnp.sum((days.blue_loss + rate_blue) ** 2) + jnp.sum((days.red_loss + rate_red) ** 2)


def bracken_r2(law: Law, days: BattleDays) -> Numbers:
    """Return 1 - SSR / SST [1], the SST about each side's own mean daily loss.

    Shapes as in `bracken_ssr`. Source: bracken1995.
    """
    spread = sum(
        jnp.sum((loss - jnp.mean(loss)) ** 2)
        for loss in map(jnp.asarray, (days.blue_loss, days.red_loss))
    )
    return 1.0 - bracken_ssr(law, days) / spread


def invariant(kind: str, blue: ArrayLike, red: ArrayLike, a: ArrayLike, b: ArrayLike) -> Numbers:
    """Return what the law keeps constant while no reinforcement comes.

    kind "square" b x^2 - a y^2, "linear" b x - a y, "logarithmic" ln(x)/a - ln(y)/b.
    Raises KautilyaError for another kind. Source: lanchester1916, integrated once.
    """
    x, y, a, b = map(jnp.asarray, (blue, red, a, b))
    if kind == "square":
        return b * x**2 - a * y**2
    if kind == "linear":
        return b * x - a * y
    if kind == "logarithmic":
        return jnp.log(x) / a - jnp.log(y) / b
    raise KautilyaError(
        "invariant(kind)",
        f"{kind!r} is no law with a closed form",
        "use 'square', 'linear' or 'logarithmic'",
    )


def _sinhc(square: Numbers) -> Numbers:
    """Return sinh(z)/z from z^2, smooth through zero."""
    z = safe_sqrt(jnp.where(square > 1e-4, square, 1.0))
    series = 1.0 + square / 6.0 * (1.0 + square / 20.0 * (1.0 + square / 42.0))
    return jnp.where(square > 1e-4, jnp.sinh(z) / z, series)


def _square_path(
    start: Pair,
    rates: tuple[ArrayLike, ArrayLike],
    inflow: tuple[ArrayLike, ArrayLike],
    dt: ArrayLike,
) -> Pair:
    """Return the square law after dt with constant inflow, before any clipping.

    Written in z^2 = ab dt^2 without division, so a = 0 or b = 0 is no special case.
    """
    (x, y), (a, b), dt = start, map(jnp.asarray, rates), jnp.asarray(dt)
    square = a * b * dt**2
    half = _sinhc(square / 4.0)
    slope, curve = dt * _sinhc(square), dt**2 / 2 * half**2
    growth = 1.0 + square / 2 * half**2  # cosh z
    return (
        x * growth + (inflow[0] - a * y) * slope - a * inflow[1] * curve,
        y * growth + (inflow[1] - b * x) * slope - b * inflow[0] * curve,
    )


def square_step(x: ArrayLike, y: ArrayLike, a: ArrayLike, b: ArrayLike, dt: ArrayLike) -> Pair:
    """Return strengths after dt under dx/dt = -a y, dy/dt = -b x, in closed form.

    a, b >= 0 per time. When a side is annihilated before dt, it ends at 0 and the other keeps
    what the invariant b x^2 - a y^2 leaves. An exactly even fight is followed to
    sqrt(ab) dt = 18. Source: lanchester1916.
    """
    x, y = jnp.asarray(x), jnp.asarray(y)
    decided = safe_div(TIED, safe_sqrt(a * jnp.asarray(b)), jnp.inf)
    x_end, y_end = _square_path((x, y), (a, b), (0.0, 0.0), jnp.minimum(dt, decided))
    x_left = safe_sqrt(x**2 - safe_div(a, b) * y**2)
    y_left = safe_sqrt(y**2 - safe_div(b, a) * x**2)
    x_gone, y_gone = x_end <= 0, y_end <= 0
    return (
        jnp.where(x_gone, 0.0, jnp.where(y_gone, x_left, x_end)),
        jnp.where(y_gone, 0.0, jnp.where(x_gone, y_left, y_end)),
    )


def _decay_mean(u: Numbers) -> Numbers:
    """Return (1 - exp(-u)) / u, smooth through zero."""
    u = jnp.clip(u, -EXPONENT_CAP, EXPONENT_CAP)
    big = jnp.abs(u) > 1e-4
    safe = jnp.where(big, u, 1.0)
    return jnp.where(big, -jnp.expm1(-safe) / safe, 1.0 - u / 2 + u**2 / 6 - u**3 / 24)


def linear_step(x: ArrayLike, y: ArrayLike, a: ArrayLike, b: ArrayLike, dt: ArrayLike) -> Pair:
    """Return strengths after dt under dx/dt = -a x y, dy/dt = -b x y, in closed form.

    a, b >= 0 per strength and time. Neither side reaches zero. Source: lanchester1916; with
    c = b x - a y constant the law is logistic in x.
    """
    x, y, a, b, dt = map(jnp.asarray, (x, y, a, b, dt))
    lead = (b * x - a * y) * dt
    return (x / (1.0 + a * y * dt * _decay_mean(lead)), y / (1.0 + b * x * dt * _decay_mean(-lead)))


def logarithmic_step(x: ArrayLike, y: ArrayLike, a: ArrayLike, b: ArrayLike, dt: ArrayLike) -> Pair:
    """Return strengths after dt under dx/dt = -a x, dy/dt = -b y, in closed form.

    a, b per time. Source: the logarithmic law of bracken1995 (p = 0, q = 1).
    """
    x, y, a, b, dt = map(jnp.asarray, (x, y, a, b, dt))
    return x * jnp.exp(-a * dt), y * jnp.exp(-b * dt)


def reinforced_step(
    start: Pair,
    rates: tuple[ArrayLike, ArrayLike],
    inflow: tuple[ArrayLike, ArrayLike],
    dt: ArrayLike,
) -> Pair:
    """Return strengths after dt under the square law with constant inflow, in closed form.

    Arguments broadcast; units as for `engel1954`. A side is cut off at zero at the end of the step
    in which it is annihilated. Source: engel1954.
    """
    x, y = _square_path(start, rates, inflow, dt)
    return jnp.maximum(x, 0.0), jnp.maximum(y, 0.0)


def engel1954(
    start: tuple[ArrayLike, ArrayLike],
    rates: tuple[ArrayLike, ArrayLike],
    inflow: tuple[ArrayLike, ArrayLike],
    dt: ArrayLike = 1.0,
) -> Pair:
    """Return the square law with reinforcement, constant within a step, exact at each step.

    start (x, y) [...] and rates (a, b) per time broadcast with inflow (P_x, P_y) [steps, ...] in
    strength per time; the result is two arrays [steps + 1, ...]. A side is cut off at zero at
    the end of the step in which it is annihilated. Needs sqrt(ab) dt < 300: cosh must not
    overflow. Source: engel1954.
    """
    flows = jnp.broadcast_arrays(*(jnp.asarray(flow, float) for flow in inflow))
    shape = jnp.broadcast_shapes(*(jnp.shape(v) for v in (*start, *rates, dt)), flows[0].shape[1:])
    opening = tuple(jnp.broadcast_to(jnp.asarray(v, float), shape) for v in start)

    def step(state, flow):
        after = reinforced_step(state, rates, flow, dt)
        return after, after

    _, later = jax.lax.scan(step, opening, tuple(flows))
    return (
        jnp.concatenate([opening[0][None], later[0]]),
        jnp.concatenate([opening[1][None], later[1]]),
    )


class Setting(NamedTuple):
    """What the integrator needs beside the law; the first three as in `bracken1995`."""

    attack: ArrayLike = 0.0
    inflow: tuple[ArrayLike, ArrayLike] = (0.0, 0.0)
    firing: tuple[ArrayLike, ArrayLike] = (1.0, 1.0)
    floor: ArrayLike = 0.0
    steps: int = 8


def substeps(
    blue: ArrayLike,
    red: ArrayLike,
    law: Law,
    dt: ArrayLike,
    setting: Setting = Setting(),  # noqa: B008  (immutable)
) -> Exchange:
    """Return the general law after dt by RK4 in `setting.steps` sub-steps (at least 8).

    Fire stops on both sides in a sub-step that opens with a side at or below `floor`; inflow
    goes on. Strengths end at zero or above; where a side is cut off at zero within a sub-step,
    the other side's loss of that sub-step is not shortened. Raises KautilyaError for fewer
    than 8 sub-steps. Source: bracken1995; classical fourth-order Runge-Kutta.
    """
    if setting.steps < 8:
        raise KautilyaError(
            "substeps(setting.steps)",
            f"{setting.steps} sub-steps",
            "use 8 or more; fewer drift from the invariants",
        )
    h = jnp.asarray(dt) / setting.steps
    given = (blue, red, *law, dt, setting.attack, *setting.inflow, *setting.firing, setting.floor)
    shape = jnp.broadcast_shapes(*(jnp.shape(v) for v in given))
    start = tuple(jnp.broadcast_to(jnp.asarray(v, float), shape) for v in (blue, red))

    def step(state, _):
        live = (state[0] > setting.floor) & (state[1] > setting.floor)

        def rate(at):
            fire = bracken1995(at[0], at[1], law, setting.attack, firing=setting.firing)
            return [
                flow + jnp.where(live, f, 0.0) for flow, f in zip(setting.inflow, fire, strict=True)
            ]

        return tuple(jnp.maximum(v, 0.0) for v in _rk4(rate, state, h)), None

    end, _ = jax.lax.scan(step, start, None, length=setting.steps)
    loss = [s + flow * dt - e for s, flow, e in zip(start, setting.inflow, end, strict=True)]
    return Exchange(end[0], end[1], loss[0], loss[1])


def _rk4(rate, state, h):
    """Return the state after h by the classical fourth-order Runge-Kutta rule."""

    def at(slope, share):
        return [v + share * h * k for v, k in zip(state, slope, strict=True)]

    one = rate(state)
    two = rate(at(one, 0.5))
    three = rate(at(two, 0.5))
    four = rate(at(three, 1.0))
    return [
        v + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        for v, k1, k2, k3, k4 in zip(state, one, two, three, four, strict=True)
    ]
