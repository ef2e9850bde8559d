r"""Chebyshev tables: a smooth function of one number, tabulated once and read per future.

    x_k  = cos(pi (2k + 1) / (2m)),  k = 0 ... m-1            nodes on (-1, 1)
    l_k(x) = 1/m + 2/m sum_{j=1}^{m-1} T_j(x_k) T_j(x),  T_j = 2 x T_{j-1} - T_{j-2}
    f(x) ~ sum_k l_k(x) f(x_k)                               exact for degree < m

    m   number of nodes                  [1]
    l   weights; they sum to 1           [1]

Source: trefethen2013, ch. 2 and 4 (points of the first kind; discrete orthogonality).
Holds for: functions that are analytic around the interval; the error then falls geometrically.
Breaks when: a value lies outside of the interval; it is then read at the nearest end.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def nodes(low: float, high: float, count: int) -> np.ndarray:
    """Points [count] on (low, high) at which a function is tabulated.

    >>> [round(float(x), 6) for x in nodes(-1.0, 1.0, 2)]
    [0.707107, -0.707107]
    """
    place = np.cos(np.pi * (2 * np.arange(count) + 1) / (2 * count))
    return low + (high - low) * (1 + place) / 2


def weights(at: Float[Array, " F"], points: np.ndarray) -> Float[Array, "m F"]:
    """Weights l_k [m, F] of values `at` [F] for a table on `points` [m] as `nodes` gives them.

    sum_k weights[k] * table[k] is the interpolated value. Source: trefethen2013.
    """
    m = len(points)
    angle = np.pi * (2 * np.arange(m) + 1) / (2 * m)
    half = (points[0] - points[-1]) / (2 * np.cos(angle[0]))
    middle = (points[0] + points[-1]) / 2
    x = jnp.clip((at - middle) / half, -1.0, 1.0)
    rows = [jnp.ones_like(x), x]
    for _ in range(2, m):
        rows.append(2.0 * x * rows[-1] - rows[-2])
    known = 2.0 / m * np.cos(np.outer(angle, np.arange(m)))  # [m, m]
    known[:, 0] = 1.0 / m
    return known @ jnp.stack(rows[:m])
