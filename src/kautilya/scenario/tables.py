"""CSV tables with line numbers: every row is validated, every mistake is kept."""

from __future__ import annotations

import csv
import io
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.schema import columns

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
