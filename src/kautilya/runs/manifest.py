"""manifest.json: what a finished run was, and whether what lies in its folder is still that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.runs.draws import survived
from kautilya.runs.folder import MANIFEST, PLAN, Folder, Plan, plan_of

NEEDED = ("scenario", "path", "digest", "as_of", "futures", "seed", "case", "identity", "width",
          "caution", "futures_not_finite", "residual", "seconds")


def manifest_of(scenario: Any, folder: Folder, tallies: Collection[dict[str, Any]],
                seconds: float) -> dict[str, Any]:
    """What manifest.json holds; tallies: of all chunks."""
    return {**_about(scenario, folder.said), **_accounts(scenario, plan_of(folder.said)),
            "frame": folder.frame(),
            "futures_not_finite": sum(one["lost"] for one in tallies),
            "residual": max(one["residual"] for one in tallies),
            "seconds": round(seconds, 3),
            "seconds_of_workers": round(sum(one["seconds"] for one in tallies), 3)}


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


def _about(scenario: Any, said: dict[str, Any]) -> dict[str, Any]:
    return {"format": 1, "scenario": scenario.id, "path": said["path"],
            "digest": scenario.digest, "as_of": scenario.head.as_of.isoformat(),
            "futures": said["futures"], "seed": said["seed"], "case": asdict(plan_of(said).case),
            "identity": said["identity"], "width": said["width"],
            "bytes_a_future": said["bytes_a_future"], "versions": said["versions"],
            "processor": said["processor"],
            "same_bits": "on this version, jaxlib and kind of processor; else to about 1e-9",
            "caution": scenario.head.caution}


def missing(path: Path) -> KautilyaError:
    """Why a folder that cannot be opened cannot."""
    if (path / PLAN).exists() or (path / MANIFEST).exists():
        return KautilyaError(str(path), "its plan.json is damaged or missing: nothing here can be "
                             "checked", "Run it anew: `kautilya run` with another --out")
    return KautilyaError(str(path), "no run in this folder (no plan.json)",
                         "Give the folder that `kautilya run --out` wrote to")


def checked(path: Path, there: Folder | None) -> dict[str, Any]:
    """The manifest of a run; KautilyaError where it, or what it stands for, is not whole."""
    if there is None:
        raise missing(path)
    manifest = disk.read_json(path / MANIFEST)
    remedy = f"`kautilya resume {path}` makes {{}} again and keeps the rest"
    if not (path / MANIFEST).exists():
        total = sum(1 for _ in there.chunks())
        raise KautilyaError(str(path), f"this run is not finished ({there.counted()} of {total} "
                            "chunks)", f"Go on with `kautilya resume {path}`")
    if not (isinstance(manifest, dict) and manifest.get("identity") == there.said["identity"]
            and all(key in manifest for key in NEEDED)):
        raise KautilyaError(str(path), "its manifest.json is damaged", remedy.format("it"))
    bad = there.damaged()
    if bad:
        last = bad[0].first + bad[0].count - 1
        raise KautilyaError(
            str(path), f"chunks are damaged or missing: {len(bad)}, the first that of futures "
            f"{bad[0].first} to {last}", remedy.format("them"))
    if "frame" in manifest and manifest["frame"] != there.frame():
        raise KautilyaError(str(path), "the shapes or labels of its outcomes.zarr are damaged",
                            remedy.format("them"))
    return manifest
