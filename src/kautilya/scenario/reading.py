"""Files and tables from a stranger: only regular files inside the folder are read, none over the
limit, and only as UTF-8; of a table every mistake is kept, with its line.
"""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ValidationError

from kautilya.scenario.mistakes import MOST, Mistake, near, shown
from kautilya.scenario.schema import columns
from kautilya.wording import many

if TYPE_CHECKING:
    from _csv import Reader

MAX_BYTES = 20 * 2**20
MAX_TOML = 2 * 2**20


def contents(folder: Path, name: str, limit: int = MAX_BYTES) -> bytes | Mistake:
    """The bytes of one file of the folder, or why they are not read."""
    path = folder / name
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            return Mistake(
                name,
                0,
                "",
                "a symbolic link that leads out of the folder",
                "Put the file itself into the folder",
            )
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Mistake(name, 0, "", "not a regular file", "Put a plain text file here")
        if status.st_size > limit:
            return _too_long(name, status.st_size, limit)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        return Mistake(
            name,
            0,
            "",
            "the file is missing",
            "Add it; `kautilya new NAME` writes a folder with every table",
        )
    except (OSError, RuntimeError) as error:
        if path.is_symlink():
            return Mistake(
                name,
                0,
                "",
                "a symbolic link that leads in a circle or nowhere",
                "Put the file itself into the folder",
            )
        reason = getattr(error, "strerror", None) or "it cannot be read"
        return Mistake(
            name, 0, "", f"the file cannot be read ({reason})", "Make it readable for you"
        )
    return data if len(data) <= limit else _too_long(name, len(data), limit)


def _too_long(name: str, size: int, limit: int) -> Mistake:
    return Mistake(
        name,
        0,
        "",
        f"the file has {size / 2**20:.1f} MB",
        f"The limit is {limit // 2**20} MB; it was not read",
    )


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
        return Mistake(
            name,
            line,
            f"byte {column}",
            f"byte 0x{byte:02x} is not UTF-8 (in Latin-1 it is {chr(byte)!r})",
            "Save the file as UTF-8",
        )
    if "\x00" in decoded:
        line = decoded[: decoded.index("\x00")].count("\n") + 1
        return Mistake(name, line, "", "a NUL character", "Save the file as plain UTF-8 text")
    return decoded


MAX_ROWS = 100_000
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


def problems(
    error: ValidationError, model: type[BaseModel] | None = None
) -> list[tuple[tuple[str | int, ...], str, str]]:
    """(place, found, remedy) for each part of a pydantic error."""
    out = []
    for one in error.errors(include_url=False)[:MOST]:
        where, kind, value = one["loc"], one["type"], one["input"]
        key = str(where[-1]) if where else ""
        if kind == "missing":
            found, remedy = f"'{key}' is missing", f"Add '{key}'"
        elif kind == "extra_forbidden":
            found = f"'{shown(key)[1:-1]}' is not known here"
            remedy = near(key, columns(model) if model else ())
        elif kind == "literal_error":
            known = [p.strip("'") for p in one["ctx"]["expected"].replace(" or ", ", ").split(", ")]
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
        return Rows(
            mistakes=(
                Mistake(
                    name,
                    1,
                    "",
                    "the file is empty",
                    f"Start it with the header row: {','.join(columns(model))}",
                ),
            ),
            usable=False,
        )
    stream.seek(place)
    return _body(name, csv.reader(stream, strict=True), skipped, model)


class Plain(NamedTuple):
    """A table as text: lines of remarks above it, its columns, its rows with their line."""

    notes: list[str]
    head: list[str]
    rows: list[dict[str, str]]
    lines: list[int]


def plain(name: str, text: str) -> Plain | Mistake:
    """A table without a look at what its cells say, or the first row that is none of its header."""
    stream = io.StringIO(text, newline="")
    notes: list[str] = []
    place = 0
    for line in stream:
        if line.strip() and not line.startswith("#"):
            break
        notes += [line.rstrip("\r\n")] if line.strip() else []
        place += len(line)
    skipped = text[:place].count("\n")
    stream.seek(place)
    reader = csv.reader(stream, strict=True)
    out = Plain(notes, [], [], [])
    at = skipped + 1
    try:
        for cells in reader:
            if not out.head:
                out.head.extend(cell.strip() for cell in cells)
                if twice := [one for one in out.head if out.head.count(one) > 1]:
                    found = f"column '{shown(twice[0])[1:-1]}' stands twice"
                    return Mistake(name, at, "", found, "Keep one of them")
            elif any(cells):
                if len(cells) != len(out.head):
                    return _uneven(name, at, out.head, cells)
                out.rows.append(dict(zip(out.head, cells, strict=True)))
                out.lines.append(at)
            at = skipped + reader.line_num + 1
    except csv.Error as error:
        return _no_csv(name, at, error)
    return out


def _uneven(name: str, line: int, header: list[str], cells: list[str]) -> Mistake:
    remedy = (
        "Comments may stand at the top of the file only"
        if cells[0].startswith("#")
        else "Put cells with commas into double quotes"
    )
    found = f"{many(len(cells), 'cell')} under {many(len(header), 'column')}"
    return Mistake(name, line, "", found, remedy)


def _no_csv(name: str, line: int, error: csv.Error) -> Mistake:
    remedy = "Close every quote; write a quote inside a cell twice"
    return Mistake(name, line, "", f"not CSV ({error})", remedy)


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
        if len(self.mistakes) >= MOST:
            return "mistakes", "Mend those above first"
        if len(self.rows) + len(self.broken) > MAX_ROWS:
            return "rows", f"At most {MAX_ROWS} rows"
        return "", ""

    def given_up(self, line: int, found: str, remedy: str) -> Rows:
        """What is known of a table that cannot be read to its end."""
        kept = self.mistakes[: MOST - 1]
        return Rows(mistakes=(*kept, Mistake(self.name, line, "", found, remedy)), usable=False)

    def done(self) -> Rows:
        """The whole table."""
        return Rows(tuple(self.rows), tuple(self.lines), tuple(self.broken), tuple(self.mistakes))


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
            much, remedy = table.full()
            if much:
                return table.given_up(here, f"too many {much}; reading stopped here", remedy)
    except csv.Error as error:
        wrong = _no_csv(name, line, error)
        return table.given_up(line, wrong.found, wrong.remedy)
    return table.done()


def _header(name: str, line: int, header: list[str], model: type[BaseModel]) -> list[Mistake]:
    known = columns(model)
    free = [k for k in known if k not in header] or list(known)
    out = [
        Mistake(
            name,
            line,
            shown(h)[1:-1],
            f"unknown column {shown(h)}",
            near(h, free, f"The columns are {', '.join(known)}"),
        )
        for h in header
        if h not in known
    ]
    out += [
        Mistake(name, line, h, f"column '{h}' stands twice", "Keep one of them")
        for h in dict.fromkeys(header)
        if h in known and header.count(h) > 1
    ]
    out += [
        Mistake(
            name,
            line,
            k,
            f"column '{k}' is missing from the header",
            f"The columns are {', '.join(known)}",
        )
        for k, required in known.items()
        if required and k not in header
    ]
    return out


def _row(
    name: str, line: int, header: list[str], cells: list[str], model: type[BaseModel]
) -> BaseModel | list[Mistake]:
    if len(cells) != len(header):
        return [_uneven(name, line, header, cells)]
    try:
        return model.model_validate(
            {key: cell.strip() for key, cell in zip(header, cells, strict=True)}
        )
    except ValidationError as error:
        return [
            Mistake(name, line, ".".join(map(str, where)), found, remedy)
            for where, found, remedy in problems(error, model)
        ]
