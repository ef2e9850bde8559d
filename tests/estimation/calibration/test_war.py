"""The war on its own is the engine's: its laws, its ledger, its months."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from support.conventions import truth

from kautilya.estimation.calibration.war import LAWS, War, narrow, runner

_HELD: dict[int, Any] = {}


def row(assembled: Any, name: str) -> int:
    """Number of a figure."""
    return next(i for i, q in enumerate(assembled.quantities) if q.id == name)


def months(
    given: War,
    changes: dict[int, tuple[float, ...]] | None = None,
    shock: Any = None,
    profile: Any = None,
) -> Any:
    """Three wars side by side: figures at their centre but for `changes`."""
    figures = np.tile(given.central[:, None], (1, 3))
    for i, values in (changes or {}).items():
        figures[i] = values
    t = len(given.months)
    shock = np.zeros((t, 3)) if shock is None else shock
    profile = np.ones((t, 1, 3)) if profile is None else profile
    held = _HELD.setdefault(id(given), jax.jit(runner(given)))
    return jax.tree.map(np.asarray, held(figures, shock, profile))


@truth(
    "closed-form",
    source="the card of the law of losses: rate x tempo x line x fire^elasticity",
    kills="a copy of the law that forgets the enemy's fire",
)
def test_first_month_by_the_card(assembled: Any, tanks: War) -> None:
    rate, pull = row(assembled, "attrition-rate-rus-tank"), row(assembled, "attrition-elasticity")
    profile = np.ones((len(tanks.months), 1, 3)) * np.array([1.0, 1.0, 0.5])
    got = months(tanks, {rate: (0.05, 0.1, 0.1), pull: (0.3, 0.3, 0.3)}, profile=profile)
    spread = tanks.central[row(assembled, "tempo-volatility")] ** 2 / (
        2 * (1 - tanks.central[row(assembled, "tempo-persistence")] ** 2)
    )
    tempo = profile[0, 0] * np.exp(-spread)
    want = np.array([0.05, 0.1, 0.1]) * tempo * got.line[0, 0, 0] * tanks.fire[0, 1] ** 0.3
    np.testing.assert_allclose(got.gone[0, 0, 0], want, rtol=0.01)  # rounding of the count law
    np.testing.assert_allclose(got.gone[0, 0, 0, 1] / got.gone[0, 0, 0, 2], 2.0, rtol=0.02)


@truth(
    "invariant",
    source="what is knocked out is lost or mended",
    kills="hits that are counted as losses",
)
def test_hits_are_losses_over_their_permanent_share(assembled: Any, tanks: War) -> None:
    share = row(assembled, "attrition-permanent-rus")
    got = months(tanks, {share: (0.7, 0.8, 0.9)})
    np.testing.assert_allclose(got.gone[3, 0, 0] / got.hit[3, 0, 0], [0.7, 0.8, 0.9], rtol=1e-9)


@truth("invariant", source="double entry", kills="a store that is emptied twice, or never")
def test_stores_and_lines_add_up(tanks: War) -> None:
    got = months(tanks)
    np.testing.assert_allclose(got.stored[1:], got.stored[:-1] - got.pulled[:-1], rtol=1e-9)
    assert (got.line > 0).all() and (got.restored[6:, 0] > 0).all()
    assert got.restored.sum() < got.pulled.sum()


@truth("symmetry", source="wars side by side do not touch", kills="a figure that leaks to the next")
def test_wars_side_by_side_are_alone(assembled: Any, tanks: War) -> None:
    rate = row(assembled, "attrition-rate-ukr-tank")
    same, other = months(tanks), months(tanks, {rate: (0.03, 0.01, 0.05)})
    base = tanks.central[rate]
    again = months(tanks, {rate: (base, 0.05, base)})
    np.testing.assert_array_equal(same.gone[..., 0], again.gone[..., 2])
    assert (other.gone[:, 1, 0, 2] > other.gone[:, 1, 0, 1]).all()


@truth(
    "invariant",
    source="the sub-model names laws that the engine has",
    kills="a law that was renamed and silently left out",
)
def test_the_laws_are_the_engine_s(assembled: Any, tanks: War) -> None:
    assert {law.name for law in tanks.model.laws} == set(LAWS)
    by_name = {law.name: law for law in assembled.model.laws}
    assert all(law.step is by_name[law.name].step for law in tanks.model.laws)
    world = narrow(assembled.model.world, ("gun",))
    assert {one.good for one in world.rows} == {"gun", "component"}
    assert tanks.months[0] == "2022-02" and tanks.months[-1] == "2022-12"
    assert tanks.fire.shape == (11, 2) and tanks.fire.min() > 0.1


@truth(
    "slow-twin",
    source="the same month by differences of the accounts",
    kills="a gradient that a `where` makes infinite",
)
@pytest.mark.slow
def test_gradient_agrees_with_differences(tanks: War) -> None:
    run, t = runner(tanks), len(tanks.months)

    def total(scale: Any) -> Any:
        figures = tanks.central[:, None] * np.ones((1, 1)) * scale
        return run(figures, np.zeros((t, 1)), np.ones((t, 1, 1))).gone.sum()

    slope = float(jax.jit(jax.grad(total))(1.0))
    h = 1e-5
    assert slope == pytest.approx(float(total(1 + h) - total(1 - h)) / (2 * h), rel=1e-4)
