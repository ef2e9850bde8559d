"""The box of figures in which a condition of the claim language, or a claim, comes about.

A scenario is run, with the levers that the condition needs on the same luck; the condition is told
in every future, and `study.discovery` seeks the box (PRIM) that holds it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.claims.assumptions import assumptions
from kautilya.claims.evaluate import Worlds, evaluate
from kautilya.claims.file import load
from kautilya.claims.language.checker import Checked, checked, levers
from kautilya.claims.language.syntax import parse
from kautilya.claims.record import record, vocabulary
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Plan, Progress, Run, load_run, run
from kautilya.runs.folder import plan_of
from kautilya.scenario.assemble import assemble
from kautilya.scenario.outcomes import LEVELS
from kautilya.scenario.patch import claims_of
from kautilya.scenario.scenario import Scenario
from kautilya.study.discovery import Discovery, Search, discover, fits


@dataclass(frozen=True)
class Where:
    """What is looked for: a condition in the language of claims, or the id of a claim.

    turned   look for where it does not hold
    """

    text: str = ""
    claim: str = ""
    turned: bool = False

    def test(self, scenario: Scenario) -> Checked:
        """The condition, checked. KautilyaError where there is none, or one that cannot be put."""
        if bool(self.text) == bool(self.claim):
            raise KautilyaError(
                "--where",
                "a condition and a claim are given"
                if self.text
                else "neither a condition nor a claim is given",
                'Write one of them: --where "..." or --claim ID',
            )
        if self.text:
            return checked(parse(self.text, "--where"), vocabulary(scenario))
        if not claims_of(Path(scenario.folder)).exists():
            raise KautilyaError(
                "--claim", f"{scenario.id} has no claims.toml", 'Write the condition: --where "..."'
            )
        found = load(scenario)[self.claim]
        if found.checked is None:
            raise KautilyaError(
                "--claim", f"{self.claim} is untestable", "Choose a claim that has a test"
            )
        return found.checked


@dataclass(frozen=True)
class Found:
    """The box, in which condition, and from how many futures; lost: without a finite answer."""

    discovery: Discovery
    where: Where
    text: str
    units: tuple[str, ...]
    lost: int


def stored_run(folder: Path, name: str) -> tuple[Run, Plan]:
    """A finished run of a scenario, and its plan. Raises KautilyaError for one of another."""
    found, scenario = load_run(folder), scenarios.load(name)
    if found.manifest["digest"] != scenario.digest:
        raise KautilyaError(
            str(folder),
            f"it is no run of {scenario.id} as it stands now",
            "Run the scenario again, or leave --run out",
        )
    plan = plan_of(found.manifest)
    if plan.case.keep not in LEVELS:
        raise KautilyaError(
            str(folder),
            f"it keeps {plan.case.keep} only",
            "Give a run that was made with --keep always, why or all",
        )
    return found, plan


def discover_where(
    name: str,
    where: Where,
    plan: Plan,
    search: Search | None = None,
    *,
    stored: Run | None = None,
    progress: Progress | None = None,
) -> Found:
    """Run a scenario (and the levers that the condition needs, on the same luck), and search.

    stored   a finished run of this plan (`stored_run`): then only the levers are run
    Raises KautilyaError for what the user can mend.
    """
    scenario = scenarios.load(name)
    test = where.test(scenario)
    fits(assemble(scenario), plan.futures)
    truth, finite, done = _judged(name, scenario, test, (plan, stored), progress)
    given = assumptions(scenario, done)
    truth = truth[finite] != where.turned
    found = discover(
        given.values.T[finite],
        truth,
        [row.id for row in given.rows],
        search or Search(seed=plan.seed),
    )
    units = {row.id: row.unit for row in scenario.quantities}
    return Found(
        found,
        where,
        where.text or where.claim,
        tuple(units[n] for n in found.names),
        int((~finite).sum()),
    )


def _judged(
    name: str,
    scenario: Scenario,
    test: Checked,
    asked: tuple[Plan, Run | None],
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray, Run]:
    """Truth and finiteness in every future [F], and the run without levers."""
    plan, stored = asked
    total = plan.futures * (1 + len(test.needs))
    data: dict[str, xr.Dataset] = {}
    runs = {} if stored is None else {"": stored}
    with disk.Temporary("kautilya-discover-") as folder:
        for k, case in enumerate(("", *test.needs)):
            chosen = replace(plan.case, levers=(*plan.case.levers, *levers(case)))

            def tell(done: int, _: int, before: int = k * plan.futures) -> None:
                if progress:
                    progress(before + done, total)

            if case not in runs:
                runs[case] = run(
                    name,
                    plan.futures,
                    plan.seed,
                    case=chosen,
                    out=folder / f"case-{k}",
                    progress=tell,
                )
            data[case] = runs[case].data
        judged = evaluate(test, Worlds(data.pop(""), data, record(scenario)))
        return judged.truth, judged.finite, runs[""]
