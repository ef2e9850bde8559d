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

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

FIRST = ("arms", "dual_use", "energy", "finance", "other")  # measures of the first wave, by class
LATER = ("banks", "stricter")  # on third states' trade; a tighter hold on what is left
# the parameters by which a scenario says how strong measures are, and how far trade gives way
LEVEL, START, RAMP, JOINED, LEFT, SUNSET, AFTERLIFE = (
    f"trade_state.{one}"
    for one in ("level", "start", "ramp", "joined", "left", "sunset", "afterlife")
)
ELASTICITY = "secondary_sanctions.elasticity"
MEASURES = (*FIRST, *LATER)
WORDS = {
    "arms": "arms",
    "dual_use": "dual-use goods",
    "energy": "energy",
    "finance": "finance",
    "other": "other goods",
    "banks": "banks",
    "stricter": "third states, stricter",
}
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
    base: np.ndarray,
    theta: np.ndarray,
    removed: dict[str, np.ndarray],
    target: int,
    senders: Sequence[int] = (),
    joins: np.ndarray | None = None,
) -> np.ndarray:
    """Log response of welfare, exports and exports to `target` to each part in full force.

    senders states that are told apart, and joins, 1 where one of them is in a measure of the first
            wave [wave, sender]; None: nobody is told apart, all that `removed` touches are in

    Returns [part, kind, batch, n], log of new over "no measures". Parts are the measures, or those
    of each of n senders in each of the first wave, then the later ones. The first wave of those who
    join adds up to the exact response to all of it: each measure that removes any trade has its
    own response alone plus an equal part of what is left between the sum and the whole, and so has
    each sender of a measure, its part by the trade that it removes. So the corners (none, first
    wave, each later step) are equilibria, and what lies between them is their log-linear mean. A
    sender that does not join has the response to its joining the first wave.
    """
    cuts = dict(removed) if joins is None else removed | _of(removed, senders, joins, target)
    worlds = factors(cuts)
    logs = {
        name: _logs(solve(base, np.broadcast_to(b, base.shape), theta), target)
        for name, b in worlds.items()
    }
    alone = {name: logs[name] - logs["none"] for name in FIRST}
    whole = logs["first"] - logs["none"]
    acts = [float((cuts[name] * base[0]).any()) for name in FIRST]
    rest = (whole - sum(alone.values())) / max(sum(acts), 1.0)
    first = [alone[name] + acting * rest for name, acting in zip(FIRST, acts, strict=True)]
    if joins is not None:
        sent = _senders(base, theta, removed, target, senders, joins)
        kept = np.where(joins[..., None, None, None] > 0, sent, 0.0).sum(axis=1)
        size = _size(base[len(base) // 2], removed, target, senders) * joins
        part = size / np.maximum(size.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        sent = sent + part[..., None, None, None] * (np.stack(first) - kept)[:, None]
        first = list(sent.reshape(-1, *sent.shape[2:]))
    later = zip(LATER, ("first", *LATER), strict=False)
    return np.stack([*first, *(logs[name] - logs[before] for name, before in later)])


def _of(
    removed: dict[str, np.ndarray], senders: Sequence[int], joins: np.ndarray, target: int
) -> dict[str, np.ndarray]:
    """What the first wave removes where only those who join a measure are in it."""
    out = {}
    for row, name in zip(joins, FIRST, strict=True):
        who = [i for i, joined in zip(senders, row, strict=True) if joined]
        out[name] = removed[name] * sum(_pair(len(removed[name]), i, target) for i in who)
    return out


def _size(
    flows: np.ndarray, removed: dict[str, np.ndarray], target: int, senders: Sequence[int]
) -> np.ndarray:
    """Trade that each sender removes in each measure of the first wave [wave, sender]."""
    pairs = np.stack([_pair(len(flows), i, target) for i in senders])
    cut = np.stack([removed[name] * flows for name in FIRST])
    return np.einsum("wij,sij->ws", cut, pairs)


def _pair(size: int, one: int, target: int) -> np.ndarray:
    """1 for what a state sells to the target and buys from it [size, size]."""
    out = np.zeros((size, size))
    out[one, target] = out[target, one] = 1.0
    return out


def _senders(
    base: np.ndarray,
    theta: np.ndarray,
    removed: dict[str, np.ndarray],
    target: int,
    senders: Sequence[int],
    joins: np.ndarray,
) -> np.ndarray:
    """Log response to each sender in each measure of the first wave [wave, sender, kind, batch, n].

    Of those who join: alone, over no measures; of others: their joining the first wave. Solved at
    every third elasticity, and carried to all by the polynomial through them.
    """
    few = slice(1, None, 3) if len(theta) % 3 == 0 else slice(None)
    inside = _of(removed, senders, joins, target)
    left = 1.0 - np.sum(list(inside.values()), axis=0)
    size = len(left)
    worlds = [1.0 / left, np.ones_like(left)]
    for row, name in zip(joins, FIRST, strict=True):
        for i, joined in zip(senders, row, strict=True):
            cut = removed[name] * _pair(size, i, target)
            worlds.append(((1.0 if joined else left) - cut) / left)
    if any((one <= 0).any() for one in worlds):
        raise ValueError("measures remove all of a flow")
    count, some = len(worlds), len(theta[few])
    found = solve(
        np.tile(base[few], (count, 1, 1)),
        np.repeat(worlds, some, axis=0),
        np.tile(theta[few], count),
    )
    logs = np.moveaxis(_logs(found, target).reshape(len(KINDS), count, some, size), 1, 0)
    over = np.where(joins.reshape(-1, 1, 1, 1) > 0, logs[0], logs[1])
    through = np.polynomial.chebyshev.chebvander(_unit(theta, theta), some - 1)
    lift = through @ np.linalg.inv(through[few])
    out = np.einsum("bs,pksn->pkbn", lift, logs[2:] - over)
    return out.reshape(*joins.shape, len(KINDS), len(theta), size)


def _unit(at: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Elasticities on -1 to 1."""
    return 2.0 * (at - of.min()) / max(of.max() - of.min(), 1e-9) - 1.0


def _logs(world: Solved, target: int) -> np.ndarray:
    """Logs of welfare, exports and sales to the target [kind, batch, n]; 0 if nothing is sold."""
    abroad = world.flows * (1.0 - np.eye(world.flows.shape[-1]))
    seen = np.stack([world.welfare, abroad.sum(-1), world.flows[..., target]])
    return np.log(np.where(seen > 0, seen, 1.0))
