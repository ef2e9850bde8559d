"""Rows that are filled in: the scenario runs, each row is marked, units are those of the laws."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.toy_runs import run

from kautilya import scenario as scenarios
from kautilya.mechanisms import registry
from kautilya.scenario.assemble import assemble
from kautilya.scenario.fill import fill


@pytest.fixture
def folder(tmp_path):
    """The starter without any figure but its opening stocks."""
    made = scenarios.new("own", tmp_path)
    path = made / "quantities.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [one for one in lines if one[0] in "#i" or ",opening.stock," in one]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return made


@truth("required", source="docs/tutorial.md", kills="a row in another unit; a gap left open")
def test_what_is_filled_in_runs_and_is_marked(folder):
    before = {row.id for row in scenarios.load(folder).quantities}
    assert scenarios.check(folder)
    found = fill(folder, registry())
    assert found.left == () and scenarios.check(folder) == []
    made = scenarios.load(folder)
    new = [row for row in made.quantities if row.id not in before]
    assert [row.id for row in new] == list(found.ids)
    assert all(row.source != "assumed" or "filled in" in row.note for row in new)
    assert found.assumed == sum(row.source == "assumed" for row in new)
    rate = next(row for row in new if row.parameter == "attrition.rate" and row.good == "tank")
    assert 0 < rate.low < rate.high < 0.5  # a share a month, whatever percent it was taken from
    assert np.isfinite(run(assemble(made))[0]["line"]).all()


@truth("invariant", source="what is there stays", kills="rows added twice, or over a user's own")
def test_a_second_time_nothing_is_added(folder):
    fill(folder, registry())
    text = (folder / "quantities.csv").read_bytes()
    assert fill(folder, registry()).ids == ()
    assert (folder / "quantities.csv").read_bytes() == text


@truth(
    "closed-form",
    source="shipped rows: energy is joined in months 0, 1, 10, 10, 10 and never (1200)",
    kills="states that joined and one that never does, told as a range in which a month may lie",
)
def test_a_month_in_which_something_happened_is_no_range_of_others(tmp_path):
    made = scenarios.new("own", tmp_path, like="sanctions_only")
    path = made / "quantities.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(x for x in lines if "joined-energy-jpn" not in x) + "\n")
    found = fill(made, registry())
    (row,) = (one for one in scenarios.load(made).quantities if one.id in found.ids)
    assert (row.distribution, row.central) == ("fixed", 10.0)
