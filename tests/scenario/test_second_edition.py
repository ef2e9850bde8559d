"""The second edition of the flagship: known by its day, with terms, and equal to its sources."""

from __future__ import annotations

import csv
from functools import lru_cache

import pytest
from support.conventions import ROOT, shared_root, truth

from kautilya import scenario as scenarios
from kautilya.scenario.calendar import first_day

FOLDER = ROOT / "src/kautilya/scenarios/russia_dprk_2025"
FACTS = ("a_russia", "b_ukraine", "c_dprk")


def rows(name: str) -> list[dict[str, str]]:
    """A table of the folder as texts, without remarks."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@lru_cache(maxsize=1)
def edition() -> scenarios.Scenario:
    """The second edition."""
    return scenarios.load("russia_dprk_2025")


@truth("required", source="docs/layouts.md", kills="a figure of the edition known after its day")
def test_nothing_is_known_later_than_the_day() -> None:
    day = edition().head.as_of
    tables = ("series.csv", "figures.csv", "events.csv", "quantities.csv", "context/figures.csv")
    for name in tables:
        late = [row for row in rows(name) if first_day(row.get("known") or row["date"]) > day]
        assert not late, (name, late[:2])
    assert all(first_day(row["date"]) <= day for row in rows("sources.csv"))
    base = scenarios.load("russia_dprk_2024")
    assert {row.id for row in base.every(scenarios.schema.Quantity)} <= {
        row.id for row in edition().every(scenarios.schema.Quantity)
    }


@truth("required", source="../shared/later", kills="a typed figure that its source does not give")
@pytest.mark.parametrize("name", FACTS)
def test_typed_figures_equal_their_facts(name: str) -> None:
    folder = shared_root() / "later" / "facts"
    found = sorted(folder.glob(f"{name}_2024_09*.csv"))
    if not found:
        pytest.skip(f"{folder} is absent (it may not be redistributed)")
    facts = {row["id"]: row for row in csv.DictReader(found[0].read_text("utf-8").splitlines())}
    typed = [*rows("figures.csv"), *rows("context/figures.csv")]
    mine = [row for row in typed if row["id"] in facts]
    assert mine
    for row in mine:
        told = facts[row["id"]]
        for column in ("low", "central", "high"):
            assert float(row[column]) == float(told[column]), (row["id"], column)


@truth("required", source="../shared/later", kills="a month that is not what observers published")
def test_the_record_is_that_of_the_files() -> None:
    folder = shared_root() / "later"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent (it may not be redistributed)")
    from kautilya.estimation import watched

    seen = watched.read([shared_root() / "data", folder], edition().head.as_of).clean
    mine = [row for row in rows("series.csv") if row["series"] == "motion.record"]
    assert len(mine) > 250
    for row in mine:
        value = max(seen.loc[row["month"], row["label"]], 0.0)
        assert float(row["value"]) == pytest.approx(value, rel=1e-5), row


@truth(
    "required", source="../shared/later", kills="a later file that a layout does not read as it is"
)
def test_later_files_give_the_series_of_the_edition() -> None:
    """Claims, launches and aid cell by cell; pictures, counted from the first day of their file, by
    what was added from month to month."""
    folder = shared_root() / "later"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent (it may not be redistributed)")
    from kautilya.layouts.layout import Options
    from kautilya.layouts.recognise import read

    names = ("general_staff_claimed", "ru_missile", "kiel_aid", "oryx_events")
    files = [next(folder.glob(f"{name}*.csv")) for name in names]
    entries = [
        one for path in files for one in read(path, Options(rates={"2025": 1.035})).reading.entries
    ]
    found = {(e.series, e.actor, e.partner, e.good, e.month): e.value for e in entries}
    mine = {
        (r["series"], r["actor"], r["partner"], r["good"], r["month"]): float(r["value"])
        for r in rows("series.csv")
        if not r["label"]
    }
    shared = sorted(found.keys() & mine.keys())
    pictures = [key for key in shared if key[0] == "observed.oryx_lost"]
    assert len(shared) - len(pictures) > 100 and len(pictures) == 48
    for key in shared:
        first = (*key[:4], "2024-09")
        less = (mine[first] - found[first]) if key in pictures else 0.0
        assert mine[key] - less == pytest.approx(found[key], rel=1e-6), key
