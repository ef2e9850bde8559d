"""What must not be in the repository: machine paths, registries, the making, others' data."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import pytest
from conventions import shared_root, truth
from house.walk import nothing, place, repository

LARGEST = 1_500_000  # bytes
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".webp", ".ico", ".bmp"}
TABLES = {".csv", ".toml", ".bib"}  # their words are about the world, not about the making
PATHS = re.compile(r"(?<![\w.<])/(?:work|root|home|Users|mnt)/\w+|\b[A-Z]:\\\\?Users")
REGISTRIES = re.compile(
    r"py" r"pi\.|pythonhosted|--(?:extra-)?index-url|artifactory|devpi|"
    r"://[^\s/]*(?:nexus|mirror|proxy)|conda\.anaconda|regist" r"ry\.npm", re.IGNORECASE)
MAKERS = re.compile(
    r"\b(?:chat" r"gpt|claude|anthropic|openai|copilot|gemini|llms?|language models?|chatbots?|"
    r"ai[ -](?:tools?|assistants?|generated|agents?))\b", re.IGNORECASE)
MAKING = re.compile(r"\b(?:sub)?(?:sess" r"ions?|help" r"ers?|ag" r"ents?)\b", re.IGNORECASE)
FINE = re.compile(  # words of the subject and of programs
    r"agent-based(?: model\w*)?|foreign agents?|user-agent|"
    r"(?:un|assembly|council|country|emergency|special)[ -]sessions?|"
    r"sessions? (?:of|in) (?:the|\d)|"
    r"country-sessions?|Session\(|TestClient", re.IGNORECASE)


@cache
def words(path: Path) -> str:
    """The text of a file; "" where it is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return ""


def found(pattern: re.Pattern, skip: frozenset[str] = frozenset(), fine: bool = False) -> list[str]:
    """Places where the pattern stands; with `fine`, words of the subject are passed over."""
    out = []
    for path in repository():
        if path.suffix in skip or path == Path(__file__):
            continue
        for number, line in enumerate(words(path).splitlines(), 1):
            match = pattern.search(FINE.sub("", line) if fine else line)
            if match:
                out.append(f"{place(path, number)}: {match[0]}")
    return out


@truth("invariant", source="house rules", kills="a path of one computer; a package registry")
def test_no_machines_no_registries():
    """A clone works on any machine, from any registry."""
    nothing(found(PATHS) + found(REGISTRIES), "machine paths and registries")


@truth("invariant", source="house rules", kills="words about how the text was made")
def test_no_words_about_the_making():
    """The repository speaks of its subject."""
    nothing(found(MAKERS) + found(MAKING, frozenset(TABLES), True), "words about the making")


@truth("invariant", source="house rules", kills="a data dump; a chart of one run")
def test_no_large_files_and_no_pictures():
    """Files of at most 1.5 MB, no generated pictures, no compiled or run results."""
    sizes = [f"{place(path)}: {path.stat().st_size:,} bytes" for path in repository()
             if path.stat().st_size > LARGEST]
    shapes = [place(path) for path in repository()
              if path.suffix.lower() in PICTURES | {".pyc", ".so", ".npz", ".parquet", ".nc"}
              or ".zarr" in path.as_posix()]
    nothing(sizes + shapes, "files that do not belong here")


@truth("invariant", source="house rules", kills="an outside fixture that may not be redistributed")
def test_no_copies_of_outside_data():
    """No file is byte for byte one of the outside folder."""
    if not shared_root().exists():
        pytest.skip(f"the outside folder {shared_root()} is absent: nothing to compare with")
    theirs = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name
              for path in shared_root().rglob("*") if path.is_file() and path.stat().st_size}
    copies = [f"{place(path)} = {theirs[digest]}" for path in repository()
              if (digest := hashlib.sha256(path.read_bytes()).hexdigest()) in theirs]
    nothing(copies, "copies of outside data")
