"""Run folders as a stranger could make them: sealed anew after each change, so that only a check
of what they say can tell."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kautilya.runs.folder import Folder, identity
from kautilya.runs.guard import MANIFEST, PLAN, RECORDS, VALUES

Change = Callable[[dict[str, Any]], Any]
Harm = Callable[[Path, Path], Any]


def document(file: Path) -> Any:
    return json.loads(file.read_text())


def put(file: Path, said: Any) -> None:
    file.write_text(said if isinstance(said, str) else json.dumps(said))


def seal(folder: Path) -> None:
    """Identity, records and manifest made to fit what plan.json and outcomes.zarr say now."""
    said = document(folder / PLAN)
    said["identity"] = identity(said)
    put(folder / PLAN, said)
    for file in (folder / RECORDS).glob("*.json"):
        put(file, document(file) | {"identity": said["identity"]})
    made = document(folder / MANIFEST)
    shared = {key: said[key] for key in made.keys() & said.keys()}
    put(folder / MANIFEST, made | shared | {"frame": Folder(folder, said).frame()})


def plan(**given: Any) -> Harm:
    """Harm that changes keys of the plan and seals it; a key given as `...` is taken out."""

    def harm(folder: Path, _: Path) -> None:
        said = document(folder / PLAN) | given
        put(folder / PLAN, {key: value for key, value in said.items() if value is not ...})
        seal(folder)

    return harm


def case(**given: Any) -> Harm:
    """The same for the case within the plan."""
    return lambda folder, _: plan(case=document(folder / PLAN)["case"] | given)(folder, _)


def manifest(**given: Any) -> Harm:
    """Harm that changes keys of the manifest alone."""
    return lambda folder, _: put(folder / MANIFEST, document(folder / MANIFEST) | given)


def record(change: Change) -> Harm:
    """Harm that changes the record of the first chunk."""

    def harm(folder: Path, _: Path) -> None:
        file = sorted((folder / RECORDS).glob("*.json"))[0]
        put(file, change(document(file)))

    return harm


def meta(array: str, **given: Any) -> Harm:
    """Harm that changes the metadata of an array wherever they stand, and seals the run."""

    def harm(folder: Path, _: Path) -> None:
        root = folder / VALUES
        whole = document(root / ".zmetadata")
        one = whole["metadata"][f"{array}/.zarray"] | given
        whole["metadata"][f"{array}/.zarray"] = one
        put(root / ".zmetadata", whole)
        put(root / array / ".zarray", one)
        seal(folder)

    return harm


def attributes(array: str, **given: Any) -> Harm:
    """The same for its attributes."""

    def harm(folder: Path, _: Path) -> None:
        whole = document(folder / VALUES / ".zmetadata")
        whole["metadata"][f"{array}/.zattrs"] |= given
        put(folder / VALUES / ".zmetadata", whole)
        seal(folder)

    return harm


def linked(name: str, target: str) -> Harm:
    """Harm that puts a link in the place of a part; target: below the folder outside."""

    def harm(folder: Path, outside: Path) -> None:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        place.symlink_to(outside / target)

    return harm


def pipe(name: str) -> Harm:
    """Harm that puts a named pipe in the place of a part."""

    def harm(folder: Path, _: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return harm


def wrote(name: str, data: bytes) -> Harm:
    """Harm that writes other bytes into a part."""

    def harm(folder: Path, _: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    return harm


def outside(place: Path) -> Path:
    """A folder of files that nothing may touch."""
    place.mkdir()
    for name in ("victim", "plan.json", "0"):
        (place / name).write_text("secret")
    (place / "folder").mkdir()
    return place


def state(place: Path) -> dict[str, tuple[int, bytes]]:
    """All that is in a folder, with the times of change."""
    return {
        str(one.relative_to(place)): (
            one.stat().st_mtime_ns,
            one.read_bytes() if one.is_file() else b"",
        )
        for one in sorted(place.rglob("*"))
    }


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail where something takes longer."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
