"""Where a claim comes about: its truth in every future, and the box of figures that holds it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kautilya import scenario as scenarios
from kautilya.claims.checking import Checked, checked
from kautilya.claims.evaluate import evaluate
from kautilya.claims.file import load
from kautilya.claims.language import parse
from kautilya.claims.needs import levers
from kautilya.claims.record import record
from kautilya.claims.vocabulary import vocabulary
from kautilya.claims.worlds import Worlds
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Plan, Progress, run
from kautilya.scenario.assemble import assemble
from kautilya.study.discovery import Discovery, Search, discover, figures_of, fits


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


def discover_where(name: str, where: Where, plan: Plan, search: Search | None = None, *,
                   progress: Progress | None = None) -> Found:
    """Run a scenario (and the levers that the condition needs, on the same luck), and search.

    Raises KautilyaError for what the user can mend.
    """
    scenario = scenarios.load(name)
    test = where.test(scenario)
    assembled = assemble(scenario)
    fits(assembled, plan.futures)
    truth, finite = _judged(name, scenario, test, plan, progress)
    names, x = figures_of(assembled, plan.seed, np.arange(plan.futures),
                          plan.case.accept)
    truth = truth[finite] != where.turned
    found = discover(x[finite], truth, names, search or Search(seed=plan.seed))
    units = {row.id: row.unit for row in scenario.quantities}
    return Found(found, where, where.text or where.claim, tuple(units[n] for n in found.names),
                 int((~finite).sum()))


def _judged(name: str, scenario: Any, test: Checked, plan: Plan, progress: Progress | None
            ) -> tuple[np.ndarray, np.ndarray]:
    """Truth and finiteness in every future [F]."""
    total = plan.futures * (1 + len(test.needs))
    data: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="kautilya-discover-") as folder:
        for k, case in enumerate(("", *test.needs)):
            chosen = replace(plan.case, levers=(*plan.case.levers, *levers(case)))

            def tell(done: int, _: int, before: int = k * plan.futures) -> None:
                if progress:
                    progress(before + done, total)

            data[case] = run(name, plan.futures, plan.seed, case=chosen,
                             out=Path(folder) / f"case-{k}", progress=tell).data
        judged = evaluate(test, Worlds(data.pop(""), data, record(scenario)))
        return judged.truth, judged.finite
