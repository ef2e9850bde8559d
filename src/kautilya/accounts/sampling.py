"""Draws from the set that satisfies all accepted figures: uniform, or by a declared density.

Futures come in blocks of 1,024. A block starts from the warm-up pool and is mixed with luck keyed
by (seed, system, block), so a future's draw does not depend on how many futures are asked for.
Every draw is checked against every constraint before it leaves.

Have the chains mixed? Split R-hat and effective sample size (gelman2013, vehtari2021).

How much of the raw ranges survives the accounts is told by plain sampling, with its error. A raw
draw takes each variable on its own: from the published range of that variable alone where there
is one, else from its declared range, given what the declared relations make of the variables
drawn before it. The share of raw draws that also satisfy every identity and every figure on
several variables is what an ensemble drawn from raw ranges would keep. Figures that are single
points are met by no raw draw; they count as met within five per cent.

Prepared systems are kept in memory and in the user's cache folder: a shape costs seconds (linear
programmes and a warm-up run) and depends on the system alone. What is read back is plain arrays,
and is used only where every array has the size that it must have.
"""

from __future__ import annotations

import hashlib
import zlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kautilya import disk
from kautilya.accounts.linear import Floats, System, times, violation
from kautilya.accounts.polytope import (
    Density,
    Shape,
    direction,
    luck_for,
    moved,
    shape,
    sweep,
    uniform,
)

BLOCK = 1024
SLIP = 1e-7  # largest breach of a row that a draw may show, as a share of its size


class Sample(NamedTuple):
    """values [n, F] in the order of names; worst breach of any row; mixing over whole blocks."""

    names: tuple[str, ...]
    values: Floats
    worst: float
    mixing: Mixing


def sample(
    parts: System, seed: int, futures: NDArray[np.uint32], form: Shape | None = None
) -> Sample:
    """One feasible draw for each future. Raises KautilyaError where nothing is feasible."""
    form = shape(parts) if form is None else form
    index = np.asarray(futures, dtype=np.uint32)
    out = np.empty((len(parts.names), len(index)))
    numbers = np.unique(index // BLOCK)
    kept = []
    for number in numbers:
        draws = block(form, seed, int(number))
        here = index // BLOCK == number
        out[:, here] = draws[:, index[here] % BLOCK]
        kept.append(draws)
    worst = float(violation(parts, out).max(initial=0.0))
    assert worst <= SLIP, f"a draw breaks the accounts by {worst:.2g} of a row's size"
    return Sample(parts.names, out, worst, _mixed(form, kept))


def block(form: Shape, seed: int, number: int) -> Floats:
    """The 1,024 draws [n, 1024] of a block."""
    name = zlib.crc32("|".join(form.names).encode())
    key = np.array([seed % 2**64, (name << 32) + number], dtype=np.uint64)
    stream = np.random.Generator(np.random.Philox(key=key))
    # every block starts from the same pool: what is not forgotten shows up in the diagnostics
    return sweep(form, form.pool, luck_for(form, stream, form.laps, BLOCK))


def _mixed(form: Shape, kept: list[Floats]) -> Mixing:
    """Mixing with each place of a block as a chain along the blocks (or a block cut in four)."""
    if len(kept) < 4:
        return mixing(np.concatenate(kept, axis=1).reshape(len(form.names), -1, 4))
    return mixing(np.stack(kept, axis=2))


class Mixing(NamedTuple):
    """Per coordinate: split R-hat [n] and effective sample size [n]."""

    rhat: Floats
    effective: Floats


def mixing(draws: Floats) -> Mixing:
    """R-hat and effective size of draws [n, chains, length].

    A coordinate that never varies has R-hat 1 and the full size.
    """
    n, chains, length = draws.shape
    half = length // 2
    split = np.concatenate([draws[:, :, :half], draws[:, :, half : 2 * half]], axis=1)
    within, total = _within_total(split)
    still = total <= 1e-24 * np.maximum(np.abs(draws).max(axis=(1, 2)) ** 2, 1e-300)
    safe = np.where(still, 1.0, within)
    rhat = np.where(still, 1.0, np.sqrt(np.where(still, 1.0, total) / np.where(safe > 0, safe, 1)))
    within, total = _within_total(draws)
    total = np.where(still, 1.0, total)
    mean = draws.mean(axis=2, keepdims=True)
    sums = np.ones(n)
    for lag in range(1, length, 2):
        pair = sum(
            1.0 - (within - _covariance(draws - mean, k)) / total
            for k in (lag, lag + 1)
            if k < length
        )
        pair = np.where(pair > 0, pair, 0.0)
        sums = sums + 2.0 * pair
        if not pair.any():
            break
    size = float(chains * length)
    return Mixing(rhat, np.where(still, size, np.minimum(size / sums, size)))


def _within_total(draws: Floats) -> tuple[Floats, Floats]:
    """Mean variance inside chains, and the pooled estimate of the whole variance."""
    length = draws.shape[2]
    within = draws.var(axis=2, ddof=1).mean(axis=1)
    between = draws.mean(axis=2).var(axis=1, ddof=1)
    return within, within * (length - 1) / length + between


def _covariance(centred: Floats, lag: int) -> Floats:
    length = centred.shape[2]
    return (centred[:, :, lag:] * centred[:, :, : length - lag]).sum(axis=2).mean(axis=1) / length


DRAWS = 50_000
LUMP = 1e-9
NEAR = 0.05  # a figure without a range counts as met within this share of it


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
    return Survival(
        draws,
        kept,
        share,
        float(np.sqrt(share * (1 - share) / draws)),
        3.0 / draws if kept == 0 else share,
    )


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
            rest = times(parts.matrix[i : i + 1, others], points[others])[0]
            ends = (
                np.stack([np.full(k, parts.row_low[i]), np.full(k, parts.row_high[i])]) - rest
            ) / parts.matrix[i, j]
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


class Frozen(NamedTuple):
    """A system and a density as something that can be a key: their bytes."""

    names: tuple[str, ...]
    data: tuple[bytes, ...]
    owner: tuple[str, ...]
    kind: tuple[str, ...]
    density: tuple[bytes, ...]

    def digest(self) -> str:
        """A name for the content."""
        total = hashlib.sha256(repr((self.names, self.owner, self.kind)).encode())
        for part in (*self.data, b"|", *self.density):
            total.update(len(part).to_bytes(8, "big") + part)
        return total.hexdigest()[:40]


def frozen(parts: System, weights: Density | None = None) -> Frozen:
    """The key of a system and a density (None: uniform)."""
    arrays = (parts.box_low, parts.box_high, parts.matrix, parts.row_low, parts.row_high)
    density = weights if weights is not None else uniform(len(parts.names))
    return Frozen(
        parts.names,
        tuple(a.tobytes() for a in arrays),
        parts.owner,
        parts.kind,
        tuple(a.tobytes() for a in density),
    )


@lru_cache(maxsize=32)
def kept_shape(piece: Frozen) -> Shape:
    """The shape of a system, made once. Raises KautilyaError as `shape` does."""
    path = disk.made_here("shapes", "accounts") / f"{piece.digest()}.npz"
    form = disk.Form(_bytes, lambda data: _read(data, piece))
    return disk.kept(path, lambda: shape(_thawed(piece), _density(piece)), form)


@lru_cache(maxsize=64)
def kept_survival(piece: Frozen) -> Survival:
    """The share of raw draws that survives, estimated once with luck of its own."""
    return survival(_thawed(piece), seed=0)


def _thawed(piece: Frozen) -> System:
    box_low, box_high, matrix, low, high = (np.frombuffer(b) for b in piece.data)
    return System(
        piece.names,
        box_low,
        box_high,
        matrix.reshape(-1, len(piece.names)),
        low,
        high,
        piece.owner,
        piece.kind,
    )


def _density(piece: Frozen) -> Density:
    forms, *ends = (np.frombuffer(b) for b in piece.density)
    return Density(forms.reshape(-1, len(piece.names)), *ends)


def _read(data: bytes, piece: Frozen) -> Shape:
    """A shape as kept; every array must have the size that it must have."""
    found = disk.ARRAYS.read(data)
    normals, room, pool, laps, directions = (
        found[key] for key in ("normals", "room", "pool", "laps", "directions")
    )
    n = len(piece.names)
    if {normals.shape[1:], (pool.shape[0],), (directions.shape[0],)} != {(n,)}:
        raise ValueError("arrays of another size")
    bare = Shape(piece.names, normals, room, (), pool, _density(piece), int(laps))
    return bare._replace(moves=tuple(moved(bare, column) for column in directions.T))


def _bytes(made: Shape) -> bytes:
    columns = [direction(made, move) for move in made.moves]
    directions = np.array(columns).T.reshape(len(made.names), -1)
    return disk.ARRAYS.pack(
        {
            "normals": made.normals,
            "room": made.room,
            "pool": made.pool,
            "laps": np.array(made.laps),
            "directions": directions,
        }
    )
