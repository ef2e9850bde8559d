"""What was imported as tables of a scenario: a folder of its own, or rows into a scenario's tables.

rows.csv      every row, with the publisher's range, the licence, and where it was read
series.csv    monthly rows in the columns of a scenario's dated records
sources.csv   the publishers, with licence and ground of redistribution

Into a scenario go the rows of series that it has, for the actors, goods and partners that it knows;
a row that stands there already is replaced, and what is thereby revised is told.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic_core import PydanticCustomError

from kautilya import disk, encode
from kautilya.errors import KautilyaError
from kautilya.layouts.layout import Entry, told
from kautilya.layouts.recognise import Imported
from kautilya.scenario import library
from kautilya.scenario.cells import number
from kautilya.scenario.library import SHIPPED
from kautilya.scenario.mistakes import Mistake
from kautilya.scenario.patch import TOML
from kautilya.scenario.reading import Plain, contents, plain
from kautilya.scenario.reading import text as decoded

SERIES = "series actor partner good month value unit source date grade status".split()
ROWS = [*SERIES[:6], "low", "high", *SERIES[6:], "licence", "may_be_redistributed", "file"]
SOURCES = "key title originator publisher date url note licence ground".split()
PLACELESS = (  # one, several
    "has no place in the scenario (its series, actors and goods)",
    "have no place in the scenario (its series, actors and goods)",
)
MADE = ("rows.csv", "series.csv", "sources.csv")
CODE = re.compile(r"[A-Z]{3}|")
MONTH = re.compile(r"\d{4}-\d{2}")
Cells = dict[str, str]


class Merged(NamedTuple):
    """Rows that went into a scenario.

    added, revised   numbers of rows
    notes            revisions and rows that the scenario has no place for
    """

    added: int
    revised: int
    notes: list[str]


def cells(one: Imported, row: Entry) -> Cells:
    """A row as it stands in rows.csv."""
    origin = one.layout.origin
    return {
        "series": row.series,
        "actor": row.actor,
        "partner": row.partner,
        "good": row.good,
        "month": row.month,
        "value": f"{row.value:.10g}",
        "low": "" if row.low is None else f"{row.low:.10g}",
        "high": "" if row.high is None else f"{row.high:.10g}",
        "unit": row.unit,
        "source": origin.key,
        "date": row.date,
        "grade": one.layout.grade,
        "status": one.layout.status,
        "licence": origin.licence,
        "may_be_redistributed": "yes: " + origin.ground if origin.ground else "no",
        "file": one.path.name,
    }


def monthly(row: Cells) -> bool:
    """Whether a row can stand in a scenario's series.csv: of a month, between actors with codes."""
    named = CODE.fullmatch(row["actor"]) and CODE.fullmatch(row["partner"])
    return bool(MONTH.fullmatch(row["month"]) and named)


def source(one: Imported) -> Cells:
    """The row of sources.csv of what was imported."""
    origin = one.layout.origin
    return {
        "key": origin.key,
        "title": origin.title,
        "originator": origin.originator,
        "publisher": origin.publisher,
        "date": max((row.date for row in one.reading.entries), default=""),
        "url": origin.url,
        "note": f"imported with the layout {one.layout.name}",
        "licence": origin.licence,
        "ground": origin.ground,
    }


def text(columns: Sequence[str], rows: Iterable[Cells], above: Sequence[str] = ()) -> bytes:
    """A table as CSV: lines of remarks above it, cells that no spreadsheet takes for a formula."""
    out = io.StringIO(newline="")
    for line in above:
        out.write(line.rstrip("\n") + "\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([encode.csv_cell(row.get(name, "")) for name in columns])
    return out.getvalue().encode()


class Written(NamedTuple):
    """Files that were written, and what is to be said of them."""

    paths: list[Path]
    notes: list[str]


def write(found: Sequence[Imported], folder: Path, replace: bool = False) -> Written:
    """Write rows.csv, series.csv and sources.csv into a folder.

    A month that two files have stands in rows.csv of each, and in series.csv once, as the later file
    has it. Raises KautilyaError where one is there already and is not to be replaced, and for the
    folder of a scenario or of a run, whose own tables these would be.
    """
    _free(folder, replace)
    folder = disk.folder(folder)
    rows = [cells(one, row) for one in found for row in one.reading.entries]
    sources = {one.layout.origin.key: source(one) for one in found}
    once, _, notes = _merge([], [row for row in rows if monthly(row)])
    tables = (text(ROWS, rows), text(SERIES, once), text(SOURCES, sources.values()))
    for name, data in zip(MADE, tables, strict=True):
        disk.write(folder / name, data)
    return Written([folder / name for name in MADE], notes)


def _free(folder: Path, replace: bool) -> None:
    library.apart(folder)
    there = [folder / name for name in MADE if os.path.lexists(folder / name)]
    if there and not replace:
        raise KautilyaError(str(there[0]), "is there already", "Give --replace or another folder")


def into(found: Sequence[Imported], folder: Path) -> Merged:
    """Put rows into the tables of a scenario of the user's own.

    folder   of the scenario; a shipped one is refused, as it is read only

    Both tables are written or neither; one that is absent is begun. Raises KautilyaError where there
    is no scenario, or a table cannot be read or has not the columns of a scenario's.
    """
    if folder.resolve().is_relative_to(SHIPPED):
        raise KautilyaError(
            str(folder), "a shipped scenario", "Copy it with `kautilya new`, or import with --out"
        )
    above, head, rows, _ = _table(folder, "series.csv", SERIES)
    over, names, sources, _ = _table(folder, "sources.csv", SOURCES[:7])
    known = _known(folder)
    fresh = [cells(one, row) for one in found for row in one.reading.entries]
    fitting = [row for row in fresh if monthly(row) and _fits(row, known)]
    merged, counts, notes = _merge(rows, fitting)
    strange = [f"{r['series']} {r['good']}".strip() for r in fresh if r not in fitting]
    notes += told(strange, *PLACELESS)
    named = {row["key"]: row for row in sources}
    for one in found:
        named[one.layout.origin.key] = {**source(one), **named.get(one.layout.origin.key, {})}
    if fitting:
        columns = [*names, *(name for name in SOURCES if name not in names)]
        disk.write(folder / "sources.csv", text(columns, named.values(), over))
        disk.write(folder / "series.csv", text(head, merged, above))
    return Merged(counts["added"], counts["revised"], notes)


def _key(row: Cells) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in SERIES[:5])


def _value(row: Cells) -> float:
    """The value of a row that stands in a scenario. Raises KautilyaError where it is no number."""
    try:
        return number(row["value"])
    except PydanticCustomError as error:
        named = " ".join(filter(None, _key(row)))
        raise KautilyaError("series.csv", f"{named}: {row['value']!r}", error.message()) from None


def _merge(rows: list[Cells], fresh: list[Cells]) -> tuple[list[Cells], Counter[str], list[str]]:
    """Rows with the fresh ones in place of those of the same series, ends and month."""
    places = {_key(row): at for at, row in enumerate(rows)}
    merged, counts, revised = list(rows), Counter[str](), list[str]()
    for row in fresh:
        at = places.get(_key(row))
        if at is None:
            places[_key(row)] = len(merged)
            merged.append(row)
            counts["added"] += 1
        elif _value(merged[at]) != float(row["value"]):
            named = " ".join(filter(None, _key(row)))
            revised.append(f"{named}: {merged[at]['value']} becomes {row['value']}")
            merged[at] = {**merged[at], **{name: row[name] for name in SERIES}}
            counts["revised"] += 1
    notes = [f"revised: {one}" for one in revised[:5]]
    more = len(revised) - len(notes)
    return merged, counts, [*notes, *([f"and {more} more revisions"] if more > 0 else [])]


def _table(folder: Path, name: str, least: Sequence[str]) -> Plain:
    """A scenario's table as it stands; an empty one where the scenario has none yet.

    Raises KautilyaError where there is no scenario, or the table cannot be read.
    """
    if not (folder / TOML).is_file():
        found = f"no {TOML} lies in it"
        raise KautilyaError(str(folder), found, "Give the folder of a scenario of your own")
    if not os.path.lexists(folder / name):
        return Plain([], list(least), [], [])
    data = contents(folder, name)
    got = decoded(name, data) if isinstance(data, bytes) else data
    made = plain(name, got) if isinstance(got, str) else got
    if isinstance(made, Mistake):
        place = f"{folder / name}:{made.line}" if made.line else str(folder / name)
        raise KautilyaError(place, made.found, made.remedy)
    missing = [column for column in least if column not in made.head]
    if missing:
        found = f"no column {missing[0]}"
        raise KautilyaError(str(folder / name), found, "See docs/scenario-format.md")
    return made


class _Known(NamedTuple):
    series: frozenset[str]
    actors: frozenset[str]
    goods: frozenset[str]


def _known(folder: Path) -> _Known:
    """What the scenario has names for."""
    from kautilya.scenario.draft import draft, fetch

    scn = draft(folder, fetch(folder)).scenario
    names = (("series.csv", "series"), ("actors.csv", "code"), ("goods.csv", "good"))
    found = [
        {str(getattr(row, column, "")) for row in scn.tables.get(table, ())}
        for table, column in names
    ]
    return _Known(frozenset(found[0]), frozenset({"", *found[1]}), frozenset({"", *found[2]}))


def _fits(row: Cells, known: _Known) -> bool:
    """A series that the scenario has already, or one that observers publish."""
    series = row["series"] in known.series or row["series"].startswith("observed.")
    ends = {row["actor"], row["partner"]} <= known.actors
    return series and ends and row["good"] in known.goods
