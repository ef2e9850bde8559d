"""Public files in their own layouts: read rightly in whatever dress, or refused with a remedy."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from support.conventions import shared_file, truth
from support.public_tables import EXCERPTS, dressed, mangled, text

from kautilya.errors import KautilyaError
from kautilya.estimation import watched
from kautilya.layouts.layout import Options, states
from kautilya.layouts.recognise import LAYOUTS, read
from kautilya.scenario.library import SHIPPED

RECORD = "motion.record"
OWN = SHIPPED / "russia_dprk_2024" / "series.csv"
VALUES = {  # (series, actor, partner, good, month) -> value, worked out by hand from the excerpts
    "claimed-losses": {
        ("observed.claimed_lost", "RUS", "", "tank", "2031-02"): 1000 + 3 * 59,
        ("observed.claimed_lost", "RUS", "", "person", "2031-03"): 90_000 + 250 * 93,
    },
    "pictured-losses": {
        ("observed.oryx_lost", "RUS", "", "tank", "2031-01"): 3,
        ("observed.oryx_lost", "RUS", "", "tank", "2031-03"): 3,
        ("observed.oryx_lost", "UKR", "", "tank", "2031-02"): 0,
        ("observed.oryx_lost", "UKR", "", "tank", "2031-03"): 1,
        ("observed.oryx_lost", "UKR", "", "ifv", "2031-02"): 3,
        ("observed.oryx_lost", "RUS", "", "gun", "2031-03"): 1,
    },
    "salvos": {
        ("observed.drones", "RUS", "UKR", "drone", "2031-01"): 1234,
        ("observed.missiles", "RUS", "UKR", "missile", "2031-01"): 21,
        ("observed.missiles", "RUS", "UKR", "missile", "2031-02"): 4,
        ("observed.drones", "RUS", "UKR", "drone", "2031-03"): 37,
    },
    "aid-tracker": {
        ("aid_pace.allocated", "EUU", "", "", "2022-10"): 120.5 * 1.053,
        ("aid_pace.allocated", "TUR", "", "", "2022-10"): 3.25 * 1.053,
        ("aid_pace.allocated", "USA", "", "", "2022-11"): 1450.75 * 1.053,
        ("aid_pace.financial", "EUU", "", "", "2022-11"): 300 * 1.053,
        ("aid_pace.humanitarian", "JPN", "", "", "2022-12"): 12.125 * 1.053,
    },
    "arms-register": {
        ("register.delivered", "PRK", "IRN", "ssm", "1987"): 31.25,
        ("register.delivered", "RUS", "IRQ", "armour", "1983"): 200,
        ("register.delivered", "FRA", "IRQ", "aircraft", "1981"): 381.6,
        ("register.delivered", "CHN", "IRN", "other_missile", "1987"): 7.25,
    },
    "battle-deaths": {
        ("observed.battle_deaths", "IRN", "IRQ", "person", "1986"): 12500,
        ("observed.battle_deaths", "TUR", "Somebody's Front", "person", "1987"): 260,
    },
    "bilateral-trade": {
        ("trade.goods", "CHN", "RUS", "", "2023"): 1235.56775,
        ("trade.goods", "USA", "CAN", "", "2023"): 0.5005,
        ("trade.goods", "PRK", "RUS", "", "2023"): 0.0125,
    },
}


def _values(path: Path, **options: object) -> dict[tuple[str, ...], float]:
    found = read(path, Options(**options))  # type: ignore[arg-type]
    return {tuple(row[:5]): row.value for row in found.reading.entries}


@truth(
    "closed-form", kills="a cell read as another number, day or state; a layout taken for another"
)
@pytest.mark.parametrize("name", sorted(EXCERPTS))
def test_each_dress_says_the_same(name: str, tmp_path: Path) -> None:
    for way, path in mangled(name, tmp_path).items():
        found = read(path)
        assert found.layout.name == name, way
        got = {tuple(row[:5]): row.value for row in found.reading.entries}
        for key, value in VALUES[name].items():
            assert got[key] == pytest.approx(value, rel=1e-6), (way, key)
        if way == "doubled":
            assert any("second time" in note for note in found.reading.notes)


WAYS = ("encoding", "separators", "decimal comma", "dates", "doubled", "relabelled")
REFUSED = {  # (layout, way): what is said, where it is not read
    ("bilateral-trade", "dates"): "Give a year such as 2023",
    ("battle-deaths", "dates"): "Give a year such as 2023",
}
EACH = {  # doubled rows that count as items of their own, and are told
    ("pictured-losses", "doubled"): "2 of 8 rows like another one; each counts as an item",
}


@truth(
    "required",
    source="seven layouts, six ways to mangle each: read rightly, or refused with line and remedy",
    kills="a dress of a public file that is read as something else, or ends in a traceback",
)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", sorted(EXCERPTS))
def test_each_layout_in_each_of_six_dresses(name: str, way: str, tmp_path: Path) -> None:
    path = tmp_path / f"{way}.csv"
    path.write_bytes(dressed(name, way))
    if said := REFUSED.get((name, way)):
        with pytest.raises(KautilyaError, match=said) as caught:
            read(path)
        assert f"{way}.csv:2" in caught.value.place
        return
    found = read(path)
    got = {tuple(row[:5]): row.value for row in found.reading.entries}
    notes = " ".join(found.reading.notes)
    if said := EACH.get((name, way)):
        assert said in notes
        return
    lost = "_by_day" if (name, way) == ("pictured-losses", "relabelled") else ""
    for (series, *rest), value in VALUES[name].items():
        assert got[series + lost, *rest] == pytest.approx(value, rel=1e-6), (series, rest)
    assert (way == "doubled") == ("second time" in notes)


@truth(
    "required", kills="a guess where day and month, or thousand and fraction, could be exchanged"
)
def test_what_could_be_either_is_asked_for(tmp_path: Path) -> None:
    rows = [
        {"country": "Russia", "system": f"s{n}", "type": "Tanks", "status": "destroyed",
         "date_recorded": day, "n": "1"}
        for n, day in enumerate(["03/04/2031", "05/03/2031", "04/05/2031"])
    ]  # fmt: skip
    path = tmp_path / "either.csv"
    path.write_text(text(rows))
    with pytest.raises(KautilyaError, match="--dates"):
        read(path)
    assert max(key[4] for key in _values(path, dates="dmy", known=None)) <= "2031-05"
    money = EXCERPTS["aid-tracker"][0] | {"aid_eur_m": "1,250"}
    path.write_text(text([money], ";"))
    with pytest.raises(KautilyaError, match="--decimal"):
        read(path)
    key = ("aid_pace.allocated", "EUU", "", "", "2022-10")
    assert _values(path, decimal=",")[key] == pytest.approx(1.25 * 1.053, rel=1e-4)
    assert _values(path, decimal=".")[key] == pytest.approx(1250 * 1.053)


@truth(
    "required", kills="a row that is wrong and read in silence; an error without place or remedy"
)
@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("claimed-losses", {"tank": "many"}, "Give a number"),
        ("claimed-losses", {"date": "2031-02-30"}, "Give a day"),
        ("claimed-losses", {"date": ""}, "Give a day"),
        ("salvos", {"launched": "4x"}, "Give a number"),
        ("aid-tracker", {"year_month": "2022-13"}, "Give a month"),
        ("aid-tracker", {"year_month": "2030-01"}, "--rate"),
        ("arms-register", {"Year(s) of delivery": "1988-1984"}, "earlier year first"),
        ("battle-deaths", {"bd_low": "99999"}, "low ≤ best"),
        ("bilateral-trade", {"t": "23"}, "year"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_line(
    name: str, change: dict[str, str], said: str, tmp_path: Path
) -> None:
    rows = [EXCERPTS[name][0], EXCERPTS[name][1] | change, *EXCERPTS[name][2:]]
    path = tmp_path / "wrong.csv"
    path.write_text(text(rows))
    with pytest.raises(KautilyaError, match=said) as caught:
        read(path)
    assert "wrong.csv" in caught.value.place


@truth("required", kills="zeros beyond the end of the data, falls and gaps read in silence")
def test_odd_counters_are_told(tmp_path: Path) -> None:
    rows = [dict(row) for row in EXCERPTS["claimed-losses"]]
    rows[40]["tank"] = "7"
    kept = [row for row in rows if not row["date"].startswith("2031-02-1")]
    blank = {key: "0" for key in rows[0]}
    kept += [blank | {"date": f"2031-04-{day:02d}"} for day in range(1, 31)]
    path = tmp_path / "odd.csv"
    path.write_text(text(kept))
    notes = " ".join(read(path).reading.notes)
    assert "beyond the end of the data" in notes
    path.write_text(text(rows))
    assert "counter of tank falls 1 time," in " ".join(read(path).reading.notes)
    path.write_text(text([row for row in rows if not row["date"].startswith("2031-02")]))
    assert "no row in 2031-02" in " ".join(read(path).reading.notes)
    path.write_text(text([*rows, rows[3] | {"tank": "9"}]))
    with pytest.raises(KautilyaError, match="second time, with other numbers"):
        read(path)


@truth("required", kills="labels that were exchanged from a day on, read in silence")
def test_exchanged_labels_are_told(tmp_path: Path) -> None:
    rows = [
        {"country": "Russia" if month < 3 else "Ukraine", "system": "T-64BV", "type": "Tanks",
         "status": "destroyed", "date_recorded": f"2031-{month:02d}-{day:02d}", "n": "1"}
        for month in (1, 2, 3, 4)
        for day in range(1, 13)
    ]  # fmt: skip
    path = tmp_path / "flips.csv"
    path.write_text(text(rows))
    assert "were the labels exchanged?" in " ".join(read(path).reading.notes)


@truth("closed-form", kills="totals of a day added up over days; a snapshot of a wrong month")
def test_totals_stand_for_their_month(tmp_path: Path) -> None:
    head = "country,equipment_type,destroyed,abandoned,captured,damaged,type_total,date_recorded\n"
    rows = (
        "Russia,Tanks,10,1,2,3,16,2031-01-05",
        "Russia,Tanks,20,1,2,3,26,2031-01-30",
        "Russia,Armoured Personnel Carriers,1,0,0,0,1,2031-01-30",
        "Russia,Infantry Fighting Vehicles,4,0,0,0,5,2031-01-30",
        "Ukraine,Tanks,7,0,0,0,7,2031-02-28",
    )
    path = tmp_path / "totals.csv"
    path.write_text(head + "\n".join(rows) + "\n")
    found = read(path)
    got = {(row.actor, row.good, row.month): row.value for row in found.reading.entries}
    assert got == {
        ("RUS", "tank", "2031-01"): 26,
        ("RUS", "ifv", "2031-01"): 6,
        ("UKR", "tank", "2031-02"): 7,
    }
    assert any("add up to 4" in note for note in found.reading.notes)


@truth("required", kills="a file that is none of them, read as one")
def test_a_strange_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "strange.csv"
    for body, said in (
        ("a,b\n1,2\n", "--list"),
        ("country,system,type,statuss,date_recorded\nRussia,T,Tanks,lost,2031-01-01\n", "statuss"),
        ("", "--list"),
        ("PK\x03\x04rest", "workbook"),
    ):
        path.write_text(body)
        with pytest.raises(KautilyaError, match=said):
            read(path)


@truth("required", kills="a state's name or code read as another state")
def test_states_by_name_and_code() -> None:
    names = {
        "Soviet Union": "RUS", "Korea, North": "PRK", "South Korea": "KOR", "842": "USA",
        "643": "RUS", "EU Institutions": "EUU", "Türkiye": "TUR", "unknown supplier(s)": "",
        "UAE": "ARE", "Atlantis": "", "Soviet": "", "365": "",
    }  # fmt: skip
    assert states(names) == names


def _rows_of(*folders: str) -> dict[tuple[str, ...], float]:
    """Rows of series.csv of shipped editions, by what they are of."""
    own: dict[tuple[str, ...], float] = {}
    for name in folders:
        with (SHIPPED / name / "series.csv").open() as file:
            for r in csv.DictReader(line for line in file if line[0] != "#"):
                key = (r["series"], r["actor"], r["partner"], r["good"], r["month"])
                own[key] = float(r["value"])
    return own


@truth(
    "recorded",
    reason="the scenario's own series were made of the same public files by a tool",
    kills="a month summed, cut or dated otherwise than the record is",
)
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("data/general_staff_claimed_losses_daily.csv", 155),
        ("data/ru_missile_drone_salvos.csv", 46),
        ("data/kiel_aid_monthly.csv", 120),
        ("later/general_staff_claimed_losses_daily_2024_09_to_2025_03.csv", 35),
        ("later/ru_missile_drone_salvos_2024_09_to_2025_03.csv", 14),
        ("later/kiel_aid_monthly_2024_02_to_2025_01.csv", 60),
        ("later/oryx_events_2024_09_to_2025_03.csv", 48),
    ],
)
def test_public_files_give_the_scenarios_series(name: str, count: int) -> None:
    """A list of items begins with its own first day: an edition goes on from the last total."""
    first, both = (
        _rows_of(*some) for some in (["russia_dprk_2024"], ["russia_dprk_2024", "russia_dprk_2025"])
    )
    found = _values(shared_file(name), rates={"2025": 1.035})
    common = set(both) & set(found)
    assert len(common) == count
    for key in common:
        before = first[*key[:4], "2024-08"] if "oryx" in key[0] else 0.0
        assert before + found[key] == pytest.approx(both[key], abs=0.06)


@truth(
    "recorded",
    reason="the record that drives the scenario was made of the same public files",
    kills="a reader of items, launches, counters or aid that another reader contradicts",
)
def test_public_files_give_the_record_of_observers() -> None:
    with OWN.open() as file:
        rows = [r for r in csv.DictReader(x for x in file if x[0] != "#") if r["label"]]
    clean = watched.read(shared_file("data/oryx_events.csv").parent).clean
    mine = {(r["label"], r["month"]): float(r["value"]) for r in rows if r["series"] == RECORD}
    got = {key: clean.loc[pd.Period(key[1], "M"), key[0]] for key in mine}
    assert len(mine) > 900 and {label for label, _ in mine} == set(watched.LABELS)
    off = [key for key, value in mine.items() if got[key] != pytest.approx(value, abs=0.06)]
    assert off == []


@truth("required", kills="a layout that nobody can find, or whose terms are not said")
def test_layouts_say_where_they_are_published() -> None:
    page = (Path(__file__).parents[2] / "docs" / "layouts.md").read_text()
    assert len({one.name for one in LAYOUTS}) == 7
    for one in LAYOUTS:
        assert one.origin.url.startswith("https://") and one.origin.licence
        assert f"`{one.name}`" in page and one.origin.url in page


@truth("required", kills="a row that is known before it was published")
def test_rows_are_known_from_the_day_said(tmp_path: Path) -> None:
    path = mangled("salvos", tmp_path)["plain"]
    found = read(path, Options(known=date(2031, 5, 2)))
    assert {row.date for row in found.reading.entries} == {"2031-05-02"}


@truth(
    "order", kills="a cell beyond all measure, in the header or below it, told as a fault of ours"
)
def test_a_cell_beyond_all_measure_is_told_with_its_line(tmp_path: Path):
    path = tmp_path / "long.csv"
    for line, body in ((2, "date,tank\n2024-01-01," + "z" * 200_000), (1, "date," + "z" * 200_000)):
        path.write_text(body + "\n")
        with pytest.raises(KautilyaError, match=f"long.csv:{line}: no CSV"):
            read(path, Options())


@truth("order", kills="one slip below nought that turns counters into corrections in silence")
def test_one_negative_counter_is_a_slip(tmp_path: Path):
    rows = "".join(f"2024-01-{day:02d},{10 * day}\n" for day in range(1, 32))
    path = tmp_path / "claims.csv"
    path.write_text("date,tank\n" + rows.replace(",50\n", ",-50\n"))
    with pytest.raises(KautilyaError, match="claims.csv:6: tank -50: an impossible number"):
        read(path, Options())
    few = tmp_path / "few.csv"
    few.write_text("date,tank\n2024-01-03,-5\n2024-01-09,2\n")
    assert {one.series for one in read(few, Options())[-1].entries} == {
        "observed.claimed_corrected"
    }
