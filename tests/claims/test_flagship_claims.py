"""The claims of the flagship: what must come out sensibly, and flips that are run."""

from __future__ import annotations

import csv

import pytest
from support.conventions import shared_file, truth

from kautilya.claims.contradictions import contradictions
from kautilya.claims.judge import Asked, judge
from kautilya.runs.ensemble import run

pytestmark = pytest.mark.slow
NAME = "russia_dprk_2024"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A stored run of the flagship."""
    return str(run(NAME, 1024, out=tmp_path_factory.mktemp("run") / "flagship").folder)


@pytest.fixture(scope="module")
def found(stored):
    """All claims judged, with flips."""
    made = judge(NAME, Asked(run=stored, quick=True, flips=True))
    flat = {each.id: each for one in made.verdicts for each in (one, *one.readings)}
    return flat | {"": made}


@truth("required", source="a verdict means what it says", kills="a claim without verdict or reason")
def test_every_claim_is_answered(found):
    for one in found[""].verdicts:
        assert one.verdict in ("holds", "fails", "cannot say", "not identified", "untestable")
        assert one.because or one.verdict in ("holds", "fails")


@truth(
    "required", source="a verdict means what it says", kills="a class, a date or a reading mixed up"
)
def test_sense(found, stored):
    """What the issue expects of six sentences."""
    assert found["sole-supplier"].verdict == "fails"
    assert found["sole-supplier.largest-of-shells"].verdict == "holds"
    assert found["repeal-of-sanctions"].verdict == "fails"
    assert found["repeal-of-sanctions.erosion"].verdict == "holds"
    assert found["suspected-unconfirmed"].verdict == "fails"
    assert found["suspected-unconfirmed.by-the-two"].verdict == "holds"
    then = judge(NAME, Asked(run=stored, quick=True, as_of="2023-09-20"))
    was = next(one for one in then.verdicts if one.row.id == "suspected-unconfirmed")
    assert was.verdict == "holds"
    assert {"not-on-verge-economy", "not-on-verge-artillery"} <= set(found)


@truth("required", source="a verdict means what it says", kills="flips that were never run")
def test_ten_flips(found):
    flips = [one.flip for name, one in found.items() if name and one.flip is not None]
    real = [flip for flip in flips if flip.verified]
    assert len(real) >= 10
    for flip in real:
        assert (flip.after.value > flip.goal) == flip.upward


@truth("required", source="a verdict means what it says", kills="a certain verdict badged emergent")
def test_only_records_and_arithmetic_are_certain(found):
    for name, one in found.items():
        if name and one.badge == "emergent":
            assert one.chance.low < 1 and one.chance.high > 0
    assert found[""].badges["emergent"] >= 5
    assert found[""].verdicts[0].badge == "emergent"


@truth("required", source="g_contradictions.csv", kills="a list in place of the model")
def test_contradictions_beside_the_list(stored):
    """The list only checks: pairs and readings that the model gives touch most of its rows."""
    made = contradictions(NAME, Asked(run=stored, quick=True))
    numbers = {name: row.number for name, row in made.rows.items()}
    touched = {numbers[name] for one in (*made.clashes, *made.apart) for name in one.claims}
    touched |= {numbers.get(one.claim, "") for one in made.readings}
    listed = list(
        csv.DictReader(shared_file("facts/g_contradictions.csv").read_text().splitlines())
    )
    hit = [
        row["id"]
        for row in listed
        if any(
            number and (number in row["claim_a"] or number in row["claim_b"]) for number in touched
        )
    ]
    assert {"X1", "X5", "X8"} <= set(hit)
    assert any(one.separated_by == "date" for one in made.readings)
