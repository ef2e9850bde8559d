"""What is on disk: files that are there whole or not at all, temporary folders, caches."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import suppress
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


MOST = 2_000_000_000  # bytes of the cache; what was used longest ago goes first
EVERY = 3600.0  # seconds between two looks at its size
PARTS = ("accounts", "audit", "claims", "javascript", "layout", "query", "runs", "scenarios",
         "shapes", "xla")  # what is ours in the cache; nothing else there is touched


def place(*parts: str) -> Path:
    """A folder below the user's cache, made on demand; KAUTILYA_CACHE overrides the place."""
    path = cached().joinpath(*parts)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        pass  # a read-only home: callers go on without a cache
    return path


def cached() -> Path:
    """The user's cache."""
    from platformdirs import user_cache_dir

    return Path(os.environ.get("KAUTILYA_CACHE") or user_cache_dir("kautilya"))


def _kept(part: str) -> Iterator[tuple[float, int, Path]]:
    """(last use, bytes, file) of what is kept in a part. Links are not followed."""
    for where, _, names in os.walk(cached() / part):
        for name in names:
            with suppress(OSError):
                status = (Path(where) / name).lstat()
                yield max(status.st_atime, status.st_mtime), status.st_size, Path(where) / name


def used() -> dict[str, tuple[int, int]]:
    """Files and bytes of each part of the cache."""
    found = {part: [size for _, size, _ in _kept(part)] for part in PARTS
             if not (cached() / part).is_symlink()}
    return {part: (len(sizes), sum(sizes)) for part, sizes in found.items() if sizes}


def clear() -> int:
    """Remove all that is kept, and nothing that is not ours; bytes that went."""
    before = sum(total for _, total in used().values())
    for part in PARTS:
        if not (cached() / part).is_symlink():
            shutil.rmtree(cached() / part, ignore_errors=True)
    return before - sum(total for _, total in used().values())


def trim(most: int = MOST) -> int:
    """Remove what was used longest ago until so many bytes are left; bytes that went.

    Of a run that is kept for claims all goes at once: half of one is of no use.
    """
    groups: dict[Path, list[tuple[float, int, Path]]] = {}
    for part in PARTS:
        for one in _kept(part) if not (cached() / part).is_symlink() else ():
            whole = next((above for above in one[2].parents if (above / "plan.json").exists()),
                         one[2])
            groups.setdefault(whole, []).append(one)
    left = sum(size for files in groups.values() for _, size, _ in files)
    gone = 0
    for whole, files in sorted(groups.items(), key=lambda item: max(at for at, _, _ in item[1])):
        if left - gone <= most:
            break
        with suppress(OSError):
            shutil.rmtree(whole) if whole.is_dir() else whole.unlink()
            gone += sum(size for _, size, _ in files)
    return gone


def trim_sometimes() -> None:
    """`trim`, if the last time is long ago."""
    stamp = cached() / ".looked"
    with suppress(OSError):
        if stamp.exists() and time.time() - stamp.stat().st_mtime < EVERY:
            return
        write(stamp, b"")
        trim()


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
