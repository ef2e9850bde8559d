"""An analyst's own table: figures and identities in one CSV file, no scenario.

    name,low,high,unit,source,identity
    opening,2840,3300,tank,IISS,
    lost,2552,,tank,Oryx,
    ,,,,,opening + made - lost = closing

A row is a figure (a name or a sum of names, a low or a high or both) or an identity (=, <=, >=
between sums). The same name may stand in several rows: rival sources. Nothing is negative.
Columns after `high` are optional; `date`, `grade`, `note` and `exact` may be added. A number that
is low and high at once stands for all that is rounded to it, unless it is said to be exact.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from kautilya.accounts.build import Bracket, Meaning, figure_rows
from kautilya.accounts.figures import Figure
from kautilya.accounts.linear import LARGEST, LEAST, Linear, Row, linear, relation, row
from kautilya.errors import KautilyaError
from kautilya.wording import many

COLUMNS = ("name", "low", "high", "unit", "source", "date", "grade", "note", "exact", "identity")
NEEDED = ("name", "low", "high")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
YES, NO = ("yes", "true", "1", "x"), ("", "no", "false", "0")
MOST_BYTES, MOST_ROWS, MOST_NAMES, LONGEST_CELL = 1_000_000, 2_000, 600, 500
LONGEST_IDENTITY = 20_000
ALIKE = 0.8  # how far two names agree from which one may be the other, misspelt
GROUPED = re.compile(r"[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
NUMBER = re.compile(r"\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+", re.ASCII)
GRADE = re.compile(r"[A-F][1-6]", re.ASCII)
OPEN, FINEST = 1e-6, 4e-9  # an interval of rounding ends before the next number begins, by
# a share of itself and by what the arithmetic can tell apart


class Line(NamedTuple):
    """One row with the line it stands on."""

    place: str
    number: int
    cells: dict[str, str]


class Table(NamedTuple):
    """What was read: identities, what each figure means, how cells are separated."""

    identities: tuple[Row, ...]
    meanings: dict[str, Meaning]
    separator: str = ","
    odd: tuple[str, ...] = ()  # what may be a slip of the pen, in sentences

    def rows(self, meanings: dict[str, Meaning]) -> list[Row]:
        """The rows of the system with these figures."""
        return [*self.identities, *(r for m in meanings.values() for r in figure_rows(m))]

    def names(self) -> tuple[str, ...]:
        """All names in the order of the file."""
        forms = [m.bracket.lows[0].coefs for m in self.meanings.values()]
        forms += [row.coefs for row in self.identities]
        return tuple(dict.fromkeys(name for form in forms for name in form))


def read_table(path: Path, exact: bool = False) -> Table:
    """Read and check the file; `exact`: numbers stand for themselves, not for their rounding.

    Raises KautilyaError at the first mistake.
    """
    identities: list[Row] = []
    meanings: dict[str, Meaning] = {}
    units: dict[str, tuple[str, str]] = {}
    forms: list[tuple[Line, Linear]] = []
    lines, separator = _lines(path)
    _points(lines, separator)
    for line in lines:
        if line.cells["identity"]:
            identities.append(_identity(line))
            forms.append((line, Linear(identities[-1].coefs)))
            continue
        meaning = _figure(line, exact)
        meanings[meaning.figure.id] = meaning
        forms.append((line, meaning.bracket.lows[0]))
        _learn(line, meaning, units)
    if not meanings:
        raise KautilyaError(
            path.name, "there is no figure in the table", "add rows with a name and a low or a high"
        )
    said = {name for m in meanings.values() for name in m.bracket.lows[0].coefs}
    for line, form in forms:
        _same_units(line, form, units)
        if line.cells["identity"] and not said & set(form.coefs):
            raise KautilyaError(
                line.place,
                f"no figure is about any name of '{line.cells['identity'][:LONGEST_CELL]}'",
                f"spell the names as in the rows of figures: {', '.join(sorted(said)[:20])}",
            )
    odd = (*_twice(lines), *_misspelt(forms, said))
    out = Table(tuple(identities), meanings, separator, odd)
    if len(out.names()) > MOST_NAMES:
        raise KautilyaError(
            path.name,
            f"the table has {len(out.names()):,} names",
            f"give at most {MOST_NAMES:,}, or split the table",
        )
    return out


def _twice(lines: list[Line]) -> Iterator[str]:
    """Rows of figures that stand twice: each counts once, but one of them may be meant otherwise."""
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        said = tuple(line.cells[column] for column in ("name", "low", "high", "source", "date"))
        if line.cells["name"] and seen.setdefault(said, line.number) != line.number:
            yield f"Line {line.number} repeats line {seen[said]}: one of them may be a doubled row."


def _misspelt(forms: list[tuple[Line, Linear]], said: set[str]) -> Iterator[str]:
    """Names of identities of which no figure is, and which are nearly those of figures."""
    told: set[str] = set()
    for line, form in forms:
        for name in form.coefs:
            if name in said or name in told:
                continue
            near = get_close_matches(name.lower(), {one.lower() for one in said}, 1, ALIKE)
            if near:
                told.add(name)
                meant = next(one for one in sorted(said) if one.lower() == near[0])
                yield f"No figure is about {name} (line {line.number}); is {meant} meant?"


def _identity(line: Line) -> Row:
    filled = [c for c in ("low", "high", "name") if line.cells[c]]
    if filled:
        raise KautilyaError(
            line.place,
            f"an identity stands beside a value for '{filled[0]}'",
            "give the identity a row of its own",
        )
    read = relation(line.cells["identity"], line.place)
    low, high = {"=": (0.0, 0.0), "<=": (-math.inf, 0.0), ">=": (0.0, math.inf)}[read.sign]
    return row(read.form, low, high, line.place, "identity")


def _figure(line: Line, exact: bool) -> Meaning:
    cells = line.cells
    if not cells["name"]:
        raise KautilyaError(line.place, "the name is empty", "say what the figure is about")
    form = linear(cells["name"], line.place)
    if not any(form.coefs.values()):
        raise KautilyaError(
            line.place,
            f"'{cells['name']}' names nothing",
            "use a word that starts with a letter, such as lost",
        )
    low, high = _number(line, "low", -math.inf), _number(line, "high", math.inf)
    if not (math.isfinite(low) or math.isfinite(high)):
        raise KautilyaError(
            line.place,
            "neither low nor high is given",
            "give at least one of them, or leave the row out",
        )
    if low > high:
        raise KautilyaError(
            line.place,
            f"low {cells['low']} is above high {cells['high']}",
            "write the smaller number under low",
        )
    name = f"line {line.number}"
    figure = Figure(
        id=name,
        actor="",
        partner="",
        good=cells["name"],
        measure="",
        stage="",
        first="",
        last="",
        low=low,
        central=math.nan,
        high=high,
        unit=cells["unit"],
        tag="",
        source=cells["source"],
        date=cells["date"],
        grade=cells["grade"],
        status="",
        note=cells["note"],
        originator=cells["source"] or "someone",
    )
    slack = 0.0
    if low == high and not (exact or _said_exact(line)):
        half = half_a_digit(cells["low"])
        slack = max(0.0, half - max(OPEN * half, FINEST * low))
    return Meaning(
        figure, "", Bracket((form,), (form,)), None, max(0.0, low - slack), high + slack, 1.0, False
    )


def half_a_digit(text: str) -> float:
    """Half a unit of the last digit of a plain number: what is rounded to 33.3 lies within 0.05.

    A whole number is rounded to a whole at most, also when written with an exponent.
    """
    digits, _, power = text.lower().partition("e")
    return 0.5 * 10.0 ** min(0, int(power or 0) - len(digits.partition(".")[2]))


def _said_exact(line: Line) -> bool:
    told = line.cells["exact"].lower()
    if told not in (*YES, *NO):
        raise KautilyaError(line.place, f"exact is '{told}'", "write yes or no")
    return told in YES


def _number(line: Line, column: str, absent: float) -> float:
    text = line.cells[column]
    if not text:
        return absent
    if text.startswith("-"):
        raise KautilyaError(
            line.place,
            f"{column} is negative: {text}",
            "amounts are never negative; put the minus sign into the identity",
        )
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise KautilyaError(
            line.place,
            f"{column} is '{text}', which is no plain number",
            "write digits with a point, without separators, units or signs",
        )
    value = float(text)
    vanished = value == 0.0 and re.search("[1-9]", re.split("[eE]", text)[0])
    if vanished or (value and not LEAST <= value <= LARGEST):
        raise KautilyaError(
            line.place, f"{column} is {text}", f"give 0, or a number from {LEAST:g} to {LARGEST:g}"
        )
    return value


def _points(lines: list[Line], separator: str) -> None:
    """Where cells do not stand between commas, 1.200 is a thousand and more to whoever writes a comma
    for the point. KautilyaError where no other number of the table tells which."""
    pointed = [
        (line, line.cells[column])
        for line in lines
        for column in ("low", "high")
        if "." in line.cells[column]
    ]
    if separator != "," and pointed and all(GROUPED.fullmatch(cell) for _, cell in pointed):
        line, cell = pointed[0]
        raise KautilyaError(
            line.place,
            f"{cell} may be a thousand and more, or a fraction",
            f"write {cell.replace('.', '')}, or {cell}0 for the fraction",
        )


def _learn(line: Line, meaning: Meaning, units: dict[str, tuple[str, str]]) -> None:
    """Each name has one unit; a unit is learned from the rows that are about one name."""
    names = list(meaning.bracket.lows[0].coefs)
    unit = line.cells["unit"]
    if unit and len(names) == 1:
        known = units.setdefault(names[0], (unit, line.place))
        if known[0] != unit:
            raise KautilyaError(
                line.place,
                f"{names[0]} is in {unit}, but in {known[0]} at {known[1]}",
                "use one unit for one name",
            )


def _same_units(line: Line, form: Linear, units: dict[str, tuple[str, str]]) -> None:
    used = {units[name][0]: name for name in form.coefs if name in units}
    if len(used) > 1:
        (one, a), (two, b), *_ = used.items()
        raise KautilyaError(
            line.place,
            f"{a} ({one}) and {b} ({two}) are added",
            "tagged kinds and different units cannot be mixed in one sum",
        )


def _lines(path: Path) -> tuple[list[Line], str]:
    """The rows, each with the line on which it begins, and what separates their cells."""
    text = _text(path)
    separator = _separator(text)
    parsed = [(number, cells) for number, cells in _rows(path, text, separator) if _kept(cells)]
    if not parsed:
        raise KautilyaError(path.name, "the file is empty", "start with name,low,high")
    (first, head), *rest = parsed
    header = _header([cell.strip() for cell in head], f"{path.name}:{first}")
    if not rest or len(rest) > MOST_ROWS:
        raise KautilyaError(
            path.name, f"the table has {many(len(rest), 'row')}", f"give between 1 and {MOST_ROWS}"
        )
    return [_line(path, number, header, cells) for number, cells in rest], separator


def _rows(path: Path, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Only line feeds and carriage returns end a row: other marks may stand in a cell."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise KautilyaError(
            f"{path.name}:{begins}",
            f"the file is no clean CSV ({error})",
            f"close every quote, separate cells by {SEPARATORS[separator]}",
        ) from None


def _separator(text: str) -> str:
    """What separates the cells of the header: the sign under which most columns are known."""
    head = next(
        (
            line
            for line in text.splitlines()
            if line.strip(" ,;|\t") and not line.lstrip().startswith("#")
        ),
        "",
    )

    def known(sign: str) -> int:
        return sum(cell.strip(' "').lower() in COLUMNS for cell in head.split(sign))

    return max(SEPARATORS, key=known)


def _kept(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#")


def graded(meaning: Meaning, worst: str) -> str:
    """Why a figure is not as good as grade `worst`; empty where it is.

    Raises KautilyaError for a grade that cannot be compared.
    """
    figure = meaning.figure
    if not figure.grade:
        return "it has no grade"
    if not GRADE.fullmatch(figure.grade):
        raise KautilyaError(figure.id, f"'{figure.grade}' is no grade", "write A1 to F6")
    worse = figure.grade[0] > worst[0] or figure.grade[1] > worst[1]
    return f"graded {figure.grade}, worse than {worst}" if worse else ""


def _line(path: Path, number: int, header: list[str], raw: list[str]) -> Line:
    place, cells = f"{path.name}:{number}", [cell.strip() for cell in raw]
    if len(cells) > len(header) and any(cells[len(header) :]):
        raise KautilyaError(
            place,
            f"{many(len(cells), 'cell')} under {many(len(header), 'column')}",
            "put text with commas, and numbers, into quotes or drop the comma",
        )
    found = dict(zip(header, cells, strict=False))
    for column, cell in found.items():
        most = LONGEST_IDENTITY if column == "identity" else LONGEST_CELL
        if len(cell) > most:
            raise KautilyaError(
                place, f"a cell of {len(cell)} characters under {column}", f"write at most {most:,}"
            )
    return Line(place, number, {c: found.get(c, "") for c in COLUMNS})


def _header(cells: list[str], place: str) -> list[str]:
    names = [cell.lower() for cell in cells]
    absent = [c for c in NEEDED if c not in names]
    if absent:
        raise KautilyaError(
            place,
            f"the header has no column '{absent[0]}'",
            "start the file with name,low,high,unit,source,identity",
        )
    strange = next((n for n in names if n not in COLUMNS), None)
    if strange is not None:
        raise KautilyaError(place, f"there is no column '{strange}'", f"use {', '.join(COLUMNS)}")
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise KautilyaError(place, f"the column '{twice}' stands twice", "keep one of them")
    return names


def _text(path: Path) -> str:
    if not path.is_file():
        raise KautilyaError(str(path), "there is no such file", "give the path of a CSV file")
    if path.stat().st_size > MOST_BYTES:
        raise KautilyaError(
            path.name, f"the file has {path.stat().st_size} bytes", f"give at most {MOST_BYTES}"
        )
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise KautilyaError(path.name, "the file is UTF-16", "save the file as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KautilyaError(
            path.name, f"byte {error.start} is not UTF-8", "save the file as UTF-8"
        ) from None
    if "\x00" in text:
        raise KautilyaError(path.name, "the file holds a zero byte", "save it as plain CSV text")
    return text
