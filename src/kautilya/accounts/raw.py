"""How much of the raw ranges survives the accounts: plain sampling, with its error.

A raw draw takes each variable on its own: from the published range of that variable alone where
there is one, else from its declared range, given what the declared relations make of the
variables drawn before it. The share of raw draws that also satisfy every identity and every
figure on several variables is what an ensemble drawn from raw ranges would keep. Figures that
are single points are met by no raw draw; they count as met within five per cent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kautilya.accounts.model import Floats, System, times

DRAWS = 50_000
LUMP = 1e-9
NEAR = 0.05             # a figure without a range counts as met within this share of it


class Survival(NamedTuple):
    """Raw draws, how many of them were possible, their share and its standard error.

    Where none survived, `share` is zero and `below` the 95 % upper limit 3 / draws.
    """

    draws: int
    kept: int
    share: float
    error: float
    below: float


def survival(parts: System, seed: int, draws: int = DRAWS) -> Survival:
    """Share of raw draws that satisfy the whole system, estimated by plain sampling."""
    luck = np.random.Generator(np.random.Philox(key=[seed % 2**64, 0x726177]))
    points, alive = _raw(parts, luck.random((len(parts.names), draws)))
    value = times(parts.matrix, points)
    slip = LUMP * np.maximum(np.abs(parts.matrix) @ parts.box_high, 1.0)[:, None]
    # a point figure on several variables is never met by chance: it counts as met when near
    exact = (parts.row_low == parts.row_high)[:, None]
    slip = np.where(exact, NEAR * np.abs(parts.row_high)[:, None] + slip, slip)
    fits = (value >= parts.row_low[:, None] - slip) & (value <= parts.row_high[:, None] + slip)
    return of_counts(int((fits.all(axis=0) & alive).sum()), draws)


def of_counts(kept: int, draws: int) -> Survival:
    """The share and its binomial error."""
    share = kept / draws
    return Survival(draws, kept, share, float(np.sqrt(share * (1 - share) / draws)),
                    3.0 / draws if kept == 0 else share)


def together(parts: list[Survival]) -> Survival:
    """All accounts at once: the product of independent shares, with its error."""
    draws = min(p.draws for p in parts)
    share = float(np.prod([p.share for p in parts]))
    relative = sum((p.error / p.share) ** 2 for p in parts if p.share > 0)
    below = float(np.prod([p.below for p in parts]))
    return Survival(draws, round(share * draws), share, share * float(np.sqrt(relative)), below)


def _raw(parts: System, chance: Floats) -> tuple[Floats, np.ndarray]:
    """Points [n, k] drawn one variable after another, and which of them found a range."""
    n, k = chance.shape
    points, drawn, alive = np.zeros((n, k)), np.zeros(n, bool), np.ones(k, bool)
    for j in _order(parts):
        low = np.full(k, parts.box_low[j])
        high = np.full(k, parts.box_high[j])
        for i in _useful(parts, j, drawn):
            others = np.flatnonzero(parts.matrix[i])
            others = others[others != j]
            rest = times(parts.matrix[i:i + 1, others], points[others])[0]
            ends = (np.stack([np.full(k, parts.row_low[i]), np.full(k, parts.row_high[i])])
                    - rest) / parts.matrix[i, j]
            low = np.maximum(low, np.minimum(*ends))
            high = np.minimum(high, np.maximum(*ends))
        alive &= low <= high * (1 + LUMP) + LUMP
        points[j] = low + np.maximum(high - low, 0.0) * chance[j]
        drawn[j] = True
    return points, alive


def _order(parts: System) -> list[int]:
    """Variables with a published range of their own come first, then the others as declared."""
    alone = (parts.matrix != 0).sum(axis=1) == 1
    said = np.array([kind == "published" for kind in parts.kind], bool)
    told = (parts.matrix[alone & said] != 0).any(axis=0)
    return [*np.flatnonzero(told), *np.flatnonzero(~told)]


def _useful(parts: System, j: int, drawn: np.ndarray) -> list[int]:
    """Rows that give variable j a range: about it alone, or relations with drawn ones."""
    out = []
    for i in np.flatnonzero(parts.matrix[:, j]):
        others = (parts.matrix[i] != 0) & (np.arange(len(drawn)) != j)
        alone = not others.any() and parts.kind[i] != "identity"
        related = parts.kind[i] == "assumed" and bool(drawn[others].all())
        if alone or related:
            out.append(int(i))
    return out
