"""Discover and robust on a scenario that runs, and the commands with their JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.conventions import truth
from typer.testing import CliRunner

from kautilya import scenario as scenarios
from kautilya.claims.boxes import Where, discover_where, stored_run
from kautilya.cli.door import Door
from kautilya.cli.main import app
from kautilya.cli.uncertainty import indices as shown
from kautilya.errors import KautilyaError
from kautilya.runs.draws import figures
from kautilya.runs.ensemble import Case, Plan, run
from kautilya.scenario.assemble import assemble
from kautilya.study.discovery import Search
from kautilya.study.robust import Goal, regret, robust
from kautilya.study.sensitivity import Ask, sensitivity

PLAN = Plan(256, 1, Case((), (), "always", "raw"))
OUTCOME = "line[AAA,tank]"


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(scenarios.new("my_case", tmp_path_factory.mktemp("starter")))


def called(*words: str) -> dict:
    """The JSON of a command."""
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.stdout
    return json.loads(done.stdout)


@truth(
    "invariant",
    source="claims/discovering.py",
    kills="figures of other futures than the truth; a condition that is turned twice",
)
def test_a_condition_is_found_where_its_figures_are(starter: str):
    """The box holds as many futures as a count over figures and outcomes by hand."""
    data = run(starter, PLAN.futures, PLAN.seed, case=PLAN.case).data
    last = str(data["month"].values[-1])
    held = data["line"].sel(belligerent="AAA", equipment="tank", month=last).values.astype(float)
    bar = float(np.round(np.median(held), 3))
    text = f"stock(AAA, tank, line) at {last} < {bar} tank"
    found = discover_where(starter, Where(text), PLAN, Search(dims=4, shuffles=3))
    one = found.discovery
    assert one.share == pytest.approx((held < bar).mean()) and found.lost == 0
    rows = assemble(scenarios.load(starter)).quantities
    names = [row.id for row in rows]
    x = (figures(rows, PLAN.seed, np.arange(PLAN.futures)) / [[row.factor] for row in rows]).T
    inside = one.box.inside(x[:, [names.index(name) for name in one.names]])
    assert (inside.sum(), (inside & (held < bar)).sum()) == (one.box.points, one.box.cases)
    other = discover_where(starter, Where(text, turned=True), PLAN, Search(dims=4, shuffles=3))
    assert other.discovery.share == pytest.approx(1 - one.share)
    shown = called(
        "discover",
        starter,
        "--where",
        text,
        "--futures",
        "256",
        "--seed",
        "1",
        "--accept",
        "raw",
        "--dims",
        "4",
    )
    assert shown["box"]["points"] == one.box.points and shown["share"] == one.share


@truth(
    "symmetry",
    source="a run that is stored and one that is made anew",
    kills="figures of another seed than the stored run's; a run of another case",
)
def test_a_stored_run_can_be_searched(starter: str, tmp_path) -> None:
    text = "stock(AAA, tank, line) at 2023-12 < 900 tank"
    want = discover_where(starter, Where(text), PLAN, Search(dims=4, shuffles=3))
    run(starter, PLAN.futures, PLAN.seed, case=PLAN.case, out=tmp_path / "run")
    stored, plan = stored_run(tmp_path / "run", starter)
    got = discover_where(starter, Where(text), plan, Search(dims=4, shuffles=3), stored=stored)
    assert plan == PLAN and got.discovery.names == want.discovery.names
    assert got.discovery.box.cases == want.discovery.box.cases
    shown = called("discover", starter, "--where", text, "--run", str(tmp_path / "run"))
    assert shown["futures"] == PLAN.futures and shown["share"] == want.discovery.share
    both = CliRunner().invoke(
        app,
        ["discover", starter, "--where", text, "--futures", "9", "--run", str(tmp_path / "run")],
    )
    assert both.exit_code == 2 and "those of the stored run" in " ".join(both.output.split())
    other = scenarios.new("other", tmp_path)
    with pytest.raises(KautilyaError, match="no run of other"):
        stored_run(tmp_path / "run", str(other))


@truth(
    "invariant",
    source="a figure that is set does not vary",
    kills="a figure that --set holds fixed, searched by the values it would have had",
)
def test_what_is_set_is_not_searched(starter: str) -> None:
    free = next(q.id for q in scenarios.load(starter).quantities if q.id == "loss-tank")
    plan = Plan(256, 1, Case((), (f"{free}=2",), "always", "raw"))
    text = "stock(AAA, tank, line) at 2023-12 < 900 tank"
    found = discover_where(starter, Where(text), plan, Search(dims=50, shuffles=3))
    assert free not in found.discovery.names
    loose = discover_where(starter, Where(text), PLAN, Search(dims=50, shuffles=3))
    assert free in loose.discovery.names


@truth("invariant", source="the contract of the command", kills="a direction taken in silence")
def test_a_direction_that_is_not_given_is_told(starter: str) -> None:
    words = [
        "robust",
        starter,
        "--levers",
        "no_supply",
        "--outcome",
        OUTCOME,
        "--futures",
        "64",
        "--accept",
        "raw",
    ]
    told = "--better was not given: more is taken as better"
    for more, is_told in (([], True), (["--better", "max"], False), (["--better", "min"], False)):
        done = CliRunner().invoke(app, [*words, *more])
        assert done.exit_code == 0 and (told in " ".join(done.output.split())) is is_told


@pytest.mark.parametrize(
    "where,says",
    [
        (Where(), "neither"),
        (Where("a", "b"), "a condition and a claim"),
        (Where("stock(AAA"), "--where"),
        (Where(claim="x"), "claims.toml"),
    ],
)
@truth("invariant", source="bad input", kills="a traceback for a mistake of the user")
def test_bad_conditions_are_refused(where: Where, says: str, starter: str):
    with pytest.raises(KautilyaError, match=says):
        discover_where(starter, where, PLAN)


@truth(
    "closed-form",
    source="regret counted by hand",
    kills="regret against the best on average; a minimum taken for a maximum",
)
def test_regret_is_against_the_best_of_the_same_future():
    values = np.array([[1.0, 5.0, 2.0], [3.0, 4.0, 2.0]])
    assert np.array_equal(regret(values, "max"), [[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert np.array_equal(regret(values, "min"), [[0.0, 1.0, 0.0], [2.0, 0.0, 0.0]])


@truth(
    "invariant", source="study/robust.py", kills="levers on another luck; a share of the wrong side"
)
def test_robust_on_a_whole_scenario(starter: str):
    lever = scenarios.load(starter).levers[0].id
    found = robust(starter, [lever], Goal(OUTCOME, "max", 0.0), PLAN)
    assert found.values.shape == (2, 256) and (found.regret.min(axis=0) == 0).all()
    assert np.array_equal(found.meets, found.values >= 0.0)
    base = run(starter, PLAN.futures, PLAN.seed, case=PLAN.case).data["line"]
    seen = base.sel(belligerent="AAA", equipment="tank")[:, -1].values
    assert np.array_equal(found.values[0], seen.astype(float))
    rows = called(
        "robust",
        starter,
        "--levers",
        lever,
        "--outcome",
        OUTCOME,
        "--futures",
        "256",
        "--seed",
        "1",
        "--accept",
        "raw",
    )["options"]
    assert [row["option"] for row in rows] == ["as it stands", lever]
    assert rows[0]["regret"]["max"] == pytest.approx(found.regret[0].max())
    for goal, place in (
        (Goal(OUTCOME, "most"), "--better"),
        (Goal(OUTCOME, "max", float("nan")), "--threshold"),
    ):
        with pytest.raises(KautilyaError, match=place):
            robust(starter, [lever], goal, PLAN)


@truth("invariant", source="docs/json.md", kills="NaN in JSON; a table that needs a terminal")
def test_sensitivity_as_a_command(starter: str):
    """JSON and tables; a mistake ends with exit code 2 and one line."""
    words = ("sensitivity", starter, "--outcome", OUTCOME, "--base", "4", "--by", "law")
    shown = called(*words)
    assert shown["rounds"][-1]["base"] == 4 and len(shown["outcomes"][0]["factors"]) > 3
    done = CliRunner().invoke(app, [*words, "--method", "morris", "--trajectories", "2"])
    assert done.exit_code == 0 and "effect" in done.stdout and "deviation" in done.stdout
    wrong = CliRunner().invoke(app, ["sensitivity", starter, "--outcome", "tanks"])
    assert wrong.exit_code == 2 and "unknown outcome" in wrong.output


@truth(
    "order", source="memory bounded whatever N", kills="a traceback of numpy after minutes of runs"
)
def test_what_would_not_fit_memory_is_refused_first(starter: str):
    for base in (2**24, 2**40):
        with pytest.raises(KautilyaError, match="base points of .* figures take") as caught:
            sensitivity(starter, Ask((OUTCOME,), base=base))
        assert caught.value.place == "--base" and "Give at most" in caught.value.remedy
    with pytest.raises(KautilyaError, match="of memory"):
        discover_where(
            starter,
            Where("stock(AAA, tank, line) at 2023-12 < 500 tank"),
            Plan(2**31, 1, PLAN.case),
        )


@pytest.mark.parametrize("method", ["sobol", "morris", "slopes"])
@truth(
    "order",
    source="bad input",
    kills="warnings of numpy in place of a word on the outcome; indices of nothing",
)
def test_outcomes_without_a_number_and_without_spread(starter: str, monkeypatch, method: str):
    """Not finite in any run: refused. The same in every run: no share is made up."""
    ask = Ask((OUTCOME,), method, base=2, trajectories=2, singles=2)
    for value in (np.nan, 1.0):
        monkeypatch.setattr(
            "kautilya.study.trials.Bench.run",
            lambda self, design, value=value: np.full((len(design.rows.base), 1), value),
        )
        if np.isnan(value):
            with pytest.raises(KautilyaError, match="not finite in any of"):
                sensitivity(starter, ask)
        else:
            found = sensitivity(starter, ask)
            titles = [getattr(one, "title", "") for one in shown(found).blocks]
            assert found.lost == 0 and any("it does not vary" in str(one) for one in titles)


@truth("order", source="docs/json.md; RFC 8259", kills="NaN and Infinity, which no JSON has")
def test_json_holds_no_nan(capsys: pytest.CaptureFixture):
    """A percentage of nothing, or one that has no end, is null wherever it stands."""
    Door(True).tell({"rows": [{"a": float("nan")}, {"a": np.float64("inf"), "b": (1.5, 2)}]})
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found == {"rows": [{"a": None}, {"a": None, "b": [1.5, 2]}]}
