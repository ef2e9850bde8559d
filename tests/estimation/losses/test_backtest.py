"""The backtest of losses: scores, origins, files, and the real months."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.conventions import shared_file, truth
from typer.testing import CliRunner

from kautilya.cli.main import app
from kautilya.errors import KautilyaError
from kautilya.estimation.losses import baselines
from kautilya.validation import backtest_losses
from kautilya.validation.backtests import Ask

DATA = "data/general_staff_claimed_losses_daily.csv"


@truth("closed-form", source="density of a normal", kills="a log score on the wrong scale")
def test_log_score_of_a_normal() -> None:
    x = np.expm1(5.0 + 0.3 * np.random.default_rng(0).standard_normal(40_000))
    for z in (-1.0, 0.0, 2.0):
        want = -stats.norm.logpdf(z) + np.log(0.3)
        assert backtest_losses.log_score(x, float(np.expm1(5.0 + 0.3 * z))) == pytest.approx(
            want, abs=0.05
        )


def scored(origins: int, factor: float, noise: float, seed: int = 0) -> pd.DataFrame:
    """Scores of one forecast by origin, `factor` times one of a common run of numbers."""
    common = np.random.default_rng(9).gamma(4.0, 1.0, origins)
    own = common * factor * np.exp(noise * np.random.default_rng(seed).standard_normal(origins))
    return pd.DataFrame({"origin": [f"{i:03d}" for i in range(origins)], "crps": own})


@truth(
    "closed-form",
    source="one forecast is 0.8 of the other in every origin",
    kills="an interval that forgets that origins are paired",
)
def test_skill_of_a_constant_advantage() -> None:
    got = backtest_losses.skill(scored(20, 0.8, 0.0), scored(20, 1.0, 0.0), 6)
    np.testing.assert_allclose(got, 0.2, atol=1e-12)
    value, low, high = backtest_losses.skill(scored(20, 0.8, 0.3), scored(20, 1.0, 0.3, 1), 3)
    assert low < value < high and high - low > 0.1


@truth(
    "invariant",
    source="until is the last month known; the rest of the file is not read",
    kills="a forecast that peeks at the months after its origin",
)
def test_a_longer_file_changes_no_forecast(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    days = pd.date_range("2022-02-25", "2024-03-31", freq="D")
    table = pd.DataFrame(
        {
            "date": days.strftime("%Y-%m-%d"),
            **{
                name: np.cumsum(rng.poisson(mean, len(days)))
                for name, mean in (("tank", 9), ("personnel", 700))
            },
        }
    )
    drawn = []
    for name, rows in (("long", table), ("short", table[days <= "2023-09-30"])):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
        got = backtest_losses.backtest(
            Ask("2023-09", 4, tmp_path / f"{name}.csv", tmp_path / name, True)
        )
        drawn.append(pd.read_parquet(tmp_path / name))
        assert len(got.skill) == (64 if name == "long" else 0)
    pd.testing.assert_frame_equal(*drawn)
    assert list(drawn[0].columns) == ["series", "month", "draw", "value"]
    assert set(drawn[0]["series"]) == {"tank", "personnel"}
    assert sorted(set(drawn[0]["month"])) == ["2023-10", "2023-11", "2023-12", "2024-01"]
    assert drawn[0].groupby(["series", "month"]).size().eq(backtest_losses.QUICK).all()


@truth("invariant", source="a day tells which month was whole", kills="a month known too soon")
def test_dates_of_origins() -> None:
    assert [
        str(backtest_losses.month(text)) for text in ("2024-08", "2024-08-10", "2024-08-31")
    ] == ["2024-08", "2024-07", "2024-08"]
    with pytest.raises(KautilyaError, match="--until"):
        backtest_losses.month("August")


@truth("invariant", source="bad input is named; nothing is written", kills="half a file")
def test_bad_requests_end_with_two(tmp_path: Path) -> None:
    bad = tmp_path / "claims.csv"
    bad.write_text("date,tank\n2022-02-25,one\n")
    for more in (
        ["--data", str(bad)],
        ["--data", str(tmp_path)],
        ["--data", str(tmp_path / "none.csv")],
    ):
        got = CliRunner().invoke(
            app, ["backtest", "losses", "--json", "--out", str(tmp_path / "f.parquet"), *more]
        )
        assert got.exit_code == 2 and "error" in json.loads(got.stdout), more
    assert not (tmp_path / "f.parquet").exists()


@truth("invariant", source="an extra that is absent is named", kills="an ImportError for the user")
def test_absent_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "statsforecast", None)
    with pytest.raises(KautilyaError, match=r"kautilya\[forecast\]"):
        baselines.BASELINES["ETS"](np.full((1, 12), 9.0), 1, 2, 0)


@truth(
    "published",
    source="gs_claims: data/general_staff_claimed_losses_daily.csv",
    kills="a forecast no better than the last month; intervals that are too narrow",
)
def test_real_months_by_the_quick_version(tmp_path: Path) -> None:
    shared_file(DATA)
    got = CliRunner().invoke(
        app, ["backtest", "losses", "--quick", "--json", "--out", str(tmp_path / "f.parquet")]
    )
    assert got.exit_code == 0, got.output
    told = json.loads(got.stdout)
    rows = [r for r in told["skill"] if r["forecast"] == backtest_losses.OWN]
    long = [r for r in rows if r["what"].endswith("12 months") and "best" in r["baseline"]]
    assert long[0]["skill"] > 0
    table = pd.DataFrame(told["tables"]["scores by horizon"])
    own = table[table["forecast"] == backtest_losses.OWN]
    assert 0.65 < np.average(own["in80"], weights=own["cases"]) < 0.97
    assert sorted(set(table["horizon"])) == [1, 3, 6, 12]
    drawn = pd.read_parquet(tmp_path / "f.parquet")
    assert drawn["month"].min() == "2024-09" and (drawn["value"] >= 0).all()
    assert any("hindsight" in note for note in told["notes"])
