"""The scenario format, version 1: models of every table row and of scenario.toml, and the JSON
Schema.

Field checks only; what holds between fields and between files stands in rules.py, against the
laws in lawcheck.py; kinds of cells in cells.py.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from kautilya.scenario.cells import (
    Code,
    Day,
    DayOrNone,
    Filled,
    Grade,
    Id,
    Label,
    Link,
    Mark,
    Moment,
    MomentOrNone,
    Month,
    Name,
    Number,
    NumberOrMonth,
    NumberOrNone,
    Parameter,
    Part,
    Period,
    Person,
    Stage,
    Status,
    Unit,
    YearOrNone,
)
from kautilya.scenario.columns import SAYS

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Sourced(BaseModel):
    """Where a row comes from. `date` is the day on which it was published: a row that was
    published after the as-of day is not used."""

    model_config = STRICT
    source: Filled
    date: Day
    grade: Grade
    status: Status
    note: str = ""


class Selector(BaseModel):
    """Elements of a parameter of a law, or opening stocks: one label or all for each dim."""

    model_config = STRICT
    parameter: Parameter
    actor: Label = ""
    partner: Label = ""
    good: Label = ""
    stage: Label = ""
    label: Label = ""


class Weighting(BaseModel):
    """How far figures and records are believed, by Admiralty grade.

    weights   by letter ("D"), digit ("6") or both ("F6"), 0 to 1; both together go before one
              alone, of two the smaller counts, what is not named counts 1
    """

    model_config = STRICT
    id: Name
    says: Filled
    weights: dict[Mark, Annotated[float, Field(ge=0, le=1)]] = {}


class Bound(BaseModel):
    """A share of accounts.toml whose bounds hold for outcomes, summed over labels and periods.

    outcome  one, or a list of those that are added up
    labels   of the dims that are named, in any order; from, to: months or years
    """

    model_config = STRICT
    share: Name
    outcome: Name | Annotated[list[Name], Field(min_length=1)]
    labels: list[Filled]
    from_: Filled = Field(alias="from")
    to: Filled

    @property
    def outcomes(self) -> list[str]:
        """Its outcomes, one or more."""
        return [self.outcome] if isinstance(self.outcome, str) else self.outcome


class Verdicts(BaseModel):
    """When a claim holds, fails, or is not identified."""

    model_config = STRICT
    holds: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    fails: Annotated[float, Field(gt=0, lt=0.5)] = 0.2
    learned: Annotated[float, Field(gt=0, le=1)] = 0.9
    hardly: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    least_futures: Annotated[int, Field(ge=1)] = 100
    weighting: list[Weighting] = []
    bound: list[Bound] = []


class Words(BaseModel):
    """[claims]: what words of claims mean in numbers.

    supplies   share of the flow of a class from which a state counts as one of its suppliers
    """

    model_config = STRICT
    supplies: float = Field(default=0.05, ge=0, le=1)


class Observed(BaseModel):
    """What a series `observed.NAME` is about, and how it was seen.

    outcome  one, or a list of those that are added up
    counts   what a row counts: its own month, or the total from the start
    kind     the value itself, a floor (all that was seen) or a claim
    less     ids of figures in percent: what of it comes back; {actor} and {good} are filled in
    """

    model_config = STRICT
    outcome: Name | Annotated[list[Name], Field(min_length=1)]
    counts: Literal["month", "total"] = "month"
    kind: Literal["value", "floor", "claim"] = "value"
    less: list[Filled] = []


class Reply(BaseModel):
    """[answer]: what `kautilya answer` tells of; where it is left out, what comes first counts.

    good    the class that the scenario asks about; called: one word for it
    rivals  states that might have supplied it and did not
    levers  each a "without it", at most two
    """

    model_config = STRICT
    good: Label = ""
    called: str = Field(default="", max_length=40)
    rivals: list[Code] = []
    levers: Annotated[list[Name], Field(max_length=2)] = []


class Head(BaseModel):
    """The plain keys of scenario.toml.

    step     how far a run goes at once
    spread   how a record of a longer time lies on its steps; its sum is kept: even, the same in
             each; last, all in the last
    """

    model_config = STRICT
    format: Literal[1] = Field(alias="schema")
    id: Name
    title: Filled
    question: Filled
    start: Moment
    as_of: date
    horizon: Moment
    step: Literal["day", "week", "month", "quarter", "year"] = "month"
    spread: Literal["even", "last"] = "even"
    laws: list[Name] = Field(min_length=1)
    caution: Filled
    verdicts: Verdicts = Verdicts()
    claims: Words = Words()
    answer: Reply = Reply()
    observed: dict[Name, Observed] = {}


class SetSpec(BaseModel):
    """A named, ordered set; a member "@name" takes in the members of another set."""

    model_config = STRICT
    axis: Literal["actor", "good", "label"]
    members: list[Filled]


class Change(Selector):
    """One change of a lever: `value` (in `unit`, else the law's unit) or `factor`.

    value   a number; of what says when something happens also a month, 2024-09, or never
    """

    value: NumberOrMonth = None
    factor: NumberOrNone = None
    unit: str = ""
    from_: MomentOrNone = Field("", alias="from")


class Lever(BaseModel):
    """Something that somebody could decide."""

    model_config = STRICT
    id: Name
    says: Filled
    parts: list[Part] = []
    set: list[Change] = Field(min_length=1)


class Outcome(BaseModel):
    """A declared result: a stock, a flow or a variable, summed into cells over `dims`."""

    model_config = STRICT
    id: Name
    says: Filled
    kind: Literal["stock", "flow", "variable"]
    dims: list[Name] = []
    stages: list[Stage] = []
    holder: str = ""
    good: str = ""
    law: str = ""
    from_: str = Field("", alias="from")
    to: str = ""
    from_stage: str | None = None
    to_stage: str | None = None
    name: str = ""
    every: Literal["month", "year"] = "month"
    reduce: Literal["sum", "mean", "last"] | None = None
    parts: list[Part] = []
    keep: Literal["always", "why", "all"] = "always"


Measure = Literal[
    "stock",
    "produced",
    "restored",
    "withdrawn",
    "received",
    "sent",
    "fired",
    "lost",
    "claimed_lost",
    "seen_lost",
    "share",
    "rate",
]
MEASURES: tuple[Measure, ...] = get_args(Measure)
Tag = Literal[
    "tube",
    "rocket",
    "mortar",
    "untagged",
    "commitment",
    "allocation",
    "delivery",
    "lost",
    "damaged",
    "captured",
    "paper",
    "counted",
    "",
]


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


class Quantity(Selector, Sourced):
    """An uncertain figure that fills elements of a law's parameter, or opening stocks."""

    id: Id
    month: MomentOrNone = ""
    low: NumberOrNone = None
    central: NumberOrNone = None
    high: NumberOrNone = None
    unit: Unit
    distribution: Literal[
        "fixed", "uniform", "triangular", "loguniform", "pert", "choice", "experts"
    ]


class Expert(Sourced):
    """What one expert says of a figure of distribution `experts`: quantiles, two or more.

    id       of the row of quantities.csv; weight: of all its experts, or of none (then equal)
    """

    id: Id
    expert: Person
    p05: NumberOrNone = None
    p10: NumberOrNone = None
    p25: NumberOrNone = None
    p50: NumberOrNone = None
    p75: NumberOrNone = None
    p90: NumberOrNone = None
    p95: NumberOrNone = None
    weight: NumberOrNone = None
    unit: Unit


class ContextFigure(Sourced):
    """A published figure that is no constraint on one account: a row of context/figures.csv."""

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


class Figure(ContextFigure):
    """A published figure, used as a constraint on the accounts."""

    actor: Code
    partner: Label = ""
    good: Name
    measure: Measure
    stage: Label = ""
    tag: Tag = ""


class SeriesRow(Sourced):
    """One dated value of a record: of a law (`law.series`), or only observed (`observed.x`)."""

    series: Parameter
    actor: Label = ""
    partner: Label = ""
    good: Label = ""
    label: Label = ""
    month: Period
    value: Number
    unit: Unit


class Trade(Sourced):
    """Goods trade of a year, in money; ROW is the rest of the world.

    year    the year of the trade, where it matters: trade with the sanctioned buyer of a year before
            the first month is trade without the measures of the war
    """

    exporter: Code
    importer: Code
    value: Number
    unit: Unit
    year: YearOrNone = ""


class Event(Sourced):
    """An event on a day, `date`; `known`: the day on which it became known, if a later one.
    Actors are separated by ';'."""

    id: Id
    actors: Filled
    type: Name
    event: Filled
    known: DayOrNone = ""


class Source(BaseModel):
    """A publication. `originator` is who first said it: counted once, whoever repeats it.

    licence   terms under which its rows may be used, in the words of the publisher
    ground    why rows of it may be redistributed; a shipped series needs both
    lag       days from the end of a month until its value in a record of this source is known, where
              the date of the record's rows is only that of the collection
    """

    model_config = STRICT
    key: Id
    title: Filled
    originator: Filled
    publisher: str = ""
    date: Day
    url: Link = ""
    note: str = ""
    licence: str = ""
    ground: str = ""
    lag: NumberOrNone = None


class Covariate(Sourced):
    """A plain fact about an actor or a pair, taken by laws as a static table."""

    name: Name
    actor: Label
    partner: Label = ""
    value: Number
    low: NumberOrNone = None
    high: NumberOrNone = None
    unit: Unit


class Member(Sourced):
    """A spell during which an actor is a member of a set, or the side of a belligerent. A member
    without a row is in throughout; `from` and `to` are both counted, nothing means the ends."""

    set: Name
    actor: Code
    from_: MomentOrNone = Field("", alias="from")
    to: MomentOrNone = ""
    side: Label = ""


class VoteRow(Sourced):
    """One vote of one actor on one resolution, on the day `date`: a row of context/votes.csv."""

    resolution: Id
    body: Literal["council", "assembly"]
    actor: Code
    vote: Literal["yes", "no", "abstain", "absent"]


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
    "members.csv": Table(Member, False),
    "experts.csv": Table(Expert, False),
    "context/figures.csv": Table(ContextFigure, False, "id"),
    "context/votes.csv": Table(VoteRow, False),
    "earlier/quantities.csv": Table(Quantity, False, "id"),
    "earlier/covariates.csv": Table(Covariate, False),
    "earlier/trade.csv": Table(Trade, False),
}
EARLIER = "earlier/"  # what stands in for rows of the table of that name that are not known yet


def columns(model: type[BaseModel]) -> dict[str, bool]:
    """Column names of a table in order, and whether each must be there."""

    def rank(name: str) -> int:
        if name == "id":
            return 0
        if issubclass(model, Selector) and name in Selector.model_fields:
            return 1
        return 3 if issubclass(model, Sourced) and name in Sourced.model_fields else 2

    return {
        (model.model_fields[name].alias or name): model.model_fields[name].is_required()
        for name in sorted(model.model_fields, key=rank)
    }


DIALECT = "https://json-schema.org/draft/2020-12/schema"


def editor_schema() -> dict[str, object]:
    """JSON Schema of scenario.toml alone, for an editor that completes and checks while one types."""
    whole = json_schema()
    head = whole["properties"]["scenario.toml"]  # type: ignore[index]
    return {
        "$schema": DIALECT,
        "title": "scenario.toml of Kautilya, format 1",
        **head,
        "$defs": whole["$defs"],
    }


def json_schema() -> dict[str, object]:
    """JSON Schema (2020-12) of a scenario: scenario.toml and the rows of each table."""
    models: list[type[BaseModel]] = [Head, SetSpec, Lever, Outcome]
    models += [table.model for table in TABLES.values()]
    refs, tree = models_json_schema(
        [(m, "validation") for m in models], ref_template="#/$defs/{model}"
    )
    ref = {m: refs[m, "validation"] for m in models}
    for m in models:
        made = tree["$defs"][ref[m]["$ref"].rpartition("/")[2]]
        made["properties"] = {name: made["properties"][name] for name in columns(m)}
    tree["$defs"]["Head"]["properties"] |= {
        "sets": {"type": "object", "additionalProperties": ref[SetSpec]},
        "lever": {"type": "array", "items": ref[Lever]},
        "outcome": {"type": "array", "items": ref[Outcome]},
    }
    for made in tree["$defs"].values():
        for name, one in made.get("properties", {}).items():
            one.setdefault("description", SAYS.get(name, ""))
    tables = {name: {"type": "array", "items": ref[t.model]} for name, t in TABLES.items()}
    return {
        "$schema": DIALECT,
        "title": "Kautilya scenario, format 1",
        "description": "scenario.toml, and one array of rows for each CSV table",
        "type": "object",
        "properties": {"scenario.toml": ref[Head], **tables},
        "required": ["scenario.toml", *(n for n, t in TABLES.items() if t.required)],
        "additionalProperties": False,
        "$defs": tree["$defs"],
    }
