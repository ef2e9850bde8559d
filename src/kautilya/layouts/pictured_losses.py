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
from datetime import date

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
from kautilya.layouts.sheet import Line, Sheet, days, numbers, plain
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
SIDES = {"ukrainian": "UKR", "russian": "RUS"}
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


def read(sheet: Sheet, options: Options) -> Reading:
    """Items lost by side and class, counted up to the end of each month."""
    owner = needed(sheet, "country", "owner", "side")
    codes = states(line.get(owner) for line in sheet.lines)
    who = [
        SIDES.get(plain(line.get(owner)), codes.get(line.get(owner).strip(), ""))
        for line in sheet.lines
    ]
    statuses = [name for name in sheet.head if name in STATUS]
    if statuses or {"total", "type_total", "type_count"} & set(sheet.head):
        return _totals(sheet, who, statuses, options)
    return _items(sheet, who, options)


def _good(name: str) -> str:
    return GOODS.get(plain(name).replace("armored", "armoured"), "")


def _items(sheet: Sheet, who: list[str], options: Options) -> Reading:
    column = needed(sheet, "date_recorded", "date_lost", "date")
    when = days(sheet, column, options.dates)
    count = numbers(sheet, ["n"], whole=True, decimal=options.decimal).get("n")
    types = _types(sheet)
    sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    left: list[str] = []
    undated = 0
    for at in range(len(sheet.lines)):
        n = 1.0 if count is None else (count[at] or 0.0)
        good, day = _good(types[at]), when[at]
        if day is None:
            undated += 1
        elif not who[at] or not good:
            left.append(types[at] or "without a type" if who[at] else "without a side")
        else:
            sums[who[at], good][f"{day:%Y-%m}"] += int(n)
    if not sums:
        raise empty(sheet)
    last = max(day for day in when if day is not None)
    series = "observed.oryx_lost" if column != "date_lost" else "observed.oryx_lost_by_day"
    notes = [
        *twice(sheet),
        *told(left, "is of no class that is kept", "are of no class that is kept"),
    ]
    notes += [f"{many(undated, 'row has', 'rows have')} no date: left out"] if undated else []
    notes += [] if column == "date_lost" else ["items count by the day of recording, not of loss"]
    entries, more = _summed(sums, last, series, options)
    return Reading(
        entries, len(sheet.lines) - len(left) - undated, [*notes, *more, *_flips(sheet, who, when)]
    )


def _types(sheet: Sheet) -> list[str]:
    """Type of each row; an empty one from other rows of the same system."""
    system = "system" if "system" in sheet.head else "name"
    named: dict[str, Counter[str]] = defaultdict(Counter)
    for line in sheet.lines:
        if line.get("type"):
            named[line.get(system)][line.get("type")] += 1

    def of(line: Line) -> str:
        known = named.get(line.get(system))
        return line.get("type") or (known.most_common(1)[0][0] if known else "")

    return [of(line) for line in sheet.lines]


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
    notes += told(left, "is of no class that is kept", "are of no class that is kept")
    return Reading(entries, len(kept) - len(left), notes)


def _flips(sheet: Sheet, who: list[str], when: list[date | None]) -> list[str]:
    """Systems that are one side's up to a day and the other's from then on."""
    system = "system" if "system" in sheet.head else "name"
    spans: dict[str, dict[str, list[date]]] = defaultdict(lambda: defaultdict(list))
    for line, side, day in zip(sheet.lines, who, when, strict=True):
        if side and day is not None and line.get(system):
            spans[line.get(system)][side].append(day)
    notes = []
    for name, sides in spans.items():
        order = sorted(sides.items(), key=lambda item: min(item[1]))
        for (before, early), (after, late) in zip(order[:-1], order[1:], strict=True):
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
