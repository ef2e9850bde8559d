"""Tables in the folder context/ of a scenario: published figures about other things, and votes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from kautilya.scenario.mistakes import Mistake, ScenarioErrors
from kautilya.scenario.reading import MAX_BYTES, contents, read, text
from kautilya.scenario.schema import (
    STRICT,
    Code,
    Day,
    Filled,
    Grade,
    Id,
    Month,
    NumberOrNone,
    Status,
    Unit,
)


class Aside(BaseModel):
    """A published figure that is no constraint on one account: a row of context/figures.csv."""

    model_config = STRICT
    id: Id
    actor: str
    partner: str = ""
    good: str = ""
    measure: Filled
    stage: str = ""
    from_: Month = Field(alias="from")
    to: Month
    low: NumberOrNone = None
    central: NumberOrNone = None
    high: NumberOrNone = None
    unit: Unit
    tag: str = ""
    source: Filled
    date: Day
    grade: Grade
    status: Status
    note: str = ""


class VoteRow(BaseModel):
    """One vote of one actor on one resolution: a row of context/votes.csv."""

    model_config = STRICT
    resolution: Id
    date: Day
    body: Literal["council", "assembly"]
    actor: Code
    vote: Literal["yes", "no", "abstain", "absent"]
    source: Filled
    grade: Grade
    status: Status
    note: str = ""


def context(scenario: Any, name: str, model: type[BaseModel]) -> tuple[Any, ...]:
    """Rows of a table; none where it is absent. Raises ScenarioErrors with all its mistakes."""
    if not (Path(scenario.folder) / name).exists():
        return ()
    got: Any = contents(Path(scenario.folder), name, MAX_BYTES)
    got = got if isinstance(got, Mistake) else text(name, got)
    if isinstance(got, Mistake):
        raise ScenarioErrors(scenario.folder, [got])
    found = read(name, got, model)
    if found.mistakes:
        raise ScenarioErrors(scenario.folder, found.mistakes)
    return found.rows
