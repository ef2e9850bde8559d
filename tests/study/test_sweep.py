"""The small war on the core: against a loop by hand, in tiles, with slopes."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import numpy as np
import pytest
import small_war
from support.conventions import ROOT, truth

from kautilya.errors import KautilyaError
from kautilya.study.sweep import WIDTH, Sweep


def by_hand() -> ModuleType:
    """benchmarks/loops.py as a module."""
    spec = importlib.util.spec_from_file_location("loops", ROOT / "benchmarks" / "loops.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    return Sweep(small_war.model())


def table(sweep: Sweep, runs: int) -> np.ndarray:
    return sweep.table(small_war.values(np.random.default_rng(2).random((runs, 13))))


def own(sweep: Sweep) -> list[int]:
    return [i for i, one in enumerate(sweep.accounts) if one[0] in small_war.SIDES]


@truth(
    "slow-twin",
    source="benchmarks/loops.py",
    kills="an account that pays more than it has; a hit that is counted on both sides of the front",
)
def test_the_core_equals_a_loop_by_hand(sweep: Sweep):
    """To 1e-9, in plain Python and in NumPy, also where a side runs out."""
    loops, given = by_hand(), table(sweep, 64)
    given[sweep.names.index("war.lethality[A]"), :8] = 0.9  # runs out
    ours, residual, finite = sweep.closings(given)
    out = np.empty((64, 10))
    for i in range(64):
        loops.one_war(given[:, i], out[i])
    scale = np.maximum(np.abs(out.T), 1.0)
    assert loops.NAMES == sweep.names and finite.all() and residual.max() < 1e-12
    assert (np.abs(ours[own(sweep)] - out.T) / scale).max() < 1e-9
    assert (np.abs(loops.vectorised(given) - out.T) / scale).max() < 1e-9
    assert (out[:8, 0] < 300).all()


@truth(
    "invariant",
    source="study/sweep.py",
    kills="a last tile that changes the digits; threads that write into each other's part",
)
def test_bits_do_not_depend_on_runs_or_threads(sweep: Sweep):
    given = table(sweep, 2 * WIDTH + 77)
    whole = sweep.closings(given, 2)[0]
    assert np.array_equal(whole, sweep.closings(given, 1)[0])
    assert np.array_equal(whole[:, -90:], sweep.closings(given[:, -90:])[0])


@truth(
    "closed-form",
    source="central differences",
    kills="a slope of another account; a kink that turns a slope into NaN",
)
def test_slopes_are_those_of_differences(sweep: Sweep):
    given = table(sweep, 200)
    weights = np.zeros(len(sweep.accounts))
    weights[sweep.accounts.index(("A", "vehicle", "line"))] = 1.0
    slope = sweep.slopes(given, weights)
    assert np.isfinite(slope).all()
    for name in ("war.lost", "supply.vehicles[A]", "war.lethality[A]"):
        k = sweep.names.index(name)
        step = 1e-5 * given[k]
        both = []
        for sign in (1, -1):
            moved = given.copy()
            moved[k] += sign * step
            both.append(weights @ sweep.closings(moved)[0])
        seen = (both[0] - both[1]) / (2 * step)
        near = np.abs(seen - slope[k]) < 1e-4 * np.maximum(np.abs(seen), 1.0)
        assert near.mean() > 0.97, name  # a few runs stand at a kink


@truth("invariant", source="study/sweep.py", kills="a table with names and values apart")
def test_the_result_table(sweep: Sweep):
    values = small_war.values(np.random.default_rng(1).random((30, 13)))
    data = sweep(values)
    assert dict(data.sizes) == {"name": 23, "run": 30, "account": 16}
    line = data["closing"].sel(account="A/vehicle/line").values
    assert np.array_equal(line, sweep.closings(sweep.table(values))[0][0])
    assert np.array_equal(data["input"].sel(name="war.lost"), values["war.lost"])
    opening = sum(value for name, value in values.items() if "vehicle" in name and "open" in name)
    held = data["closing"].sel(account=[a for a in data.account.values if "vehicle" in a])
    assert np.allclose(held.sum("account"), opening)


@pytest.mark.parametrize(
    "change,says",
    [
        ({"war.lots": 0.5}, "Did you mean"),
        ({"war.lost": None}, "missing"),
        ({"war.lost": np.ones(3)}, "lengths"),
    ],
)
@truth("invariant", source="bad input", kills="a traceback for a mistake of the user")
def test_bad_tables_are_refused(sweep: Sweep, change: dict, says: str):
    values = small_war.values(np.full((5, 13), 0.5)) | change
    values = {name: value for name, value in values.items() if value is not None}
    with pytest.raises(KautilyaError, match=says):
        sweep.table(values)
