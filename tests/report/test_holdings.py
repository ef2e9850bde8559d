"""What answers a run is found by what outcomes declare: the starter's own run answers."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr
from support.conventions import truth
from support.report_case import FUTURES, labels, run_of

from kautilya import scenario as scenarios
from kautilya.report.answer import answer
from kautilya.scenario import starters


@pytest.fixture
def folder(tmp_path):
    return starters.new("starter", tmp_path)


def plain_run(scenario):
    """Every declared outcome at 1,000; shells of AAB at 1 in four futures, from 2023-01."""
    arrays = {}
    for one in scenario.outcomes:
        coords = {
            "future": np.arange(FUTURES),
            **{d: np.array(m, dtype=object) for d, m in labels(scenario, one).items()},
        }
        arrays[one.id] = xr.DataArray(
            np.full([len(c) for c in coords.values()], 1e3, np.float32), coords, list(coords)
        )
        if one.kind == "stock" and one.good == "tube_round":
            arrays[one.id] = arrays[one.id] * 1e6
            at = coords["month"] >= "2023-01"
            arrays[one.id].values[:4, at, list(coords["belligerent"]).index("AAB")] = 1.0
    return run_of(scenario, xr.Dataset(arrays))


@truth(
    "closed-form",
    source="counts of the futures made by hand",
    kills="answers only for outcomes called `rounds` and `equipped`",
)
def test_the_starter_says_who_runs_short_and_who_gets_what(folder):
    found = scenarios.load(str(folder))
    run = plain_run(found)
    said = answer(run, found)
    short = {(s["belligerent"], s["class"]): s for s in said["shortages"]}
    assert short["AAB", "tube_round"]["after_as_of"]["value"] == 4 / 16
    assert short["AAB", "tube_round"]["median_month"] == "2023-01"
    assert short["AAA", "tube_round"]["probability"]["value"] == 0.0
    assert short["AAA", "tank"]["what"] == "under half of the first month's stock"
    assert "Second belligerent's in 25 % ± 11 of futures" in said["sentences"][0]
    total = 1e3 * len(found.months)
    assert f"First belligerent gets {total:,.0f}" in said["sentences"][1]
    assert "artillery shells" in said["sentences"][1]


@truth("invariant", source="names are free", kills="an answer that goes by the ids of outcomes")
def test_other_ids_give_the_same_answer(folder):
    before = scenarios.load(str(folder))
    path = folder / "scenario.toml"
    text = path.read_text()
    for name in ("shells", "line", "received"):
        text = re.sub(rf'(\[\[outcome\]\]\nid = )"{name}"', rf'\1"other_{name}"', text)
    path.write_text(text)
    after = scenarios.load(str(folder))
    assert {one.id for one in after.outcomes} != {one.id for one in before.outcomes}
    one, other = answer(plain_run(before), before), answer(plain_run(after), after)
    assert other["sentences"] == one["sentences"] and other["shortages"] == one["shortages"]


@truth("closed-form", source="halves by hand", kills="equipment beside the last month's stock")
def test_equipment_is_short_under_half_of_its_first_month(folder):
    found = scenarios.load(str(folder))
    run = plain_run(found)
    cell = {"belligerent": "AAA", "equipment": "gun"}
    values = np.full((FUTURES, len(found.months)), 1e3, np.float32)
    values[:, 12:] = 501.0
    values[:8, 18:] = 499.0
    run.data["line"].loc[cell] = values
    short = {(s["belligerent"], s["class"]): s for s in answer(run, found)["shortages"]}
    assert short["AAA", "gun"]["probability"]["value"] == 8 / 16
    assert short["AAA", "gun"]["median_month"] == found.months[18]
