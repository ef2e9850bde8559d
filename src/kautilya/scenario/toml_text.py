"""TOML with line numbers: the standard parser knows none, and recurses into nested values.

`scan` walks the text once without recursion; it gives the deepest nesting, so that a bomb
is refused before it is parsed, and the line of every key, so that mistakes have a place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from kautilya.scenario.mistakes import Mistake

MAX_DEPTH = 20
# Possessive: no part is tried a second time, so that the work grows with the text and no faster.
TOKEN = re.compile(
    r'"""'
    r"|'{3}"
    r'|"(?:[^"\\\n]++|\\[^\n])*+"?'
    r"|'[^'\n]*+'?|#[^\n]*+"
    r"|\n[\s]*+|[\[\]{}]"
)
END = {'"' * 3: re.compile(r'\\.|"{3,5}', re.DOTALL), "'" * 3: re.compile(r"'{3,5}")}
HEADER = re.compile(r"[ \t]*+(\[\[?)([^\]\n]*+)\]")
KEY = re.compile(r"""[ \t]*+((?:"[^"\n]*+"|'[^'\n]*+'|[^=\n#\[\]{}"']++)++)=""")
NAMES = re.compile(r"""\s*+(?:"([^"]*+)"|'([^']*+)'|([^.\s"']++))\s*+(?:\.|$)""")
AT = re.compile(r"\(at line (\d+), column (\d+)\)")
Path = tuple[str | int, ...]


class Scan(NamedTuple):
    """Deepest nesting, the line where it is reached, and the lines of keys and tables."""

    depth: int
    line: int
    where: dict[Path, int]


def scan(text: str) -> Scan:
    """Nesting and lines of a TOML text; no error is raised for text that is not TOML."""
    deepest, at, depth, line = 0, 1, 0, 1
    starts = [(1, 0)]
    for mark, end in _tokens(text):
        if mark in ("[", "{"):
            depth += 1
            if depth > deepest:
                deepest, at = depth, line
        elif mark in ("]", "}"):
            depth = max(depth - 1, 0)
        else:
            line += mark.count("\n")
            if mark[0] == "\n" and depth == 0:
                starts.append((line, end))
    where, names, named = _lines(text, starts)
    return Scan(names, named, where) if names > deepest else Scan(deepest, at, where)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """What counts for nesting and lines, and where it ends; text in quotes is one token."""
    at = 0
    while token := TOKEN.search(text, at):
        start, at = token.start(), token.end()
        if token[0] in END:
            at = _close(text, at, END[token[0]])
        yield text[start:at], at


def _close(text: str, at: int, end: re.Pattern[str]) -> int:
    """Where a text of several lines is closed; the end of all where it is not."""
    for found in end.finditer(text, at):
        if not found[0].startswith("\\"):
            return found.end()
    return len(text)


def _split(dotted: str) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(dotted) and (found := NAMES.match(dotted, at)):
        out.append(found[1] or found[2] or found[3] or "")
        at = found.end()
    return out


def _lines(text: str, starts: list[tuple[int, int]]) -> tuple[dict[Path, int], int, int]:
    where: dict[Path, int] = {}
    arrays: dict[Path, int] = {}
    table: Path = ()
    deepest, at = 0, 1
    for line, start in starts:
        if head := HEADER.match(text, start):
            parts = _split(head[2])
            if len(parts) <= MAX_DEPTH:
                table = _enter(parts, arrays, head[1] == "[[")
            where.setdefault(table, line)
        elif key := KEY.match(text, start):
            parts = _split(key[1])
            for i in range(min(len(parts), MAX_DEPTH)):
                where.setdefault((*table, *parts[: i + 1]), line)
        else:
            continue
        if len(parts) > deepest:
            deepest, at = len(parts), line
    return where, deepest, at


def _enter(parts: list[str], arrays: dict[Path, int], append: bool) -> Path:
    path: Path = ()
    for i, part in enumerate(parts):
        path = (*path, part)
        if append and i == len(parts) - 1:
            arrays[path] = arrays.get(path, -1) + 1
        if path in arrays:
            path = (*path, arrays[path])
    return path


def line_of(where: dict[Path, int], path: Path) -> int:
    """Line of a key, else of the nearest table around it, else 0."""
    for end in range(len(path), 0, -1):
        if path[:end] in where:
            return where[path[:end]]
    return 0


def parse(name: str, text: str) -> tuple[dict[str, object], dict[Path, int]] | Mistake:
    """The data of a TOML text and its lines, or the first mistake of syntax."""
    seen = scan(text)
    if seen.depth > MAX_DEPTH:
        return Mistake(
            name, seen.line, "", f"values nested {seen.depth} deep", f"The limit is {MAX_DEPTH}"
        )
    try:
        return tomllib.loads(text), seen.where
    except (ValueError, RecursionError) as error:
        message = str(error)
        place = AT.search(message)
        line = int(place[1]) if place else text.count("\n") + 1
        twice = "overwrite" in message or "twice" in message or "Cannot declare" in message
        said = message.split(" (at ")[0]
        remedy = (
            "Give each key and table once"
            if twice
            else "Write it as TOML: key = value, text in quotes, lists in [ ]"
        )
        return Mistake(
            name,
            line,
            f"character {place[2]}" if place else "",
            "a key or table is given twice" if twice else f"not TOML ({said})",
            remedy,
        )
