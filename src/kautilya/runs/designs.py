"""Designs: which values of the uncertain figures, which draw of the accounts and which luck a
simulated future takes.

A *point* holds a probability for each figure, the number of a draw of the accounts, and the
number of its luck. A *row* of a design takes everything from point `base`, but one factor from
point `other`; both runs of a pair share all else, their luck too. A factor is a set of figures,
a group of accounts that are drawn together, or luck itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kautilya import disk
from kautilya.runs.draws import Fed, Feed, values
from kautilya.scenario.assemble import Range

NOTHING = -1  # no factor is taken from elsewhere
FIXED = -2  # the factor of a figure that does not vary, and of luck where it is common


class Factors(NamedTuple):
    """What is varied: names, kinds (figures, accounts, luck), and the factor of each figure."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    of: np.ndarray  # int[figures]
    luck: int

    def members(self, factor: int) -> np.ndarray:
        """Figures of a factor."""
        return np.flatnonzero(self.of == factor)


class Points(NamedTuple):
    """u [M, figures]; draws of the accounts [M]; luck [M].

    given   figures whose value is stated, values [M, given] in internal units
    """

    u: np.ndarray
    accounts: np.ndarray
    luck: np.ndarray
    given: np.ndarray = np.zeros(0, int)
    values: np.ndarray = np.zeros((0, 0))


class Rows(NamedTuple):
    """base, other: points; swapped: the factor taken from `other` (all int[rows])."""

    base: np.ndarray
    other: np.ndarray
    swapped: np.ndarray

    def part(self, first: int, count: int) -> Rows:
        """Some rows that follow one another."""
        return Rows(*(one[first : first + count] for one in self))


class Design(NamedTuple):
    """Points, rows and factors; what a worker needs to simulate them."""

    factors: Factors
    points: Points
    rows: Rows


def plain(points: int) -> Rows:
    """One row a point."""
    at = np.arange(points)
    return Rows(at, at, np.full(points, NOTHING))


def saltelli(first: int, last: int, factors: int) -> Rows:
    """Rows A, AB_1 .. AB_k, B of base points first .. last-1; point 2i is A, 2i + 1 is B.

    AB_j is A with factor j from B (saltelli2010); the order is that of SALib.
    """
    one = np.arange(factors + 2)
    swapped = np.where((one == 0) | (one == factors + 1), NOTHING, one - 1)
    start = 2 * np.repeat(np.arange(first, last), factors + 2)
    base = start + np.tile(one == factors + 1, last - first)
    return Rows(base, start + 1, np.tile(swapped, last - first))


def radial(trajectories: int, factors: int) -> Rows:
    """Rows A, AB_1 .. AB_k of each pair of points (campolongo2011)."""
    whole = saltelli(0, trajectories, factors)
    keep = np.arange(len(whole.base)) % (factors + 2) < factors + 1
    return Rows(*(one[keep] for one in whole))


def stepped(trajectories: int, factors: int) -> Rows:
    """Rows A, then A with each factor moved by a step, then by half of it; the points of base i
    are 3i (A), 3i + 1 (everything moved by the step) and 3i + 2 (by half)."""
    one = np.concatenate([[NOTHING], np.arange(factors), np.arange(factors)])
    move = np.concatenate([[0], np.ones(factors, int), np.full(factors, 2)])
    base = 3 * np.repeat(np.arange(trajectories), len(one))
    return Rows(base, base + np.tile(move, trajectories), np.tile(one, trajectories))


def drawn(
    quantities: Sequence[Range], design: Design, rows: Rows, feed: Feed | None
) -> tuple[np.ndarray, np.ndarray]:
    """Values of the figures [figures, F] and numbers of the luck [F] of some rows."""
    factors, points = design.factors, design.points
    away = factors.of[:, None] == rows.swapped[None]
    u = np.where(away, points.u[rows.other].T, points.u[rows.base].T)
    out = values(quantities, u, _fed(factors, points, rows, feed))
    if points.given.size:
        out[points.given] = points.values[rows.base].T
    luck = np.where(rows.swapped == factors.luck, points.luck[rows.other], points.luck[rows.base])
    return out, luck


def _fed(factors: Factors, points: Points, rows: Rows, feed: Feed | None) -> Fed | None:
    if feed is None:
        return None
    n = len(rows.base)
    found = feed(np.concatenate([points.accounts[rows.base], points.accounts[rows.other]]))
    return [
        (at, np.where(rows.swapped == factors.of[at[0]], value[n:], value[:n]))
        for at, value in found
    ]


def save(path: Path, design: Design) -> None:
    """Write a design for the workers."""
    factors, points, rows = design
    disk.write(
        path,
        disk.ARRAYS.pack(
            {
                "names": np.array(factors.names),
                "kinds": np.array(factors.kinds),
                "of": factors.of,
                "luck_factor": np.array(factors.luck),
                **points._asdict(),
                **rows._asdict(),
            }
        ),
    )


def load(path: Path) -> Design:
    """A design as written by `save`."""
    with np.load(path) as data:
        factors = Factors(
            tuple(data["names"].tolist()),
            tuple(data["kinds"].tolist()),
            data["of"],
            int(data["luck_factor"]),
        )
        return Design(
            factors,
            Points(*(data[name] for name in Points._fields)),
            Rows(*(data[name] for name in Rows._fields)),
        )
