"""Scores of drawn forecasts and their skill, against closed forms, other programs and hands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.validation import backtests, skill


@truth(
    "closed-form",
    source="gneiting2007; ensemble -1, 0, 1 at 0",
    kills="a pair mean over m^2 where it is fair",
)
def test_crps_of_known_forecasts() -> None:
    three = np.array([-1.0, 0.0, 1.0])
    assert skill.crps_draws(three, np.array(0.0), fair=False) == pytest.approx(2 / 9)
    assert skill.crps_draws(three, np.array(0.0)) == pytest.approx(0.0)
    assert skill.crps_normal(0.0, 1.0, 0.0) == pytest.approx((2**0.5 - 1) / np.pi**0.5)
    assert skill.crps_draws(np.array([[3.0, 1.0]]), np.array([1.0, 4.0])).tolist() == [2.0, 3.0]


@truth("other-program", source="scoringrules crps_ensemble", kills="draws that are not sorted")
def test_crps_equals_scoringrules() -> None:
    rules = pytest.importorskip("scoringrules")
    rng = np.random.default_rng(4)
    draws, y = rng.normal(size=(40, 7)), rng.normal(size=7)
    for fair, name in ((True, "fair"), (False, "nrg")):
        np.testing.assert_allclose(
            skill.crps_draws(draws, y, fair),
            rules.crps_ensemble(y, draws, m_axis=0, estimator=name),
        )


@truth("invariant", source="many draws of a normal", kills="a factor in the closed form")
def test_draws_meet_the_closed_form() -> None:
    rng = np.random.default_rng(8)
    draws = rng.normal(2.0, 3.0, size=40000)
    assert skill.crps_draws(draws, np.array(5.0)) == pytest.approx(
        skill.crps_normal(2.0, 3.0, 5.0), rel=0.02
    )
    inside = skill.covered(rng.normal(size=(4000, 500)), rng.normal(size=500), 0.8)
    assert inside.mean() == pytest.approx(0.8, abs=0.06)


@truth("closed-form", source="by hand", kills="the mean of ratios in place of the ratio of means")
def test_skill_by_hand() -> None:
    own, base, block = np.array([1.0, 3.0]), np.array([2.0, 8.0]), np.array(["a", "b"])
    point, low, high = skill.skill(own, base, block)
    assert point == pytest.approx(0.6)
    assert low == pytest.approx(0.5) and high == pytest.approx(1 - 3 / 8)
    assert np.isnan(skill.skill(own[:0], base[:0], block[:0])[0])


@truth("closed-form", source="the sign of the interval", kills="a point estimate taken for skill")
def test_verdicts_follow_the_interval() -> None:
    table = pd.DataFrame(
        {
            "skill": [0.2, 0.2, -0.3, np.nan],
            "low": [0.1, -0.1, -0.4, np.nan],
            "high": [0.3, 0.4, -0.1, np.nan],
        }
    )
    assert backtests.finer(table)["verdict"].tolist() == [
        "better",
        "no difference shown",
        "worse",
        "not scored",
    ]


@truth("invariant", source="errors at the door", kills="a stack trace for a word mistyped")
def test_the_door_of_the_backtests(tmp_path) -> None:
    with pytest.raises(KautilyaError, match="no backtest is called 'loses'"):
        backtests.backtest("loses", backtests.Ask())
    with pytest.raises(KautilyaError, match="folder does not exist"):
        backtests.backtest("suppliers", backtests.Ask(out=tmp_path / "no" / "f.parquet"))
    with pytest.raises(KautilyaError, match="horizon"):
        backtests.backtest("suppliers", backtests.Ask(horizon=-1))
    with pytest.raises(KautilyaError, match="is no year"):
        backtests.backtest("suppliers", backtests.Ask(until="soon"))
