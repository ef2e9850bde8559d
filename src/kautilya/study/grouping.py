"""Futures that are alike: groups by Ward's method, and the most typical future of each.

Every column of numbers becomes ranks over futures, from 0 to 1, so that neither unit nor tail
counts; columns of one kind weigh together as much as those of another. A tree is grown on the
first `GROWN` futures (they are drawn alike, so any would do) and cut where the mean silhouette is
largest; the others join the nearest centre. No luck in it: the same numbers, the same groups.

    silhouette   (b - a) / max(a, b); a, b: mean distance to the own and to the nearest other group
    typical      the medoid: least sum of distances to its group

Source: ward1963 for the tree, rousseeuw1987 for where it is cut. Holds for: telling many futures
in a few. Breaks when: futures differ by degree alone; then the borders are drawn through a cloud.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from kautilya.errors import KautilyaError

GROWN = 1000  # futures that the tree is grown on
FEWEST, MOST = 5, 7  # groups
SMALL = 0.02  # share of futures below which a group is none
EACH = 6  # futures a group needs


class Groups(NamedTuple):
    """Which group each future is in [F], largest first; the typical future of each; how well they
    are apart (mean silhouette, -1 to 1)."""

    of: np.ndarray
    typical: tuple[int, ...]
    apart: float


def features(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Ranks of the numbers of each kind, [F, k] each: [F, all that vary].

    >>> features({"a": np.array([[1.0], [5.0], [5.0]])}).ravel().tolist()
    [0.0, 0.75, 0.75]
    """
    out = []
    for values in columns.values():
        x = np.asarray(values, dtype=float)
        x = x[:, np.ptp(x, axis=0) > 0] if len(x) else x
        if x.size:
            ranked = np.stack([_ranks(one) for one in x.T], axis=1) / max(len(x) - 1, 1)
            out.append(ranked / np.sqrt(x.shape[1]))
    return np.hstack(out) if out else np.zeros((len(next(iter(columns.values()), ())), 0))


def _ranks(x: np.ndarray) -> np.ndarray:
    """Ranks from 0; the same numbers share the mean of theirs. (scipy.stats has it, and takes half
    a second to import.)"""
    _, which, counts = np.unique(x, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - 0.5 * (counts + 1))[which]


def grouped(x: np.ndarray) -> Groups:
    """Five to seven groups of futures [F, k]; fewer where there are not enough futures, one where
    nothing varies. Raises KautilyaError for numbers that are not finite."""
    if not np.isfinite(x).all():
        raise KautilyaError("storylines", "numbers that are not finite", "Run the scenario again")
    grown = x[:GROWN]
    most = min(MOST, len(np.unique(grown, axis=0)), max(len(grown) // EACH, 1))
    if not x.shape[1] or most < 2:
        return Groups(np.zeros(len(x), dtype=int), (0,), 0.0)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist, squareform

    condensed = pdist(grown)
    tree, apart = linkage(grown, "ward"), squareform(condensed)
    best: tuple[bool, float, np.ndarray] | None = None
    for count in range(min(FEWEST, most), most + 1):
        found = fcluster(tree, count, "maxclust") - 1
        sizes = np.bincount(found)
        enough = bool(sizes.min() >= max(SMALL * len(grown), 2))
        score = silhouette(apart, found)
        if best is None or (enough, score) > best[:2]:
            best = (enough, score, found)
    assert best is not None
    return _whole(x, best[2], apart, best[1])


def silhouette(apart: np.ndarray, found: np.ndarray) -> float:
    """Mean silhouette of groups, from distances [n, n]; a group of one counts 0."""
    names = np.unique(found)
    sums = np.stack([apart[:, found == name].sum(axis=1) for name in names], axis=1)
    sizes = np.array([(found == name).sum() for name in names])
    own = np.searchsorted(names, found)
    rows = np.arange(len(found))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[rows, own] = np.inf
    outside = means.min(axis=1)
    value = (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12)
    return float(np.where(sizes[own] > 1, value, 0.0).mean())


def _whole(x: np.ndarray, found: np.ndarray, apart: np.ndarray, score: float) -> Groups:
    """All futures, the largest group first; medoids among those that the tree was grown on."""
    names = np.unique(found)
    centres = np.stack([x[: len(found)][found == name].mean(axis=0) for name in names])
    rest = x[len(found) :]
    near = [int(np.argmin(((centres - one) ** 2).sum(axis=1))) for one in rest]
    of = np.concatenate([np.searchsorted(names, found), np.array(near, dtype=int)])
    order = np.argsort(-np.bincount(of, minlength=len(names)), kind="stable")
    typical = []
    for group in order:
        members = np.flatnonzero(found == names[group])
        within = apart[np.ix_(members, members)].sum(axis=1)
        typical.append(int(members[np.argmin(within)]))
    place = np.argsort(order)
    return Groups(place[of], tuple(typical), score)
