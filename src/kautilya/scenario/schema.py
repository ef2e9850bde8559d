"""The scenario format, version 1: pydantic models of every table row, and the JSON Schema.

Field checks only; what holds between fields stands in rules.py, between files in refs.py,
against the laws in lawcheck.py.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from kautilya.scenario.fields import (
    Code,
    Day,
    DayOrNone,
    Filled,
    Grade,
    Id,
    Link,
    Month,
    MonthOrNone,
    Name,
    Number,
    NumberOrNone,
    Parameter,
    Selector,
    Stage,
    Status,
    Unit,
)
from kautilya.scenario.settings import STRICT, Head, Lever, Outcome, SetSpec

MEASURES = ("stock", "produced", "restored", "withdrawn", "received", "sent", "fired", "lost",
            "claimed_lost", "seen_lost", "share", "rate")
Measure = Literal["stock", "produced", "restored", "withdrawn", "received", "sent", "fired",
                  "lost", "claimed_lost", "seen_lost", "share", "rate"]
Tag = Literal["tube", "rocket", "mortar", "untagged", "commitment", "allocation", "delivery",
              "lost", "damaged", "captured", "paper", "counted", ""]


class Actor(BaseModel):
    """A state, or a bloc that acts as one."""

    model_config = STRICT
    code: Code
    name: Filled
    kind: Literal["state", "bloc"]
    note: str = ""


class Good(BaseModel):
    """One stage of a good, and the actors that can hold it."""

    model_config = STRICT
    good: Name
    unit: Unit
    stage: Stage = ""
    holders: Filled
    description: str = ""


class Quantity(BaseModel):
    """An uncertain figure that fills elements of a law's parameter, or opening stocks."""

    model_config = STRICT
    id: Id
    parameter: Parameter
    actor: Selector = ""
    partner: Selector = ""
    good: Selector = ""
    stage: Selector = ""
    label: Selector = ""
    month: MonthOrNone = ""
    low: NumberOrNone = None
    central: NumberOrNone = None
    high: NumberOrNone = None
    unit: Unit
    distribution: Literal["fixed", "uniform", "triangular", "loguniform", "pert", "choice"]
    source: Filled
    date: Day
    grade: Grade
    status: Status
    note: str = ""


class Figure(BaseModel):
    """A published figure, used as a constraint on the accounts."""

    model_config = STRICT
    id: Id
    actor: Code
    partner: Selector = ""
    good: Name
    measure: Measure
    stage: Selector = ""
    from_: Month = Field(alias="from")
    to: Month
    low: NumberOrNone = None
    central: NumberOrNone = None
    high: NumberOrNone = None
    unit: Unit
    tag: Tag = ""
    source: Filled
    date: Day
    grade: Grade
    status: Status
    note: str = ""


class SeriesRow(BaseModel):
    """One dated value of a record: of a law (`law.series`), or only observed (`observed.x`)."""

    model_config = STRICT
    series: Parameter
    actor: Selector = ""
    partner: Selector = ""
    good: Selector = ""
    month: Month
    value: Number
    unit: Unit
    source: Filled
    date: Day
    grade: Grade
    status: Status


class Trade(BaseModel):
    """Goods trade of a year, in money; ROW is the rest of the world."""

    model_config = STRICT
    exporter: Code
    importer: Code
    value: Number
    unit: Unit
    source: Filled
    date: Day
    grade: Grade
    status: Status
    note: str = ""


class Event(BaseModel):
    """A dated event; actors separated by ';'."""

    model_config = STRICT
    id: Id
    date: Day
    actors: Filled
    type: Name
    event: Filled
    status: Status
    source: Filled
    grade: Grade
    known: DayOrNone = ""
    note: str = ""


class Source(BaseModel):
    """A publication. `originator` is who first said it: counted once, whoever repeats it."""

    model_config = STRICT
    key: Id
    title: Filled
    originator: Filled
    publisher: str = ""
    date: Day
    url: Link = ""
    note: str = ""


class Covariate(BaseModel):
    """A plain fact about an actor or a pair, taken by laws as a static table."""

    model_config = STRICT
    name: Name
    actor: Selector
    partner: Selector = ""
    value: Number
    low: NumberOrNone = None
    high: NumberOrNone = None
    unit: Unit
    source: Filled
    date: Day
    grade: Grade
    status: Status
    note: str = ""


class Table(NamedTuple):
    """A CSV file of the folder: its rows' model, whether it must exist, its unique column."""

    model: type[BaseModel]
    required: bool
    key: str = ""


TABLES: dict[str, Table] = {
    "actors.csv": Table(Actor, True, "code"),
    "goods.csv": Table(Good, True),
    "quantities.csv": Table(Quantity, True, "id"),
    "sources.csv": Table(Source, True, "key"),
    "figures.csv": Table(Figure, False, "id"),
    "series.csv": Table(SeriesRow, False),
    "trade.csv": Table(Trade, False),
    "events.csv": Table(Event, False, "id"),
    "covariates.csv": Table(Covariate, False),
}


def columns(model: type[BaseModel]) -> dict[str, bool]:
    """Column names of a table in order, and whether each must be there."""
    return {(field.alias or name): field.is_required()
            for name, field in model.model_fields.items()}


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a scenario: scenario.toml and the rows of each table."""
    models: list[type[BaseModel]] = [Head, SetSpec, Lever, Outcome]
    models += [table.model for table in TABLES.values()]
    refs, tree = models_json_schema([(m, "validation") for m in models],
                                    ref_template="#/$defs/{model}")
    ref = {m: refs[m, "validation"] for m in models}
    tree["$defs"]["Head"]["properties"] |= {
        "sets": {"type": "object", "additionalProperties": ref[SetSpec]},
        "lever": {"type": "array", "items": ref[Lever]},
        "outcome": {"type": "array", "items": ref[Outcome]},
    }
    tables = {name: {"type": "array", "items": ref[t.model]} for name, t in TABLES.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Kautilya scenario, format 1",
        "description": "scenario.toml, and one array of rows for each CSV table",
        "type": "object",
        "properties": {"scenario.toml": ref[Head], **tables},
        "required": ["scenario.toml", *(n for n, t in TABLES.items() if t.required)],
        "additionalProperties": False,
        "$defs": tree["$defs"],
    }
