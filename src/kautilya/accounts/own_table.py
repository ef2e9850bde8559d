"""An analyst's own table: figures and identities in one CSV file, no scenario.

    name,low,high,unit,source,identity
    opening,2840,3300,tank,IISS,
    lost,2552,,tank,Oryx,
    ,,,,,opening + made - lost = closing

A row is a figure (a name or a sum of names, a low or a high or both) or an identity (=, <=, >=
between sums). The same name may stand in several rows: rival sources. Nothing is negative.
Columns after `high` are optional; `date`, `grade` and `note` may be added.
"""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from kautilya.accounts.bounds import Part, parts_of
from kautilya.accounts.build import Bracket, Built, Meaning, figure_rows
from kautilya.accounts.figures import Figure
from kautilya.accounts.findings import Audit, bound_frame
from kautilya.accounts.linear import Linear, Row, linear, relation, row, system
from kautilya.accounts.mends import explained, resolvers
from kautilya.errors import KautilyaError

COLUMNS = ("name", "low", "high", "unit", "source", "date", "grade", "note", "identity")
NEEDED = ("name", "low", "high")
MOST_BYTES, MOST_ROWS, LONGEST_CELL = 1_000_000, 2_000, 500
NUMBER = re.compile(r"\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+", re.ASCII)


class Line(NamedTuple):
    """One row with the line it stands on."""

    place: str
    number: int
    cells: dict[str, str]


class Table(NamedTuple):
    """What was read: rows of the system, what figures mean, all names in order."""

    rows: list[Row]
    meanings: dict[str, Meaning]
    names: tuple[str, ...]


def audit_table(path: Any, conflicts: bool = True) -> Audit:
    """Audit a CSV of figures and identities. Returns an Audit whose accounts frame has one row
    per name. Raises KautilyaError with file and line for anything that cannot be read."""
    table = read_table(Path(path))
    box = {name: (0.0, math.inf) for name in table.names}
    built = Built(system(box, table.rows), {}, table.meanings, {})
    groups = parts_of(built)
    clashes = [r for g in groups if conflicts and g.aside for r in _explained(g, built)]
    aside = [f for g in groups for f in g.aside]
    notes = [f"{len(table.meanings)} figures of "
             f"{len({m.figure.originator for m in table.meanings.values()})} sources."]
    notes += ["The figures cannot all be true; bounds hold without "
              + ", ".join(aside) + "."] if aside else ["All figures can be true together."]
    empty = pd.DataFrame()
    return Audit(Path(path).name, "all", "", tuple(notes), _names_frame(groups),
                 bound_frame(built, groups, {""}), pd.DataFrame(clashes),
                 pd.DataFrame(resolvers(clashes)), empty, empty, empty, empty)


def _explained(group: Part, built: Built) -> list[dict[str, Any]]:
    found, _ = explained(group.programme, built)
    group.programme.set_free(group.aside)
    return found


def _names_frame(groups: list[Part]) -> pd.DataFrame:
    out = []
    for group in groups:
        for name in group.programme.parts.names:
            found = group.programme.bound(Linear({name: 1.0}))
            assert found is not None
            out.append({"account": "", "term": name, "low": found.low, "high": found.high,
                        "gap": found.gap, "feasible": not group.aside})
    return pd.DataFrame(out)


def read_table(path: Path) -> Table:
    """Read and check the file. Raises KautilyaError at the first mistake."""
    rows: list[Row] = []
    meanings: dict[str, Meaning] = {}
    units: dict[str, tuple[str, str]] = {}
    forms: list[tuple[Line, Linear]] = []
    for line in _lines(path):
        if line.cells["identity"]:
            rows.append(_identity(line))
            forms.append((line, Linear(rows[-1].coefs)))
            continue
        meaning = _figure(line)
        meanings[meaning.figure.id] = meaning
        rows += figure_rows(meaning)
        forms.append((line, meaning.bracket.lows[0]))
        _learn(line, meaning, units)
    if not meanings:
        raise KautilyaError(path.name, "there is no figure in the table",
                            "add rows with a name and a low or a high")
    said = {name for m in meanings.values() for name in m.bracket.lows[0].coefs}
    for line, form in forms:
        _same_units(line, form, units)
        if line.cells["identity"] and not said & set(form.coefs):
            raise KautilyaError(line.place, f"no figure is about any name of "
                                f"'{line.cells['identity']}'", "spell the names as in the rows "
                                f"of figures: {', '.join(sorted(said))}")
    names = tuple(dict.fromkeys(name for _, form in forms for name in form.coefs))
    return Table(rows, meanings, names)


def _identity(line: Line) -> Row:
    filled = [c for c in ("low", "high", "name") if line.cells[c]]
    if filled:
        raise KautilyaError(line.place, f"an identity stands beside a value for '{filled[0]}'",
                            "give the identity a row of its own")
    read = relation(line.cells["identity"], line.place)
    low, high = {"=": (0.0, 0.0), "<=": (-math.inf, 0.0), ">=": (0.0, math.inf)}[read.sign]
    return row(read.form, low, high, line.place, "identity")


def _figure(line: Line) -> Meaning:
    cells = line.cells
    if not cells["name"]:
        raise KautilyaError(line.place, "the name is empty", "say what the figure is about")
    form = linear(cells["name"], line.place)
    if not any(form.coefs.values()):
        raise KautilyaError(line.place, f"'{cells['name']}' names nothing",
                            "use a word that starts with a letter, such as lost")
    low, high = _number(line, "low", -math.inf), _number(line, "high", math.inf)
    if not (math.isfinite(low) or math.isfinite(high)):
        raise KautilyaError(line.place, "neither low nor high is given",
                            "give at least one of them, or leave the row out")
    if low > high:
        raise KautilyaError(line.place, f"low {cells['low']} is above high {cells['high']}",
                            "write the smaller number under low")
    name = f"line {line.number}"
    figure = Figure(id=name, actor="", partner="", good=cells["name"], measure="", stage="",
                    first="", last="", low=low, central=math.nan, high=high, unit=cells["unit"],
                    tag="", source=cells["source"], date=cells["date"], grade=cells["grade"],
                    status="", note=cells["note"], originator=cells["source"] or "someone")
    return Meaning(figure, "", Bracket((form,), (form,)), None, low, high, 1.0, False)


def _number(line: Line, column: str, absent: float) -> float:
    text = line.cells[column]
    if not text:
        return absent
    if text.startswith("-"):
        raise KautilyaError(line.place, f"{column} is negative: {text}",
                            "amounts are never negative; put the minus sign into the identity")
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise KautilyaError(line.place, f"{column} is '{text}', which is no plain number",
                            "write digits with a point, without separators, units or signs")
    return float(text)


def _learn(line: Line, meaning: Meaning, units: dict[str, tuple[str, str]]) -> None:
    """Each name has one unit; a unit is learned from the rows that are about one name."""
    names = list(meaning.bracket.lows[0].coefs)
    unit = line.cells["unit"]
    if unit and len(names) == 1:
        known = units.setdefault(names[0], (unit, line.place))
        if known[0] != unit:
            raise KautilyaError(line.place, f"{names[0]} is in {unit}, but in {known[0]} at "
                                f"{known[1]}", "use one unit for one name")


def _same_units(line: Line, form: Linear, units: dict[str, tuple[str, str]]) -> None:
    used = {units[name][0]: name for name in form.coefs if name in units}
    if len(used) > 1:
        (one, a), (two, b), *_ = used.items()
        raise KautilyaError(line.place, f"{a} ({one}) and {b} ({two}) are added",
                            "tagged kinds and different units cannot be mixed in one sum")


def _lines(path: Path) -> list[Line]:
    text = _text(path)
    try:
        parsed = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error as error:
        raise KautilyaError(path.name, f"the file is no clean CSV ({error})",
                            "close every quote, separate cells by commas") from None
    start = next((i for i, cells in enumerate(parsed) if _kept(cells)), None)
    if start is None:
        raise KautilyaError(path.name, "the file is empty", "start with name,low,high")
    header = _header([cell.strip() for cell in parsed[start]], f"{path.name}:{start + 1}")
    out = [_line(path, i + 1, header, [cell.strip() for cell in cells])
           for i, cells in enumerate(parsed) if i > start and _kept(cells)]
    if not out or len(out) > MOST_ROWS:
        raise KautilyaError(path.name, f"the table has {len(out)} rows",
                            f"give between 1 and {MOST_ROWS}")
    return out


def _kept(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#")


def _line(path: Path, number: int, header: list[str], cells: list[str]) -> Line:
    place = f"{path.name}:{number}"
    if len(cells) > len(header) and any(cells[len(header):]):
        raise KautilyaError(place, f"{len(cells)} cells under {len(header)} columns",
                            "put text with commas, and numbers, into quotes or drop the comma")
    long = next((c for c in cells if len(c) > LONGEST_CELL), None)
    if long is not None:
        raise KautilyaError(place, f"a cell of {len(long)} characters",
                            f"write at most {LONGEST_CELL}")
    found = dict(zip(header, cells, strict=False))
    return Line(place, number, {c: found.get(c, "") for c in COLUMNS})


def _header(cells: list[str], place: str) -> list[str]:
    names = [cell.lower() for cell in cells]
    absent = [c for c in NEEDED if c not in names]
    if absent:
        raise KautilyaError(place, f"the header has no column '{absent[0]}'",
                            "start the file with name,low,high,unit,source,identity")
    strange = next((n for n in names if n not in COLUMNS), None)
    if strange is not None:
        raise KautilyaError(place, f"there is no column '{strange}'",
                            f"use {', '.join(COLUMNS)}")
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise KautilyaError(place, f"the column '{twice}' stands twice", "keep one of them")
    return names


def _text(path: Path) -> str:
    if not path.is_file():
        raise KautilyaError(str(path), "there is no such file", "give the path of a CSV file")
    if path.stat().st_size > MOST_BYTES:
        raise KautilyaError(path.name, f"the file has {path.stat().st_size} bytes",
                            f"give at most {MOST_BYTES}")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KautilyaError(path.name, f"byte {error.start} is not UTF-8",
                            "save the file as UTF-8") from None
    if "\x00" in text:
        raise KautilyaError(path.name, "the file holds a zero byte", "save it as plain CSV text")
    return text

