"""Parsed scenarios kept in the user's cache folder; a convenience that may fail silently.

An entry carries a checksum; one that is damaged, made by other code, or lies in a folder that
others may write to is not read.
"""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from pathlib import Path

import pydantic

from kautilya import disk, program
from kautilya.scenario.form import frozen, thawed
from kautilya.scenario.scenario import Scenario


def folder() -> Path:
    """Where parsed scenarios are kept."""
    return disk.place("scenarios")


def _code() -> bytes:
    """Digest of the code that parses, and of what it was run with."""
    return f"{sys.version}|{pydantic.VERSION}|{program.code('scenario')}".encode()


def _file(digest: str) -> Path:
    return folder() / f"{hashlib.sha256(_code() + digest.encode()).hexdigest()[:40]}.scenario"


FORM = disk.Form(frozen, thawed)


def get(digest: str) -> Scenario | None:
    """The parsed scenario of this digest, or None for any reason."""
    found = disk.look(_file(digest), FORM)
    return found[0] if found and found[0].digest == digest else None


def put(scn: Scenario) -> None:
    """Keep a parsed scenario; a cache that cannot be written is no error."""
    with suppress(ValueError, TypeError):
        disk.keep(_file(scn.digest), scn, FORM)
