"""Parsed scenarios kept in the user's cache folder; a convenience that may fail silently.

An entry carries a checksum; one that is damaged, made by other code, or lies in a folder that
others may write to is not read.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from pathlib import Path

import pydantic

from kautilya import disk
from kautilya.scenario.form import frozen, thawed
from kautilya.scenario.scenario import Scenario

MAGIC = b"kautilya-scenario-2\n"


def folder() -> Path:
    """Where parsed scenarios are kept."""
    return disk.place("scenarios")


def _code() -> bytes:
    """Digest of the code that parses, and of what it was run with."""
    total = hashlib.sha256(f"{sys.version}|{pydantic.VERSION}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.read_bytes())
    return total.digest()


def _file(digest: str) -> Path:
    return folder() / f"{hashlib.sha256(_code() + digest.encode()).hexdigest()[:40]}.scenario"


def _private(path: Path) -> bool:
    """Whether only this user can have written it."""
    status = path.stat()
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def get(digest: str) -> Scenario | None:
    """The parsed scenario of this digest, or None for any reason."""
    try:
        path = _file(digest)
        if not (_private(path.parent) and _private(path)):
            return None
        data = path.read_bytes()
        head, total, body = data[:len(MAGIC)], data[len(MAGIC):][:32], data[len(MAGIC) + 32:]
        if head != MAGIC or hashlib.sha256(body).digest() != total:
            return None
        found = thawed(body)
    except Exception:  # a cache may never be the reason why a run fails
        return None
    return found if found.digest == digest else None


def put(scn: Scenario) -> None:
    """Keep a parsed scenario; a cache that cannot be written is no error."""
    try:
        path = _file(scn.digest)
        body = frozen(scn)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(MAGIC + hashlib.sha256(body).digest() + body)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except (OSError, ValueError, TypeError):
        return
