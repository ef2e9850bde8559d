"""Runs beside the stored one that verdicts need: under levers, before the evidence, with other
luck, with a weight at zero or free in sign. Kept on disk by digest of the scenario and code."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from kautilya import disk
from kautilya.runs.pool import Pool, cores
from kautilya.runs.store import layout_of

PIECE = 256  # futures in a job: two tiles
KEEP = 4  # scenarios whose runs stay on disk
Progress = Callable[[int, int], None]


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

    def __init__(self, scenario: Any, seed: int, kept: bool = True, posterior: str = "") -> None:
        self._scenario, self._seed, self._kept = scenario, seed, kept
        self._posterior = posterior  # of the stored run, as its plan names it
        self._pool: Pool | None = None
        self._held: dict[Again, Any] = {}
        self._readying: Thread | None = None

    def warm(self, workers: int) -> None:
        """Start the workers."""
        if self._pool is None:
            self._pool = Pool(workers, module="kautilya.claims.again")

    def ahead(self) -> None:
        """Start workers for a few short runs and let them compile; the caller keeps a core."""
        workers = max(cores() - 1, 1)
        self.warm(workers)
        assert self._pool is not None
        jobs = [{"scenario": self._scenario.folder, "keep": "always", "ready": True}] * workers
        self._readying = Thread(target=self._ready, args=(self._pool, jobs), daemon=True)
        self._readying.start()

    @staticmethod
    def _ready(pool: Pool, jobs: list[dict[str, Any]]) -> None:
        with suppress(Exception):  # what is wrong is said by the run that follows
            pool.run(jobs, lambda job, answer: None)

    def get(self, asked: Iterable[Again], progress: Progress | None = None) -> dict[Again, Any]:
        """Datasets, as `study.ensemble.Run.data` gives them, of all that is asked for.

        Raises KautilyaError where a run is refused.
        """
        wanted = tuple(dict.fromkeys(asked))
        for one in wanted:
            if one not in self._held and self._file(one).exists():
                with suppress(OSError, ValueError, KeyError):
                    self._held[one] = self._read([self._file(one)])
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
        with tempfile.TemporaryDirectory(prefix="kautilya-claims-") as folder:
            files = {one: [Path(folder) / f"{i}-{first}.npz" for first in range(
                0, one.futures, PIECE)] for i, one in enumerate(missing)}

            def done(job: dict[str, Any], _: Any) -> None:
                nonlocal finished
                finished += job["count"]
                if progress:
                    progress(finished, total)

            self._pool.run([self._job(one, n * PIECE, path) for one, paths in files.items()
                            for n, path in enumerate(paths)], done)
            for one, paths in files.items():
                self._held[one] = self._read(paths)
                self._store(one, paths)

    def _job(self, one: Again, first: int, file: Path) -> dict[str, Any]:
        return {"scenario": self._scenario.folder, "keep": "always", "seed": self._seed,
                "first": first, "count": min(PIECE, one.futures - first), "file": str(file),
                "levers": list(one.levers), "sets": list(one.sets), "accept": one.accept,
                "luck": one.luck, "free": list(one.free), "posterior": self._informed(one)}

    def _informed(self, one: Again) -> str:
        """Before the evidence there is no posterior."""
        return "" if one.accept == "raw" else self._posterior

    def _read(self, paths: list[Path]) -> Any:
        import xarray as xr

        parts = []
        for path in paths:
            with np.load(path) as data:
                parts.append({name: data[name] for name in data.files})
        arrays = {}
        for name, dims in layout_of(self._scenario, "always").coords.items():
            values = np.concatenate([part[name] for part in parts])
            coords = {dim: np.array(members, dtype=object) for dim, members in dims}
            arrays[name] = xr.DataArray(values, coords, ["future", *coords])
        return xr.Dataset(arrays).assign_coords(future=np.arange(len(values)))

    def _store(self, one: Again, paths: list[Path]) -> None:
        """Keep a run in one file; a read-only or full cache costs time, nothing else.

        The short runs of a search for a flip are not asked for twice."""
        if not self._kept or (one.sets and one.futures < PIECE):
            return
        parts = []
        for path in paths:
            with np.load(path) as data:
                parts.append({name: data[name] for name in data.files})
        file = self._file(one)
        partial = file.with_suffix(".partial.npz")
        with suppress(OSError):
            np.savez(partial, **{name: np.concatenate([p[name] for p in parts])  # type: ignore
                                 for name in parts[0]})
            partial.replace(file)

    def _file(self, one: Again) -> Path:
        return folder_of(self._scenario) / f"{self._seed}-{named(one, self._informed(one))}.npz"

    def close(self) -> None:
        """End the workers."""
        if self._readying is not None:
            self._readying.join()
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def __enter__(self) -> Reruns:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def named(one: Any, posterior: str = "") -> str:
    """A short name for what was asked."""
    said = json.dumps([asdict(one), posterior], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def folder_of(scenario: Any) -> Path:
    """Where what was run for a scenario is kept; those of scenarios used long ago are removed."""
    code = disk.code("core", "mechanisms", "scenario", "accounts", "study")
    path: Path = disk.place("claims") / f"{scenario.digest[:24]}-{code}"
    with suppress(OSError):
        path.mkdir(parents=True, exist_ok=True)
        path.touch()
        others = sorted((p for p in path.parent.iterdir() if p.is_dir()),
                        key=lambda p: p.stat().st_mtime, reverse=True)
        for old in others[KEEP:]:
            shutil.rmtree(old, ignore_errors=True)
    return path
