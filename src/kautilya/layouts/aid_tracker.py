"""Aid to Ukraine by donor, month and kind in euros, as the Kiel tracker and its copies give it.

Two forms: a panel (`donor`, `year_month`, a kind, an amount in millions or in euros), and the
tracker's own list of commitments (`donor`, an announcement date, a kind, an amount in euros).
Euros become dollars at the mean rate of the year, from a list of dated rates; a year without a
rate is refused unless the user gives one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

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
    twice,
)
from kautilya.layouts.sheet import Sheet, days, numbers

RATES = {  # USD for one EUR: mean of the ECB's reference rates over the year or the month
    "2022": 1.0530,
    "2023": 1.0813,
    "2024-01": 1.0905,
    "2024": 1.0824,
}
KINDS = {"military": "allocated", "financial": "financial", "humanitarian": "humanitarian"}
MEMBERS = frozenset(
    "AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX MLT NLD POL PRT ROU "
    "SVK SVN ESP SWE".split()
)
AMOUNTS = (
    "aid_eur_m", "value_eur_m", "eur_m", "aid_eur", "value_eur", "tot_sub_activity_value_eur",
    "tot_activity_value_eur", "total_value_dummy_eur", "converted_value_in_eur", "value_committed_eur",
)  # fmt: skip
BELOW = "amounts are negative and are taken away"
BARE = "rows have no amount and count as none"
MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})", re.ASCII)
ORIGIN = Origin(
    "kiel",
    "Ukraine Support Tracker",
    "Kiel Institute for the World Economy",
    "Kiel Institute for the World Economy",
    "https://www.ifw-kiel.de/topics/war-against-ukraine/ukraine-support-tracker/",
    "terms not stated; cite Trebesch et al.",
    "sums of published amounts, with citation",
)


class Grant(NamedTuple):
    """A row: month "" where none is said; amount in millions of euros, None where there is none."""

    donor: str
    kind: str
    month: str
    amount: float | None


def grants(sheet: Sheet, options: Options) -> list[Grant]:
    """The rows in their order. Raises KautilyaError for a cell that is no month or number."""
    donor = needed(sheet, "donor", "country", "countries")
    kind = needed(sheet, "aid_type_general", "type_of_aid_general", "kind", "type")
    amount = needed(sheet, *AMOUNTS)
    values = numbers(sheet, [amount], decimal=options.decimal)[amount]
    scale = 1.0 if amount.endswith("_m") else 1e-6
    return [
        Grant(line.get(donor), line.get(kind), month, None if value is None else value * scale)
        for line, month, value in zip(sheet.lines, _months(sheet, options), values, strict=True)
    ]


def read(sheet: Sheet, options: Options) -> Reading:
    """Aid of a month by donor and kind in millions of US dollars; members of the Union together.

    All rows are known from the day of the release: by default the end of its last month.
    """
    named = "id" in sheet.head or "year_month" in sheet.head  # alike in all cells: one and the same
    kept, notes = once(sheet) if named else (list(range(len(sheet.lines))), twice(sheet))
    found = grants(sheet, options)
    codes = states(one.donor for one in found)

    def of(at: int) -> Found:
        one = found[at]
        who, what = codes.get(one.donor, ""), KINDS.get(one.kind.casefold(), "")
        if one.amount is None:
            return None
        if not who or not what or not one.month:
            return one.kind if who else one.donor or "without a donor"
        actor = "EUU" if who in MEMBERS else who
        return [((what, actor, one.month), one.amount * _rate(sheet, one.month, options))]

    sums, left, bare = gather(sheet, kept, of)
    below = sum((found[at].amount or 0.0) < 0 for at in kept)
    notes += [f"{count:,} {said}" for count, said in ((below, BELOW), (bare, BARE)) if count]
    notes += told(
        left,
        "has no donor, kind or month that is known",
        "have no donor, kind or month that is known",
    )
    notes += ["members of the European Union are added up under EUU", *_tail(sums)]
    return Reading(_entries(sums, options), len(kept) - len(left) - bare, notes)


def _entries(sums: dict[Key, float], options: Options) -> list[Entry]:
    known = str(options.known or end_of(max(month for _, _, month in sums)))
    unit = "USD_m/month"
    return [
        Entry(f"aid_pace.{what}", actor, "", "", month, round(value, 6), unit, known)
        for (what, actor, month), value in sorted(sums.items())
    ]


def _months(sheet: Sheet, options: Options) -> list[str]:
    if "year_month" in sheet.head or "month" in sheet.head:
        name = "year_month" if "year_month" in sheet.head else "month"
        found = [MONTH.match(line.get(name)) for line in sheet.lines]
        for line, match in zip(sheet.lines, found, strict=True):
            if match is None or not 1 <= int(match.group(2)) <= 12:
                raise KautilyaError(
                    line.place, f"{name} {line.get(name)!r}", "Give a month such as 2024-01"
                )
        return [f"{m.group(1)}-{int(m.group(2)):02d}" for m in found if m is not None]
    name = needed(sheet, "announcement_date", "date", "date_of_announcement")
    return ["" if day is None else f"{day:%Y-%m}" for day in days(sheet, name, options.dates)]


def _rate(sheet: Sheet, month: str, options: Options) -> float:
    given = {**RATES, **options.rates}
    rate = options.rates.get(month[:4], given.get(month, given.get(month[:4])))
    if rate is None:
        raise KautilyaError(
            str(sheet.path),
            f"no rate of the euro for {month[:4]}",
            f"Give one with --rate {month[:4]}=1.08 (US dollars for one euro)",
        )
    return rate


def _tail(sums: dict[Key, float]) -> list[str]:
    """Months at the end in which nobody gives anything: probably beyond the end of the data."""
    given = {month for (_, _, month), value in sums.items() if value}
    beyond = sorted({month for _, _, month in sums if given and month > max(given)})
    for key in [key for key in sums if key[2] in beyond]:
        del sums[key]
    said = f"{', '.join(beyond)}: only zeros, beyond the end of the data; left out"
    return [said] if beyond else []


LAYOUT = Layout(
    "aid-tracker",
    "aid to Ukraine by donor, month and kind in euros (Kiel Institute)",
    ORIGIN,
    marks(
        "donor year_month aid_type_general",
        "donor month aid_type_general",
        "donor announcement_date type_of_aid_general",
        "donor announcement_date aid_type_general",
        "countries announcement_date type_of_aid_general",
        "country announcement_date type_of_aid_general",
    ),
    read,
    "B3",
    "computed",
)
