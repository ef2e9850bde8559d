"""Where outside files lie: published numbers and data that may not be shipped with the package."""

from __future__ import annotations

import os
from pathlib import Path

from kautilya.errors import KautilyaError


def root() -> Path:
    """The folder of outside files: KAUTILYA_SHARED, or ``../shared`` beside the clone or beside
    the folder in which the command runs."""
    given = os.environ.get("KAUTILYA_SHARED")
    if given:
        return Path(given)
    beside = [Path(__file__).resolve().parents[3].parent / "shared", Path("..") / "shared"]
    return next((path for path in beside if path.is_dir()), beside[0])


def there(name: str) -> bool:
    """Whether the outside file ``name`` (such as "truth/erlang_step.csv") is at hand."""
    return (root() / name).is_file()


def need(name: str) -> Path:
    """The path of an outside file. Raises KautilyaError where it is absent."""
    path = root() / name
    if not path.is_file():
        raise KautilyaError(str(path), "this outside file is absent (it may not be redistributed)",
                            "Put it there, set KAUTILYA_SHARED to its folder, or give --data")
    return path


def given(data: Path | str | None, name: str) -> Path:
    """``data`` where the user named a file, else the outside file ``name``. Raises KautilyaError
    where neither is a file."""
    if data is None:
        return need(name)
    path = Path(data)
    if not path.is_file():
        raise KautilyaError(str(path), "there is no such file", "Give the path of a data file")
    return path
