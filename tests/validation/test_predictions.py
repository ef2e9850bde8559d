"""Predictions: registered, kept, written for hubs, resolved beside others'."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.conventions import ROOT, truth

from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import load_run
from kautilya.validation import predictions, resolution
from kautilya.validation.predictions import Predictions, Question

FIRST = ROOT / "docs/predictions/0.1.0.json"
MONTHS = pd.period_range("2024-08", "2025-01", freq="M")
SEEN = pd.DataFrame({"launch_drone": [700.0, 800, 1200, 2000, 1500, np.nan]}, MONTHS)
WIDE = {"0.05": 100.0, "0.1": 500.0, "0.25": 900.0, "0.5": 1000.0, "0.75": 1300.0, "0.9": 1900.0,
        "0.95": 2500.0}  # fmt: skip


def asked(**forecasts: dict[str, float]) -> Predictions:
    return Predictions(
        {"what": "predictions, not to be changed", "as_of": "2024-09-10"},
        (
            Question("drones", "how many", "quantity", ("launch_drone",), "2024-10", "2024-10",
                     float("nan"), "a file", forecasts or {"engine": WIDE}),
            Question("ever", "above 1,900", "ever", ("launch_drone",), "2024-10", "2024-12", 1900.0,
                     "a file", {"engine": {"probability": 0.8}, "a person": {"probability": 0.3}}),
            Question("later", "above 1,900", "ever", ("launch_drone",), "2024-10", "2025-01", 1900.0,
                     "a file", {"engine": {"probability": 0.8}}),
        ),
    )  # fmt: skip


@truth("closed-form", kills="a score of another formula, or an event that counts before its day")
def test_scores_of_what_is_resolved():
    found = resolution.resolve(asked(), SEEN)
    cases = found.cases.set_index(["id", "forecaster"])
    quantity = cases.loc[("drones", "engine")]
    q, x = np.array([float(k) for k in WIDE]), np.array(list(WIDE.values()))
    unit = SEEN["launch_drone"].mean()
    loss = np.where(x > 1200, (1 - q) * (x - 1200), q * (1200 - x))
    assert quantity["score"] == pytest.approx(2 * loss.mean() / unit)
    assert (quantity["in50"], quantity["in80"], quantity["came"]) == (1, 1, 1200)
    assert cases.loc[("ever", "engine"), "brier"] == pytest.approx(0.04)
    assert cases.loc[("ever", "a person"), "log"] == pytest.approx(-np.log(0.3))
    assert ("later", "engine") not in cases.index and found.open == 1  # it has passed, and waits
    assert "common cases: ever by a day" in found.tables
    early = resolution.resolve(asked(), SEEN, since="2024-11")
    assert early.cases.empty and "2024-11" in early.notes[-1]


@truth(
    "closed-form", kills="forecasters who are compared on other questions than those both answered"
)
def test_others_are_scored_on_the_common_cases():
    """A market answers how many, a person whether: each beside the engine, none beside all."""
    found = resolution.resolve(asked(engine=WIDE, market=WIDE), SEEN).tables
    assert "common cases: quantities" not in found
    market = found["common cases of engine and market: quantities"]
    assert market["forecaster"].tolist() == ["engine", "market"] and (market["cases"] == 1).all()
    assert market["score"].nunique() == 1
    assert found["common cases of engine and a person: ever by a day"]["cases"].tolist() == [1, 1]


@truth("invariant", kills="a file that may be mended unseen, or that refuses a rival's forecast")
def test_a_file_says_what_was_written_and_is_sealed(tmp_path: Path):
    made = asked()
    alone = made._replace(questions=tuple(
        one._replace(forecasts={"engine": one.forecasts["engine"]}) for one in made.questions
    ))  # fmt: skip
    path = tmp_path / "predictions.json"
    predictions.write(path, alone)
    again = predictions.read(path)
    assert str(again.questions) == str(alone.questions)
    said = json.loads(path.read_text())
    said["questions"][0]["forecasts"]["a market"] = WIDE
    path.write_text(json.dumps(said))
    assert set(predictions.read(path).questions[0].forecasts) == {"engine", "a market"}
    said["questions"][0]["forecasts"]["engine"]["0.5"] = 1200.0
    path.write_text(json.dumps(said))
    with pytest.raises(KautilyaError, match="changed after it was made"):
        predictions.read(path)


@pytest.mark.parametrize("name", ["hub.csv", "hub.parquet"])
@truth("invariant", kills="a quantile, chance or window that a hub's format loses")
def test_the_format_of_hubs_comes_back(tmp_path: Path, name: str):
    made = asked(engine=WIDE, other={"0.5": 3.0})
    predictions.write(tmp_path / name, made)
    again = predictions.read(tmp_path / name)
    a, b = (resolution.resolve(one, SEEN).cases for one in (made, again))
    columns = ["forecaster", "kind", "came", "said", "score", "brier", "log", "in80"]
    assert len(a) == 4 and a[columns].equals(b[columns])


@truth(
    "closed-form",
    kills="a version whose predictions nobody can resolve, or a sum of the wrong months",
)
def test_the_predictions_of_the_first_version_are_read():
    made = predictions.read(FIRST)
    named = {one.id: one for one in made.questions}
    drones = named["launch_drone@2024-10+3"]
    own = json.loads(FIRST.read_text())["outcomes"]["fired"]["RUS,drone"]["2024-10+3"]
    assert drones.forecasts["version 0.1.0"]["0.5"] == own[3] and drones.last == "2024-12"
    assert len(named) == 24 and all(one.first == "2024-10" for one in made.questions)


@truth("closed-form", kills="a diagram of reliability that does not stand on what came")
def test_reliability():
    found = resolution.resolve(asked(), SEEN).reliability
    row = found[(found["forecaster"] == "engine") & (found["kind"] == "ever")].iloc[0]
    assert (row["said"], row["came"], row["cases"]) == (0.8, 1.0, 1)
    picture = resolution.drawn(found)
    assert picture.startswith("<svg") and picture.count("polyline") == 2 + 3


@truth("closed-form", kills="a question about another month, cell or quantile than the run holds")
def test_a_stored_run_is_registered(whole: Path):
    """The starter's run: what was seen of a thing itself is foretold as the run has it."""
    run = load_run(whole)
    made = predictions.register(run)
    assert made.about["as_of"] == "2022-06-30" and made.about["futures"] == run.manifest["futures"]
    one = next(q for q in made.questions if q.id == "line AAA tank@2022-07+1")
    line = run.data["line"].sel(belligerent="AAA", equipment="tank", month="2022-07")
    assert one.forecasts["engine"]["0.5"] == predictions.plain(float(line.quantile(0.5)))
    ever = next(q for q in made.questions if q.kind == "ever")
    assert 0.0 <= ever.forecasts["engine"]["probability"] <= 1.0 and ever.threshold > 0
    with pytest.raises(KautilyaError, match="month after"):
        predictions.register(run, "2022-05")


@truth("closed-form", kills="a month that had begun called a prediction; an open question lost")
def test_only_what_ends_ninety_days_later_is_a_prediction():
    one, _, later = asked().questions
    assert not predictions.foretold(one, "2024-08-03")  # 89 days to 31 October 2024
    assert predictions.foretold(one, "2024-08-02") and predictions.foretold(later, "2024-08-03")


@truth("required", source="docs/came.md", kills="a page that tells of other files than those kept")
def test_what_came_is_told_as_it_is_kept():
    """Every miss of the record has a line and a reason, and the open questions are those of the file."""
    found = predictions.read(ROOT / "docs/predictions/russia_dprk_2025.json")
    published = found.about["published"]
    ahead = [one for one in found.questions if predictions.foretold(one, published)]
    assert len(found.questions) >= 40 and len(ahead) >= 20
    assert max(one.last for one in found.questions) == "2027-12"
    page = (ROOT / "docs/came.md").read_text(encoding="utf-8")
    assert f"{len(ahead)} end {predictions.AHEAD} days" in page
    said = predictions.as_document(found)["digest"]
    assert (
        said == json.loads((ROOT / "docs/predictions/russia_dprk_2025.json").read_text())["digest"]
    )
    done = [sys.executable, str(ROOT / "tools/build_came.py"), "--check"]
    assert subprocess.run(done, check=False).returncode == 0


@truth("order", kills="predictions read from a device without end, or nested beyond the stack")
def test_predictions_are_a_file_of_sound_json(tmp_path: Path):
    (tmp_path / "deep.json").write_text("[" * 50_000)
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    for name, said in (("deep.json", "not JSON"), ("zero.json", "no regular file")):
        with pytest.raises(KautilyaError, match=said):
            predictions.read(tmp_path / name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first": "2024-13"}, "a question without"),
        ({"first": "2024-11"}, "a window"),
        ({"kind": "nope"}, "kind 'nope'"),
        ({"series": ()}, "no series|0 series"),
        ({"forecasts": {}}, "0 forecasts"),
        ({"forecasts": {"a": {"0.5": float("nan")}}}, "no number"),
        ({"forecasts": {"a": {"0.1": 5.0, "0.5": 1.0}}}, "quantiles that fall"),
        ({"forecasts": {"a": {"1.5": 5.0}}}, "level is not between"),
        ({"forecasts": {"a": {"x": 5.0}}}, "level that is no number"),
        ({"kind": "ever", "forecasts": {"a": {"probability": 1.5}}}, "no probability"),
    ],
)
@truth("required", kills="a forecast that nobody could score, scored or left to wait for ever")
def test_what_cannot_be_scored_is_refused(tmp_path: Path, change: dict[str, object], said: str):
    """In a file of ours, sealed anew, and in one of a hub."""
    made = asked()
    odd = made._replace(questions=(made.questions[0]._replace(**change),))
    predictions.write(tmp_path / "a.json", odd)
    with pytest.raises(KautilyaError, match=said):
        predictions.read(tmp_path / "a.json")
    for name in ("b.json", "b.csv"):
        predictions.write(tmp_path / name, made)
        predictions.write(tmp_path / name, made)
        with pytest.raises(KautilyaError, match="other predictions were registered"):
            predictions.write(tmp_path / name, odd)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2024-08-10,tank", "a window|number"),
        ("2024-08-10,tank,2024-09,2024-13-01,,m,quantile,0.5,1", "a window"),
        ("2024-08-10,tank,2024-09,2024-09-30,,m,quantile,0.5,", "no number"),
        ("2024-08-10,tank,2024-09,2024-09-30,,m,quantile,0.5,1\n" * 2, ":3: this row stands twice"),
    ],
)
@truth("required", kills="a row of a hub that ends in a traceback, or whose second value wins")
def test_rows_of_a_hub_that_cannot_be_scored_are_refused(tmp_path: Path, row: str, said: str):
    (tmp_path / "a.csv").write_text(",".join(predictions.HUB) + "\n" + row.strip() + "\n")
    with pytest.raises(KautilyaError, match=said):
        predictions.read(tmp_path / "a.csv")


@truth(
    "required", kills="numbers of a run told with the figures of a scenario that was changed since"
)
def test_a_scenario_that_has_changed_since_its_run_is_told(
    starter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """By storylines, history and diff; nobody can register such a run."""
    from shutil import copytree

    from kautilya.cli.main import main
    from kautilya.runs.ensemble import run

    case, out = copytree(starter, tmp_path / "case"), tmp_path / "run"
    run(str(case), 64, 0, out=out)
    actors = case / "actors.csv"
    actors.write_text(actors.read_text().replace("First belligerent", "Another"))
    for args in (["storylines", out], ["history", out], ["diff", out, out, "--during", "2023"]):
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in args])
        told = " ".join(capsys.readouterr().out.split())
        assert not ended.value.code and "has changed since this run" in told, args
    with pytest.raises(KautilyaError, match="has changed since"):
        predictions.register(load_run(out))
