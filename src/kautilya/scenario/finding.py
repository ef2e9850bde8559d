"""Finding scenarios: shipped ones by name, anybody's by path."""

from __future__ import annotations

import re
from pathlib import Path

from kautilya.errors import KautilyaError
from kautilya.scenario.fields import NAME
from kautilya.scenario.mistakes import near, shown
from kautilya.scenario.reading import TOML

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
