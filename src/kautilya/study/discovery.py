"""Scenario discovery: in which corner of the uncertainties something comes about.

Of all figures that vary, those whose values differ most between futures with and without it are
kept (the distance of Kolmogorov and Smirnov between both sets of values); PRIM then looks for a box
among them, and limits that are not sure (quasi-p above 0.05) are dropped from it. Beside the box
stand: the share of half-samples that find each limit again, boxes from shuffled futures (what PRIM
finds where there is nothing to find), and two other methods, a regression tree and a logistic
regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.study.prim import Box, Peeled, chosen, prim, pruned, quasi_p, resampled
from kautilya.study.trials import varied
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.scenario.assemble import Assembled

FEWEST = 20  # futures with and without, below which nothing can be said
ROUNDS = 10
TABLE = 4_000_000_000  # bytes that the figures of all futures may take


@dataclass(frozen=True)
class Search:
    """How to look: figures kept, PRIM's share peeled, shuffles of the null, seed of resampling."""

    dims: int = 13
    peel: float = 0.05
    shuffles: int = 20
    seed: int = 0


@dataclass(frozen=True)
class Discovery:
    """What was found: the box chosen from the trajectory, and how far it can be trusted.

    names     of the figures kept; apart: their Kolmogorov-Smirnov distance [dims]
    quasi_p   of each limit [dims, 2]; again: share of half-samples with a limit there, in the box
              of the same coverage and of the same density [dims, 2]
    null      density at this coverage or more in boxes from shuffled futures [shuffles]
    """

    names: tuple[str, ...]
    apart: np.ndarray
    peeled: Peeled
    box: Box
    quasi_p: np.ndarray
    again: np.ndarray
    null: np.ndarray
    tree: Box | None
    logistic: dict[str, float]
    share: float
    futures: int


def fits(assembled: Assembled, futures: int) -> None:
    """Refuse more futures than can be searched at once, before anything runs."""
    each = 3 * len(varied(assembled)) * np.dtype(float).itemsize  # values, ranks and marks
    if each * futures > TABLE:
        raise KautilyaError(
            "--futures",
            f"the figures of {many(futures, 'future')} take {disk.size(each * futures)} of memory",
            f"Give at most {TABLE // each:,}",
        )


class _Ordered:
    """Columns in ascending order, kept because only y changes from one shuffle to the next."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = np.asarray(x, dtype=float)
        self.order = np.argsort(self.x, axis=0, kind="stable")
        ordered = np.take_along_axis(self.x, self.order, axis=0)
        end = np.ones((1, self.x.shape[1]), bool)
        self.last = np.concatenate([ordered[1:] != ordered[:-1], end])

    def distances(self, y: np.ndarray) -> np.ndarray:
        """Largest distance of the two distribution functions of each column, with and without."""
        there = y[self.order]
        step = np.cumsum(there / max(y.sum(), 1) - ~there / max((~y).sum(), 1), axis=0)
        return np.asarray(np.abs(np.where(self.last, step, 0.0)).max(axis=0))


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Kolmogorov-Smirnov distance of each column of x [n, d] between y and not y (bool [n])."""
    return _Ordered(x).distances(np.asarray(y, dtype=bool))


def _widest(apart: np.ndarray, search: Search) -> np.ndarray:
    return np.argsort(-apart, kind="stable")[: search.dims]


def discover(
    x: np.ndarray, y: np.ndarray, names: Sequence[str], search: Search = Search()
) -> Discovery:
    """The box where y [n] (bool) comes about, in figures x [n, d]. KautilyaError where y is too
    rare or too common."""
    y = np.asarray(y, dtype=bool)
    few = int(min(y.sum(), (~y).sum()))
    if few < FEWEST:
        raise KautilyaError(
            "--where",
            f"it holds in {int(y.sum())} of {many(len(y), 'future')}",
            f"Ask for what holds in at least {FEWEST} futures and not in at least "
            f"{FEWEST}, or run more futures",
        )
    whole = _Ordered(x)
    apart = whole.distances(y)
    kept = _widest(apart, search)
    x = x[:, kept]
    peeled = prim(x, y, search.peel)
    box = pruned(x, y, peeled, chosen(peeled))
    again = resampled(x, y, box, ROUNDS, search.seed, peel=search.peel)
    return Discovery(
        tuple(names[k] for k in kept),
        apart[kept],
        peeled,
        box,
        quasi_p(x, y, peeled, box),
        again,
        shuffled(whole, y, box, search),
        tree_box(x, y),
        logistic(x, y, [names[k] for k in kept]),
        float(y.mean()),
        len(y),
    )


def shuffled(whole: _Ordered, y: np.ndarray, box: Box, search: Search) -> np.ndarray:
    """Density of the best box with at least this coverage where y has nothing to do with x; the
    figures are picked anew each time, as they were for the box itself."""
    rng = np.random.default_rng([search.seed, 1])
    out = []
    for _ in range(search.shuffles):
        other = rng.permutation(y)
        kept = _widest(whole.distances(other), search)
        found = prim(whole.x[:, kept], other, search.peel)
        out.append(max(one.density for one in found.boxes if one.coverage >= box.coverage))
    return np.array(out)


def tree_box(x: np.ndarray, y: np.ndarray) -> Box | None:
    """The leaf of a regression tree with the largest harmonic mean of coverage and density; None
    where scikit-learn is absent (breiman1984)."""
    try:
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        return None
    tree = DecisionTreeClassifier(
        max_depth=4, min_samples_leaf=max(len(y) // 20, 1), random_state=0
    ).fit(x, y)
    leaves = tree.apply(x)
    boxes = []
    for leaf in np.unique(leaves):
        own = leaves == leaf
        low, high = _limits(tree.tree_, leaf, x)
        cases = int(y[own].sum())
        boxes.append(
            Box(
                low,
                high,
                int(own.sum()),
                cases,
                cases / max(y.sum(), 1),
                cases / own.sum(),
                own.mean(),
            )
        )
    return chosen(Peeled(tuple(boxes), x.min(axis=0), x.max(axis=0)))


def _limits(tree: Any, leaf: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits of a leaf, read from the root down to it."""
    low, high = x.min(axis=0), x.max(axis=0)
    above = {
        int(child): (node, end)
        for node in range(tree.node_count)
        for end, child in ((1, tree.children_left[node]), (0, tree.children_right[node]))
        if child >= 0
    }
    while leaf in above:
        leaf, end = above[leaf]
        dim, value = tree.feature[leaf], tree.threshold[leaf]
        if end:
            high[dim] = min(high[dim], value)
        else:
            low[dim] = max(low[dim], value)
    return low, high


def logistic(x: np.ndarray, y: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Coefficients of a logistic regression on standardised figures; empty without scikit-learn."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        return {}
    scale = x.std(axis=0)
    z = (x - x.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    fit = LogisticRegression(max_iter=1000).fit(z, y)
    return {name: float(value) for name, value in zip(names, fit.coef_[0], strict=True)}
