"""Losses seen in pictures: equipment by item or by total, as Oryx and the copies of its lists give it.

Three forms are read.

items    `country` or `owner`, `system` or `name`, `type`, `status`, a date, and a number `n` (one
         where there is no such column); the date is that of recording, or that of loss
totals   `country`, a type, and `total` (or a column for each status), with a date for each snapshot

A month has the sum of all items up to its end; a snapshot stands for its month where it is the last
one in it. An item whose type is empty takes that of the same system elsewhere in the file.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from kautilya.errors import KautilyaError
from kautilya.layouts.layout import (
    Entry,
    Layout,
    Options,
    Origin,
    Reading,
    empty,
    end_of,
    gaps,
    marks,
    needed,
    once,
    states,
    told,
    twice,
)
from kautilya.layouts.sheet import Sheet, days, numbers, plain
from kautilya.wording import many

GOODS = {
    "tanks": "tank",
    "armoured_fighting_vehicles": "ifv",
    "infantry_fighting_vehicles": "ifv",
    "armoured_personnel_carriers": "ifv",
    "self_propelled_artillery": "gun",
    "towed_artillery": "gun",
    "multiple_rocket_launchers": "mlrs",
    "surface_to_air_missile_systems": "air_defence",
    "aircraft": "aircraft",
    "helicopters": "helicopter",
    "trucks_vehicles_and_jeeps": "vehicle",
    "infantry_mobility_vehicles": "light_vehicle",
    "mine_resistant_ambush_protected_mrap_vehicles": "light_vehicle",
}
SIDES = {"ukraine": "UKR", "ukrainian": "UKR", "russia": "RUS", "russian": "RUS"}
NOBODY = "without a side"
CLASSLESS = ("is of no class that is kept", "are of no class that is kept")
STATUS = ("destroyed", "damaged", "abandoned", "captured")
OWNED = 10  # items from which a change of owner is told
ORIGIN = Origin(
    "oryx",
    "Losses of equipment confirmed by pictures",
    "Oryx",
    "as compiled in scarnecchia/oryx_data",
    "https://github.com/scarnecchia/oryx_data",
    "CC BY 4.0 (compilation)",
    "licence of the compilation",
)


class Item(NamedTuple):
    """A row of a list of items.

    side, country   code of who lost it, "" where that is no state; as it is written
    kind            plain name of its type, "" where none is said
    n               how many; None where the cell is empty
    """

    side: str
    country: str
    kind: str
    system: str
    day: date | None
    n: float | None


def items(sheet: Sheet, options: Options) -> list[Item]:
    """The rows of a list of items, in their order. Raises KautilyaError for a cell that is no day or
    number."""
    owner, system = _owner(sheet), "system" if "system" in sheet.head else "name"
    when = days(sheet, _when(sheet), options.dates)
    count = numbers(sheet, ["n"], whole=True, decimal=options.decimal).get("n")
    every = zip(sheet.lines, _sides(sheet, owner), when, strict=True)
    return [
        Item(
            side,
            line.get(owner).strip(),
            _kind(line.get("type")),
            line.get(system),
            day,
            1.0 if count is None else count[at],
        )
        for at, (line, side, day) in enumerate(every)
    ]


def kinds(found: Iterable[tuple[str, str]]) -> list[str]:
    """Kind of each (system, kind); one that is empty from others of the same system."""
    pairs = list(found)
    named: dict[str, Counter[str]] = defaultdict(Counter)
    for system, kind in pairs:
        if kind:
            named[system][kind] += 1
    usual = {system: counts.most_common(1)[0][0] for system, counts in named.items()}
    return [kind or usual.get(system, "") for system, kind in pairs]


def _owner(sheet: Sheet) -> str:
    return needed(sheet, "country", "owner", "side")


def _when(sheet: Sheet) -> str:
    return needed(sheet, "date_recorded", "date_lost", "date")


def _sides(sheet: Sheet, owner: str) -> list[str]:
    """Code of the side of each row."""
    names = [line.get(owner).strip() for line in sheet.lines]
    codes = states(name for name in names if plain(name) not in SIDES)
    return [SIDES.get(plain(name)) or codes.get(name, "") for name in names]


def _kind(name: str) -> str:
    return plain(name).replace("armored", "armoured")


def read(sheet: Sheet, options: Options) -> Reading:
    """Items lost by side and class, counted up to the end of each month."""
    statuses = [name for name in sheet.head if name in STATUS]
    if statuses or {"total", "type_total", "type_count"} & set(sheet.head):
        return _totals(sheet, _sides(sheet, _owner(sheet)), statuses, options)
    return _items(sheet, options)


def _good(name: str) -> str:
    return GOODS.get(_kind(name), "")


def _items(sheet: Sheet, options: Options) -> Reading:
    found = items(sheet, options)
    sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    left: list[str] = []
    undated = 0
    for one, kind in zip(found, kinds((one.system, one.kind) for one in found), strict=True):
        good = GOODS.get(kind, "")
        if one.day is None:
            undated += 1
        elif not one.side or not good:
            left.append((kind.replace("_", " ") or "without a type") if one.side else NOBODY)
        else:
            sums[one.side, good][f"{one.day:%Y-%m}"] += int(one.n or 0.0)
    if not sums:
        raise empty(sheet)
    lost = _when(sheet) == "date_lost"
    series = "observed.oryx_lost_by_day" if lost else "observed.oryx_lost"
    notes = [*twice(sheet), *told(left, *CLASSLESS)]
    notes += [f"{many(undated, 'row has', 'rows have')} no date: left out"] if undated else []
    notes += [] if lost else ["items count by the day of recording, not of loss"]
    last = max(one.day for one in found if one.day is not None)
    entries, more = _summed(sums, last, series, options)
    used = len(sheet.lines) - len(left) - undated
    return Reading(entries, used, [*notes, *more, *flips(found)])


def _summed(
    sums: dict[tuple[str, str], Counter[str]], last: date, series: str, options: Options
) -> tuple[list[Entry], list[str]]:
    """Counts of a month as counts up to its end, for each month that is whole."""
    first = min(month for months in sums.values() for month in months)
    every = [first, *gaps([first, f"{last:%Y-%m}"]), f"{last:%Y-%m}"]
    months = sorted({m for m in every if end_of(m) <= last})
    cut = last != end_of(f"{last:%Y-%m}")
    notes = [f"{last:%Y-%m} is not whole (last day {last}) and is left out"] if cut else []
    entries: list[Entry] = []
    for (side, good), counts in sorted(sums.items()):
        total = 0
        for month in months:
            total += counts[month]
            known = str(options.known or end_of(month))
            entries.append(Entry(series, side, "", good, month, float(total), good, known))
        newest = max(counts)
        if months and newest < months[-1]:
            notes.append(f"{good} of {side}: nothing after {newest}; later months add nothing")
    return entries, notes


def _totals(sheet: Sheet, who: list[str], statuses: list[str], options: Options) -> Reading:
    kind = needed(sheet, "type", "equipment_type")
    whole = next((n for n in ("type_total", "total", "type_count") if n in sheet.head), "")
    cells = numbers(sheet, [*statuses, whole], whole=True, decimal=options.decimal)
    column = next((n for n in ("date_recorded", "date") if n in sheet.head), "")
    if not column and options.known is None:
        raise KautilyaError(
            f"{sheet.path}:1",
            "totals without a date",
            "Say on which day they stood, with --known 2024-08-31",
        )
    when = days(sheet, column, options.dates) if column else [options.known] * len(sheet.lines)
    kept, notes = once(sheet)
    stood: dict[tuple[str, str, str], dict[date, float]] = defaultdict(Counter)  # type: ignore[arg-type]
    left: list[str] = []
    for at in kept:
        good, day = _good(sheet.lines[at].get(kind)), when[at]
        if not who[at] or not good or day is None:
            left.append(sheet.lines[at].get(kind) or "without a type")
            continue
        parts = [cells[name][at] for name in statuses]
        summed = sum(part or 0.0 for part in parts)
        value = cells[whole][at] if whole else None
        if value is not None and statuses and summed != value:
            notes.append(
                f"{sheet.lines[at].place.rsplit('/', 1)[-1]}: the statuses add up to {summed:,.0f}, "
                f"the total says {value:,.0f}; the total is kept"
            )
        stood[who[at], good, f"{day:%Y-%m}"][day] += summed if value is None else value
    if not stood:
        raise empty(sheet)
    entries = [
        Entry(
            "observed.oryx_lost",
            side,
            "",
            good,
            month,
            days_of[max(days_of)],
            good,
            str(options.known or max(days_of)),
        )
        for (side, good, month), days_of in sorted(stood.items())
    ]
    notes += told(left, *CLASSLESS)
    return Reading(entries, len(kept) - len(left), notes)


def flips(found: Iterable[Item]) -> list[str]:
    """Systems that are one side's up to a day and the other's from then on: labels may have been
    exchanged."""
    spans: dict[str, dict[str, list[date]]] = defaultdict(lambda: defaultdict(list))
    for one in found:
        if one.side and one.day is not None and one.system:
            spans[one.system][one.side].append(one.day)
    notes = []
    for name, sides in spans.items():
        order = sorted(sides.items(), key=lambda item: min(item[1]))
        for (before, early), (after, late) in pairwise(order):
            if max(early) < min(late) and min(len(early), len(late)) >= OWNED:
                notes.append(
                    f"{name!r} is lost by {before} to {max(early)} and by {after} from "
                    f"{min(late)}: were the labels exchanged?"
                )
    return notes


LAYOUT = Layout(
    "pictured-losses",
    "losses of equipment seen in pictures, by item or by total (Oryx)",
    ORIGIN,
    marks(
        "country system status date_recorded",
        "owner name status date_lost",
        "country system status date",
        "country equipment_type destroyed captured",
        "country type destroyed captured",
        "country type total",
        "country equipment_type type_total",
    ),
    read,
    "B2",
    "confirmed",
)
