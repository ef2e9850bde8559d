"""A small war with claims about it, a stored run of it, and the claims judged: for all tests."""

from __future__ import annotations

import pytest

from kautilya import scenario as scenarios
from kautilya.claims.judge import Asked, judge
from kautilya.runs.ensemble import run

HEAD = """[[claim]]
id = "{id}"
says = "{says}"
said_by = "A. Writer"
article = "an-article"
said_on = 2022-06-01
grade = "C3"
source = "example2022"
{rest}
"""
MORE = "stock(AAA, tube_round) at 2023-06 > {n} tube_round"
CLAIMS = {
    "they-met": 'test = "event(summit, AAA, AAC)"',
    "shells-last": f'test = "{MORE.format(n="1e6")}"',
    "shells-gone": 'test = "stock(AAA, tube_round) at 2023-06 < 0.8e6 tube_round"',
    "supply-matters": 'test = "stock(AAA, tube_round) at 2023-06 under no_supply compared with '
    'baseline < 0 tube_round"',
    "tanks-unmoved": 'test = "stock(AAA, tank, line) at 2022-06 under more_shells compared with '
    'baseline == 0 tank"',
    "aid-falls": 'test = "flow(abroad, AAA, tank) during 2023-03 < flow(abroad, AAA, tank) '
    'during 2023-01"',
    "an-opinion": 'untestable = "A matter of taste."\nneeds_observing = "Nothing."',
}
VARIANT = """[[claim.variant]]
id = "plenty"
says = "There are more than ten million"
test = "stock(AAA, tube_round) at 2023-06 > 1e7 tube_round"
"""


@pytest.fixture(scope="session")
def war(tmp_path_factory):
    """The folder of a small war with claims about it."""
    folder = scenarios.new("my_case", tmp_path_factory.mktemp("war"))
    parts = [
        HEAD.format(
            id=name,
            says=name.replace("-", " "),
            rest=rest + ("\n" + VARIANT if name == "shells-last" else ""),
        )
        for name, rest in CLAIMS.items()
    ]
    (folder / "claims.toml").write_text("schema = 1\n" + "\n".join(parts))
    return folder


@pytest.fixture(scope="session")
def stored(war, tmp_path_factory):
    """A stored run of it."""
    return run(str(war), 1024, 3, out=tmp_path_factory.mktemp("runs") / "base").folder


@pytest.fixture(scope="session")
def found(war, stored):
    """Its claims judged, with flips."""
    made = judge(str(war), Asked(run=str(stored), flips=True))
    return {one.row.id: one for one in made.verdicts} | {"": made}
