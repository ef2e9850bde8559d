"""The stored run that claims are judged on: the one that is named, else the newest that fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.runs import posterior
from kautilya.runs.ensemble import Case, Run, load_run, run

FUTURES = 2000
LEVELS = ("always", "why", "all")  # of what is stored: all declared outcomes
RUNS = "runs"  # where `kautilya run` writes


def stored(scenario: Any, folder: str | Path | None, *, seed: int = 0, futures: int = FUTURES,
           progress: Callable[[int, int], None] | None = None) -> Run:
    """A run of the scenario as it stands.

    folder   of a run; None: the newest in ./runs or the cache, else a new one in the cache
    Raises KautilyaError where the folder holds no run, one of another scenario or case, one
    that does not keep every outcome, or one that drew from a calibration which is gone.
    """
    if folder is not None:
        found = load_run(folder)
        if found.manifest.get("digest") != scenario.digest:
            raise KautilyaError(str(folder), "the scenario is another than that of this run, or "
                                "has changed since", f"Run it again: kautilya run {scenario.id}")
        _whole(found.manifest["case"], scenario, str(folder))
        _same_calibration(scenario, found.manifest["case"].get("posterior", ""), str(folder))
        return found
    kept = disk.place("claims") / "runs" / f"{scenario.digest[:24]}-{futures}-{seed}"
    places = [*Path(RUNS).glob("*/manifest.json"), kept / "manifest.json"]
    for place in sorted(filter(Path.is_file, places), key=_when, reverse=True):
        if _fits(place, scenario):
            return load_run(place.parent)
    return run(scenario.folder, futures, seed, case=Case(), out=kept, progress=progress)


def _whole(case: dict[str, Any], scenario: Any, folder: str) -> None:
    """Refuse a run that is not of the scenario as it stands, or does not hold all its outcomes."""
    again = f"Run it again: kautilya run {scenario.id}"
    if case["keep"] not in LEVELS:
        raise KautilyaError(folder, f"it was kept with --keep {case['keep']}; claims need every "
                            "outcome by month", again)
    if case["levers"] or case["sets"] or case["accept"] != "run":
        named = ", ".join([*case["levers"], *case["sets"]]) or f"--accept {case['accept']}"
        raise KautilyaError(folder, f"it is not of the scenario as it stands, but with {named}",
                            f"{again}; levers go to claims with --under")


def _same_calibration(scenario: Any, drawn: str, folder: str) -> None:
    """Refuse a run whose calibration is gone or is another now: its figures cannot be told."""
    if drawn and posterior.named(drawn, scenario) != drawn:
        raise KautilyaError(folder, f"the calibration it drew from, {posterior.folder_of(drawn)}, "
                            "has changed since",
                            f"Run it again: kautilya run {scenario.id} --posterior "
                            f"{posterior.folder_of(drawn)}")


def _when(path: Path) -> float:
    return path.stat().st_mtime


def _fits(place: Path, scenario: Any) -> bool:
    """Whether a run is of this scenario, without levers and settings, and whole."""
    try:
        manifest = json.loads(place.read_text(encoding="utf-8"))
        case = manifest["case"]
        return (manifest["digest"] == scenario.digest and not case["levers"] and not case["sets"]
                and case["accept"] == "run" and case["keep"] in LEVELS
                and not case.get("posterior")
                and (place.parent / "outcomes.zarr").is_dir())
    except (OSError, ValueError, KeyError, TypeError):
        return False
