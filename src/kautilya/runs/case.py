"""What is run: a case of a scenario, how many futures of it, and the jobs that it is cut into.

A job is all that a worker is told. It goes over a pipe as one line of JSON, or to a Dask worker as
it is, and gives the same bits whoever does it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple, get_type_hints

from kautilya.errors import KautilyaError
from kautilya.runs.documents import CaseDocument


@dataclass(frozen=True)
class Case:
    """What a run changes against the scenario as it stands.

    accept   which published figures must hold: a profile of the accounts, or "raw"
    keep     summary | always | why | all, or ids of outcomes joined by commas
    posterior  folder of a calibration whose draws replace the declared ranges; "" = none
    luck     what is added to the numbers of the luck: the same figures meet other luck
    free     ids of figures whose size and sign are drawn between minus and plus their own
    as_of    the day on which the scenario is known; "" = that of scenario.toml
    """

    levers: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    keep: str = "always"
    accept: str = "run"
    posterior: str = ""
    luck: int = 0
    free: tuple[str, ...] = ()
    as_of: str = ""

    def as_dict(self) -> CaseDocument:
        """As plan.json has it; luck, free figures and day only where they are not as usual."""
        said: CaseDocument = {
            "levers": self.levers,
            "sets": self.sets,
            "keep": self.keep,
            "accept": self.accept,
            "posterior": self.posterior,
        }
        if self.luck:
            said["luck"] = self.luck
        if self.free:
            said["free"] = self.free
        if self.as_of:
            said["as_of"] = self.as_of
        return said


@dataclass(frozen=True)
class Plan:
    """How many futures of which case."""

    futures: int
    seed: int
    case: Case


class Source(NamedTuple):
    """The scenario of a job: where it lies; what it must be; its name where it is a shipped one;
    the day on which it is known, where that is not its own."""

    folder: str
    digest: str = ""
    shipped: str = ""
    as_of: str = ""


@dataclass(frozen=True)
class Compile:
    """Compile the month loop of a scenario and leave a mark that it is on disk.

    read   only make ready what comes before, for a worker that waits for another to compile it
    """

    scenario: Source
    keep: str
    read: bool = False


@dataclass(frozen=True)
class Accounts:
    """Draw the first blocks of the accounts, so that others find them on disk."""

    scenario: Source
    seed: int
    accept: str
    blocks: int


@dataclass(frozen=True)
class Survival:
    """Work out how much of the raw ranges the accounts leave."""

    scenario: Source
    seed: int
    accept: str


@dataclass(frozen=True)
class Audit:
    """Make the full audit of a scenario."""

    scenario: Source


@dataclass(frozen=True)
class Chunk:
    """Futures first .. first + count - 1 of a case, into the folder of a run or into a file.

    run, identity, width, futures   the folder, its plan, and the shape of its values; or
    file   one file of arrays
    """

    scenario: Source
    case: Case
    seed: int
    first: int
    count: int
    run: str = ""
    identity: str = ""
    width: int = 0
    futures: int = 0
    file: str = ""


@dataclass(frozen=True)
class Rows:
    """Rows first .. first + count - 1 of a design; only the numbers that are asked for leave.

    numbers   as `runs.numbers` reads them; design: file of the design; file: where they go
    """

    scenario: Source
    case: Case
    seed: int
    first: int
    count: int
    numbers: tuple[str, ...]
    design: str
    file: str


Job = Compile | Accounts | Survival | Audit | Chunk | Rows
KINDS: dict[str, type[Job]] = {
    kind.__name__: kind for kind in (Compile, Accounts, Survival, Audit, Chunk, Rows)
}


@dataclass(frozen=True)
class Answer:
    """What a worker says of a job: of a chunk its seconds, largest residual, futures lost.

    place, found, remedy   of the mistake, where it could not be done
    """

    seconds: float = 0.0
    residual: float = 0.0
    lost: int = 0
    place: str = ""
    found: str = ""
    remedy: str = ""


def refusal(error: KautilyaError) -> Answer:
    """The answer to a job that could not be done."""
    return Answer(place=error.place, found=error.found, remedy=error.remedy)


def line_of(job: Job) -> str:
    """A job as one line."""
    return json.dumps([type(job).__name__, asdict(job)])


def job_of(line: str) -> Job:
    """The job that a line tells."""
    name, said = json.loads(line)
    kind = KINDS[name]
    hints = get_type_hints(kind)
    return kind(**{one.name: _value(hints[one.name], said[one.name]) for one in fields(kind)})


def _value(kind: Any, said: Any) -> Any:
    if kind is Source:
        return Source(*said)
    if kind is Case:
        return case_of(said)
    return tuple(said) if isinstance(said, list) else said


def case_of(said: CaseDocument) -> Case:
    """The case that a document describes."""
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in said.items()
    }
    return Case(**given)
