"""Formulas that several laws share, in plain Python."""

from __future__ import annotations

from math import erfc, exp, factorial, log, pi, sqrt

SPARSEST, NO_MENDING, NEWTON = 0.01, 2.0, 3  # card of formulas/noise.py


def passed(stages: int, delay: float) -> list[float]:
    """Probability of passing 0 ... stages-1 stages in a month: Poisson with mean stages/delay."""
    mean = stages / delay
    return [exp(-mean) * mean**j / factorial(j) for j in range(stages)]


def cut_moments(h: float) -> list[float]:
    """E (h + z)_+^n for n = 0 ... 6, by M_n = h M_(n-1) + (n-1) M_(n-2)."""
    moments = [erfc(-h / sqrt(2)) / 2]
    moments.append(h * moments[0] + exp(-h * h / 2) / sqrt(2 * pi))
    for n in range(2, 7):
        moments.append(h * moments[n - 1] + (n - 1) * moments[n - 2])
    return moments


def count(normal: float, mean: float, dispersion: float) -> float:
    """A count with this mean and variance mean + dispersion mean^2 (cubed, cut normal)."""
    k = max(mean / (1 + dispersion * mean), SPARSEST)
    h = 3 * sqrt(k) - 1 / (3 * sqrt(k))
    for _ in range(NEWTON if k < NO_MENDING else 0):
        m = cut_moments(h)
        spread = m[6] / m[3] ** 2 - 1
        slope = (spread + 1) / spread * (6 * m[5] / m[6] - 6 * m[2] / m[3])
        h -= (log(spread) + log(k)) / slope
    return mean * max(h + normal, 0.0) ** 3 / cut_moments(h)[3]


def cheapest_basket(kinds: list[tuple[float, float, float]], owed: float) -> list[float]:
    """Quantities of (value, cost, cap) per unit, worth `owed`, cheapest for the payer first."""
    out = [0.0] * len(kinds)
    order = sorted(
        (i for i, kind in enumerate(kinds) if kind[0] > 0), key=lambda i: kinds[i][1] / kinds[i][0]
    )
    for i in order:
        value, _, cap = kinds[i]
        part = min(max(owed, 0.0), value * cap)
        out[i] = min(part / value, cap)
        owed -= part  # exactly nothing is left after the last kind
    return out
