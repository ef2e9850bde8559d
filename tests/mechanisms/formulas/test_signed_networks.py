"""Balance and frustration of signed networks against published numbers and brute force."""

from __future__ import annotations

import doctest
import itertools
import tomllib

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import expm
from scipy.optimize import OptimizeResult
from support.conventions import shared_file, truth

import kautilya.networks as networks
from kautilya.errors import KautilyaError
from kautilya.mechanisms.formulas import signed_networks


def drawn(seed: int, nodes: int = 8, density: float = 0.6) -> list[tuple[str, str, int]]:
    """A random network with names for nodes."""
    luck = np.random.default_rng(seed)
    pairs = list(itertools.combinations([f"n{k}" for k in range(nodes)], 2))
    edges = [(a, b, int(luck.choice([-1, 1]))) for a, b in pairs if luck.random() < density]
    return edges or [("n0", "n1", -1)]


def matrix(edges) -> np.ndarray:
    names = sorted({node for a, b, _ in edges for node in (a, b)})
    table = np.zeros((len(names),) * 2)
    for a, b, sign in edges:
        table[names.index(a), names.index(b)] = table[names.index(b), names.index(a)] = sign
    return table


def searched(edges) -> int:
    """The least frustration over all divisions into two camps."""
    names = sorted({node for a, b, _ in edges for node in (a, b)})
    return min(
        sum((camp[names.index(a)] != camp[names.index(b)]) == (sign > 0) for a, b, sign in edges)
        for camp in itertools.product((0, 1), repeat=len(names))
    )


@pytest.fixture(scope="module")
def tribes() -> pd.DataFrame:
    return pd.read_csv(shared_file("truth/signed_tribes_network.csv"), comment="#")


@truth(
    "published",
    source="aref2019 by way of truth/signed_tribes_balance.toml",
    kills="friends counted as enemies; triangles counted by walks of one direction",
)
def test_tribes(tribes):
    told = tomllib.loads(shared_file("truth/signed_tribes_balance.toml").read_text())
    network = networks._network(tribes)
    edges, _ = signed_networks.triangles(network)
    assert (len(network.nodes), len(tribes)) == (told["nodes"], told["edges"])
    assert (tribes.sign < 0).sum() == told["negative_edges"]
    assert len(edges) == told["triangles"]
    assert networks.frustration(tribes) == told["frustration_index"]
    assert networks.triangle_balance(tribes) == pytest.approx(told["triangle_balance"], abs=5e-8)
    assert networks.walk_balance(tribes) == pytest.approx(told["walk_balance"], abs=5e-8)
    assert networks.normalised_frustration(tribes) == pytest.approx(
        told["normalised_frustration"], abs=5e-8
    )


@truth("slow-twin", source="all 2^n divisions", kills="a cut that removes the best division")
@pytest.mark.parametrize("seed", range(12))
def test_frustration_against_all_divisions(seed):
    edges = drawn(seed, density=0.3 + 0.05 * seed)
    least = searched(edges)
    assert networks.frustration(edges) == least
    side = networks.camps(edges)
    assert sum((side[a] != side[b]) == (sign > 0) for a, b, sign in edges) == least


@truth(
    "slow-twin",
    source="traces of the matrix and of its exponential",
    kills="a triangle counted twice; eigenvalues of the wrong matrix",
)
@pytest.mark.parametrize("seed", range(6))
def test_balance_against_traces(seed):
    edges = drawn(seed)
    signed, plain = matrix(edges), abs(matrix(edges))
    cubes = [np.trace(np.linalg.matrix_power(m, 3)) for m in (signed, plain)]
    assert networks.triangle_balance(edges) == pytest.approx(sum(cubes) / (2 * cubes[1]))
    assert networks.walk_balance(edges) == pytest.approx(
        np.trace(expm(signed)) / np.trace(expm(plain)), rel=1e-10
    )


@truth(
    "symmetry",
    source="switching all ties of a camp leaves balance as it is",
    kills="a camp that is fixed; names or order that matter",
)
def test_switching_and_order():
    edges = drawn(3, nodes=12)
    switched = [
        (b, a, -sign if (a < "n3") != (b < "n3") else sign) for a, b, sign in reversed(edges)
    ]
    for measure in (networks.frustration, networks.triangle_balance, networks.walk_balance):
        assert measure(switched) == pytest.approx(measure(edges), rel=1e-12)


@truth("closed-form", source="harary1959", kills="an objective that counts all enemies")
def test_two_camps_are_balanced():
    camp = {name: name < "d" for name in "abcdefg"}
    edges = [(a, b, 1 if camp[a] == camp[b] else -1) for a, b in itertools.combinations(camp, 2)]
    assert networks.frustration(edges) == 0
    assert networks.triangle_balance(edges) == 1.0
    assert networks.walk_balance(edges) == pytest.approx(1.0, rel=1e-12)
    apart = [*edges, ("x", "y", -1), ("y", "z", -1), ("x", "z", -1)]
    assert networks.frustration(apart) == 1


@truth(
    "closed-form",
    source="K_n of enemies only: pairs within two even camps",
    kills="a bound that HiGHS does not close",
)
@pytest.mark.parametrize("nodes", [4, 7, 10])
def test_all_against_all(nodes):
    edges = [(a, b, -1) for a, b in itertools.combinations(range(nodes), 2)]
    half = nodes // 2
    pairs = half * (half - 1) // 2 + (nodes - half) * (nodes - half - 1) // 2
    assert networks.frustration(edges) == pairs


@truth(
    "invariant",
    source="cow_signed_windows_01_30.csv; doreian2015",
    kills="a gap left open (least_frustration refuses one)",
)
def test_windows_of_the_correlates_of_war_close():
    table = pd.read_csv(shared_file("data/cow_signed_windows_01_30.csv"))
    for _, window in table.groupby("window_no"):
        edges = window[["a", "b", "sign"]]
        count = networks.frustration(edges)
        network = networks._network(edges)
        triples, product = signed_networks.triangles(network)
        apart: set[int] = set()
        for triple in triples[product < 0].tolist():  # no two share an edge: each costs one
            if not apart & set(triple):
                apart |= set(triple)
        assert len(apart) / 3 <= count <= (edges.sign < 0).sum()


@truth(
    "closed-form",
    source="the contract of the public functions",
    kills="rows read in different ways by different containers",
)
def test_rows_of_any_kind():
    edges = [("a", "b", 1), ("b", "c", 1), ("c", "a", -1), ("b", "a", 1)]
    table = pd.DataFrame(edges)
    numbers = np.array([[1, 2, 1], [2, 3, 1], [3, 1, -1]])
    for rows in (edges, iter(edges), table, numbers):
        assert networks.frustration(rows) == 1


@truth("closed-form", source="the contract of the public functions", kills="a check left out")
@pytest.mark.parametrize(
    ("edges", "says"),
    [
        ([], "no edges"),
        (5, "row by row"),
        ([("a", "b")], r"edges\[0\]: .* has 2 parts"),
        ([("a", "b", 0)], r"edges\[0\]: sign 0"),
        ([("a", "b", 2)], "sign 2"),
        ([("a", "b", np.nan)], "sign nan"),
        ([("a", "b", "1")], "turn them into numbers"),
        ([("a", "b", True)], "sign True"),
        ([("a", "a", 1)], "tied to itself"),
        ([("a", None, 1)], "names no node"),
        ([("a", float("nan"), 1)], "names no node"),
        ([("a", "b", 1), ("b", "a", -1)], r"edges\[1\]: .* both friends and enemies"),
    ],
)
@pytest.mark.parametrize("measure", [networks.frustration, networks.walk_balance])
def test_pointed_errors(measure, edges, says):
    with pytest.raises(KautilyaError, match=says):
        measure(edges)


@truth("closed-form", source="a share of nothing", kills="0 / 0")
def test_no_triangle_is_an_error():
    with pytest.raises(KautilyaError, match="no three nodes"):
        networks.triangle_balance([("a", "b", 1), ("b", "c", -1)])


@truth(
    "closed-form",
    source="an unproved count is no count",
    kills="a count returned although the bound is lower",
)
@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({"status": 1, "x": None, "message": "time limit"}, "HiGHS stopped"),
        ({"status": 0, "x": np.zeros(6), "mip_dual_bound": -1.0}, "not proved"),
    ],
)
def test_an_open_gap_is_an_error(monkeypatch, result, says):
    monkeypatch.setattr(signed_networks, "milp", lambda *_, **__: OptimizeResult(result))
    with pytest.raises(KautilyaError, match=says):
        networks.frustration([("a", "b", 1), ("b", "c", 1), ("c", "a", 1)])


@truth(
    "recorded",
    reason="the examples of the docstrings are the documentation",
    kills="an example that no longer gives what it prints",
)
def test_docstring_examples_run():
    assert doctest.testmod(networks).failed == 0
