"""Indicators: what one would see, by when, if the futures go one way or the other.

The futures part into two ways by what is asked (features of each future). Two-means on scores of
the features, begun from the sign of the first principal component: no luck in it.

    score          log(1 + |x| / median |x|) with the sign of x, standardised: features count alike
    likelihood ratio of seeing s     LR = P(s | one way) / P(s | the other)
    P(s | way)     (seen + 1/2) / (futures + 1)              (jeffreys1946)

Sought is, of each observable outcome, the cell, period and threshold with the largest ratio among
those that are seen in at least `SEEN` of the futures that go this way. Observable is what can be
counted: stocks, flows and amounts; an index, a belief or a probability is not.
Source: macqueen1967 for two-means. Holds for: telling the two ways apart soon. Breaks when: a ratio
is read as a cause, or the ways differ in nothing that shows early.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import xarray as xr

from kautilya.scenario.outcomes import nature_of
from kautilya.scenario.scenario import Scenario

SEEN = 0.3  # least share of the futures of a way in which its indicator shows
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # quantiles at which thresholds are tried
FEW = 30  # futures of a way, below which there are no ratios
SETTLES = 20.0  # a ratio above it settles which way it goes
ROUNDS = 100
DIGITS = 2  # that count, of a threshold


class Indicator(NamedTuple):
    """Something to watch.

    outcome, labels   what: a declared outcome and one label for each of its dims; unit of it
    when              month or year; above: True above the threshold, False below
    one, other        share of the futures that show it in the way it speaks for, and in the other
    ratio             likelihood ratio
    first             True where it speaks for the first of the two ways
    rest              True where it counts among the futures only that showed none of those before
    """

    outcome: str
    labels: tuple[str, ...]
    when: str
    above: bool
    threshold: float
    one: float
    other: float
    ratio: float
    first: bool
    rest: bool = False

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {**self._asdict(), "labels": list(self.labels)}


def parted(features: np.ndarray) -> np.ndarray:
    """True [F] for the futures of the first way: the one with more of the feature that parts most.

    features   [F, k]; those that do not vary count for nothing. All False where none varies.

    >>> parted(np.array([[0.0], [1.0], [10.0], [11.0]])).tolist()
    [False, False, True, True]
    """
    x = np.asarray(features, dtype=float)
    x = (
        x[:, (np.ptp(x, axis=0) > 0) & np.isfinite(x).all(axis=0)]
        if x.size
        else x.reshape(len(x), 0)
    )
    if not x.shape[1] or len(x) < 2:
        return np.zeros(len(x), dtype=bool)
    z = _scores(x)
    vectors = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)[2]
    side = z @ vectors[0] > 0
    for _ in range(ROUNDS):
        if not 0 < side.sum() < len(side):
            break
        centres = z[side].mean(axis=0), z[~side].mean(axis=0)
        near = ((z - centres[0]) ** 2).sum(axis=1) < ((z - centres[1]) ** 2).sum(axis=1)
        if (near == side).all():
            break
        side = near
    gap = z[side].mean(axis=0) - z[~side].mean(axis=0) if 0 < side.sum() < len(side) else z[0]
    return side if gap[np.argmax(np.abs(gap))] > 0 else ~side


def _scores(x: np.ndarray) -> np.ndarray:
    """Each column on a log scale about its usual size, standardised [F, k]."""
    size = np.median(np.abs(x), axis=0)
    y = np.sign(x) * np.log1p(np.abs(x) / np.where(size > 0, size, 1.0))
    return (y - y.mean(axis=0)) / np.maximum(y.std(axis=0), 1e-12)


def watched(
    data: xr.Dataset,
    scenario: Scenario,
    first: np.ndarray,
    last: str,
    but: Sequence[str] = (),
    among: np.ndarray | None = None,
) -> list[Indicator]:
    """The best indicator of each observable outcome, those with the largest ratio first.

    data    of a run, dim future; first: [F], as `parted` gives it
    last    month YYYY-MM by whose end it must show; but: outcomes that are left out
    among   [F] futures that count; all of them by default
    """
    counts = np.ones(len(first), dtype=bool) if among is None else among
    first = first[counts]
    if min(int(first.sum()), int((~first).sum())) < FEW:
        return []
    out = []
    for name in observable(scenario):
        if name in data and name not in but:
            best = _best(data[name], scenario, (first, counts), last)
            if best is not None:
                out.append(best)
    return sorted(out, key=lambda one: -one.ratio)


def observable(scenario: Scenario) -> list[str]:
    """Outcomes that count something."""
    from kautilya.mechanisms import registry

    known = registry()
    written = {
        var.name: var for law in scenario.head.laws if law in known for var in known[law].writes
    }
    return [
        one.id
        for one in scenario.outcomes
        if one.kind != "variable"
        or (written[one.name].unit != "1" and nature_of(one, written) == "amount")
    ]


def sought(
    data: xr.Dataset,
    scenario: Scenario,
    first: np.ndarray,
    searches: Sequence[tuple[str, Sequence[str], float]],
    most: int,
) -> list[Indicator]:
    """The indicators of different outcomes with the largest ratios, at most `most`.

    searches   (last month, outcomes left out, least ratio), tried in this order
    After one that settles the matter (a ratio above `SETTLES`) the others are sought among the
    futures that do not show it: else all of them would tell the same thing once more.
    """
    found: list[Indicator] = []
    among = np.ones(len(first), dtype=bool)
    for last, but, least in searches:
        while len(found) < most:
            known = [*but, *(one.outcome for one in found)]
            best = next(iter(watched(data, scenario, first, last, known, among)), None)
            if best is None or best.ratio < least:
                break
            found.append(best._replace(rest=not among.all()))
            if best.ratio > SETTLES:
                among = among & ~shown(data, best)
    return found


def shown(data: xr.Dataset, one: Indicator) -> np.ndarray:
    """The futures that show an indicator [F]."""
    array = data[one.outcome]
    axis = "month" if "month" in array.dims else "year"
    dims = [d for d in array.dims if d not in ("future", axis)]
    cell = array.sel({axis: one.when, **dict(zip(dims, one.labels, strict=True))})
    over = np.asarray(cell.values) > one.threshold
    return over if one.above else ~over


def _best(
    array: xr.DataArray, scenario: Scenario, ways: tuple[np.ndarray, np.ndarray], last: str
) -> Indicator | None:
    """The cell, threshold and side with the largest ratio; of equal ones the first."""
    first, counts = ways
    best: Indicator | None = None
    for when, places, values in _periods(array, scenario, last):
        found = _threshold(values[counts], first)
        if found is not None and (best is None or found.ratio > best.ratio):
            one, other = found.shares
            best = Indicator(
                str(array.name), places[found.cell], when, found.above, found.level, one, other,
                found.ratio, found.way,
            )  # fmt: skip
    return best


def _periods(
    array: xr.DataArray, scenario: Scenario, last: str
) -> Iterator[tuple[str, list[tuple[str, ...]], np.ndarray]]:
    """Of each period after the as-of day: labels of the cells, and values [F, cell]."""
    axis = "month" if "month" in array.dims else "year"
    dims = [str(one) for one in array.dims if one not in ("future", axis)]
    values = array.transpose("future", axis, *dims).values
    places = list(product(*(array[dim].values.astype(str).tolist() for dim in dims)))
    since = scenario.head.as_of.strftime("%Y-%m")
    for t, when in enumerate(str(one) for one in array[axis].values):
        end = when if axis == "month" else f"{when}-12"
        if since < end <= last:
            yield when, places, values[:, t].reshape(len(values), -1)


class Cut(NamedTuple):
    """A threshold: its cell, the side, the shares of both ways that show it, their ratio, the way
    (True: the first) that shows it more often."""

    cell: int
    level: float
    above: bool
    shares: tuple[float, float]
    ratio: float
    way: bool


def _threshold(values: np.ndarray, first: np.ndarray) -> Cut | None:
    """The cell, threshold and side with the largest ratio among values [F, cell].

    Compared are, in this order, cells, thresholds from the lowest, above before below, and which
    of the two ways shows it; of equal ratios the first counts.
    """
    moves = np.flatnonzero(np.ptp(values, axis=0) > 0)
    if not moves.size:
        return None
    x = values[:, moves]
    levels, back = np.unique(np.quantile(x, LEVELS, axis=0).T, return_inverse=True)
    short = np.array([float(f"{level:.{DIGITS}g}") for level in levels])
    at = np.sort(short[back].reshape(len(moves), len(LEVELS)), axis=1)  # [cell, level]
    over = x[:, :, None] > at[None]
    above = np.stack([over[first].sum(axis=0), over[~first].sum(axis=0)], axis=-1)
    sizes = np.array([first.sum(), (~first).sum()])
    counted = np.stack([above, sizes - above], axis=2)  # [cell, level, side, way]
    share = (counted + 0.5) / (sizes + 1)
    ratio = np.where(share >= SEEN, share / share[..., ::-1], -np.inf)
    cell, level, side, way = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    if not np.isfinite(ratio[cell, level, side, way]):
        return None
    own, other = share[cell, level, side, way], share[cell, level, side, 1 - way]
    return Cut(
        int(moves[cell]), float(at[cell, level]), side == 0, (float(own), float(other)),
        float(ratio[cell, level, side, way]), way == 0,
    )  # fmt: skip
