"""Losses that a belligerent claims: counters by day, as the Ukrainian General Staff publishes them.

Columns `date` and one a class with the number claimed since the war began, in the several popular
spellings, as CSV or JSON; equipment and men may come in files of their own. A month has the
counter of its last day. Corrections that the claimant published later are a file of their own
(`date`, and one column a class with what was added or taken away): they become a series of their
own, and the counter stays as it was published.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
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
    once,
    place,
    told,
)
from kautilya.layouts.sheet import Sheet, days, numbers
from kautilya.wording import many

CLASSES = {  # good: the names that its column has
    "tank": "tank tanks",
    "ifv": "apc apv armored_personnel_vehicles armoured_fighting_vehicles "
    "armored_personnel_carriers armored_combat_vehicles acv afv",
    "gun": "field_artillery artillery_systems artillery",
    "mlrs": "mrl mlrs multiple_rocket_launchers",
    "person": "personnel personnel_units troops losses_of_personnel military_personnel",
    "aircraft": "aircraft planes jets",
    "helicopter": "helicopter helicopters",
    "drone": "drone drones uav_systems uav uav_operational_tactical",
    "air_defence": "anti_aircraft_warfare aa_warfare_systems anti_aircraft_warfare_systems",
    "cruise_missile": "cruise_missiles",
    "ship": "naval_ship warships_cutters boats_cutters warships_boats",
    "submarine": "submarines",
    "vehicle": "vehicles_and_fuel_tanks vehicles_fuel_tanks vehicle_and_fuel_tanks",
    "special_equipment": "special_equipment special_military_equip",
}
GOODS = {name: good for good, names in CLASSES.items() for name in names.split()}
OTHER = frozenset(  # read apart or told, never an error
    "date day personnel_star pow prisoners military_auto fuel_tank mobile_srbm_system "
    "greatest_losses_direction atgm_srbm_systems resource war_status_code war_status_alias".split()
)
ORIGIN = Origin(
    "gs_claims",
    "Losses of Russian forces claimed by day",
    "General Staff of the Armed Forces of Ukraine",
    "as compiled in 2022-Ukraine-Russia-War-Dataset",
    "https://github.com/PetroIvaniuk/2022-Ukraine-Russia-War-Dataset",
    "MIT (compilation)",
    "licence of the compilation",
)


Dated = list[tuple[date, int]]
Cells = dict[str, list[float | None]]
PARTS = {"vehicle": ("military_auto", "fuel_tank")}  # counted apart at first, later together


class Counters(NamedTuple):
    """What a file counts, by day.

    dated   days and rows of the sheet, in the order of time
    cells   by column: a number for each row of the sheet, None where the cell is empty
    notes   what was left out
    """

    dated: Dated
    cells: Cells
    notes: list[str]

    @property
    def goods(self) -> Cells:
        """The same by class; one that was counted in parts has their sum where it has no number."""
        out = {GOODS[name]: values for name, values in self.cells.items() if name in GOODS}
        for good, parts in PARTS.items():
            if set(parts) <= set(self.cells):
                pairs = zip(*(self.cells[name] for name in parts), strict=True)
                summed = [a + b if a is not None and b is not None else None for a, b in pairs]
                own = out.get(good, [None] * len(summed))
                out[good] = [s if x is None else x for x, s in zip(own, summed, strict=True)]
        return out


def counters(sheet: Sheet, options: Options) -> Counters:
    """The numbers of each day. Raises KautilyaError for two columns of one class, a cell that is no
    number, a day that is none or stands twice with other numbers, and where there is no row."""
    columns = [name for name in sheet.head if name in GOODS]
    counts = Counter(GOODS[name] for name in columns)
    doubled = {good for good, count in counts.items() if count > 1}
    if doubled:
        both = [name for name in columns if GOODS[name] in doubled]
        raise KautilyaError(
            f"{sheet.path}:1", f"columns {' and '.join(both)} name one class", "Keep one of them"
        )
    kept, notes = once(sheet)
    when = days(sheet, "date", options.dates)
    parts = [name for names in PARTS.values() for name in names]
    cells = numbers(sheet, [*columns, *parts], whole=True, decimal=options.decimal)
    dated = _by_day(sheet, kept, when)
    if not dated:
        raise empty(sheet)
    known = [name for name in sheet.head if name and name not in GOODS and name not in OTHER]
    notes += [f"columns that are no class: {', '.join(known)}"] if known else []
    return Counters(dated, cells, notes)


def read(sheet: Sheet, options: Options) -> Reading:
    """Counters at the end of each whole month, or corrections by month."""
    found = counters(sheet, options)
    dated, cells, notes = found.dated, found.goods, found.notes
    if corrects(sheet, found):
        return Reading(_corrections(dated, cells, options), len(dated), notes)
    dated, tail = _tail(dated, cells)
    entries, more = _counters(dated, cells, options)
    return Reading(entries, len(dated), [*notes, *tail, *more, *_falls(sheet, dated, cells)])


SHARE = 1 / 3  # of the numbers other than nought below it, from which they count as corrections


def corrects(sheet: Sheet, found: Counters) -> bool:
    """Whether the file holds corrections: by its name, or by what share of it is negative.

    Raises KautilyaError for a number below nought in a file of counters.
    """
    cells = {name: values for name, values in found.cells.items() if name in GOODS}
    given = [value for values in cells.values() for value in values if value]
    below = sum(value < 0 for value in given)
    if below and ("correct" in sheet.path.name.casefold() or below >= SHARE * len(given)):
        return True
    for name, values in cells.items():
        for line, value in zip(sheet.lines, values, strict=True):
            if value is not None and value < 0:
                raise KautilyaError(
                    line.place, f"{name} {value:g}: an impossible number for a counter",
                    "Give what was claimed since the war began, or leave the cell empty",
                )  # fmt: skip
    return False


def _by_day(sheet: Sheet, kept: list[int], when: list[date | None]) -> Dated:
    found: dict[date, int] = {}
    for at in kept:
        day = when[at]
        if day is None:
            raise KautilyaError(sheet.lines[at].place, "no date", "Give a day such as 2024-08-31")
        if day in found:
            raise KautilyaError(
                sheet.lines[at].place,
                f"date {day} a second time, with other numbers (first at "
                f"{place(sheet.lines[found[day]])})",
                "Keep the row that stands",
            )
        found[day] = at
    return sorted(found.items())


def _tail(dated: Dated, cells: Cells) -> tuple[Dated, list[str]]:
    """Rows at the end in which every counter is zero or empty: the file is longer than its data."""
    end = len(dated)
    while end > 1 and not any(values[dated[end - 1][1]] for values in cells.values()):
        end -= 1
    if end == len(dated):
        return dated, []
    said = (
        f"{many(len(dated) - end, 'row')} from {dated[end][0]} on without a number above 0: beyond the "
        "end of the data, left out"
    )
    return dated[:end], [said]


def _counters(dated: Dated, cells: Cells, options: Options) -> tuple[list[Entry], list[str]]:
    last: dict[str, int] = {}
    for day, at in dated:
        last[f"{day:%Y-%m}"] = at
    by_row = {at: day for day, at in dated}
    whole = {m: at for m, at in last.items() if by_row[at] == end_of(m)}
    cut = [month for month in last if month not in whole]
    notes = [
        f"{month} is not whole (its last day here is {by_row[last[month]]}) and is left out"
        for month in cut
    ]
    missing = gaps(last)
    notes += [f"no row in {', '.join(missing)}"] if missing else []
    entries: list[Entry] = []
    for good, values in cells.items():
        for month, at in sorted(whole.items()):
            value = values[at]
            if value is not None:
                known = str(options.known or end_of(month))
                entries.append(
                    Entry("observed.claimed_lost", "RUS", "", good, month, value, good, known)
                )
        holes = [day for day, at in dated if values[at] is None]
        notes += (
            told([good] * len(holes), "has no number", "have no number")
            if 0 < len(holes) < len(dated)
            else []
        )
    return sorted(entries), notes


def _falls(sheet: Sheet, dated: Dated, cells: Cells) -> list[str]:
    """Counters that fall from one day to the next: corrections, or slips."""
    notes = []
    for good, values in cells.items():
        shown = [(at, values[at]) for _, at in dated if values[at] is not None]
        fell = [
            (b[0], a[1], b[1])
            for a, b in zip(shown[:-1], shown[1:], strict=True)
            if (b[1] or 0.0) < (a[1] or 0.0)
        ]
        if fell:
            at, before, after = fell[0]
            notes.append(
                f"the counter of {good} falls {many(len(fell), 'time')}, first at "
                f"{place(sheet.lines[at])} ({before:,.0f} to {after:,.0f}); kept as published"
            )
    return notes


def _corrections(dated: Dated, cells: Cells, options: Options) -> list[Entry]:
    sums: dict[tuple[str, str], float] = {}
    for day, at in dated:
        for good, values in cells.items():
            key = (good, f"{day:%Y-%m}")
            sums[key] = sums.get(key, 0.0) + (values[at] or 0.0)
    return sorted(
        Entry(
            "observed.claimed_corrected",
            "RUS",
            "",
            good,
            month,
            value,
            good,
            str(options.known or end_of(month)),
        )
        for (good, month), value in sums.items()
        if value
    )


LAYOUT = Layout(
    "claimed-losses",
    "losses claimed by day, counted since the war began (General Staff of Ukraine)",
    ORIGIN,
    marks("date tank", "date tanks", "date personnel", "date personnel_units", "date troops"),
    read,
    "D4",
    "alleged",
)
