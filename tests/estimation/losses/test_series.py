"""Reading claims and events as months: by hand, and mistakes that point at their line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth

from kautilya.errors import KautilyaError
from kautilya.estimation.losses.series import read

HEAD = "date,tank,apc,field_artillery,personnel\n"


def claims(folder: Path, months: int = 9, drop: tuple[str, ...] = ()) -> Path:
    """Two tanks, three vehicles, one gun and ten men a day; some days left out."""
    days = pd.date_range("2022-02-25", periods=31 * months, freq="D")
    rows = [
        f"{d:%Y-%m-%d},{2 * i},{3 * i},{i},{10 * i}"
        for i, d in enumerate(days)
        if f"{d:%Y-%m-%d}" not in drop
    ]
    path = folder / "claims.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


@truth("closed-form", source="counted by hand", kills="a month that takes a day of its neighbour")
def test_months_are_differences_of_their_last_days(tmp_path: Path) -> None:
    got = read(claims(tmp_path))
    days = got.seen.index.days_in_month.to_numpy(float)
    np.testing.assert_allclose(got.seen["tank"], 2 * days)
    np.testing.assert_allclose(got.seen["personnel"], 10 * days)
    assert str(got.seen.index[0]) == "2022-03" and str(got.seen.index[-1]) == "2022-11"


@truth(
    "invariant",
    source="a line between two known days",
    kills="a missing day that empties its month",
)
def test_missing_days_are_read_between_their_neighbours(tmp_path: Path) -> None:
    whole = read(claims(tmp_path))
    short = read(claims(tmp_path, drop=("2022-04-30", "2022-05-01", "2022-06-15")))
    pd.testing.assert_frame_equal(whole.seen, short.seen)
    assert "3 days" in short.notes[0]


@truth("closed-form", source="counted by hand", kills="corrections that change what is scored")
def test_corrections_leave_the_score_alone(tmp_path: Path) -> None:
    path = claims(tmp_path)
    (tmp_path / "general_staff_corrections.csv").write_text(
        "date,day,tank,apc\n2022-06-10,1,5,-7\n2022-06-20,2,1,0\n"
    )
    got = read(path)
    change = got.seen - got.clean
    assert change.loc["2022-06", ["tank", "apc"]].tolist() == [6.0, -7.0]
    assert change.drop(index="2022-06").to_numpy().any() == 0
    assert got.seen.loc["2022-06", "tank"] == 60.0


@truth("closed-form", source="counted by hand", kills="a type that is lost where it can be known")
def test_events_by_country_and_type(tmp_path: Path) -> None:
    rows = ["country,origin,system,type,status,date_recorded,n"]
    for month in range(1, 10):
        rows += [
            f"Russia,x,T-72,{'Tanks' if month == 1 else ''},lost,2023-0{month}-28,2",
            f"Ukraine,x,BMP,Infantry Fighting Vehicles,lost,2023-0{month}-28,1",
            f"Russia,x,unheard of,,lost,2023-0{month}-28,9",
        ]
    path = tmp_path / "events.csv"
    path.write_text("\n".join(rows) + "\nRussia,x,T-72,Tanks,lost,2023-09-30,0\n")
    got = read(path)
    assert list(got.seen.columns) == ["Russia/Tanks", "Ukraine/Infantry Fighting Vehicles"]
    assert (got.seen["Russia/Tanks"] == 2).all() and len(got.seen) == 8
    assert "no type" in got.notes[0]


@truth("invariant", source="a folder holds one file of claims", kills="corrections read as claims")
def test_a_folder_is_searched(tmp_path: Path) -> None:
    claims(tmp_path)
    (tmp_path / "a_corrections.csv").write_text("date,tank,personnel\n2022-06-10,5,1\n")
    assert len(read(tmp_path).seen) == 9
    (tmp_path / "claims.csv").unlink()
    with pytest.raises(KautilyaError, match="no file of claims"):
        read(tmp_path)


BAD = {
    "no such column": ("day,tank\n1,2\n", ":1: columns day, tank"),
    "empty": ("", ":1: columns none"),
    "no rows": (HEAD, "no rows"),
    "a day that is none": (HEAD + "2022-02-30,1,1,1,1\n", ":2: date '2022-02-30'"),
    "a word": (HEAD + "2022-02-25,1,1,1,1\n2022-02-26,1,many,1,1\n", ":3: apc 'many'"),
    "below zero": (HEAD + "2022-02-25,-4,1,1,1\n", ":2: tank -4: an impossible number"),
    "without end": (HEAD + "2022-02-25,inf,1,1,1\n", ":2: tank 'inf'"),
    "twice": (HEAD + "2022-02-25,1,1,1,1\n2022-02-25,2,1,1,1\n", ":3: date 2022-02-25 a second"),
    "a cell short": (HEAD + "# said so\n2022-02-25,1,1,1\n", ":3: 4 cells"),
    "three weeks": (HEAD + "2022-02-25,1,1,1,1\n2022-03-14,2,2,2,2\n", "0 whole months"),
    "two names alike": ("date,tank,Tank\n2022-02-25,1,1\n", "two columns 'tank'"),
    "a class misspelled": (
        "date,tank,field_artilery\n2022-02-25,1,1\n",
        "Did you mean field_artillery",
    ),
    "a class given twice": ("date,tank,tanks\n2022-02-25,1,1\n", "tank and tanks name one class"),
    "a decimal comma": ("date;tank;apc\n2022-02-25;1,5;1\n", ":2: tank '1,5'"),
    "days in either order": (
        HEAD + "03/02/2022,1,1,1,1\n05/04/2022,1,1,1,1\n",
        ":2: date '03/02/2022'",
    ),
    "a quote without end": (HEAD + '2022-02-25,"1,1,1,1\n', ":2: 2 cells"),
    "json of one number": ("[1, 2]", "no list of records"),
    "json within json": ('[{"date": "2022-02-25", "tank": {"n": 1}}]', ":1: columns date, n"),
    "json of a word": ('[{"date": "2022-02-25", "tank": "many"}]', "record 1: tank 'many'"),
    "json that is none": ('[{"date": ', "no JSON"),
    "json of no list": ('{"date": "2022-02-25"}', "no list of records"),
    "json too deep": ("[" * 100_000, "no JSON"),
    "no number at all": (HEAD + "2022-02-25,,,,\n2022-09-30,,,,\n", "no numbers of losses"),
}


@pytest.mark.parametrize("name", BAD)
@truth("invariant", source="bad input is named with its line", kills="a traceback for the user")
def test_mistakes_point_at_their_line(name: str, tmp_path: Path) -> None:
    text, found = BAD[name]
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(KautilyaError) as error:
        read(path)
    assert found in str(error.value) and str(error.value).endswith(".")


@truth("symmetry", source="one table", kills="bytes of another alphabet, days or thousands misread")
def test_other_ways_of_writing_are_read_alike(tmp_path: Path) -> None:
    plain = claims(tmp_path)
    want = read(plain).seen
    rows = plain.read_text().splitlines()
    other = [rows[0].replace(",", ";") + ";é"]
    for row in rows[1:]:
        day, *cells = row.split(",")
        year, month, number = day.split("-")
        said = [f"{int(cell):,}".replace(",", ".") for cell in cells]
        other.append(";".join([f"{number}.{month}.{year}", *said, ""]))
    path = tmp_path / "other" / "claims.csv"
    path.parent.mkdir()
    path.write_bytes("\n".join(other).encode("latin-1"))
    got = read(path)
    pd.testing.assert_frame_equal(got.seen, want)
    assert any("not UTF-8" in note for note in got.notes)
    with pytest.raises(KautilyaError, match="no such file"):
        read(tmp_path / "none.csv")


POPULAR = "date,day,tank,APC,field artillery,MRL\n"


@truth(
    "symmetry",
    source="one table in the layouts that public copies have",
    kills="a column that is not read for its case or blank, without a word",
)
@pytest.mark.parametrize("layout", ["comma", "semicolon", "tab", "json", "nested", "wide", "mark"])
def test_popular_layouts_are_read_alike(layout: str, tmp_path: Path) -> None:
    days = pd.date_range("2022-02-25", periods=270, freq="D")
    text = POPULAR + "".join(
        f"{d:%Y-%m-%d},{i},{2 * i},{3 * i},{i},1\n" for i, d in enumerate(days)
    )
    plain, other = tmp_path / "plain.csv", tmp_path / "other.csv"
    plain.write_text(text)
    records = pd.read_csv(plain).to_dict("records")
    if layout in ("json", "nested"):
        other = tmp_path / "other.json"
        other.write_text(json.dumps({"data": records} if layout == "nested" else records))
    else:
        sep = {"semicolon": ";", "tab": "\t"}.get(layout, ",")
        code = {"wide": "utf-16", "mark": "utf-8-sig"}.get(layout, "utf-8")
        other.write_bytes(text.replace(",", sep).encode(code))
    want, got = read(plain), read(other)
    assert list(want.seen.columns) == ["tank", "apc", "field_artillery"]
    pd.testing.assert_frame_equal(got.seen, want.seen)
    more = [note for note in got.notes if note not in want.notes]
    assert all("cells stand between" in note or "UTF-16" in note for note in more)
    assert set(want.notes) <= set(got.notes) and any("corrections" in x for x in got.notes)


@truth("closed-form", source="counted by hand", kills="a class that ends or has holes, unsaid")
def test_gaps_and_ends_are_told(tmp_path: Path) -> None:
    days = pd.date_range("2022-02-25", periods=270, freq="D")
    rows = [
        f"{d:%Y-%m-%d},{2 * i},{3 * i if i < 200 else ''},{'' if 50 < i < 56 else i},"
        f"{7 if i == 100 else 10 * i}"
        for i, d in enumerate(days)
    ]
    path = tmp_path / "claims.csv"
    path.write_text(HEAD + "\n".join(rows))
    got = read(path)
    assert list(got.seen.columns) == ["tank", "field_artillery", "personnel"]
    assert np.isfinite(got.clean.to_numpy()).all()
    for said in (
        "apc is left out: its numbers run from 2022-02-25 to 2022-09-12",
        "5 cells of field_artillery",
        "personnel falls on 1 day, first on 2022-06-05",
    ):
        assert any(said in note for note in got.notes), said


def events(folder: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    """Events of one item each: country, system, type, day."""
    path = folder / "events.csv"
    path.write_text(
        "country,system,type,status,date_recorded,n\n"
        + "".join(f"{c},{s},{k},lost,{d},1\n" for c, s, k, d in rows)
    )
    return path


DAYS = [f"{d:%Y-%m-%d}" for d in pd.date_range("2023-01-01", "2023-10-31", freq="D")]


@truth("closed-form", source="counted by hand", kills="rows given twice that count in silence")
def test_doubled_events_are_told(tmp_path: Path) -> None:
    rows = [("Russia", "T-1", "Tanks", day) for day in DAYS]
    assert not any("twice" in note for note in read(events(tmp_path, rows)).notes)
    got = read(events(tmp_path, rows + rows[:40]))
    assert any(f"40 of {len(rows) + 40} rows like another one" in note for note in got.notes)


@truth(
    "closed-form",
    source="labels exchanged in the middle of the file",
    kills="a series that ends in silence; a system that changes its owner",
)
def test_series_that_end_and_labels_that_flip_are_told(tmp_path: Path) -> None:
    rows = [("Russia" if day < "2023-07-20" else "Ukraine", "T-1", "Tanks", day) for day in DAYS]
    rows += [("Ukraine", "T-2", "Tanks", day) for day in DAYS]
    notes = read(events(tmp_path, rows)).notes
    assert any(note.startswith("Russia/Tanks: nothing after 2023-07-19") for note in notes)
    assert any(
        "'T-1' is lost by RUS to 2023-07-19 and by UKR from 2023-07-20" in note for note in notes
    )


@truth("symmetry", source="a name says the same in any case", kills="a label that is dropped")
def test_spellings_of_labels(tmp_path: Path) -> None:
    rows = [("Russia", "T-1", "Tanks", day) for day in DAYS]
    mixed = [
        (c if i % 2 else c.upper(), s, k if i % 3 else k.lower(), d)
        for i, (c, s, k, d) in enumerate(rows)
    ]
    want, got = read(events(tmp_path, rows)), read(events(tmp_path, mixed))
    assert (got.seen.to_numpy() == want.seen.to_numpy()).all() and got.seen.shape[1] == 1
    odd = rows + [("Russia", "T-1", "Tank", day) for day in DAYS[:9]]
    assert any(
        "9 rows of type 'Tank' not read: did you mean 'Tanks'" in note
        for note in read(events(tmp_path, odd)).notes
    )


@truth("invariant", source="the outside files themselves", kills="a warning that cries wolf")
def test_little_is_told_of_the_real_files() -> None:
    notes = read(shared_file("data/general_staff_claimed_losses_daily.csv")).notes
    assert len(notes) == 2 and all("falls on 1 day," in note for note in notes)
    assert not any(
        "twice" in note or "exchanged" in note
        for note in read(shared_file("data/oryx_events.csv")).notes
    )


HUGE = ("1e2147483648", "1e-4294967000", "0.1e99999999999", "1e-" + "9" * 400)


@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:16])
@truth(
    "closed-form",
    source="the value of the digits",
    kills="a reader of numbers whose exponent runs over: another number, or the end of the process",
)
def test_exponents_that_run_over(tmp_path: Path, text: str) -> None:
    """In a process of its own, as the fault was one of memory."""
    path = tmp_path / "own.csv"
    path.write_text(f"a,b\n{text},1\n0.1,2\n")
    asked = (
        "import sys; from pathlib import Path; from kautilya.estimation.outside import table;"
        "print(repr(float(table(Path(sys.argv[1]))['a'].iloc[0])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked, str(path)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) == float(text)
