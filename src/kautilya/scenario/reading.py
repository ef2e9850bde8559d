"""From a folder to a draft: files, syntax and fields; every mistake is kept.

A scenario may come from a stranger. Only regular files inside the folder are read, none
over the limit, and only as UTF-8.
"""

from __future__ import annotations

import csv
import hashlib
import io
import stat
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.rules import row_rules
from kautilya.scenario.scenario import Draft, Members, Scenario
from kautilya.scenario.schema import TABLES, Head, Lever, Outcome, SetSpec, columns
from kautilya.scenario.toml_text import line_of, parse

MAX_BYTES = 20 * 2**20
MAX_TOML = 2 * 2**20


def contents(folder: Path, name: str, limit: int = MAX_BYTES) -> bytes | Mistake:
    """The bytes of one file of the folder, or why they are not read."""
    path = folder / name
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            return Mistake(name, 0, "", "a symbolic link that leads out of the folder",
                           "Put the file itself into the folder")
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Mistake(name, 0, "", "not a regular file", "Put a plain text file here")
        if status.st_size > limit:
            return _too_long(name, status.st_size, limit)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        return Mistake(name, 0, "", "the file is missing",
                       "Add it; `kautilya new NAME` writes a folder with every table")
    except (OSError, RuntimeError) as error:
        if path.is_symlink():
            return Mistake(name, 0, "", "a symbolic link that leads in a circle or nowhere",
                           "Put the file itself into the folder")
        reason = getattr(error, "strerror", None) or "it cannot be read"
        return Mistake(name, 0, "", f"the file cannot be read ({reason})",
                       "Make it readable for you")
    return data if len(data) <= limit else _too_long(name, len(data), limit)


def _too_long(name: str, size: int, limit: int) -> Mistake:
    return Mistake(name, 0, "", f"the file has {size / 2**20:.1f} MB",
                   f"The limit is {limit // 2**20} MB; it was not read")


def text(name: str, data: bytes) -> str | Mistake:
    """UTF-8 text without a byte-order mark, or where it is not UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Mistake(name, 1, "byte 1", "the file is UTF-16", "Save it as UTF-8")
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - before.rfind(b"\n")
        byte = data[error.start]
        return Mistake(name, line, f"byte {column}",
                       f"byte 0x{byte:02x} is not UTF-8 (in Latin-1 it is {chr(byte)!r})",
                       "Save the file as UTF-8")
    if "\x00" in decoded:
        line = decoded[: decoded.index("\x00")].count("\n") + 1
        return Mistake(name, line, "", "a NUL character", "Save the file as plain UTF-8 text")
    return decoded


MAX_ROWS = 100_000
MAX_MISTAKES = 200
HINTS = {
    "string_type": "Give text in quotes",
    "float_type": "Give a number",
    "int_type": "Give a whole number",
    "list_type": 'Give a list in [ ], such as ["RUS", "UKR"]',
    "dict_type": "Give a table",
    "model_type": "Give a table",
    "date_type": "Give a date without quotes, such as 2024-08-10",
    "too_short": "Give at least one",
}


class Rows(NamedTuple):
    """A table as read: valid rows with their lines, the cells of broken rows, mistakes.

    usable   False where not even the header could be read
    """

    rows: tuple[Any, ...] = ()
    lines: tuple[int, ...] = ()
    broken: tuple[dict[str, str], ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    usable: bool = True


def problems(error: ValidationError, model: type[BaseModel] | None = None
             ) -> list[tuple[tuple[str | int, ...], str, str]]:
    """(place, found, remedy) for each part of a pydantic error."""
    out = []
    for one in error.errors(include_url=False):
        where, kind, value = one["loc"], one["type"], one["input"]
        key = str(where[-1]) if where else ""
        if kind == "missing":
            found, remedy = f"'{key}' is missing", f"Add '{key}'"
        elif kind == "extra_forbidden":
            found = f"'{shown(key)[1:-1]}' is not known here"
            remedy = near(key, columns(model) if model else ())
        elif kind == "literal_error":
            known = [p.strip("'") for p in
                     one["ctx"]["expected"].replace(" or ", ", ").split(", ")]
            guess = near(str(value), known, "")
            guess = f"{guess}? " if guess.startswith("Did") else ""
            found, remedy = shown(value), f"{guess}Give one of {', '.join(known)}"
        else:
            found, remedy = shown(value), HINTS.get(kind, one["msg"])
        out.append((where, found, remedy))
    return out


def read(name: str, text: str, model: type[BaseModel]) -> Rows:
    """Read one table. Comment lines (#) may stand at the top only; blank lines are skipped."""
    skipped = 0
    stream = io.StringIO(text, newline="")
    place = 0
    for line in stream:
        if line.strip() and not line.startswith("#"):
            break
        skipped += 1
        place += len(line)
    else:
        return Rows(mistakes=(Mistake(name, 1, "", "the file is empty",
                                      "Start it with the header row: "
                                      f"{','.join(columns(model))}"),), usable=False)
    stream.seek(place)
    return _body(name, csv.reader(stream, strict=True), skipped, model)


def _body(name: str, reader: Any, skipped: int, model: type[BaseModel]) -> Rows:
    rows: list[Any] = []
    lines: list[int] = []
    broken: list[dict[str, str]] = []
    mistakes: list[Mistake] = []
    header: list[str] = []
    line = skipped + 1
    try:
        for cells in reader:
            here, line = line, skipped + reader.line_num + 1
            if not header:
                header = [cell.strip() for cell in cells]
                mistakes = _header(name, here, header, model)
                if mistakes:
                    return Rows(mistakes=tuple(mistakes), usable=False)
            elif cells and any(cells):
                row = _row(name, here, header, cells, model)
                if isinstance(row, list):
                    mistakes += row
                    broken.append(dict(zip(header, cells, strict=False)))
                else:
                    rows.append(row)
                    lines.append(here)
            if len(rows) + len(broken) > MAX_ROWS or len(mistakes) > MAX_MISTAKES:
                many = "rows" if len(mistakes) <= MAX_MISTAKES else "mistakes"
                mistakes.append(Mistake(name, here, "", f"too many {many}; reading stopped here",
                                        f"At most {MAX_ROWS} rows" if many == "rows"
                                        else "Mend the ones above first"))
                return Rows((), (), (), tuple(mistakes), usable=False)
    except csv.Error as error:
        mistakes.append(Mistake(name, line, "", f"not CSV ({error})",
                                "Close every quote; write a quote inside a cell twice"))
        return Rows((), (), (), tuple(mistakes), usable=False)
    return Rows(tuple(rows), tuple(lines), tuple(broken), tuple(mistakes))


def _header(name: str, line: int, header: list[str], model: type[BaseModel]) -> list[Mistake]:
    known = columns(model)
    out = [Mistake(name, line, shown(h)[1:-1], f"unknown column {shown(h)}",
                   near(h, [k for k in known if k not in header] or known,
                        f"The columns are {', '.join(known)}"))
           for h in header if h not in known]
    out += [Mistake(name, line, h, f"column '{h}' stands twice", "Keep one of them")
            for h in dict.fromkeys(header) if h in known and header.count(h) > 1]
    out += [Mistake(name, line, k, f"column '{k}' is missing from the header",
                    f"The columns are {', '.join(known)}")
            for k, required in known.items() if required and k not in header]
    return out


def _row(name: str, line: int, header: list[str], cells: list[str], model: type[BaseModel]
         ) -> Any:
    if len(cells) != len(header):
        remedy = ("Comments may stand at the top of the file only" if cells[0].startswith("#")
                  else "Put cells with commas into double quotes")
        return [Mistake(name, line, "", f"{len(cells)} cells under {len(header)} columns",
                        remedy)]
    try:
        return model.model_validate(
            {key: cell.strip() for key, cell in zip(header, cells, strict=True)})
    except ValidationError as error:
        return [Mistake(name, line, ".".join(map(str, where)), found, remedy)
                for where, found, remedy in problems(error, model)]


TOML = "scenario.toml"
CLAIMS = "claims.toml"
Where = dict[tuple[str | int, ...], int]
Files = dict[str, "bytes | Mistake"]


def fetch(folder: Path) -> Files:
    """The bytes of every file of the format; optional ones only where they exist.

    Other TOML files of the folder (accounts, claims) and the tables in context/ belong to other
    rooms. They are fetched so that the digest covers them (but for the claims, on which no run
    depends); they are not parsed here.
    """
    files: Files = {TOML: contents(folder, TOML, MAX_TOML)}
    for name, table in TABLES.items():
        path = folder / name
        if table.required or path.is_symlink() or path.exists():
            files[name] = contents(folder, name, MAX_BYTES)
    try:
        others = [p for p in folder.glob("*.toml") if p.name != TOML]
        others += folder.glob("context/*.csv")
    except OSError:
        others = []
    return files | {name: contents(folder, name, MAX_BYTES)
                    for name in sorted(str(p.relative_to(folder)) for p in others)}


def digest(files: Files) -> str:
    """sha256 over the names and bytes of the files that a run depends on: claims change none."""
    total = hashlib.sha256()
    for name in sorted(set(files) - {CLAIMS}):
        data = files[name]
        if isinstance(data, bytes):
            total.update(f"{name}\0{len(data)}\0".encode(errors="surrogateescape"))
            total.update(data)
    return total.hexdigest()


def draft(folder: Path, files: Files) -> Draft:
    """Parse all files; nothing is raised for mistakes in them."""
    mistakes = _strangers(folder)
    others = {name: _decoded(name, data) for name, data in files.items()
              if name not in (TOML, *TABLES)}
    mistakes += [got for got in others.values() if isinstance(got, Mistake)]
    tables: dict[str, Rows] = {}
    for name, table in TABLES.items():
        if name in files:
            got = _decoded(name, files[name])
            rows = (Rows(mistakes=(got,), usable=False) if isinstance(got, Mistake)
                    else read(name, got, table.model))
            mistakes += rows.mistakes
            mistakes += [Mistake(name, line, *said)
                         for line, row in zip(rows.lines, rows.rows, strict=True)
                         for said in row_rules(name, row)]
            tables[name] = rows
    toml, where, said = _toml(files[TOML])
    mistakes += said
    head, said = _head(toml, where)
    mistakes += said if toml else []
    levers, said = _list(toml, "lever", Lever, where)
    mistakes += said
    outcomes, said = _list(toml, "outcome", Outcome, where)
    mistakes += said
    specs, said = _specs(toml, where)
    mistakes += said
    sets, said, bad = resolve(specs, tables, where)
    mistakes += said
    asked = toml.get("sets") if isinstance(toml.get("sets"), dict) else {}
    bad |= {str(name) for name in asked or {}} - set(sets)
    scenario = Scenario(str(folder), digest(files), head or EMPTY, sets, tuple(levers),
                        tuple(outcomes), {n: r.rows for n, r in tables.items()},
                        {n: r.lines for n, r in tables.items()}, where,
                        {n: got for n, got in others.items()
                         if isinstance(got, str) and n != CLAIMS})
    return Draft(scenario, tuple(mistakes), {n: r.broken for n, r in tables.items()},
                 frozenset([n for n, r in tables.items() if not r.usable]
                           + ([] if toml else [TOML])), head is not None, frozenset(bad))


EMPTY = Head.model_construct(format=1, id="", title="", question="", start="0001-01",
                             as_of=date(1, 1, 1), horizon="0001-01", laws=[], caution="")


def _decoded(name: str, data: bytes | Mistake) -> str | Mistake:
    return data if isinstance(data, Mistake) else text(name, data)


def _strangers(folder: Path) -> list[Mistake]:
    """CSV files that are no table of the format: most often a misspelt name."""
    try:
        found = sorted(p.name for p in folder.iterdir() if p.suffix.lower() == ".csv")
    except OSError:
        return []
    return [Mistake(name, 0, "", "the file is no table of a scenario", near(name, TABLES))
            for name in found if name not in TABLES]


def _toml(data: bytes | Mistake) -> tuple[dict[str, Any], Where, list[Mistake]]:
    got = _decoded(TOML, data)
    if isinstance(got, str) and not got.strip():
        got = Mistake(TOML, 1, "", "the file is empty", "Start it with: schema = 1")
    parsed = got if isinstance(got, Mistake) else parse(TOML, got)
    if isinstance(parsed, Mistake):
        return {}, {}, [parsed]
    return parsed[0], parsed[1], []


def _validated(model: type[BaseModel], data: Any, place: tuple[str | int, ...], where: Where
               ) -> tuple[Any, list[Mistake]]:
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        out = []
        for at, found, remedy in problems(error, model):
            column = ".".join(str(p) for p in (*place, *at))
            out.append(Mistake(TOML, line_of(where, (*place, *at)) or 1, shown(column)[1:-1],
                               found, remedy))
        return None, out


def _head(toml: dict[str, Any], where: Where) -> tuple[Head | None, list[Mistake]]:
    plain = {k: v for k, v in toml.items() if k not in ("sets", "lever", "outcome")}
    return _validated(Head, plain, (), where)


def _list(toml: dict[str, Any], key: str, model: type[BaseModel], where: Where
          ) -> tuple[list[Any], list[Mistake]]:
    values = toml.get(key, [])
    if not isinstance(values, list):
        return [], [Mistake(TOML, line_of(where, (key,)) or 1, key, f"'{key}' is not a list",
                            f"Write [[{key}]] with two brackets")]
    out, mistakes = [], []
    for i, value in enumerate(values):
        one, said = _validated(model, value, (key, i), where)
        mistakes += said
        out += [one] if one else []
    return out, mistakes


def _specs(toml: dict[str, Any], where: Where) -> tuple[dict[str, SetSpec], list[Mistake]]:
    values = toml.get("sets", {})
    if not isinstance(values, dict):
        return {}, [Mistake(TOML, line_of(where, ("sets",)) or 1, "sets", "'sets' is no table",
                            "Write [sets.NAME]")]
    out, mistakes = {}, []
    for name, value in values.items():
        one, said = _validated(SetSpec, value, ("sets", name), where)
        mistakes += said
        if one:
            out[name] = one
    return out, mistakes


def resolve(specs: dict[str, SetSpec], tables: dict[str, Rows], where: Where
            ) -> tuple[dict[str, Members], list[Mistake], set[str]]:
    """Unions of sets resolved, depth first; cycles and unknown sets are mistakes."""
    codes = tuple(dict.fromkeys(r.code for r in tables.get("actors.csv", Rows()).rows))
    goods = tuple(dict.fromkeys(r.good for r in tables.get("goods.csv", Rows()).rows))
    done = {"actor": Members("actor", codes), "good": Members("good", goods)}
    mistakes: list[Mistake] = []
    bad: set[str] = set()

    def wrong(name: str, found: str, remedy: str) -> None:
        bad.add(name)
        line = line_of(where, ("sets", name, "members"))
        mistakes.append(Mistake(TOML, line, f"sets.{name}", found, remedy))

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " -> ".join((*path[path.index(name):], name))
            bad.update(path[path.index(name):])
            return wrong(name, f"the sets refer to each other in a circle: {circle}",
                         "Take one of the references out")
        if len(path) > 50:
            return wrong(name, "sets refer to each other more than 50 deep", "Flatten them")
        if name in specs and name not in bad and (name not in done or name in DEFAULTS):
            found = _union(name, specs, done, lambda inner: visit(inner, (*path, name)), wrong)
            if name not in bad:
                done[name] = Members(specs[name].axis, found)

    for name in specs:
        visit(name, ())
    return done, mistakes, bad


DEFAULTS = ("actor", "good")


def _union(name: str, specs: dict[str, SetSpec], done: dict[str, Members], visit: Any,
           wrong: Any) -> tuple[str, ...]:
    out: list[str] = []
    for member in specs[name].members:
        inner = member[1:]
        if not member.startswith("@"):
            if member in out:
                wrong(name, f"{shown(member)} stands twice", "Keep one of them")
            out.append(member)
            continue
        if inner not in specs and inner not in done:
            wrong(name, f"unknown set {shown(inner)}", near(inner, (*specs, *done)))
            continue
        visit(inner)
        if inner in done and done[inner].axis != specs[name].axis:
            wrong(name, f"a set of {specs[name].axis}s takes in '{inner}', a set of "
                        f"{done[inner].axis}s", "Join sets of the same axis only")
        out += [m for m in done[inner].members if m not in out] if inner in done else []
    return tuple(out)
