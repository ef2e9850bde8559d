"""The posterior of a day: which elements it fills, whose record it is, and when it is left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from support.conventions import truth

from kautilya.runs import posterior
from kautilya.runs.chunk import filled
from kautilya.runs.draws import figures
from kautilya.scenario import load
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply

STATE = np.array([[0.11, 4.0], [0.22, 5.0], [0.33, 6.0]])


@pytest.fixture(scope="module")
def own(starter: Path, tmp_path_factory):
    """A starter with a posterior of the day of two elements, one of them of another scenario."""
    folder = tmp_path_factory.mktemp("kept") / "case"
    shutil.copytree(starter, folder)
    scenario = load(folder)
    names = ("tempo.persistence", "motion.level/nobody")
    day = posterior.Day(names, STATE.astype(np.float32), posterior.mark(scenario))
    posterior.save(folder / posterior.KEPT, [], np.zeros((3, 0)), {"digest": ""}, day)
    return folder, assemble(load(folder)), scenario.digest


@truth(
    "invariant",
    source="docs/motion.md: a future takes one whole draw, by its number and the seed",
    kills="a state that goes by the place in the chunk; a figure beside it that moves",
)
def test_it_fills_its_elements_and_no_other(own):
    _, made, _ = own
    futures = np.arange(64)
    held = posterior.carried("", made, 5)
    drawn = figures(made.quantities, 5, futures)
    given = filled(
        held.assembled, apply(made), 5, futures, np.concatenate([drawn, held.rows(futures)])
    )
    plain = filled(made, apply(made), 5, futures, drawn)
    at = made.model.layout.plain.index(("tempo", "persistence"))
    values = np.asarray(given.plain[at])
    assert set(np.round(values, 6)) == {0.11, 0.22, 0.33}
    np.testing.assert_array_equal(held.rows(futures[40:])[0], values[40:])
    np.testing.assert_array_equal(np.delete(given.plain, at, 0), np.delete(plain.plain, at, 0))
    np.testing.assert_array_equal(given.anchors, plain.anchors)


@truth(
    "invariant",
    source="docs/motion.md: taken only where it was learned from the record of this day",
    kills="the state of another day; `none` that draws from what is kept; a digest blind to it",
)
def test_it_is_left_alone_where_it_does_not_belong(own, tmp_path):
    folder, made, before = own
    assert made.scenario.digest != before
    assert posterior.carried("none", made, 5).rows(np.arange(3)).shape == (0, 3)
    day = posterior.day_of("", made.scenario)
    assert day is not None and day.elements[0] == "tempo.persistence"
    other = day._replace(mark="x")
    posterior.save(tmp_path, [], np.zeros((3, 0)), {"digest": ""}, other)
    named = posterior.named(tmp_path, made.scenario)
    assert posterior.day_of(named, made.scenario) is not None  # whoever names it has it
    shutil.copytree(tmp_path, folder / "again" / posterior.KEPT)
    for path in folder.iterdir():
        if path.is_file():
            shutil.copy(path, folder / "again")
    assert posterior.day_of("", load(folder / "again")) is None


@truth(
    "required",
    source="docs/motion.md: a run takes what is kept where the record is that of its day",
    kills="a record of the flagship that was changed and a posterior that was not made anew",
)
def test_the_flagship_s_own_is_of_its_record():
    scenario = load("russia_dprk_2024")
    day = posterior.day_of("", scenario)
    assert day is not None and len(day.state) >= 256 and np.isfinite(day.state).all()
    watched, drivers = (scenario.sets[name].members for name in ("watched", "driver"))
    for name, labels in (("level", watched), ("walk", watched), ("common", drivers)):
        assert {f"motion.{name}/{one}" for one in labels} <= set(day.elements)


@truth(
    "required",
    source="docs/motion.md: a run says where the state of its day comes from",
    kills="prior draws of another day taken in silence; one made for a day that is not found, or "
    "found for another record",
)
def test_where_the_state_is_from(monkeypatch, tmp_path):
    monkeypatch.setenv("KAUTILYA_CACHE", str(tmp_path))
    own, early = load("russia_dprk_2024"), load("russia_dprk_2024", "2023-08-31")
    assert posterior.settled("", own) == ("", "kept")
    assert posterior.settled("none", own) == ("none", "none")
    assert posterior.settled("", early) == ("", "lacking")
    place = posterior.of_day(early)
    assert place != posterior.of_day(own)
    day = posterior.Day(("motion.level/claim_tank",), STATE[:, :1], posterior.mark(early))
    posterior.save(place, [], np.zeros((3, 0)), {"digest": ""}, day)
    name, origin = posterior.settled("", early)
    assert origin == "made" and posterior.folder_of(name) == place
    assert posterior.settled(name, early) == (name, "made")  # as a plan names it
    assert posterior.settled("", own) == ("", "kept")
    assert posterior.settled(str(place), own)[1] == "given"


@truth(
    "required",
    source="docs/protocol.md: --data takes longer files of the same columns",
    kills="a state learned from longer files that moves on over months that these files know",
)
def test_a_longer_record_drives_up_to_the_day(tmp_path):
    made = assemble(load("russia_dprk_2024"))
    months, labels = ("2024-06", "2024-09", "2031-01"), ("claim_gun", "claim_tank")
    values = np.array([[7.0, np.nan], [8.0, 9.0], [1.0, 1.0]])
    day = posterior.Day(("motion.level/claim_tank",), STATE[:, :1], "x", (months, labels, values))
    posterior.save(tmp_path, [], np.zeros((3, 0)), {"digest": ""}, day)
    found = posterior.carried(posterior.named(tmp_path, made.scenario), made, 5).assembled.series
    keys, span = made.model.layout.series, made.model.world.months
    gun, tank = (found[:, keys.index(("motion", "record", one))] for one in labels)
    assert gun[span.index("2024-06")] == 7.0 and tank[span.index("2024-09")] == 9.0
    assert (gun != -1).sum() == 2 and (tank != -1).sum() == 1
    rest = [k for k, key in enumerate(keys) if key[-1] not in labels or key[0] != "motion"]
    np.testing.assert_array_equal(found[:, rest], np.asarray(made.series)[:, rest])
