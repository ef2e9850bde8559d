"""Finding and loading scenarios, shipped or of the user's own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from kautilya.errors import KautilyaError
from kautilya.scenario import cache
from kautilya.scenario.fields import NAME
from kautilya.scenario.mistakes import ScenarioErrors, near, shown
from kautilya.scenario.reading import TOML, digest, draft, fetch
from kautilya.scenario.scenario import Scenario

SHIPPED = Path(__file__).resolve().parents[1] / "scenarios"


def names() -> list[str]:
    """Names of the shipped scenarios, in alphabetical order."""
    if not SHIPPED.is_dir():
        return []
    return sorted(path.name for path in SHIPPED.iterdir()
                  if re.fullmatch(NAME, path.name) and (path / TOML).is_file())


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
    raise KautilyaError(shown(text)[1:-1], "no such scenario",
                        f"{near(text, names(), 'No scenario is shipped')}; or give the path of a "
                        f"folder with {TOML}")


def load(name_or_path: str | Path) -> Scenario:
    """A validated scenario, from the cache where the same files were loaded before.

    Raises KautilyaError where there is none, and ScenarioErrors with all mistakes: those of
    the files, and then also those against the laws. Laws alone are checked by `assemble`.
    """
    folder = find(name_or_path)
    files = fetch(folder)
    if all(isinstance(data, bytes) for data in files.values()):
        kept = cache.get(digest(files))
        if kept is not None:
            return replace(kept, folder=str(folder))
    from kautilya.scenario.check import everything, ordered, plain

    made = draft(folder, files)
    if plain(made):
        raise ScenarioErrors(str(folder), ordered(everything(made)))
    cache.put(made.scenario)
    return made.scenario
