"""Run a scenario: chunks on an engine of workers, gathered in one folder; go on after a stop."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from kautilya import disk, program
from kautilya import scenario as scenarios
from kautilya.disk import TEXT, Temporary, look
from kautilya.errors import KautilyaError
from kautilya.runs import posterior
from kautilya.runs.case import (
    Accounts,
    Answer,
    Audit,
    Case,
    Chunk,
    Compile,
    Job,
    Plan,
    Source,
    Survival,
)
from kautilya.runs.cluster import Engine, Workers, engine
from kautilya.runs.documents import Manifest, PlanDocument, Tally
from kautilya.runs.draws import BLOCK, declares, tells
from kautilya.runs.folder import (
    MANIFEST,
    PLAN,
    RECORDS,
    VALUES,
    WIDTH,
    Folder,
    disk_use,
    document,
    held,
    opened,
    plan_of,
)
from kautilya.runs.manifest import checked, manifest_of, missing
from kautilya.runs.pool import Pool, cores
from kautilya.runs.pool import begin as beside
from kautilya.runs.store import create, layout_of, room
from kautilya.runs.worker import mark
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply
from kautilya.scenario.outcomes import canonical
from kautilya.scenario.scenario import Scenario
from kautilya.wording import many

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "CHUNK",
    "Case",
    "Plan",
    "Progress",
    "Run",
    "load_run",
    "names",
    "resume",
    "run",
    "scenario_of",
]
CHUNK = WIDTH
MOST = 2**32 - 1  # futures: their number is one word of the luck
USUAL = 2000  # futures of a run that says nothing of them
LONGEST = 80  # letters of the name of a folder
CHANGED = (
    "The scenario has changed since this run; names, figures and laws are those of today, numbers "
    "those of the run."
)
EARLY = 6  # blocks of the accounts that one worker draws while another compiles
Progress = Callable[[int, int], None]


@dataclass
class Run:
    """A finished run: where it is, what it was, and its numbers.

    kept   what the folder lives by where it is a temporary one; `data` holds it too
    """

    folder: Path
    manifest: Manifest
    kept: Temporary | None = field(default=None, repr=False)
    _open: list[xr.Dataset] = field(default_factory=list, repr=False)

    @property
    def data(self) -> xr.Dataset:
        """The outcomes as an xarray.Dataset (dims future, month or year, and those declared)."""
        from kautilya.runs.store import open_run

        if not self._open:
            self._open.append(open_run(self.folder, self.kept))
        return self._open[0]


def check(scenario: Scenario, futures: int, seed: int, case: Case) -> None:
    """Refuse what cannot run, before anything is started or written."""
    if not 1 <= futures <= MOST:
        raise KautilyaError("--futures", many(futures, "future"), f"Give 1 to {MOST:,}")
    if not 0 <= seed < 2**64:
        raise KautilyaError("--seed", f"seed {seed}", "Give a whole number from 0 to 2^64 - 1")
    if case.accept != "raw":
        from kautilya.accounts.feeds import known

        known(scenario, case.accept)
    if case.levers or case.sets:
        apply(assemble(scenario), case.levers, case.sets)


def run(
    name: str,
    futures: int = USUAL,
    seed: int = 0,
    *,
    case: Case | None = None,
    out: str | Path | None = None,
    pool: Engine | Workers | None = None,
    progress: Progress | None = None,
    replaces: bool = False,
) -> Run:
    """Run `futures` futures of a scenario and write them to a folder.

    name   a shipped scenario or the path of a folder
    out    the folder of results. The same run in it, finished or stopped, is made whole; another
           one is left alone, and this one is refused, unless it `replaces` what is there. By
           default a temporary one, that goes with the Run and its data, or with the process.
    pool   how many workers, which cluster, or an engine that is there already
    Raises KautilyaError for what the user can mend; then nothing is written, or, where chunks
    were finished, they stay for `resume`.
    """
    case = case or Case()
    scenario = scenarios.load(name, case.as_of)
    check(scenario, futures, seed, case)
    case = replace(
        case,
        as_of=scenario.asked,
        keep=canonical(scenario, case.keep),
        posterior=posterior.settled(case.posterior, scenario)[0],
    )
    asked = Folder(
        Path(out or ""),
        document(scenario, Plan(futures, seed, case), layout_of(scenario, case.keep).each),
    )
    if out:
        same(asked, replaces)
    kept = None if out else Temporary()
    if kept:
        asked.path = kept.path
    fresh = not asked.path.exists()
    disk.folder(asked.path)
    try:
        with held(asked.path):
            try:
                folder = begin(asked, replaces)
                return replace(_fill(folder, scenario, pool, progress), kept=kept)
            except BaseException:
                _leave_nothing(asked.path, fresh)
                raise
    except BaseException:
        if kept:
            kept.remove()
        raise


def resume(
    path: str | Path, *, pool: Engine | Workers | None = None, progress: Progress | None = None
) -> Run:
    """Go on with a run that was stopped: chunks that are finished and sound stay as they are.

    The result equals, bit for bit, that of a run that was never stopped. Raises KautilyaError
    where the folder holds no run, or where scenario, program or processor are no longer those
    that began it.
    """
    folder = opened(Path(path))
    if folder is None:
        raise missing(Path(path))
    scenario = scenario_of(folder.said)
    now = dict(document(scenario, plan_of(folder.said), folder.said["bytes_a_future"]))
    changed = [
        key
        for key in ("digest", *program.made_by(), "width", "format")
        if now[key] != folder.said.get(key)
    ]
    if changed:
        words = {"digest": "scenario", "code": "program", "kernel": "kernel of linear algebra"}
        raise KautilyaError(
            str(path),
            "since this run was begun these have changed: "
            + ", ".join(words.get(key, key) for key in changed)
            + ". Its chunks would not fit "
            "together",
            "Put them back, or start anew with `kautilya run` and another --out",
        )
    with held(folder.path):
        return _fill(folder, scenario, pool, progress)


def begin(asked: Folder, replaces: bool = False) -> Folder:
    """The folder of a run with its plan. The same run that is there goes on; another one goes
    where this one `replaces` it, else this one is refused."""
    there = same(asked, replaces)
    if there is not None:
        return there
    room(asked, makes_room=disk_use(asked.path / VALUES))
    asked.clear()
    disk.write_json(asked.path / PLAN, asked.said)
    return asked


def same(asked: Folder, replaces: bool) -> Folder | None:
    """The run in a folder if it is the one that is asked for; None where a run may be begun.

    Raises KautilyaError, and touches nothing, where something else is there.
    """
    path = asked.path
    there = opened(path)
    if there is not None and there.said["identity"] == asked.said["identity"]:
        return there
    if replaces and (there is not None or (path / MANIFEST).exists()):
        return None
    if there is not None:
        state = "finished" if (path / MANIFEST).exists() else "was stopped half-way"
        if state == "finished" or there.counted():
            raise KautilyaError(
                str(path),
                f"it holds another run that {'is ' * (state == 'finished')}{state} "
                f"({_briefly(there.said)})",
                "Give another folder with --out, or --replace to put "
                "the new one in its place"
                + ("" if state == "finished" else f"; `kautilya resume {path}` finishes it"),
            )
        return None
    strange = sorted(one for one in os.listdir(path) if one[:1] != ".") if path.is_dir() else []
    if strange:
        raise KautilyaError(
            str(path), f"it holds {strange[0]} that no run wrote", "Give another folder with --out"
        )
    return None


def _briefly(said: PlanDocument) -> str:
    """What a plan was, for a line."""
    changes = [*said["case"]["levers"], *said["case"]["sets"]]
    return ", ".join(
        [said["scenario"], many(said["futures"], "future"), f"seed {said['seed']}", *changes]
    )


def _leave_nothing(path: Path, fresh: bool) -> None:
    """Remove a run without a finished chunk; with one, it stays to be resumed."""
    folder = opened(path)
    if folder is not None and not folder.counted() and not (path / MANIFEST).exists():
        folder.clear()
    if fresh and path.is_dir() and not any(one.name != ".lock" for one in path.iterdir()):
        (path / ".lock").unlink(missing_ok=True)
        path.rmdir()


def source_of(scenario: Scenario) -> Source:
    """Where workers find a scenario."""
    return Source(scenario.folder, scenario.digest, as_of=scenario.asked)


def preparations(scenario: Scenario, plan: Plan) -> list[Job]:
    """On a first run, compile in one worker while another draws the accounts and makes itself
    ready; else nothing."""
    done = mark(scenario.digest, plan.case.keep)
    if done is None or look(done, TEXT):
        return []
    source, blocks = source_of(scenario), min(EARLY, -(-plan.futures // BLOCK))
    return [
        Compile(source, plan.case.keep),
        *aside(scenario, plan),
        Accounts(source, plan.seed, plan.case.accept, blocks),
        Compile(source, plan.case.keep, read=True),
    ]


def _prepared(workers: Engine, scenario: Scenario, plan: Plan) -> list[Job]:
    """Do what workers of this machine need; returns what may be done beside the chunks."""
    if not isinstance(workers, Pool):
        return []
    first = preparations(scenario, plan)
    if not first:
        workers.ahead(Compile(source_of(scenario), plan.case.keep))
    workers.run(first, partial(_early, scenario))
    return aside(scenario, plan)


def aside(scenario: Scenario, plan: Plan) -> list[Job]:
    """What the manifest tells of the accounts is worked out beside the chunks."""
    if tells(scenario, plan.seed, plan.case.accept) is not False:
        return []
    return [Survival(source_of(scenario), plan.seed, plan.case.accept)]


def begin_audit(scenario: Scenario) -> None:
    """Let another process make the full audit, where it is not kept yet."""
    from kautilya.accounts import audited  # slow to import, and mostly not needed

    if declares(scenario, "all") and not audited(scenario):
        beside(Audit(source_of(scenario)))


def _early(scenario: Scenario, job: Job, answer: Answer) -> None:
    """Once the accounts are drawn their core is free until the month loop is compiled: on a first
    run the audit that a report shows is made there."""
    if isinstance(job, Accounts) and cores() > 1:
        begin_audit(scenario)


def jobs(folder: Folder, skip: Iterable[int] = ()) -> Iterable[Job]:
    """One job a chunk, those of `skip` left out; the last is short."""
    said, done = folder.said, set(skip)
    case = plan_of(said).case
    source = Source(said["path"], said["digest"], said["scenario"], case.as_of)
    for chunk in folder.chunks():
        if chunk.first not in done:
            yield Chunk(
                source,
                case,
                said["seed"],
                chunk.first,
                chunk.count,
                str(folder.path.resolve()),
                said["identity"],
                said["width"],
                said["futures"],
            )


class Chunks:
    """The chunks of a run that are done, by first future; finished: how many futures they hold."""

    def __init__(self, futures: int, tallies: dict[int, Tally], progress: Progress | None) -> None:
        self.tallies = tallies
        self.finished = sum(tally["count"] for tally in tallies.values())
        self._futures, self._progress = futures, progress

    def add(self, job: Job, answer: Answer) -> None:
        """Note what a worker said of a chunk; of other jobs there is nothing to note."""
        if isinstance(job, Chunk):
            self.tallies[job.first] = {
                "count": job.count,
                "residual": answer.residual,
                "lost": answer.lost,
                "seconds": answer.seconds,
            }
            self.finished += job.count
            self.tell()

    def tell(self) -> None:
        """Tell whoever waits how far it is."""
        if self._progress:
            self._progress(self.finished, self._futures)


def _fill(
    folder: Folder, scenario: Scenario, pool: Engine | Workers | None, progress: Progress | None
) -> Run:
    """Do what is missing, then write the manifest."""
    begun = time.perf_counter()
    plan, layout = plan_of(folder.said), layout_of(scenario, folder.said["case"]["keep"])
    folder.sweep()
    disk.folder(folder.path / RECORDS)
    with ThreadPoolExecutor(1) as thread:
        fresh = not os.path.lexists(folder.path / VALUES)
        shape = (layout, plan.futures, folder.said["width"])
        values = thread.submit(create, folder.path / VALUES, *shape)  # slow to load: beside
        if not fresh:
            values.result()  # what is damaged is made good before it is read
        chunks = Chunks(plan.futures, {} if fresh else folder.finished(), progress)
        room(folder, chunks.finished)
        chunks.tell()
        left = -(-(plan.futures - chunks.finished) // folder.said["width"])
        if left:
            with engine(pool, left) as workers:
                more = _prepared(workers, scenario, plan)
                values.result()
                workers.run(chain(more, jobs(folder, chunks.tallies)), chunks.add)
            folder.sweep()  # what a worker that was killed was writing
    manifest = manifest_of(scenario, folder, chunks.tallies.values(), time.perf_counter() - begun)
    disk.write_json(folder.path / MANIFEST, manifest)
    return Run(folder.path, manifest)


def load_run(folder: str | Path) -> Run:
    """Open a run written earlier. Raises KautilyaError where the folder holds none, or one that
    is not finished, or has chunks that are no longer as they were written."""
    path = Path(folder)
    return Run(path, checked(path, opened(path)))


def scenario_of(manifest: PlanDocument | Manifest) -> Scenario:
    """The scenario of a run, as known on the run's day: from where it was run, else the shipped
    one of that name."""
    place, day = Path(manifest.get("path", "")), manifest["case"].get("as_of", "")
    there = (place / "scenario.toml").is_file()
    return scenarios.load(place if there else manifest["scenario"], day)


def outdated(manifest: PlanDocument | Manifest, scenario: Scenario) -> str:
    """What is to be said where the scenario of a run is no more what was run; else ""."""
    return "" if manifest["digest"] == scenario.digest else CHANGED


def day_of(folder: str | Path | None) -> str:
    """The as-of day that a stored run was asked for; "" where it was none, or no run is given."""
    there = opened(Path(folder)) if folder else None
    return "" if there is None else there.said["case"].get("as_of", "")


def named(scenario: str | Path, plan: Plan) -> str:
    """The usual name of the folder of a run: scenario, seed, and what is not as usual."""
    case = plan.case
    parts = [
        Path(scenario).resolve().name
        if os.sep in str(scenario) or str(scenario) in (".", "..")
        else str(scenario),
        str(plan.seed),
    ]
    parts += [f"{plan.futures}f"] if plan.futures != USUAL else []
    parts += [*case.levers, *case.sets]
    parts += [
        one for one, usual in ((case.keep, Case.keep), (case.accept, Case.accept)) if one != usual
    ]
    parts += [f"as-of-{case.as_of}"] if case.as_of else []
    parts += [Path(case.posterior).name] if case.posterior else []
    text = re.sub(r"[^\w.=-]+", "_", "-".join(parts))
    return (
        text
        if len(text) <= LONGEST
        else f"{text[: LONGEST - 13]}-{disk.checksum(text.encode())[:12]}"
    )


def names(values: Sequence[str] | str | None) -> tuple[str, ...]:
    """Levers or settings from a comma-separated text or a sequence."""
    if values is None:
        return ()
    parts = values.split(",") if isinstance(values, str) else values
    return tuple(part.strip() for part in parts if part.strip())
