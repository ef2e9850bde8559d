"""Run a scenario: chunks on a pool of workers, gathered into one xarray Dataset on disk."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply
from kautilya.study.feasible import survived
from kautilya.study.pool import Job, Pool, cores
from kautilya.study.store import Layout, Writer, layout_of
from kautilya.study.worker import mark

CHUNK = 1024
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Case:
    """What a run changes against the scenario as it stands.

    accept   which published figures must hold: a profile of the accounts, or "raw"
    keep     always | why | all: how much leaves the loop
    """

    levers: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    keep: str = "always"
    accept: str = "run"


@dataclass
class Run:
    """A finished run: where it is, what it was, and its numbers."""

    folder: Path
    manifest: dict[str, Any]
    _open: list[Any] = field(default_factory=list, repr=False)

    @property
    def data(self) -> Any:
        """The outcomes as an xarray.Dataset (dims future, month or year, and those declared)."""
        from kautilya.study.store import open_run

        if not self._open:
            self._open.append(open_run(self.folder))
        return self._open[0]


def check(scenario: Any, futures: int, seed: int, case: Case) -> None:
    """Refuse what cannot run, before anything is started or written."""
    if not 1 <= futures <= 2**32 - 1:
        raise KautilyaError("--futures", f"{futures} futures", "Give 1 or more")
    if not 0 <= seed < 2**64:
        raise KautilyaError("--seed", f"seed {seed}", "Give a whole number from 0 to 2^64 - 1")
    if case.accept != "raw":
        from kautilya.accounts.checking import known

        known(scenario, case.accept)
    if case.levers or case.sets:
        apply(assemble(scenario), case.levers, case.sets)


def run(name: str, futures: int = 2000, seed: int = 0, *, case: Case | None = None,
        out: str | Path | None = None, pool: Pool | None = None,
        progress: Progress | None = None) -> Run:
    """Run `futures` futures of a scenario and write them to a folder.

    name   a shipped scenario or the path of a folder; out: the folder of results, by default a
           temporary one. Raises KautilyaError for what the user can mend; then nothing is written.
    """
    case = case or Case()
    scenario = scenarios.load(name)
    check(scenario, futures, seed, case)
    folder = Path(out) if out else Path(tempfile.mkdtemp(prefix="kautilya-"))
    fresh = not folder.exists()
    try:
        if pool is not None:
            return _fill(pool, scenario, folder, Plan(futures, seed, case), progress)
        with Pool(min(cores(), -(-futures // CHUNK))) as own:
            return _fill(own, scenario, folder, Plan(futures, seed, case), progress)
    except KautilyaError:
        if fresh and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise


@dataclass(frozen=True)
class Plan:
    """How many futures of which case."""

    futures: int
    seed: int
    case: Case


def preparations(scenario: Any, plan: Plan) -> list[Job]:
    """On a first run, compile in one worker while another draws the accounts; else nothing."""
    if mark(scenario.digest, plan.case.keep).exists():
        return []
    about = {"scenario": scenario.folder, "digest": scenario.digest, "keep": plan.case.keep,
             "seed": plan.seed, "accept": plan.case.accept}
    return [{"prepare": part, **about} for part in ("code", "accounts")]


def jobs(scenario: Any, plan: Plan, folder: Path) -> Iterable[Job]:
    """One job a chunk; the last is short."""
    for first in range(0, plan.futures, CHUNK):
        yield {"scenario": scenario.folder, "first": first, "seed": plan.seed,
               "count": min(CHUNK, plan.futures - first), "levers": list(plan.case.levers),
               "sets": list(plan.case.sets), "keep": plan.case.keep,
               "accept": plan.case.accept, "file": str(folder / f"chunk-{first:010d}.npz")}


def _fill(pool: Pool, scenario: Any, folder: Path, plan: Plan, progress: Progress | None) -> Run:
    begun = time.perf_counter()
    layout: Layout = layout_of(scenario, plan.case.keep)
    folder.mkdir(parents=True, exist_ok=True)
    worst, lost, spent, finished = 0.0, 0, 0.0, 0
    with tempfile.TemporaryDirectory(dir=folder, prefix=".chunks-") as parts, \
            Writer(folder / "outcomes.zarr", layout, plan.futures) as writer:

        def done(job: Job, answer: Job) -> None:
            nonlocal worst, lost, spent, finished
            worst, lost = max(worst, answer["residual"]), lost + answer["lost"]
            spent += answer["seconds"]
            writer.add(job["first"], Path(job["file"]))
            finished += job["count"]
            if progress:
                progress(finished, plan.futures)

        pool.run(preparations(scenario, plan), lambda job, answer: None)
        pool.run(jobs(scenario, plan, Path(parts)), done)
    manifest = {**_about(scenario, plan),
                **_accounts(scenario, plan),
                "futures_not_finite": lost, "residual": worst,
                "seconds": round(time.perf_counter() - begun, 3),
                "seconds_of_workers": round(spent, 3)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, default=str) + "\n")
    return Run(folder, manifest)


def _accounts(scenario: Any, plan: Plan) -> dict[str, Any]:
    """What the accounts left of the raw ranges, as far as the first block tells."""
    found = survived(scenario, plan.seed, plan.case.accept)
    if found is None:
        return {"accounts": None}
    shares = found["share_survived"]["accounts"]
    tightest = min(shares.values(), key=lambda one: one["share"], default=None)
    return {"accounts": found, "share_feasible": tightest and {
        "value": tightest["share"], "below": tightest["below"], "draws": tightest["draws"],
        "of": min(shares, key=lambda name: shares[name]["share"])}}


def _about(scenario: Any, plan: Plan) -> dict[str, Any]:
    from importlib.metadata import version

    from kautilya import caches

    return {"format": 1, "scenario": scenario.id, "path": str(scenario.folder),
            "digest": scenario.digest, "as_of": scenario.head.as_of.isoformat(),
            "futures": plan.futures, "seed": plan.seed, "case": asdict(plan.case),
            "versions": {"kautilya": version("kautilya"), "jaxlib": version("jaxlib")},
            "processor": caches.processor(),
            "same_bits": "on this version, jaxlib and kind of processor; else to about 1e-9",
            "caution": scenario.head.caution}


def load_run(folder: str | Path) -> Run:
    """Open a run written earlier. Raises KautilyaError where the folder holds none."""
    path = Path(folder)
    try:
        manifest = json.loads((path / "manifest.json").read_text())
    except (OSError, ValueError):
        raise KautilyaError(str(folder), "no run in this folder (no readable manifest.json)",
                            "Give the folder that `kautilya run --out` wrote") from None
    return Run(path, manifest)


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
