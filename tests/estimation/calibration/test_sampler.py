"""The sampler and the tables: posteriors known in closed form, ranks, recovery."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from support.conventions import truth

from kautilya.estimation.calibration import density, diagnostics, nuts
from kautilya.estimation.calibration import observers as obs
from kautilya.estimation.calibration.observers import Band

BANDS = (
    Band("seen-dispersion", 0.01, 0.02, 0.03, "uniform"),
    Band("claimed-dispersion", 0.01, 0.02, 0.03, "uniform"),
)
NONE = obs.Counts(np.zeros((0, 2), int), np.zeros(0, int), np.zeros(0, int), np.zeros(0))


def counts(value: list[float]) -> obs.Counts:
    n = len(value)
    return obs.Counts(np.zeros((n, 2), int), np.arange(n), np.arange(n), np.array(value))


def toy(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, obs.Seen]:
    """One unknown x, uniform on 0..10; two published figures 6 and 7 with sd 1; nothing counted."""
    figures = (Band("x", 0.0, 5.0, 10.0, "uniform"), Band("idle", 0.0, 5.0, 10.0, "uniform"))
    given = density.Problem(
        None,
        np.array([0, 1]),
        figures,
        BANDS,
        np.ones((1, 1)),  # type: ignore[arg-type]
        {"figures": (2,), "bands": (2,)},
    )
    soft = obs.Soft(
        ("a", "b"),
        ("line", "line"),
        np.zeros((2, 2), int),
        np.zeros(2, int),
        np.zeros(2, int),
        np.array([6.0, 7.0]),
        np.ones(2),
    )

    def teller(_: Any) -> Any:
        def tell(z: Any, seen: Any) -> Any:
            x = density.values(figures, z["figures"])
            said = density.values(BANDS, z["bands"])
            empty = jnp.zeros((0, x.shape[1]))
            return density.Story(
                x,
                {b.id: said[i] for i, b in enumerate(BANDS)},
                None,
                empty,
                empty,
                jnp.stack([x[0], x[0]]),
            )

        return tell

    monkeypatch.setattr(density, "teller", teller)
    return given, obs.Seen(NONE, NONE, soft)


@truth(
    "closed-form",
    source="a flat prior and two normal readings: mean 6.5, sd 1/sqrt 2",
    kills="a likelihood counted twice, or a prior on the wrong scale",
)
def test_posterior_of_two_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    given, seen = toy(monkeypatch)
    how = nuts.Sampling(warmup=200, draws=500, chains=2, depth=4)
    told = []
    drawn = nuts.Sampler(density.model(given, seen), given.sizes, how).run(
        (np.zeros(0), np.zeros(0), seen.soft.value),
        1,
        lambda done, total: told.append((done, total)),
    )
    x = np.asarray(density.values(given.figures, jnp.asarray(drawn.z["figures"].reshape(-1, 2).T)))
    assert x[0].mean() == pytest.approx(6.5, abs=0.12)
    assert x[0].std() == pytest.approx(np.sqrt(0.5), abs=0.08)
    assert stats.kstest(x[1][::5] / 10, "uniform").pvalue > 1e-3
    assert told[-1] == (56, 56) and drawn.diverging.sum() == 0
    table = diagnostics.unknowns(given, drawn).set_index("id")
    assert table.loc["x", "learned"] and not table.loc["idle", "learned"]
    assert table.loc["x", "sd_left"] == pytest.approx(np.sqrt(0.5) / (10 / np.sqrt(12)), abs=0.04)
    assert table["rhat"].max() < 1.05 and table["ess"].min() > 50
    told_arviz = diagnostics.inference_data(given, drawn)
    own = told_arviz.posterior["figure"].sel(figure_id="x")
    assert own.dims == ("chain", "draw") and own.values.ravel() == pytest.approx(x[0])
    assert told_arviz.prior["figure"].sel(figure_id="x").mean() == pytest.approx(5, abs=0.3)
    assert int(told_arviz.sample_stats["diverging"].sum()) == 0


@truth(
    "invariant",
    source="same seed, same bits; another seed, other bits",
    kills="luck that depends on what was sampled before",
)
def test_chains_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    given, seen = toy(monkeypatch)
    sampler = nuts.Sampler(
        density.model(given, seen),
        given.sizes,
        nuts.Sampling(warmup=25, draws=25, chains=1, depth=4),
    )
    values = (np.zeros(0), np.zeros(0), seen.soft.value)
    one, other, two = (sampler.run(values, seed).z["figures"] for seed in (1, 2, 1))
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


@truth(
    "closed-form",
    source="ranks that are uniform, and ranks that are not",
    kills="a recovery that passes whatever comes back",
)
def test_ranks_tell_a_good_posterior_from_a_narrow_one() -> None:
    rng = np.random.default_rng(0)
    good = rng.random((200, 30))
    narrow = np.clip(0.5 + 2.5 * (good - 0.5), 0.0, 1.0)  # the truth lies outside too often
    left = np.r_[np.full(20, 0.5), np.full(10, 0.99)]
    fine, bad = (
        diagnostics.summed([f"p{i}" for i in range(30)], ranks, left, 0.0)
        for ranks in (good, narrow)
    )
    row = fine.pooled[(fine.pooled["group"] == "learned") & (fine.pooled["level"] == 0.8)].iloc[0]
    assert row["unknowns"] == 20 and abs(row["coverage"] - 0.8) < 0.02
    assert row["inside_band"] > 0.85 and row["band_low"] == pytest.approx(0.745, abs=0.006)
    assert bad.pooled["inside_band"].max() < 0.1 and (bad.table["p_uniform"] < 1e-6).all()


@truth(
    "closed-form",
    source="truths drawn from the prior of the flagship's own war",
    kills="a model whose posterior does not hold the truth as often as it says",
)
@pytest.mark.slow
def test_recovery_of_synthetic_wars(assembled: Any) -> None:
    got = diagnostics.recover(assembled, 40)
    for _, row in got.pooled.iterrows():
        assert row["band_low"] - 0.03 < row["coverage"] < row["band_high"] + 0.03
        assert row["inside_band"] > 0.85
    assert got.diverging < 0.02  # of 200 wars 0.0033: nearly all of it in one of the first 40


@truth(
    "other-program",
    source="vehtari2021",
    kills="an effective sample size below zero, where chains of few draws alternate",
)
@pytest.mark.parametrize("chains", [1, 2, 4])
@pytest.mark.parametrize("draws", [25, 50, 500])
def test_effective_sizes_are_never_below_one(chains: int, draws: int) -> None:
    rng = np.random.default_rng(5)
    turn = np.where(np.arange(draws) % 2, 1.0, -1.0)[None, :, None]
    apart = turn + 0.1 * rng.standard_normal((chains, draws, 3))
    slow = np.cumsum(rng.standard_normal((chains, draws, 3)), axis=1)
    for z in (apart, slow, rng.standard_normal((chains, draws, 2, 2))):
        got = diagnostics.effective(z)
        assert got.shape == z.shape[2:] and (got >= 1.0).all()
    if draws == 500:
        free = diagnostics.effective(rng.standard_normal((chains, draws, 4)))
        assert (np.abs(free / (chains * draws) - 1.0) < 0.3).all()
        assert (diagnostics.effective(slow) < 0.2 * chains * draws).all()
