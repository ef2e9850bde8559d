"""A scenario that is another one with changes: what it changes and nothing else is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.conventions import truth

from kautilya import scenario as scenarios
from kautilya.cli.catalogue import listed
from kautilya.cli.questions import changed
from kautilya.report.subject import drawn_from
from kautilya.scenario.check import of_own
from kautilya.scenario.fill import fill
from kautilya.scenario.mistakes import ScenarioErrors
from kautilya.scenario.patch import TOML

HEAD = 'base = "russia_dprk_2024"\nid = "own"\n'
COLUMNS = (
    "id,parameter,actor,partner,good,stage,label,month,low,central,high,unit,distribution,source,"
    "date,grade,status,note\n"
)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "own"
    made.mkdir()
    (made / "scenario.toml").write_text(HEAD, encoding="utf-8")
    return made


@truth("invariant", source="a patch of nothing", kills="a row lost on the way; a digest shared")
def test_a_patch_of_nothing_is_its_base_under_another_name(folder):
    own, base = scenarios.load(folder), scenarios.load("russia_dprk_2024")
    assert (own.tables, own.sets, own.levers, own.outcomes) == (
        base.tables,
        base.sets,
        base.levers,
        base.outcomes,
    )
    assert own.head == base.head.model_copy(update={"id": "own"}) and own.digest != base.digest
    assert scenarios.check(folder) == []


@truth("invariant", source="rows by their key", kills="a row beside the one that it should replace")
def test_a_row_replaces_the_row_of_its_id(folder):
    base = scenarios.load("russia_dprk_2024")
    one, two = base.quantities[0], base.quantities[1]
    cells = [str(value) if value is not None else "" for value in one.model_dump().values()]
    row = dict(zip(one.model_dump(), cells, strict=True)) | {"note": "changed", "source": "assumed"}
    row |= {"status": "assumed", "grade": "F6"}
    line = ",".join(row[name] for name in COLUMNS.strip().split(","))
    (folder / "quantities.csv").write_text(COLUMNS + line + "\n", encoding="utf-8")
    more = '[drop]\n"events.csv" = ["' + base.events[0].id + '"]\n'
    (folder / "scenario.toml").write_text(HEAD + 'title = "Changed"\n' + more, encoding="utf-8")
    own = scenarios.load(folder)
    assert own.quantities[0].note == "changed" and own.quantities[1] == two
    assert len(own.quantities) == len(base.quantities)
    assert own.events == base.events[1:] and own.head.title == "Changed"
    before = own.digest
    (folder / "quantities.csv").write_text(COLUMNS, encoding="utf-8")
    assert scenarios.load(folder).digest != before


@pytest.mark.parametrize("base", ['"nowhere"', "3", '"../own"', '"own"'])
@truth("order", source="error at the door", kills="a base of itself without end; a traceback")
def test_a_base_that_is_none_is_named(folder, base):
    (folder / "scenario.toml").write_text(f"base = {base}\n", encoding="utf-8")
    with pytest.raises(ScenarioErrors, match="base"):
        scenarios.load(folder)


BROKEN = {
    "a quote without end": ("quantities.csv", COLUMNS + '"a,b\n', "not CSV"),
    "a row too short": ("goods.csv", "good,unit\na\n", "1 cell under 2 columns"),
    "a cell beyond all measure": ("sources.csv", "key,title\n" + "a" * 200_000 + ",b\n", "not CSV"),
    "a column twice": ("sources.csv", "key,key\na,b\n", "twice"),
    "bytes that are no text": ("quantities.csv", b"id\n\xff\n", "UTF-8"),
    "TOML that is none": ("accounts.toml", "[[account", "TOML"),
}


@pytest.mark.parametrize("kind", BROKEN)
@truth("order", source="error at the door", kills="a traceback of csv; a file that is passed over")
def test_a_file_of_a_change_that_cannot_be_read_is_told(folder, kind):
    name, text, said = BROKEN[kind]
    if name != "accounts.toml":  # the smallest base that has the table
        small = HEAD.replace("russia_dprk_2024", "iwo_jima_1945")
        (folder / "scenario.toml").write_text(small, encoding="utf-8")
    data = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(data)
    found = [one for one in scenarios.check(folder) if one.file == name]
    assert any(said in f"{one.found} {one.remedy}" for one in found), found
    if name in ("quantities.csv", "sources.csv"):
        with pytest.raises(ScenarioErrors):
            fill(folder)


LEVER = """[[lever]]
id = "korea"
says = "Korea joins"
[[lever.set]]
parameter = "trade_state.joined"
label = "energy"
actor = "KOR"
value = 202409
"""


@pytest.mark.usefixtures("own_cache")
@truth("order", source="a change of the flagship", kills="a mistake under notes on rows of others")
def test_check_tells_mistakes_first_and_of_the_base_how_many(folder):
    """Notes on rows that the folder changes are told, those on rows of its base are counted."""
    base = Path(scenarios.load("russia_dprk_2024").folder)
    below = scenarios.notes(base)
    lines = (base / "figures.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    head = next(i for i, line in enumerate(lines) if line.startswith("id,"))
    late = next(one for one in below if one.file == "figures.csv")
    (folder / "figures.csv").write_text(lines[head] + lines[late.line - 1], encoding="utf-8")
    (folder / TOML).write_text(HEAD + LEVER, encoding="utf-8")
    mistakes, every = scenarios.check(folder), scenarios.notes(folder)
    own = of_own(folder, every)
    assert own == [late] and len(every) == len(below) > 100
    assert of_own(base, below) == below
    told = listed(mistakes, folder, (every, own))
    wrong, note, counted, end = told.blocks
    assert "lever.set.value" in wrong and end == "1 mistake"
    assert note.startswith(f"note: figures.csv:{late.line}: ")
    assert f"{len(every) - 1} notes on rows of its base" in counted
    assert len(told.data["notes"]) == len(every)


@pytest.mark.usefixtures("own_cache")
@truth("order", source="a change of the flagship", kills="a posterior that is dropped in silence")
def test_compare_says_as_run_does_that_no_posterior_is_kept(folder):
    (folder / TOML).write_text(HEAD + LEVER.replace("202409", '"2024-09"'), encoding="utf-8")
    first, *_ = changed(([], "2025", 64), str(folder), False).blocks
    manifest = {"as_of": "2024-08-10", "scenario": folder, "drawn_from": "lacking"}
    assert first == f"{drawn_from(manifest)}." and f"posterior {folder}@2024-08-10" in first
    assert len(changed(([], "2025", 64), "russia_dprk_2024", False).blocks) == 1
