"""Which runs there are in a folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kautilya.errors import KautilyaError
from kautilya.runs.folder import MANIFEST, PLAN, disk_use, opened

DEPTH = 2  # folders below the one given: compare writes one a lever


def runs(root: str | Path) -> list[dict[str, Any]]:
    """Every run in a folder and the folders below it, the newest first.

    Each has folder, state (finished | stopped | damaged), chunks done and in all, scenario,
    futures, seed, levers, sets, keep, bytes on disk, and when it was begun; of one whose plan
    cannot be read no more is known than its place and size. Raises KautilyaError where there is
    no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise KautilyaError(str(root), "no such folder", "Give the folder that holds your runs; "
                            "`kautilya run` writes to runs/ unless --out says otherwise")
    found = [about(path) for path in _places(root, DEPTH) if (path / PLAN).is_file()]
    return sorted(found, key=lambda one: one["begun"], reverse=True)


def _places(root: Path, depth: int) -> list[Path]:
    if (root / PLAN).exists() or depth == 0:
        return [root]
    below = sorted(one for one in root.iterdir() if one.is_dir() and one.name[:1] != ".")
    return [root, *(place for one in below for place in _places(one, depth - 1))]


def about(path: Path) -> dict[str, Any]:
    """One run, from its plan and the names of its files; no values are read."""
    folder = opened(path)
    begun = datetime.fromtimestamp((path / PLAN).stat().st_mtime, UTC)
    if folder is None:
        return {"folder": str(path), "state": "damaged", "chunks_done": 0, "chunks": 0,
                "scenario": "", "futures": 0, "seed": 0, "levers": [], "sets": [], "keep": "",
                "bytes": disk_use(path), "begun": begun.isoformat(timespec="seconds")}
    said = folder.said
    whole = (path / MANIFEST).exists()
    chunks = sum(1 for _ in folder.chunks())
    return {"folder": str(path), "state": "finished" if whole else "stopped",
            "chunks_done": folder.counted(), "chunks": chunks, "scenario": said["scenario"],
            "futures": said["futures"], "seed": said["seed"],
            "levers": list(said["case"]["levers"]), "sets": list(said["case"]["sets"]),
            "keep": said["case"]["keep"], "bytes": disk_use(path),
            "begun": begun.isoformat(timespec="seconds")}

