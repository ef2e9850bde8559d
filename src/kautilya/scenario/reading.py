"""From a folder to a draft: files, syntax and fields; every mistake is kept.

A scenario may come from a stranger. Only regular files inside the folder are read, none
over the limit, and only as UTF-8.
"""

from __future__ import annotations

import csv
import hashlib
import io
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.rules import row_rules
from kautilya.scenario.scenario import Draft, Members, Scenario, SetAside, sieve
from kautilya.scenario.schema import TABLES, Actor, Good, Head, Lever, Outcome, SetSpec, columns
from kautilya.scenario.toml_text import line_of, parse

if TYPE_CHECKING:
    from _csv import Reader

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

    rows: tuple[BaseModel, ...] = ()
    lines: tuple[int, ...] = ()
    broken: tuple[dict[str, str], ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    usable: bool = True


def problems(error: ValidationError, model: type[BaseModel] | None = None
             ) -> list[tuple[tuple[str | int, ...], str, str]]:
    """(place, found, remedy) for each part of a pydantic error."""
    out = []
    for one in error.errors(include_url=False)[:MAX_MISTAKES]:
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


class _Table:
    """Rows of one table while they are read."""

    def __init__(self, name: str, model: type[BaseModel]) -> None:
        self.name, self.model = name, model
        self.header: list[str] = []
        self.rows: list[BaseModel] = []
        self.lines: list[int] = []
        self.broken: list[dict[str, str]] = []
        self.mistakes: list[Mistake] = []

    def take(self, line: int, cells: list[str]) -> None:
        """One row under the header."""
        row = _row(self.name, line, self.header, cells, self.model)
        if isinstance(row, list):
            self.mistakes += row
            self.broken.append(dict(zip(self.header, cells, strict=False)))
        else:
            self.rows.append(row)
            self.lines.append(line)

    def full(self) -> tuple[str, str]:
        """What is too many, and the remedy; empty while reading may go on."""
        if len(self.mistakes) > MAX_MISTAKES:
            return "mistakes", "Mend the ones above first"
        if len(self.rows) + len(self.broken) > MAX_ROWS:
            return "rows", f"At most {MAX_ROWS} rows"
        return "", ""

    def given_up(self, line: int, found: str, remedy: str) -> Rows:
        """What is known of a table that cannot be read to its end."""
        return Rows(mistakes=(*self.mistakes, Mistake(self.name, line, "", found, remedy)),
                    usable=False)

    def done(self) -> Rows:
        """The whole table."""
        return Rows(tuple(self.rows), tuple(self.lines), tuple(self.broken),
                    tuple(self.mistakes))


def _body(name: str, reader: Reader, skipped: int, model: type[BaseModel]) -> Rows:
    table = _Table(name, model)
    line = skipped + 1
    try:
        for cells in reader:
            here, line = line, skipped + reader.line_num + 1
            if not table.header:
                table.header = [cell.strip() for cell in cells]
                table.mistakes = _header(name, here, table.header, model)
                if table.mistakes:
                    return Rows(mistakes=tuple(table.mistakes), usable=False)
            elif any(cells):
                table.take(here, cells)
            many, remedy = table.full()
            if many:
                return table.given_up(here, f"too many {many}; reading stopped here", remedy)
    except csv.Error as error:
        return table.given_up(line, f"not CSV ({error})",
                              "Close every quote; write a quote inside a cell twice")
    return table.done()


def _header(name: str, line: int, header: list[str], model: type[BaseModel]) -> list[Mistake]:
    known = columns(model)
    free = [k for k in known if k not in header] or list(known)
    out = [Mistake(name, line, shown(h)[1:-1], f"unknown column {shown(h)}",
                   near(h, free, f"The columns are {', '.join(known)}"))
           for h in header if h not in known]
    out += [Mistake(name, line, h, f"column '{h}' stands twice", "Keep one of them")
            for h in dict.fromkeys(header) if h in known and header.count(h) > 1]
    out += [Mistake(name, line, k, f"column '{k}' is missing from the header",
                    f"The columns are {', '.join(known)}")
            for k, required in known.items() if required and k not in header]
    return out


def _row(name: str, line: int, header: list[str], cells: list[str], model: type[BaseModel]
         ) -> BaseModel | list[Mistake]:
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
M = TypeVar("M", bound=BaseModel)
Where = dict[tuple[str | int, ...], int]
Files = dict[str, "bytes | Mistake"]


def hidden(name: str) -> bool:
    """Whether a name is one that other programs leave behind (._x, .#x, ~$x): never read."""
    return name.startswith((".", "~$"))


def listed(folder: Path, pattern: str) -> list[str]:
    """Names of the files of a folder that match, in alphabetical order, without hidden ones."""
    try:
        found = [path for path in folder.glob(pattern) if not hidden(path.name)]
    except OSError:
        return []
    return sorted(path.relative_to(folder).as_posix() for path in found)


def fetch(folder: Path) -> Files:
    """The bytes of every file of the format; optional ones only where they exist.

    Other TOML files of the folder are fetched so that the digest covers them (but for the
    claims, on which no run depends).
    """
    files: Files = {TOML: contents(folder, TOML, MAX_TOML)}
    for name, table in TABLES.items():
        path = folder / name
        if table.required or path.is_symlink() or path.exists():
            files[name] = contents(folder, name, MAX_BYTES)
    others = [*listed(folder, "*.toml"), *listed(folder, "context/*.csv")]
    return files | {name: contents(folder, name, MAX_TOML if name.endswith(".toml") else MAX_BYTES)
                    for name in others if name not in files}


def digest(files: Files) -> str:
    """sha256 over the names and bytes of the files that a run depends on: claims change none."""
    total = hashlib.sha256()
    for name in sorted(set(files) - {CLAIMS}):
        data = files[name]
        if isinstance(data, bytes):
            total.update(f"{name}\0{len(data)}\0".encode(errors="surrogateescape"))
            total.update(data)
    return total.hexdigest()


class _Toml(NamedTuple):
    """scenario.toml: its data, the lines of its keys, and what its parts were read as."""

    data: dict[str, object]
    where: Where
    head: Head | None
    levers: list[Lever]
    outcomes: list[Outcome]
    specs: dict[str, SetSpec]
    mistakes: list[Mistake]


def draft(folder: Path, files: Files) -> Draft:
    """Parse all files; nothing is raised for mistakes in them."""
    mistakes = _strangers(folder)
    others = {name: _decoded(name, data) for name, data in files.items()
              if name not in (TOML, *TABLES)}
    mistakes += [got for got in others.values() if isinstance(got, Mistake)]
    tables = {name: _table(name, files[name], table.model)
              for name, table in TABLES.items() if name in files}
    for rows in tables.values():
        mistakes += rows.mistakes
    toml = _scenario_toml(files[TOML])
    mistakes += toml.mistakes
    sets, said, bad = resolve(toml.specs, tables, toml.where)
    mistakes += said
    asked = toml.data.get("sets")
    bad |= {str(name) for name in asked} - set(sets) if isinstance(asked, dict) else set()
    head = toml.head or EMPTY
    used, lines, aside = _sorted_out(tables, toml.head)
    scenario = Scenario(str(folder), digest(files), head, sets, tuple(toml.levers),
                        tuple(toml.outcomes), used, lines, toml.where, aside,
                        {name: got for name, got in others.items()
                         if isinstance(got, str) and name != CLAIMS})
    unusable = [name for name, rows in tables.items() if not rows.usable]
    return Draft(scenario, tuple(mistakes), {n: r.broken for n, r in tables.items()},
                 frozenset(unusable if toml.data else [*unusable, TOML]), toml.head is not None,
                 frozenset(bad))


def _table(name: str, data: bytes | Mistake, model: type[BaseModel]) -> Rows:
    """One table, with what its rows alone show to be wrong."""
    got = _decoded(name, data)
    if isinstance(got, Mistake):
        return Rows(mistakes=(got,), usable=False)
    rows = read(name, got, model)
    said = [Mistake(name, line, *one) for line, row in zip(rows.lines, rows.rows, strict=True)
            for one in row_rules(name, row)]
    return rows._replace(mistakes=(*rows.mistakes, *said))


def _sorted_out(tables: dict[str, Rows], head: Head | None
                ) -> tuple[dict[str, tuple[BaseModel, ...]], dict[str, tuple[int, ...]],
                           tuple[SetAside, ...]]:
    """The rows in use and their lines by file, and the rows set aside."""
    used: dict[str, tuple[BaseModel, ...]] = {}
    lines: dict[str, tuple[int, ...]] = {}
    aside: list[SetAside] = []
    for name, rows in tables.items():
        used[name], lines[name] = rows.rows, rows.lines
        if head:
            kept, out = sieve(name, zip(rows.lines, rows.rows, strict=True), head)
            aside += out
            used[name] = tuple(row for _, row in kept)
            lines[name] = tuple(line for line, _ in kept)
    return used, lines, tuple(aside)


def _scenario_toml(data: bytes | Mistake) -> _Toml:
    toml, where, mistakes = _toml(data)
    head, said = _head(toml, where)
    mistakes += said if toml else []
    levers, said = _list(toml, "lever", Lever, where)
    mistakes += said
    outcomes, said = _list(toml, "outcome", Outcome, where)
    mistakes += said
    specs, said = _specs(toml, where)
    return _Toml(toml, where, head, levers, outcomes, specs, [*mistakes, *said])


EMPTY = Head.model_construct(format=1, id="", title="", question="", start="0001-01",
                             as_of=date(1, 1, 1), horizon="0001-01", laws=[], caution="")


def _decoded(name: str, data: bytes | Mistake) -> str | Mistake:
    return data if isinstance(data, Mistake) else text(name, data)


def _strangers(folder: Path) -> list[Mistake]:
    """CSV files that are no table of the format: most often a misspelt name."""
    found = [name for name in listed(folder, "*") if name.lower().endswith(".csv")]
    return [Mistake(name, 0, "", "the file is no table of a scenario", near(name, TABLES))
            for name in found if name not in TABLES]


def _toml(data: bytes | Mistake) -> tuple[dict[str, object], Where, list[Mistake]]:
    got = _decoded(TOML, data)
    if isinstance(got, str) and not got.strip():
        got = Mistake(TOML, 1, "", "the file is empty", "Start it with: schema = 1")
    parsed = got if isinstance(got, Mistake) else parse(TOML, got)
    if isinstance(parsed, Mistake):
        return {}, {}, [parsed]
    return parsed[0], parsed[1], []


def _validated(model: type[M], data: object, place: tuple[str | int, ...], where: Where
               ) -> tuple[M | None, list[Mistake]]:
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        out = []
        for at, found, remedy in problems(error, model):
            column = ".".join(str(p) for p in (*place, *at))
            out.append(Mistake(TOML, line_of(where, (*place, *at)) or 1, shown(column)[1:-1],
                               found, remedy))
        return None, out


def _head(toml: dict[str, object], where: Where) -> tuple[Head | None, list[Mistake]]:
    plain = {k: v for k, v in toml.items() if k not in ("sets", "lever", "outcome")}
    return _validated(Head, plain, (), where)


def _list(toml: dict[str, object], key: str, model: type[M], where: Where
          ) -> tuple[list[M], list[Mistake]]:
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


def _specs(toml: dict[str, object], where: Where) -> tuple[dict[str, SetSpec], list[Mistake]]:
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
    codes = tuple(dict.fromkeys(
        row.code for row in tables.get("actors.csv", Rows()).rows if isinstance(row, Actor)))
    goods = tuple(dict.fromkeys(
        row.good for row in tables.get("goods.csv", Rows()).rows if isinstance(row, Good)))
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


def _union(name: str, specs: dict[str, SetSpec], done: dict[str, Members],
           visit: Callable[[str], None], wrong: Callable[[str, str, str], None]
           ) -> tuple[str, ...]:
    out: dict[str, None] = {}
    for member in specs[name].members:
        inner = member[1:]
        if not member.startswith("@"):
            if member in out:
                wrong(name, f"{shown(member)} stands twice", "Keep one of them")
            out[member] = None
            continue
        if inner not in specs and inner not in done:
            wrong(name, f"unknown set {shown(inner)}", near(inner, (*specs, *done)))
            continue
        visit(inner)
        if inner in done and done[inner].axis != specs[name].axis:
            wrong(name, f"a set of {specs[name].axis}s takes in '{inner}', a set of "
                        f"{done[inner].axis}s", "Join sets of the same axis only")
        out |= dict.fromkeys(done[inner].members) if inner in done else {}
    return tuple(out)
