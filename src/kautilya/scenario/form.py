"""A scenario as JSON and back, for the cache: what is read names types of ours and nothing else.

Pickle would be three times quicker (0.05 s of the flagship against 0.02) and would run the code
that a stranger's cache names.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pydantic
from pydantic import BaseModel

from kautilya import disk, program
from kautilya.scenario import schema
from kautilya.scenario.scenario import Members, Scenario, SetAside

TYPES: dict[str, Any] = {
    "Scenario": Scenario,
    "Members": Members,
    "SetAside": SetAside,
    **{
        name: kind
        for name, kind in vars(schema).items()
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    },
}


def frozen(scn: Scenario) -> bytes:
    """A scenario as JSON. ValueError for one that would not come back as it is."""
    data = json.dumps(_plain(scn)).encode()
    if thawed(data) != scn:
        raise ValueError("a value that JSON does not keep")
    return data


def thawed(data: bytes) -> Scenario:
    """The scenario again. Any error means: these are not the bytes of one."""
    found = _made(json.loads(data))
    if not isinstance(found, Scenario):
        raise TypeError("no scenario")
    return found


def _plain(value: Any) -> Any:
    """A value as JSON has it, with the name of what it is made of beside it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, dict):
        return {"dict": [[_plain(key), _plain(one)] for key, one in value.items()]}
    if isinstance(value, BaseModel):
        names = sorted(value.model_fields_set)
        return {
            "of": type(value).__name__,
            "set": names,
            "is": {key: _plain(one) for key, one in value.__dict__.items()},
        }
    if is_dataclass(value):
        return {
            "of": type(value).__name__,
            "is": {one.name: _plain(getattr(value, one.name)) for one in fields(value)},
        }
    name = type(value).__name__ if hasattr(value, "_fields") else "tuple"
    return {name: [_plain(one) for one in value]}


def _made(value: Any) -> Any:
    """The value again; only the types of `TYPES` can be named."""
    if isinstance(value, list):
        return [_made(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "of" in value:
        kind, given = TYPES[value["of"]], {key: _made(one) for key, one in value["is"].items()}
        return (
            kind(**given)
            if "set" not in value
            else kind.model_construct(_fields_set=set(value["set"]), **given)
        )
    ((name, inside),) = value.items()
    if name == "date":
        return date.fromisoformat(inside)
    if name == "dict":
        return {_made(key): _made(one) for key, one in inside}
    whole = tuple(_made(one) for one in inside)
    return whole if name == "tuple" else TYPES[name](*whole)


def folder() -> Path:
    """Where parsed scenarios are kept."""
    return disk.place("scenarios")


def _code() -> bytes:
    """Digest of the code that parses, and of what it was run with."""
    return f"{sys.version}|{pydantic.VERSION}|{program.code('scenario')}".encode()


def _file(digest: str) -> Path:
    return folder() / f"{hashlib.sha256(_code() + digest.encode()).hexdigest()[:40]}.scenario"


FORM = disk.Form(frozen, thawed)


SEEN: dict[tuple[Path, str], Scenario] = {}  # what this process has read, by file and folder
MOST = 4  # that are held


def get(digest: str, place: Path) -> Scenario | None:
    """The parsed scenario of this digest, as one of this folder, or None for any reason. One that
    this process had before is the same object again."""
    file, folder = _file(digest), str(place)
    if (file, folder) not in SEEN:
        found = disk.look(file, FORM)
        if not found or found[0].digest != digest:
            return None
        while len(SEEN) >= MOST:
            SEEN.pop(next(iter(SEEN)))
        SEEN[file, folder] = replace(found[0], folder=folder)
    return SEEN[file, folder]


def put(scn: Scenario) -> None:
    """Keep a parsed scenario; a cache that cannot be written is no error."""
    with suppress(ValueError, TypeError):
        disk.keep(_file(scn.digest), scn, FORM)
