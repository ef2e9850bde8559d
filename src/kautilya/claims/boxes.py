"""Where a claim turns: the box of assumptions in which it comes out the other way.

PRIM, bump hunting (friedman1999; `study.prim`), on the figures that move the claim. Coverage: share
of the futures that turn which lie in the box; density: share of the box that turns. Of the boxes of
one peeling the one is taken whose coverage and density have the largest harmonic mean.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kautilya import scenario as scenarios
from kautilya.claims.assumptions import Assumptions, Decisive, assumptions
from kautilya.claims.evaluate import Worlds, evaluate
from kautilya.claims.file import load
from kautilya.claims.language.checker import Checked, checked, levers
from kautilya.claims.language.syntax import parse
from kautilya.claims.record import record
from kautilya.claims.vocabulary import vocabulary
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Plan, Progress, Run, load_run, run
from kautilya.runs.folder import plan_of
from kautilya.scenario.assemble import assemble
from kautilya.scenario.outcomes import LEVELS
from kautilya.study.discovery import Discovery, Search, discover, fits
from kautilya.study.prim import chosen, prim

FEW = 20  # futures that turn, below which no box is sought


class Box(NamedTuple):
    """A box; limits: (figure in words, low, high, unit). note: why there is none."""

    limits: tuple[tuple[str, float, float, str], ...] = ()
    coverage: float = 0.0
    density: float = 0.0
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"limits": [{"figure": f, "low": lo, "high": hi, "unit": u}
                           for f, lo, hi, u in self.limits],
                "coverage": self.coverage, "density": self.density, "note": self.note}


def box(truth: np.ndarray, found: Sequence[Decisive], given: Assumptions) -> Box:
    """The box in which a claim that mostly holds fails, or one that mostly fails holds.

    truth   [F], over the futures of `given`
    """
    turned = ~truth if truth.mean() >= 0.5 else truth
    if turned.sum() < FEW:
        return Box(note=f"it turns in {int(turned.sum())} of {truth.size} futures: too few to box")
    if not found:
        return Box(note="no figure moves it beyond luck")
    x = np.stack([given.values[one.place] for one in found], axis=1)
    peeled = prim(x, turned)
    best = chosen(peeled)
    limits = tuple((found[k].says, float(best.low[k]), float(best.high[k]), found[k].row.unit)
                   for k in peeled.restricted(best))
    if not limits:
        return Box(note="no box is denser than the whole")
    return Box(limits, best.coverage, best.density)


@dataclass(frozen=True)
class Where:
    """What is looked for: a condition in the language of claims, or the id of a claim.

    turned   look for where it does not hold
    """

    text: str = ""
    claim: str = ""
    turned: bool = False

    def test(self, scenario: Any) -> Checked:
        """The condition, checked. KautilyaError where there is none, or one that cannot be put."""
        if bool(self.text) == bool(self.claim):
            raise KautilyaError("--where", "give a condition or a claim, and not both",
                                'Write --where "..." or --claim ID')
        if self.text:
            return checked(parse(self.text, "--where"), vocabulary(scenario))
        if not (Path(scenario.folder) / "claims.toml").exists():
            raise KautilyaError("--claim", f"{scenario.id} has no claims.toml",
                                'Write the condition: --where "..."')
        found = load(scenario)[self.claim]
        if found.checked is None:
            raise KautilyaError("--claim", f"{self.claim} is untestable",
                                "Choose a claim that has a test")
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
        raise KautilyaError(str(folder), f"it is no run of {scenario.id} as it stands now",
                            "Run the scenario again, or leave --run out")
    plan = plan_of(found.manifest)
    if plan.case.keep not in LEVELS:
        raise KautilyaError(str(folder), f"it keeps {plan.case.keep} only",
                            "Give a run that was made with --keep always, why or all")
    return found, plan


def discover_where(name: str, where: Where, plan: Plan, search: Search | None = None, *,
                   stored: Run | None = None, progress: Progress | None = None) -> Found:
    """Run a scenario (and the levers that the condition needs, on the same luck), and search.

    stored   a finished run of this plan (`stored_run`): then only the levers are run
    Raises KautilyaError for what the user can mend.
    """
    scenario = scenarios.load(name)
    test = where.test(scenario)
    fits(assemble(scenario), plan.futures)
    truth, finite, manifest = _judged(name, scenario, test, (plan, stored), progress)
    given = assumptions(scenario, manifest)
    truth = truth[finite] != where.turned
    found = discover(given.values.T[finite], truth, [row.id for row in given.rows],
                     search or Search(seed=plan.seed))
    units = {row.id: row.unit for row in scenario.quantities}
    return Found(found, where, where.text or where.claim, tuple(units[n] for n in found.names),
                 int((~finite).sum()))


def _judged(name: str, scenario: Any, test: Checked, asked: tuple[Plan, Run | None],
            progress: Progress | None) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Truth and finiteness in every future [F], and the manifest of the run without levers."""
    plan, stored = asked
    total = plan.futures * (1 + len(test.needs))
    data: dict[str, Any] = {}
    runs = {} if stored is None else {"": stored}
    with tempfile.TemporaryDirectory(prefix="kautilya-discover-") as folder:
        for k, case in enumerate(("", *test.needs)):
            chosen = replace(plan.case, levers=(*plan.case.levers, *levers(case)))

            def tell(done: int, _: int, before: int = k * plan.futures) -> None:
                if progress:
                    progress(before + done, total)

            if case not in runs:
                runs[case] = run(name, plan.futures, plan.seed, case=chosen,
                                 out=Path(folder) / f"case-{k}", progress=tell)
            data[case] = runs[case].data
        judged = evaluate(test, Worlds(data.pop(""), data, record(scenario)))
        return judged.truth, judged.finite, runs[""].manifest
