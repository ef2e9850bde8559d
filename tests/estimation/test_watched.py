"""The record of observers: by content as known on a day, of files that may be longer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.estimation import watched

ORYX = """country,origin,system,type,status,date_recorded,n
Russia,,T-72,Tanks,destroyed,2022-09-15,8
Russia,,T-72,Tanks,destroyed,2022-10-02,2
Russia,,T-90,,destroyed,2022-10-09,5
Ukraine,,T-64,Tanks,captured,2022-11-29,3
Russia,,T-90,Tanks,destroyed,2022-12-30,1
"""
SALVOS = """time_start,time_end,model,launch_place,target,launched,destroyed
2022-10-01 03:00,2022-10-01,Shahed-136/131,,,7,5
2022-10-31,2022-10-31,X-101/X-555,,,4,
2022-11-30,2022-11-30,Iskander-M,,,,
2022-12-31,2022-12-31,Lancet,,,9,
"""
CLAIMS = "date,day,tank,military_auto,fuel_tank,vehicles_and_fuel_tanks\n" + "".join(
    f"{day:%Y-%m-%d},,{10 * i},{i if i < 40 else ''},{i if i < 40 else ''},{2 * i if i > 39 else ''}\n"
    for i, day in enumerate(pd.date_range("2022-09-30", "2022-12-31"))
)
FIXES = "date,day,tank\n2022-11-03,,20\n2022-12-02,,-5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "oryx_events.csv": ORYX,
        "ru_missile_drone_salvos.csv": SALVOS,
        "general_staff_claimed_losses_daily.csv": CLAIMS,
        "general_staff_corrections.csv": FIXES,
        "kiel_aid_monthly.csv": "donor,year_month,aid_type_general,aid_type_specific,aid_eur_m\n"
        "Norway,2022-10,Military,,3\nFrance,2022-10,Military,,4\nJapan,2022-11,Financial,,9\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@truth("closed-form", kills="a family, donor or class that is counted to another, or a month twice")
def test_sums_by_month_and_series(folder: Path):
    (folder / "oryx_events.csv").rename(folder / "oryx_events_2022_to_2023.csv")
    found = watched.read(folder)
    assert found.seen.columns.tolist() == list(watched.LABELS) and len(watched.LABELS) == 39
    month = found.seen.loc[pd.Period("2022-10", "M")]
    assert month["oryx_rus_tank"] == 7 and month["oryx_ukr_tank"] == 0
    assert (month["launch_drone"], month["launch_cruise"], month["launch_recon"]) == (7, 4, 0)
    assert month["claim_tank"] == 310 and month["claim_vehicle"] == 62  # old columns, then the new
    assert found.seen.loc[pd.Period("2022-11", "M"), "claim_vehicle"] == 60
    assert (month["aid_europe"], month["aid_financial"]) == (7, 0)
    assert found.clean.loc[pd.Period("2022-11", "M"), "claim_tank"] == 300 - 20
    assert len(found.notes) == 2 and pd.isna(month["deaths_named"])


@truth("invariant", kills="a row that was recorded after the day and moves what was known on it")
def test_what_comes_later_moves_nothing_that_was_known(folder: Path):
    day = date(2022, 11, 30)
    before = watched.read(folder, day)
    assert before.seen["claim_tank"].last_valid_index() == pd.Period("2022-11", "M")
    assert before.seen["aid_europe"].last_valid_index() == pd.Period("2022-10", "M")  # the lag
    assert before.seen.loc[pd.Period("2022-10", "M"), "oryx_rus_tank"] == 2  # T-90: known later
    for name in ("oryx_events.csv", "ru_missile_drone_salvos.csv", watched.CORRECTIONS,
                 "general_staff_claimed_losses_daily.csv"):  # fmt: skip
        path = folder / name
        lines = path.read_text().splitlines()
        late = [
            ",".join([*one.split(",")[:-1], "777"]) if "2022-12" in one else one for one in lines
        ]
        assert late != lines
        path.write_text("\n".join(late) + "\n")
    after = watched.read(folder, day)
    assert after.seen.equals(before.seen) and after.clean.equals(before.clean)
    assert not watched.read(folder).seen.equals(before.seen)


@truth("order", kills="a folder without the record, or a day before it, that ends in a traceback")
def test_what_is_not_there_is_said(folder: Path, tmp_path: Path):
    with pytest.raises(KautilyaError, match="none of the files"):
        watched.read(tmp_path / "nowhere")
    with pytest.raises(KautilyaError, match="no whole month"):
        watched.read(folder, date(2022, 10, 3))


@truth("order", kills="a file of nothing but a header that ends in a traceback, or says None")
def test_a_header_alone_is_no_month(tmp_path: Path):
    for name, head in (
        ("mediazona_weekly_confirmed_deaths.csv", "week_start_approx,deaths"),
        ("oryx_events.csv", "country,origin,system,type,status,date_recorded,n"),
    ):
        (tmp_path / name).write_text(head + "\n")
        with pytest.raises(KautilyaError, match="no whole month is there"):
            watched.read(tmp_path)
