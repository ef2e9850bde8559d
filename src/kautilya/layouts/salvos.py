"""Missiles and drones launched, by salvo, as reports of the Ukrainian Air Force are compiled.

Columns `time_start`, `model`, `launched`, `destroyed`. A month has the sum of what was launched in
salvos that began in it. Whether a model is a missile or a long-range drone follows from its name;
reconnaissance drones and others are told and left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from kautilya.layouts.layout import (
    Entry,
    Found,
    Layout,
    Options,
    Origin,
    Reading,
    end_of,
    gaps,
    gather,
    marks,
    needed,
    once,
    place,
    told,
)
from kautilya.layouts.sheet import Sheet, days, numbers

DRONES = ("shahed", "geran")
MISSILES = (
    "x-", "kh-", "iskander", "kn-23", "c-300", "s-300", "c-400", "s-400", "kalibr", "p-800",
    "3m22", "oniks", "zircon", "kinzhal", "tochka", "unknown missile",
)  # fmt: skip
CYRILLIC = str.maketrans("ХхСсКк", "XxCcKk")  # letters that look alike
ORIGIN = Origin(
    "ua_airforce",
    "Missiles and drones launched at Ukraine, by salvo",
    "Ukrainian Air Force",
    "as compiled by piterfm",
    "https://www.kaggle.com/datasets/piterfm/massive-missile-attacks-on-ukraine",
    "none stated",
    "facts: monthly counts of a public report",
)


def _good(model: str) -> str:
    said = model.translate(CYRILLIC).strip().casefold()
    if said.startswith(DRONES):
        return "drone"
    return "missile" if said.startswith(MISSILES) else ""


def read(sheet: Sheet, options: Options) -> Reading:
    """Launches a month; the first and the last month count where they are whole."""
    kept, notes = once(sheet)
    when = days(sheet, needed(sheet, "time_start", "date", "time_end"), options.dates)
    cells = numbers(sheet, ["launched", "destroyed"], whole=True, decimal=options.decimal)
    launched = cells["launched"]

    def of(at: int) -> Found:
        day, good, count = when[at], _good(sheet.lines[at].get("model")), launched[at]
        if day is None or not good:
            return sheet.lines[at].get("model") or "without a model"
        return None if count is None else [((good, f"{day:%Y-%m}"), count)]

    sums, left, bare = gather(sheet, kept, of)
    cut = _cut([day for day in when if day is not None])
    notes += [f"{month} is not whole and is left out" for month in sorted(cut)]
    notes += [f"{bare:,} salvos say no number launched and count as none"] if bare else []
    notes += told(
        left,
        "is of neither missiles nor long-range drones",
        "are of neither missiles nor long-range drones",
    )
    missing = gaps(month for _, month in sums)
    notes += [f"no salvo in {', '.join(missing)}"] if missing else []
    entries = [
        _entry(good, month, count, str(options.known or end_of(month)))
        for (good, month), count in sorted(sums.items())
        if month not in cut
    ]
    used = len(kept) - len(left) - bare
    return Reading(entries, used, [*notes, *_too_many(sheet, cells)])


def _entry(good: str, month: str, count: float, known: str) -> Entry:
    return Entry(f"observed.{good}s", "RUS", "UKR", good, month, count, f"{good}/month", known)


def _cut(known: list[date]) -> set[str]:
    """The first month unless it is there from its first days, the last unless to its end."""
    first, last = min(known), max(known)
    out = {f"{first:%Y-%m}"} if first.day > 2 else set()
    return out | ({f"{last:%Y-%m}"} if last != end_of(f"{last:%Y-%m}") else set())


def _too_many(sheet: Sheet, cells: Mapping[str, list[float | None]]) -> list[str]:
    """Salvos of which more was destroyed than launched."""
    pairs = zip(cells["launched"], cells.get("destroyed", []), strict=False)
    odd = [at for at, (up, down) in enumerate(pairs) if up is not None and (down or 0.0) > up]
    said = f"{len(odd)} salvos say more destroyed than launched; kept as published; the first at "
    return [said + place(sheet.lines[odd[0]])] if odd else []


LAYOUT = Layout(
    "salvos",
    "missiles and drones launched, by salvo and model (Ukrainian Air Force)",
    ORIGIN,
    marks(
        "time_start model launched", "date model launched", "time_start model launched destroyed"
    ),
    read,
    "D4",
    "alleged",
)
