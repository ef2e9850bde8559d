"""What the house tests share: the files of the repository and what stands in them."""

from __future__ import annotations

import ast
import io
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from support.conventions import ROOT

SRC = ROOT / "src"
PACKAGE = SRC / "kautilya"
TESTS = ROOT / "tests"
KEY = r"(?<![\w.])[a-z]{3,}(?:18|19|20)\d\d[a-z]?(?!\w)"  # a key of references.bib
Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function


def python(*folders: Path) -> list[Path]:
    """All Python files below the folders, in order; without caches."""
    found = (path for folder in folders for path in folder.rglob("*.py"))
    return sorted(path for path in found if "__pycache__" not in path.parts)


@cache
def text(path: Path) -> str:
    """The text of a file."""
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(text(path), filename=str(path))


def place(path: Path, line: int = 0) -> str:
    """file:line from the root of the repository."""
    name = path.relative_to(ROOT).as_posix()
    return f"{name}:{line}" if line else name


def module(path: Path) -> str:
    """Dotted name of a file below src."""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a file, nested ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            yield node


def documented(path: Path) -> Iterator[Documented]:
    """Everything of a file that can have a docstring."""
    for node in ast.walk(tree(path)):
        if isinstance(node, Documented):
            yield node


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each docstring of a file."""
    for node in documented(path):
        said = ast.get_docstring(node)
        if said:
            yield node.body[0].lineno, said


def code_lines(path: Path) -> set[int]:
    """Numbers of the lines that hold code: no blanks, comments or docstrings."""
    quiet = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text(path)).readline):
        if token.type not in quiet:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in documented(path):
        if ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            lines.difference_update(range(first.lineno, (first.end_lineno or 0) + 1))
    return lines


@cache
def repository() -> tuple[Path, ...]:
    """Every file that is or would be committed; all files where git cannot tell."""
    try:
        told = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        names = [ROOT / name for name in told.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [
            path
            for path in ROOT.rglob("*")
            if not {".venv", ".git", "__pycache__", "runs"} & set(path.parts)
        ]
    return tuple(sorted(path for path in names if path.is_file()))


def nothing(found: list[str], rule: str) -> None:
    """Fail with the rule and every place that breaks it, unless there is none."""
    if found:
        pytest.fail("\n  ".join([f"{rule} ({len(found)}):", *found]), pytrace=False)
