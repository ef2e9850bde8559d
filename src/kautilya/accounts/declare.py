"""accounts.toml: which accounts there are, how figures are read, which figures are accepted."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kautilya.errors import KautilyaError
from kautilya.scenario import Mistake
from kautilya.scenario.mistakes import shown
from kautilya.scenario.toml_text import line_of, parse

FILE = "accounts.toml"
Pair = tuple[float, float]

STRICT = ConfigDict(extra="forbid", frozen=True)


class Node(BaseModel):
    """A stock. `stages`: patterns of the figures' stage; `opening`: assumed range at the start."""

    model_config = STRICT
    id: str
    opening: Pair
    stages: list[str] = []
    note: str = ""


class Flow(BaseModel):
    """A flow, never negative. `most`: assumed ceiling per month; no node at either end = count."""

    model_config = STRICT
    id: str
    most: float = Field(gt=0)
    into: str = ""
    out_of: str = ""
    note: str = ""


class Bind(BaseModel):
    """``low * of <= what <= high * of`` (or ``low <= what <= high``), an assumed range.

    scope: each period, cumulative from the start, or at the end of each period (stocks).
    per_month: `of` is divided by the months of the period. `reading`: only where a profile
    reads claims so.
    """

    model_config = STRICT
    id: str
    what: str
    low: float
    high: float
    of: str = ""
    scope: Literal["period", "cumulative", "end"] = "period"
    per_month: bool = False
    reading: Literal["", "face", "biased"] = ""
    first: str = ""
    last: str = ""
    note: str


class Read(BaseModel):
    """How a figure becomes an interval on a form: the first rule that matches is used.

    `up_to`: the largest thing that an untagged figure may mean (the figure then widens).
    `cumulative`: counts from the account's first month. `within`: said inside its last month,
    so the count at the month's start is at most, at its end at least, what was said.
    `total`: a yearly figure is the sum over its months, even where these are not twelve.
    """

    model_config = STRICT
    take: str
    figure: str = "*"
    measure: str = "*"
    stage: str = "*"
    good: str = "*"
    partner: str = "*"
    tag: str = "*"
    up_to: str = ""
    of: str = ""
    sense: Literal["equal", "at_least", "at_most"] = "equal"
    cumulative: bool = False
    within: bool = False
    total: bool = False
    note: str = ""


class Account(BaseModel):
    """One actor's account of one good (or of goods that are read together, like rounds).

    `need`: sums of nodes for which the audit tells the opening stock that each rate of use needs.
    """

    model_config = STRICT
    id: str
    actor: str
    goods: list[str]
    units: list[str]
    says: str
    breaks: list[str]
    node: list[Node]
    flow: list[Flow]
    bind: list[Bind] = []
    read: list[Read] = []
    need: list[str] = []


class Link(BaseModel):
    """``low * right <= left <= high * right`` between accounts, cumulative at common breaks."""

    model_config = STRICT
    id: str
    left: str
    right: str
    low: float = 1.0
    high: float = 1.0
    note: str = ""


class Profile(BaseModel):
    """Which figures are accepted, and how claims and untagged figures are read.

    `whole`: patterns of figures that keep their whole range instead of being split by originator.
    """

    model_config = STRICT
    id: str
    says: str
    grades: str = "F6"
    claims: Literal["face", "biased"] = "biased"
    untagged: Literal["union", "narrow"] = "union"
    drop_sides: list[str] = []
    drop_tags: list[str] = []
    drop_figures: list[str] = []
    whole: list[str] = []
    only_measures: list[str] = []
    only_tags: list[str] = []


class Split(BaseModel):
    """One of the statements that a figure's range spans, when its originators differ.

    Replaces the row by statements of their own: `figure` is the row, `id` the new one.
    """

    model_config = STRICT
    figure: str
    id: str
    low: float
    high: float
    originator: str
    tag: str = ""
    grade: str = ""
    date: str = ""
    first: str = ""
    last: str = ""
    note: str


class Side(BaseModel):
    """Originators (patterns) that speak for a belligerent."""

    model_config = STRICT
    actor: str
    originators: list[str]


class Feed(BaseModel):
    """Which quantity of quantities.csv takes its draw from which form of the accounts."""

    model_config = STRICT
    parameter: str
    take: str
    of: str = ""
    factor: float = 1.0
    actor: str = ""
    partner: str = ""
    good: str = ""
    stage: str = ""
    label: str = ""
    month: str = ""


class Share(BaseModel):
    """A form, or a ratio of two, that the audit reports with its bounds."""

    model_config = STRICT
    id: str
    says: str
    take: str
    of: str = ""


class Accounts(BaseModel):
    """The whole file."""

    model_config = STRICT
    version: int = Field(alias="schema", ge=1, le=1)
    run_profile: str
    account: list[Account]
    read: list[Read] = []
    link: list[Link] = []
    profile: list[Profile] = []
    side: list[Side] = []
    split: list[Split] = []
    feed: list[Feed] = []
    share: list[Share] = []


def read_accounts(text: str) -> Accounts:
    """Read the text of accounts.toml. Raises KautilyaError with the place of the first mistake."""
    read = parse(FILE, text)
    if isinstance(read, Mistake):
        raise KautilyaError(f"{FILE}:{read.line}", read.found, read.remedy)
    data, lines = read
    try:
        declared = Accounts.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        line = line_of(lines, first["loc"])
        raise KautilyaError(
            f"{FILE}:{line}: {where}" if line else f"{FILE}: {where}",
            f"{first['msg']} ({shown(first.get('input'))})",
            "see the accounts page for the keys",
        ) from None
    _check(declared, FILE)
    return declared


def _check(declared: Accounts, place: str) -> None:
    seen: set[str] = set()
    for account in declared.account:
        where = f"{place}: account {account.id}"
        if account.id in seen:
            raise KautilyaError(where, "declared twice", "give each account its own id")
        seen.add(account.id)
        nodes = {node.id for node in account.node}
        for flow in account.flow:
            for end in (flow.into, flow.out_of):
                if end and end not in nodes:
                    raise KautilyaError(
                        f"{where}, flow {flow.id}",
                        f"no node '{end}'",
                        f"use one of: {', '.join(sorted(nodes))}",
                    )
        ids = [*nodes, *(flow.id for flow in account.flow)]
        twice = next((i for i in ids if ids.count(i) > 1), None)
        if twice is not None:
            raise KautilyaError(where, f"'{twice}' is declared twice", "give each its own id")
        ranges = [(node.id, *node.opening) for node in account.node]
        ranges += [(bind.id, bind.low, bind.high) for bind in account.bind]
        for name, low, high in ranges:
            if not low <= high:
                raise KautilyaError(
                    f"{where}, {name}", f"low {low} > high {high}", "write the smaller number first"
                )
