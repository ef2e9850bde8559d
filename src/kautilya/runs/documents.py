"""What the JSON documents of runs hold, name by name.

`guard` holds a document that it reads against its schema; from there on these are its types.

    CaseDocument     what a run changes, within plan.json and manifest.json
    PlanDocument     plan.json: what was asked, and what makes the bits
    Tally            what a worker said of a chunk; Record: chunks/N.json, which holds it
    Manifest         manifest.json: what a finished run was
    Narrowing        what the accounts left of the raw ranges, within manifest.json
    Listing          one run of a folder of runs, as `kautilya runs` lists it
    Learned          posterior.json: what a calibration did and found
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from kautilya.program import MadeBy


class CaseDocument(TypedDict):
    """A case; luck, free figures and as-of day only where they are not as usual."""

    levers: Sequence[str]
    sets: Sequence[str]
    keep: str
    accept: str
    posterior: str
    luck: NotRequired[int]
    free: NotRequired[Sequence[str]]
    as_of: NotRequired[str]


class Asked(TypedDict):
    """What plan and manifest share."""

    format: int
    scenario: str
    path: str
    digest: str
    futures: int
    seed: int
    case: CaseDocument
    width: int
    bytes_a_future: int
    identity: str


class PlanDocument(Asked, MadeBy):
    """plan.json."""


class Tally(TypedDict):
    """What is known of a chunk that is done: its futures, how many were lost, and the largest
    residual of the accounts."""

    count: int
    residual: float
    lost: int
    seconds: float


class Record(Tally):
    """chunks/N.json; files: bytes and checksum of each."""

    identity: str
    first: int
    files: dict[str, tuple[int, str]]


class Survival(TypedDict):
    """The share of the raw ranges that one account leaves, by so many draws."""

    share: float
    error: float
    draws: int
    below: float


class Shares(TypedDict):
    """The share that all accounts leave, and that of each."""

    overall: float
    error: float
    below: float
    accounts: dict[str, Survival]


class Narrowing(TypedDict):
    """How the accounts narrow the draws of a run."""

    accept: str
    worst_breach: float
    share_survived: Shares
    blocks: int
    mixing: dict[str, dict[str, float | None]]


class Tightest(TypedDict):
    """The account that leaves the least."""

    value: float
    below: float
    draws: int
    of: str


class Manifest(Asked, MadeBy):
    """manifest.json."""

    as_of: str
    same_bits: str
    caution: str
    drawn_from: NotRequired[str]  # where the state of the record on the day is from
    accounts: Narrowing | None
    share_feasible: NotRequired[Tightest | None]
    frame: str
    futures_not_finite: int
    residual: float
    seconds: float
    seconds_of_workers: float


class Listing(TypedDict):
    """A run as its plan and the names of its files tell it; state: finished | stopped | damaged."""

    folder: str
    state: str
    reason: str
    chunks_done: int
    chunks: int
    scenario: str
    futures: int
    seed: int
    levers: Sequence[str]
    sets: Sequence[str]
    keep: str
    bytes: int
    begun: str


class Learned(TypedDict, total=False):
    """posterior.json; nothing where it cannot be read."""

    format: int
    scenario: str
    digest: str
    until: str
    sampling: dict[str, object]
    diagnostics: dict[str, float]
    figures: int
    not_learned: list[str]
    tables: dict[str, list[dict[str, Any]]]  # rows
