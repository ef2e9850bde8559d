"""manifest.json: what a finished run was, and whether what lies in its folder is still that."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

from kautilya.errors import KautilyaError
from kautilya.runs import guard
from kautilya.runs.case import Plan
from kautilya.runs.documents import Listing, Manifest, Narrowing, Tally, Tightest
from kautilya.runs.draws import survived
from kautilya.runs.folder import MANIFEST, PLAN, Folder, disk_use, opened, plan_of
from kautilya.runs.posterior import settled
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.scenario.scenario import Scenario


def manifest_of(
    scenario: Scenario, folder: Folder, tallies: Collection[Tally], seconds: float
) -> Manifest:
    """What manifest.json holds; tallies: of all chunks."""
    said = folder.said
    return {
        "format": 1,
        "scenario": scenario.id,
        "path": said["path"],
        "digest": scenario.digest,
        "as_of": scenario.head.as_of.isoformat(),
        "futures": said["futures"],
        "seed": said["seed"],
        "case": plan_of(said).case.as_dict(),
        "identity": said["identity"],
        "width": said["width"],
        "bytes_a_future": said["bytes_a_future"],
        "versions": said["versions"],
        "processor": said["processor"],
        "kernel": said["kernel"],
        "code": said["code"],
        "same_bits": "on these versions, this kind of processor and kernel; else to about 1e-9",
        "caution": scenario.head.caution,
        "drawn_from": settled(plan_of(said).case.posterior, scenario)[1],
        **_accounts(scenario, plan_of(said)),
        "frame": folder.frame(),
        "futures_not_finite": sum(one["lost"] for one in tallies),
        "residual": max(one["residual"] for one in tallies),
        "seconds": round(seconds, 3),
        "seconds_of_workers": round(sum(one["seconds"] for one in tallies), 3),
    }


class _Accounts(TypedDict):
    accounts: Narrowing | None
    share_feasible: NotRequired[Tightest | None]


def _accounts(scenario: Scenario, plan: Plan) -> _Accounts:
    """What the accounts left of the raw ranges, as far as the first block tells."""
    found = survived(scenario, plan.seed, plan.case.accept)
    if found is None:
        return {"accounts": None}
    shares = found["share_survived"]["accounts"]
    if not shares:
        return {"accounts": found, "share_feasible": None}
    name = min(shares, key=lambda one: shares[one]["share"])
    least = shares[name]
    return {
        "accounts": found,
        "share_feasible": {
            "value": least["share"],
            "below": least["below"],
            "draws": least["draws"],
            "of": name,
        },
    }


def missing(path: Path) -> KautilyaError:
    """Why a folder that cannot be opened cannot."""
    if not ((path / PLAN).exists() or (path / MANIFEST).exists()):
        return KautilyaError(
            str(path),
            "no run in this folder (no plan.json)",
            "Give the folder that `kautilya run --out` wrote to",
        )
    return KautilyaError(
        str(path),
        f"its plan.json is damaged or missing ({_reason(path)}): nothing here can be checked",
        "Run it anew: `kautilya run` with another --out",
    )


def _reason(path: Path) -> str:
    """What is wrong with the plan of a folder."""
    try:
        said = guard.plan(path)
    except KautilyaError as error:
        return error.found
    return "there is none" if said is None else "its identity is not that of what it says"


def checked(path: Path, there: Folder | None) -> Manifest:
    """The manifest of a run; KautilyaError where it, or what it stands for, is not whole."""
    if there is None:
        raise missing(path)
    if not (path / MANIFEST).exists():
        raise KautilyaError(
            str(path),
            f"this run is not finished ({there.counted()} of {many(there.total, 'chunk')})",
            f"Go on with `kautilya resume {path}`",
        )
    remedy = f"`kautilya resume {path}` makes {{}} again and keeps the rest"
    try:
        manifest = guard.manifest(path, there.said)
    except KautilyaError as error:
        raise KautilyaError(
            str(path), f"its manifest.json is damaged ({error.found})", remedy.format("it")
        ) from None
    frame = "the shapes or labels of its outcomes.zarr are damaged"
    try:
        bad, first = there.damaged()
    except KautilyaError as error:
        raise KautilyaError(
            error.place, f"{frame} ({error.found})", remedy.format("them")
        ) from None
    if first is not None:
        raise KautilyaError(
            str(path),
            f"chunks are damaged or missing: {bad}, the first that of futures "
            f"{first.first} to {first.first + first.count - 1}",
            remedy.format("them"),
        )
    if manifest["frame"] != there.frame():
        raise KautilyaError(str(path), frame, remedy.format("them"))
    return manifest


DEPTH = 2  # folders below the one given: compare writes one a lever


def runs(root: str | Path) -> list[Listing]:
    """Every run in a folder and the folders below it, the newest first.

    Each has folder, state (finished | stopped | damaged), chunks done and in all, scenario,
    futures, seed, levers, sets, keep, bytes on disk, and when it was begun; of one whose plan
    cannot be read, or that holds what no run has, no more is known than its place, its size and
    the reason. Raises KautilyaError where there is no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise KautilyaError(
            str(root),
            "no such folder",
            "Give the folder that holds your runs; "
            "`kautilya run` writes to runs/ unless --out says otherwise",
        )
    found = [about(path) for path in _places(root, DEPTH) if os.path.lexists(path / PLAN)]
    return sorted(found, key=lambda one: one["begun"], reverse=True)


def _places(root: Path, depth: int) -> list[Path]:
    if os.path.lexists(root / PLAN) or depth == 0:
        return [root]
    try:
        below = sorted(one for one in root.iterdir() if one.is_dir() and one.name[:1] != ".")
    except OSError:  # a folder that may not be read hides no other
        return [root]
    return [root, *(place for one in below for place in _places(one, depth - 1))]


def about(path: Path) -> Listing:
    """One run, from its plan and the names of its files; no values are read."""
    begun = datetime.fromtimestamp((path / PLAN).lstat().st_mtime, UTC)
    found: Listing = {
        "folder": str(path),
        "state": "damaged",
        "reason": "",
        "chunks_done": 0,
        "chunks": 0,
        "scenario": "",
        "futures": 0,
        "seed": 0,
        "levers": [],
        "sets": [],
        "keep": "",
        "bytes": disk_use(path),
        "begun": begun.isoformat(timespec="seconds"),
    }
    try:
        folder = opened(path)
    except KautilyaError as error:
        return found | {"reason": f"{Path(error.place).name}: {error.found}"}
    if folder is None:
        return found | {"reason": f"{PLAN}: {_reason(path)}"}
    said, done = folder.said, folder.counted()
    whole = (path / MANIFEST).exists()
    try:
        if done or whole:
            guard.frame(path, said)
    except KautilyaError as error:
        return found | {"reason": f"{Path(error.place).name}: {error.found}"}
    if whole and done < folder.total:
        return found | {"reason": f"{PLAN}: {folder.total - done:,} of its chunks are missing"}
    return found | {
        "state": "finished" if whole else "stopped",
        "chunks_done": done,
        "chunks": folder.total,
        "scenario": said["scenario"],
        "futures": said["futures"],
        "seed": said["seed"],
        "levers": list(said["case"]["levers"]),
        "sets": list(said["case"]["sets"]),
        "keep": said["case"]["keep"],
    }
