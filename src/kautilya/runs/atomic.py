"""Files that are there whole or not at all, and what the disk says when it refuses."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
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
