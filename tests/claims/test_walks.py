"""How many files of claims a reader opens: counted on the calls that are made."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.claim_case import words
from support.conventions import ROOT, truth

from kautilya.claims.judge import Asked, judge
from kautilya.claims.language.checker import checked
from kautilya.claims.language.syntax import parse

ROOM = ROOT / "src" / "kautilya" / "claims"
MOST_CLAIM, MOST_PROPOSITION = 14, 4
PROPOSITIONS = (
    "suppliers(RUS, arms) == [PRK] during 2024",
    "not (mean(flow(RUS, battlefield, tube_round)) during 2024 > 2e5 tube_round/month)",
    "flow(RUS, battlefield, tube_round) during 2025 under no_dprk_shells relative to baseline < "
    "-20 % and stock(RUS, tank, line) at 2024-12 + 10 tank > 1000 tank",
    "event(visit, PRK) or vote(RUS, S2397) == yes",
    "fact(sanctioned, PRK) == 1 as of 2024-08-10",
    "first time(stock(RUS, tube_round) < 1e6 tube_round) from 2024-01 to 2027-12 > 2025-06",
)


def entered(work: Callable[[], object]) -> list[str]:
    """The files of the room whose functions are called while `work` is done."""
    found: set[str] = set()

    def seen(frame, event, argument):
        if event == "call":
            found.add(frame.f_code.co_filename)

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return sorted(
        Path(name).relative_to(ROOM).as_posix() for name in found if Path(name).is_relative_to(ROOM)
    )


@pytest.mark.parametrize("text", PROPOSITIONS)
@truth("invariant", source="house rules", kills="a checker in eight files that call one another")
def test_a_proposition_is_checked_in_few_files(text):
    """From its text to what is read and done with it: parsed and checked."""
    words()
    files = entered(lambda: checked(parse(text), words()))
    assert len(files) <= MOST_PROPOSITION, files
    assert "language/checker.py" in files and "language/syntax.py" in files


@truth("invariant", source="house rules", kills="a verdict that no reader can follow")
def test_a_claim_is_followed_through_few_files(war, stored, found):
    """From claims.toml to verdicts with their badges; in full, with flip and box, through one more."""
    files = entered(lambda: judge(str(war), Asked(run=str(stored))))
    assert len(files) <= MOST_CLAIM, files
    assert {"file.py", "language/checker.py", "badges.py", "judge.py", "verdict.py"} <= set(files)
    more = entered(lambda: judge(str(war), Asked(id="shells-last", run=str(stored))))
    assert set(more) - set(files) <= {"flips.py"}
