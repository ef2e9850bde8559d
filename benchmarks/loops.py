"""The small war of attrition written by hand: one run after the other, for numba and for others.

The same month as `kautilya.study.small_war` on the ledger: amounts on the stocks at the start of
the month, the same share of everything asked of an account that runs short, arrivals next month.
"""

from __future__ import annotations

from typing import Any

import numpy as np

MONTHS = 60
NAMES = (
    "opening.stock[A,vehicle,line]",
    "opening.stock[A,vehicle,repair]",
    "opening.stock[A,vehicle,store]",
    "opening.stock[A,round,ready]",
    "opening.stock[A,person,line]",
    "opening.stock[B,vehicle,line]",
    "opening.stock[B,vehicle,repair]",
    "opening.stock[B,vehicle,store]",
    "opening.stock[B,round,ready]",
    "opening.stock[B,person,line]",
    "supply.repaired",
    "supply.restored",
    "supply.vehicles[A]",
    "supply.vehicles[B]",
    "supply.rounds[A]",
    "supply.rounds[B]",
    "supply.recruits[A]",
    "supply.recruits[B]",
    "war.lethality[A]",
    "war.lethality[B]",
    "war.rounds_wanted",
    "war.lost",
    "war.crew",
)


def one_war(p: Any, out: Any) -> None:
    """One run: inputs p in the order of NAMES; out: ten closing stocks."""
    line_a, repair_a, store_a, rounds_a, men_a = p[0], p[1], p[2], p[3], p[4]
    line_b, repair_b, store_b, rounds_b, men_b = p[5], p[6], p[7], p[8], p[9]
    back, restored, wanted, lost, crew = p[10], p[11], p[20], p[21], p[22]
    for _ in range(MONTHS):
        fired_a = min(wanted * line_a, rounds_a)
        fired_b = min(wanted * line_b, rounds_b)
        hit_a = p[18] * (fired_b / wanted)
        hit_b = p[19] * (fired_a / wanted)
        gone_a, gone_b = crew * hit_a, crew * hit_b
        dead_a = gone_a * (men_a / gone_a) if gone_a > men_a else gone_a
        dead_b = gone_b * (men_b / gone_b) if gone_b > men_b else gone_b
        if hit_a > line_a:
            hit_a = hit_a * (line_a / hit_a)
        if hit_b > line_b:
            hit_b = hit_b * (line_b / hit_b)
        line_a, line_b = (
            max(line_a - hit_a + back * repair_a + restored * store_a + p[12], 0.0),
            max(line_b - hit_b + back * repair_b + restored * store_b + p[13], 0.0),
        )
        repair_a = repair_a - back * repair_a + (1.0 - lost) * hit_a
        repair_b = repair_b - back * repair_b + (1.0 - lost) * hit_b
        store_a, store_b = store_a - restored * store_a, store_b - restored * store_b
        rounds_a = max(rounds_a - fired_a + p[14], 0.0)
        rounds_b = max(rounds_b - fired_b + p[15], 0.0)
        men_a, men_b = max(men_a - dead_a + p[16], 0.0), max(men_b - dead_b + p[17], 0.0)
    out[0], out[1], out[2], out[3], out[4] = line_a, repair_a, store_a, rounds_a, men_a
    out[5], out[6], out[7], out[8], out[9] = line_b, repair_b, store_b, rounds_b, men_b


def compiled(parallel: bool) -> Any:
    """A numba loop over runs [runs, 23] -> [runs, 10]."""
    import numba

    war = numba.njit(one_war)

    @numba.njit(parallel=parallel)
    def many(table: np.ndarray, out: np.ndarray) -> None:
        for i in numba.prange(table.shape[0]):
            war(table[i], out[i])

    return many


def vectorised(p: np.ndarray) -> np.ndarray:
    """The same month on arrays of NumPy: inputs [23, runs] -> [10, runs]."""
    a, b = [p[k].copy() for k in range(5)], [p[k].copy() for k in range(5, 10)]
    back, restored, wanted, lost, crew = p[10], p[11], p[20], p[21], p[22]
    for _ in range(MONTHS):
        fired = [np.minimum(wanted * s[0], s[3]) for s in (a, b)]
        hit = [p[18] * (fired[1] / wanted), p[19] * (fired[0] / wanted)]
        for k, s in enumerate((a, b)):
            dead = np.minimum(crew * hit[k], s[4])
            down = np.minimum(hit[k], s[0])
            s[0] = s[0] - down + back * s[1] + restored * s[2] + p[12 + k]
            s[1] = s[1] - back * s[1] + (1.0 - lost) * down
            s[2] = s[2] - restored * s[2]
            s[3] = s[3] - fired[k] + p[14 + k]
            s[4] = s[4] - dead + p[16 + k]
    return np.stack([*a, *b])
