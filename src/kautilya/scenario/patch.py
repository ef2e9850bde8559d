"""A scenario that is another one with changes: `base = "russia_dprk_2024"` and the rows that differ.

The files of both become one set of files before anything is read, so that all checks, the digest
and every run see a scenario like any other. A row replaces the row of the same key, a new one is
added, `[drop]` takes rows out; keys of scenario.toml replace those of the base, sets, levers
and outcomes one by one. Other TOML files are laid over each other likewise: tables with an id one
by one, lists without before those of the base, as there the first that fits counts. The claims of
the base are those of the change only where it says `keep = ["claims.toml"]`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TypeGuard

from kautilya.scenario.cells import NAME
from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.reading import MAX_TOML, Plain, contents, plain
from kautilya.scenario.reading import text as decoded
from kautilya.scenario.rules import ONCE
from kautilya.scenario.toml_text import parse

TOML = "scenario.toml"
CLAIMS = "claims.toml"
SHIPPED = Path(__file__).resolve().parents[1] / "scenarios"
DEEPEST = 5  # a base of a base of ...
Files = dict[str, bytes | Mistake]
LISTS = ("lever", "outcome")  # of tables with an id
OTHERS = (".toml", ".csv")  # not the posterior of the base: its figures are others


def base_of(folder: Path, files: Files) -> Path | Mistake | None:
    """The folder that a scenario is a change of: a shipped one, or one beside it; None without."""
    given = data_of(files.get(TOML)).get("base")
    if given is None:
        return None
    if isinstance(given, str) and re.fullmatch(NAME, given, re.ASCII):
        for place in (SHIPPED / given, folder.resolve().parent / given):
            if (place / TOML).is_file() and place != folder.resolve():
                return place
    there = sorted(path.name for path in SHIPPED.iterdir() if (path / TOML).is_file())
    remedy = f"{near(str(given), there)}; or name a folder that lies beside this one"
    return Mistake(TOML, 1, "base", f"no scenario {shown(str(given))}", remedy)


def merged(folder: Path, base: Files, own: Files) -> Files:
    """The files of a base with those of a folder laid over them."""
    out = {name: data for name, data in base.items() if name in ONCE or name.endswith(OTHERS)}
    said = data_of(own.get(TOML))
    drop = said.get("drop")
    if not _keeps(said):
        out.pop(CLAIMS, None)
    for name, data in own.items():
        below = out.get(name)
        if isinstance(data, Mistake) and not (folder / name).exists():
            continue
        both = isinstance(data, bytes) and isinstance(below, bytes)
        if name == TOML and both:
            out[name] = _toml(data_of(below), data_of(data)).encode()
        elif name in ONCE and both:
            out[name] = _rows(name, (below, data))
        elif name.endswith(".toml") and name != CLAIMS and both:
            out[name] = _both(name, below, data)
        else:
            out[name] = data
    return _dropped(out, drop if isinstance(drop, dict) else {})


def _both(name: str, below: bytes | Mistake | None, data: bytes | Mistake) -> bytes | Mistake:
    """A TOML file laid over that of the base; the mistake where one of them cannot be read."""
    old, new = (_parsed(name, one) for one in (below, data))
    if isinstance(new, Mistake):
        return new
    return old if isinstance(old, Mistake) else toml_of(_laid(old, new)).encode()


def _parsed(name: str, data: bytes | Mistake | None) -> dict[str, object] | Mistake:
    """The data of a TOML file, or the first thing that is wrong with it."""
    got = decoded(name, data) if isinstance(data, bytes) else data or ""
    read = parse(name, got) if isinstance(got, str) else got
    return read if isinstance(read, Mistake) else read[0]


def readable(name: str, data: bytes | Mistake) -> Mistake | None:
    """What is wrong with a file of a scenario before its cells are looked at; None for nothing."""
    found = _parsed(name, data) if name.endswith(".toml") else _table(name, data)
    return found if isinstance(found, Mistake) else None


def _keeps(said: Mapping[str, object]) -> bool:
    """Whether the claims of the base are kept."""
    given = said.get("keep")
    return isinstance(given, list) and CLAIMS in given


def claims_of(folder: Path, depth: int = 0) -> Path:
    """The file of a scenario's claims: its own, or that of the base where it keeps these."""
    own = folder / CLAIMS
    path = folder / TOML
    if own.exists() or own.is_symlink() or not path.is_file() or depth >= DEEPEST:
        return own
    files: Files = {TOML: contents(folder, TOML, MAX_TOML)}
    base = base_of(folder, files)
    if isinstance(base, Path) and _keeps(data_of(files[TOML])):
        return claims_of(base, depth + 1)
    return own


def _laid(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Data of a TOML file with those of another laid over it."""
    out = dict(below)
    for key, value in above.items():
        there = out.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            out[key] = _laid(there, value)
        elif isinstance(there, list) and _tables(value):
            out[key] = _lists(there, [one for one in value if isinstance(one, dict)])
        else:
            out[key] = value
    return out


def _tables(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)


def _lists(below: list[object], above: list[dict[str, object]]) -> list[object]:
    """Tables by their id; those without one stand first."""
    over = {str(one["id"]): one for one in above if "id" in one}
    out: list[object] = [one for one in above if "id" not in one]
    for one in below:
        more = over.pop(str(one.get("id")), None) if isinstance(one, dict) else None
        out.append(_laid(one, more) if isinstance(one, dict) and more is not None else one)
    return [*out, *over.values()]


def data_of(data: bytes | Mistake | None) -> dict[str, object]:
    """What a TOML file says; nothing where it cannot be read, which is told elsewhere."""
    found = _parsed(TOML, data)
    return {} if isinstance(found, Mistake) else found


def _table(name: str, data: bytes | Mistake | None) -> Plain | Mistake:
    """Remarks, columns and rows of a table; what is wrong with one that cannot be read."""
    got = decoded(name, data) if isinstance(data, bytes) else data or ""
    return plain(name, got) if isinstance(got, str) else got


def _key(name: str, row: Mapping[str, str]) -> tuple[str, ...]:
    cells = (row.get(column, "").strip() for column in ONCE[name])
    return tuple("" if cell == "*" else cell for cell in cells)


def rows_of(name: str, data: bytes | None) -> dict[tuple[str, ...], dict[str, str]]:
    """The cells of each row of a table that are not empty, by its key; of several the last. None of
    a table that cannot be read, which `check` tells."""
    found, out = _table(name, data), {}
    for row in found.rows if isinstance(found, Plain) else ():
        out[_key(name, row)] = {column: cell for column, cell in row.items() if cell.strip()}
    return out


def lines_of(name: str, both: bytes | Mistake | None, own: bytes | Mistake) -> set[int]:
    """The lines that rows of a table have in one of which it is a part."""
    keys = rows_of(name, own if isinstance(own, bytes) else None).keys()
    found = _table(name, both)
    if isinstance(found, Mistake):
        return set()
    lined = zip(found.rows, found.lines, strict=True)
    return {line for row, line in lined if _key(name, row) in keys}


def table_text(rows: list[dict[str, str]], like: bytes | None = None) -> bytes:
    """Rows as a table; `like`: one whose columns it has at least."""
    found = _table("", like)
    columns = found.head if isinstance(found, Plain) else []
    more = [name for row in rows for name in row]
    return _written([], list(dict.fromkeys([*columns, *more])), rows)


def _rows(name: str, both: tuple[bytes | Mistake | None, bytes | Mistake]) -> bytes | Mistake:
    """A table with the rows of another in place of its own of the same key, or after them; what is
    wrong where one of them cannot be read."""
    below, above = (_table(name, data) for data in both)
    if isinstance(above, Mistake):
        return above
    if isinstance(below, Mistake):
        return below
    over = {_key(name, row): row for row in above.rows}
    if len(over) < len(above.rows):  # told as any duplicate
        return _written(below.notes, below.head, [*below.rows, *above.rows])
    kept = [over.pop(_key(name, row), row) for row in below.rows]
    head = list(dict.fromkeys([*below.head, *above.head]))
    return _written(below.notes, head, [*kept, *over.values()])


def _written(notes: list[str], head: list[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    text.writelines(f"{line}\n" for line in notes)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([row.get(column, "") for column in head])
    return text.getvalue().encode()


def _dropped(files: Files, drop: Mapping[str, object]) -> Files:
    """The files without the rows that [drop] names by the first column of their key."""
    for name, gone in drop.items():
        data = files.get(name)
        if name in ONCE and isinstance(data, bytes) and isinstance(gone, list):
            found = _table(name, data)
            if isinstance(found, Mistake):
                files[name] = found
                continue
            left = [row for row in found.rows if row.get(ONCE[name][0], "") not in gone]
            files[name] = _written(found.notes, found.head, left)
    return files


def _toml(base: dict[str, object], own: dict[str, object]) -> str:
    """scenario.toml of both as text."""
    data = dict(base)
    for key, value in own.items():
        below = data.get(key)
        if key in ("base", "drop", "keep"):
            continue
        if key in LISTS and isinstance(below, list) and isinstance(value, list):
            data[key] = _by_id(below, value)
        elif isinstance(below, dict) and isinstance(value, dict):
            data[key] = below | value
        else:
            data[key] = value
    return toml_of(data)


def toml_of(data: Mapping[str, object]) -> str:
    """Data as TOML, a key a line."""
    return "\n".join(f"{_word(key)} = {_value(value)}" for key, value in data.items()) + "\n"


def _by_id(below: list[object], above: list[object]) -> list[object]:
    ids = [one.get("id") for one in above if isinstance(one, dict)]
    return [
        *(one for one in below if not (isinstance(one, dict) and one.get("id") in ids)),
        *above,
    ]


def _word(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key, re.ASCII) else json.dumps(key)


def _value(value: object) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_word(k)} = {_value(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, str) else str(value)
