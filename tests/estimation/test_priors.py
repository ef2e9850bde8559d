"""Rows of the flagship that rest on the supplier panel: what is declared is what it gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth

from kautilya import scenario as scenarios
from kautilya.estimation.suppliers import SENTENCE, features, load, weights
from kautilya.validation import labels

PANEL = "data/panel_embargoed_supplier_year.parquet"


@pytest.fixture(scope="module")
def flagship():
    return scenarios.load("russia_dprk_2024")


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return features(load(shared_file(PANEL)))


@truth(
    "invariant",
    source="record/priors.csv by the rule of suppliers.priors",
    kills="a prior typed in that the estimates do not give; a row of the study that it lacks",
)
def test_declared_rows_are_what_the_panel_gives(flagship) -> None:
    table = weights.compared(labels.read("priors"), flagship)
    assert table["agrees"].all(), table[~table["agrees"]].to_string()
    assert set(weights.declared(flagship)) == {*weights.WEIGHTS, *weights.RANKS.values()}


@truth(
    "slow-twin",
    source="the panel, estimated anew",
    kills="a stored estimate that the panel no longer gives; Russia among the recipients",
)
def test_the_stored_estimates_come_out_again(panel) -> None:
    told = labels.read("priors").set_index(["row", "reading"])
    found = pd.concat([weights.weights(panel), weights.placed(panel, (weights.CENTRAL_RANK,))])
    for row in found.itertuples():
        kept = told.loc[(row.row, row.reading)]
        for name in ("low", "central", "high", "events"):
            assert kept[name] == pytest.approx(
                getattr(row, name), rel=1e-4, abs=1e-5, nan_ok=True
            ), (row.row, row.reading)


@pytest.mark.slow
@truth("slow-twin", source="the panel, estimated anew", kills="a rank that no longer comes out")
def test_the_whole_record_comes_out_again(panel) -> None:
    found = weights.made(panel, shared_file(PANEL).parent)
    told = labels.read("priors")
    assert (
        found[["row", "reading"]].to_numpy().tolist()
        == told[["row", "reading"]].to_numpy().tolist()
    )
    numbers = ["low", "central", "high", "events"]
    np.testing.assert_allclose(
        found[numbers].to_numpy(float), told[numbers].to_numpy(float), rtol=1e-4, atol=1e-5
    )


@truth(
    "closed-form",
    source="two readings by hand",
    kills="the narrower interval; a rank under a specification that ranks nobody",
)
def test_the_rule_by_hand() -> None:
    one, two = weights.READINGS
    rows = [
        (row, spec, *cells, 9)
        for row in weights.WEIGHTS
        for spec, cells in ((one, (-1.0, 0.0, 1.0)), (two, (0.0, 0.4, 0.83)))
    ]
    rows += [
        (row, spec, np.nan, rank, np.nan, 6)
        for row in weights.RANKS.values()
        for spec, rank in (
            ("new", 20.0),
            ("engine, all", 3.0),
            ("decision", 31.0),
            ("persistence", 92.5),
        )
    ]
    record = pd.DataFrame(rows, columns=weights.COLUMNS)
    found = weights.implied(record)
    assert found.loc["choice-on-tie"].tolist() == [-1.0, 0.2, 1.0]
    assert found.loc["panel_rank PRK"].tolist() == [3.0, 20.0, 31.0]
    record.loc[record["low"] == -1.0, "low"] = -1.03
    assert weights.rounded(record).loc["choice-on-tie"].tolist() == [-1.05, 0.2, 1.0]


@truth(
    "required",
    source="the panel does not identify the cost of secondary sanctions",
    kills="a weight on sanctions that passes for an estimate",
)
def test_the_cost_of_sanctions_is_no_estimate(flagship) -> None:
    rows = [
        q
        for q in flagship.quantities
        if q.id == weights.SANCTIONS or q.parameter == "secondary_sanctions.designation"
    ]
    assert len(rows) > 8
    arms = [q for q in rows if "finished arms" in q.note or q.id == weights.SANCTIONS]
    assert all(q.status == "assumed" and q.low < q.central < q.high for q in arms)
    assert len(arms) > 8 and all("not identified by the panel" in q.note for q in arms)
    told = labels.read("priors")
    exposed = told[told["row"] == weights.SANCTIONS]
    assert len(exposed) == 16 and ((exposed["low"] < 0) & (exposed["high"] > 0)).all()
    odds = np.exp(exposed["central"])
    note = next(q.note for q in rows if q.id == weights.SANCTIONS)
    assert f"x {odds.min():.2f} to {odds.max():.2f} per 10 points" in note
    assert "does not identify" in SENTENCE
