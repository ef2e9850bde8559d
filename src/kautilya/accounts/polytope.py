"""A bounded system brought into a shape that can be sampled.

    normals @ x <= room,  x + t * moves[:, j] stays on every equality

Equalities, also those that only follow from other rows, are found by linear programming and
solved away; rows that never bind are dropped. Moves are of two sorts: one variable at a time
(with what the equalities drag along; few rows feel it), and the slow modes of such moves, found
from the covariance of a warm-up run. None of it depends on a seed: the shape is the system's own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kautilya.accounts.bounds import Programme
from kautilya.accounts.linear import Floats, Linear, System, times
from kautilya.errors import KautilyaError

THIN = 1e-7             # rows narrower than this share of the box are equalities
TINY = 1e-300           # slack of a row that is touched
CHAINS, SNAPSHOTS = 256, 4
ROUNDS, SWEEPS = 3, 16
FORGOTTEN, LAPS = 0.38, (3, 24)     # correlation with the start that is accepted; fewest, most laps
SLOW, MOST = 3.0, 32    # modes this much wider than a single move reaches; at most so many


class Density(NamedTuple):
    """Triangular weights on linear forms: forms [r, n], low, mode and high [r]; the density is
    their product. No forms: uniform."""

    forms: Floats
    low: Floats
    mode: Floats
    high: Floats


class Move(NamedTuple):
    """A direction: the variables it moves and by how much, the rows and weights that feel it."""

    names: NDArray[np.intp]
    steps: Floats
    rows: NDArray[np.intp]
    pull: Floats
    weights: NDArray[np.intp]
    drift: Floats


class Shape(NamedTuple):
    """normals [m, n], room [m], moves, a pool [n, k] of points from the warm-up, and after how
    many laps over the moves a point has largely forgotten where it was."""

    names: tuple[str, ...]
    normals: Floats
    room: Floats
    moves: tuple[Move, ...]
    pool: Floats
    density: Density
    laps: int = 1


def uniform(n: int) -> Density:
    """No weights over n variables."""
    return Density(np.zeros((0, n)), np.zeros(0), np.zeros(0), np.zeros(0))


def shape(parts: System, density: Density | None = None) -> Shape:
    """Prepare a system for sampling, uniformly or by a declared density on it.

    Raises KautilyaError where it is infeasible or unbounded.
    """
    if not (np.isfinite(parts.box_low).all() and np.isfinite(parts.box_high).all()):
        raise KautilyaError("accounts", "a variable has no ceiling", "declare one to draw from it")
    normals, room, flat, corners = _survey(parts)
    basis = _null_space(flat, parts.box_high - parts.box_low)
    bare = Shape(parts.names, normals, room, (), corners, density or uniform(len(parts.names)))
    singles = tuple(moved(bare, column) for column in basis.T)
    return _warm(bare._replace(moves=singles), basis)


def sweep(form: Shape, x: Floats, luck: Floats) -> Floats:
    """Hit-and-run along every move in turn, once per leading entry of luck [laps, moves, 2, k].

    Each step is drawn uniformly from the chord through the point, which leaves the uniform
    density on the feasible set unchanged (smith1984; fixed directions as in turchin1971); with
    a declared density it is accepted by the Metropolis rule.
    """
    x = x.copy()
    slack = np.maximum(form.room[:, None] - times(form.normals, x), TINY)
    values = times(form.density.forms, x)
    for lap in luck:
        for move, (chance, doubt) in zip(form.moves, lap, strict=True):
            near = slack[move.rows]
            reach = move.pull[:, None] / near
            ahead, back = 1.0 / reach.max(axis=0), 1.0 / reach.min(axis=0)
            step = back + (ahead - back) * chance
            if len(move.weights):
                step = _doubted(form.density, values, move, step, doubt)
            near -= move.pull[:, None] * step
            slack[move.rows] = np.maximum(near, TINY, out=near)
            x[move.names] += move.steps[:, None] * step
    return x


def luck_for(form: Shape, stream: np.random.Generator, laps: int, chains: int) -> Floats:
    """Uniform numbers [laps, moves, 2, chains]; the second is drawn only where it is used."""
    both = stream.random((laps, len(form.moves), 1 + bool(len(form.density.low)), chains))
    return np.broadcast_to(both, (laps, len(form.moves), 2, chains))


def _doubted(density: Density, values: Floats, move: Move, step: Floats,
             doubt: Floats) -> Floats:
    """Metropolis: the step where it is accepted, else zero. Updates `values` [r, k]."""
    k = move.weights
    old = values[k]
    new = old + move.drift[:, None] * step
    odds = (_triangle(density, k, new) / _triangle(density, k, old)).prod(axis=0)
    step = np.where(doubt < odds, step, 0.0)
    values[k] = old + move.drift[:, None] * step
    return step


def _triangle(density: Density, k: NDArray[np.intp], value: Floats) -> Floats:
    low, mode, high = (a[k][:, None] for a in (density.low, density.mode, density.high))
    rise = (value - low) / np.maximum(mode - low, 1e-300)
    fall = (high - value) / np.maximum(high - mode, 1e-300)
    return np.maximum(np.minimum(rise, fall), 1e-12)


def _survey(parts: System) -> tuple[Floats, Floats, Floats, Floats]:
    """One-sided rows that bind, normals of all equalities, and points inside [n, k]."""
    programme = Programme(parts)
    if not programme.feasible():
        raise KautilyaError("accounts", "no accounts satisfy all accepted figures",
                            "see `kautilya audit --conflicts`, or accept fewer figures")
    normals = np.vstack([parts.matrix, np.eye(len(parts.names))])
    low = np.concatenate([parts.row_low, parts.box_low])
    high = np.concatenate([parts.row_high, parts.box_high])
    width = np.maximum(parts.box_high - parts.box_low, 1e-300)
    flat, corners, rows, room = [], [], [], []
    for normal, least, most in zip(normals, low, high, strict=True):
        found = programme.bound(Linear(dict(zip(parts.names, normal, strict=True))))
        assert found is not None
        corners += [found.at_low, found.at_high]
        reach = float(np.abs(normal) @ width)
        if found.high - found.low <= THIN * reach:
            flat.append(normal)
            continue
        if most <= found.high + 1e-9 * reach:
            rows.append(normal / reach)
            room.append(most / reach)
        if least >= found.low - 1e-9 * reach:
            rows.append(-normal / reach)
            room.append(-least / reach)
    cloud = np.array(corners).T
    middle = cloud.mean(axis=1, keepdims=True)
    lean = _needed(parts, np.array(rows), np.array(room))
    return (np.array(rows).reshape(-1, len(parts.names))[lean], np.array(room)[lean],
            np.array(flat).reshape(-1, len(parts.names)), middle + 0.9 * (cloud - middle))


def _needed(parts: System, rows: Floats, room: Floats) -> NDArray[np.bool_]:
    """Rows that some point would break if they alone were lifted."""
    count = len(room)
    if not count:
        return np.zeros(0, bool)
    pinned = [i for i in range(len(parts.owner)) if parts.row_low[i] == parts.row_high[i]]
    wide = System(parts.names, np.full(len(parts.names), -np.inf),
                  np.full(len(parts.names), np.inf),
                  np.vstack([rows, parts.matrix[pinned]]),
                  np.concatenate([np.full(count, -np.inf), parts.row_low[pinned]]),
                  np.concatenate([room, parts.row_high[pinned]]),
                  tuple(str(i) for i in range(count + len(pinned))),
                  ("identity",) * (count + len(pinned)))
    programme = Programme(wide)
    gone: set[str] = set()
    for i in range(count):
        programme.set_free({*gone, str(i)})
        least = programme.least(Linear(dict(zip(parts.names, -rows[i], strict=True))))
        if least is not None and -least <= room[i] + 1e-12:
            gone.add(str(i))
    return np.array([str(i) not in gone for i in range(count)], bool)


def _null_space(flat: Floats, width: Floats) -> Floats:
    """Directions [n, d] that keep every equality, each with one free variable: Gauss-Jordan
    elimination with full pivoting, so that few variables are dragged along."""
    n = len(width)
    rest = flat * width
    pivots: list[int] = []
    for i in range(len(rest)):
        free = [j for j in range(n) if j not in pivots]
        if not free:
            break
        block = np.abs(rest[i:][:, free])
        row, column = np.unravel_index(block.argmax(), block.shape)
        if block.max() <= 1e-9:
            break
        j = free[int(column)]
        rest[[i, i + int(row)]] = rest[[i + int(row), i]]
        rest[i] /= rest[i, j]
        others = np.arange(len(rest)) != i
        rest[others] -= rest[others, j][:, None] * rest[i]
        pivots.append(j)
    free = [j for j in range(n) if j not in pivots]
    basis = np.zeros((n, len(free)))
    basis[free, np.arange(len(free))] = 1.0
    for i, j in enumerate(pivots):
        basis[j] = -rest[i, free]
    basis[np.abs(basis) < 1e-12] = 0.0
    return basis * width[:, None]


def direction(form: Shape, move: Move) -> Floats:
    """The direction [n] of a move."""
    out = np.zeros(len(form.names))
    out[move.names] = move.steps
    return out


def moved(form: Shape, direction: Floats) -> Move:
    """The move along a direction [n]."""
    names = np.flatnonzero(direction)
    pull = times(form.normals, direction[:, None])[:, 0]
    rows = np.flatnonzero(np.abs(pull) > 1e-12 * np.abs(pull).max(initial=0.0))
    drift = times(form.density.forms, direction[:, None])[:, 0]
    felt = np.flatnonzero(np.abs(drift) > 1e-12 * (np.abs(form.density.forms) @ np.abs(direction)))
    return Move(names, direction[names], rows, pull[rows], felt, drift[felt])


def _warm(form: Shape, basis: Floats) -> Shape:
    """Warm up, add the slow modes, and keep snapshots as the pool."""
    if not form.moves:
        return form._replace(pool=form.pool[:, :1].repeat(CHAINS * SNAPSHOTS, axis=1))
    stream = np.random.Generator(np.random.Philox(key=[0x6B61757469, len(form.moves)]))
    x = form.pool[:, stream.integers(0, form.pool.shape[1], CHAINS)]
    singles = form.moves
    for _ in range(ROUNDS):
        form = form._replace(moves=(*singles, *_slow(form, basis, x)))
        x = sweep(form, x, luck_for(form, stream, SWEEPS, CHAINS))
    form = form._replace(moves=(*singles, *_slow(form, basis, x)))
    pool = []
    for _ in range(SNAPSHOTS):
        x = sweep(form, x, luck_for(form, stream, SWEEPS, CHAINS))
        pool.append(x)
    laps, now = 0, x
    while laps < LAPS[1] and (laps < LAPS[0] or _alike(x, now) > FORGOTTEN):
        now = sweep(form, now, luck_for(form, stream, 1, CHAINS))
        laps += 1
    return form._replace(pool=np.concatenate(pool, axis=1), laps=laps)


def _alike(before: Floats, after: Floats) -> float:
    """Largest correlation of a coordinate with itself, over the chains."""
    spread = before.std(axis=1) * after.std(axis=1)
    moving = spread > 1e-9 * np.maximum(np.abs(before).max(axis=1) ** 2, 1e-300)
    joint = ((before - before.mean(axis=1, keepdims=True))
             * (after - after.mean(axis=1, keepdims=True))).mean(axis=1)
    return float((joint[moving] / spread[moving]).max(initial=0.0))


def _own(basis: Floats) -> list[int]:
    """For each direction, which of the variables it moves no other direction moves."""
    alone = (basis != 0).sum(axis=1) == 1
    return [int(np.flatnonzero(alone[np.flatnonzero(column)])[0]) for column in basis.T]


def _slow(form: Shape, basis: Floats, x: Floats) -> tuple[Move, ...]:
    """Moves along the modes that single moves cross slowly: wide against their conditional
    spread, read off the covariance in the coordinates of the single moves."""
    free = [int(np.flatnonzero(column)[k]) for column, k in zip(basis.T, _own(basis), strict=True)]
    z = x[free] - x[free].mean(axis=1, keepdims=True)
    cover = np.atleast_2d(times(z, z.T)) / max(z.shape[1] - 1, 1)
    basis = basis / basis[free, np.arange(len(free))]
    spread = np.sqrt(np.maximum(np.diag(cover), 1e-24))
    cover = cover / np.outer(spread, spread) + 1e-6 * np.eye(len(spread))
    narrow = 1.0 / np.sqrt(np.diag(np.linalg.inv(cover)))
    values, vectors = np.linalg.eigh(cover / np.outer(narrow, narrow))
    chosen = [k for k in np.argsort(values)[::-1][:MOST] if values[k] > SLOW]
    return tuple(moved(form, basis @ (spread * narrow * vectors[:, k])) for k in chosen)
