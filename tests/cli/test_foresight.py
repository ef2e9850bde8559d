"""register and resolve from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from support.conventions import ROOT, truth
from typer.testing import CliRunner

from kautilya.cli.foresight import TITLES, _resolved, hindcast_shown
from kautilya.cli.main import app
from kautilya.cli.terminal import widths
from kautilya.validation import hindcast, resolution
from kautilya.validation.predictions import Predictions, Question

FIRST = ROOT / "docs/predictions/0.1.0.json"
HEAD = "time_start,time_end,model,launch_place,target,launched,destroyed\n"


@truth(
    "required",
    source="docs/predictions.md",
    kills="a file of 0.1.0 that cannot be resolved from the shell",
)
def test_predictions_of_the_first_version_are_resolved_with_a_folder(tmp_path: Path):
    rows = [f"2024-{m:02d}-{d:02d},,Shahed-136/131,,,50," for m in (9, 10, 11, 12) for d in (1, 30)]
    (tmp_path / "ru_missile_drone_salvos.csv").write_text(HEAD + "\n".join(rows) + "\n")
    picture = tmp_path / "reliability.svg"
    said = CliRunner().invoke(
        app,
        ["resolve", str(FIRST), "--with", str(tmp_path), "--since", "2024-10", "--picture",
         str(picture), "--json"],
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    drones = {row["id"]: row["came"] for row in found["cases"] if row["series"] == "launch_drone"}
    assert drones == {"launch_drone@2024-10+1": 100, "launch_drone@2024-10+3": 300}
    assert picture.read_text().startswith("<svg")


@truth("order", kills="a mistake in an option that ends in a traceback")
def test_mistakes_are_told(tmp_path: Path):
    nothing = tmp_path / "nothing.json"
    nothing.write_text("{}")
    for words in (
        ["resolve", str(nothing)],
        ["resolve", str(tmp_path / "absent.json")],
        ["resolve", str(FIRST), "--with", str(tmp_path)],
        ["hindcast", "russia_dprk_2024", "--origins", "2023"],
        ["hindcast", "russia_dprk_2024", "--horizons", "0"],
        ["check", str(tmp_path), "--as-of", "2024-13-01"],
        ["run", "russia_dprk_2024", "--as-of", "yesterday", "--out", str(tmp_path / "run")],
    ):
        said = CliRunner().invoke(app, words)
        assert said.exit_code == 2 and "Traceback" not in said.output, (words, said.output)


@truth("required", kills="a day that is none and ends in an internal error, or is taken")
def test_a_day_that_is_none_is_told(tmp_path: Path):
    place = str(tmp_path)
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "ru_missile_drone_salvos.csv").write_text(
        HEAD + "2024-09-01,,Shahed-136/131,,,50,\n2024-12-30,,Shahed-136/131,,,50,\n"
    )
    for option, words in (
        ("--as-of", ["update", "russia_dprk_2024", "--with", place, "--out", f"{place}/new"]),
        ("--known", ["import", f"{place}/a.csv"]),
        ("--published", ["register", "russia_dprk_2024", "--out", f"{place}/p.json"]),
        ("--since", ["resolve", str(FIRST), "--with", place]),
    ):
        for day in ("2024-02-30", "2024-13", "٢٠٢٤-٠٢-٠١"):
            said = CliRunner().invoke(app, [*words, option, day, "--json"])
            assert said.exit_code == 2, (option, day, said.output)
            assert option in said.output and "internal" not in said.output, said.output


@truth("required", source="docs/commands.md", kills="a day behind a name that check does not heed")
def test_check_takes_the_day_behind_the_name():
    both = (["sanctions_only@2023-06-01"], ["sanctions_only", "--as-of", "2023-06-01"])
    told = [CliRunner().invoke(app, ["check", *words, "--json"]) for words in both]
    assert told[0].exit_code == told[1].exit_code == 2
    assert json.loads(told[0].stdout) == json.loads(told[1].stdout)


SKILL = {
    "group": "all", "horizon": 3, "best baseline": "ETS", "crps": 2.0, "its crps": 0.5,
    "skill": -3.0, "low": -4.0, "high": -2.5, "cases": 62, "blocks": 9, "verdict": "worse",
}  # fmt: skip


@pytest.mark.parametrize("differs", [False, True])
@truth("required", source="80 columns", kills="scores in paragraphs; a table that stands twice")
def test_skill_fits_a_terminal_and_is_told_once(differs: bool):
    """Reported origins have a table of their own only where it says something else."""
    skill = [SKILL | {"origins": "all"}, SKILL | {"origins": "reported", "crps": 2.0 + differs}]
    tables = {"skill": pd.DataFrame(skill), "coverage": pd.DataFrame([{"horizon": 3, "in80": 0.9}])}
    found = SimpleNamespace(scenario="x", tables=tables, notes=["note"], says="answer")
    shown = hindcast_shown(found, None)
    _, *told, coverage, _ = shown.blocks
    assert [one.title.rpartition("; ")[2] for one in told] == (
        ["all origins", "reported origins"] if differs else ["all origins"]
    )
    assert told[0].rows == [["all", "3", "ETS, 0.5", "2", "-3 (-4 to -2.5)", "worse"]]
    assert all(widths(one, 80) is not None for one in told)
    assert [one.title for one in coverage.columns] == ["months ahead", "in 80 %"]
    assert coverage.rows == [["3", "90 %"]]
    assert shown.data["tables"]["skill"][0]["cases"] == 62


@truth("required", source="80 columns", kills="a table of dashes; brackets with nothing in them")
def test_origins_that_are_not_there_have_no_table():
    nothing = {"crps": np.nan, "its crps": np.nan, "skill": np.nan, "low": np.nan, "high": np.nan}
    late = SKILL | nothing | {"origins": "reported", "cases": 0, "verdict": "not scored"}
    bare = SKILL | {"origins": "all", "horizon": 6, "low": np.nan, "high": np.nan}
    tables = {"skill": pd.DataFrame([SKILL | {"origins": "all"}, bare, late])}
    found = SimpleNamespace(scenario="x", tables=tables, notes=[], says="answer")
    _, told = hindcast_shown(found, None).blocks
    assert told.title.endswith("; all origins")
    assert [row[4] for row in told.rows] == ["-3 (-4 to -2.5)", "-3"]


@truth("closed-form", source="docs/protocol.md", kills="brackets said to be what they are not")
def test_brackets_of_coverage_are_told_as_they_are():
    """Where all draws are what came, that lies at both ends of each band: inside if closed, never
    strictly inside, and in 80 of 100 cases with ties broken at random."""
    told = pd.DataFrame(hindcast.scores(np.full(99, 5.0), 5.0, str(k)) for k in range(500))
    assert told["in80"].all() and told["strict80"].mean() == pytest.approx(0.8, abs=0.06)
    assert "ties" in TITLES["coverage"] and "at random" in TITLES["coverage"]
    row = {"horizon": 3, "in80": 0.9, "strict80": 0.7}
    found = SimpleNamespace(
        scenario="x", tables={"coverage": pd.DataFrame([row])}, notes=[], says=""
    )
    assert hindcast_shown(found, None).blocks[1].rows == [["3", "90 % (70)"]]


LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
CAME = pd.DataFrame(
    {"claim_tank": [10.0, 100.0, -30.0]}, pd.period_range("2024-05", periods=3, freq="M")
)


def scored(*forecasts: dict, kind: str = "quantity") -> resolution.Resolved:
    """One question a month, from 2024-05, with the forecasts of each."""
    asked = [
        Question(str(k), "t", kind, ("claim_tank",), f"2024-0{5 + k}", f"2024-0{5 + k}", 50.0, "", one)
        for k, one in enumerate(forecasts)
    ]  # fmt: skip
    return resolution.resolve(Predictions({}, tuple(asked)), CAME)


def band(middle: float, *levels: float) -> dict[str, float]:
    """Quantiles 10 apart from the first to the last level."""
    return {str(q): middle + 10 * (q - 0.5) for q in levels or LEVELS}


@truth("closed-form", source="counted by hand", kills="answers of others or without a band counted")
def test_the_first_line_of_resolve_counts_what_it_names():
    chances = {"engine": {"probability": 0.3}, "you": {"probability": 0.6}}
    assert scored(chances, kind="ever").says == "engine: 1 answer resolved, no amounts."
    middle = {"engine": band(12.0, 0.25, 0.5, 0.75)}
    assert scored(middle).says.startswith("engine: 1 amount resolved, none with a 90 % band; far")
    mixed = scored(middle, {"engine": band(101.0)})
    assert mixed.says.startswith(
        "engine: 90 % bands held 1 of 1 amount (1 more without such a band); farthest off"
    )
    row = mixed.tables["all cases: quantities"].iloc[0]
    assert (row["in90"], row["cases90"], row["cases"]) == (1, 1, 2) and "cases50" not in row
    table = _resolved(mixed).blocks[1]
    shown = dict(zip([one.title for one in table.columns], table.rows[0], strict=True))
    assert (shown["in 90 %"], shown["in 50 %"], shown["cases"]) == ("100 % of 1", "100 %", "2")
    other = scored(middle | {"you": band(11.0)}).tables["all cases: quantities"]
    assert other["cases90"].tolist() == [0, 1]


@pytest.mark.filterwarnings("error")
@truth(
    "closed-form", source="counted by hand", kills="a forecast below nothing that is passed over"
)
def test_the_worst_miss_may_lie_below_nothing():
    for forecasts, said in (
        ([band(-50.0)], "-50 said, 10 came"),
        ([band(-50.0), band(101.0)], "-50 said, 10 came"),
        ([band(-1.0), band(300.0), band(-20.0)], "-1 said, 10 came"),
        ([band(9.0), band(99.0), band(40.0)], "40 said, -30 came"),
    ):
        assert scored(*({"engine": one} for one in forecasts)).says.endswith(f"{said}.")
