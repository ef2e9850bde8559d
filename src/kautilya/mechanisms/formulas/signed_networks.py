r"""Signed networks: how close friends and enemies are to two camps.

    triangle balance   T = (tr A^3 + tr |A|^3) / (2 tr |A|^3)      share of + triangles
    walk balance       K = sum exp(eig A) / sum exp(eig |A|)       closed walks, short ones most
    frustration        L = min over x in {0,1}^n of sum_ij f_ij,   f_ij = |x_i - x_j| on +
                                                                   f_ij = 1 - |x_i - x_j| on -
    as an integer programme: + : f >= x_i - x_j, f >= x_j - x_i
                             - : f >= x_i + x_j - 1, f >= 1 - x_i - x_j
                             f_ij + f_jk + f_ik >= 1 on every triangle of negative product

    A_ij  sign of a tie, symmetric, 0 where there is none   [1]

Source: harary1959 and aref2019 (frustration), estrada2014 (walks).
Holds for: undirected ties of two signs, all of the same weight.
Breaks when: ties differ in strength or have a direction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from kautilya.errors import KautilyaError


class SignedNetwork(NamedTuple):
    """Nodes by position; `ends` [edges, 2] of positions, `signs` [edges] +1 or -1."""

    nodes: tuple
    ends: np.ndarray
    signs: np.ndarray


def adjacency(network: SignedNetwork) -> np.ndarray:
    """A [nodes, nodes]."""
    matrix = np.zeros((len(network.nodes),) * 2)
    first, second = network.ends.T
    matrix[first, second] = matrix[second, first] = network.signs
    return matrix


def triangles(network: SignedNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Edge numbers [triangles, 3] and the product of the signs [triangles]."""
    number = {}
    later: list[list[int]] = [[] for _ in network.nodes]
    for edge, (a, b) in enumerate(np.sort(network.ends, axis=1).tolist()):
        number[a, b] = edge
        later[a].append(b)
    found = [
        (number[a, b], number[a, c], number[b, c])
        for a, after in enumerate(later)
        for k, b in enumerate(sorted(after))
        for c in sorted(after)[k + 1 :]
        if (b, c) in number
    ]
    edges = np.asarray(found, dtype=int).reshape(-1, 3)
    return edges, network.signs[edges].prod(axis=1)


def triangle(network: SignedNetwork) -> float:
    """T, the share of triangles with a positive product."""
    _, product = triangles(network)
    if not product.size:
        raise KautilyaError(
            "edges",
            "no three nodes are tied to each other",
            "The share of balanced triangles has no meaning here",
        )
    return float((product > 0).mean())


def walk(network: SignedNetwork) -> float:
    """K in (0, 1]; exponentials are taken against the largest eigenvalue of |A|."""
    matrix = adjacency(network)
    signed, plain = np.linalg.eigvalsh(matrix), np.linalg.eigvalsh(np.abs(matrix))
    return float(np.exp(signed - plain[-1]).sum() / np.exp(plain - plain[-1]).sum())


def _anchors(network: SignedNetwork) -> np.ndarray:
    """One node of each connected part, the one with most ties: camps are alike, so fix it."""
    n, (first, second) = len(network.nodes), network.ends.T
    graph = sparse.coo_array((np.ones(len(first)), (first, second)), shape=(n, n))
    count, label = sparse.csgraph.connected_components(graph, directed=False)
    degree = np.bincount(network.ends.ravel(), minlength=n)
    return np.array(
        [np.flatnonzero(label == part)[degree[label == part].argmax()] for part in range(count)]
    )


def _programme(network: SignedNetwork) -> tuple[sparse.csr_array, np.ndarray]:
    """Rows r and lower bounds b with r (x, f) >= b; x for nodes, then f for edges."""
    n, m = len(network.nodes), len(network.signs)
    first, second = network.ends.T
    edge, ones = np.arange(m), np.ones(m)
    friends = network.signs > 0
    # + : f - xi + xj >= 0 and f + xi - xj >= 0;  - : f - xi - xj >= -1, f + xi + xj >= 1
    side = np.where(friends, 1.0, -1.0)
    rows = np.concatenate([edge, edge, edge, m + edge, m + edge, m + edge])
    columns = np.concatenate([n + edge, first, second] * 2)
    values = np.concatenate([ones, -ones, side, ones, ones, -side])
    least = np.concatenate([np.where(friends, 0.0, -1.0), np.where(friends, 0.0, 1.0)])
    odd, product = triangles(network)
    odd = odd[product < 0]
    rows = np.concatenate([rows, 2 * m + np.repeat(np.arange(len(odd)), 3)])
    columns = np.concatenate([columns, n + odd.ravel()])
    values = np.concatenate([values, np.ones(odd.size)])
    matrix = sparse.csr_array((values, (rows, columns)), shape=(2 * m + len(odd), n + m))
    return matrix, np.concatenate([least, np.ones(len(odd))])


def least_frustration(network: SignedNetwork) -> tuple[int, np.ndarray]:
    """L and a camp 0 or 1 for each node [nodes] that attains it, proved by HiGHS."""
    n, m = len(network.nodes), len(network.signs)
    matrix, least = _programme(network)
    high = np.ones(n + m)
    high[_anchors(network)] = 0.0
    found = milp(
        np.r_[np.zeros(n), np.ones(m)],
        constraints=LinearConstraint(matrix, least),
        integrality=np.r_[np.ones(n), np.zeros(m)],
        bounds=Bounds(0.0, high),
        options={"mip_rel_gap": 0.0},
    )
    if found.status != 0 or found.x is None:
        raise KautilyaError(
            "frustration", f"HiGHS stopped: {found.message}", "Cut the network into smaller parts"
        )
    camps = np.rint(found.x[:n]).astype(int)
    apart = camps[network.ends[:, 0]] != camps[network.ends[:, 1]]
    count = int((apart == (network.signs > 0)).sum())
    if count - found.mip_dual_bound >= 1 - 1e-6:
        raise KautilyaError(
            "frustration",
            f"{count} is not proved: the bound is {found.mip_dual_bound:g}",
            "Cut the network into smaller parts",
        )
    return count, camps
