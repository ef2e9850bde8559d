"""Run a scenario: chunks on an engine of workers, gathered in one folder; go on after a stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.disk import Temporary
from kautilya.errors import KautilyaError
from kautilya.runs import posterior
from kautilya.runs.cluster import Engine, Workers, engine
from kautilya.runs.draws import BLOCK, tells
from kautilya.runs.folder import (
    MANIFEST,
    PLAN,
    RECORDS,
    VALUES,
    WIDTH,
    Case,
    Folder,
    Plan,
    disk_use,
    document,
    held,
    opened,
    plan_of,
)
from kautilya.runs.manifest import checked, manifest_of, missing
from kautilya.runs.pool import Job, Pool
from kautilya.runs.store import create, layout_of, room
from kautilya.runs.worker import mark
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply
from kautilya.scenario.outcomes import canonical

__all__ = ["CHUNK", "Case", "Plan", "Progress", "Run", "load_run", "names", "resume", "run",
           "scenario_of"]
CHUNK = WIDTH
MOST = 2**32 - 1  # futures: their number is one word of the luck
EARLY = 6  # blocks of the accounts that one worker draws while another compiles
Progress = Callable[[int, int], None]


@dataclass
class Run:
    """A finished run: where it is, what it was, and its numbers.

    kept   what the folder lives by where it is a temporary one; `data` holds it too
    """

    folder: Path
    manifest: dict[str, Any]
    kept: Temporary | None = field(default=None, repr=False)
    _open: list[Any] = field(default_factory=list, repr=False)

    @property
    def data(self) -> Any:
        """The outcomes as an xarray.Dataset (dims future, month or year, and those declared)."""
        from kautilya.runs.store import open_run

        if not self._open:
            self._open.append(open_run(self.folder, self.kept))
        return self._open[0]


def check(scenario: Any, futures: int, seed: int, case: Case) -> None:
    """Refuse what cannot run, before anything is started or written."""
    if not 1 <= futures <= MOST:
        raise KautilyaError("--futures", f"{futures:,} futures", f"Give 1 to {MOST:,}")
    if not 0 <= seed < 2**64:
        raise KautilyaError("--seed", f"seed {seed}", "Give a whole number from 0 to 2^64 - 1")
    if case.accept != "raw":
        from kautilya.accounts.feeds import known

        known(scenario, case.accept)
    if case.levers or case.sets:
        apply(assemble(scenario), case.levers, case.sets)


def run(name: str, futures: int = 2000, seed: int = 0, *, case: Case | None = None,
        out: str | Path | None = None, pool: Engine | Workers | None = None,
        progress: Progress | None = None) -> Run:
    """Run `futures` futures of a scenario and write them to a folder.

    name   a shipped scenario or the path of a folder
    out    the folder of results. A finished run in it is replaced; one that was stopped and is
           the same goes on; one that is another is left alone and refused. By default a temporary
           one, that goes with the Run and its data, or with the process.
    pool   how many workers, which cluster, or an engine that is there already
    Raises KautilyaError for what the user can mend; then nothing is written, or, where chunks
    were finished, they stay for `resume`.
    """
    case = case or Case()
    scenario = scenarios.load(name)
    check(scenario, futures, seed, case)
    case = replace(case, keep=canonical(scenario, case.keep),
                   posterior=posterior.named(case.posterior, scenario))
    kept = None if out else Temporary()
    path = kept.path if kept else Path(out or "")
    fresh = not path.exists()
    disk.folder(path)
    try:
        with held(path):
            folder = begin(path, scenario, Plan(futures, seed, case))
            return replace(_fill(folder, scenario, pool, progress), kept=kept)
    except BaseException:
        _leave_nothing(path, fresh) if kept is None else kept.remove()
        raise


def resume(path: str | Path, *, pool: Engine | Workers | None = None,
           progress: Progress | None = None) -> Run:
    """Go on with a run that was stopped: chunks that are finished and sound stay as they are.

    The result equals, bit for bit, that of a run that was never stopped. Raises KautilyaError
    where the folder holds no run, or where scenario, program or processor are no longer those
    that began it.
    """
    folder = opened(Path(path))
    if folder is None:
        raise missing(Path(path))
    scenario = scenario_of(folder.said)
    now = document(scenario, plan_of(folder.said), folder.said["bytes_a_future"])
    changed = [key for key in ("digest", "versions", "code", "processor", "width", "format")
               if now[key] != folder.said[key]]
    if changed:
        words = {"digest": "scenario", "code": "program"}
        raise KautilyaError(
            str(path), "since this run was begun these have changed: "
            + ", ".join(words.get(key, key) for key in changed) + ". Its chunks would not fit "
            "together", "Put them back, or start anew with `kautilya run` and another --out")
    with held(folder.path):
        return _fill(folder, scenario, pool, progress)


def begin(path: Path, scenario: Any, plan: Plan) -> Folder:
    """The folder of a run with its plan; what a finished run left there is removed."""
    layout = layout_of(scenario, plan.case.keep)
    folder = Folder(path, document(scenario, plan, layout.each))
    there = opened(path)
    if there is None and not (path / MANIFEST).exists():
        strange = [name for name in (PLAN, RECORDS, VALUES) if (path / name).exists()]
        if strange:
            raise KautilyaError(str(path), f"it holds {strange[0]} that no run wrote",
                                "Give another folder with --out")
    elif there is not None and not (path / MANIFEST).exists() and there.counted():
        if there.said["identity"] == folder.said["identity"]:
            return there
        raise KautilyaError(str(path), "it holds another run that was stopped half-way",
                            f"Finish that with `kautilya resume {path}`, remove the folder, or "
                            "give another one with --out")
    room(folder, makes_room=disk_use(path / VALUES))
    folder.clear()
    disk.write_json(path / PLAN, folder.said)
    return folder


def _leave_nothing(path: Path, fresh: bool) -> None:
    """Remove a run without a finished chunk; with one, it stays to be resumed."""
    folder = opened(path)
    if folder is not None and not folder.counted() and not (path / MANIFEST).exists():
        folder.clear()
    if fresh and path.is_dir() and not any(one.name != ".lock" for one in path.iterdir()):
        (path / ".lock").unlink(missing_ok=True)
        path.rmdir()


def preparations(scenario: Any, plan: Plan) -> list[Job]:
    """On a first run, compile in one worker while another draws the accounts; else nothing."""
    if mark(scenario.digest, plan.case.keep).exists():
        return []
    about = {"scenario": scenario.folder, "digest": scenario.digest, "keep": plan.case.keep,
             "seed": plan.seed, "accept": plan.case.accept}
    blocks = min(EARLY, -(-plan.futures // BLOCK))
    return [{"prepare": "code", **about}, {"prepare": "accounts", "blocks": blocks, **about}]


def aside(scenario: Any, plan: Plan) -> list[Job]:
    """What the manifest tells of the accounts is worked out beside the chunks."""
    if tells(scenario, plan.seed, plan.case.accept) is not False:
        return []
    return [{"prepare": "survival", "scenario": scenario.folder, "seed": plan.seed,
             "accept": plan.case.accept}]


def jobs(scenario: Any, folder: Folder, skip: Iterable[int] = ()) -> Iterable[Job]:
    """One job a chunk, those of `skip` left out; the last is short."""
    said, done = folder.said, set(skip)
    same = {"scenario": said["path"], "id": said["scenario"], "run": str(folder.path.resolve()),
            **{key: said[key] for key in ("identity", "digest", "seed", "width", "futures")},
            **said["case"]}
    for chunk in folder.chunks():
        if chunk.first not in done:
            yield {**same, "first": chunk.first, "count": chunk.count}


def _fill(folder: Folder, scenario: Any, pool: Engine | Workers | None,
          progress: Progress | None) -> Run:
    """Do what is missing, then write the manifest."""
    begun = time.perf_counter()
    plan, layout = plan_of(folder.said), layout_of(scenario, folder.said["case"]["keep"])
    folder.sweep()
    create(folder.path / VALUES, layout, plan.futures, folder.said["width"])
    disk.folder(folder.path / RECORDS)
    tallies = folder.finished()
    finished = sum(tally["count"] for tally in tallies.values())
    room(folder, finished)

    def done(job: Job, answer: Job) -> None:
        nonlocal finished
        if "prepare" in job:
            return
        tallies[job["first"]] = {**answer, "count": job["count"]}
        finished += job["count"]
        if progress:
            progress(finished, plan.futures)

    left = -(-(plan.futures - finished) // folder.said["width"])
    if progress:
        progress(finished, plan.futures)
    if left:
        with engine(pool, left) as workers:
            more: list[Job] = []
            if isinstance(workers, Pool):
                workers.run(preparations(scenario, plan), done)
                more = aside(scenario, plan)
            workers.run(chain(more, jobs(scenario, folder, tallies)), done)
        folder.sweep()  # what a worker that was killed was writing
    manifest = manifest_of(scenario, folder, tallies.values(), time.perf_counter() - begun)
    disk.write_json(folder.path / MANIFEST, manifest)
    return Run(folder.path, manifest)


def load_run(folder: str | Path) -> Run:
    """Open a run written earlier. Raises KautilyaError where the folder holds none, or one that
    is not finished, or has chunks that are no longer as they were written."""
    path = Path(folder)
    return Run(path, checked(path, opened(path)))


def scenario_of(manifest: dict[str, Any]) -> Any:
    """The scenario of a run: from where it was run, else the shipped one of that name."""
    place = Path(manifest.get("path", ""))
    return scenarios.load(place if (place / "scenario.toml").is_file() else manifest["scenario"])


def names(values: Sequence[str] | str | None) -> tuple[str, ...]:
    """Levers or settings from a comma-separated text or a sequence."""
    if values is None:
        return ()
    parts = values.split(",") if isinstance(values, str) else values
    return tuple(part.strip() for part in parts if part.strip())
