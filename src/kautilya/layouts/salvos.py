"""Missiles and drones launched, by salvo, as reports of the Ukrainian Air Force are compiled.

Columns `time_start`, `model`, `launched`, `destroyed`. A month has the sum of what was launched in
salvos that began in it. Whether a model is a missile or a long-range drone follows from its name;
reconnaissance drones and others are told and left out.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

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

FAMILIES = {  # the first with a word in the model's name; guided bombs and Lancets are of none
    "drone": ("shahed", "geran"),
    "ballistic": (
        "iskander-m", "kn-23", "kinzhal", "c-300", "s-300", "c-400", "s-400", "zircon", "3m22",
        "x-22", "kh-22", "tochka",
    ),
    "cruise": (
        "x-", "kh-", "kalibr", "iskander-k", "iskander", "p-800", "oniks", "unknown missile",
    ),
    "recon": (
        "orlan", "zala", "supercam", "reconnaissance", "merlin", "orion", "mohajer", "forpost",
        "granat", "unknown uav",
    ),
}  # fmt: skip
GOODS = {"drone": "drone", "ballistic": "missile", "cruise": "missile"}
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


def family(model: str) -> str:
    """The family of launches that the name of a model belongs to; "" where it is of none.

    >>> family("X-101/X-555"), family("X-22"), family("Lancet")
    ('cruise', 'ballistic', '')
    """
    said = model.translate(CYRILLIC).casefold()
    for name, words in FAMILIES.items():
        if any(word in said for word in words):
            return name
    return ""


class Salvo(NamedTuple):
    """A row: day on which it began; number launched and destroyed, None where the cell is empty."""

    day: date | None
    model: str
    launched: float | None
    destroyed: float | None


def salvos(sheet: Sheet, options: Options) -> list[Salvo]:
    """The rows in their order. Raises KautilyaError for a cell that is no day or number."""
    when = days(sheet, needed(sheet, "time_start", "date", "time_end"), options.dates)
    cells = numbers(sheet, ["launched", "destroyed"], whole=True, decimal=options.decimal)
    none: list[float | None] = [None] * len(sheet.lines)
    both = (cells.get(name, none) for name in ("launched", "destroyed"))
    rows = zip(when, sheet.lines, *both, strict=True)
    return [Salvo(day, line.get("model"), up, down) for day, line, up, down in rows]


def read(sheet: Sheet, options: Options) -> Reading:
    """Launches a month; the first and the last month count where they are whole."""
    kept, notes = once(sheet)
    found = salvos(sheet, options)

    def of(at: int) -> Found:
        one, good = found[at], GOODS.get(family(found[at].model), "")
        if one.day is None or not good:
            return one.model or "without a model"
        return None if one.launched is None else [((good, f"{one.day:%Y-%m}"), one.launched)]

    sums, left, bare = gather(sheet, kept, of)
    cut = _cut([one.day for one in found if one.day is not None])
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
    return Reading(entries, used, [*notes, *_too_many(sheet, found)])


def _entry(good: str, month: str, count: float, known: str) -> Entry:
    return Entry(f"observed.{good}s", "RUS", "UKR", good, month, count, f"{good}/month", known)


def _cut(known: list[date]) -> set[str]:
    """The first month unless it is there from its first days, the last unless to its end."""
    first, last = min(known), max(known)
    out = {f"{first:%Y-%m}"} if first.day > 2 else set()
    return out | ({f"{last:%Y-%m}"} if last != end_of(f"{last:%Y-%m}") else set())


def _too_many(sheet: Sheet, found: list[Salvo]) -> list[str]:
    """Salvos of which more was destroyed than launched."""
    odd = [
        at
        for at, one in enumerate(found)
        if one.launched is not None and (one.destroyed or 0.0) > one.launched
    ]
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
