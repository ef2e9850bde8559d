"""Signed networks: balance and frustration of friends and enemies.

Edges are rows (node, node, sign): tuples, an array, or a table with these three columns.
Nodes may be names or numbers; the sign is +1 (friends) or -1 (enemies); a tie has no
direction, and one that is given twice alike counts once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from kautilya.errors import KautilyaError
from kautilya.mechanisms.formulas import signed_networks
from kautilya.mechanisms.formulas.signed_networks import SignedNetwork

__all__ = ["camps", "frustration", "normalised_frustration", "triangle_balance", "walk_balance"]

ROW = "A row is (node, node, sign)"


@runtime_checkable
class Table(Protocol):
    """A table that is read row by row, as those of pandas are."""

    def itertuples(self, index: bool, name: None) -> Iterable[tuple]:
        """Its rows as tuples."""


Edges = Iterable[Sequence[Hashable]] | np.ndarray | Table


def frustration(edges: Edges) -> int:
    """The fewest ties that must change sign, or go, before two camps explain all.

        L = min over camps x of #(friends apart) + #(enemies together)

    edges: rows (node, node, sign). Returns ties [1], exact: an integer programme that HiGHS
    closes with no gap. 0 means balanced.

    Source: harary1959, aref2019. Raises KautilyaError: no edges; a row that is not (node,
    node, sign); a sign other than +1 and -1; a node tied to itself; a tie given with both
    signs; a network too hard for HiGHS.

    >>> frustration([("A", "B", 1), ("B", "C", 1), ("A", "C", -1)])
    1
    """
    return signed_networks.least_frustration(_network(edges))[0]


def camps(edges: Edges) -> dict[Hashable, int]:
    """A camp, 0 or 1, for every node, that attains the least frustration.

    Which of the best divisions is found is not specified. Errors and source: `frustration`.

    >>> camps([("A", "B", 1), ("B", "C", -1)]) in ({"A": 0, "B": 0, "C": 1},
    ...                                            {"A": 1, "B": 1, "C": 0})
    True
    """
    network = _network(edges)
    _, side = signed_networks.least_frustration(network)
    return {node: int(k) for node, k in zip(network.nodes, side, strict=True)}


def normalised_frustration(edges: Edges) -> float:
    """F = 1 - 2 L / m for m ties [1]: 1 balanced, 0 or above always.

    Errors and source: `frustration`.

    >>> round(normalised_frustration([("A", "B", 1), ("B", "C", 1), ("A", "C", -1)]), 6)
    0.333333
    """
    network = _network(edges)
    return 1.0 - 2.0 * signed_networks.least_frustration(network)[0] / len(network.signs)


def triangle_balance(edges: Edges) -> float:
    """The share of triangles whose signs multiply to +1.

        T = (tr A^3 + tr |A|^3) / (2 tr |A|^3)

    edges: rows (node, node, sign). Returns [1] from 0 to 1.
    Source: harary1959. Raises KautilyaError: as `frustration`; no triangle.

    >>> triangle_balance([("A", "B", 1), ("B", "C", -1), ("A", "C", -1)])
    1.0
    """
    return signed_networks.triangle(_network(edges))


def walk_balance(edges: Edges) -> float:
    """Closed walks with their signs over closed walks without, length k weighing 1 / k!.

        K = sum exp(eigenvalues of A) / sum exp(eigenvalues of |A|)

    edges: rows (node, node, sign). Returns [1] above 0, and 1 where balanced.
    Source: estrada2014. Raises KautilyaError: as `frustration`.

    >>> round(walk_balance([("A", "B", 1), ("B", "C", 1), ("A", "C", -1)]), 6)
    0.685788
    """
    return signed_networks.walk(_network(edges))


def _rows(edges: Edges) -> list[tuple]:
    told = edges.itertuples(index=False, name=None) if isinstance(edges, Table) else edges
    try:
        rows = [tuple(row) for row in told]
    except TypeError as error:
        raise KautilyaError("edges", f"{edges!r} cannot be read row by row", ROW) from error
    if not rows:
        raise KautilyaError("edges", "no edges", "Give at least one tie")
    return rows


def _network(edges: Edges) -> SignedNetwork:
    signs: dict[tuple[int, int], int] = {}
    seen: dict[Hashable, int] = {}
    for k, row in enumerate(_rows(edges)):
        place = f"edges[{k}]"
        if len(row) != 3:
            raise KautilyaError(place, f"{row!r} has {len(row)} parts", ROW)
        a, b, sign = row
        for node in (a, b):
            if not isinstance(node, Hashable) or node is None or node != node:
                raise KautilyaError(place, f"{node!r} names no node", ROW)
        if (
            isinstance(sign, (bool, np.bool_))
            or not isinstance(sign, (int, float, np.number))
            or sign not in (1, -1)
        ):
            hint = (
                "Signs read as text: turn them into numbers"
                if isinstance(sign, str)
                else "A sign is +1 or -1; leave neutral pairs out"
            )
            raise KautilyaError(place, f"sign {sign!r} between {a!r} and {b!r}", hint)
        if a == b:
            raise KautilyaError(place, f"{a!r} is tied to itself", "Leave the row out")
        i, j = (seen.setdefault(node, len(seen)) for node in (a, b))
        pair = (min(i, j), max(i, j))
        if signs.setdefault(pair, int(sign)) != int(sign):
            raise KautilyaError(
                place, f"{a!r} and {b!r} are both friends and enemies", "Keep one row per pair"
            )
    return SignedNetwork(tuple(seen), np.asarray(list(signs)), np.asarray(list(signs.values())))
