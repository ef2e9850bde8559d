"""The uncertain assumptions behind each future, worked out again from the seed, bit for bit."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kautilya.scenario.assemble import assemble


class Assumptions(NamedTuple):
    """What was drawn.

    rows     rows of quantities.csv that are drawn, [n]
    numbers  their places in quantities.csv [n]
    factors  internal unit over the row's own unit [n]
    values   [n, F], in the row's own unit
    ranks    [n, F], cumulative probability, 0 to 1
    fed      [n] True where the published accounts gave the draw
    spread   [n] standard deviation of what the row declares
    """

    rows: tuple[Any, ...]
    numbers: np.ndarray
    factors: np.ndarray
    values: np.ndarray
    ranks: np.ndarray
    fed: np.ndarray
    spread: np.ndarray

    def cut(self, futures: int) -> Assumptions:
        """The first futures only."""
        return self._replace(values=self.values[:, :futures], ranks=self.ranks[:, :futures])

    @property
    def futures(self) -> int:
        """Number of futures."""
        return int(self.values.shape[1])


def assumptions(scenario: Any, manifest: dict[str, Any]) -> Assumptions:
    """The uncertain figures of a run, by future; those that the run fixed are left out."""
    from kautilya.runs.draws import feeder, probabilities, values
    from kautilya.runs.posterior import informed

    made = assemble(scenario)
    case = manifest["case"]
    futures = np.arange(int(manifest["futures"]))
    feed = informed(feeder(made, int(manifest["seed"]), case.get("accept", "run")),
                    case.get("posterior", ""), made, int(manifest["seed"]))
    fed = feed(futures) if feed else []
    ranks = np.array(probabilities([row.id for row in made.quantities], int(manifest["seed"]),
                                   futures))
    drawn = values(made.quantities, ranks, fed)
    given = np.zeros(len(made.quantities), dtype=bool)
    for numbers, _ in fed:
        given[numbers] = True
    for i in np.flatnonzero(given):
        ranks[i] = ranked(drawn[i])
    told = {text.split("=")[0].strip() for text in case.get("sets", ())}
    keep = np.array([i for i, row in enumerate(made.quantities) if row.distribution != "fixed"
                     and row.id not in told and np.ptp(drawn[i]) > 0], dtype=int)
    factors = np.array([made.quantities[i].factor for i in keep])
    spread = np.array([deviation(scenario.quantities[i], made.quantities[i]) for i in keep])
    return Assumptions(tuple(scenario.quantities[i] for i in keep), keep, factors,
                       drawn[keep] / factors[:, None], ranks[keep].astype(np.float32),
                       given[keep], spread)


def ranked(values: np.ndarray) -> np.ndarray:
    """Place of each value among all, between 0 and 1."""
    out = np.empty(len(values))
    out[np.argsort(values, kind="stable")] = (np.arange(len(values)) + 0.5) / len(values)
    return out


def deviation(row: Any, drawn: Any) -> float:
    """Standard deviation of what a row declares, in its own unit, from its quantiles."""
    from kautilya.scenario.distributions import quantile

    u = (np.arange(512) + 0.5) / 512
    return float(np.std(quantile(drawn, u)) / drawn.factor)


def named(row: Any) -> str:
    """A row in words: the parameter with its labels."""
    labels = [part for part in (row.actor, row.partner, row.good, row.stage, row.label, row.month)
              if part and part != "*"]
    return f"{row.parameter}[{', '.join(labels)}]" if labels else str(row.parameter)
