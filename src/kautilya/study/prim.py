r"""PRIM: boxes in the space of the figures that hold many of the cases of interest.

    peel    take off the slice (a share `peel` of the points, at either end of one dim) that raises
            the mean most per point lost:   (mean_new - mean_old) / (n_old - n_new)
    paste   give back slices (a share `paste` of the points just outside) while the mean rises
    coverage = cases in the box / all cases      density = cases in the box / points in the box

    quasi-p of a limit: probability of at least so many cases in the box, had its points the
    density of the box without that limit (binomial)

Source: friedman1999; the objective, the quasi-p values and the resampling of bryant2010.
Holds for: boxes along the axes. Breaks when: the cases lie along a slope; then coverage is low.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEAST = 0.05  # of all points that a box must hold


class Box(NamedTuple):
    """Limits [dims] and what the box holds; a limit that is not set equals the widest."""

    low: np.ndarray
    high: np.ndarray
    points: int
    cases: int
    coverage: float
    density: float
    mass: float

    def inside(self, x: np.ndarray) -> np.ndarray:
        """Which points of x [n, dims] lie in the box, limits included."""
        return np.asarray(((x >= self.low) & (x <= self.high)).all(axis=1))


class Peeled(NamedTuple):
    """The boxes from all points to the smallest, in the order found, and the widest limits."""

    boxes: tuple[Box, ...]
    low: np.ndarray
    high: np.ndarray

    def limited(self, box: Box) -> np.ndarray:
        """Which ends are limited, bool [dims, 2]."""
        return np.stack([box.low > self.low, box.high < self.high], axis=1)

    def restricted(self, box: Box) -> np.ndarray:
        """Dims with a limit."""
        return np.flatnonzero(self.limited(box).any(axis=1))


def prim(
    x: np.ndarray, y: np.ndarray, peel: float = 0.05, paste: float = 0.05, least: float = LEAST
) -> Peeled:
    """The trajectory of boxes for points x [n, dims] and cases y [n] (bool)."""
    x, y = np.ascontiguousarray(x, dtype=float), np.asarray(y, dtype=float)
    low, high = x.min(axis=0), x.max(axis=0)
    inside = np.ones(len(y), dtype=bool)
    limits = (low.copy(), high.copy())
    boxes = [_box(limits, y[inside], y)]
    floor = least * len(y)
    while (found := _peel(x[inside], y[inside], peel, limits, (low, high))) is not None:
        dim, end, value = found
        keep = inside & (x[:, dim] >= value if end == 0 else x[:, dim] <= value)
        if keep.sum() < floor:
            break
        inside = keep
        limits = _with(limits, dim, end, value)
        boxes.append(_box(limits, y[inside], y))
    while (pasted := _paste(x, y, paste, limits, (low, high))) is not None:
        limits = pasted
        boxes.append(_box(limits, y[((x >= limits[0]) & (x <= limits[1])).all(axis=1)], y))
    return Peeled(tuple(boxes), low, high)


def _with(
    limits: tuple[np.ndarray, np.ndarray], dim: int, end: int, value: float
) -> tuple[np.ndarray, np.ndarray]:
    out = (limits[0].copy(), limits[1].copy())
    out[end][dim] = value
    return out


def _box(limits: tuple[np.ndarray, np.ndarray], inside: np.ndarray, y: np.ndarray) -> Box:
    points, cases = len(inside), int(inside.sum())
    return Box(
        limits[0].copy(),
        limits[1].copy(),
        points,
        cases,
        cases / max(y.sum(), 1.0),
        cases / max(points, 1),
        points / len(y),
    )


def cut(ordered: np.ndarray, share: float) -> np.ndarray:
    """Where to cut at a share of ordered columns [n, dims]: half-way between two neighbours; a run
    of equal values is cut off whole."""
    n = len(ordered)
    below, above = int(np.floor((n - 1) * share)), int(np.ceil((n - 1) * share))
    column = np.arange(ordered.shape[1])
    if share > 0.5:
        low = (ordered < ordered[above]).sum(axis=0) - 1
        low = np.where(ordered[below] == ordered[above], np.maximum(low, 0), below)
        return (ordered[low, column] + ordered[above]) / 2
    high = n - (ordered > ordered[below]).sum(axis=0)
    high = np.where(ordered[below] == ordered[above], np.minimum(high, n - 1), above)
    return (ordered[below] + ordered[high, column]) / 2


def _peel(
    x: np.ndarray,
    y: np.ndarray,
    share: float,
    limits: tuple[np.ndarray, np.ndarray],
    widest: tuple[np.ndarray, np.ndarray],
) -> tuple[int, int, float] | None:
    """(dim, end, limit) of the best peel; None where none raises the mean."""
    n, ordered = len(y), np.sort(x, axis=0)
    free = (limits[0] == widest[0]) & (limits[1] == widest[1])
    gains, values = [], []
    for end in (1, 0):
        value = cut(ordered, 1 - share if end else share)
        keep = x <= value if end else x >= value
        left = keep.sum(axis=0)
        mean = np.where(left > 0, y @ keep / np.maximum(left, 1), 0.0)
        gains.append((mean - y.mean()) / np.where(left < n, n - left, np.inf))
        values.append(value)
    gain = np.stack(gains, axis=1)
    best = _first_best(gain, ~free)
    if gain.flat[best] <= 0:
        return None
    dim, side = divmod(best, 2)
    return dim, (1, 0)[side], float(values[side][dim])


def _first_best(gain: np.ndarray, known: np.ndarray) -> int:
    """The largest gain; of equal ones the first on a dim that is limited already."""
    ties = gain == gain.max()
    wanted = ties & known[:, None]
    return int(np.flatnonzero((wanted if wanted.any() else ties).ravel())[0])


def _paste(
    x: np.ndarray,
    y: np.ndarray,
    share: float,
    limits: tuple[np.ndarray, np.ndarray],
    widest: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray] | None:
    """Limits with the best slice given back; None where none raises the mean."""
    fits = (x >= limits[0]) & (x <= limits[1])
    own = fits.all(axis=1)
    mean, n, best = y[own].mean(), int(own.sum()), None
    top = 0.0
    for dim in np.flatnonzero((limits[0] > widest[0]) | (limits[1] < widest[1])):
        others = np.delete(fits, dim, axis=1).all(axis=1)
        for end in (0, 1):
            bound = limits[end][dim]
            outside = others & (x[:, dim] <= bound if end == 0 else x[:, dim] >= bound)
            value = widest[end][dim]
            if outside.any():
                ordered = np.sort(x[outside, dim])[:, None]
                value = cut(ordered, 1 - share if end == 0 else share)[0]
            wider = _with(limits, int(dim), end, float(value))
            held = others & (x[:, dim] >= wider[0][dim]) & (x[:, dim] <= wider[1][dim])
            gain = (y[held].mean() - mean) / max(int(held.sum()) - n, 1)
            if held.sum() > n and gain > top:
                best, top = wider, gain
    return best


def quasi_p(x: np.ndarray, y: np.ndarray, peeled: Peeled, box: Box) -> np.ndarray:
    """Quasi-p of each limit [dims, 2]; NaN where there is none."""
    from scipy.stats import binom  # half a second, for boxes alone

    out = np.full((x.shape[1], 2), np.nan)
    for dim, end in zip(*np.nonzero(peeled.limited(box)), strict=True):
        limits = _with((box.low, box.high), dim, end, (peeled.low, peeled.high)[end][dim])
        held = ((x >= limits[0]) & (x <= limits[1])).all(axis=1)
        share = y[held].sum() / held.sum()
        out[dim, end] = binom.sf(box.cases - 1, box.points, share)
    return out


def pruned(x: np.ndarray, y: np.ndarray, peeled: Peeled, box: Box, level: float = 0.05) -> Box:
    """The box without the limits whose quasi-p is above a level, dropped one by one, the least
    sure first."""
    y = np.asarray(y, dtype=float)
    while True:
        p = quasi_p(x, y, peeled, box)
        if not peeled.limited(box).any() or np.nanmax(p) <= level:
            return box
        dim, end = np.unravel_index(np.nanargmax(p), p.shape)
        limits = _with(
            (box.low, box.high), int(dim), int(end), float((peeled.low, peeled.high)[end][dim])
        )
        held = ((x >= limits[0]) & (x <= limits[1])).all(axis=1)
        box = _box(limits, y[held], y)


def resampled(
    x: np.ndarray, y: np.ndarray, box: Box, rounds: int = 10, seed: int = 0, **how: float
) -> np.ndarray:
    """Share of half-samples in which each dim is limited, in the box nearest to this coverage and
    in that nearest to this density [dims, 2]."""
    rng = np.random.default_rng(seed)
    out = np.zeros((x.shape[1], 2))
    for _ in range(rounds):
        half = rng.permutation(len(y))[: len(y) // 2]
        peeled = prim(x[half], y[half], **how)
        for k, name in enumerate(("coverage", "density")):
            apart = [abs(getattr(one, name) - getattr(box, name)) for one in peeled.boxes]
            out[peeled.restricted(peeled.boxes[int(np.argmin(apart))]), k] += 1 / rounds
    return out


def chosen(peeled: Peeled) -> Box:
    """The box with the largest harmonic mean of coverage and density."""

    def worth(box: Box) -> float:
        both = box.coverage + box.density
        return 2 * box.coverage * box.density / both if both else 0.0

    return max(peeled.boxes, key=worth)
