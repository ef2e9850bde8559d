"""A posterior on disk: which draw a future takes, whose it is, what the commands say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace as Plain
from typing import Any

import numpy as np
import pytest
from support.conventions import truth
from typer.testing import CliRunner

from kautilya import scenario as scenarios
from kautilya.cli.main import app
from kautilya.errors import KautilyaError
from kautilya.estimation.calibration import inference as study
from kautilya.report.sections import calibrated
from kautilya.runs import posterior
from kautilya.runs.draws import figures
from kautilya.runs.ensemble import Case, load_run, run
from kautilya.scenario.assemble import assemble


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Any]:
    """The starter scenario, and a posterior of two of its figures with 50 joint draws."""
    root = tmp_path_factory.mktemp("calibrated")
    folder = scenarios.new("starter", root)
    made = assemble(scenarios.load(folder))
    rows = [q for q in made.quantities if q.low < q.high][:2]
    share = np.linspace(0.1, 0.9, 50)
    draws = np.stack([r.low + share * (r.high - r.low) for r in rows], axis=1)
    posterior.save(
        root / "post",
        [r.id for r in rows],
        draws,
        {"digest": made.scenario.digest, "scenario": "starter"},
    )
    return folder, root / "post", made


@truth("invariant", source="a future keeps its draw", kills="draws that depend on the chunk")
def test_a_future_takes_one_whole_draw(case: tuple[Path, Path, Any]) -> None:
    folder, post, made = case
    name = posterior.named(post, made.scenario)
    feed = posterior.informed(None, name, made, 5)
    assert feed is not None and posterior.informed(None, "", made, 5) is None
    every, some = feed(np.arange(300)), feed(np.arange(128, 256))
    for (_row, value), (_, part) in zip(every, some, strict=True):
        np.testing.assert_array_equal(value[128:256], part)
    ids, draws, _ = posterior.load(post)
    pair = np.stack([value for _, value in every], axis=1)
    assert all((draws == one).all(axis=1).any() for one in pair)  # joint, never mixed
    assert len(np.unique(pair[:, 0])) > 40
    other = posterior.informed(None, name, made, 6)
    assert other is not None and (other(np.arange(300))[0][1] != every[0][1]).any()
    whole = figures(made.quantities, 5, np.arange(300), every)
    numbers = [int(row[0]) for row, _ in every]
    np.testing.assert_array_equal(whole[numbers].T, pair)
    plain = figures(made.quantities, 5, np.arange(300))
    rest = np.setdiff1d(np.arange(len(whole)), numbers)
    np.testing.assert_array_equal(whole[rest], plain[rest])


@truth(
    "invariant",
    source="same plan, same bits; another posterior, another run",
    kills="a --posterior that is read and not used",
)
def test_a_run_draws_from_it(case: tuple[Path, Path, Any], tmp_path: Path) -> None:
    folder, post, _ = case
    runs = {
        name: run(str(folder), 128, 1, case=Case(posterior=given), out=tmp_path / name)
        for name, given in (("with", str(post)), ("without", ""))
    }
    same = run(str(folder), 64, 1, case=Case(posterior=str(post)), out=tmp_path / "half")
    differ = 0
    for name, array in runs["with"].data.data_vars.items():
        np.testing.assert_array_equal(array.values[:64], same.data[name].values)
        differ += not np.array_equal(array.values, runs["without"].data[name].values)
    assert differ > 0
    said = load_run(tmp_path / "with").manifest["case"]["posterior"]
    assert said.startswith(str(post.resolve())) and "@" in said


@truth("invariant", source="bad input is named", kills="a posterior of another scenario")
def test_a_posterior_belongs_to_its_scenario(case: tuple[Path, Path, Any], tmp_path: Path) -> None:
    _, post, _ = case
    other = scenarios.load(scenarios.new("other", tmp_path))
    with pytest.raises(KautilyaError, match="another scenario"):
        posterior.named(post, other)
    with pytest.raises(KautilyaError, match="no posterior in this folder"):
        posterior.named(tmp_path, other)
    (tmp_path / posterior.VALUES).write_bytes(b"PK no zip")
    with pytest.raises(KautilyaError, match="no posterior in this folder"):
        posterior.load(tmp_path)
    got = CliRunner().invoke(
        app,
        [
            "run",
            str(tmp_path / "other"),
            "--posterior",
            str(post),
            "--out",
            str(tmp_path / "r"),
            "--json",
        ],
    )
    assert got.exit_code == 2 and "error" in json.loads(got.stdout)
    assert not (tmp_path / "r").exists()


@truth("invariant", source="bad input is named", kills="a traceback for the user")
def test_bad_requests_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = str(scenarios.new("small", tmp_path))
    flagship = "russia_dprk_2024"
    for args in (
        [flagship, "--draws", "1"],
        [flagship, "--chains", "0"],
        [flagship, "--until", "2022-03"],
        [flagship, "--until", "soon"],
        [flagship, "--recover", "-1"],
        ["no such scenario"],
    ):
        got = CliRunner().invoke(app, ["calibrate", *args, "--json", "--out", str(tmp_path / "p")])
        assert got.exit_code == 2 and "error" in json.loads(got.stdout), args
    with pytest.raises(KautilyaError, match="laws"):
        study.ready(small)
    for library in ("numpyro", "arviz"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, library, None)
            with pytest.raises(KautilyaError, match=rf"{library}.*kautilya\[bayes\]"):
                study.ready(flagship)
    assert not (tmp_path / "p").exists()


@truth("closed-form", source="a summary by hand", kills="a report that hides what was not learned")
def test_the_report_tells_what_was_learned(tmp_path: Path) -> None:
    marks = {
        f"{name}_{part}": 1234.0
        for name in ("prior", "posterior", "again")
        for part in ("low", "median", "high")
    }
    said = {
        "digest": "d",
        "until": "2024-08",
        "figures": 9,
        "not_learned": ["idle-figure"],
        "diagnostics": {"worst_rhat": 1.012, "divergences": 3, "draws": 1000},
        "tables": {
            "prior and posterior": [{"id": "rate", "learned": True, "sd_left": 0.4, **marks}],
            "permanent losses": [{"side": "RUS", "class": "tank", **marks}],
            "drawn again beside what was seen": [
                {
                    "observer": "pictures",
                    "side": "RUS",
                    "class": "tank",
                    "counts": 30,
                    "in80": 0.8,
                    "seen": 77.0,
                    **marks,
                }
            ],
        },
    }
    posterior.save(tmp_path, ["rate"], np.ones((2, 1)), said)
    page = str(calibrated(Plain(manifest={"case": {"posterior": f"{tmp_path}@abc"}})))  # type: ignore[arg-type]
    for word in (
        "1 of 9 figures were not",
        "idle-figure",
        "1.012",
        "3 divergences",
        "80 % of 30",
        "0.40",
        "2024-08",
    ):
        assert word in page, word
    assert calibrated(Plain(manifest={"case": {}})) is None  # type: ignore[arg-type]
    gone = str(calibrated(Plain(manifest={"case": {"posterior": f"{tmp_path}/none@abc"}})))  # type: ignore[arg-type]
    assert "no longer" in gone
