"""Imported rows in a folder of their own, and in the tables of a scenario."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from support.conventions import truth
from support.public_tables import mangled

from kautilya.errors import KautilyaError
from kautilya.layouts import tidy
from kautilya.layouts.recognise import read
from kautilya.scenario import check, new
from kautilya.scenario.library import SHIPPED

SERIES = "series,actor,partner,good,month,value,unit,source,date,grade,status\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A scenario whose actors are those of the excerpt."""
    folder = new("own", tmp_path)
    actors = (folder / "actors.csv").read_text()
    assert "RUS" not in actors
    return folder


@truth("required", kills="rows lost on their way to disk, or a file written over")
def test_a_folder_of_its_own(tmp_path: Path) -> None:
    found = [read(mangled(name, tmp_path)["plain"]) for name in ("salvos",)]
    found += [read(mangled("battle-deaths", tmp_path)["plain"])]
    tidy.write(found, tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out" / "rows.csv").read_text().splitlines()))
    assert len(rows) == sum(len(one.reading.entries) for one in found)
    assert {row["licence"] for row in rows} == {"none stated", "CC BY 4.0"}
    monthly = list(csv.DictReader((tmp_path / "out" / "series.csv").read_text().splitlines()))
    assert len(monthly) == len(found[0].reading.entries)
    with pytest.raises(KautilyaError, match="there already"):
        tidy.write(found, tmp_path / "out")
    tidy.write(found, tmp_path / "out", replace=True)


@truth("required", kills="a shipped scenario that is written to")
def test_a_shipped_scenario_is_not_written(tmp_path: Path) -> None:
    found = [read(mangled("salvos", tmp_path)["plain"])]
    with pytest.raises(KautilyaError, match="shipped"):
        tidy.into(found, SHIPPED / "russia_dprk_2024")


@truth("required", kills="rows put in twice, a revision in silence, a row without a place put in")
def test_rows_go_into_a_scenario_once(own: Path, tmp_path: Path) -> None:
    found = read(mangled("salvos", tmp_path)["plain"])
    actors = (own / "actors.csv").read_text().splitlines()
    code = next(line for line in actors if line and line[0] != "#" and not line.startswith("code"))
    (own / "actors.csv").write_text(
        "\n".join([*actors, code.replace(code[:3], "RUS", 1), code.replace(code[:3], "UKR", 1)])
        + "\n"
    )
    goods = (own / "goods.csv").read_text().rstrip("\n").splitlines()
    (own / "goods.csv").write_text("\n".join([*goods, "drone,drone,,all,long-range drones"]) + "\n")
    first = tidy.into([found], own)
    drones = [row for row in found.reading.entries if row.good == "drone"]
    assert (first.added, first.revised) == (len(drones), 0)
    assert any("missile" in note for note in first.notes)
    assert tidy.into([found], own)[:2] == (0, 0)
    series = own / "series.csv"
    series.write_text(series.read_text().replace(",1234,", ",1200,"))
    again = tidy.into([found], own)
    assert (again.added, again.revised) == (0, 1) and "1200 becomes 1234" in again.notes[0]
    assert not [m for m in check(own) if m.file in ("series.csv", "sources.csv")]


@truth("required", kills="a fresh scenario without records that no import can begin")
def test_absent_tables_are_begun(own: Path, tmp_path: Path) -> None:
    found = read(mangled("salvos", tmp_path)["plain"])
    (own / "series.csv").unlink()
    tidy.into([found], own)
    with pytest.raises(KautilyaError, match=r"no scenario\.toml"):
        tidy.into([found], tmp_path)


@truth("order", kills="a traceback for a broken table of one's own")
@pytest.mark.parametrize("text", ['"a', "series,actor\na\n", "\xff"])
def test_a_broken_table_is_told(own: Path, tmp_path: Path, text: str) -> None:
    (own / "series.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(KautilyaError, match="CSV|cell|UTF-8"):
        tidy.into([read(mangled("salvos", tmp_path)["plain"])], own)


@truth("order", kills="a folder, a device or a broken link told as a file that is not there")
def test_what_is_no_file_is_told_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for path, said in (
        (tmp_path, "folder"),
        (Path("/dev/zero"), "device"),
        (tmp_path / "link", "link"),
        (tmp_path / "nowhere", "no such file"),
    ):
        with pytest.raises(KautilyaError, match=said):
            read(path)


@pytest.mark.parametrize("name", ["scenario.toml", "plan.json", "manifest.json"])
@pytest.mark.parametrize("replace", [False, True])
@truth("required", kills="the tables of a scenario, or a run, put out of the way by an import")
def test_a_scenario_or_a_run_is_not_written_over(tmp_path: Path, name: str, replace: bool) -> None:
    found = read(mangled("salvos", tmp_path)["plain"])
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("mine")
    with pytest.raises(KautilyaError, match="the folder of a"):
        tidy.write([found], out, replace)
    assert [one.name for one in out.iterdir()] == [name]


@truth("invariant", kills="a month of two files that stands twice in a scenario's table")
def test_a_month_of_two_files_stands_once(tmp_path: Path) -> None:
    found = [read(mangled("salvos", tmp_path)["plain"])] * 2
    tidy.write(found, tmp_path / "out")
    rows = (tmp_path / "out" / "series.csv").read_text().splitlines()
    assert len(rows) - 1 == len(found[0].reading.entries) == len(set(rows)) - 1


@truth("order", source="RFC 8259", kills="a record whose second value wins in silence")
def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"date": "2022-03-31", "tank": 2, "tank": 3, "APC": 1}]')
    with pytest.raises(KautilyaError, match="'tank' twice"):
        read(path)


@truth("order", kills="digits of another script, or a day in them, read as plain ones")
@pytest.mark.parametrize(
    ("cell", "other"),
    [("2022-02-25", "٢٠٢٢-٠٢-٢٥"), ("2022-02-25", "25 March ２０２２"), ("80", "٨٠")],
)
def test_other_digits_are_refused(tmp_path: Path, cell: str, other: str) -> None:
    text = "date,day,tank,APC,field artillery\n2022-02-25,2,80,516,49\n2022-03-31,3,146,706,49\n"
    (tmp_path / "a.csv").write_text(text.replace(cell, other))
    with pytest.raises(KautilyaError, match=r"a\.csv:2"):
        read(tmp_path / "a.csv")
