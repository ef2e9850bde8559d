"""What must not be in the repository: machine paths, registries, others' data."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import pytest
from support.conventions import shared_root, truth
from support.walk import nothing, place, repository

LARGEST = 1_500_000  # bytes
LICENSED = ("data", "facts", "later", "truth", "articles")  # folders of others' data
KEPT = ("posterior", "posterior.npz")
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".webp", ".ico", ".bmp"}
PATHS = re.compile(r"(?<![\w.<])/(?:work|root|home|Users|mnt)/\w+|\b[A-Z]:\\\\?Users")
REGISTRIES = re.compile(
    r"--(?:extra-)?index-url|--find-links|://[^\s/]*(?:nexus|mirror|proxy)", re.IGNORECASE
)


@cache
def words(path: Path) -> str:
    """The text of a file; "" where it is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return ""


def found(pattern: re.Pattern) -> list[str]:
    """Places where the pattern stands."""
    out = []
    for path in repository():
        if path == Path(__file__):
            continue
        for number, line in enumerate(words(path).splitlines(), 1):
            if match := pattern.search(line):
                out.append(f"{place(path, number)}: {match[0]}")
    return out


@truth("invariant", source="house rules", kills="a path of one computer; a package registry")
def test_no_machines_no_registries():
    """A clone works on any machine, from any registry."""
    nothing(found(PATHS) + found(REGISTRIES), "machine paths and registries")


@truth("invariant", source="house rules", kills="a data dump; a chart of one run")
def test_no_large_files_and_no_pictures():
    """Files of at most 1.5 MB, no compiled or run results, and no generated pictures but the one of
    README, which a test holds to the stored answer that it shows."""
    sizes = [
        f"{place(path)}: {path.stat().st_size:,} bytes"
        for path in repository()
        if path.stat().st_size > LARGEST
    ]
    shapes = [
        place(path)
        for path in repository()
        if place(path) != "docs/answer.svg"
        and path.parts[-2:] != KEPT  # draws that belong to a scenario, made by a command
        and (
            path.suffix.lower() in PICTURES | {".pyc", ".so", ".npz", ".parquet", ".nc"}
            or ".zarr" in path.as_posix()
        )
    ]
    nothing(sizes + shapes, "files that do not belong here")


@truth("invariant", source="house rules", kills="an outside fixture that may not be redistributed")
def test_no_copies_of_outside_data():
    """No file is byte for byte one of the outside folder."""
    if not shared_root().exists():
        pytest.skip(f"the outside folder {shared_root()} is absent: nothing to compare with")
    theirs = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path.name
        for room in LICENSED
        for path in (shared_root() / room).rglob("*")
        if path.is_file() and path.stat().st_size
    }
    copies = [
        f"{place(path)} = {theirs[digest]}"
        for path in repository()
        if (digest := hashlib.sha256(path.read_bytes()).hexdigest()) in theirs
    ]
    nothing(copies, "copies of outside data")
