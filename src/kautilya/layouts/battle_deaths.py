"""Deaths in battle, with the publisher's low, best and high, as UCDP publishes them.

Two forms: deaths of a year by conflict or pair (`bd_best`, `bd_low`, `bd_high`, or the older
`bdbest` ...), and events (`best`, `low`, `high`, with the first day of the event), which are added
up by month. The sides are states where their names or codes are.
"""

from __future__ import annotations

import re

from kautilya.errors import KautilyaError
from kautilya.layouts.layout import (
    Entry,
    Found,
    Key,
    Layout,
    Options,
    Origin,
    Reading,
    end_of,
    gather,
    marks,
    needed,
    once,
    states,
    told,
)
from kautilya.layouts.sheet import Line, Sheet, days, numbers

ORIGIN = Origin(
    "ucdp",
    "Battle-related deaths and georeferenced events",
    "Uppsala Conflict Data Program",
    "Uppsala University",
    "https://ucdp.uu.se/downloads/",
    "CC BY 4.0",
    "licence of the publisher",
)


ENDS = ("best", "low", "high")


def _side(name: str) -> str:
    """A side without what its name is wrapped in: "Government of Iran" is Iran."""
    return re.sub(r"^government of\s+", "", name.strip(), flags=re.IGNORECASE)


def read(sheet: Sheet, options: Options) -> Reading:
    """Deaths by pair of sides and year, or month where the file has events."""
    best = needed(sheet, "bd_best", "bdbest", "best")
    sides = [needed(sheet, f"side_{x}", f"side_{x}_name", f"gwno_{x}") for x in "ab"]
    kept, notes = once(sheet)
    names = [best, *(best.replace("best", end) for end in ("low", "high"))]
    cells = numbers(sheet, names, whole=True, decimal=options.decimal)
    months = _months(sheet, best, options)
    codes = states(_side(line.get(side)) for line in sheet.lines for side in sides)

    def of(at: int) -> Found:
        line = sheet.lines[at]
        pair = [codes.get(_side(line.get(side)).strip(), "") for side in sides]
        if not pair[0] or not months[at]:
            return line.get(sides[0]) or "without a side"
        key = (pair[0], pair[1] or _side(line.get(sides[1])), months[at])
        span = _span(line, [cells[name][at] if name in cells else None for name in names])
        return [((*key, end), value) for end, value in zip(ENDS, span, strict=True)]

    sums, nobody, _ = gather(sheet, kept, of)
    notes += told(
        nobody,
        "has a first side that is no state with a code",
        "have a first side that is no state with a code",
    )
    return Reading(_entries(sums, options), len(kept) - len(nobody), notes)


def _span(line: Line, row: list[float | None]) -> tuple[float, float, float]:
    """Best, low and high of a row. Raises KautilyaError where they are not in order."""
    best, low, high = row
    if best is None or not (low or 0.0) <= best <= (best if high is None else high):
        raise KautilyaError(
            line.place, f"low {low}, best {best}, high {high}", "Give low ≤ best ≤ high"
        )
    return best, best if low is None else low, best if high is None else high


def _entries(sums: dict[Key, float], options: Options) -> list[Entry]:
    out = []
    for a, b, month in sorted({(key[0], key[1], key[2]) for key in sums}):
        best, low, high = (sums[a, b, month, end] for end in ENDS)
        known = str(options.known or end_of(month))
        series = "observed.battle_deaths"
        out.append(Entry(series, a, b, "person", month, best, "person", known, low, high))
    return out


def _months(sheet: Sheet, best: str, options: Options) -> list[str]:
    if best == "best" and "date_start" in sheet.head:
        found = days(sheet, "date_start", options.dates)
        return ["" if day is None else f"{day:%Y-%m}" for day in found]
    year = needed(sheet, "year")
    out = []
    for line in sheet.lines:
        said = line.get(year)
        if re.fullmatch(r"(1[89]|20)[0-9][0-9]", said) is None:
            raise KautilyaError(line.place, f"year {said!r}", "Give a year such as 2023")
        out.append(said)
    return out


LAYOUT = Layout(
    "battle-deaths",
    "deaths in battle: low, best, high (UCDP)",
    ORIGIN,
    marks(
        "side_a side_b year bd_best", "side_a side_b year bdbest", "side_a side_b date_start best"
    ),
    read,
    "B2",
    "reported",
)
