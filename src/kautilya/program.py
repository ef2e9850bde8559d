"""What made a number, beside scenario, seed and case: code, libraries, processor, kernel.

What is kept on disk is keyed by all of it, and a run that was stopped goes on only where all of it
is the same: other bits would not fit those that are there.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import TypedDict

PACKAGE = Path(__file__).parent
ROOMS = ("core", "mechanisms", "scenario", "accounts", "runs")  # that make a run, lowest first
SHARED = (
    "__init__.py",
    "errors.py",
    "program.py",
    "disk.py",
    "wording.py",
)  # that every room may import
DATA = (".py", ".csv", ".toml", ".json", ".npz")  # files whose text can move a number
LIBRARIES = (
    "jax",
    "jaxlib",
    "numpy",
    "scipy",
    "highspy",
    "ml_dtypes",
    "opt_einsum",
    "pandas",
    "pint",
    "pydantic",
    "numcodecs",
)
LONG = 12  # letters of a name


def code(room: str = ROOMS[-1], package: Path = PACKAGE) -> str:
    """A name for the present text of a room of the package and of all that it stands on: rooms
    below it and the modules that every room may import, with the data that lie beside them."""
    return _code(room, package)


@cache
def _code(room: str, package: Path) -> str:
    found = hashlib.sha256()
    for path in sources(room, package):
        found.update(f"{path.relative_to(package)}:".encode() + path.read_bytes())
    return found.hexdigest()[:LONG]


def sources(room: str, package: Path = PACKAGE) -> list[Path]:
    """Files of the package that take part in what a room makes."""
    rooms = ROOMS[: ROOMS.index(room) + 1]
    found = [path for name in rooms for path in (package / name).rglob("*")]
    found += [package / name for name in SHARED]
    return sorted(path for path in found if path.suffix in DATA and path.is_file())


@cache
def libraries() -> dict[str, str]:
    """Versions of Python, of Kautilya and of the libraries that touch numbers."""
    found = {"python": platform.python_version(), "kautilya": version("kautilya")}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    laws = (point.dist for point in entry_points(group="kautilya.laws"))
    return found | {f"laws of {one.name}": one.version for one in laws if one}


@cache
def processor() -> str:
    """A name for this kind of processor: model and instruction sets."""
    try:
        text = Path("/proc/cpuinfo").read_text()
        lines = [line for line in text.splitlines() if line.startswith(("model name", "flags"))]
        seen = "\n".join(sorted(set(lines)))
    except OSError:
        seen = platform.processor() + platform.machine()
    return _name(seen)


@cache
def kernel() -> str:
    """The kernels of linear algebra that are in use here, and a name for the loops of NumPy.

    The same library takes another kernel on another processor, or where OPENBLAS_CORETYPE says so,
    and then the last digits of a product are others.
    """
    import numpy.linalg  # noqa: F401  (loads the library that is asked next)
    from numpy._core._multiarray_umath import __cpu_features__ as features
    from threadpoolctl import threadpool_info

    used = sorted(
        {
            f"{one['internal_api']} {one.get('version', '')} {one.get('architecture', '')}"
            for one in threadpool_info()
            if one["user_api"] == "blas" and "scipy" not in Path(one["filepath"]).parent.name
        }
    )  # loaded later, if at all
    loops = _name(" ".join(name for name, there in sorted(features.items()) if there))
    return f"{'; '.join(used) or 'unknown'}; loops {loops}"


class MadeBy(TypedDict):
    """All that bits depend on beside scenario, seed and case."""

    versions: dict[str, str]
    code: str
    processor: str
    kernel: str


def made_by(room: str = ROOMS[-1]) -> MadeBy:
    """All that bits depend on beside scenario, seed and case."""
    return {
        "versions": libraries(),
        "code": code(room),
        "processor": processor(),
        "kernel": kernel(),
    }


def key(room: str = ROOMS[-1]) -> str:
    """One name for all of `made_by`."""
    return _name(repr(sorted(made_by(room).items(), key=lambda item: item[0])), 2 * LONG)


def safe_path() -> list[str]:
    """Where a process that we start may import from: what this one imports from, but for the
    folder in which it was started."""
    here = Path.cwd().resolve() if _here() else None
    own = str(PACKAGE.parent)
    rest = [os.path.abspath(one) for one in sys.path if one]
    return list(dict.fromkeys([own, *(one for one in rest if Path(one).resolve() != here)]))


def _here() -> bool:
    try:
        return bool(Path.cwd())
    except OSError:
        return False  # the folder is gone


def _name(text: str, letters: int = LONG) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:letters]
