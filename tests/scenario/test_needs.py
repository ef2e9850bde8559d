"""What the laws of a scenario lack beside their figures is said all at once."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from support.conventions import truth
from support.toy_runs import edit

from kautilya.core.law import Law, Need, stages
from kautilya.mechanisms import registry
from kautilya.scenario import check, load, new
from kautilya.scenario.mistakes import Mistake

pytestmark = pytest.mark.usefixtures("own_cache")
SUPPLY = (
    "supply_record",
    "politics",
    "terms",
    "spare",
    "secondary_sanctions",
    "evasion",
    "choice",
    "mobilise",
    "ship",
    "industry",
    "need",
    "treasury",
    "trade_state",
    "technology",
    "manpower",
    "fleet",
    "council",
)


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return new("my_case", tmp_path)


def switched(folder: Path, *laws: str) -> None:
    """Switch more laws on."""
    edit(
        folder / "scenario.toml",
        ('"aid", "transit",', '"aid", "transit", ' + ", ".join(f'"{name}"' for name in laws) + ","),
    )


def about(found: list[Mistake], law: str) -> list[str]:
    return [str(one) for one in found if f"law '{law}' needs" in one.found]


@truth("order", source="format: laws", kills="needs that are told one at a time")
def test_all_that_the_supplier_laws_lack_is_said_at_once(starter: Path):
    switched(starter, *SUPPLY)
    found = check(starter)
    have = set(load(new("other", starter.parent)).sets)
    for name in SUPPLY:
        law = registry()[name]
        said = about(found, name)
        text = "\n".join(said)
        assert all(f"docs/mechanisms.md#{name}" in one for one in said)
        for need in law.needs:
            lacking = need.kind == "table" or (need.kind == "set" and need.name not in have)
            lacking |= need.kind == "stage" and need.by not in have
            spared = need.free or {need.name, need.of.lstrip("@")} & set(law.optional)
            if lacking and not spared:
                assert need.name in text and need.says in text, (name, need)
    places = {one.file for one in found if "needs" in one.found}
    assert places == {"scenario.toml", "goods.csv", "covariates.csv", "trade.csv"}
    assert any("person" in one and "'struck'" in one for one in about(found, "manpower"))


@truth("order", source="format: laws", kills="a list that leaves something for later")
def test_once_what_is_listed_is_added_nothing_more_is_lacking(starter: Path):
    switched(starter, "manpower", "storage", "fleet", "barrels")
    found = [one for one in check(starter) if "needs" in one.found]
    assert len(found) == 4 + 6 + 1 + 2 + 1  # each stage that is new to the starter; `person`
    men = 'members = ["@equipment", "person"]'
    edit(starter / "scenario.toml", ('members = ["@equipment"]', men))
    kit = ("store_good", "store_fair", "store_poor", "refit1", "refit2", "refit3")
    rows = [("person", "person", one) for one in ("train", "line", "wounded", "elsewhere")]
    rows += [(good, good, one) for good in ("tank", "gun") for one in kit]
    rows += [("barrel", "barrel", "spare")]
    with (starter / "goods.csv").open("a", newline="") as file:
        csv.writer(file).writerows([*one, "belligerent", "new"] for one in rows)
    left = check(starter)
    assert left and not [one for one in left if "needs" in one.found]


@truth("order", source="format: laws", kills="needs that wait for other mistakes")
def test_needs_are_said_beside_other_mistakes(starter: Path):
    switched(starter, "manpower", "no_such_law")
    found = check(starter)
    assert about(found, "manpower") and any("no_such_law" in one.found for one in found)


@pytest.mark.parametrize(
    ("need", "file", "words"),
    [
        (Need("set", "leaked", "what leaks"), "scenario.toml", ("'leaked'", "[sets.leaked]")),
        (Need("table", "cinc", "its strength"), "covariates.csv", ("'cinc'", "each actor")),
        (Need("table", "trade", "its partners"), "trade.csv", ("'trade'", "Give trade.csv")),
        (
            Need("table", "sanction_response", "its losses"),
            "trade.csv",
            ("output_over_gdp", "the set 'buyer'"),
        ),
        (Need("member", "person", "its men", "struck"), "scenario.toml", ("person", "'struck'")),
        (Need("member", "@donor", "its aid", "recipient"), "scenario.toml", ("AAC", "'recipient'")),
        *(
            (one, "goods.csv", ("far", "gun", "AAC", "holders donor"))
            for one in stages(("far",), "its reserve", "gun", "donor")
        ),
        (
            Need(
                "stage", "ready", "its reserve", "@equipment", "donor", {"tank": "far", "gun": ""}
            ),
            "goods.csv",
            ("far", "tank", "AAC"),
        ),
        (
            Need("stage", "ready", "its reserve", "@offer", "donor"),
            "goods.csv",
            ("each of 'offer'", "ready"),
        ),
    ],
)
@truth("order", source="format: laws", kills="a kind of need that no check looks at")
def test_each_kind_of_need_says_where_it_is_added(
    starter: Path, need: Need, file: str, words: tuple[str, ...]
):
    law = Law("reserve", "update", lambda view: {}, needs=(need,))
    switched(starter, "reserve")
    found = check(starter, {**registry(), "reserve": law})
    (said,) = [one for one in found if one.file == file and "law 'reserve'" in one.found]
    assert all(word in str(said) for word in words) and need.says in said.found
    assert not [one for one in found if "reserve" not in str(one)]


@truth("order", kills="a need reported twice: once for the broken row, once as lacking")
def test_a_row_that_is_broken_is_not_said_to_lack(starter: Path):
    edit(starter / "goods.csv", ("tank,tank,way2,belligerent", "tank,tank,way2,nobody"))
    assert not about(check(starter), "transit")


@truth("order", kills="a need that is met and reported all the same")
def test_the_shipped_scenarios_lack_nothing(starter: Path):
    assert not [one for folder in (starter, "russia_dprk_2024") for one in check(folder)]
