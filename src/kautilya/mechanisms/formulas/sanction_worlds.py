r"""Sanction worlds: trade equilibria with balanced books, many at once, to be tabulated.

    M_ij = w_i^-theta K_ij / sum_k w_k^-theta K_kj       K = X B, B = t_hat^-theta
    w_i Y_i = sum_j M_ij w_j Y_j                         spending = income
    W_j = (w_j Y_j / E_j) phi_j^(1/theta),               phi_j = sum_k w_k^-theta K_kj / E_j

Solved in u = log w by Newton's method with the exact slope

    J = (1 + theta) I - theta A M' - A,   A_ij = M_ij w_j Y_j / sum_j M_ij w_j Y_j

    X, Y, E   flows (own sales on the diagonal), output, spending      [value]
    w, W      wages, real spending, new over old                       [1]

A second solver beside `trade_equilibrium`: plain arrays, no compilation, so that a scenario can
be tabulated at the door in a fraction of a second. The two are held to each other by test.
Measures m remove a share of a flow at given prices: B = 1 - share; measures in force together
on one pair add up their shares, those of later steps multiply.

Source: dekle2007, arkolakis2012.
Holds for: one sector, constant elasticity, balanced trade, every state sells something at home.
Breaks when: a state has no sales at home and is cut off; `solve` then raises ValueError.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

FIRST = ("arms", "dual_use", "energy", "finance", "other")  # measures of the first wave, by class
LATER = ("banks", "stricter")  # on third states' trade; a tighter hold on what is left
# the parameters by which a scenario says how strong measures are, and how far trade gives way
LEVEL, START, RAMP = (f"trade_state.{one}" for one in ("level", "start", "ramp"))
ELASTICITY = "secondary_sanctions.elasticity"
MEASURES = (*FIRST, *LATER)
KINDS = ("welfare", "exports", "to_target")
SETTLED = 1e-12  # largest log imbalance at which the search stops
STEPS = 60  # Newton needs fewer than ten
STRIDE = 1.0  # longest step in logarithms
CLEARED = 1e-10  # what is promised


class Solved(NamedTuple):
    """Equilibria: welfare and wages, new over old [batch, n]; flows [batch, n, n]."""

    welfare: np.ndarray
    wages: np.ndarray
    flows: np.ndarray


def solve(flows: np.ndarray, factor: np.ndarray, theta: np.ndarray) -> Solved:
    """Worlds after flows [batch or 1, n, n] are hit by `factor` B [batch, n, n].

    theta [batch]. With balanced books before and after: a deficit in `flows` is itself a shock.
    Raises ValueError where a world does not clear to 1e-10.
    """
    output, spending = flows.sum(-1), flows.sum(-2)
    kept = flows * factor
    batch, n = kept.shape[0], kept.shape[-1]
    power = np.broadcast_to(theta, (batch,))[:, None]
    parts = _parts(kept)
    logs = np.zeros((batch, n))
    for _ in range(STEPS):
        value, slope = _imbalance(kept, output, logs, power, parts)
        if np.abs(value).max() <= SETTLED:
            break
        move = np.linalg.solve(slope, value[..., None])[..., 0]
        logs = logs - move / np.maximum(np.abs(move).max(-1, keepdims=True) / STRIDE, 1.0)
    value, _ = _imbalance(kept, output, logs, power, parts)
    if not np.abs(value).max() <= CLEARED:
        raise ValueError(f"trade clears only to {np.abs(value).max():.1e}")
    wages = np.exp(logs)
    phi = np.einsum("bi,bij->bj", wages**-power, kept) / spending
    income = wages * output
    new = kept * (wages**-power)[..., None] * (income / (spending * phi))[..., None, :]
    return Solved(income / spending * phi ** (1.0 / power), wages, new)


def _parts(kept: np.ndarray) -> np.ndarray:
    """1 where two states belong to one trading part of the world [batch, n, n]."""
    path = ((kept + np.swapaxes(kept, -1, -2)) > 0).astype(float) + np.eye(kept.shape[-1])
    for _ in range(kept.shape[-1].bit_length()):
        path = np.minimum(path @ path, 1.0)
    return path


def _imbalance(
    kept: np.ndarray, output: np.ndarray, logs: np.ndarray, power: np.ndarray, parts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """log(supply / demand) + log(numeraire of the part) [batch, n], and its slope [batch, n, n]."""
    wages = np.exp(logs)
    share = kept * (wages**-power)[..., None]
    share = share / share.sum(-2, keepdims=True)
    made = wages * output
    sold = share * made[..., None, :]
    demand = sold.sum(-1)
    apart = sold / demand[..., None]
    whole = (parts @ made[..., None])[..., 0]
    level = np.log(whole / (parts * output[..., None, :]).sum(-1))
    p = power[..., None]
    slope = (1.0 + p) * np.eye(kept.shape[-1]) - p * apart @ np.swapaxes(share, -1, -2) - apart
    slope = slope + parts * made[..., None, :] / whole[..., None]
    return np.log(made / demand) + level, slope


def balanced(flows: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The same world without deficits, for each elasticity: flows [batch, n, n]."""
    ones = np.ones((len(theta), *flows.shape))
    return solve(flows[None], ones, theta).flows


def cut_off(base: np.ndarray, theta: np.ndarray, markets: np.ndarray) -> np.ndarray:
    """Welfare share that each state loses if it alone is cut off from `markets` [batch, n].

    base [batch, n, n] worlds with balanced books, one for each theta [batch]; markets bool[n].
    A member is cut off from the other members. Source: arkolakis2012, dekle2007.
    """
    n = base.shape[-1]
    one = np.eye(n, dtype=bool)
    closed = one[:, :, None] & (markets & ~one)[:, None, :]  # state, row, column
    factor = np.where(closed | np.swapaxes(closed, 1, 2), 0.0, 1.0)
    worlds = np.repeat(base, n, axis=0)
    found = solve(worlds, np.tile(factor, (len(theta), 1, 1)), np.repeat(theta, n))
    mine = found.welfare.reshape(len(theta), n, n)
    return 1.0 - mine[:, np.arange(n), np.arange(n)]


def factors(removed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """B of each world over the base, in which all measures of the first wave are in force.

    removed   by measure: share of the flow i to j that it removes at given prices [n, n]; first
              wave: of the flow before all measures, later ones: of what is left
    Worlds: "none", each measure of the first wave alone, "first" (the base: 1), then each later
    one on top of those before it.
    """
    left = 1.0 - np.sum([removed[name] for name in FIRST], axis=0)
    later = (removed[name] for name in LATER)
    if (left <= 0).any() or any((one >= 1).any() for one in later):
        raise ValueError("measures remove all of a flow")
    if any((one < 0).any() for one in removed.values()):
        raise ValueError("a measure removes less than nothing of a flow")
    out = {"none": 1.0 / left}
    out |= {name: (1.0 - removed[name]) / left for name in FIRST}
    out["first"] = np.ones_like(left)
    step = out["first"]
    for name in LATER:
        step = step * (1.0 - removed[name])
        out[name] = step
    return out


def responses(
    base: np.ndarray, theta: np.ndarray, removed: dict[str, np.ndarray], target: int
) -> np.ndarray:
    """Log response of welfare, exports and exports to `target` to each measure in full force.

    Returns [measure, kind, batch, n], log of new over "no measures". The measures of the first
    wave add up to the exact response to all of them: each has its own response alone plus an
    equal part of what is left between the sum and the whole. So the corners (none, first wave,
    each later step) are equilibria, and what lies between them is their log-linear mean.
    """
    worlds = factors(removed)
    logs = {
        name: _logs(solve(base, np.broadcast_to(b, base.shape), theta), target)
        for name, b in worlds.items()
    }
    alone = {name: logs[name] - logs["none"] for name in FIRST}
    whole = logs["first"] - logs["none"]
    rest = (whole - sum(alone.values())) / len(FIRST)
    later = zip(LATER, ("first", *LATER), strict=False)
    return np.stack(
        [
            *(alone[name] + rest for name in FIRST),
            *(logs[name] - logs[before] for name, before in later),
        ]
    )


def _logs(world: Solved, target: int) -> np.ndarray:
    """Logs of welfare, exports and sales to the target [kind, batch, n]; 0 if nothing is sold."""
    abroad = world.flows * (1.0 - np.eye(world.flows.shape[-1]))
    seen = np.stack([world.welfare, abroad.sum(-1), world.flows[..., target]])
    return np.log(np.where(seen > 0, seen, 1.0))
