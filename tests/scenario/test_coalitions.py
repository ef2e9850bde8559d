"""Members of a set come and go by date, on sides: flows begin and end with them."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.importers import swapped

from kautilya import scenario as scenarios
from kautilya.runs.ensemble import Case, run
from kautilya.scenario.starters import Asked

HEAD = "set,actor,from,to,side,source,date,grade,status,note\n"
END = ",assumed,2022-01,F6,assumed,a test\n"
ASKED = Asked(
    sides=("AAA", "AAB", "AAE"), suppliers=("AAC", "AAD"), aided=("AAA", "AAB"), length=12
)
SPELLS = (
    "belligerent,AAA,,,red",
    "belligerent,AAB,,,blue",
    "belligerent,AAE,2022-03,2022-08,blue",
    "supplier,AAC,2022-04,2022-06,",
    "supplier,AAC,2022-09,,",
    "buyer,AAB,,2022-10,",
)


def members(folder, *spells):
    """The rows in the place of those of the kind."""
    text = HEAD + "".join(one + END for one in spells)
    (folder / "members.csv").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def coalition(tmp_path_factory):
    """Three belligerents on two sides, two buyers, two suppliers that sell whatever is asked."""
    folder = scenarios.new("coalition", tmp_path_factory.mktemp("c"), "war", ASKED)
    members(folder, *SPELLS)
    for name, old, new in (
        ("quantities.csv", "choice.base,,,*,,,,-1,1,3", "choice.base,,,*,,,,39,40,41"),
        ("quantities.csv", "choice.ask_base,,,*,,,,0,2,4", "choice.ask_base,,,*,,,,39,40,41"),
        ("quantities.csv", "surplus,,,100,300,600", "surplus,,,9e4,1e5,2e5"),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return folder


def months(array) -> set[str]:
    """Months in which anything flows in any future."""
    other = [d for d in array.dims if d != "month"]
    return {str(m) for m in array["month"].values[(array.sum(other) > 0).values]}


@pytest.fixture(scope="module")
def data(coalition):
    return run(str(coalition), 64, 3, case=Case(keep="all")).data.load()


def span(first: int, last: int) -> set[str]:
    return {f"2022-{m:02d}" for m in range(first, last + 1)}


@truth("required", source="docs/scenario-format.md", kills="a coalition that never changes")
def test_flows_begin_and_end_with_a_member(coalition, data):
    """Supply, purchases, fire and losses of a member, in the months of its spells alone."""
    assert scenarios.check(coalition) == []
    sent = data["var_shipped"]
    assert months(sent.sel(supplier="AAC")) <= span(4, 6) | span(9, 12)
    assert months(sent.sel(supplier="AAC")) >= span(5, 6) | span(10, 12)
    assert months(sent.sel(buyer="AAB")) <= span(1, 10)
    assert months(sent.sel(buyer="AAA", supplier="AAD")) >= span(2, 12)
    assert months(data["fired"].sel(belligerent="AAE")) == span(3, 8)
    assert months(data["lost"].sel(belligerent="AAE")) == span(3, 8)
    assert months(data["lost"].sel(belligerent="AAA")) == span(1, 12)


@truth("symmetry", source="names are labels", kills="an answer that follows the order of a set")
def test_swapped_names_swap_the_answers(coalition, data, tmp_path):
    """With AAA and AAB exchanged in every file, each has the other's months and amounts."""
    other = run(str(swapped(coalition, tmp_path / "coalition")), 64, 3, case=Case(keep="all")).data
    for name, dim in (("var_shipped", "buyer"), ("fired", "belligerent"), ("lost", "belligerent")):
        for one, two in (("AAA", "AAB"), ("AAB", "AAA")):
            here, there = data[name].sel({dim: one}), other[name].sel({dim: two})
            assert months(here) == months(there), name
            rest = [d for d in here.dims if d != "future"]
            a, b = here.sum(rest).values, there.sum(rest).values
            assert abs(a.mean() - b.mean()) <= 4 * np.sqrt((a.var() + b.var()) / 64) + 1e-9


@pytest.mark.parametrize(
    "spells,said",
    [
        (("supplier,AAC,2022-02,2022-06,", "supplier,AAC,2022-06,2022-08,"), "overlap"),
        (("supplier,AAC,,2022-06,", "supplier,AAC,,,"), "overlap"),
        (("supplier,AAA,2022-02,,",), "no member"),
        (("suppliers,AAC,2022-02,,",), "unknown set"),
        (("munition,AAC,2022-02,,",), "no set of actors"),
        (("supplier,AAC,2021-12,,",), "outside of the run"),
        (("supplier,AAC,,2023-01,",), "outside of the run"),
        (("supplier,AAC,2022-06,2022-02,",), "before it begins"),
        (("equipped,AAC,2022-02,,",), "unknown set"),
        (("supplier,AAC,,,red",), "a side of a member"),
        (("belligerent,AAA,,,red",), "no side for AAB"),
        (("belligerent,AAA,,,red", "belligerent,AAB,,,red"), "on one side"),
        (("belligerent,AAA,,2022-03,red", "belligerent,AAA,2022-05,,blue"), "two sides"),
    ],
)
@truth("required", source="docs/scenario-format.md", kills="a spell that cannot be, taken as it is")
def test_what_cannot_be_is_refused(spells, said, tmp_path):
    folder = scenarios.new("war", tmp_path, "war", Asked(length=12))
    members(folder, *spells)
    found = [one.found for one in scenarios.check(folder) if one.file == "members.csv"]
    assert any(said in one for one in found), found


@truth(
    "required",
    source="docs/scenario-format.md",
    kills="a member that leaves and is taken for one that stays",
)
def test_a_set_that_no_law_heeds_is_refused(tmp_path):
    folder = scenarios.new("ban", tmp_path, "sanctions", Asked(length=12))
    name = next(n for n, (axis, _) in scenarios.load(folder).sets.items() if axis == "actor")
    code = scenarios.load(folder).sets[name].members[0]
    members(folder, f"{name},{code},2022-03,,")
    assert any("heeds who is in" in one.found for one in scenarios.check(folder))


@truth("invariant", source="docs/scenario-format.md", kills="a spell that a run sees too early")
def test_a_spell_known_only_later_changes_nothing(tmp_path):
    """Named by check, and not used: with it or without it the tables of the laws are the same."""
    from kautilya.scenario.membership import tables

    folder = scenarios.new("war", tmp_path, "war", Asked(length=12))
    members(folder, "belligerent,AAA,,,red", "belligerent,AAB,,,blue", "supplier,AAC,2022-03,,")
    before = tables(scenarios.load(folder))
    file, late = folder / "members.csv", "later,2022-12-31,B2,confirmed,told later\n"
    with (folder / "sources.csv").open("a", encoding="utf-8") as sources:
        sources.write("later,a title,somebody,a publisher,2022-12-31,,\n")
    for spell in ("buyer,AAA,,2022-05,,", "supplier,AAC,2022-01,2022-01,,"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text + spell + late, encoding="utf-8")
        after = tables(scenarios.load(folder))
        assert before.keys() == after.keys()
        assert all(np.array_equal(before[name], after[name]) for name in before)
        assert any(one.file == "members.csv" for one in scenarios.notes(folder))
        file.write_text(text, encoding="utf-8")
