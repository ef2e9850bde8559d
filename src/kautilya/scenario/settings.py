"""The scenario format, version 1: pydantic models of scenario.toml."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kautilya.scenario.fields import (
    Filled,
    Mark,
    Month,
    MonthOrNone,
    Name,
    NumberOrNone,
    Parameter,
    Part,
    Selector,
    Stage,
)

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


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


class Head(BaseModel):
    """The plain keys of scenario.toml."""

    model_config = STRICT
    format: Literal[1] = Field(alias="schema")
    id: Name
    title: Filled
    question: Filled
    start: Month
    as_of: date
    horizon: Month
    laws: list[Name] = Field(min_length=1)
    caution: Filled
    verdicts: Verdicts = Verdicts()
    claims: Words = Words()


class SetSpec(BaseModel):
    """A named, ordered set; a member "@name" takes in the members of another set."""

    model_config = STRICT
    axis: Literal["actor", "good", "label"]
    members: list[Filled]


class Change(BaseModel):
    """One change of a lever: `value` (in `unit`, else the law's unit) or `factor`."""

    model_config = STRICT
    parameter: Parameter
    actor: Selector = ""
    partner: Selector = ""
    good: Selector = ""
    stage: Selector = ""
    label: Selector = ""
    value: NumberOrNone = None
    factor: NumberOrNone = None
    unit: str = ""
    from_: MonthOrNone = Field("", alias="from")


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
