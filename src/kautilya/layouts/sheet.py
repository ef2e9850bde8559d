"""A stranger's table: bytes into cells, cells into days, numbers and states, with what was odd told.

Nothing is guessed in silence. The encoding, the separator, lines above the header, the way that
numbers and days are written: each is found from the whole column, told where it is not the plain
one, and refused with line and remedy where two readings fit.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from kautilya.errors import KautilyaError
from kautilya.wording import many

LARGEST = 500_000_000  # bytes of a file that is read whole

WIDEST = 400  # columns of a table
PREAMBLE = 40  # lines above a header that are looked through
SEPARATORS = (",", ";", "\t", "|")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)  # digits of no other script
EMPTY = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--", "..", "."})
Days = Mapping[str, date]


class Unknown(KautilyaError):
    """A file that is no table, or has none of the layouts."""


class Line(NamedTuple):
    """Cells of a row by plain name of the column, and the place at which they stand."""

    place: str
    cells: Mapping[str, str]

    def get(self, name: str) -> str:
        """The cell of a column, "" where it is empty or absent."""
        said = self.cells.get(name, "").strip()
        return "" if said.casefold() in EMPTY else said


class Sheet(NamedTuple):
    """A table as text.

    head    plain names of the columns, in their order
    lines   its rows
    notes   what was told apart while reading: encoding, separator, lines above the header
    comma   whether cells stand between semicolons or tabs, so that a comma may be a decimal sign
    """

    path: Path
    head: tuple[str, ...]
    lines: list[Line]
    notes: list[str]
    comma: bool


def plain(name: str) -> str:
    """A column's name in lower case, everything but letters and digits as one underscore."""
    return re.sub(r"\W+", "_", name.strip().casefold().replace("*", " star")).strip("_")


def _no_file(path: Path) -> str:
    """Why a path is no file that can be read."""
    if path.is_dir():
        return "cannot be read (a folder, not a file)"
    if path.exists():
        return "cannot be read (a device, a pipe or a socket, no regular file)"
    why = "a link that leads nowhere" if path.is_symlink() else "there is no such file"
    return f"cannot be read ({why})"


def raw_bytes(path: Path) -> bytes:
    """The bytes of a stranger's table. Raises KautilyaError where it is no file that can be read, or
    is too large."""
    try:
        if not path.is_file():
            raise KautilyaError(
                str(path), _no_file(path), "Give the path of a CSV, JSON or Parquet file"
            )
        if path.stat().st_size > LARGEST:
            raise KautilyaError(
                str(path), f"more than {LARGEST // 1_000_000} MB", "Give a table of months or years"
            )
        return path.read_bytes()
    except OSError as error:
        raise KautilyaError(
            str(path), f"cannot be read ({error.strerror})", "Give the path of a data file"
        ) from None


def decoded(path: Path) -> tuple[str, list[str]]:
    """The text of a file in whatever encoding it came, and what is to be said of it.

    Raises KautilyaError where it is no text, cannot be read, or is too large.
    """
    raw = raw_bytes(path)
    if raw[:4] in (b"PK\x03\x04", b"PAR1") or raw[:4] == b"\xd0\xcf\x11\xe0":
        raise KautilyaError(
            str(path), "a workbook or another packed file", "Save its sheet as CSV and give that"
        )
    text, notes = _text(path, raw)
    if "\0" in text:
        raise KautilyaError(str(path), "holds a NUL: no text", "Save it as CSV in UTF-8")
    return text, notes


def _text(path: Path, raw: bytes) -> tuple[str, list[str]]:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return raw.decode("utf-16"), ["read as UTF-16"]
        except UnicodeDecodeError as error:
            raise KautilyaError(
                str(path), f"broken UTF-16 (byte {error.start})", "Save it as CSV in UTF-8"
            ) from None
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    best = from_bytes(raw, cp_isolation=["cp1252", "latin_1", "cp1251", "cp1250"]).best()
    if best is None:
        raise KautilyaError(
            str(path), "no text in an encoding that is known", "Save it as CSV in UTF-8"
        )
    name = {"cp1252": "Windows-1252", "latin_1": "ISO-8859-1"}.get(best.encoding, best.encoding)
    return str(best), [f"not UTF-8: read as {name}; look at names with accents"]


def sheet(path: Path, marks: Iterable[frozenset[str]] = ()) -> Sheet:
    """The table of a CSV or JSON file.

    marks   sets of plain column names, any one of which tells the header from lines above it

    Raises KautilyaError naming file and line.
    """
    text, notes = decoded(path)
    if path.suffix.lower() in (".json", ".geojson") or text.lstrip()[:1] in ("[", "{"):
        return _records(path, text, notes)
    return _table(path, text, notes, tuple(marks))


def _table(path: Path, text: str, notes: list[str], marks: tuple[frozenset[str], ...]) -> Sheet:
    starts = text.splitlines()[:PREAMBLE]
    best: tuple[int, int, str] = (-1, 0, ",")
    for sign in SEPARATORS:
        for number, line in enumerate(starts):
            if sign not in line or line.startswith("#"):
                continue
            names = _heads(f"{path}:{number + 1}", line, sign)
            hits = max((len(mark & names) for mark in marks if mark <= names), default=0)
            score = 1000 * hits + (len(names - {""}) if number == 0 else 0)
            if score > best[0]:
                best = (score, number, sign)
    _, above, sign = best
    if above:
        notes = [*notes, f"{many(above, 'line')} above the header left out"]
    if sign != ",":
        named = {";": "semicolons", "\t": "tabs", "|": "bars"}[sign]
        notes = [*notes, f"cells stand between {named}"]
    return Sheet(path, *_cells(path, text, above, sign), notes, sign != ",")


def _heads(place: str, line: str, sign: str) -> set[str]:
    """The plain names that one line gives. Raises KautilyaError for a cell beyond all measure."""
    try:
        return {plain(cell) for cell in next(csv.reader([line], delimiter=sign), [])}
    except csv.Error as error:
        raise KautilyaError(place, f"no CSV ({error})", "Save it as CSV in UTF-8") from None


def _cells(path: Path, text: str, above: int, sign: str) -> tuple[tuple[str, ...], list[Line]]:
    body = "".join(text.splitlines(keepends=True)[above:])
    kept = (line if line[:1] != "#" else "\n" for line in io.StringIO(body, newline=""))
    reader = csv.reader(kept, delimiter=sign)
    head: tuple[str, ...] = ()
    out: list[Line] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"{path}:{above + reader.line_num}"
            if not head:
                head = _names(place, cells)
                continue
            while len(cells) > len(head) and not cells[-1].strip():
                cells.pop()
            if len(cells) != len(head):
                raise KautilyaError(
                    place,
                    f"{many(len(cells), 'cell')} under {many(len(head), 'name')}",
                    "Give each row the cells that the header names; quote a cell that holds "
                    f"{sign!r}",
                )
            named = {name: cell for name, cell in zip(head, cells, strict=True) if name}
            out.append(Line(place, named))
    except csv.Error as error:
        raise KautilyaError(
            f"{path}:{above + reader.line_num}", f"no CSV ({error})", "Save it as CSV in UTF-8"
        ) from None
    return head, out


def _names(place: str, cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1].strip():
        cells.pop()
    head = tuple(plain(cell) for cell in cells)
    if len(head) > WIDEST:
        raise KautilyaError(place, many(len(head), "column"), f"Give {WIDEST} or fewer")
    twice = sorted({name for name in head if name and head.count(name) > 1})
    if twice:
        raise KautilyaError(place, f"two columns {twice[0]!r}", "Rename or remove one of them")
    return head


def _records(path: Path, text: str, notes: list[str]) -> Sheet:
    """A list of records, or the one list inside; a record inside a record is spread out."""
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _once(path, pairs))
    except (ValueError, RecursionError) as error:
        raise KautilyaError(str(path), f"no JSON ({error})", "Give a list of records") from None
    while isinstance(data, dict):
        inner = [value for value in data.values() if isinstance(value, list | dict)]
        lists = [value for value in inner if isinstance(value, list)]
        if len(lists) != 1 and len(inner) != 1:
            break
        data = lists[0] if len(lists) == 1 else inner[0]
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise Unknown(
            str(path), "the JSON is no list of records", 'Give [{"date": "2022-02-25", "tank": 2}]'
        )
    lines: list[Line] = []
    head: dict[str, None] = {}
    for number, record in enumerate(data, 1):
        cells = _spread(record)
        head |= dict.fromkeys(cells)
        lines.append(Line(f"{path}: record {number}", cells))
    return Sheet(path, tuple(head), lines, notes, False)


def _once(path: Path, pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A record, each of whose keys stands in it once. Raises KautilyaError for one that does not."""
    out: dict[str, object] = {}
    for key, value in pairs:
        if key in out:
            raise KautilyaError(
                str(path), f"a record has {key[:40]!r} twice", "Keep the one that is right"
            )
        out[key] = value
    return out


def _spread(record: Mapping[str, object]) -> dict[str, str]:
    out: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            inner = {k: v for k, v in value.items() if isinstance(v, str | int | float)}
            for name, said in inner.items():
                out.setdefault(plain(str(name)), str(said))
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            out[plain(str(key))] = str(value)
    return out


def numbers(
    sheet: Sheet, columns: Iterable[str], whole: bool = False, decimal: str = ""
) -> dict[str, list[float | None]]:
    """Columns as numbers, None where a cell is empty; how they are written is found by column.

    whole     they count things: 1.234 and 1,234 are both one thousand and more
    decimal   "," or ".": the decimal sign, where the file leaves it open

    Raises KautilyaError naming line, column and cell.
    """
    wanted = [name for name in columns if name in sheet.head]
    written = {name: [line.get(name) for line in sheet.lines] for name in wanted}
    signs = {name: decimal or _decimal(cells, whole) for name, cells in written.items()}
    known = {sign for sign in signs.values() if sign}
    out: dict[str, list[float | None]] = {}
    for name, cells in written.items():
        sign = signs[name] or (next(iter(known)) if len(known) == 1 else "")
        if not sign and sheet.comma and any("," in cell for cell in cells):
            odd = next(line for line in sheet.lines if "," in line.get(name))
            raise KautilyaError(
                odd.place,
                f"{name} {odd.get(name)!r} may be a thousand or a fraction",
                "Say which with --decimal , or --decimal .",
            )
        sign = sign or "."
        out[name] = [
            _number(line, name, cell, (sign, whole))
            for line, cell in zip(sheet.lines, cells, strict=True)
        ]
        known |= {sign}
    return out


def _decimal(cells: list[str], whole: bool) -> str:
    """The decimal sign of a column, "" where it shows none or two readings fit."""
    shown = [re.sub(r"[\s\u00a0\u202f']", "", cell) for cell in cells]
    both = [cell for cell in shown if "," in cell and "." in cell]
    if both:
        return "," if both[0].rfind(",") > both[0].rfind(".") else "."
    for sign, other in ((",", "."), (".", ",")):
        mine = [cell for cell in shown if sign in cell]
        if not mine:
            continue
        grouped = all(re.fullmatch(rf"[-+]?\d{{1,3}}(\{sign}\d{{3}})+", cell) for cell in mine)
        if not grouped:
            return sign
        if whole or any(cell.count(sign) > 1 for cell in mine):
            return other
        if sign == ".":
            return "."  # as nearly every program writes it
    return ""


def _number(line: Line, name: str, cell: str, how: tuple[str, bool]) -> float | None:
    """A cell, given its decimal sign and whether it is whole."""
    if not cell:
        return None
    sign, whole = how
    other = "," if sign == "." else "."
    said = re.sub(r"[\s\u00a0\u202f']", "", cell).replace(other, "").replace(sign, ".")
    if NUMBER.fullmatch(said) is None:
        raise KautilyaError(
            line.place, f"{name} {cell!r}", "Give a number, or leave the cell empty"
        )
    value = float(said)
    if whole and value % 1.0:
        raise KautilyaError(line.place, f"{name} {cell!r}", "Give a whole number: it counts things")
    if abs(value) > 1e15:
        raise KautilyaError(line.place, f"{name} {cell!r}", "Give a number below 1e15")
    return value


def days(sheet: Sheet, column: str, order: str = "") -> list[date | None]:
    """A column as days, None where a cell is empty; one way of writing them for the whole file.

    order   "dmy" or "mdy": where day and month could be exchanged in every row

    Raises KautilyaError naming line and cell, or asking for --dates where both orders fit.
    """
    cells = [_day_only(line.get(column)) for line in sheet.lines]
    plainly = [WAYS["iso"](cell) if cell else None for cell in cells]
    if all(day is not None or not cell for day, cell in zip(plainly, cells, strict=True)):
        return plainly
    readings = {
        name: [reading(cell) if cell else None for cell in cells] for name, reading in WAYS.items()
    }
    whole = [
        name
        for name, found in readings.items()
        if all(day is not None or not cell for day, cell in zip(found, cells, strict=True))
    ]
    if order:
        whole = [name for name in whole if name in ("iso", "words", order)]
    if not whole:
        raise _odd_day(sheet, column, cells, readings, order)
    if {"dmy", "mdy"} <= set(whole):
        whole = _likely(sheet, column, cells, readings)
    return readings[whole[0]]


def _day_only(cell: str) -> str:
    return re.sub(r"[T ]+\d{1,2}:\d{2}.*$", "", cell.strip())


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1800 <= year <= 2200 else None
    except ValueError:
        return None


def _parts(cell: str, pattern: str, order: tuple[int, int, int]) -> date | None:
    found = re.fullmatch(pattern, cell, re.ASCII)
    if found is None:
        return None
    year, month, day = (int(found.group(number)) for number in order)
    return _made(year, month, day)


def _words(cell: str) -> date | None:
    """7 March 2023, March 7, 2023, 07-Mar-2023."""
    from datetime import datetime

    said = re.sub(r"[\s,-]+", " ", cell).strip()
    if re.search(r"\d", re.sub(r"[0-9]", "", said)):
        return None  # digits of another script
    for form in ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y"):
        try:
            return datetime.strptime(said, form).date()
        except ValueError:
            continue
    return None


SLASHED = r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})"
WAYS: Mapping[str, Callable[[str], date | None]] = {
    "iso": lambda cell: _parts(cell, r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})", (1, 2, 3)),
    "dmy": lambda cell: _parts(cell, SLASHED, (3, 2, 1)),
    "mdy": lambda cell: _parts(cell, SLASHED, (3, 1, 2)),
    "words": _words,
}


def _odd_day(
    sheet: Sheet,
    column: str,
    cells: list[str],
    readings: Mapping[str, list[date | None]],
    order: str,
) -> KautilyaError:
    """The first cell that the commonest way of writing does not read."""
    chosen = order or max(readings, key=lambda name: sum(x is not None for x in readings[name]))
    at = next(
        row
        for row, (cell, day) in enumerate(zip(cells, readings[chosen], strict=True))
        if cell and day is None
    )
    return KautilyaError(
        sheet.lines[at].place,
        f"{column} {sheet.lines[at].get(column)!r}",
        "Give a day such as 2024-08-31, written the same way in every row",
    )


def _likely(
    sheet: Sheet, column: str, cells: list[str], readings: Mapping[str, list[date | None]]
) -> list[str]:
    """Where both orders fit: the one in which the rows stand in the order of time."""
    rising = {}
    for name in ("dmy", "mdy"):
        found = [day for day in readings[name] if day is not None]
        steps = list(zip(found[:-1], found[1:], strict=True))
        up, down = all(a <= b for a, b in steps), all(a >= b for a, b in steps)
        rising[name] = len(set(found)) > 2 and (up or down)
    fits = [name for name, good in rising.items() if good]
    if len(fits) == 1:
        return fits
    if all(readings["dmy"][at] == readings["mdy"][at] for at in range(len(cells))):
        return ["dmy"]
    at = next(row for row, cell in enumerate(cells) if cell)
    raise KautilyaError(
        sheet.lines[at].place,
        f"{column} {sheet.lines[at].get(column)!r}: day and month could be exchanged in every row",
        "Say which stands first with --dates dmy or --dates mdy",
    )
