"""Votes: no look ahead, the law's own spread, counts by hand, files and doors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth

from kautilya.errors import KautilyaError
from kautilya.estimation import ballots
from kautilya.validation import backtest_votes, labels
from kautilya.validation.backtests import Ask, backtest


def world(years: int = 30, states: int = 12, keeps: float = 0.9) -> pd.DataFrame:
    """Points that follow the law with a known persistence and a spread of .3."""
    rng = np.random.default_rng(2)
    out = [rng.normal(size=states)]
    for _ in range(years - 1):
        out.append(keeps * out[-1] + 0.3 * rng.standard_t(4, states) / 2**0.5)
    return pd.DataFrame(out, index=range(1980, 1980 + years), columns=range(1, states + 1))


def saved(points: pd.DataFrame, path: Path) -> Path:
    long = (
        points.rename_axis("year")
        .reset_index()
        .melt("year", var_name="ccode", value_name="ideal_point")
    )
    long.to_csv(path, index=False)
    return path


@truth("invariant", kills="a spread or slope that is fitted on the sessions to be forecast")
def test_later_sessions_do_not_change_a_forecast() -> None:
    points = world()
    moved = points.copy()
    moved.loc[2001:] += 3.0
    for name, draws in ballots.forecasts(points, 2000, 2, 50)[1].items():
        np.testing.assert_array_equal(draws, ballots.forecasts(moved, 2000, 2, 50)[1][name])


@truth(
    "closed-form",
    source="variance of the law: r^2 per session, s^2 added",
    kills="luck of one session used for the next; a spread that is a variance",
)
def test_the_law_spreads_as_it_says() -> None:
    points = world(400)
    _, made = ballots.forecasts(points, 2300, 2, 20000)
    last = points.loc[2300].to_numpy()
    assert made["law"][:, 0].mean(0) == pytest.approx(0.9 * last, abs=0.05)
    assert made["law"][:, 0].std() ** 2 == pytest.approx(0.09 + np.var(0.9 * last), rel=0.15)
    inner = (made["law"] - made["law"].mean(0)).std(0).mean(1)
    assert inner[1] / inner[0] == pytest.approx((1 + 0.81) ** 0.5, rel=0.05)


@truth("invariant", kills="this year's vetoes in this year's forecast")
def test_vetoes_look_back_only() -> None:
    rng = np.random.default_rng(5)
    counts = pd.DataFrame(rng.poisson(1.0, (40, 5)), range(1970, 2010), list(ballots.MEMBERS))
    points = world().set_axis([*ballots.MEMBERS.values(), *range(3, 10)], axis=1)
    later = counts.copy()
    later.loc[2000:] = 9
    one, other = (ballots.rates(c, points, 2000) for c in (counts, later))
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12)
    assert one["persistence"] == pytest.approx(np.maximum(counts.loc[1999], 0.1))
    assert ballots.log_score(np.array(2.0), np.array(0.0)) == pytest.approx(2.0)


@truth("invariant", source="contract of the command", kills="a state left out of the file")
def test_file_and_errors(tmp_path: Path) -> None:
    path = saved(world(), tmp_path / "points.csv")
    out = tmp_path / "out.parquet"
    found = backtest_votes.backtest(Ask("2004", 2, path, out, True))
    made = pd.read_parquet(out)
    assert list(made.columns) == ["series", "month", "draw", "value"]
    assert set(made["month"]) == {"2005", "2006"} and made["series"].nunique() == 12
    assert not made.duplicated(["series", "month", "draw"]).any()
    ours = found.skill[found.skill["mechanism"] == "alignment"]
    assert set(ours["baseline"]) == {"persistence", "resampled"} and (ours["cases"] == 12).all()
    with pytest.raises(KautilyaError, match="Give a session"):
        backtest_votes.backtest(Ask("1900", 1, path))
    world().to_csv(tmp_path / "wide.csv")
    with pytest.raises(KautilyaError, match="no columns ccode"):
        backtest_votes.backtest(Ask(data=tmp_path / "wide.csv"))


@truth(
    "published",
    source="bailey2017, release of April 2020",
    kills="a scoreboard that is not what the backtest gives",
)
def test_the_quick_version_meets_the_record() -> None:
    shared_file("truth/un_ideal_points_apr2020.csv")
    quick = backtest("votes", Ask(quick=True)).skill
    quick = quick.set_index(["score", "baseline"]).sort_index()
    told = labels.read("skill")
    told = told[told["backtest"] == "votes"]
    vetoed = told[told["score"] == "log score"].set_index("baseline")
    for name, row in vetoed.iterrows():  # vetoes have no quick version: the same to the digit
        assert quick.loc[[("log score", name)], "value"].iloc[0] == pytest.approx(
            row["value"], rel=1e-9
        )
    full = told[(told["score"] == "CRPS") & (told["baseline"] == "persistence")].iloc[0]
    assert quick.loc[[("CRPS", "persistence")], "skill"].iloc[0] == pytest.approx(
        full["skill"], abs=0.06
    )
