"""Ranges, delays, biases and counts by hand."""

from __future__ import annotations

from types import SimpleNamespace as Row
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm
from support.conventions import truth

from kautilya.estimation.calibration import observers as obs
from kautilya.estimation.calibration.density import Problem
from kautilya.estimation.calibration.observers import Band, band, free, values
from kautilya.estimation.calibration.war import War
from kautilya.scenario.distributions import quantile


@truth(
    "other-program",
    source="scenario.distributions, written with numpy",
    kills="a prior that is not the scenario's",
)
def test_ranges_are_those_of_the_scenario() -> None:
    rows = [
        Band("a", 1.0, 2.0, 5.0, "triangular"),
        Band("b", 1.0, 1.0, 5.0, "triangular"),
        Band("c", 1.0, 5.0, 5.0, "triangular"),
        Band("d", -2.0, 0.0, 3.0, "uniform"),
        Band("e", 0.5, 2.0, 40.0, "loguniform"),
    ]
    z = np.random.default_rng(0).normal(size=(5, 500))
    got = np.asarray(values(rows, jnp.asarray(z)))
    for i, one in enumerate(rows):
        np.testing.assert_allclose(got[i], quantile(one, norm.cdf(z[i])), rtol=1e-9, atol=1e-9)
    assert free(rows[0]) and not free(Band("f", 1.0, 1.0, 1.0, "fixed"))


@truth("closed-form", source="a first-order delay keeps everything", kills="records that vanish")
def test_delay_keeps_the_sum() -> None:
    share = np.asarray(obs.delayed(60, jnp.array([0.5, 3.0])))
    np.testing.assert_allclose(share[:, 5].sum(axis=0), 1.0, atol=1e-6)
    mean = (share[:, 0] * np.arange(60)[:, None]).sum(axis=0)
    np.testing.assert_allclose(mean, 1 / np.expm1(1 / np.array([0.5, 3.0])), rtol=1e-5)
    assert share[3, 7].max() == 0.0


@truth("closed-form", source="counted by hand", kills="a first count that loses what came before")
def test_counts_are_differences_of_the_record(tanks: War) -> None:
    rows = [
        Row(series="observed.x", actor="RUS", good="tank", month=m, value=v)
        for m, v in (
            ("2022-03", 10.0),
            ("2022-04", 13.0),
            ("2022-07", 12.0),
            ("2022-08", 20.0),
            ("2024-01", 99.0),
        )
    ]
    rows.append(Row(series="observed.x", actor="RUS", good="gun", month="2022-03", value=5.0))
    got = obs.counts(tanks, Row(series=rows), "x")
    assert got.value.tolist() == [10.0, 3.0, 0.0, 8.0]
    assert got.first.tolist() == [0, 2, 3, 6] and got.last.tolist() == [1, 2, 5, 6]
    x = np.arange(11.0)[:, None, None, None] * np.ones((1, 2, 1, 1))
    np.testing.assert_allclose(np.asarray(obs.summed(jnp.asarray(x), got))[:, 0], [1, 2, 12, 6])


@truth("closed-form", source="counted by hand", kills="a monthly rate that is taken for a sum")
def test_published_figures_become_rows(assembled: Any, tanks: War) -> None:
    def figure(**more: Any) -> Row:
        return Row(
            **(
                {
                    "id": "X",
                    "actor": "RUS",
                    "good": "tank",
                    "measure": "withdrawn",
                    "stage": "",
                    "first": "2022-03",
                    "last": "2022-12",
                    "low": 90.0,
                    "central": 115.0,
                    "high": 150.0,
                    "unit": "tank/month",
                }
                | more
            )
        )

    (row,) = obs._soft_row(tanks, figure())
    assert row[1:5] == ("withdrawn", (0, 0), 1, 10) and row[5] == 1150.0 and row[6] == 150.0
    line = figure(measure="stock", stage="foreign|new|prewar|restored", first="2022-12")
    assert obs._soft_row(tanks, line)[0][1] == "line"
    for other in (
        figure(last="2023-06"),
        figure(good="gun"),
        figure(high=np.inf),
        figure(measure="stock", stage="prewar"),
        figure(measure="produced"),
    ):
        assert obs._soft_row(tanks, other) == []
    found = obs.soft(tanks, assembled.scenario)
    assert isinstance(found, obs.Soft) and found.cell.shape[1] == 2


@truth("closed-form", source="a walk by hand", kills="a bias that starts away from its level")
def test_bias_starts_at_its_level(tanks: War) -> None:
    figures = {
        band("claimed-level", "", "tank").id: jnp.array([1.5]),
        "claimed-step": jnp.array([0.2]),
    }
    got = np.asarray(obs.biases(tanks, figures, jnp.ones((2, 1, 1))))[:, 0, 0]
    assert got[0] == pytest.approx(1.5) and got[6] == pytest.approx(1.5 * np.exp(0.2))
    assert got[3] == pytest.approx(1.5 * np.exp(0.1))


@truth(
    "invariant",
    source="what is learned has a range and touches losses",
    kills="levels after the record that are sold as learned",
)
def test_what_is_learned(given: Problem) -> None:
    learned = {one.id for one in given.figures}
    assert {
        "attrition-rate-rus-tank",
        "tempo-volatility",
        "storage-yield-store-good",
        "opening-stock-ukr-tank-prewar",
        "repair-delay",
    } <= learned
    assert not [one for one in learned if "after" in one or "component" in one or "gun" in one]
    assert "production-capacity-rus-tank-2027-12" not in learned
    assert given.gone[0, 0] == pytest.approx(0.773, abs=0.001)
