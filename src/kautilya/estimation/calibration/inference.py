"""`kautilya calibrate`: the posterior of a scenario's losses and stocks, and its recovery."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
import pandas as pd

from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError, extra
from kautilya.estimation.calibration import diagnostics
from kautilya.estimation.calibration import observers as obs
from kautilya.estimation.calibration.density import Problem, model, problem
from kautilya.estimation.calibration.diagnostics import Recovery, Worst, recover
from kautilya.estimation.calibration.nuts import BLOCK, Drawn, Progress, Sampler, Sampling, quiet
from kautilya.estimation.calibration.observers import values
from kautilya.estimation.calibration.war import LAWS, war
from kautilya.runs import posterior
from kautilya.runs.chunk import use_cache
from kautilya.runs.pool import ENVIRONMENT
from kautilya.scenario.assemble import Assembled, assemble

if TYPE_CHECKING:
    import arviz as az

FEW = 6  # months below which nothing is learned
AGREE = 1.05


class Summary(TypedDict):
    """What the posterior's folder says of itself, beside its figures."""

    format: int
    scenario: str
    digest: str
    until: str
    sampling: dict[str, int]
    diagnostics: Worst
    figures: int
    not_learned: list[str]


class Calibration(NamedTuple):
    """What was found, and where it lies; tables by title; draws: as ArviZ has them."""

    folder: Path | None
    said: Summary
    tables: dict[str, pd.DataFrame]
    notes: list[str]
    draws: az.InferenceData


def calibrate(
    name: str,
    until: str = "",
    how: Sampling | None = None,
    out: Path | None = None,
    progress: Progress = quiet,
) -> Calibration:
    """Learn the figures of a scenario from what observers said up to a month.

    until   last month that is used; "" = the month of the scenario's as-of date
    Raises KautilyaError where the extra is absent, the laws are switched off or no one counted.
    """
    how = how or Sampling()
    assembled = ready(name)
    scenario = assembled.scenario
    given = problem(assembled, war(assembled, _until(assembled, until)))
    seen = obs.Seen(
        obs.counts(given.war, scenario, "oryx_lost"),
        obs.counts(given.war, scenario, "claimed_lost"),
        obs.soft(given.war, scenario),
    )
    if not len(seen.pictures.value):
        raise KautilyaError(
            f"{scenario.folder}/series.csv",
            "no rows observed.oryx_lost",
            "Give counts of losses seen, by actor, good and month",
        )
    drawn = Sampler(model(given, seen), given.sizes, how).run(
        (seen.pictures.value, seen.claims.value, seen.soft.value), how.seed, progress
    )
    return told(assembled, given, seen, drawn, (how, out))


def ready(name: str) -> Assembled:
    """The scenario, if its laws and the extra are there."""
    for library in ("numpyro", "arviz"):
        extra(library, "bayes")
    scenario = scenarios.load(name)
    missing = [law for law in LAWS if law not in scenario.head.laws]
    if missing:
        raise KautilyaError(
            f"{scenario.folder}/scenario.toml",
            f"the laws {', '.join(missing)} are not switched on",
            "Losses are calibrated with all of " + ", ".join(LAWS),
        )
    if os.environ.get("XLA_FLAGS") == ENVIRONMENT["XLA_FLAGS"]:
        use_cache()  # what one thread compiled is kept for one thread only
    return assemble(scenario)


def _until(assembled: Assembled, text: str) -> str:
    months = assembled.model.world.months
    known = [m for m, on in zip(months, assembled.record, strict=True) if on]
    if not text:
        return known[-1]
    if text not in known[FEW - 1 :]:
        raise KautilyaError("--until", text, f"Give a month from {known[FEW - 1]} to {known[-1]}")
    return text


def told(
    assembled: Assembled,
    given: Problem,
    seen: obs.Seen,
    drawn: Drawn,
    asked: tuple[Sampling, Path | None],
) -> Calibration:
    """Tables and summary of a posterior; saved where a folder is given."""
    how, out = asked
    table = diagnostics.unknowns(given, drawn)
    counted, published = diagnostics.again(given, seen, drawn)
    said: Summary = {
        "format": 1,
        "scenario": assembled.scenario.id,
        "digest": assembled.scenario.digest,
        "until": given.war.months[-1],
        "sampling": how._asdict(),
        "diagnostics": diagnostics.diagnostics(given, drawn),
        "figures": len(given.figures),
        "not_learned": table.loc[~table["learned"] & (table["kind"] == "figure"), "id"].tolist(),
    }
    tables = {
        "prior and posterior": table,
        "drawn again beside what was seen": counted,
        "published figures": published,
        "permanent losses": diagnostics.losses(given, drawn, seen),
    }
    if out is not None:
        z = drawn.z["figures"].reshape(-1, len(given.figures))
        plain = {key: frame.to_dict("records") for key, frame in tables.items()}
        posterior.save(
            out,
            [one.id for one in given.figures],
            np.asarray(values(given.figures, z.T)).T,
            {**said, "tables": plain},
        )
    draws = diagnostics.inference_data(given, drawn)
    return Calibration(out, said, tables, notes(said, table), draws)


def notes(said: Summary, table: pd.DataFrame) -> list[str]:
    """What a reader must know before using it."""
    worst, figures = said["diagnostics"], table[table["kind"] == "figure"]
    out = [
        f"{len(said['not_learned'])} of {len(figures)} figures were not learned (posterior sd / "
        "prior sd above .9): for them the run draws what it drew before.",
        "The share of losses that pictures show and the rates of loss are told apart only by "
        "published stocks and by the prior; so are the claims' bias and the rates.",
    ]
    if worst["worst_rhat"] > AGREE or worst["divergences"]:
        out.insert(
            0,
            f"The chains do not agree well (R-hat {worst['worst_rhat']:.3f}, "
            f"{worst['divergences']} divergences): sample longer before relying on it.",
        )
    return out


def recovery(name: str, truths: int, seed: int = 0, progress: Progress = quiet) -> Recovery:
    """Synthetic wars of a scenario, calibrated as if they were real."""
    if truths < 1:
        raise KautilyaError("--recover", str(truths), "Give the number of synthetic wars")
    return recover(ready(name), truths, seed, progress=progress)


def whole(warmup: int, draws: int, chains: int, seed: int) -> Sampling:
    """Iterations in whole blocks. Raises KautilyaError for too few."""
    for option, value, least in (
        ("--warmup", warmup, BLOCK),
        ("--draws", draws, BLOCK),
        ("--chains", chains, 1),
    ):
        if value < least:
            raise KautilyaError(option, str(value), f"Give {least} or more")
    return Sampling(-(-warmup // BLOCK) * BLOCK, -(-draws // BLOCK) * BLOCK, chains, seed)
