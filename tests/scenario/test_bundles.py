"""The decision to supply in small bundles: need, stock and past ties; each further term with its data."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth

from kautilya import scenario as scenarios
from kautilya.scenario.assemble import assemble, start_of
from kautilya.scenario.lawcheck import goes_without
from kautilya.scenario.levers import apply
from kautilya.scenario.starters import Asked

ROW = "{id},choice.{name},{actor},,,,{label},,,{value},,1,fixed,assumed,2022-01,F6,assumed,a test\n"


@pytest.fixture
def war(tmp_path):
    return scenarios.new("war", tmp_path, "war", Asked(suppliers=("AAC", "AAD")))


def add(folder, **cells):
    """One more row of quantities.csv."""
    row = {"id": "more", "actor": "", "label": ""} | cells
    with (folder / "quantities.csv").open("a", encoding="utf-8") as file:
        file.write(ROW.format(**row))


def absent(folder) -> set[str]:
    return set(goes_without(scenarios.load(folder))["choice"])


@truth("required", source="docs/scenario-format.md", kills="21 laws and 73 parameters or nothing")
def test_need_stock_and_past_ties_are_enough(war):
    """No mistake; what is absent has its neutral value, whatever draws; a lever still moves it."""
    assert scenarios.check(war) == []
    made = assemble(scenarios.load(war))
    at = start_of(made.model, "choice.permit")
    free, shut = apply(made), apply(made, ["no_supply"])
    assert (free.scale[:, at : at + 2] == 0).all() and (free.shift[:, at : at + 2] == 1).all()
    assert (shut.shift[:, at : at + 2] == 0).all()
    for name, value in (("spread", 0.0), ("package", 0.0), ("on_traits", 1.0), ("binds", 1.0)):
        start = start_of(made.model, f"choice.{name}")
        assert made.plain_index[start] == -1 and free.plain_shift[start] == value
    assert not np.array_equal(made.plain_index, np.full_like(made.plain_index, -1))


@truth(
    "required", source="docs/scenario-format.md", kills="a term that is absent and not said to be"
)
def test_each_term_comes_with_its_data(war):
    before = absent(war)
    assert {"sanctions", "ally", "own_ban", "pair", "gain"} <= before
    assert not before & {"need", "spare", "dealings"}
    add(war, id="spread", name="spread", value=1)
    assert before - absent(war) == {"pair"}
    toml = war / "scenario.toml"
    text = toml.read_text(encoding="utf-8").replace(
        '"spare", "choice"', '"spare", "politics", "choice"'
    )
    toml.write_text(text, encoding="utf-8")
    add(war, id="ally", name="on_politics", label="ally", value=1)
    assert "ally" in absent(war)
    facts = "name,actor,partner,value,low,high,unit,source,date,grade,status,note\n"
    facts += "ally,AAC,AAA,1,,,1,assumed,2022-01,F6,assumed,a test\n"
    (war / "covariates.csv").write_text(facts, encoding="utf-8")
    assert scenarios.check(war) == []
    assert before - absent(war) == {"pair", "ally"}


@truth(
    "order",
    source="unfilled elements",
    kills="a state that was forgotten, taken for one without ties",
)
def test_half_of_a_term_is_a_mistake(war):
    add(war, id="standing", name="standing", actor="AAC", value=1)
    found = [one.found for one in scenarios.check(war)]
    assert any("choice.standing: [AAD]" in one for one in found), found
