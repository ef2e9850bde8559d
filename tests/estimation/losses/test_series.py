"""Reading claims and events as months: by hand, and mistakes that point at their line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.estimation.losses.series import read

HEAD = "date,tank,apc,field_artillery,personnel\n"


def claims(folder: Path, months: int = 9, drop: tuple[str, ...] = ()) -> Path:
    """Two tanks, three vehicles, one gun and ten men a day; some days left out."""
    days = pd.date_range("2022-02-25", periods=31 * months, freq="D")
    rows = [f"{d:%Y-%m-%d},{2 * i},{3 * i},{i},{10 * i}" for i, d in enumerate(days)
            if f"{d:%Y-%m-%d}" not in drop]
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


@truth("invariant", source="a line between two known days",
       kills="a missing day that empties its month")
def test_missing_days_are_read_between_their_neighbours(tmp_path: Path) -> None:
    whole = read(claims(tmp_path))
    short = read(claims(tmp_path, drop=("2022-04-30", "2022-05-01", "2022-06-15")))
    pd.testing.assert_frame_equal(whole.seen, short.seen)
    assert "3 days" in short.notes[0]


@truth("closed-form", source="counted by hand", kills="corrections that change what is scored")
def test_corrections_leave_the_score_alone(tmp_path: Path) -> None:
    path = claims(tmp_path)
    (tmp_path / "general_staff_corrections.csv").write_text(
        "date,day,tank,apc\n2022-06-10,1,5,-7\n2022-06-20,2,1,0\n")
    got = read(path)
    change = got.seen - got.clean
    assert change.loc["2022-06", ["tank", "apc"]].tolist() == [6.0, -7.0]
    assert change.drop(index="2022-06").to_numpy().any() == 0
    assert got.seen.loc["2022-06", "tank"] == 60.0


@truth("closed-form", source="counted by hand", kills="a type that is lost where it can be known")
def test_events_by_country_and_type(tmp_path: Path) -> None:
    rows = ["country,origin,system,type,status,date_recorded,n"]
    for month in range(1, 10):
        rows += [f"Russia,x,T-72,{'Tanks' if month == 1 else ''},lost,2023-0{month}-28,2",
                 f"Ukraine,x,BMP,Infantry Fighting Vehicles,lost,2023-0{month}-28,1",
                 f"Russia,x,unheard of,,lost,2023-0{month}-28,9"]
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
    "below zero": (HEAD + "2022-02-25,-4,1,1,1\n", ":2: tank '-4'"),
    "not a number": (HEAD + "2022-02-25,nan,1,1,1\n", ":2: tank 'nan'"),
    "without end": (HEAD + "2022-02-25,inf,1,1,1\n", ":2: tank 'inf'"),
    "twice": (HEAD + "2022-02-25,1,1,1,1\n2022-02-25,1,1,1,1\n", ":3: date 2022-02-25 a second"),
    "a cell short": (HEAD + "# said so\n2022-02-25,1,1,1\n", ":3: 4 cells"),
    "three weeks": (HEAD + "2022-02-25,1,1,1,1\n2022-03-14,2,2,2,2\n", "0 whole months"),
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


@truth("invariant", source="bad input is named", kills="bytes that are read as another alphabet")
def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(HEAD.encode() + b"2022-02-25,1,1,1,1 \xe9\n")
    with pytest.raises(KautilyaError, match="not UTF-8"):
        read(path)
    with pytest.raises(KautilyaError, match="cannot be read"):
        read(tmp_path / "none.csv")
