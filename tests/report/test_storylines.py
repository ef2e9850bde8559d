"""Storylines: groups that add up, and stories that are true of the future they are told of."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from support import report_case
from support.conventions import truth

import kautilya as kt
from kautilya.report.storylines import Happening, Storylines, figure, storylines
from kautilya.report.subject import Subject, central, subject
from kautilya.study.grouping import features, grouped
from kautilya.wording import number


@pytest.fixture(scope="module")
def told() -> tuple[Subject, Storylines]:
    """The flagship's outcomes with made-up numbers for 96 futures: three kinds of them, by when the
    war ends, who has rounds and who supplies."""
    scenario = kt.load("russia_dprk_2024")
    parts = [report_case.numbers(scenario) for _ in range(6)]
    data = xr.concat(parts, "future").assign_coords(future=np.arange(6 * report_case.FUTURES))
    data = data.copy(deep=True)
    rng = np.random.default_rng(1)
    kind = np.repeat([0, 1, 2], 2 * report_case.FUTURES)
    years = np.array([str(year) for year in data["year"].values])
    ends = np.where(kind == 0, 2025 + rng.integers(0, 2, len(kind)), 9999)
    on = (years.astype(int)[None, :] < ends[:, None]).astype(np.float32)
    data["war_goes_on"].values[:] = on
    data["ceasefire"].values[:] = 1 - on
    data["war_months"].values[:] = np.cumsum(11 * on, axis=1)
    growth = np.linspace(0, 1, data.sizes["month"])[None, :, None, None]
    data["rounds"].values[:] *= (1 + growth * (kind == 1)[:, None, None, None]).astype(np.float32)
    data["line"].values[:] *= rng.uniform(50, 90, (len(kind), 1, 1, 1)).astype(np.float32)
    data["equipped"].values[kind == 2] *= np.linspace(
        1.0, 0.4, data.sizes["month"], dtype=np.float32
    )[None, :, None, None]
    data["shipped"].values[:] *= (1.0 + kind)[:, None, None, None].astype(np.float32)
    about = subject(report_case.run_of(scenario, data), scenario)
    return about, storylines(about)


def row(about: Subject, event: Happening, typical: int) -> xr.DataArray:
    """The course of the outcome that an event was read from, in one future."""
    return about.data[event.outcome].isel(future=typical).sel(event.labels).squeeze(drop=True)


def checked(about: Subject, event: Happening, typical: int) -> None:
    """An event is what the numbers of its future say, by a second reading of them."""
    one = row(about, event, typical)
    assert event.when in event.says
    if event.kind == "ends":
        months = int(one.max())
        assert event.value == months and about.months[months - 1] == event.when
        assert f"after {months} months" in event.says
        return
    time = "month" if "month" in one.dims else "year"
    course = one.to_series()
    assert event.value == pytest.approx(float(one.sel({time: event.when}))), event
    after = course[course.index > (about.as_of if time == "month" else about.as_of[:4])]
    before = course[course.index < event.when]
    if event.kind == "turns":
        assert before.iloc[-1] != event.value
        return
    assert number(event.value) in event.says or number(100 * event.value) in event.says
    if event.kind == "short":
        assert fell(about, event, before)
    elif event.kind != "level":
        at = {"lowest": after.min(), "most": after.max(), "last": course.iloc[-1]}
        assert event.value == at[event.kind]


def fell(about: Subject, event: Happening, before: pd.Series) -> bool:
    """A side is short in the month, and was not in the month before."""
    if event.outcome == "equipped":
        return event.value < 0.5 <= before.iloc[-1]
    good = event.labels["round"]
    unit = f"{about.scenario.units[good]}/month"
    plan = central(about, "planned", unit, actor=event.labels["belligerent"], good=good)
    at = about.months.index(event.when)
    return event.value < plan[at] and before.iloc[-1] >= plan[at - 1]


def whole(about: Subject, found: Storylines) -> None:
    """What is asked of the storylines of the flagship."""
    assert 5 <= len(found.lines) <= 7
    assert sum(one.share for one in found.lines) == pytest.approx(1.0, abs=1e-12)
    shares = [one.share for one in found.lines]
    assert shares == sorted(shares, reverse=True) and min(shares) >= 0.02
    assert len({one.title for one in found.lines}) == len(found.lines)
    for group, one in enumerate(found.lines):
        assert one.share == np.mean(found.of == group) and found.of[one.typical] == group
        assert len(one.story) >= 4
        assert list(re.findall(r"\bIn (\d{4}(?:-\d\d)?)", one.says)) == [e.when for e in one.story]
        for event in one.story:
            checked(about, event, one.typical)
        for trait in one.traits:
            assert trait.here - trait.elsewhere >= 0.1


@truth(
    "invariant",
    source="the numbers of the run, read a second time",
    kills="a date or amount of another future; shares that do not add up",
)
def test_stories_are_true_of_their_futures(told: tuple[Subject, Storylines]):
    """On made-up numbers with three kinds of futures, which the first kinds are told by."""
    about, found = told
    whole(about, found)
    over = [one for one in found.lines if "is over" in one.title or "ceasefire" in one.title]
    assert sum(one.share for one in over) == pytest.approx(1 / 3, abs=0.1)
    kinds = {event.kind for one in found.lines for event in one.story}
    assert {"ends", "turns", "short", "most", "last"} <= kinds
    drawn = figure(found).chart.to_dict()
    rows = next(iter(drawn["datasets"].values()))
    assert len(rows) == sum(len(one.story) for one in found.lines)
    again = storylines(about)
    assert repr(again) == repr(found) and (again.of == found.of).all()
    told_json = json.loads(json.dumps(found.as_json()))
    assert [one["says"] for one in told_json["storylines"][0]["story"]] == [
        event.says for event in found.lines[0].story
    ]


@pytest.mark.slow
@truth("required", source="docs/python.md", kills="storylines that hold for made-up numbers only")
def test_the_flagship_s_storylines(tmp_path: Path):
    kt.run("russia_dprk_2024", futures=256, out=tmp_path / "run")
    from kautilya.plot import about

    whole(about(kt.opened(tmp_path / "run")), kt.storylines(tmp_path / "run"))


@truth(
    "closed-form",
    source="clouds far apart; ranks by hand",
    kills="groups that luck or the order of futures decides",
)
def test_clouds_are_found_whole():
    """Six clouds on a ring; the typical future is the middle one; a copy of a future joins it."""
    rng = np.random.default_rng(2)
    middle = 10 * np.stack([np.cos(np.arange(6)), np.sin(np.arange(6))], axis=1)
    which = np.sort(np.repeat(np.arange(6), [50, 40, 30, 20, 15, 10]))
    x = middle[which] + 0.1 * rng.standard_normal((len(which), 2))
    found = grouped(x)
    assert (found.of == which).all() and found.apart > 0.9 and len(found.typical) == 6
    for group, typical in enumerate(found.typical):
        mine = x[which == group]
        sums = np.linalg.norm(mine[:, None] - mine[None], axis=2).sum(axis=1)
        assert (x[typical] == mine[np.argmin(sums)]).all()
    many = np.concatenate([x, x, x, x, x, x, x])  # more than the tree is grown on
    assert (grouped(many).of[:1000] == np.tile(which, 7)[:1000]).all()
    assert (grouped(many).of == np.tile(which, 7)).all()
    assert features({"a": np.array([[3.0, 1.0], [2.0, 1.0], [9.0, 1.0]])}).tolist() == [
        [0.5],
        [0.0],
        [1.0],
    ]
    assert len(grouped(np.zeros((50, 3))).typical) == 1  # nothing varies: one story


@truth(
    "required",
    source="docs/commands.md",
    kills="a command that lists none; a case without shells that has no story",
)
def test_the_command_tells_them(whole: Path, capsys: pytest.CaptureFixture[str]):
    """On the starter scenario: shares that add up, dates, and the same in JSON and Python."""
    from kautilya.cli.main import app

    app(["storylines", str(whole), "--all"], standalone_mode=False)
    text = " ".join(capsys.readouterr().out.split())
    app(["storylines", str(whole), "--json"], standalone_mode=False)
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    rows = said["storylines"]
    assert sum(one["share"] for one in rows) == pytest.approx(1.0)
    assert min(len(one["story"]) for one in rows) >= 4
    assert [one["title"] for one in rows if one["title"] not in text] == []
