"""Changes of good inputs: of bytes, of texts and of trees. All luck comes from the caller."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import Any

TEXTS = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "</script><script>document.title='pwned'</script>",
    "<img src=x onerror=alert(1)>",
    "![b](/etc/passwd)",
    "[a](http://127.0.0.1:9)",
    "| a | b |",
    "# head",
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\u202eevil",
    "\u2028",
    "\x85",
    "\x0b",
    "\x1c",
    "[/red]",
    "\\[/x]",
    "[link=http://x]y[/link]",
    "{{7*7}}",
    "${x}",
    "%s%n",
    "\x00",
    "\r\n",
    "\n",
    "é",
    "e\u0301",
    "\U0001f600",
    "\ufeff",
    "'",
    '"',
    '"""',
    "`",
    "\\",
    "../../etc/passwd",
    "/dev/zero",
    "a" * 5000,
    "0" * 5000,
    " " * 5000,
    "[" * 3000,
    "(" * 500,
    "NaN",
    "inf",
    "-inf",
    "1e308",
    "1e-320",
    "1e999",
    "-0",
    "0x10",
    "1_000",
    "٣",
    "9999-12-31",
    "0000-00",
    "true",
    "null",
    "2022-02-30",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    10**30,
    0.5,
    1e308,
    -1e-320,
    "",
    [],
    {},
    [[]],
    {"": 0},
    *TEXTS,
)


def changed(data: bytes, luck: random.Random) -> bytes:
    """One to four changes of bytes, words or lines."""
    for _ in range(luck.randint(1, 4)):
        data = luck.choice(WAYS)(data, luck)
    return data[:2_000_000]


def _flip(data: bytes, luck: random.Random) -> bytes:
    at = luck.randrange(len(data) + 1)
    return data[:at] + bytes([luck.randrange(256)]) + data[at + 1 :]


def _insert(data: bytes, luck: random.Random) -> bytes:
    at = luck.randrange(len(data) + 1)
    return data[:at] + luck.choice(TEXTS).encode() + data[at:]


def _word(data: bytes, luck: random.Random) -> bytes:
    """One word, cell or value in the place of which something else stands."""
    words = [(i, j) for i, j in _words(data)]
    if not words:
        return _insert(data, luck)
    first, last = luck.choice(words)
    fresh = luck.choice(TEXTS).encode() if luck.random() < 0.7 else data[slice(*luck.choice(words))]
    return data[:first] + fresh + data[last:]


def _words(data: bytes) -> list[tuple[int, int]]:
    ends = [-1, *(i for i, one in enumerate(data) if one in b" ,\n\"'=[]()<>"), len(data)]
    return [(a + 1, b) for a, b in zip(ends, ends[1:], strict=False) if b > a + 1]


def _cut(data: bytes, luck: random.Random) -> bytes:
    a, b = sorted(luck.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + data[min(b, a + 200) :]


def _twice(data: bytes, luck: random.Random) -> bytes:
    a, b = sorted(luck.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a:b] * luck.choice((1, 1, 2, 50)) + data[b:]


def _line(data: bytes, luck: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = luck.randrange(len(lines))
    where = luck.choice(("out", "twice", "moved"))
    line = lines[at] if where == "twice" else lines.pop(at)
    if where != "out":
        lines.insert(luck.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def _coded(data: bytes, luck: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(luck.choice(("utf-16", "utf-8-sig", "latin-1")), "replace")


WAYS = (_flip, _insert, _insert, _word, _word, _word, _cut, _twice, _line, _line, _coded)


def tree(value: Any, luck: random.Random) -> Any:
    """A JSON value with one to three of its parts replaced, taken out or added."""
    for _ in range(luck.randint(1, 3)):
        value = _branch(value, luck)
    return value


def _branch(value: Any, luck: random.Random) -> Any:
    if isinstance(value, dict) and value and luck.random() < 0.9:
        key = luck.choice(sorted(value))
        if (what := luck.random()) < 0.1:
            return {name: one for name, one in value.items() if name != key}
        if what < 0.2:
            return value | {luck.choice(TEXTS): luck.choice(VALUES)}
        return value | {key: _branch(value[key], luck)}
    if isinstance(value, list) and value and luck.random() < 0.8:
        at = luck.randrange(len(value))
        return [*value[:at], _branch(value[at], luck), *value[at + 1 :]]
    if type(value) is int and luck.random() < 0.5:
        return value * luck.choice((-1, 2, 0, 10**6)) + luck.choice((-1, 0, 1))
    return luck.choice(VALUES)


def written(file: Path, luck: random.Random, work: Path) -> None:
    """A file with other content, or something else in its place."""
    what = luck.random()
    if not file.is_file():
        return  # it went with its folder
    if what < 0.85:
        file.write_bytes(changed(file.read_bytes(), luck))
        return
    file.unlink()
    if what < 0.9:
        file.symlink_to(
            luck.choice(
                (
                    "/dev/zero",
                    "/etc/passwd",
                    str(work.parent / "outside" / "victim"),
                    file.name,
                    "nothing",
                )
            )
        )
    elif what < 0.94:
        os.mkfifo(file)
    elif what < 0.97:
        file.mkdir()
    else:
        shutil.rmtree(file.parent) if luck.random() < 0.1 else None
