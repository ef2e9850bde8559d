"""What claims are judged on: the stored run, and the runs beside it that they need.

Claims that compare cases are judged on the first futures of the stored run, the others on all.
What is run beside it: one run a case; the prior predictive (no accounts, no record, the model
drives); the same figures with other luck; and, for claims that a weight with an assumed sign
moves, that weight at zero and free in sign. How many futures each has is fixed, so that the same
stored run gives the same verdicts and badges whatever else is asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from kautilya import disk, program
from kautilya.claims.assumptions import Assumptions, assumptions
from kautilya.claims.evaluate import SHELF, Judged, Worlds, evaluate, kept, kept_name, put_by
from kautilya.claims.file import Claim, Row
from kautilya.claims.grounds import Graph, graph
from kautilya.claims.language.checker import Checked, levers
from kautilya.claims.record import Record
from kautilya.claims.weighing import Chance, chance
from kautilya.errors import KautilyaError
from kautilya.runs import posterior
from kautilya.runs.case import Case, Chunk, Compile, Job
from kautilya.runs.chunk import read
from kautilya.runs.ensemble import Progress, Run, load_run, run, source_of
from kautilya.runs.pool import Pool, cores
from kautilya.runs.store import layout_of
from kautilya.scenario.lexicon import Names
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import Verdicts

FUTURES = 2000  # of a run that is made where none is stored
LEVELS = ("always", "why", "all")  # of what is stored: all declared outcomes
RUNS = "runs"  # where `kautilya run` writes


class Stored(NamedTuple):
    """The run that claims are judged on. chosen: how it came to be that one, in words."""

    run: Run
    chosen: str


def stored(
    scenario: Scenario,
    folder: str | Path | None,
    *,
    seed: int = 0,
    futures: int = FUTURES,
    progress: Progress | None = None,
) -> Stored:
    """A run of the scenario as it stands.

    folder   of a run; None: the newest in ./runs or the cache, else a new one in the cache
    Raises KautilyaError where the folder holds no run, one of another scenario or case, one
    that does not keep every outcome, or one that drew from a calibration which is gone.
    """
    if folder is not None:
        found = load_run(folder)
        if found.manifest.get("digest") != scenario.digest:
            raise KautilyaError(
                str(folder),
                "the scenario is another than that of this run, or has changed since",
                f"Run it again: kautilya run {scenario.id}",
            )
        _whole(found.manifest["case"], scenario, str(folder))
        _same_calibration(scenario, found.manifest["case"].get("posterior", ""), str(folder))
        return Stored(found, "named with --run")
    kept = disk.made_here("runs", "runs") / f"{scenario.digest[:24]}-{futures}-{seed}"
    places = [*Path(RUNS).glob("*/manifest.json"), kept / "manifest.json"]
    fitting = [place for place in places if _fits(place, scenario)]
    for place in sorted(fitting, key=_when, reverse=True):
        others = len(fitting) - 1
        return Stored(
            load_run(place.parent),
            (
                f"the newest of {others + 1} that fit; name one with --run"
                if others
                else f"the only one that fits in ./{RUNS} and the cache"
            ),
        )
    made = run(scenario.address, futures, seed, case=Case(), out=kept, progress=progress)
    return Stored(made, "made for this, as none was stored")


def _whole(case: Mapping[str, object], scenario: Scenario, folder: str) -> None:
    """Refuse a run that is not of the scenario as it stands, or does not hold all its outcomes."""
    again = f"Run it again: kautilya run {scenario.id}"
    if case["keep"] not in LEVELS:
        raise KautilyaError(
            folder,
            f"it was kept with --keep {case['keep']}; claims need every outcome by month",
            again,
        )
    changes = _changes(case)
    if changes:
        raise KautilyaError(
            folder,
            f"it is not of the scenario as it stands, but with {changes}",
            f"{again}; levers go to claims with --under",
        )


def _changes(case: Mapping[str, object]) -> str:
    """What a case changes against the scenario as it stands, in words."""
    levers, sets = case["levers"], case["sets"]
    assert isinstance(levers, list | tuple) and isinstance(sets, list | tuple)
    accept = [f"--accept {case['accept']}"] if case["accept"] != "run" else []
    return ", ".join([*levers, *sets] or accept)


def _same_calibration(scenario: Scenario, drawn: str, folder: str) -> None:
    """Refuse a run whose calibration is gone or is another now: its figures cannot be told."""
    if drawn and posterior.named(drawn, scenario) != drawn:
        raise KautilyaError(
            folder,
            f"the calibration it drew from, {posterior.folder_of(drawn)}, has changed since",
            f"Run it again: kautilya run {scenario.id} --posterior {posterior.folder_of(drawn)}",
        )


def _when(path: Path) -> float:
    return path.stat().st_mtime


def _fits(place: Path, scenario: Scenario) -> bool:
    """Whether a run is of this scenario, without levers and settings, and whole."""
    try:
        manifest: Any = disk.read_json(place)
        case = manifest["case"]
        return (
            manifest["digest"] == scenario.digest
            and not _changes(case)
            and case["keep"] in LEVELS
            and not case.get("posterior")
            and (place.parent / "outcomes.zarr").is_dir()
        )
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        return False


PIECE = 256  # futures in a job: two tiles
KEEP = 600_000_000  # bytes of runs that stay on disk; those used longest ago go first


@dataclass(frozen=True)
class Again:
    """One run: the first `futures` futures of a seed under some changes.

    luck   what is added to the numbers of the luck; 0: the luck of the stored run
    free   ids of figures that are free in size and sign
    """

    levers: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    accept: str = "run"
    futures: int = 256
    luck: int = 0
    free: tuple[str, ...] = ()


class Reruns:
    """Runs asked for again and again, each done once; workers start when first needed."""

    def __init__(
        self, scenario: Scenario, seed: int, kept: bool = True, posterior: str = ""
    ) -> None:
        self._scenario, self._seed, self._kept = scenario, seed, kept
        self._posterior = posterior  # of the stored run, as its plan names it
        self._pool: Pool | None = None
        self._held: dict[Again, xr.Dataset] = {}
        self._readying: Thread | None = None

    @classmethod
    def of(cls, scenario: Scenario, run: Run) -> Reruns:
        """With the seed and the calibration of a stored run."""
        return cls(
            scenario, int(run.manifest["seed"]), posterior=run.manifest["case"].get("posterior", "")
        )

    def warm(self, workers: int) -> None:
        """Start the workers."""
        if self._pool is None:
            self._pool = Pool(workers)

    def ahead(self) -> None:
        """Start workers for a few short runs and let them compile; the caller keeps a core."""
        workers = max(cores() - 1, 1)
        self.warm(workers)
        assert self._pool is not None
        jobs: list[Job] = [Compile(source_of(self._scenario), "always")] * workers
        self._readying = Thread(target=self._ready, args=(self._pool, jobs), daemon=True)
        self._readying.start()

    @staticmethod
    def _ready(pool: Pool, jobs: list[Job]) -> None:
        with suppress(Exception):  # what is wrong is said by the run that follows
            pool.run(jobs, lambda job, answer: None)

    def get(
        self, asked: Iterable[Again], progress: Progress | None = None
    ) -> dict[Again, xr.Dataset]:
        """Datasets, as `study.ensemble.Run.data` gives them, of all that is asked for.

        Raises KautilyaError where a run is refused.
        """
        wanted = tuple(dict.fromkeys(asked))
        for one in wanted:
            if one not in self._held and (there := disk.look(self._file(one), disk.ARRAYS)):
                with suppress(ValueError, KeyError):
                    self._held[one] = self._read(there)
        missing = [one for one in wanted if one not in self._held]
        if missing:
            self._run(missing, progress)
        return {one: self._held[one] for one in wanted}

    def _run(self, missing: list[Again], progress: Progress | None) -> None:
        self.warm(cores())
        if self._readying is not None:
            self._readying.join()
        assert self._pool is not None
        total, finished = sum(one.futures for one in missing), 0
        with disk.Temporary("kautilya-claims-") as folder:
            files = {one: _files(folder, i, one) for i, one in enumerate(missing)}

            def done(job: Job, _: object) -> None:
                nonlocal finished
                finished += job.count if isinstance(job, Chunk) else 0
                if progress:
                    progress(finished, total)

            self._pool.run(
                [
                    self._job(one, n * PIECE, path)
                    for one, paths in files.items()
                    for n, path in enumerate(paths)
                ],
                done,
            )
            for one, paths in files.items():
                parts = [read(path) for path in paths]
                self._held[one] = self._read(parts)
                self._store(one, parts)

    def _job(self, one: Again, first: int, file: Path) -> Job:
        case = Case(
            one.levers, one.sets, "always", one.accept, self._informed(one), one.luck, one.free
        )
        return Chunk(
            source_of(self._scenario),
            case,
            self._seed,
            first,
            min(PIECE, one.futures - first),
            file=str(file),
        )

    def _informed(self, one: Again) -> str:
        """Before the evidence there is no posterior."""
        return "" if one.accept == "raw" else self._posterior

    def _read(self, parts: Sequence[Mapping[str, np.ndarray]]) -> xr.Dataset:
        arrays = {}
        for name, dims in layout_of(self._scenario, "always").coords.items():
            values = _joined(parts, name)
            coords = {dim: np.array(members, dtype=object) for dim, members in dims}
            arrays[name] = xr.DataArray(values, coords, ["future", *coords])
        return xr.Dataset(arrays).assign_coords(future=np.arange(len(values)))

    def _store(self, one: Again, parts: Sequence[Mapping[str, np.ndarray]]) -> None:
        """Keep a run in one file. The short runs of a search for a flip are not asked for twice."""
        if self._kept and not (one.sets and one.futures < PIECE):
            file = self._file(one)
            whole: Mapping[str, np.ndarray] = {name: _joined(parts, name) for name in parts[0]}
            disk.keep(file, whole, disk.ARRAYS)
            _tidy(file.parent.parent, file)

    def _file(self, one: Again) -> Path:
        return _folder(self._scenario, self._seed) / f"{_name(one, self._informed(one))}.npz"

    def named(self, one: Again) -> str:
        """A name for a run, by all that its bits depend on."""
        file = self._file(one)
        return f"{file.parent.name}/{file.stem}"

    def close(self) -> None:
        """End the workers."""
        if self._readying is not None:
            self._readying.join()
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def __enter__(self) -> Reruns:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _files(folder: Path, place: int, one: Again) -> list[Path]:
    """Where the pieces of a run go, in the order of their futures."""
    return [folder / f"{place}-{first}.npz" for first in range(0, one.futures, PIECE)]


def _joined(parts: Sequence[Mapping[str, np.ndarray]], name: str) -> np.ndarray:
    """One array over the futures of all pieces."""
    return np.concatenate([part[name] for part in parts])


def _name(one: Again, posterior: str) -> str:
    """A short name for what was asked."""
    said = json.dumps([asdict(one), posterior], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _folder(scenario: Scenario, seed: int) -> Path:
    """Where what was run for a scenario is kept, by all that its bits depend on."""
    name = f"{scenario.digest[:24]}-{seed}-{program.key()}"
    return disk.place("claims", "beside", name)


def _tidy(folder: Path, keep: Path) -> None:
    """Remove the runs used longest ago, until what is kept fits; never the one just made."""
    with suppress(OSError):
        files = sorted(folder.glob("*/*.npz"), key=_when, reverse=True)
        total = 0
        for file in files:
            total += file.stat().st_size
            if total > KEEP and file != keep:
                file.unlink()
        for empty in folder.iterdir():
            if empty.is_dir() and not any(empty.iterdir()):
                empty.rmdir()


PAIRED, PRIOR, LUCK, SIGN = 1024, 512, 128, 256  # futures under levers, before the evidence, with
# other luck, without an assumed sign
FURTHER = 2**31  # far from the luck of any run
BEFORE = Again(sets=("drive=model",), accept="raw", futures=PRIOR)  # the evidence


class Question(NamedTuple):
    """A claim, or another reading of it, with its checked test."""

    row: Row
    reading: str
    checked: Checked

    @property
    def id(self) -> str:
        """Its name."""
        return f"{self.row.id}.{self.reading}" if self.reading else str(self.row.id)


def questions(claims: Iterable[Claim]) -> list[Question]:
    """Testable claims and their other readings, one after the other."""
    out = []
    for claim in claims:
        if claim.checked is not None:
            out.append(Question(claim.row, "", claim.checked))
            out += [Question(claim.row, one.id, test) for one, test in claim.variants]
    return out


@dataclass
class Court:
    """Everything that verdicts are made from.

    under   levers that are pulled throughout
    shares  of the audit, where bounds of verdicts ask for them
    """

    scenario: Scenario
    run: Run
    record: Record
    reruns: Reruns
    under: tuple[str, ...] = ()
    shares: Sequence[dict[str, object]] = ()
    progress: Progress | None = None
    _given: list[Assumptions] = field(default_factory=list)
    _graph: list[Graph] = field(default_factory=list)
    _names: list[Names] = field(default_factory=list)

    @property
    def settings(self) -> Verdicts:
        """Thresholds and weightings of the scenario."""
        return self.scenario.head.verdicts

    @property
    def given(self) -> Assumptions:
        """The assumptions behind each future of the stored run."""
        if not self._given:
            self._given.append(assumptions(self.scenario, self.run))
        return self._given[0]

    @property
    def graph(self) -> Graph:
        """What in the model rests on what."""
        if not self._graph:
            self._graph.append(graph(self.scenario))
        return self._graph[0]

    @property
    def names(self) -> Names:
        """Plain English for figures and labels."""
        if not self._names:
            self._names.append(Names(self.scenario))
        return self._names[0]

    def said(self, row: Row) -> str:
        """The day as of which a matter of record is judged: on which it was said.

        Never later than that of the scenario; with a day of one's own (--as-of), as of that day.
        """
        return self.record.limit or min(row.said_on.isoformat(), self.record.today)

    def pulled(self, case: str) -> tuple[str, ...]:
        """The levers of a case of a claim, beside those that are pulled throughout."""
        return tuple(dict.fromkeys((*self.under, *levers(case))))

    def _take(self, base: bool) -> bool:
        """Whether the stored run is the baseline."""
        return base and not self.under

    def runs(self, needed: Iterable[str], how: Again, base: bool) -> list[str]:
        """Names of the runs that a claim is judged on, as `worlds` gives them."""
        wanted = [replace(how, levers=self.pulled(case)) for case in ("", *needed)]
        names = [self.reruns.named(one) for one in wanted]
        return [f"{self.stamp} {how.futures}", *names[1:]] if self._take(base) else names

    @property
    def stamp(self) -> str:
        """A name for the stored run: its manifest."""
        return disk.checksum(json.dumps(self.run.manifest, sort_keys=True, default=str).encode())

    def fetch(self, cases: Mapping[Again, Iterable[str]], base: bool) -> None:
        """Make all runs that `worlds` will ask for, together."""
        wanted = [
            replace(how, levers=self.pulled(case))
            for how, needed in cases.items()
            for case in (*needed, *([] if self._take(base) else [""]))
        ]
        self.reruns.get(wanted, self.progress)

    def worlds(self, needed: Iterable[str], how: Again, base: bool = False) -> Worlds:
        """Runs of the baseline and of the cases that are needed, done as `how` says.

        base   take the stored run for the baseline
        """
        wanted = {case: replace(how, levers=self.pulled(case)) for case in ("", *needed)}
        take = self._take(base)
        got = self.reruns.get(
            [one for case, one in wanted.items() if case or not take], self.progress
        )
        first = self.run.data if take else got[wanted[""]]
        n = min(how.futures, int(first.sizes["future"]))
        cut = {case: got[one].isel(future=slice(n)) for case, one in wanted.items() if case}
        return Worlds(
            first.isel(future=slice(n)) if cut or n < first.sizes["future"] else first,
            cut,
            self.record,
        )


def plain(court: Court) -> Again:
    """How the baseline is done: all futures of the stored run, unless levers are pulled."""
    futures = int(court.run.manifest["futures"])
    return Again(futures=min(futures, PAIRED) if court.under else futures)


def evaluated(court: Court, asked: Sequence[Question], today: bool = False) -> list[Judged]:
    """Every claim on the runs that it needs.

    today   matters of record as of the day of the court's record; by default of the day each was
            said on
    """
    paired = Again(futures=min(PAIRED, int(court.run.manifest["futures"])))
    runs = [one for one in asked if one.checked.kind != "record"]
    how = [(one.checked, paired if one.checked.needs else plain(court)) for one in runs]
    found = {one.id: made for one, made in zip(runs, told(court, how, base=True), strict=True)}
    return [
        found[one.id]
        if one.id in found
        else on_day(court, one, court.record.day() if today else court.said(one.row))
        for one in asked
    ]


def told(court: Court, asked: Sequence[tuple[Checked, Again]], base: bool = False) -> list[Judged]:
    """Claims on runs of the baseline and of the cases that they need, done as each one says.

    base   take the stored run for the baseline
    What was judged before is read from the shelf; all that is missing is run together.
    """
    folder = disk.place("claims", SHELF)
    names = [kept_name(court.runs(c.needs, how, base), c, court.record) for c, how in asked]
    out = [kept(folder, name, c) for name, (c, _) in zip(names, asked, strict=True)]
    missing = [i for i, one in enumerate(out) if one is None]
    cases: dict[Again, set[str]] = {}
    for i in missing:
        checked, how = asked[i]
        cases.setdefault(how, set()).update(checked.needs)
    court.fetch(cases, base)
    worlds = {how: court.worlds(sorted(needed), how, base) for how, needed in cases.items()}
    for i in missing:
        checked, how = asked[i]
        made = out[i] = evaluate(checked, worlds[how])
        put_by(folder, names[i], made)
    return [one for one in out if one is not None]


def on_day(court: Court, one: Question, day: str) -> Judged:
    """A matter of record as it was known on a day; a later one that the claim names stays."""
    data = court.run.data
    if "future" in data.dims and not one.checked.rests_on:
        data = xr.Dataset(coords={"future": data["future"]})
    return evaluate(one.checked, Worlds(data, {}, replace(court.record, today=day)))


def counted(found: Judged) -> Chance:
    """The probability over the futures in which the claim can be told."""
    return chance(found.truth[found.finite])


def again(court: Court, asked: Sequence[Question], how: Again) -> list[Judged]:
    """The claims on another run of the baseline and of the cases that they need."""
    return told(court, [(one.checked, how) for one in asked])


def cold(court: Court, one: Question) -> bool:
    """Whether a claim was not judged before: then its runs are to be made."""
    name = kept_name(court.runs(one.checked.needs, BEFORE, False), one.checked, court.record)
    return kept(disk.place("claims", SHELF), name, one.checked) is None


def as_of_dates(court: Court, one: Question) -> list[tuple[str, float]]:
    """A matter of record as of the day it was said, of its page, and of the scenario."""
    row = one.row
    days = {
        row.said_on.isoformat(),
        court.scenario.head.as_of.isoformat(),
        *([row.page_on.isoformat()] if row.page_on else []),
    }
    data = court.run.data.isel(future=slice(1))
    out = []
    for day in sorted(days):
        worlds = Worlds(data, {}, court.record.as_of(day))
        out.append((day, float(evaluate(one.checked, worlds).truth.mean())))
    return out
