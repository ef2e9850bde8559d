"""A run sees what was known on the as-of day, inside its months; check names every other row."""

from __future__ import annotations

import csv
import io
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.bad_cases import QUANT, SERIES, TOML
from support.conventions import truth
from support.toy_laws import TOYS, small_war
from support.toy_runs import edit, ready, run

from kautilya.scenario import check, load, notes
from kautilya.scenario.assemble import Assembled, assemble
from kautilya.scenario.draft import draft, fetch
from kautilya.scenario.library import SHIPPED
from kautilya.scenario.scenario import TIMED, Scenario

pytestmark = pytest.mark.usefixtures("own_cache")
FLAGSHIP = SHIPPED / "russia_dprk_2024"
LATE = "example2022,2022-07-01,B3,reported"  # the toy's as-of day is 2022-06-30
VALUES = ("low", "central", "high", "value")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_war("my_scenario", tmp_path)


def same(one: Assembled, other: Assembled) -> None:
    """Everything that a run is made of, to the last bit."""
    for name in ("plain_index", "anchor_index", "low", "high", "weight", "series", "record"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.quantities == other.quantities
    assert one.model.world.tables.keys() == other.model.world.tables.keys()
    for name, table in one.model.world.tables.items():
        assert np.array_equal(table, other.model.world.tables[name]), name


def worse(path: Path, lines: set[int]) -> bytes:
    """The text of a table with the numbers of these lines seven times as large, and one more."""
    text = path.read_text(encoding="utf-8")
    head = next(line for line in text.split("\n") if line and not line.startswith("#")).split(",")
    out = []
    for number, line in enumerate(text.split("\n"), 1):
        if number in lines:
            cells = next(csv.reader([line]))
            cells = [
                f"{7 * float(cell) + 1:g}" if head[i] in VALUES and cell else cell
                for i, cell in enumerate(cells)
            ]
            made = io.StringIO()
            csv.writer(made, lineterminator="").writerow(cells)
            line = made.getvalue()
        out.append(line)
    return "\n".join(out).encode()


def late_lines(scn: Scenario) -> dict[str, set[int]]:
    """Lines of the rows that are set aside, by file."""
    found: dict[str, set[int]] = {}
    for one in scn.aside:
        found.setdefault(one.file, set()).add(one.line)
    return found


@truth("invariant", kills="a row known only after the as-of day that a run reads")
def test_late_rows_of_the_flagship_change_nothing_one_at_a_time():
    """Whatever one of them says, the rows in use are the same objects of the same tables."""
    files = fetch(FLAGSHIP)
    known = draft(FLAGSHIP, files).scenario
    late = late_lines(known)
    assert sum(map(len, late.values())) > 60 and {"figures.csv", "series.csv"} <= set(late)
    for name, lines in late.items():
        for line in sorted(lines):
            changed = {name: worse(FLAGSHIP / name, {line})}
            assert changed[name] != files[name] or name == "events.csv"
            tables = {one: files[one] for one in ("actors.csv", "goods.csv", TOML)} | changed
            made = draft(FLAGSHIP, tables).scenario
            assert made.tables[name] == known.tables[name]
            assert made.lines[name] == known.lines[name]


@truth("invariant", kills="a later figure that reaches the inputs by way of another table")
def test_late_rows_of_the_flagship_change_nothing_together(tmp_path: Path):
    """Arrays of the model's inputs, and the systems that the draws of the accounts are held to."""
    from kautilya.accounts import prepared

    copy = Path(shutil.copytree(FLAGSHIP, tmp_path / FLAGSHIP.name))
    one = load(FLAGSHIP)
    for name, lines in late_lines(one).items():
        (copy / name).write_bytes(worse(FLAGSHIP / name, lines))
    other = load(copy)
    assert one.digest != other.digest
    same(assemble(one), assemble(other))
    a, b = (prepared(scn, "run", scn.head.as_of).pieces for scn in (one, other))
    assert len(a) == len(b) > 2
    for (left, _), (right, _) in zip(a, b, strict=True):
        assert left.names == right.names
        assert pickle.dumps(left) == pickle.dumps(right)
    later = prepared(other, "run", "2025-12-31").pieces
    assert any(
        pickle.dumps(left) != pickle.dumps(right)
        for (left, _), (right, _) in zip(a, later, strict=True)
    )


@truth("invariant", kills="a late row that wins because it names its element more closely")
def test_late_rows_change_no_bit_of_a_run(folder: Path):
    before = run(ready(folder))[0]
    for name, rows in {
        QUANT: f"late-tanks,opening.stock,AAA,,tank,store,,,1,2,3,tank,triangular,{LATE},\n"
        f"late-rate,make.rate,AAA,,tank,,,,90,91,92,tank/month,triangular,{LATE},\n",
        SERIES: f"supply.recorded,AAC,AAA,,shell,2022-06,99999,tube_round/month,{LATE}\n".replace(
            "AAA,,shell", "AAA,shell"
        )
        + "supply.recorded,AAC,AAA,shell,2022-07,88888,tube_round/month,"
        "example2022,2022-06,C3,reported\n",
    }.items():
        path = folder / name
        path.write_text(path.read_text() + rows)
    said = notes(folder)
    assert {(one.file, one.column) for one in said} == {
        (QUANT, "date"),
        (SERIES, "date"),
        (SERIES, "month"),
    }
    assert all("not used" in one.found for one in said) and len(said) == 4
    after = run(ready(folder))[0]
    assert before.keys() == after.keys()
    for name, values in before.items():
        assert np.array_equal(values, after[name]), name


@truth("order", kills="an anchor, a figure or an observation outside of the run that is used")
def test_months_outside_of_the_run_are_named_and_not_used(folder: Path):
    (folder / QUANT).write_text(
        (folder / QUANT).read_text() + "early,fire.rate,AAA,,shell,,,2021-12,1,2,3,tube_round/day,"
        "triangular,example2022,2022-02,B3,reported,\n"
    )
    (folder / SERIES).write_text(
        (folder / SERIES).read_text()
        + "observed.seen,AAA,,tank,2021-12,5,tank,example2022,2022-06,C3,"
        "reported\n"
    )
    made = load(folder)
    found = {(one.file, one.column) for one in made.aside}
    assert (SERIES, "month") in found and (QUANT, "month") in found
    assert "early" not in {row.id for row in made.quantities}
    assert "early" in {row.id for row in made.every(type(made.quantities[0]))}


@truth("order", kills="a scenario that loses a figure to the as-of day and opens at zero instead")
def test_an_element_whose_only_row_is_late_is_a_mistake(folder: Path):
    edit(folder / TOML, ("as_of = 2022-06-30", "as_of = 2021-12-31"))
    found = check(folder, TOYS)
    assert any("no quantity for" in one.found for one in found)
    said = notes(folder)
    assert any(one.column == "as_of" and "before the start" in one.found for one in said)
    assert (
        sum("not used" in one.found for one in said)
        >= len([1 for name in TIMED for _ in load_rows(folder, name)]) - 6  # some are series
    )


def load_rows(folder: Path, name: str) -> list[str]:
    """Lines of a table that carry a date of 2022 or later, and are no assumed range."""
    path = folder / name
    return (
        [
            line
            for line in path.read_text().split("\n")
            if ",2022-" in line and ",assumed," not in line and not line.startswith("#")
        ]
        if path.exists()
        else []
    )


@truth(
    "order", source="docs/scenario-format.md", kills="an as-of day that no month of the run knows"
)
@pytest.mark.parametrize(
    ("day", "word"), [("2024-01-01", "after the horizon"), ("2021-11-30", "before the start")]
)
def test_an_as_of_day_outside_of_the_run_is_said(folder: Path, day: str, word: str):
    edit(folder / TOML, ("as_of = 2022-06-30", f"as_of = {day}"))
    assert [one for one in notes(folder) if one.column == "as_of" and word in one.found]


@truth("order", kills="a date of the year alone that is used without a word")
def test_a_date_that_may_be_late_is_said(folder: Path):
    edit(folder / QUANT, ("triangular,example2022,2022-02,B3", "triangular,example2022,2022,B3"))
    assert {one.found for one in notes(folder)} == {
        "2022 may be after the as-of day 2022-06-30; the row is used"
    }
    assert check(folder, TOYS) == []


@truth("closed-form", kills="a record that a later as-of day does not show")
def test_every_row_is_there_for_those_who_judge_later():
    known = load(FLAGSHIP)
    for model in {type(one.row) for one in known.aside}:
        late = [one.row for one in known.aside if type(one.row) is model]
        every = known.every(model)
        assert [row for row in every if row in late] == late
        assert len(every) == len(known.rows(model)) + len(late)


DAYS = ("2022-12-31", "2024-05-31")


@pytest.mark.parametrize("day", DAYS)
@truth(
    "invariant", kills="a row of any table known only after an earlier day that a run of it reads"
)
def test_an_earlier_day_of_the_flagship_sees_nothing_later(tmp_path: Path, day: str):
    """Whatever stands in later rows, the arrays of the model are the same, and shaped as ever."""
    copy = Path(shutil.copytree(FLAGSHIP, tmp_path / FLAGSHIP.name))
    now, then = load(FLAGSHIP), load(FLAGSHIP, day)
    late = late_lines(then)
    assert {"figures.csv", "series.csv", "quantities.csv", "covariates.csv", "trade.csv"} <= set(
        late
    )
    for name, lines in late.items():
        (copy / name).write_bytes(worse(FLAGSHIP / name, lines))
    made = assemble(then)
    same(made, assemble(load(f"{copy}@{day}")))
    usual = assemble(now)
    for name in ("plain_index", "anchor_index", "low", "series", "record"):
        assert getattr(made, name).shape == getattr(usual, name).shape, name
    for name, table in usual.model.world.tables.items():
        assert made.model.world.tables[name].shape == table.shape, name
    assert made.record.sum() < usual.record.sum() and then.digest != now.digest
    assert {row.source for row in then.quantities[-then.standing["quantities.csv"] :]} == {
        "assumed"
    }


@truth(
    "order", kills="a range that rests on a later figure and is taken for timeless, or the reverse"
)
def test_an_assumed_range_is_timeless_unless_its_note_rests_on_something_later(folder: Path):
    path = folder / QUANT
    text = path.read_text()
    row = "{id},make.rate,AAA,,tank,,,2022-0{n},90,91,92,tank/month,triangular,assumed,2022-06-01,F6,assumed,{note}\n"
    text = "\n".join(one for one in text.splitlines() if ",make.rate,AAA,,tank," not in one) + "\n"
    path.write_text(
        text
        + row.format(id="plain-range", n=2, note="nobody says")
        + row.format(id="rests", n=5, note="half of late-claim1")
    )
    (folder / "events.csv").write_text(
        "id,actors,type,event,known,source,date,grade,status,note\n"
        "late-claim1,AAA,visit,said so,2022-05-20,example2022,2022-05-01,B3,reported,\n"
    )
    ids = {row.id for row in load(folder, "2022-05-10").quantities}
    assert "plain-range" in ids and "rests" not in ids
    assert {"plain-range", "rests"} <= {row.id for row in load(folder, "2022-05-20").quantities}
    told = notes(folder, "2022-05-10")
    assert any(one.column == "note" and "2022-05-20" in one.found for one in told)


@truth("invariant", kills="a run of an earlier day that hears of what came later, or another shape")
def test_an_earlier_day_changes_no_bit_by_what_is_later_and_no_shape(folder: Path):
    day = "2022-03-31"
    (folder / "earlier").mkdir(exist_ok=True)
    head = (folder / QUANT).read_text().split("\n")
    names = next(one for one in head if one.startswith("id,"))
    rows = [one for one in head if ",2022" in one and "opening.stock" in one]
    moved = [one.replace("2022-02", "2022-05") for one in rows]
    (folder / QUANT).write_text("\n".join(head).replace(rows[0], moved[0]))
    (folder / "earlier" / QUANT).write_text(
        "\n".join([names, rows[0].replace("reported", "assumed").replace("example2022", "assumed")])
        .replace("B3", "F6") + "wide\n"
    )  # fmt: skip
    known = load(folder, day)
    assert known.standing == {QUANT: 1}
    before = run(assemble(known, TOYS))[0]
    for name, lines in late_lines(known).items():
        (folder / name).write_bytes(worse(folder / name, lines))
    after = run(assemble(load(folder, day), TOYS))[0]
    assert {k: v.tobytes() for k, v in before.items()} == {k: v.tobytes() for k, v in after.items()}
    later = run(assemble(load(folder), TOYS))[0]
    assert {k: v.shape for k, v in later.items()} == {k: v.shape for k, v in before.items()}


@truth(
    "required",
    source="docs/scenario-format.md",
    kills="a day behind a name that check takes for a name",
)
def test_check_takes_the_day_behind_a_name():
    asked = check("sanctions_only", as_of="2023-06-01")
    assert asked and check("sanctions_only@2023-06-01") == asked
    assert notes("sanctions_only@2023-06-01") == notes("sanctions_only", "2023-06-01")
