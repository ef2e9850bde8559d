"""Steps of a day to a year: names, rates, records of a longer time; the shipped battle by days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from support.conventions import truth
from support.toy_runs import run

import kautilya
from kautilya import scenario as scenarios
from kautilya.scenario import calendar
from kautilya.scenario.assemble import assemble
from kautilya.scenario.scenario import spread_out
from kautilya.scenario.schema import Head, SeriesRow
from kautilya.study.battle import run_battle

BATTLE = Path(next(iter(kautilya.__path__))) / "scenarios" / "iwo_jima_1945" / "battle.toml"


@truth("published", source="engel1954", kills="a rate by month in a run by days; a day's shift")
def test_the_battle_by_days_is_engels():
    """The scenario through the engine is the course that the formula gives, on every day."""
    made = assemble(scenarios.load("iwo_jima_1945"))
    out = run(made, sets=("opening-jpn=21500",))[0]["strength"]
    course = run_battle(BATTLE)
    for i, side in enumerate(("USA", "JPN")):
        assert np.asarray(out)[:, i, 0] == pytest.approx(course[side][1:], rel=1e-6, abs=0.01)


@pytest.mark.parametrize(
    "step,last,first,names",
    [
        (
            "day",
            "2024-03-02",
            "2024-02-28",
            ("2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02"),
        ),
        (
            "week",
            "2024-02-29",
            "2024-02-01",
            ("2024-02-07", "2024-02-14", "2024-02-21", "2024-02-28"),
        ),
        ("month", "2024-02", "2023-12", ("2023-12", "2024-01", "2024-02")),
        ("quarter", "2024-12", "2024-01", ("2024-03", "2024-06", "2024-09", "2024-12")),
        ("year", "1988-08", "1980-09", tuple(f"{y}-08" for y in range(1981, 1989))),
    ],
)
@truth("closed-form", source="the calendar", kills="a leap day; a step named by its beginning")
def test_steps_are_named_by_their_end(step, last, first, names):
    assert calendar.steps(first, last, step) == names


@pytest.mark.parametrize("step", calendar.STEP_DAYS)
@pytest.mark.parametrize("spread", ["even", "last"])
@pytest.mark.parametrize("period", ["1984", "1984-Q1", "1984-02"])
@truth("invariant", source="a record of a longer time keeps its sum", kills="366 days at 1/365.25")
def test_longer_records_keep_their_sum(step, spread, period):
    """The rates of the steps times their lengths add up to the rate times its length."""
    if calendar.length(period) < calendar.STEP_DAYS[step]:
        return
    head = Head.model_construct(step=step, spread=spread, start="1983-01", horizon="1985-12")
    row = SeriesRow.model_validate(
        {
            "series": "law.record",
            "month": period,
            "value": 1200.0,
            "unit": "tank/year",
            "source": "assumed",
            "date": "1990",
            "grade": "F6",
            "status": "assumed",
        }
    )
    found = [one for _, one in spread_out("series.csv", [(1, row)], head)]
    total = sum(one.value for one in found) * calendar.STEP_DAYS[step]
    assert total == pytest.approx(1200.0 * calendar.length(period), rel=1e-12)
    assert len({one.month for one in found}) == len(found)
    assert sum(one.value > 0 for one in found) == (1 if spread == "last" else len(found))


@truth("invariant", source="the calendar", kills="an order of names that is not that of times")
def test_places_follow_the_calendar():
    days = [date(2023, 12, 31), date(2024, 2, 29), date(2024, 3, 1)]
    places = [calendar.place(day.isoformat()) for day in days]
    assert places == sorted(places) and calendar.place("2024-03") == places[-1]


@pytest.mark.parametrize(
    "old,new,column",
    [
        ('horizon = "2023-12"', 'horizon = "2023-12"\nstep = "week"', "step"),
        ('start = "2022-01"', 'start = "2022-01-01"', "start"),
        ('horizon = "2023-12"', 'horizon = "2023-11"\nstep = "quarter"', "horizon"),
        ('horizon = "2023-12"', 'horizon = "2023-12"\nstep = "decade"', "step"),
    ],
)
@truth("order", source="check says it", kills="laws of a month in a run by weeks, in silence")
def test_what_does_not_go_with_a_step_is_named(tmp_path, old, new, column):
    folder = scenarios.new("own", tmp_path)
    text = (folder / "scenario.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "scenario.toml").write_text(text.replace(old, new), encoding="utf-8")
    assert column in {one.column for one in scenarios.check(folder)}
