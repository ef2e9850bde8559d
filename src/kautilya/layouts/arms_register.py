"""Arms transfers by deal, as SIPRI's trade register is saved: a preamble, then one row a deal.

The volume of what was delivered (trend-indicator values, millions) is split evenly over the years
of delivery and added up by supplier, recipient, year and class; the class follows from the words of
the description. Deals that were ordered and not delivered are told. The register may not be
redistributed: rows made of it stay with the user.
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
    gather,
    marks,
    needed,
    once,
    states,
    told,
)
from kautilya.layouts.sheet import Line, Sheet, numbers

CLASSES = (  # class, words of a description; the first that fits
    ("uav", r"\buav\b|\bucav\b|unmanned|loitering"),
    ("ssm", r"\bssm\b|surface-to-surface|ballistic missile|\bsrbm\b|\bmrbm\b"),
    ("air_defence", r"\bsam\b|sam system|air defence|anti-aircraft|\baa gun|\baa system|\bciws\b"),
    ("other_missile", r"missile|torpedo|guided bomb|guided rocket|\basm\b|\batm\b|\bbvraam\b|\bsraam\b"),
    ("engine", r"engine|turboshaft|turbofan|turbojet|turboprop|gas turbine"),
    ("ship", r"frigate|corvette|destroyer|submarine|patrol craft|\bfac\b|\bopv\b|landing|minesweep|minehunt|ship\b|cruiser|carrier\b(?!.*personnel)|cutter|\bmcm\b|tug\b|\bvessel|\bboat"),
    ("armour", r"\btank\b|\bifv\b|\bapc\b|\bapv\b|\barv\b|armoured|\baev\b|\bmbt\b|tank destroyer|\bafsv\b"),
    ("artillery", r"\bgun\b|howitzer|mortar|\bmrl\b|rocket launcher|artillery|self-propelled"),
    ("aircraft", r"aircraft|helicopter|fighter|bomber|trainer|transport|tanker|glider|\baew|\bfga\b|\belint\b"),
)  # fmt: skip
VOLUMES = (
    "sipri_tiv_of_delivered_weapons",
    "tiv_delivery_values",
    "sipri_tiv_for_total_order",
)
DELIVERED = ("year_s_of_delivery", "years_of_delivery", "delivery_year", "year_of_delivery")
YEAR = re.compile(r"(?:19|20)[0-9][0-9]")
ORIGIN = Origin(
    "sipri_register",
    "Trade register of the arms transfers database",
    "SIPRI",
    "Stockholm International Peace Research Institute",
    "https://www.sipri.org/databases/armstransfers",
    "© SIPRI; redistribution of the register is not allowed",
    "",
)


def kind(description: str) -> str:
    """Class of a weapon by the words of its description.

    Example: kind("Self-propelled gun") is "artillery".
    """
    said = description.casefold()
    return next((name for name, words in CLASSES if re.search(words, said)), "other")


def years(line: Line, cell: str) -> list[int]:
    """Years of delivery: 2019, "2019; 2021", or "2019-2021". Raises KautilyaError where none fits."""
    spans = re.findall(r"((?:19|20)[0-9][0-9])\s*[-–]\s*((?:19|20)[0-9][0-9])", cell)
    found = {int(year) for year in YEAR.findall(cell)}
    for first, last in spans:
        if int(last) < int(first):
            raise KautilyaError(line.place, f"years {cell!r}", "Give the earlier year first")
        found |= set(range(int(first), int(last) + 1))
    return sorted(found)


def read(sheet: Sheet, options: Options) -> Reading:
    """Volumes delivered by supplier, recipient, class and year."""
    volume, when = needed(sheet, *VOLUMES), needed(sheet, *DELIVERED)
    what = needed(sheet, "weapon_description", "description")
    kept, notes = once(sheet)
    tiv = numbers(sheet, [volume], decimal=options.decimal)[volume]
    ends = ("supplier", "recipient")
    codes = states(line.get(name) for line in sheet.lines for name in ends)

    def of(at: int) -> Found:
        line, value = sheet.lines[at], tiv[at]
        pair = [codes.get(line.get(name).strip(), "") for name in ends]
        delivered = years(line, line.get(when))
        if not all(pair):
            return line.get("recipient") if pair[0] else line.get("supplier")
        if not delivered or not value:
            return None
        key = (*pair, kind(line.get(what)))
        return [((*key, str(year)), value / len(delivered)) for year in delivered]

    sums, nobody, undelivered = gather(sheet, kept, of)
    former = sum(
        "soviet" in " ".join(sheet.lines[at].get(n) for n in ends).casefold() for at in kept
    )
    notes += told(
        nobody,
        "has a supplier or recipient that is no state with a code",
        "have a supplier or recipient that is no state with a code",
    )
    notes += [f"{undelivered:,} deals have nothing delivered yet"] if undelivered else []
    notes += [f"{former:,} deals of the Soviet Union count as Russia's"] if former else []
    return Reading(_entries(sums, options), len(kept) - len(nobody) - undelivered, notes)


def _entries(sums: dict[Key, float], options: Options) -> list[Entry]:
    """A year of the register is known from March of the next."""
    out = []
    for (supplier, recipient, good, year), value in sorted(sums.items()):
        known = str(options.known or f"{int(year) + 1}-03-15")
        one = Entry(
            "register.delivered", supplier, recipient, good, year, round(value, 6), "TIV_m", known
        )
        out.append(one)
    return out


LAYOUT = Layout(
    "arms-register",
    "arms transfers by deal (SIPRI trade register)",
    ORIGIN,
    marks("recipient supplier weapon_description", "recipient supplier description delivery_year"),
    read,
    "B2",
    "confirmed",
)
