"""What is on disk: files that are there whole or not at all, temporary folders, caches."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import shutil
import tempfile
import weakref
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kautilya.errors import KautilyaError

PARTIAL = ".partial"


def write(path: Path, data: bytes) -> None:
    """Put a file in place in one step; a kill or a full disk leaves the old one, or none.

    Raises KautilyaError for a full disk, a read-only folder and the like.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    try:
        try:
            with partial.open("wb") as file:
                file.write(data)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise refused(path, error) from None


def write_json(path: Path, data: Any) -> None:
    """A JSON document, whole or not at all."""
    write(path, (json.dumps(data, indent=1, default=str) + "\n").encode())


def read_json(path: Path) -> Any:
    """A JSON document; None where there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def checksum(data: bytes) -> str:
    """A name for the bytes of a file."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def folder(path: Path) -> Path:
    """A folder, made where it is not there. Raises KautilyaError where it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(path, error) from None
    return path


def refused(path: Path, error: OSError) -> KautilyaError:
    """What an error of the disk means for the user."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return KautilyaError(str(path), f"the disk is full ({free_text(path)} free)",
                             "Free some; what was finished is kept, and `kautilya resume` goes "
                             "on with it")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return KautilyaError(str(path), f"the folder cannot be written to ({error.strerror})",
                             "Give a folder that you may write to with --out")
    return KautilyaError(str(path), f"it cannot be written ({error.strerror or error})",
                         "Give another place with --out")


def free(path: Path) -> int:
    """Bytes that may still be written where `path` is, or will be."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def free_text(path: Path) -> str:
    """The same in words."""
    try:
        return size(free(path))
    except OSError:
        return "nothing known"


def size(count: float) -> str:
    """Bytes as people say them: 2.4 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"


class Temporary:
    """A folder of its own; removed when this object is collected, or the process ends.

    Whoever reads the folder later, such as arrays that are read when asked for, holds this object.
    """

    def __init__(self, prefix: str = "kautilya-") -> None:
        try:
            self.path = Path(tempfile.mkdtemp(prefix=prefix))
        except OSError as error:
            raise refused(Path(tempfile.gettempdir()), error) from None
        self.remove = weakref.finalize(self, _remove, self.path, os.getpid())


def _remove(path: Path, owner: int) -> None:
    """Only where it was made: a process that forked off holds a copy of the object."""
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)


THREADS = 1  # part of the key of compiled code: JAX's own key ignores it


def place(*parts: str) -> Path:
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
    return place("xla", f"jaxlib-{version('jaxlib')}-{processor()}-t{THREADS}")
