"""A later edition out of public files and typed rows: what goes in, what stays as it stood."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from support.conventions import truth
from support.public_tables import EXCERPTS, text

from kautilya import scenario as scenarios
from kautilya.claims import file as claims
from kautilya.errors import KautilyaError
from kautilya.estimation.edition import Ask, aged, update
from kautilya.scenario.differences import differences, tally
from kautilya.scenario.starters import new

BASE, DAY = "russia_dprk_2024", date(2024, 10, 31)
SHELLS = "id,actor,measure,good,from,to,central,unit,source,date,grade,status,note\n"
ACCOUNTS = '[[account]]\nid = "rus_tank"\nbreaks = ["2022-02", "2024-01", "2024-09", "2025-01"]\n'


@lru_cache(maxsize=1)
def base() -> scenarios.Scenario:
    """The first edition."""
    return scenarios.load(BASE)


def totals(series: str, good: str) -> dict[str, float]:
    """The rows of a total of the base, whenever they were known."""
    rows = base().every(scenarios.schema.SeriesRow)
    mine = [r for r in rows if (r.series, r.actor, r.good) == (series, "RUS", good)]
    return {row.month: row.value for row in mine}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """An edition as of October 2024; the files have invented values and run on into November."""
    place = tmp_path_factory.mktemp("files")
    tank = totals("observed.claimed_lost", "tank")["2024-08"]
    days = [date(2024, 8, 31) + timedelta(days=n) for n in range(92)]
    daily = [
        {"date": str(day), "day": n, "tank": tank + 3 * n, "personnel": 10**6 + 1000 * n}
        for n, day in enumerate(days)
    ]
    (place / "claims.json").write_text(json.dumps(daily), encoding="utf-8")
    pictures = [
        dict(country=c, origin="x", system="T-1", type="Tanks", status="destroyed",
             date_recorded=day, n=n)
        for c, day, n in (("Russia", "2024-09-01", 5), ("Ukraine", "2024-09-01", 1),
                          ("Russia", "2024-09-30", 4), ("Russia", "2024-10-31", 2))
    ]  # fmt: skip
    (place / "oryx.csv").write_text(text(pictures), encoding="utf-8")
    (place / "register.csv").write_text(text(EXCERPTS["arms-register"]), encoding="utf-8")
    (place / "strange.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (place / "sheet.xlsx").write_bytes(b"PK")
    (place / "more").mkdir()
    row = 'NEW1,RUS,stock,tank,2024-10,2024-10,3000,tank,oryx,2024-10-20,B2,reported,"typed"\n'
    (place / "figures.csv").write_text(SHELLS + row, encoding="utf-8")
    (place / "accounts.toml").write_text(ACCOUNTS, encoding="utf-8")
    out = tmp_path_factory.mktemp("editions") / "own_2024"
    found = update(BASE, DAY, [place], out, Ask(draws=0))
    return found, scenarios.load(out), place


@truth("invariant", source="a patch", kills="a month lost, counted twice, or known too late")
def test_months_are_carried_on_and_nothing_else(made) -> None:
    """A counter is taken as it is, a total from the file's own day goes on from the base's last."""
    found, own, _ = made
    rows = {(r.series, r.actor, r.good, r.month): r.value for r in own.series if not r.label}
    tank, seen = (totals(f"observed.{one}", "tank") for one in ("claimed_lost", "oryx_lost"))
    assert rows["observed.claimed_lost", "RUS", "tank", "2024-09"] == tank["2024-08"] + 90
    assert rows["observed.claimed_lost", "RUS", "tank", "2024-10"] == tank["2024-08"] + 183
    assert rows["observed.oryx_lost", "RUS", "tank", "2024-09"] == seen["2024-08"] + 9
    assert rows["observed.oryx_lost", "RUS", "tank", "2024-10"] == seen["2024-08"] + 11
    assert rows["termination.goes_on", "", "", "2024-10"] == 1.0
    assert rows["tempo.index", "", "tank", "2024-10"] < rows["tempo.index", "", "tank", "2024-09"]
    assert all(scenarios.calendar.first_day(row.date) <= DAY for row in own.series)
    old = {(r.series, r.actor, r.good, r.label, r.month, r.value) for r in base().series}
    assert old <= {(r.series, r.actor, r.good, r.label, r.month, r.value) for r in own.series}
    assert all(row.ground for row in own.sources if row.key in {r.source for r in own.series})
    assert [one for one in found.files if one.file == "register.csv"][0].new == 0
    assert [line for line in found.local if "register.csv --layout arms-register" in line]


@truth("required", kills="a file that is passed over in silence")
def test_what_is_passed_over_is_told_with_its_reason(made) -> None:
    from kautilya.cli.revisions import _files

    found, _, _ = made
    why = {one.file: one.why for one in found.files if not one.layout}
    assert set(why) == {"strange.csv", "sheet.xlsx", "more"} and all(why.values())
    shown = {row[0]: row[1] for row in _files(found.files).rows}
    assert all(name in shown and shown[name].startswith("not read: ") for name in why)


@truth("required", kills="typed rows or accounts that are lost; claims that a patch drops")
def test_typed_rows_join_and_claims_are_kept(made) -> None:
    found, own, _ = made
    assert scenarios.check(found.folder) == []
    assert [row.central for row in own.figures if row.id == "NEW1"] == [3000]
    assert 'breaks = ["2022-02", "2024-01", "2024-09", "2025-01"]' in own.beside["accounts.toml"]
    assert own.beside["accounts.toml"].count('id = "rus_tank"') == 1
    assert 'id = "rus_ifv"' in own.beside["accounts.toml"]
    assert claims.load(own).digest == claims.load(base()).digest
    counts = tally(differences(base(), own))
    assert counts["figures.csv"]["added"] > 1 and counts["series.csv"]["gone"] == 0
    assert own.digest != base().digest


@truth(
    "order",
    source="dates of publication",
    kills="an assumed range with an age; a new one; a date that ages",
)
def test_what_is_old_drives_to_the_end(made) -> None:
    _, own, _ = made
    ages = aged(own)
    rows = {row.id: row for row in own.quantities}
    assert ages and all(rows[one.id].source != "assumed" for one in ages)
    dates = {row.id for row in own.quantities if row.parameter == "trade_state.joined"}
    assert len(dates) == 30 and not dates & {one.id for one in ages}, "what happened gets no older"
    assert all(one.day[:4] <= "2023" and one.until == "2027-12" for one in ages)
    during = [one.years for one in ages if not one.constant]
    assert during == sorted(during, reverse=True)


@pytest.mark.parametrize("wrong", ["day", "folder", "there", "apart"])
@truth("required", kills="a base written over; a day that goes back; a traceback")
def test_what_cannot_be_made_is_refused(made, wrong: str, tmp_path: Path) -> None:
    found, _, place = made
    day = date(2024, 8, 1) if wrong == "day" else DAY
    places = [tmp_path / "none"] if wrong == "folder" else [place]
    out = found.folder if wrong == "there" else tmp_path / "other"
    start = str(found.folder) if wrong == "apart" else BASE
    with pytest.raises(KautilyaError, match="not after|no folder|there already|beside"):
        update(start, date(2024, 12, 31) if wrong == "apart" else day, places, out, Ask(draws=0))


@truth("required", kills="a base or a good edition lost to --replace; half of an edition left")
def test_nothing_is_lost_where_an_edition_is_put(tmp_path: Path) -> None:
    """Each row: where it goes, typed rows, what is said; the folder above stays as it was."""
    new("mine", tmp_path, like="war")
    day = scenarios.load(tmp_path / "mine").head.as_of + timedelta(days=40)
    good, bad, strange = (tmp_path / one for one in ("good", "bad", "strange"))
    for place in (good, bad, strange):
        place.mkdir()
    (bad / "events.csv").write_text("id,nonsense\nE1,2\n", encoding="utf-8")
    (strange / "diary.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    start = str(tmp_path / "mine")
    for again in (False, True):
        update(start, day, [good], tmp_path / "later", Ask(draws=0, replace=again))
    new("own", tmp_path, like="war")

    def files() -> dict[str, bytes]:
        return {str(one): one.read_bytes() for one in sorted(tmp_path.rglob("*")) if one.is_file()}

    before, names = files(), sorted(tmp_path.iterdir())
    for out, place, said in (
        ("mine", good, "is the base"),
        ("good/../mine", good, "is the base"),
        ("link", good, "is a link"),
        ("later", bad, "events.csv"),
        ("fresh", bad, "events.csv"),
        ("strange", good, "holds diary.txt that no update wrote"),
        ("own", good, "that no update wrote"),
    ):
        with pytest.raises(KautilyaError, match=said) as told:
            update(start, day, [place], tmp_path / out, Ask(draws=0, replace=True))
        assert ".partial" not in str(told.value)
        assert (files(), sorted(tmp_path.iterdir())) == (before, names), out


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("series.csv", "a,b".encode("utf-16")),
        ("sources.csv", b"\xff\xfe\xfa"),
        ("figures.csv", b'a,b\n"1,2\n'),
        ("claims.toml", b"x = [["),
        ("accounts.toml", None),
        ("events.csv", Path("/dev/zero")),
    ],
)
@truth("required", kills="typed rows that are lost in silence; a device that is read to its end")
def test_a_typed_table_that_cannot_be_read_is_refused(tmp_path: Path, name: str, data: object):
    new("own", tmp_path)
    typed = tmp_path / "typed"
    typed.mkdir()
    if isinstance(data, bytes):
        (typed / name).write_bytes(data)
    elif data is None:
        (typed / name).mkdir()
    else:
        (typed / name).symlink_to(Path(str(data)))
    with pytest.raises(KautilyaError, match=name):
        update(str(tmp_path / "own"), date(2023, 3, 31), [typed], tmp_path / "out", Ask(draws=0))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["own", "typed"]
