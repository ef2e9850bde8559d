"""Then and now: which days are judged, what is stored, and when it is stale."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.conventions import truth

from kautilya.claims import file, hindsight
from kautilya.claims.judge import Asked
from kautilya.errors import KautilyaError
from kautilya.scenario import load, new


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A small scenario and its later edition."""
    first, second = new("first", tmp_path), tmp_path / "second"
    second.mkdir()
    head = 'base = "first"\nid = "second"\nas_of = 2022-12-31\nkeep = ["claims.toml"]\n'
    (second / "scenario.toml").write_text(head, encoding="utf-8")
    return first, second


def judged(asked: list[tuple[str, str]]):
    """A judge that notes what it is asked, and lets what is later hold."""

    def by(name: str, how: Asked):
        asked.append((Path(name).name, how.as_of))
        rows = [one.row for one in file.load(load(name.partition("@")[0]))]
        word = "holds" if "second" in name else "fails"
        made = [SimpleNamespace(id=row.id, verdict=word, chance=None) for row in rows]
        return SimpleNamespace(verdicts=made)

    return by


@truth(
    "required", source="docs/claims.md", kills="a sentence judged as of a day it was not said on"
)
def test_each_claim_is_judged_as_of_three_days(pair: tuple[Path, Path]) -> None:
    first, second = map(str, pair)
    asked: list[tuple[str, str]] = []
    found = hindsight.then_and_now(first, second, Asked(), judged(asked))
    today = load(first).head.as_of.isoformat()
    said = {one.row.said_on.isoformat() for one in file.load(load(first))}
    wanted = {(f"first@{day}", day) for day in said if day < today}
    assert set(asked) == wanted | {("first", today), ("second", "2022-12-31")}
    assert all(one.moved and one.second.verdict == "holds" for one in found.lines)
    assert {one.said.day for one in found.lines} == {min(day, today) for day in said}
    assert found.as_json()["moved"] == len(found.lines) > 0


@truth("invariant", source="docs/json.md", kills="old verdicts told as those of these files")
def test_what_is_stored_is_taken_only_while_it_is_current(pair: tuple[Path, Path]) -> None:
    first, second = pair
    found = hindsight.then_and_now(str(first), str(second), Asked(), judged([]))
    named = found._replace(names=(str(first), str(second)))
    text = json.dumps(hindsight.as_document(named))
    (second / hindsight.STORED).write_text(text, encoding="utf-8")
    kept = hindsight.stored(second)
    assert kept is not None and kept.lines == found.lines and not kept.stale
    assert hindsight.compared(str(first), str(second), Asked(), judged([])) == kept
    toml = second / "scenario.toml"
    toml.write_text(toml.read_text().replace("2022-12-31", "2022-12-30"), encoding="utf-8")
    again = hindsight.stored(second)
    assert again is not None and "changed" in again.stale
    (second / hindsight.STORED).write_text("{", encoding="utf-8")
    assert hindsight.stored(second) is None


@truth("required", kills="two strangers compared")
def test_two_scenarios_without_a_common_claim_are_refused(pair: tuple[Path, Path]) -> None:
    first, second = pair
    text = (first / "claims.toml").read_text(encoding="utf-8")
    (second / "claims.toml").write_text(text.replace('id = "', 'id = "other-'), encoding="utf-8")
    with pytest.raises(KautilyaError, match="no claim"):
        hindsight.then_and_now(str(first), str(second), Asked(), judged([]))
