"""Where Kautilya keeps what can be made again: parsed scenarios, compiled code."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

THREADS = 1  # part of the key of compiled code: JAX's own key ignores it


def folder(*parts: str) -> Path:
    """A folder below the user's cache, made on demand; KAUTILYA_CACHE overrides the place."""
    from platformdirs import user_cache_dir

    base = Path(os.environ.get("KAUTILYA_CACHE") or user_cache_dir("kautilya"))
    path = base.joinpath(*parts)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        pass  # a read-only home: callers go on without a cache
    return path


@cache
def processor() -> str:
    """A name for this kind of processor: model and instruction sets."""
    try:
        text = Path("/proc/cpuinfo").read_text()
        lines = [line for line in text.splitlines() if line.startswith(("model name", "flags"))]
        seen = "\n".join(sorted(set(lines)))
    except OSError:
        seen = platform.processor() + platform.machine()
    return hashlib.sha256(seen.encode()).hexdigest()[:12]


@cache
def code(*rooms: str) -> str:
    """A name for the present text of some rooms of the package: what was made by other code is
    never read."""
    found = hashlib.sha256()
    for room in rooms:
        for path in sorted((Path(__file__).parent / room).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()[:12]


def compiled() -> Path:
    """The folder of compiled code for this jaxlib, processor and number of threads."""
    return folder("xla", f"jaxlib-{version('jaxlib')}-{processor()}-t{THREADS}")
