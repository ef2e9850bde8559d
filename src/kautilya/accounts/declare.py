"""accounts.toml: which accounts there are, how figures are read, which figures are accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kautilya.errors import KautilyaError
from kautilya.scenario.cells import Open, Sized
from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.reading import problems
from kautilya.scenario.toml_text import line_of, parse

FILE = "accounts.toml"
Place = tuple[str | int, ...]
Pair = tuple[Sized, Sized]

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
    most: Sized = Field(gt=0)
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
    low: Open
    high: Open
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
    low: Open = 1.0
    high: Open = 1.0
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
    low: Sized
    high: Sized
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
    factor: Sized = 1.0
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
    declared, wrong = declared_in(text)
    if declared is None or wrong:
        one = wrong[0]
        place = f"{FILE}:{one.line}: {one.column}" if one.column else f"{FILE}:{one.line}"
        raise KautilyaError(place, one.found, one.remedy)
    return declared


def declared_in(text: str) -> tuple[Accounts | None, list[Mistake]]:
    """What the text of accounts.toml declares, None where it cannot be read, and every mistake in
    it that the file alone shows, with its line."""
    read = parse(FILE, text)
    if isinstance(read, Mistake):
        return None, [read]
    data, lines = read
    try:
        declared = Accounts.model_validate(data)
    except ValidationError as error:
        return None, [
            Mistake(
                FILE,
                line_of(lines, at) or 1,
                shown(".".join(map(str, at)))[1:-1],
                found,
                _nearest(at) if found.endswith("not known here") else remedy,
            )
            for at, found, remedy in problems(error)
        ]
    return declared, list(_wrong(declared, lines))


def _nearest(at: Place) -> str:
    """The nearest key that is known at the place of one that is not."""
    model: type[BaseModel] = Accounts
    for part in at[:-1]:
        field = model.model_fields.get(str(part))
        inner = (
            [one for one in get_args(field.annotation) if isinstance(one, type)] if field else []
        )
        model = next((one for one in inner if issubclass(one, BaseModel)), model)
    names = [field.alias or name for name, field in model.model_fields.items()]
    return near(str(at[-1]), names)


def _wrong(declared: Accounts, lines: dict[Place, int]) -> Iterator[Mistake]:
    """What the parts of accounts say against each other."""
    seen: set[str] = set()
    for i, account in enumerate(declared.account):
        for at, found, remedy in _of_account(account):
            line = line_of(lines, ("account", i, *at))
            yield Mistake(FILE, line or 1, f"account {account.id}", found, remedy)
        if account.id in seen:
            line = line_of(lines, ("account", i, "id"))
            found = "declared twice"
            yield Mistake(FILE, line or 1, f"account {account.id}", found, "Give each its own id")
        seen.add(account.id)


def _of_account(account: Account) -> Iterator[tuple[Place, str, str]]:
    """Where, what and remedy of what is wrong in one account."""
    nodes = {node.id for node in account.node}
    for k, flow in enumerate(account.flow):
        for key, end in (("into", flow.into), ("out_of", flow.out_of)):
            if end and end not in nodes:
                remedy = f"Use one of {', '.join(sorted(nodes))}"
                yield ("flow", k, key), f"no node '{end}' for flow {flow.id}", remedy
    named: set[str] = set()
    tables: list[tuple[Place, Node | Flow]] = [
        *((("node", k), one) for k, one in enumerate(account.node)),
        *((("flow", k), one) for k, one in enumerate(account.flow)),
    ]
    for at, table in tables:
        if table.id in named:
            yield (*at, "id"), f"'{table.id}' is declared twice", "Give each its own id"
        named.add(table.id)
    ranges: list[tuple[Place, str, float, float]] = [
        *((("node", k, "opening"), one.id, *one.opening) for k, one in enumerate(account.node)),
        *((("bind", k, "low"), one.id, one.low, one.high) for k, one in enumerate(account.bind)),
    ]
    for where, name, low, high in ranges:
        if not low <= high:
            yield where, f"{name}: low {low} > high {high}", "Write the smaller number first"
