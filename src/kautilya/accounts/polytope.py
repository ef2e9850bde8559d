"""A bounded system brought into a shape that can be sampled.

    normals @ x <= room,  x + t * moves[:, j] stays on every equality

Equalities, also those that only follow from other rows, are found by linear programming and
solved away; rows that never bind are dropped. Moves are of two sorts: one variable at a time
(with what the equalities drag along; few rows feel it), and the slow modes of such moves, found
from the covariance of a warm-up run. None of it depends on a seed: the shape is the system's own.

Nor on the processor, as far as the last digits allow: corners are those of costs that no two
corners share, equalities are solved by an elimination of its own, modes come from plain rotations
with a fixed sign, and sums are plain sums. A library of linear algebra picks other bases and signs
on other processors, and draws from them would be other draws.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kautilya.accounts.bounds import Programme, dot
from kautilya.accounts.linear import Floats, Linear, System, times
from kautilya.errors import KautilyaError

THIN = 1e-7  # rows narrower than this share of the box are equalities
TINY = 1e-300  # slack of a row that is touched
CHAINS, SNAPSHOTS = 256, 4
ROUNDS, SWEEPS = 3, 16
FORGOTTEN, LAPS = 0.38, (3, 24)  # correlation with the start that is accepted; fewest, most laps
CORNERS = 256  # from which the warm-up starts
ROTATIONS = 12  # rounds of rotations over all pairs; eight are enough for sixteen digits
SLOW, MOST = 3.0, 32  # modes this much wider than a single move reaches; at most so many


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
    programme = Programme(parts)
    if not programme.feasible():
        raise KautilyaError(
            "accounts",
            "no accounts satisfy all accepted figures",
            "see `kautilya audit --conflicts`, or accept fewer figures",
        )
    normals, room, flat = _survey(parts, programme)
    plane = _solved(flat, parts.box_high - parts.box_low)
    basis, corners = plane.basis, _corners(programme, plane)
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


def _doubted(density: Density, values: Floats, move: Move, step: Floats, doubt: Floats) -> Floats:
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


class Equality(NamedTuple):
    """normal @ x = value, by declaration or because other rows leave no other value."""

    normal: Floats
    value: float


def _survey(parts: System, programme: Programme) -> tuple[Floats, Floats, list[Equality]]:
    """One-sided rows that bind, their room, and all equalities."""
    normals = np.vstack([parts.matrix, np.eye(len(parts.names))])
    low = np.concatenate([parts.row_low, parts.box_low])
    high = np.concatenate([parts.row_high, parts.box_high])
    width = np.maximum(parts.box_high - parts.box_low, 1e-300)
    flat, rows, room = [], [], []
    for normal, least, most in zip(normals, low, high, strict=True):
        found = programme.sure(Linear(dict(zip(parts.names, normal, strict=True))))
        reach = dot(np.abs(normal), width)
        if found.high - found.low <= THIN * reach:
            flat.append(
                Equality(
                    normal, _snapped((found.low + found.high) / 2, (least, most), 1e-9 * reach)
                )
            )
            continue
        if most <= found.high + 1e-9 * reach:
            rows.append(normal / reach)
            room.append(most / reach)
        if least >= found.low - 1e-9 * reach:
            rows.append(-normal / reach)
            room.append(-least / reach)
    lean = _needed(parts, np.array(rows), np.array(room))
    return np.array(rows).reshape(-1, len(parts.names))[lean], np.array(room)[lean], flat


def _snapped(value: float, ends: tuple[float, float], slip: float) -> float:
    """The declared end that a value has been driven to, where there is one."""
    return next((end for end in ends if abs(value - end) <= slip), value)


def _needed(parts: System, rows: Floats, room: Floats) -> NDArray[np.bool_]:
    """Rows that some point would break if they alone were lifted."""
    count = len(room)
    if not count:
        return np.zeros(0, bool)
    pinned = [i for i in range(len(parts.owner)) if parts.row_low[i] == parts.row_high[i]]
    wide = System(
        parts.names,
        np.full(len(parts.names), -np.inf),
        np.full(len(parts.names), np.inf),
        np.vstack([rows, parts.matrix[pinned]]),
        np.concatenate([np.full(count, -np.inf), parts.row_low[pinned]]),
        np.concatenate([room, parts.row_high[pinned]]),
        tuple(str(i) for i in range(count + len(pinned))),
        ("identity",) * (count + len(pinned)),
    )
    programme = Programme(wide)
    gone: set[str] = set()
    for i in range(count):
        programme.set_free({*gone, str(i)})
        least = programme.least(Linear(dict(zip(parts.names, -rows[i], strict=True))))
        if least is not None and -least <= room[i] + 1e-12:
            gone.add(str(i))
    return np.array([str(i) not in gone for i in range(count)], bool)


class Plane(NamedTuple):
    """All points that keep every equality: offset + basis @ t, where t [d] are the free
    variables as shares of their width. basis [n, d], offset [n], the free variables' places."""

    basis: Floats
    offset: Floats
    free: list[int]
    width: Floats


def _eliminate(rest: Floats, value: Floats, i: int, j: int) -> None:
    """Solve row i for variable j and put it into the other rows, in place."""
    value[i] /= rest[i, j]
    rest[i] /= rest[i, j]
    others = np.arange(len(rest)) != i
    value[others] -= rest[others, j] * value[i]
    rest[others] -= rest[others, j][:, None] * rest[i]


def _solved(flat: list[Equality], width: Floats) -> Plane:
    """Gauss-Jordan elimination with full pivoting, so that few variables are dragged along; of
    pivots that differ in their last digits only the first is taken."""
    n = len(width)
    rest = np.array([one.normal for one in flat]).reshape(-1, n) * width
    value = np.array([one.value for one in flat])
    pivots: list[int] = []
    for i in range(len(rest)):
        free = [j for j in range(n) if j not in pivots]
        if not free:
            break
        block = np.abs(rest[i:][:, free])
        size = float(block.max())
        if size <= 1e-9:
            break
        row, column = np.unravel_index((block >= size * (1.0 - 1e-9)).argmax(), block.shape)
        j = free[int(column)]
        swap, back = [i, i + int(row)], [i + int(row), i]
        rest[swap], value[swap] = rest[back], value[back]
        _eliminate(rest, value, i, j)
        pivots.append(j)
    free = [j for j in range(n) if j not in pivots]
    basis, offset = np.zeros((n, len(free))), np.zeros(n)
    basis[free, np.arange(len(free))] = 1.0
    for i, j in enumerate(pivots):
        basis[j] = -rest[i, free]
        offset[j] = value[i] * width[j]
    basis[np.abs(basis) < 1e-12] = 0.0
    return Plane(basis * width[:, None], offset, free, width)


def _corners(programme: Programme, plane: Plane) -> Floats:
    """Points [n, k] near corners, from which the warm-up starts.

    Costs drawn once for all have one best corner each, whatever path leads to it; its free
    variables are rounded, the others follow from the equalities. All are drawn in a little.
    """
    if not plane.free:
        return plane.offset[:, None]
    stream = np.random.Generator(np.random.Philox(key=[0x636F726E, len(plane.offset)]))
    costs = stream.random((CORNERS, len(plane.offset))) - 0.5
    found = [programme.corner(cost)[plane.free] / plane.width[plane.free] for cost in costs]
    cloud = np.round(np.array(found).T, 9)
    middle = cloud.mean(axis=1, keepdims=True)
    return plane.offset[:, None] + times(plane.basis, middle + 0.9 * (cloud - middle))


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
    joint = (
        (before - before.mean(axis=1, keepdims=True)) * (after - after.mean(axis=1, keepdims=True))
    ).mean(axis=1)
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
    cover = cover / (spread[:, None] * spread) + 1e-6 * np.eye(len(spread))
    narrow = 1.0 / np.sqrt(np.diag(_inverse(cover)))
    values, vectors = _modes(cover / (narrow[:, None] * narrow))
    chosen = [k for k in range(min(MOST, len(values))) if values[k] > SLOW]
    scaled = spread * narrow
    return tuple(moved(form, times(basis, (scaled * vectors[:, k])[:, None])[:, 0]) for k in chosen)


def _inverse(matrix: Floats) -> Floats:
    """Inverse of a positive definite matrix by Gauss-Jordan elimination: plain steps, the same
    on every processor."""
    n = len(matrix)
    rest = np.hstack([matrix, np.eye(n)])
    for i in range(n):
        rest[i] /= rest[i, i]
        others = np.arange(n) != i
        rest[others] -= rest[others, i][:, None] * rest[i]
    return rest[:, n:]


def _modes(matrix: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues of a symmetric matrix, largest first, and unit vectors whose largest part is
    positive: Jacobi's rotations, those of disjoint pairs at once, always in one order."""
    n = len(matrix)
    size = n + n % 2
    held = np.zeros((size, size))
    held[:n, :n] = matrix
    turned = np.eye(size)
    order = np.arange(size)
    for _ in range(ROTATIONS * max(size - 1, 1)):
        p, q = order[: size // 2], order[size // 2 :][::-1]
        _rotate(held, turned, np.minimum(p, q), np.maximum(p, q))
        order = np.concatenate([order[:1], order[-1:], order[1:-1]])
    values, vectors = np.diag(held)[:n], turned[:n, :n]
    parts = np.abs(vectors)
    lead = (parts >= parts.max(axis=0) * (1.0 - 1e-6)).argmax(axis=0)
    vectors = vectors * np.where(vectors[lead, np.arange(n)] < 0.0, -1.0, 1.0)
    ranked = np.argsort(-np.round(values, 9), kind="stable")
    return values[ranked], vectors[:, ranked]


def _rotate(held: Floats, turned: Floats, p: NDArray[np.intp], q: NDArray[np.intp]) -> None:
    """One rotation for each pair p, q that makes held[p, q] zero."""
    off = held[p, q]
    off = np.where(np.abs(off) <= 1e-17 * (np.abs(held[p, p]) + np.abs(held[q, q])), 0.0, off)
    tau = (held[q, q] - held[p, p]) / np.where(off == 0.0, 1.0, 2.0 * off)
    slope = np.where(tau < 0.0, -1.0, 1.0) / (np.abs(tau) + np.sqrt(1.0 + tau * tau))
    slope = np.where(off == 0.0, 0.0, slope)
    c = 1.0 / np.sqrt(1.0 + slope * slope)
    s = slope * c
    first, second = held[p], held[q]
    held[p], held[q] = (
        c[:, None] * first - s[:, None] * second,
        s[:, None] * first + c[:, None] * second,
    )
    for matrix in (held, turned):
        first, second = matrix[:, p], matrix[:, q]
        matrix[:, p], matrix[:, q] = c * first - s * second, s * first + c * second
