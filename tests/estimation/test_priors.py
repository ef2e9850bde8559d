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
    assert set(weights.declared(flagship)) == set(weights.implied(labels.read("priors")).index)


@truth(
    "slow-twin",
    source="the panel, ranked anew",
    kills="a stored rank that the panel no longer gives; Russia among the recipients",
)
def test_the_stored_ranks_come_out_again(panel) -> None:
    told = labels.read("priors").set_index(["row", "reading"])
    for row in weights.placed(panel, (weights.CENTRAL_RANK,)).itertuples():
        assert told.loc[(row.row, row.reading), "central"] == pytest.approx(row.central), row.row


@pytest.mark.slow
@truth(
    "slow-twin",
    source="register and requests, estimated anew",
    kills="a stored estimate that the data no longer give; Russia among the recipients",
)
def test_the_whole_record_comes_out_again(panel, flagship) -> None:
    path = shared_file(PANEL)
    codes = {"EUU": [220, 255]} | dict(PRK=[731], CHN=[710], IND=[750])
    told = weights.found(load(path), path.parents[1], codes, str(flagship.head.as_of))
    fresh = pd.concat([weights.weights(told), weights.named(told)])
    stored = labels.read("priors").set_index(["row", "reading"])["central"]
    for row in fresh.itertuples():
        if "-euu" not in row.row and "reach" not in row.row:
            assert stored[row.row, row.reading] == pytest.approx(row.central, rel=0.02, abs=0.02)


@truth(
    "invariant", source="the tool's own ids", kills="a row that stands for another state or class"
)
def test_rows_of_the_study_name_their_parameter(flagship) -> None:
    """The id of each row says its parameter, state, class and label, as the scenario has it."""
    for row in (q for q in flagship.quantities if q.source == weights.SOURCE):
        words = [row.parameter.replace(".", "-").replace("_", "-"), row.actor.lower()]
        words += [row.label.replace("_", "-"), row.good.replace("_", "-")]
        assert row.id == "-".join(w for w in words if w and w != "*"), row.id


@truth(
    "closed-form",
    source="two readings by hand",
    kills="the narrower interval; a rank under a specification that ranks nobody",
)
def test_the_rule_by_hand() -> None:
    rows = [
        ("choice-on-tie", reading, *cells, 9)
        for reading, cells in (("all ties", (-1.0, 0.0, 1.0)), ("requests", (0.0, 0.4, 0.83)))
    ]
    rows += [
        ("panel_rank PRK", spec, np.nan, rank, np.nan, 6)
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
