"""EU exports under measures: no look ahead, signs of the equilibrium, files and doors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth

from kautilya.errors import KautilyaError
from kautilya.estimation import diversion
from kautilya.validation import backtest_trade
from kautilya.validation.backtests import Ask, backtest

DATA = "data/eu_trade_with_russia_and_neighbours_monthly.parquet"
MATRIX = "data/trade_matrix_2009.parquet"


def exports(months: int = 30) -> pd.DataFrame:
    """Two partners with a season, growth and noise."""
    rng, t = np.random.default_rng(3), np.arange(months)
    logs = 10 + 0.1 * np.sin(2 * np.pi * t[:, None] / 12) + 0.004 * t[:, None]
    values = np.exp(logs + 0.05 * rng.normal(size=(months, 2)))
    return pd.DataFrame(
        values,
        pd.period_range("2020-01", periods=months, freq="M"),
        ["Kazakhstan", "Russian Federation"],
    )


def saved(table: pd.DataFrame, path: Path) -> Path:
    """The columns of the outside file, two reporters that halve the exports."""
    long = table.rename_axis("month").reset_index().melt("month", var_name="partner")
    both = pd.concat([long.assign(reporter=r, value=long["value"] / 2) for r in ("A", "B")])
    both.assign(month=both["month"].astype(str), product="TOTAL", flow="EXPORT").to_parquet(path)
    return path


@truth("closed-form", source="a season and no noise, by hand", kills="a season off by a month")
def test_plain_forecast_of_a_pure_season() -> None:
    logs = np.tile(np.arange(12.0), 3)[:, None]
    table = pd.DataFrame(np.exp(logs), pd.period_range("2020-01", periods=36, freq="M"), ["a"])
    made = diversion.plain(table, 14, 5, 0)
    assert made[:, :, 0] == pytest.approx(np.tile(np.r_[np.arange(12.0), 0, 1], (5, 1)))
    assert diversion.persistence(table, 3, 5, 0).shape == (5, 3, 1)


@truth("invariant", kills="a month after the origin in its own forecast")
def test_later_months_do_not_change_a_forecast(tmp_path: Path) -> None:
    shared_file(MATRIX)
    table = exports(40)
    moved = table.copy()
    moved.iloc[26:] *= 0.3
    outs = []
    for n, one in enumerate((table, moved)):
        path = saved(one, tmp_path / f"{n}.parquet")
        backtest_trade.backtest(Ask("2022-02", 6, path, tmp_path / f"out{n}.parquet", True))
        outs.append(pd.read_parquet(tmp_path / f"out{n}.parquet"))
    pd.testing.assert_frame_equal(outs[0], outs[1])
    assert list(outs[0].columns) == ["series", "month", "draw", "value"]
    assert outs[0]["month"].min() == "2022-03" and outs[0]["month"].nunique() == 6
    assert not outs[0].duplicated(["series", "month", "draw"]).any()


@truth(
    "order",
    source="card of measures.py: a cut lowers, a detour raises",
    kills="weights of the detour that do not add up; measures that bite a month early",
)
def test_signs_of_the_measures() -> None:
    shared_file(MATRIX)
    partners = sorted(diversion.STATES)
    found = diversion.response(partners, 5.0)
    russia = partners.index("Russian Federation")
    assert found.weight.sum() == pytest.approx(1.0) and found.weight[russia] == 0
    assert found.ratio[0] == pytest.approx(1.0, abs=1e-9)
    assert np.all(np.diff(found.ratio[:, russia]) < 0) and found.ratio[-1, russia] < 0.5
    months = np.array([0.0, 1.0, 12.0])
    bare, full = (diversion.effects(partners, months, 50, 1, on) for on in (False, True))
    assert np.abs(bare[:, 0]).max() < 1e-9 and np.all(bare[:, 2, russia] < bare[:, 1, russia])
    others = np.delete(full - bare, russia, axis=2)
    assert (others >= 0).all() and others[:, 2].max() > 0.01
    np.testing.assert_array_equal(full[..., russia], bare[..., russia])


@truth("invariant", source="errors at the door", kills="a gap in the months filled in silence")
def test_errors_say_what_is_wrong(tmp_path: Path) -> None:
    table = exports()
    gap = saved(table.drop(table.index[7]), tmp_path / "gap.parquet")
    with pytest.raises(KautilyaError, match="no exports to Kazakhstan in 2020-08"):
        backtest_trade.backtest(Ask(data=gap))
    whole = saved(table, tmp_path / "whole.parquet")
    with pytest.raises(KautilyaError, match="months after its first"):
        backtest_trade.backtest(Ask("2020-05", data=whole))
    with pytest.raises(KautilyaError, match="such as 2022-02"):
        backtest_trade.backtest(Ask("later", data=whole))
    pd.read_parquet(whole).drop(columns="flow").to_parquet(tmp_path / "short.parquet")
    with pytest.raises(KautilyaError, match="no column flow"):
        backtest_trade.backtest(Ask(data=tmp_path / "short.parquet"))


@truth(
    "invariant",
    source="the outside file ends in 2022-02",
    kills="a score for months that nobody here has seen",
)
def test_what_is_not_known_is_not_scored(tmp_path: Path) -> None:
    shared_file(DATA)
    found = backtest("trade", Ask(quick=True, horizon=12))
    after = found.skill[found.skill["what"].str.contains("after 2022-02")]
    assert len(after) == 6 and after["skill"].isna().all() and (after["cases"] == 0).all()
    assert found.notes[0] == f"Not scored: {backtest_trade.ABSENT}."
    later = saved(exports(38), tmp_path / "longer.parquet")
    scored = backtest_trade.backtest(Ask("2022-02", 12, later, None, True)).skill
    assert scored[scored["what"].str.contains("after 2022-02")]["skill"].notna().all()
