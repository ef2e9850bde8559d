"""Designs from SALib and experiments of EMA Workbench drive our models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import small_war
from support.conventions import truth

from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Case, run
from kautilya.scenario.assemble import assemble
from kautilya.scenario.outcomes import coords
from kautilya.study.experiments import Problem, _points, evaluate, from_salib, problem_of
from kautilya.study.sweep import Sweep


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenarios.new("my_case", tmp_path_factory.mktemp("starter"))


@pytest.mark.filterwarnings("ignore")
@truth(
    "symmetry",
    source="study/elsewhere.py",
    kills="a value in the wrong unit or column; another luck for each run",
)
def test_a_design_of_salib_drives_a_scenario(starter: Path):
    """Runs at the same values are the same; an opening stock that moves shows in the outcome; a
    central design equals a run in which every figure is set to its central value."""
    salib = pytest.importorskip("SALib.sample.latin", reason="extra [study] is absent")
    made = assemble(scenarios.load(starter))
    stock = next(one for one in made.scenario.outcomes if one.kind == "stock")
    _, *rest = coords(made.scenario, made.model)[stock.id]
    text = f"{stock.id}[{','.join('*' for _ in rest)}]@{made.scenario.months[0]}"
    names = tuple(row.id for row in made.quantities if row.parameter == "opening.stock")[:2]
    problem = problem_of(made, names)
    assert from_salib(problem) == names
    x = salib.sample(problem, 6, seed=1)
    y = evaluate(str(starter), Problem(from_salib(problem), (text,)), np.concatenate([x, x[:2]]))
    assert y.shape == (8, 1) and np.isfinite(y).all() and np.array_equal(y[:2], y[6:])
    middle = {row.id: row.central / row.factor for row in made.quantities}
    sets = tuple(f"{key}={value!r}" for key, value in middle.items())
    whole = run(str(starter), 1, case=Case((), sets, "always", "raw")).data[stock.id]
    alone = evaluate(str(starter), Problem(names, (text,)), np.array([[middle[n] for n in names]]))
    assert float(whole[0, 0].sum()) == pytest.approx(float(alone[0, 0]), rel=1e-6)


@pytest.mark.filterwarnings("ignore")
@truth("symmetry", source="study/ema.py", kills="outcomes that are handed to another experiment")
def test_ema_workbench_drives_the_core():
    """What EMA Workbench recorded for each experiment is what the core gives for its values, in
    batches and one by one."""
    pytest.importorskip("ema_workbench", reason="extra [study] is absent")
    from ema_workbench import SequentialEvaluator

    from kautilya.study.ema import Batches, sweep_model, word

    sweep = Sweep(small_war.model())
    rows = small_war.ranges()
    bounds = {row.name: (row.low, row.high) for row in rows if row.low < row.high}
    fixed = {row.name: row.central for row in rows if row.low == row.high}
    model = sweep_model("smallwar", sweep, bounds, fixed, ["A/vehicle/line", "B/person/line"])
    for evaluator, count in ((Batches, 40), (SequentialEvaluator, 3)):
        with evaluator(model) as own:
            experiments, outcomes = own.perform_experiments(scenarios=count)
        values = {name: experiments[word(name)].to_numpy(float) for name in bounds}
        closing = sweep.closings(sweep.table({**fixed, **values}))[0]
        for account in ("A/vehicle/line", "B/person/line"):
            at = ["/".join(filter(None, one)) for one in sweep.accounts].index(account)
            assert np.array_equal(outcomes[word(account)], closing[at])


@pytest.mark.filterwarnings("ignore")
@truth(
    "invariant",
    source="quantities.csv: stock-policy is 0 or 1",
    kills="a switch that stands half-way; a category sampled as a range",
)
def test_a_switch_is_never_half_way():
    """Given by a design of SALib, left central, or varied by EMA Workbench."""
    made = assemble(scenarios.load("russia_dprk_2024"))
    ids = [row.id for row in made.quantities]
    policy, other = ids.index("stock-policy"), ids.index("tie-keep")
    for names, x in (
        (("stock-policy", "tie-keep"), [[0.2, 0.96], [0.5, 0.97], [0.51, 0.98]]),
        (("tie-keep",), [[0.96], [0.97], [0.98]]),
    ):
        found = _points(made, Problem(names, ("tie[PRK]@2025",)), np.array(x))
        at = {int(figure): k for k, figure in enumerate(found.given)}
        assert found.values[:, at[other]].tolist() == [0.96, 0.97, 0.98]
        assert found.values[:, at[policy]].tolist() == [0, 0, 1 if len(names) == 2 else 0]
    pytest.importorskip("ema_workbench", reason="extra [study] is absent")
    from kautilya.study.ema import Batches, scenario_model

    model = scenario_model("russia_dprk_2024", ["stock-policy", "tie-keep"], ["tie[PRK]@2025"])
    seen = []
    model.batch = lambda values, _: seen.append(values) or {"tie_PRK__2025": values["stock_policy"]}
    with Batches(model) as evaluator:
        _, outcomes = evaluator.perform_experiments(scenarios=20)
    assert set(outcomes["tie_PRK__2025"]) == {0.0, 1.0} and len(seen) == 1
    assert np.ptp(seen[0]["tie_keep"]) > 0
    with pytest.raises(KautilyaError, match="has no range"):
        scenario_model(
            "russia_dprk_2024",
            [next(row.id for row in made.quantities if row.low == row.high)],
            ["tie[PRK]@2025"],
        )


@pytest.mark.parametrize(
    "problem,x,says",
    [
        (Problem(("tnks",), ("x",)), np.zeros((1, 1)), "unknown outcome"),
        (Problem((), ("x",)), np.zeros((1, 1)), "unknown outcome"),
    ],
)
@truth("invariant", source="bad input", kills="a traceback for a mistake of the user")
def test_bad_designs_are_refused(problem: Problem, x: np.ndarray, says: str, starter: Path):
    with pytest.raises(KautilyaError, match=says):
        evaluate(str(starter), problem, x)
    for names in ({}, {"names": None}, {"names": 3}, {"names": ["a"]}):
        with pytest.raises(KautilyaError, match="no names"):
            from_salib({"num_vars": 3, **names})


@truth("invariant", source="hand-made", kills="names read only where they are a list")
def test_names_of_a_problem_may_be_an_array():
    assert from_salib({"num_vars": 2, "names": np.array(["a", "b"])}) == ("a", "b")
