"""The hindcast: origins, what is scored on what, coverage, skill, verdicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.conventions import truth

from kautilya.errors import KautilyaError
from kautilya.scenario import new
from kautilya.validation import hindcast as study
from kautilya.validation import track

MONTHS = pd.period_range("2022-03", "2024-08", freq="M")


def toy(seed: int = 0, noise: float = 1.0) -> tuple[study.Truth, dict[str, study.Draws]]:
    """Two series of nothing but noise, an engine that knows its law, and a rival that is too wide."""
    rng = np.random.default_rng(seed)
    seen = pd.DataFrame(100 + 10 * rng.standard_normal((len(MONTHS), 2)), MONTHS, ["a", "b"])
    origins = list(pd.period_range("2022-12", "2024-05", freq="M"))

    def draws(sd: float) -> study.Draws:
        return {o: 100 + sd * rng.standard_normal((400, 2, 3)) for o in origins}

    made = {study.ENGINE: draws(10 * noise), **{name: draws(40.0) for name in study.RIVALS}}
    return study.Truth(
        seen, {"a": "first", "b": "second"}, lambda day: seen.loc[: str(day)[:7]]
    ), made


@truth(
    "closed-form",
    kills="a case that is scored against another month, or an interval of another level",
)
def test_a_forecast_that_knows_the_law_is_calibrated_and_better():
    given, made = toy()
    cases = study.scored(made, given, (1, 3))
    assert len(cases) == 2 * 18 * 2 * (1 + len(study.RIVALS))
    own = cases[cases["forecast"] == study.ENGINE]
    for column, low, high in (("in80", 0.7, 0.9), ("strict80", 0.7, 0.9), ("in50", 0.38, 0.64)):
        assert low <= own[column].mean() <= high, column
    row = own[(own["series"] == "a") & (own["origin"] == "2023-01") & (own["horizon"] == 3)].iloc[0]
    assert row["value"] == given.seen.loc[pd.Period("2023-04", "M"), "a"]
    found = study.tables(cases)
    skill = found["skill"].set_index(["group", "horizon", "origins"])
    assert skill.loc[("all", 1, "all"), "verdict"] == "better on months looked at"
    assert skill.loc[("all", 3, "reported"), "verdict"].startswith("no verdict")
    assert skill.loc[("first", 1, "all"), "cases"] == 18
    assert found["reported origins alone"]["origins"].max() == 5


@truth("closed-form", kills="strict coverage that counts ties as inside, or closed that does not")
def test_ties_are_broken_at_random_in_strict_coverage_only():
    zeros = np.zeros(99)
    closed = [study.scores(zeros, 0.0, str(k))["in50"] for k in range(400)]
    strict = [study.scores(zeros, 0.0, str(k))["strict50"] for k in range(400)]
    assert all(closed) and 0.42 < np.mean(strict) < 0.58
    assert study.scores(zeros, 0.0)["crps"] == 0.0
    assert study.scores(np.array([0.0, 2.0]), 1.0)["crps"] == 0.0  # fair: 1 - 2 / 2


@truth("order", kills="a baseline that is picked on the months that are reported")
def test_the_best_baseline_is_picked_on_development_origins():
    given, made = toy()
    late = {o: v for o, v in made["ETS"].items()}
    for origin in late:
        sd = 5.0 if origin > study.DEVELOPED else 200.0
        late[origin] = 100 + (late[origin] - 100) * sd / 40.0
    cases = study.scored(made | {"ETS": late}, given, (1,))
    told = study.skills(cases)
    assert "ETS" not in set(told["best baseline"])


@truth(
    "required", source="docs/commands.md", kills="origins or horizons that are misread in silence"
)
@pytest.mark.parametrize("text", ["2023", "2023-13", "2023-05..2023-01", "2023-01..2023-05/0", "x"])
def test_origins_that_are_none_are_refused(text: str):
    with pytest.raises(KautilyaError):
        study.origins_of(text)
    with pytest.raises(KautilyaError):
        study.horizons_of("1,x")


@pytest.fixture(scope="module")
def observed(tmp_path_factory) -> Path:
    """The starter, with tanks that were counted at the end of each month until 2023-09."""
    folder = new("watched", tmp_path_factory.mktemp("hindcast"))
    toml = folder / "scenario.toml"
    toml.write_text(toml.read_text().replace("as_of = 2022-06-30", "as_of = 2023-09-30"))
    lines = ["series,actor,partner,good,month,value,unit,source,date,grade,status"]
    for k, month in enumerate(pd.period_range("2022-01", "2023-09", freq="M")):
        day = month.end_time.date()
        lines.append(
            f"observed.line,AAA,,tank,{month},{1000 - 9 * k},tank,example2022,{day},C3,reported"
        )
    (folder / "series.csv").write_text("\n".join(lines) + "\n")
    return folder


@truth(
    "order", kills="an engine that is forecast from another day than the one that it is scored on"
)
def test_the_engine_of_a_scenario_is_forecast_from_each_origin(observed: Path):
    """Quick version of the hindcast: two origins of a toy, with the engine in its workers."""
    ask = study.Ask(study.origins_of("2022-12..2023-03/3"), (1, 3), futures=64)
    found = study.hindcast(str(observed), ask)
    own = found.cases[found.cases["forecast"] == study.ENGINE]
    assert sorted(own["month"]) == ["2023-01", "2023-03", "2023-04", "2023-06"]
    assert own["value"].tolist() == [1000 - 9 * k for k in (12, 14, 15, 17)]
    assert own["crps"].notna().all() and len(found.cases) == 4 * 6
    path = observed / "series.csv"  # what comes after the origin moves no forecast from it
    kept = path.read_text()
    path.write_text(kept.replace(",2023-06,847,", ",2023-06,99,"))
    again = study.hindcast(str(observed), ask).cases
    path.write_text(kept)
    quantiles = [one for one in own if one.startswith("q")]
    assert again[again["forecast"] == study.ENGINE][quantiles].equals(own[quantiles])
    assert set(again["value"]) - set(own["value"]) == {99}


@truth(
    "closed-form",
    source="counted by hand",
    kills="a series counted twice under a picture; a share that is not weighted by its tries",
)
def test_the_line_under_a_picture(monkeypatch, tmp_path):
    rows = [
        "table,series,group,horizon,in80,cases,origins",
        "by series,launch_drone,launches,1,1.0,10,10",
        "by series,launch_drone,launches,6,0.5,10,10",
        "by series,claim_tank,claims,1,0.8,5,5",
        "coverage,,,1,0.1,99,9",
    ]
    (tmp_path / "hindcast.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(track, "RECORD", tmp_path / "hindcast.csv")
    track.record.cache_clear()
    try:
        drones = ("fired", ("RUS", "drone"))
        assert track.line(*drones) == "bands of this kind held 8 of 10 times in 20 tries"
        assert track.line(*drones, horizon=7).startswith("bands of this kind held 5 of 10 times")
        both = track.line_over([drones, drones, ("published", ("launch_drone",))])
        assert both == track.line(*drones)
        assert track.line("destroyed", ("RUS", "tank")) == track.NONE  # five tries say nothing
        assert track.line("price", ("PRK", "tank")) == track.NONE
        mixed = track.line_over([drones, ("destroyed", ("RUS", "tank"))])
        assert mixed == "bands of this kind held 8 of 10 times in 25 tries"
    finally:
        track.record.cache_clear()
    assert "new suppliers" in track.line("supply_chance", ("PRK", "tube_round"))


@truth(
    "closed-form",
    kills="a first line that counts another forecast, or other months, as the engine's",
)
def test_the_first_line_says_how_the_bands_held():
    rows = [
        (study.ENGINE, "a", 1, 1.0),
        (study.ENGINE, "b", 1, 0.0),
        ("drift", "a", 1, 1.0),
        (study.ENGINE, "a", 3, 1.0),
    ]
    cases = pd.DataFrame(rows, columns=["forecast", "origin", "horizon", "in80"])
    said = study.Hindcast("x", cases, {}, []).says
    assert said == (
        "From 2 origins the engine's 80 % bands held 50 % of 2 cases 1 month ahead and 100 % of 1 case "
        "3 months ahead."
    )
    assert (
        study.Hindcast("x", cases[:0], {}, []).says == "No month came that a forecast was made for."
    )
