"""Where scenarios are: shipped ones by name, anybody's by path."""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.scenario.cells import NAME
from kautilya.scenario.draft import digest, fetch
from kautilya.scenario.mistakes import near, shown
from kautilya.scenario.patch import TOML

SHIPPED = Path(__file__).resolve().parents[1] / "scenarios"


def names() -> list[str]:
    """Names of the shipped scenarios, in alphabetical order."""
    if not SHIPPED.is_dir():
        return []
    return sorted(
        path.name
        for path in SHIPPED.iterdir()
        if re.fullmatch(NAME, path.name) and (path / TOML).is_file()
    )


def find(name_or_path: str | Path) -> Path:
    """The folder of a scenario: a path, else a shipped name. KautilyaError if there is none."""
    text = str(name_or_path)
    try:
        path = Path(text)
        if path.name == TOML and path.is_file():
            path = path.parent
        isolated = path.is_dir()
        marked = isolated and ((path / TOML).exists() or (path / TOML).is_symlink())
    except (OSError, ValueError, RuntimeError):
        isolated = marked = False
    if marked:
        return path
    if re.fullmatch(NAME, text) and text in names():
        return SHIPPED / text
    if isolated and (path / PLAN).is_file():
        raise KautilyaError(
            shown(text)[1:-1],
            "a stored run, not a scenario",
            f"Give the scenario that was run, and the run with --run {shown(text)[1:-1]} where the "
            "command takes one",
        )
    if isolated:
        return path
    raise KautilyaError(
        shown(text)[1:-1],
        "no such scenario",
        f"{near(text, names(), 'No scenario is shipped')}; or give the path of a "
        f"folder with {TOML}",
    )


PLAN = "plan.json"  # what a folder of a run has, and of a scenario has not
STORED = "answer.json"  # beside scenario.toml: the answer of `kautilya answer`, worked out before


class Stored(NamedTuple):
    """An answer that lies with its scenario.

    document   as `kautilya answer --json` prints it
    stale      why it is not that of the files and the version at hand; "" where it is
    """

    document: dict[str, object]
    stale: str


MARKS = {"scenario.toml": "scenario", "plan.json": "run", "manifest.json": "run"}
LOST = {
    "scenario": (".toml", ".csv"),
    "run": (".json", ".npz", ""),
}  # endings of what would be lost


def owner(folder: Path) -> str:
    """Whose folder it is, "scenario" or "run"; "" for neither."""
    return next((what for name, what in MARKS.items() if os.path.lexists(folder / name)), "")


def apart(folder: Path) -> Path:
    """A folder that somebody named for results. Raises KautilyaError where it is that of a scenario
    or of a run, whose files would stand among others."""
    if what := owner(folder):
        raise KautilyaError(str(folder), f"the folder of a {what}", "Give another with --out")
    return folder


def result(path: Path) -> Path:
    """A file that somebody named for a result. Raises KautilyaError where it is a device, or a file
    of a scenario or a run, which would be lost."""
    disk.ordinary(path)
    for above in Path(os.path.abspath(path)).parents[:3]:
        what = owner(above)
        if what and os.path.lexists(path) and path.suffix in LOST[what]:
            raise KautilyaError(str(path), f"a file of a {what}", "Give another name with --out")
    return path


def print_of(folder: Path) -> str:
    """A fingerprint of the files of a scenario, without reading what they say."""
    return digest(fetch(folder))


def stored(name_or_path: str | Path) -> Stored | None:
    """The answer that lies with a scenario; None where there is none, or none that can be read.

    Needs no JAX. Raises KautilyaError where there is no such scenario.
    """
    folder = find(name_or_path)
    try:
        document: Any = disk.read_json(folder / STORED)
        made = document["digest"], document["version"]
    except (KeyError, TypeError):
        return None
    if made[0] != print_of(folder):
        return Stored(document, "the files of the scenario have changed since")
    if made[1] != version("kautilya"):
        return Stored(document, f"it was made by version {made[1]}")
    return Stored(document, "")
