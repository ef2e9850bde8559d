"""Where scenarios are: shipped ones by name, anybody's by path, a new one from the template."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from kautilya.errors import KautilyaError
from kautilya.scenario.cells import NAME
from kautilya.scenario.draft import TOML, digest, fetch
from kautilya.scenario.mistakes import near, shown

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
    if isolated:
        return path
    raise KautilyaError(
        shown(text)[1:-1],
        "no such scenario",
        f"{near(text, names(), 'No scenario is shipped')}; or give the path of a "
        f"folder with {TOML}",
    )


TEMPLATE = Path(__file__).resolve().parent / "template"


def new(name: str, folder: str | Path = ".") -> Path:
    """Write the starter scenario to folder/name; returns that path.

    The whole folder appears at once, or not at all. Raises KautilyaError for a name that is
    none, for a place that is taken, and where nothing can be written.
    """
    if not re.fullmatch(NAME, name, re.ASCII):
        raise KautilyaError(
            "NAME",
            f"{shown(name)} is no name for a scenario",
            "Use lower case letters, digits and '_', starting with a letter",
        )
    target = Path(folder) / name
    if target.exists() or target.is_symlink():
        raise KautilyaError(
            str(target),
            "something is already there",
            "Choose another name or folder; nothing was written",
        )
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
        try:
            made.chmod(0o755)
            for source in sorted(TEMPLATE.iterdir()):
                if source.suffix in (".toml", ".csv"):
                    text = source.read_text(encoding="utf-8").replace("my_scenario", name)
                    (made / source.name).write_text(text, encoding="utf-8", newline="\n")
            os.rename(made, target)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise KautilyaError(
            str(target),
            f"it cannot be written ({error.strerror})",
            "Choose a folder that you may write to",
        ) from None
    return target


STORED = "answer.json"  # beside scenario.toml: the answer of `kautilya answer`, worked out before


class Stored(NamedTuple):
    """An answer that lies with its scenario.

    document   as `kautilya answer --json` prints it
    stale      why it is not that of the files and the version at hand; "" where it is
    """

    document: dict[str, object]
    stale: str


def print_of(folder: Path) -> str:
    """A fingerprint of the files of a scenario, without reading what they say."""
    return digest(fetch(folder))


def stored(name_or_path: str | Path) -> Stored | None:
    """The answer that lies with a scenario; None where there is none, or none that can be read.

    Needs no JAX. Raises KautilyaError where there is no such scenario.
    """
    folder = find(name_or_path)
    try:
        document = json.loads((folder / STORED).read_text(encoding="utf-8"))
        made = document["digest"], document["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if made[0] != print_of(folder):
        return Stored(document, "the files of the scenario have changed since")
    if made[1] != version("kautilya"):
        return Stored(document, f"it was made by version {made[1]}")
    return Stored(document, "")
