"""The page of the backtest says what the command said, and a sample of it comes out again."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.conventions import ROOT, shared_file, truth

from kautilya.estimation.losses import baselines
from kautilya.estimation.losses.series import read
from kautilya.validation import backtest_losses


def builder() -> Any:
    """tools/build_losses.py as a module."""
    spec = importlib.util.spec_from_file_location("build_losses", ROOT / "tools/build_losses.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@truth("invariant", source="house rules", kills="a page that was edited, or numbers that moved on")
def test_pages_are_made_from_the_kept_numbers() -> None:
    for name, text in builder().pages().items():
        assert (ROOT / "docs" / name).read_text() == text, name


@pytest.mark.slow
@truth(
    "published",
    source="gs_claims: data/general_staff_claimed_losses_daily.csv",
    kills="a table of scores that the command does not give",
)
def test_a_sample_of_the_scores_again() -> None:
    """Two baselines and the law of 0.1.0 anew, from every origin; they are quick, and all share the
    scores."""
    losses = read(shared_file(backtest_losses.DATA))
    origins = [one for one in losses.seen.index[:-1] if one >= backtest_losses.FIRST]
    names = ("persistence", "drift")
    told = {name: baselines.BASELINES[name] for name in names} | {
        backtest_losses.OLD: baselines.old_law
    }
    made = backtest_losses.rolling(
        losses.clean.clip(lower=0.0),
        origins,
        12,
        {name: lambda y, h, f=f: f(y, h, backtest_losses.DRAWS, 0) for name, f in told.items()},
        lambda done, total: None,
    )
    got = backtest_losses.means(backtest_losses.cases(made, losses.seen, backtest_losses.HORIZONS))
    kept = pd.DataFrame(
        json.loads((ROOT / "docs/scores/losses.json").read_text())["tables"]["scores by horizon"]
    )
    want = kept[kept["forecast"].isin(list(told))]
    both = got.merge(want, on=["horizon", "forecast"], suffixes=("", "_kept"))
    assert len(both) == 12
    for column in ("crps", "log", "in50", "in80", "above", "cases"):
        np.testing.assert_allclose(both[column], both[f"{column}_kept"], rtol=1e-4)
    best = kept[kept["forecast"] != backtest_losses.OWN].groupby("horizon")["crps"].min()
    own = kept[kept["forecast"] == backtest_losses.OWN].set_index("horizon")
    assert own.loc[1, "crps"] <= 1.05 * best[1]
    assert (own.loc[[6, 12], "crps"] < best[[6, 12]]).all()
    assert own["in80"].mean() == pytest.approx(0.80, abs=0.05)


@truth(
    "closed-form",
    source="calibrated intervals hold the truth as often as they say",
    kills="a record of synthetic wars that were not recovered, or whose chains broke",
)
def test_the_record_of_synthetic_wars_is_sound() -> None:
    told = json.loads((ROOT / "docs/scores/recovery.json").read_text())
    assert told["truths"] >= 200 and told["diverging"] < 0.01
    assert all(row["band_low"] < row["coverage"] < row["band_high"] for row in told["pooled"])
