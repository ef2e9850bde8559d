"""Reading losses: daily cumulative claims, or events recorded one by one, as months.

claims   date, and one column a class with the cumulative number claimed
events   country, type, date_recorded, n; a series is "country/type"
Either is CSV or JSON (a list of records); names count without their case, blanks as underscores.
A month counts where its last day is in the file; the first month is left out, since the file may
begin inside it. Corrections (date, and one column a class) are jumps of a day that belong to
earlier months: they are taken out of what the forecaster is given, never out of what is scored.
What looks wrong and is read all the same is told with its count: rows that stand twice, counters
that fall, series that end, systems that change their owner.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from kautilya.errors import KautilyaError
from kautilya.layouts import claimed_losses, pictured_losses
from kautilya.layouts.claimed_losses import GOODS
from kautilya.layouts.layout import Options, twice
from kautilya.layouts.sheet import Sheet, plain, sheet
from kautilya.wording import many

CLASSES = {"tank": "tank", "apc": "ifv", "field_artillery": "gun", "personnel": "person"}  # goods
NAMES = {"RUS": "Russia", "UKR": "Ukraine"}
TYPES = (
    "Tanks",
    "Infantry Fighting Vehicles",
    "Self Propelled Artillery",
    "Multiple Rocket Launchers",
)
EVENTS = ("country", "type", "date_recorded", "n")
MARKS = (*claimed_losses.LAYOUT.marks, *pictured_losses.LAYOUT.marks)
CORRECTIONS = "general_staff_corrections.csv"
LEAST = 6  # months below which nothing can be estimated


class Losses(NamedTuple):
    """Losses a month, index Period[M], one column a series.

    seen    what is scored: the plain sums of the file
    clean   what a forecaster is given: the same less corrections of the day they were made
    """

    seen: pd.DataFrame
    clean: pd.DataFrame
    notes: list[str]


def read(path: Path) -> Losses:
    """Losses a month of a file of claims or events, or of a folder that holds one.

    Raises KautilyaError naming file, line, what was found and what would be right.
    """
    if path.is_dir():
        path = _inside(path)
    found = sheet(path, MARKS)
    if set(EVENTS) <= set(found.head):
        kind = _events
    elif "date" in found.head and any(GOODS.get(name) in CLASSES.values() for name in found.head):
        kind = _claims
    else:
        raise KautilyaError(
            f"{path}:1",
            f"columns {', '.join(found.head) or 'none'}",
            f"Claims need date and any of {', '.join(CLASSES)}; events need {', '.join(EVENTS)}",
        )
    if not found.lines:
        raise KautilyaError(str(path), "no rows", "Give one row a day or an event")
    losses = kind(found)
    losses = losses._replace(notes=[*found.notes, *losses.notes])
    if len(losses.seen) < LEAST:
        raise KautilyaError(str(path), f"{len(losses.seen)} whole months", f"Give {LEAST} or more")
    return losses


def _inside(folder: Path) -> Path:
    files = [
        path
        for kind in ("csv", "json")
        for path in sorted(folder.glob(f"*.{kind}"))
        if "correction" not in path.name and not path.name.startswith((".", "~"))
    ]
    heads = {}
    for path in files:
        try:
            heads[path] = set(sheet(path, MARKS).head)
        except KautilyaError:
            continue
    for wanted in ({"date", "personnel"}, {"date", "tank"}, set(EVENTS)):
        for path, head in heads.items():
            if wanted <= head:
                return path
    raise KautilyaError(
        str(folder),
        "no file of claims or events in this folder",
        f"Claims have columns date, {', '.join(CLASSES)}",
    )


def _nearly(found: Sheet) -> None:
    """Refuse a class that is missing where a column is nearly called like it."""
    given = {GOODS[name] for name in found.head if name in GOODS}
    others = [name for name in found.head if name not in GOODS]
    for name, good in CLASSES.items():
        close = get_close_matches(name, others, n=1, cutoff=0.8)
        if good not in given and close:
            raise KautilyaError(
                f"{found.path}:1",
                f"column {close[0]!r} is not known",
                f"Did you mean {name}? Rename it, or leave it out",
            )


def _daily(given: claimed_losses.Counters) -> pd.DataFrame:
    """Columns of CLASSES by day, in order of days; days and classes without a number left out."""
    days, at = zip(*given.dated, strict=True)
    every = pd.DataFrame(given.goods, dtype=float).iloc[list(at)].set_axis(pd.DatetimeIndex(days))
    present = {good: name for name, good in CLASSES.items() if good in every}
    table = every[list(present)].rename(columns=present).sort_index()
    return table.dropna(axis=1, how="all").dropna(axis=0, how="all")


def _claims(found: Sheet) -> Losses:
    path = found.path
    _nearly(found)
    given = claimed_losses.counters(found, Options())
    if claimed_losses.corrects(found, given):
        raise KautilyaError(
            str(path), "numbers below nought: corrections", "Give what was claimed by day"
        )
    daily = _daily(given)
    if daily.empty:
        raise KautilyaError(str(path), "no numbers of losses", f"Give {', '.join(CLASSES)}")
    whole = pd.date_range(daily.index[0], daily.index[-1], freq="D")
    notes = given.notes + (
        [f"{many(len(whole) - len(daily), 'day')} missing: read between their neighbours"]
        if len(whole) > len(daily)
        else []
    )
    missing = [name for name in CLASSES if name not in daily]
    daily, said = _whole(path, daily)
    total = daily.reindex(whole).interpolate(limit_area="inside")
    month_ends = total[total.index.is_month_end]
    seen = month_ends.diff().iloc[1:]
    seen.index = seen.index.to_period("M")
    notes += [*said, *(f"no numbers of {name}" for name in missing), *_falls(daily)]
    notes += [
        f"{name} falls in {seen.index[row]}, though it is cumulative: scored as it stands"
        for name in seen
        for row in np.flatnonzero(seen[name] < 0)
    ]
    beside = path.parent / CORRECTIONS
    if not beside.is_file():
        notes.append(
            f"no {CORRECTIONS} lies beside the file: jumps of a day that belong to "
            "earlier months stay where they stand"
        )
        return Losses(seen, seen, notes)
    return Losses(seen, seen - _corrections(beside, seen), notes)


def _whole(path: Path, daily: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The classes that begin and end with the file, and what is told of gaps and of the others."""
    kept, notes = [], []
    for name in daily:
        known = daily[name].dropna().index
        if known[0] > daily.index[0] or known[-1] < daily.index[-1]:
            notes.append(
                f"{name} is left out: its numbers run from {known[0]:%Y-%m-%d} to "
                f"{known[-1]:%Y-%m-%d} only"
            )
            continue
        kept.append(name)
        empty = int(daily[name].isna().sum())
        if empty:
            notes.append(f"{many(empty, 'cell')} of {name} empty: read between their neighbours")
    if not kept:
        raise KautilyaError(
            str(path), "no class has numbers from the first day to the last", "; ".join(notes)
        )
    return daily[kept], notes


def _falls(daily: pd.DataFrame) -> list[str]:
    """Counters that fall from one row to the next."""
    out = []
    for name in daily:
        fell = daily[name].dropna().diff() < 0
        if fell.any():
            out.append(
                f"{name} falls on {many(int(fell.sum()), 'day')}, first on "
                f"{fell.idxmax():%Y-%m-%d}, though it is cumulative"
            )
    return out


def _corrections(path: Path, seen: pd.DataFrame) -> pd.DataFrame:
    """Corrections by month of the file beside the claims."""
    daily = _daily(claimed_losses.counters(sheet(path, MARKS), Options())).fillna(0.0)
    monthly = daily.groupby(daily.index.to_period("M")).sum()
    return monthly.reindex(index=seen.index, columns=seen.columns).fillna(0.0)


def _events(found: Sheet) -> Losses:
    """Types that are missing are taken from other rows of the same system."""
    items = pictured_losses.items(found, Options())
    undated = next((at for at, one in enumerate(items) if one.day is None), None)
    if undated is not None:
        raise KautilyaError(
            found.lines[undated].place, "no date_recorded", "Give a day such as 2024-08-31"
        )
    table = pd.DataFrame(items, columns=pictured_losses.Item._fields)
    table = table.assign(day=pd.to_datetime(table["day"]), n=table["n"].astype(float))
    notes = _odd_rows(found, table)
    names = {plain(one): one for one in TYPES}
    filled = pictured_losses.kinds((one.system, one.kind) for one in items)
    kind = pd.Series([names.get(one, "") for one in filled], dtype=object)
    last = table["day"].max()
    unread = pd.Series([line.get("type") for line in found.lines], dtype=object)[kind == ""]
    share = float(np.mean([not one for one in filled]))
    table = table.assign(series=_spelled(table) + "/" + kind, month=table["day"].dt.to_period("M"))[
        kind != ""
    ]
    if table.empty:
        raise KautilyaError(
            str(found.path),
            "no events of a class that is forecast",
            f"Classes are {', '.join(TYPES)}",
        )
    months = pd.period_range(table["month"].min() + 1, last.to_period("M"), freq="M")
    if not last.is_month_end:
        months = months[:-1]
    seen = table.pivot_table(index="month", columns="series", values="n", aggfunc="sum")
    seen = seen.reindex(months).fillna(0.0)
    told = [
        f"{share:.0%} of the events have no type and are left out",
        "events count by the day they were recorded, not lost",
    ]
    more = [*_nearly_read(unread), *_ends(table, months), *pictured_losses.flips(items)]
    return Losses(seen, seen, [*told, *notes, *more])


def _odd_rows(found: Sheet, table: pd.DataFrame) -> list[str]:
    """Rows that stand twice, and rows without a number."""
    out = twice(found)
    if table["n"].isna().any():
        out.append(
            f"{many(int(table['n'].isna().sum()), 'row has', 'rows have')} no number: none counts"
        )
    return out


def _spelled(table: pd.DataFrame) -> pd.Series:
    """The country of each row by its usual name, or as it was first spelled."""
    first = dict(NAMES)
    for side, name in zip(table["side"], table["country"], strict=True):
        first.setdefault(side or plain(name), name)
    keys = table["side"].where(table["side"] != "", table["country"].map(plain))
    return keys.map(first)


def _nearly_read(unread: pd.Series) -> list[str]:
    """Types that are nearly called like one that is forecast."""
    out = []
    for name, count in unread.value_counts().items():
        close = get_close_matches(str(name), TYPES, n=1, cutoff=0.8)
        if close:
            out.append(
                f"{many(count, 'row')} of type {name!r} not read: did you mean {close[0]!r}?"
            )
    return out


def _ends(table: pd.DataFrame, months: pd.PeriodIndex) -> list[str]:
    """Series without an event in the first or the last whole month of the file."""
    out = []
    for series, days in table.groupby("series")["day"]:
        if len(months) and days.max().to_period("M") < months[-1]:
            out.append(f"{series}: nothing after {days.max():%Y-%m-%d}; later months count as zero")
        if len(months) and days.min().to_period("M") > months[0]:
            out.append(
                f"{series}: nothing before {days.min():%Y-%m-%d}; earlier months count as zero"
            )
    return out
