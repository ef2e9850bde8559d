"""EMA Workbench drives a Kautilya model: its samplers, experiments and analyses, our batches.

    model = scenario_model("russia_dprk_2024", figures=[...], levers=[...], outcomes=[...])
    with Batches(model) as evaluator:
        experiments, outcomes = evaluator.perform_experiments(scenarios=1000, policies=2)

EMA Workbench names what it varies; Batches hands all experiments of one policy over at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kautilya.errors import KautilyaError, extra
from kautilya.study.experiments import Problem, evaluate
from kautilya.study.sweep import Sweep

extra("ema_workbench", "study")
from ema_workbench import CategoricalParameter, RealParameter, ScalarOutcome  # noqa: E402
from ema_workbench.em_framework.evaluators import BaseEvaluator  # noqa: E402
from ema_workbench.em_framework.model import AbstractModel  # noqa: E402
from ema_workbench.em_framework.points import experiment_generator  # noqa: E402

if TYPE_CHECKING:
    from ema_workbench.em_framework.callbacks import AbstractCallback
    from ema_workbench.em_framework.parameters import Parameter
    from ema_workbench.em_framework.points import Experiment, Policy, Scenario

    from kautilya.scenario.schema import Quantity

AS_IT_STANDS = "as_it_stands"
Batch = Callable[[Mapping[str, np.ndarray], str], Mapping[str, np.ndarray]]


class BatchModel(AbstractModel):
    """A model that answers for many experiments at once.

    batch    (arrays by uncertainty, lever) -> arrays by outcome
    """

    def __init__(self, name: str, batch: Batch) -> None:
        super().__init__(name)
        self.batch = batch

    def run_model(self, scenario: Scenario, policy: Policy) -> None:
        """One experiment; for evaluators that know no batches."""
        super().run_model(scenario, policy)
        values = {one.name: np.array([scenario[one.name]]) for one in self.uncertainties}
        found = self.batch(values, str(policy.get("lever", AS_IT_STANDS)))
        self.outcomes_output = {name: float(array[0]) for name, array in found.items()}


class Batches(BaseEvaluator):
    """Evaluator that hands each policy's experiments to the model as one batch."""

    def initialize(self) -> None:
        """Nothing to start: the model brings its own workers."""

    def finalize(self) -> None:
        """Nothing to end."""

    def evaluate_experiments(
        self,
        scenarios: Iterable[Scenario],
        policies: Iterable[Policy],
        callback: AbstractCallback,
        combine: str = "factorial",
        **_: object,
    ) -> None:
        """Called by EMA Workbench."""
        models = {one.name: one for one in self._msis}
        groups: dict[tuple[str, str], list[Experiment]] = {}
        for one in experiment_generator(scenarios, self._msis, policies, combine=combine):
            lever = str(one.policy.get("lever", AS_IT_STANDS))
            groups.setdefault((one.model_name, lever), []).append(one)
        for (called, lever), experiments in groups.items():
            model = models[called]
            values = {}
            for name in (one.name for one in model.uncertainties):
                drawn = [one.scenario[name] for one in experiments]
                values[name] = np.array(drawn, dtype=float)
            found = model.batch(values, lever)
            for k, one in enumerate(experiments):
                callback(one, {o.name: float(found[o.name][k]) for o in model.outcomes})


def word(text: str) -> str:
    """A name as EMA Workbench wants it: letters, digits and underscores."""
    return "".join(c if c.isalnum() else "_" for c in text).strip("_")


def _named(texts: Sequence[str]) -> dict[str, str]:
    out = {word(text): text for text in texts}
    if len(out) < len(texts):
        raise KautilyaError("names", "two names differ in signs only", "Rename one of them")
    return out


def scenario_model(
    name: str,
    figures: Sequence[str],
    outcomes: Sequence[str],
    levers: Sequence[str] = (),
    seed: int = 0,
) -> BatchModel:
    """A scenario as a model of EMA Workbench.

    figures   ids of quantities.csv that EMA Workbench varies over their ranges, a figure with two
              values as a category; all others are central, and the luck is the same in every
              experiment
    outcomes  numbers (`study.numbers`); levers: one categorical lever with these values
    """
    from kautilya import scenario as scenarios

    rows = {row.id: row for row in scenarios.load(name).quantities}
    inner, asked = _named(figures), _named(outcomes)
    unknown = [one for one in figures if one not in rows]
    if unknown:
        raise KautilyaError(
            "figures", f"unknown figure {unknown[0]!r}", "Name rows of quantities.csv"
        )

    def batch(values: Mapping[str, np.ndarray], lever: str) -> dict[str, np.ndarray]:
        x = np.stack([values[key] for key in inner], axis=1)
        chosen = () if lever == AS_IT_STANDS else (lever,)
        problem = Problem(tuple(inner.values()), tuple(asked.values()), chosen, seed)
        found = evaluate(name, problem, x)
        return {key: found[:, k] for k, key in enumerate(asked)}

    model = BatchModel(word(name).replace("_", ""), batch)
    model.uncertainties = [_uncertain(key, rows[text]) for key, text in inner.items()]
    model.outcomes = [ScalarOutcome(key) for key in asked]
    if levers:
        model.levers = [CategoricalParameter("lever", [AS_IT_STANDS, *levers])]
    return model


def _uncertain(name: str, row: Quantity) -> Parameter:
    """A figure as a parameter of EMA Workbench."""
    if row.low is None or row.high is None or not row.low < row.high:
        raise KautilyaError("figures", f"{row.id} has no range", "Name figures that vary")
    if row.distribution == "choice":
        return CategoricalParameter(name, [row.low, row.high])
    return RealParameter(name, row.low, row.high)


def sweep_model(
    name: str,
    sweep: Sweep,
    bounds: Mapping[str, tuple[float, float]],
    fixed: Mapping[str, float],
    accounts: Sequence[str],
) -> BatchModel:
    """A small model of the core as a model of EMA Workbench.

    bounds    of the inputs that vary; fixed: the others; accounts: "A/vehicle/line", ...
    """
    inner, asked = _named(list(bounds)), _named(accounts)
    at = {"/".join(filter(None, one)): i for i, one in enumerate(sweep.accounts)}

    def batch(values: Mapping[str, np.ndarray], _: str) -> dict[str, np.ndarray]:
        given = {text: values[key] for key, text in inner.items()}
        closing = sweep.closings(sweep.table({**fixed, **given}))[0]
        return {key: closing[at[text]] for key, text in asked.items()}

    model = BatchModel(name, batch)
    model.uncertainties = [RealParameter(key, *bounds[text]) for key, text in inner.items()]
    model.outcomes = [ScalarOutcome(key) for key in asked]
    return model
