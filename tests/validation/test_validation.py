"""Published numbers: the table, the command, and the labels that follow from the record."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.conventions import ROOT, shared_file, truth
from typer.testing import CliRunner

from kautilya.cli.main import app
from kautilya.estimation import outside
from kautilya.validation import labels, published, scoreboard, sources, validate

LIGHT = (
    "engel",
    "cdb90",
    "council",
    "tribes",
    "ideal",
    "scores",
    "luck",
    "ishigami",
    "discovery",
)  # no compiler needed


@pytest.fixture
def light(monkeypatch) -> list:
    """The groups that cost little, run anew."""
    shared_file("truth/un_ideal_points_apr2020.csv")
    table = published.expected()
    table = table[table["name"].str.partition(".")[0].isin(LIGHT)]
    monkeypatch.setattr(published, "expected", lambda: table)
    return validate()


@truth(
    "published",
    source="expected.csv: engel1954, banzhaf1965, aref2019, bailey2017, salmon2011",
    kills="a number obtained from its own expectation; a tolerance that is never used",
)
def test_light_numbers_come_out(light) -> None:
    assert len(light) > 40 and all(one.ok for one in light)
    for one in light:
        assert abs(one.obtained - one.expected) <= one.tolerance
    told = labels.read("validation").set_index("name")
    for one in light:  # the stored record is what the code gives today
        assert told.loc[one.name, "obtained"] == pytest.approx(one.obtained, rel=1e-9, abs=1e-12)


@pytest.mark.slow
@truth("invariant", source="expected.csv", kills="a number that no longer comes out")
def test_all_numbers_come_out() -> None:
    shared_file("data/gravity_yotov_69c_1986_2006.parquet")
    found = validate()
    assert [one for one in found if not one.ok] == []
    assert len(found) >= 40 and len(sources(found)) >= 8


@truth("invariant", source="forty numbers of eight sources", kills="a kind nobody defined")
def test_the_table_of_numbers() -> None:
    table = published.expected()
    assert not table["name"].duplicated().any()
    assert set(table["kind"]) <= set(published.KINDS)
    assert set(table["standing"]) <= set(published.STANDINGS)
    assert set(table["name"].str.partition(".")[0]) == set(published.GROUPS)
    hard = table[table["kind"] != "closed-form"]
    assert len(hard) >= 40 and hard["source"].nunique() >= 8
    outsiders = table[table["standing"] == "outside"]  # a computed value is no outside validation
    assert set(outsiders["kind"]) <= {"published", "other-program"}
    stored = labels.read("validation")
    assert stored["name"].tolist() == table["name"].tolist()
    assert np.allclose(stored["expected"], table["expected"], rtol=1e-9, atol=0)


@truth("invariant", source="the contract of the command", kills="exit code 2 or 0 where one is off")
def test_exit_codes(light, monkeypatch) -> None:
    run = CliRunner()
    shown = run.invoke(app, ["validate", "--json"])
    data = json.loads(shown.stdout)
    assert shown.exit_code == 0 and data["off"] == 0 and data["numbers"] == len(light)
    assert {
        "name",
        "mechanism",
        "source",
        "kind",
        "expected",
        "obtained",
        "tolerance",
        "ok",
    } <= set(data["checks"][0])
    wrong = published.expected().copy()
    wrong.loc[wrong["name"] == "tribes.frustration", "expected"] = 8.0
    monkeypatch.setattr(published, "expected", lambda: wrong)
    shown = run.invoke(app, ["validate"])
    assert shown.exit_code == 1 and "OFF" in shown.stdout


@truth("invariant", source="the contract of the command", kills="a pass where nothing was checked")
def test_absent_files_are_named(light, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("KAUTILYA_SHARED", str(tmp_path))
    assert not outside.there("truth/signed_tribes_network.csv")
    found = {one.name: one for one in validate()}
    lacking = found["tribes.walk"]
    assert lacking.ok is None and lacking.obtained is None
    assert "signed_tribes_network" in lacking.absent
    assert found["council.vote.winning"].ok and found["engel.us.1"].ok
    shown = CliRunner().invoke(app, ["validate"])
    assert shown.exit_code == 0 and "Absent: truth/signed_tribes_network.csv" in shown.stdout


def a_number(standing: str, ok: bool = True, name: str = "x") -> dict:
    return {"name": name, "mechanism": "law", "source": "a2000", "standing": standing, "ok": ok}


def a_score(verdict: str, standing: str = "held-out") -> dict:
    return {
        "mechanism": "law",
        "standing": standing,
        "verdict": verdict,
        "what": "w",
        "baseline": "b",
    }


@truth(
    "closed-form",
    source="the three definitions, written out",
    kills="an identity that validates; one lucky score among bad ones; a number that is off",
)
@pytest.mark.parametrize(
    ("numbers", "scores", "word"),
    [
        ([], [], "analytic"),
        ([a_number("identity")], [], "analytic"),
        ([a_number("context")], [], "analytic"),
        ([a_number("fitted")], [], "reproduced"),
        ([a_number("fitted"), a_number("outside")], [], "validated"),
        ([a_number("outside"), a_number("identity", False)], [], "analytic"),
        ([], [a_score("better")], "validated"),
        ([], [a_score("better"), a_score("no difference shown")], "validated"),
        ([], [a_score("better"), a_score("worse")], "analytic"),
        ([], [a_score("no difference shown")], "analytic"),
        ([], [a_score("not scored")], "analytic"),
        ([], [a_score("better", "fitted")], "reproduced"),
        ([a_number("fitted")], [a_score("worse")], "reproduced"),
    ],
)
def test_labels_follow_from_the_record(numbers, scores, word) -> None:
    kept = pd.DataFrame(numbers, columns=["name", "mechanism", "source", "standing", "ok"])
    told = pd.DataFrame(scores, columns=["mechanism", "standing", "verdict", "what", "baseline"])
    assert labels.judge("law", kept, told).word == word
    assert labels.judge("another", kept, told).word == "analytic"


@truth("invariant", source="no validated law with sign bars only", kills="a label declared by hand")
def test_sign_only_laws_are_analytic() -> None:
    for name in ("regime", "secondary_sanctions", "erosion", "politics", "treaty"):
        assert labels.label(name).word == "analytic", name
    assert labels.label("formulas.trade_equilibrium").word == "validated"
    assert labels.label("formulas.barter").word == "analytic"


@truth("invariant", source="house rules", kills="a page that says what the record once said")
def test_pages_of_the_record_are_current() -> None:
    for name, text in scoreboard.pages().items():
        path: Path = ROOT / "docs" / name
        assert path.read_text(encoding="utf-8") == text, f"docs/{name}: tools/build_record.py"
    spec = importlib.util.spec_from_file_location("r", ROOT / "tools" / "build_record.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(["--check"]) == 0 and module.main(["nonsense"]) == 2


@truth("invariant", source="the record", kills="a scoreboard of successes only")
def test_the_scoreboard_shows_everything() -> None:
    shown = CliRunner().invoke(app, ["scoreboard", "--json"])
    data = json.loads(shown.stdout)
    assert shown.exit_code == 0 and len(data["skill"]) == len(labels.read("skill"))
    assert data["labels"]["council"]["label"] == "analytic"
    assert CliRunner().invoke(app, ["scoreboard"]).exit_code == 0
