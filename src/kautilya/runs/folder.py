"""The folder of a run: what was asked, which chunks are finished, who works on it.

    plan.json       what was asked; written first. Its identity is a hash of the digest of the
                    scenario, the seed, the case, the number and width of chunks, and of all
                    that `program.made_by` names: code, libraries, processor, kernel
    chunks/N.json   the record of a finished chunk, N its first future; written last, after its
                    values, with the size and checksum of each of its files
    outcomes.zarr   the values
    manifest.json   written when all chunks are finished

A chunk counts if its record carries the identity of the plan and its files are as the record
says. So a kill at any moment leaves chunks that are finished and chunks that are not, and
nothing in between.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kautilya import disk, program
from kautilya.errors import KautilyaError
from kautilya.runs import guard
from kautilya.runs.case import Plan, case_of
from kautilya.runs.documents import Manifest, PlanDocument, Record, Tally
from kautilya.runs.guard import LARGEST, MANIFEST, NARROW, PLAN, RECORDS, VALUES, Array

if TYPE_CHECKING:
    from kautilya.scenario.scenario import Scenario

WIDTH = 8 * NARROW  # in a chunk of a run of usual size
CHUNK_BYTES = 64_000_000  # values of one chunk, uncompressed
CHUNKS = 64  # a run has at least as many before its chunks grow


@dataclass(frozen=True)
class Span:
    """Futures first .. first + count - 1."""

    first: int
    count: int

    @property
    def record(self) -> str:
        return f"{self.first:012d}.json"


def width_of(futures: int, each: int) -> int:
    """Futures in a chunk, a power of two of tiles: the values of a chunk stay below 64 MB, and
    chunks of a large run grow so that a million futures do not make a hundred thousand files.

    each   bytes that are kept of a future
    """
    width = NARROW
    while (
        width < LARGEST
        and 2 * width * each <= CHUNK_BYTES
        and (2 * width <= WIDTH or 2 * width * CHUNKS <= futures)
    ):
        width *= 2
    return width


def document(scenario: Scenario, plan: Plan, each: int) -> PlanDocument:
    """What plan.json holds."""
    said: PlanDocument = {
        "format": 1,
        "scenario": scenario.id,
        "digest": scenario.digest,
        "futures": plan.futures,
        "seed": plan.seed,
        "case": plan.case.as_dict(),
        "width": width_of(plan.futures, each),
        "bytes_a_future": each,
        **program.made_by(),
        "identity": "",
        "path": str(Path(scenario.folder).resolve()),
    }
    said["identity"] = identity(said)
    return said


def identity(said: PlanDocument) -> str:
    """A name for all that plan.json says, but for itself and where the scenario lies."""
    rest = {key: value for key, value in said.items() if key not in ("identity", "path")}
    text = json.dumps(rest, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def plan_of(said: PlanDocument | Manifest) -> Plan:
    """The plan that a document describes."""
    return Plan(said["futures"], said["seed"], case_of(said["case"]))


class Folder:
    """The folder of one run; `said` is its plan as `document` gives it."""

    def __init__(self, path: Path, said: PlanDocument) -> None:
        self.path, self.said = path, said

    @property
    def total(self) -> int:
        """Number of chunks."""
        return -(-int(self.said["futures"]) // int(self.said["width"]))

    def chunks(self) -> Iterator[Span]:
        """All chunks of the run."""
        width, futures = self.said["width"], self.said["futures"]
        return (Span(first, min(width, futures - first)) for first in range(0, futures, width))

    def whole(self, record: Record, arrays: dict[str, Array]) -> bool:
        """Whether the files of a record are as it says, and as the shapes of its outcomes say."""
        width = min(self.said["width"], self.said["futures"])
        for name, (length, sum_) in record["files"].items():
            size = arrays[name.partition("/")[0]].each * width
            data = guard.read(self.path / VALUES / name, size + guard.OVERHEAD)
            if (
                data is None
                or len(data) != length
                or disk.checksum(data) != sum_
                or not guard.block(data, size)
            ):
                return False
        return True

    def finished(self) -> dict[int, Tally]:
        """What is known of the chunks whose files are all there and sound, by first future.

        KautilyaError where the shapes of the outcomes are none that a run of this plan has.
        """
        arrays = guard.frame(self.path, self.said)
        out: dict[int, Tally] = {}
        for first in guard.firsts(self.path, self.said):
            record = guard.record(self.path, self.said, arrays, first)
            if record is not None and self.whole(record, arrays):
                out[first] = {
                    "count": record["count"],
                    "residual": record["residual"],
                    "lost": record["lost"],
                    "seconds": record["seconds"],
                }
        return out

    def frame(self) -> str:
        """A checksum of the shapes and labels of the values: every file that is no chunk's."""
        root = self.path / VALUES
        files = sorted(one for shape in (".z*", "*/.z*", "*/0") for one in root.glob(shape))
        return disk.checksum(
            b"".join(
                f"{one.relative_to(root)}:".encode() + one.read_bytes()
                for one in files
                if not one.is_symlink()
            )
        )

    def damaged(self) -> tuple[int, Span | None]:
        """How many chunks are missing or not as they were written, and the first of them."""
        sound = self.finished()
        first = next((chunk for chunk in self.chunks() if chunk.first not in sound), None)
        return self.total - len(sound), first

    def counted(self) -> int:
        """Number of chunks with a record; quick, nothing is read but names."""
        return len(guard.firsts(self.path, self.said))

    def sweep(self) -> None:
        """Remove what a killed process was writing."""
        for place in (self.path, self.path / RECORDS, *(self.path / VALUES).glob("*/")):
            for file in place.glob(f".*{disk.PARTIAL}"):
                if file.is_dir():
                    shutil.rmtree(file, ignore_errors=True)
                else:
                    file.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove everything that a run writes, the sign that it is one last."""
        for name in (MANIFEST, "answer.json", "report.html", "summary.parquet", "summary.csv"):
            (self.path / name).unlink(missing_ok=True)
        for name in (RECORDS, VALUES, "query"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        (self.path / PLAN).unlink(missing_ok=True)


def opened(path: Path) -> Folder | None:
    """The run in a folder, finished or not; None where there is none, or its plan is damaged.

    KautilyaError where there are links or devices in it.
    """
    guard.parts(path)
    try:
        said = guard.plan(path)
    except KautilyaError:
        return None
    return Folder(path, said) if said and said["identity"] == identity(said) else None


def disk_use(path: Path) -> int:
    """Bytes of the files in a folder; 0 where there is none."""
    total = 0
    for place, _, files in os.walk(path):
        for name in files:
            with suppress(OSError):  # a partial file that has just been put in place
                total += (Path(place) / name).lstat().st_size
    return total


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Work on a folder alone. The lock goes with the process, however it ends."""
    try:
        with disk.lock(path / ".lock"):
            yield
    except disk.Locked:
        raise KautilyaError(
            str(path), "another process is working on this run", "Wait for it to end, or end it"
        ) from None
    except OSError as error:
        if error.filename != str(path / ".lock"):
            raise
        if error.errno == errno.ELOOP:
            raise KautilyaError(
                str(path),
                "its .lock is a link, which no run writes",
                "Remove it, or give another folder",
            ) from None
        raise disk.refused(path, error) from None
