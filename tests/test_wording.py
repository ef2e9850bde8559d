"""Words beside numbers: counts, times and shares are said as they are."""

from __future__ import annotations

import re

import pytest
from support.conventions import ROOT, truth

from kautilya.wording import chance, dated, interval, many, signed, whose

NOUNS = "row|time|month|day|cell|line|file|pair|note|mistake|expert|column|figure|run|origin|lever"


@truth("closed-form", source="English", kills="falls 1 times; 1 rows stand; 3 countrys")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((1, "time"), "1 time"),
        ((0, "row"), "0 rows"),
        ((2000, "row"), "2,000 rows"),
        ((1, "row stands", "rows stand"), "1 row stands"),
        ((2, "row stands", "rows stand"), "2 rows stand"),
        ((3, "country"), "3 countries"),
        ((3, "day"), "3 days"),
    ],
)
def test_counts_agree_with_their_nouns(given: tuple, said: str):
    assert many(*given) == said


@truth("order", source="wording.many", kills="a sentence that counts by itself: {count} rows stand")
def test_no_sentence_counts_by_itself():
    """What can be one is said by `many`; upper-case names are limits, "a of b rows" shares."""
    counted = re.compile(rf"(?<! of )\{{(?:len\([^{{}}]*\)|count|total)(?::,)?\}} (?:{NOUNS})s\b")
    found = [
        f"{path.name}:{number}"
        for path in sorted((ROOT / "src" / "kautilya").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if counted.search(line) and "if len(" not in line
    ]
    assert found == []


@truth("closed-form", source="wilson1927", kills="0 % ± 3 of 16 futures; certainty from a sample")
def test_a_share_of_none_or_all_is_a_count():
    assert chance(0.0, 0.5 / 16) == "0 % (0 of 16)" and chance(1.0, 0.5 / 16) == "100 % (16 of 16)"
    assert chance(0.0, 0.1, 63.2) == "0 % (0 of 63)"
    assert chance(1.0, 0.0) == "100 %" and chance(0.0, 0.0, float("inf")) == "0 %"
    assert chance(0.5, 0.125) == "50 % ± 12" and chance(float("nan"), 0.1) == "–"


@truth("closed-form", source="English", kills="In 1945-03-26; 1.23e+06; 12 (12 to 12)")
def test_times_and_differences_are_said_as_they_are():
    assert [dated(one) for one in ("1945-03-26", "1945-03", "1945")] == [
        "On 1945-03-26",
        "In 1945-03",
        "In 1945",
    ]
    assert (signed(1_234_567.0), signed(-12_345.0)) == ("+1.23 million", "-12,300")
    assert interval(12.0, 12.0, 12.0) == "12" and interval(0.0, 0.0, 3.0) == "0 (0 to 3)"


@truth("closed-form", source="English", kills="officials's")
def test_what_belongs_to_several():
    assert [whose(one) for one in ("Oryx", "US officials")] == ["Oryx's", "US officials'"]
