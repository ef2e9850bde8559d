"""Feasible draws: uniform where that is known, deterministic, and never in breach."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from support.accounts_toy import PEACE, figure, folder
from support.conventions import truth

from kautilya.accounts import feasible
from kautilya.accounts.linear import linear, row, system, violation
from kautilya.accounts.polytope import Density, _inverse, _modes, shape
from kautilya.accounts.sampling import frozen, kept_shape, mixing, sample, survival
from kautilya.errors import KautilyaError

MANY = np.arange(8192, dtype=np.uint32)
SIGMAS = 4.5


def cube(n: int, rows=(), high: float = 1.0):
    return system({f"x{i}": (0.0, high) for i in range(n)}, list(rows))


def near(values, truth_value, spread, size):
    """Within a few standard errors of a mean of `size` independent draws."""
    assert np.abs(values - truth_value).max() < SIGMAS * spread / np.sqrt(size)


@truth("closed-form", source="Dirichlet(1,...,1)", kills="a chord that is not drawn uniformly")
def test_uniform_on_a_simplex():
    n = 5
    parts = cube(n, [row(linear("+".join(f"x{i}" for i in range(n))), 1, 1, "s", "identity")])
    drawn = sample(parts, 3, MANY)
    size = drawn.mixing.effective.min()
    variance = (n - 1) / (n**2 * (n + 1))
    near(drawn.values.mean(axis=1), 1 / n, np.sqrt(variance), size)
    near((drawn.values**2).mean(axis=1), 2 / (n * (n + 1)), 0.1, size)
    assert np.abs(drawn.values.sum(axis=0) - 1).max() < 1e-9


@truth("closed-form", kills="a box that is left out or doubled")
def test_uniform_on_a_cube():
    drawn = sample(cube(4), 3, MANY)
    size = drawn.mixing.effective.min()
    near(drawn.values.mean(axis=1), 1 / 2, np.sqrt(1 / 12), size)
    near((drawn.values**2).mean(axis=1), 1 / 3, np.sqrt(4 / 45), size)
    near(np.corrcoef(drawn.values)[np.triu_indices(4, 1)], 0.0, 1.0, size)


@truth("closed-form", kills="a cutting plane that is ignored")
def test_uniform_on_a_cut_cube():
    """x + y <= 1/2 in the unit square beside a free z: mean of x is a third of 1/2."""
    drawn = sample(cube(3, [row(linear("x0 + x1"), 0, 0.5, "cut", "published")]), 3, MANY)
    size = drawn.mixing.effective.min()
    near(drawn.values[:2].mean(axis=1), 1 / 6, np.sqrt(1 / 72), size)
    near(drawn.values[2].mean(), 1 / 2, np.sqrt(1 / 12), size)


@truth("closed-form", kills="skewed scales that the moves cannot cross")
def test_uniform_on_a_thin_sliver():
    """0 <= y - x <= 1e-3 in the unit square: x is nearly uniform, y - x uniform."""
    drawn = sample(cube(2, [row(linear("x1 - x0"), 0, 1e-3, "sliver", "published")]), 3, MANY)
    size = drawn.mixing.effective.min()
    assert size > 2000
    near(drawn.values[0].mean(), 0.4995, np.sqrt(1 / 12), size)
    near((drawn.values[1] - drawn.values[0]).mean(), 5e-4, 1e-3 / np.sqrt(12), size)


@truth("closed-form", source="triangular distribution", kills="a step accepted by wrong odds")
def test_a_declared_density_on_a_cube():
    """Triangular 0, 0.2, 1 on x0: mean 0.4, variance (1 + 0.04 - 0.2) / 18; x1 stays uniform."""
    weights = Density(np.array([[1.0, 0.0]]), np.zeros(1), np.array([0.2]), np.ones(1))
    parts = cube(2)
    drawn = sample(parts, 3, MANY, shape(parts, weights))
    size = drawn.mixing.effective.min()
    near(drawn.values[0].mean(), 0.4, np.sqrt(0.84 / 18), size)
    near((drawn.values[0] ** 2).mean(), 0.84 / 18 + 0.16, 0.25, size)
    near(drawn.values[1].mean(), 0.5, np.sqrt(1 / 12), size)


@truth("invariant", kills="luck that depends on how many futures are asked for")
def test_a_future_has_its_own_draw():
    parts = cube(3, [row(linear("x0 + x1 + x2"), 0, 1, "cut", "published")])
    whole = sample(parts, 9, np.arange(3000, dtype=np.uint32)).values
    some = np.array([2999, 5, 1024, 1023], dtype=np.uint32)
    assert (sample(parts, 9, some).values == whole[:, some]).all()
    assert not np.array_equal(sample(parts, 10, some).values, whole[:, some])


@truth("invariant", kills="a draw handed out without its check")
def test_no_draw_breaks_the_accounts(tmp_path):
    toy = folder(tmp_path / "toy", PEACE)
    found = feasible(toy, 1, np.arange(2000, dtype=np.uint32))
    lost = found.names["red_tank", "lost[2022-01:2022-12]"]
    closing = (
        found.names["red_tank", "active[open]"]
        - lost
        + found.names["red_tank", "produced[2022-01:2022-12]"]
    )
    assert closing.min() >= 300 - 1e-6 and closing.max() <= 500 + 1e-6
    assert found.worst < 1e-9
    assert found.summary()["accept"] == "both_sides"


@truth("closed-form", kills="a share that counts draws outside their ranges")
def test_the_share_that_survives():
    """x, y uniform on the unit square; x + y <= 1/2 keeps one eighth."""
    parts = cube(2, [row(linear("x0 + x1"), 0, 0.5, "cut", "published")])
    found = survival(parts, 5)
    assert abs(found.share - 1 / 8) < SIGMAS * found.error
    assert found.error == pytest.approx(np.sqrt(1 / 8 * 7 / 8 / found.draws), rel=0.05)


@truth("closed-form", kills="correlation that lowers the effective size unseen")
def test_effective_size_of_known_series():
    luck = np.random.default_rng(1)
    white = luck.normal(size=(1, 400, 10))
    assert mixing(white).effective[0] > 3000
    stuck = np.repeat(luck.normal(size=(1, 400, 1)), 10, axis=2) + 0.01 * white
    found = mixing(stuck)
    assert found.effective[0] < 800 and found.rhat[0] > 2


@truth("symmetry", kills="a density that depends on the unit")
def test_another_unit_scales_the_draws():
    one = sample(cube(3, [row(linear("x0 + x1"), 0, 1, "cut", "published")]), 2, MANY[:512])
    kilo = sample(cube(3, [row(linear("x0 + x1"), 0, 1e6, "cut", "published")], 1e6), 2, MANY[:512])
    assert np.abs(kilo.values / 1e6 - one.values).max() < 1e-6


@truth("invariant", kills="sampling an empty set")
def test_an_empty_set_is_refused():
    with pytest.raises(KautilyaError, match="no accounts satisfy"):
        sample(cube(1, [row(linear("x0"), 2, 3, "f", "published")]), 1, MANY[:4])


@truth("closed-form", kills="an exact figure that is met only nearly")
def test_an_exact_figure_is_met_exactly(tmp_path):
    toy = folder(tmp_path / "toy", [*PEACE, figure("x", "lost", "2022-01:2022-12", 777, 777)])
    found = feasible(toy, 1, np.arange(300, dtype=np.uint32))
    assert np.abs(found.names["red_tank", "lost[2022-01:2022-12]"] - 777).max() < 1e-6
    assert violation(cube(1), np.array([[0.5]])).max() == 0.0


@truth("invariant", kills="a kept shape that differs from a fresh one; a damaged one that is used")
def test_cold_warm_and_damaged_cache_give_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setenv("KAUTILYA_CACHE", str(tmp_path))
    key = frozen(cube(3, [row(linear("x0 + x1 + x2"), 0, 1, "cut", "published")]))
    parts = cube(3, [row(linear("x0 + x1 + x2"), 0, 1, "cut", "published")])

    def drawn():
        kept_shape.cache_clear()
        return sample(parts, 4, MANY[:64], kept_shape(key)).values

    cold, warm = drawn(), drawn()
    (file,) = tmp_path.rglob("*.npz")
    file.write_bytes(b"damaged")
    assert (cold == warm).all() and (cold == drawn()).all()
    assert (cold == sample(parts, 4, MANY[:64]).values).all()


@truth("other-program", source="numpy.linalg", kills="a rotation of the wrong sign; too few rounds")
@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_modes_and_inverse_equal_those_of_a_library(n):
    luck = np.random.default_rng(n)
    root = luck.normal(size=(n, 3 * n))
    matrix = root @ root.T / n
    values, vectors = _modes(matrix)
    assert values == pytest.approx(np.linalg.eigvalsh(matrix)[::-1], rel=1e-9)
    assert np.abs(vectors @ np.diag(values) @ vectors.T - matrix).max() < 1e-11
    lead = np.abs(vectors).argmax(axis=0)
    assert (vectors[lead, np.arange(n)] > 0).all()
    assert np.abs(_inverse(matrix) - np.linalg.inv(matrix)).max() < 1e-11


KERNEL = """
import hashlib, numpy as np
from kautilya.accounts.linear import Row, system
from kautilya.accounts.sampling import sample
luck = np.random.default_rng(5)
names = [f"x{i}" for i in range(24)]
rows = [Row({n: float(w) for n, w in zip(names, luck.integers(-2, 4, 24)) if w}, 0.0, 30.0,
            f"f{k}", "published") for k in range(16)]
rows.append(Row({n: 1.0 for n in names}, 12.0, 12.0, "sum", "identity"))
drawn = sample(system({n: (0.0, 2.0) for n in names}, rows), 3, np.arange(64, dtype=np.uint32))
__import__("sys").stdout.buffer.write(np.ascontiguousarray(drawn.values).tobytes())
"""


def _under(kernel: str, without: str = "") -> np.ndarray:
    env = os.environ | {
        "OPENBLAS_CORETYPE": kernel,
        "NPY_DISABLE_CPU_FEATURES": without,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KERNEL], env=env, capture_output=True, check=True
    )
    return np.frombuffer(done.stdout[-24 * 64 * 8 :])


@truth("symmetry", kills="a basis, a sign or a corner that hangs on the kernel of linear algebra")
def test_draws_are_the_same_under_another_kernel():
    """The oldest kernel that the library knows runs on every processor of its kind."""
    here = _under("")
    assert np.abs(here).max() > 0.1
    assert here == pytest.approx(_under("Prescott", "AVX2 FMA3"), abs=1e-9)
