r"""Arithmetic that the compiler is bad at, written out: logarithm, error function, short sums.

    x = 2^k m,  m in [sqrt(1/2), sqrt(2));   f = m - 1,  s = f / (2 + f)
    log m = f - (f^2/2 - s (f^2/2 + R)),   R = s^2 P(s^2)         the minimax P of FDLIBM's e_log.c
    log x = k log 2 + log m                                       less than 1 unit in the last place

    Phi(x) = erfc(-x / sqrt 2) / 2,   erfc(y) = exp(-y^2) C(y), or 1 - y A(y^2) near 0,
    A and C rational functions (cody1969) for |y| up to 0.46875, up to 4 and beyond

    x of Phi(x) = u: rational functions of (u - 1/2)^2, or of sqrt(-log min(u, 1 - u))    (wichura1988)

The compiler turns a logarithm or an error function of a float64 into one call for each number.
Written out they take a third and a tenth of the time, and differ in the last digits only. Special
cases are those of the standard: log 0 = -inf, of a negative number or nan nan, of inf inf; numbers
below 1e-307 count as 0.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Numbers = Float[Array, "..."]  # any shape, futures last

ROOT_HALF = 0x3FE6A09E667F3BCD  # bits of sqrt(1/2)
FRACTION = 52  # bits of the fraction of a float64
SMALLEST = 1e-307
CELLS = 16  # even parts of a unit interval on which a posterior is weighed
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
ODD = (
    6.666666666666735130e-01,
    2.857142874366239149e-01,
    1.818357216161805012e-01,
    1.479819860511658591e-01,
)
NEAR, FAR = 0.46875, 4.0  # where Cody's three pieces meet
ERF_A = (
    1.85777706184603153e-1,
    3.16112374387056560,
    1.13864154151050156e2,
    3.77485237685302021e2,
    3.20937758913846947e3,
)
ERF_B = (
    1.0,
    2.36012909523441209e1,
    2.44024637934444173e2,
    1.28261652607737228e3,
    2.84423683343917062e3,
)
ERFC_C = (
    2.15311535474403846e-8,
    5.64188496988670089e-1,
    8.88314979438837594,
    6.61191906371416295e1,
    2.98635138197400131e2,
    8.81952221241769090e2,
    1.71204761263407058e3,
    2.05107837782607147e3,
    1.23033935479799725e3,
)
ERFC_D = (
    1.0,
    1.57449261107098347e1,
    1.17693950891312499e2,
    5.37181101862009858e2,
    1.62138957456669019e3,
    3.29079923573345963e3,
    4.36261909014324716e3,
    3.43936767414372164e3,
    1.23033935480374942e3,
)
ERFC_P = (
    1.63153871373020978e-2,
    3.05326634961232344e-1,
    3.60344899949804439e-1,
    1.25781726111229246e-1,
    1.60837851487422766e-2,
    6.58749161529837803e-4,
)
ERFC_Q = (
    1.0,
    2.56852019228982242,
    1.87295284992346725,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3,
)
MIDDLE, NEARER, FARTHER = 0.425, 1.6, 5.0  # where Wichura's three pieces lie
PPND_A = (
    2509.0809287301226727,
    33430.575583588128105,
    67265.770927008700853,
    45921.953931549871457,
    13731.693765509461125,
    1971.5909503065514427,
    133.14166789178437745,
    3.387132872796366608,
)
PPND_B = (
    5226.495278852545925,
    28729.085735721942674,
    39307.89580009271061,
    21213.794301586595867,
    5394.1960214247511077,
    687.1870074920579083,
    42.313330701600911252,
    1.0,
)
PPND_C = (
    7.7454501427834140764e-4,
    0.0227238449892691845833,
    0.24178072517745061177,
    1.27045825245236838258,
    3.64784832476320460504,
    5.7694972214606914055,
    4.6303378461565452959,
    1.42343711074968357734,
)
PPND_D = (
    1.05075007164441684324e-9,
    5.475938084995344946e-4,
    0.0151986665636164571966,
    0.14810397642748007459,
    0.68976733498510000455,
    1.6763848301838038494,
    2.05319162663775882187,
    1.0,
)
PPND_E = (
    2.01033439929228813265e-7,
    2.71155556874348757815e-5,
    0.0012426609473880784386,
    0.026532189526576123093,
    0.29656057182850489123,
    1.7848265399172913358,
    5.4637849111641143699,
    6.6579046435011037772,
)
PPND_F = (
    2.04426310338993978564e-15,
    1.4215117583164458887e-7,
    1.8463183175100546818e-5,
    7.868691311456132591e-4,
    0.0148753612908506148525,
    0.13692988092273580531,
    0.59983220655588793769,
    1.0,
)
EVEN = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)


@jax.custom_jvp
def log(x: Numbers) -> Numbers:
    """Natural logarithm of float64; any shape."""
    word = lax.bitcast_convert_type(x, jnp.int64)
    k = (word - ROOT_HALF) >> FRACTION
    f = lax.bitcast_convert_type(word - (k << FRACTION), jnp.float64) - 1.0
    s = jnp.maximum(f / (2.0 + f), -1.0)  # changes nothing: a quotient is else a kernel of its own
    z = s * s
    w = z * z
    rest = z * (ODD[0] + w * (ODD[1] + w * (ODD[2] + w * ODD[3]))) + w * (
        EVEN[0] + w * (EVEN[1] + w * EVEN[2])
    )
    half, power = 0.5 * f * f, k.astype(jnp.float64)
    value = power * LN2_HIGH - ((half - (s * (half + rest) + power * LN2_LOW)) - f)
    odd = jnp.where(x < SMALLEST, jnp.where(x < 0.0, jnp.nan, -jnp.inf), x)
    return jnp.where((x >= SMALLEST) & (x < jnp.inf), value, odd)


@log.defjvp
def _slope(at: tuple, moved: tuple) -> tuple:
    return log(at[0]), moved[0] / at[0]


def _horner(x: jax.Array, factors: Sequence[float]) -> jax.Array:
    value = jnp.full_like(x, factors[0])
    for factor in factors[1:]:
        value = value * x + factor
    return value


@jax.custom_jvp
def ndtr(x: Numbers) -> Numbers:
    """Distribution function of the standard normal; any shape."""
    y = jnp.abs(x) * 0.5**0.5
    z = y * y
    near = 0.5 * jnp.abs(y) * _horner(z, ERF_A) / _horner(z, ERF_B)
    middle = _horner(y, ERFC_C) / _horner(y, ERFC_D)
    w = 1.0 / jnp.maximum(z, 1.0)
    tail = w * _horner(w, ERFC_P) / _horner(w, ERFC_Q)
    far = (jnp.pi**-0.5 - tail) / jnp.maximum(y, 1.0)
    upper = 0.5 * jnp.exp(-z) * jnp.where(y > FAR, far, middle)  # of -|x|
    upper = jnp.where(y > NEAR, upper, 0.5 - near)
    return jnp.where(x > 0.0, 1.0 - upper, upper)


@ndtr.defjvp
def _density(at: tuple, moved: tuple) -> tuple:
    return ndtr(at[0]), moved[0] * jnp.exp(-0.5 * at[0] ** 2) * (2.0 * jnp.pi) ** -0.5


def ndtri(u: Numbers) -> Numbers:
    """Standard normal of a probability inside (0, 1); any shape.

    Source: wichura1988, PPND16, 16 digits. The library's inverse error function takes four times
    as long and has ten.
    """
    q = u - 0.5
    r = MIDDLE**2 - q * q
    middle = q * _horner(r, PPND_A) / _horner(r, PPND_B)
    s = jnp.maximum(jnp.sqrt(-log(jnp.minimum(u, 1.0 - u))), 0.0)  # as in `log`
    n, f, far = s - NEARER, s - FARTHER, s > FARTHER
    over = jnp.where(far, _horner(f, PPND_E), _horner(n, PPND_C))
    under = jnp.where(far, _horner(f, PPND_F), _horner(n, PPND_D))
    tail = jnp.maximum(over / under, 0.0)
    return jnp.where(jnp.abs(q) <= MIDDLE, middle, jnp.where(q < 0.0, -tail, tail))


def _rows(x: Numbers, axis: int) -> list[Numbers]:
    return [lax.index_in_dim(x, k, axis, keepdims=False) for k in range(x.shape[axis])]


def added(x: Numbers, axis: int) -> Numbers:
    """Sum over a short axis, first to last, as one chain of additions.

    A sum of a product over few rows is otherwise handed to a library that takes five times as long
    to be called as to add.
    """
    return functools.reduce(jnp.add, _rows(x, axis))


def largest(x: Numbers, axis: int) -> Numbers:
    """Maximum over a short axis, as one chain: the library for it takes ten times as long."""
    return functools.reduce(jnp.maximum, _rows(x, axis))


def ordered(x: Numbers, axis: int) -> Numbers:
    """Rows in rising order, neighbours exchanged: compiled code that holds the library's sort cannot be
    kept on disk."""
    rows = jnp.moveaxis(x, axis, 0)

    def exchanged(_: int, rows: Numbers) -> Numbers:
        for first in (0, 1):
            last = first + (len(rows) - first) // 2 * 2
            a, b = rows[first:last:2], rows[first + 1 : last : 2]
            pairs = jnp.stack([jnp.minimum(a, b), jnp.maximum(a, b)], axis=1)
            rows = jnp.concatenate([rows[:first], pairs.reshape(-1, *rows.shape[1:]), rows[last:]])
        return rows

    return jnp.moveaxis(lax.fori_loop(0, (len(rows) + 1) // 2, exchanged, rows), 0, axis)
