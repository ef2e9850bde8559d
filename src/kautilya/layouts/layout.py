"""What a layout is, and the rows that reading one gives."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from typing import NamedTuple

from kautilya.errors import KautilyaError
from kautilya.layouts.sheet import Line, Sheet
from kautilya.wording import many

COLUMNS = (
    "series actor partner good month value low high unit source date grade status".split()
)  # of a tidy row; all but low and high are those of a scenario's series.csv
SHOWN = 3  # examples that a note gives


class Origin(NamedTuple):
    """Who publishes a layout, and what may be done with it.

    key         key of the source in sources.csv
    licence     its terms, in the words of the publisher or of the repository that it comes from
    ground      why rows of it may be redistributed; "" where they may not
    """

    key: str
    title: str
    originator: str
    publisher: str
    url: str
    licence: str
    ground: str


class Options(NamedTuple):
    """What the file leaves open, said by the user.

    dates     "dmy", "mdy" or "": which stands first where both fit
    decimal   "," , "." or ""
    known     day on which the file was published; by default the last day that it has
    rates     USD for one EUR by year, beside those that are built in
    """

    dates: str = ""
    decimal: str = ""
    known: date | None = None
    rates: Mapping[str, float] = {}


class Entry(NamedTuple):
    """One row that was read.

    month    YYYY-MM, or YYYY where the layout has years only
    low, high   where the publisher gives a range
    date     day from which it is known
    """

    series: str
    actor: str
    partner: str
    good: str
    month: str
    value: float
    unit: str
    date: str
    low: float | None = None
    high: float | None = None


class Reading(NamedTuple):
    """What a file gave.

    entries   rows, sorted by series, actor, partner, good and month
    used      rows of the file that went into them
    notes     what was dropped, merged or looks wrong, each with its count and first place
    """

    entries: list[Entry]
    used: int
    notes: list[str]


class Layout(NamedTuple):
    """One way in which a publisher writes a table.

    marks      sets of plain column names: a file that has all of one set has this layout
    read       a sheet of that layout to rows
    grade      reliability and credibility of its rows; status as in a scenario
    """

    name: str
    says: str
    origin: Origin
    marks: tuple[frozenset[str], ...]
    read: Callable[[Sheet, Options], Reading]
    grade: str
    status: str


def marks(*sets: str) -> tuple[frozenset[str], ...]:
    """Sets of plain column names, each given as words."""
    return tuple(frozenset(one.split()) for one in sets)


def end_of(month: str) -> date:
    """Last day of a month or of a year."""
    year, number = int(month[:4]), int(month[5:7] or 12)
    return date(year, number, calendar.monthrange(year, number)[1])


def once(sheet: Sheet) -> tuple[list[int], list[str]]:
    """Rows that stand for the first time, and what is to be said of the others."""
    seen: set[tuple[str, ...]] = set()
    kept: list[int] = []
    first = ""
    for at, line in enumerate(sheet.lines):
        cells = tuple(line.cells.values())
        if cells in seen:
            first = first or line.place
            continue
        seen.add(cells)
        kept.append(at)
    count = len(sheet.lines) - len(kept)
    rows = many(count, "row stands", "rows stand")
    said = [f"{rows} a second time and left out; the first at {first}"]
    return kept, said if count else []


def twice(sheet: Sheet) -> list[str]:
    """What is to be said of rows that are alike where each may be an item of its own."""
    count = len(sheet.lines) - len({tuple(line.cells.values()) for line in sheet.lines})
    said = f"{count:,} of {many(len(sheet.lines), 'row')} like another one; each counts as an item"
    return [said] if count else []


def told(names: Iterable[str], one: str, several: str) -> list[str]:
    """One note on names that were not used, the commonest first; what is said of one, of several."""
    counts = Counter(names)
    if not counts:
        return []
    shown = ", ".join(f"{name!r} ({count:,})" for name, count in counts.most_common(SHOWN))
    more = f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
    rows = many(sum(counts.values()), f"row {one}", f"rows {several}")
    return [f"{rows}: {shown}{more}"]


def gaps(months: Iterable[str]) -> list[str]:
    """Months between the first and the last that are not there."""
    there = sorted(set(months))
    if not there:
        return []
    first, last = (int(m[:4]) * 12 + int(m[5:7]) - 1 for m in (there[0], there[-1]))
    every = [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(first, last + 1)]
    return [month for month in every if month not in set(there)]


Key = tuple[str, ...]
Found = list[tuple[Key, float]] | str | None


class Gathered(NamedTuple):
    """Sums by key, names of what was left out, and the number of rows without a number."""

    sums: dict[Key, float]
    left: list[str]
    bare: int


def gather(sheet: Sheet, kept: Iterable[int], of: Callable[[int], Found]) -> Gathered:
    """Add rows up.

    of   row -> what it adds to which keys; a name where it is left out; None without a number

    Raises KautilyaError where nothing could be used.
    """
    sums: dict[Key, float] = {}
    left: list[str] = []
    bare = 0
    for at in kept:
        found = of(at)
        if found is None:
            bare += 1
        elif isinstance(found, str):
            left.append(found)
        else:
            for key, value in found:
                sums[key] = sums.get(key, 0.0) + value
    if not sums:
        raise empty(sheet)
    return Gathered(sums, left, bare)


def needed(sheet: Sheet, *names: str) -> str:
    """The first of some columns that the sheet has. Raises KautilyaError where it has none."""
    for name in names:
        if name in sheet.head:
            return name
    raise KautilyaError(
        f"{sheet.path}:1", f"no column {names[0]!r}", f"Give one of {', '.join(names)}"
    )


def empty(sheet: Sheet) -> KautilyaError:
    """A file in which nothing could be used."""
    return KautilyaError(
        str(sheet.path), "no row that can be used", "Look whether the file is whole"
    )


FORMER = {  # as SIPRI, COW and Comtrade write them: states that are gone, and codes of their own
    "soviet union": "RUS",
    "ussr": "RUS",
    "east germany (gdr)": "DDR",
    "east germany": "DDR",
    "czechoslovakia": "CSK",
    "yugoslavia": "YUG",
    "uae": "ARE",
    "842": "USA",
    "841": "USA",
    "251": "FRA",
    "579": "NOR",
    "757": "CHE",
    "699": "IND",
    "490": "TWN",
    "eu institutions": "EUU",
    "european union": "EUU",
    "european union (institutions)": "EUU",
    "eu (commission and council)": "EUU",
    "eu": "EUU",
}
NONE = "none"  # what the converter is to say of a name it does not know; of "" it gives the name


@cache
def _converter() -> object:
    import logging

    import pandas as pd
    from country_converter import country_converter

    logging.getLogger("country_converter").setLevel(logging.CRITICAL)
    # its table is read here: with pandas 3.1 it takes Namibia's NA for a gap
    known = pd.read_csv(
        country_converter.COUNTRY_DATA_FILE, sep="\t", dtype=str, keep_default_na=False
    )
    for name in known.columns:
        number = pd.to_numeric(known[name].replace("", None), errors="coerce")
        if (number.notna() == (known[name] != "")).all():
            known[name] = number
    return country_converter.CountryConverter(country_data=known)


def states(names: Iterable[str]) -> dict[str, str]:
    """ISO 3166 alpha-3 code by name or code of a state, "" where it is none.

    Read by country_converter; states that are gone and the codes of trade statistics by a list.
    """
    wanted = sorted({name.strip() for name in names if name.strip()})
    out = {name: FORMER[name.casefold()] for name in wanted if name.casefold() in FORMER}
    rest = [name for name in wanted if name not in out and not _nobody(name)]
    if rest:
        convert = _converter().convert  # type: ignore[attr-defined]
        found = convert(rest, to="ISO3", not_found=NONE)
        codes = [found] if isinstance(found, str) else found
        out |= {
            name: code if isinstance(code, str) and code != NONE else ""
            for name, code in zip(rest, codes, strict=True)
        }
    return {name: out.get(name, "") for name in wanted}


def _nobody(name: str) -> bool:
    said = name.casefold()
    return said.startswith("unknown") or "rebels" in said or "*" in said or len(said) < 2


def place(line: Line) -> str:
    """Where a row stands, without the folder."""
    return line.place.rsplit("/", 1)[-1]
