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

import re
from collections import Counter
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from kautilya.errors import KautilyaError
from kautilya.estimation import outside
from kautilya.estimation.outside import Row
from kautilya.scenario.cells import LARGEST
from kautilya.wording import many

CLASSES = ("tank", "apc", "field_artillery", "personnel")
TYPES = (
    "Tanks",
    "Infantry Fighting Vehicles",
    "Self Propelled Artillery",
    "Multiple Rocket Launchers",
)
EVENTS = ("country", "type", "date_recorded", "n")
CORRECTIONS = "general_staff_corrections.csv"
LEAST = 6  # months below which nothing can be estimated
OWNED = 10  # events from which a system's change of owner is told


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
    head, rows = _named(path)
    if set(EVENTS) <= set(head):
        kind = _events
    elif "date" in head and set(CLASSES) & set(head):
        kind = _claims
        _nearly(path, head)
    else:
        raise KautilyaError(
            f"{path}:1",
            f"columns {', '.join(head) or 'none'}",
            f"Claims need date and any of {', '.join(CLASSES)}; events need {', '.join(EVENTS)}",
        )
    if not rows:
        raise KautilyaError(str(path), "no rows", "Give one row a day or an event")
    losses = kind(path, rows)
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
            heads[path] = set(_named(path)[0])
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


def plain(name: str) -> str:
    """A column's name without its case, blanks and hyphens as underscores."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def _named(path: Path) -> tuple[list[str], list[Row]]:
    head, rows = outside.rows(path)
    names = [plain(name) for name in head if name]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise KautilyaError(f"{path}:1", f"two columns {twice[0]!r}", "Keep one of them")
    return names, [_plainly(row) for row in rows]


def _plainly(row: Row) -> Row:
    """A row by plain names; a column without a name is left out."""
    return Row(row.place, {plain(k): v for k, v in row.cells.items() if k})


def _nearly(path: Path, head: list[str]) -> None:
    """Refuse a class that is missing where a column is nearly called like it."""
    others = [name for name in head if name not in CLASSES]
    for name in CLASSES:
        close = get_close_matches(name, others, n=1, cutoff=0.8)
        if name not in head and close:
            raise KautilyaError(
                f"{path}:1",
                f"column {close[0]!r} is not known",
                f"Did you mean {name}? Rename it, or leave it out",
            )


def _date(row: Row, column: str) -> pd.Timestamp:
    said = row.cells.get(column, "")
    day = re.sub(r"[T ]00:00.*$", "", said)
    found = pd.to_datetime(day, format="%Y-%m-%d", errors="coerce")
    if pd.isna(found):  # an empty cell and "NaN" as well
        raise KautilyaError(row.place, f"{column} {said!r}", "Give a day such as 2024-08-31")
    return pd.Timestamp(found)


def _number(row: Row, column: str, least: float = 0.0) -> float:
    said = row.cells.get(column, "")
    if not said:
        return float("nan")
    try:
        value = float(said)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value) or value < least or abs(value) > LARGEST:
        raise KautilyaError(
            row.place,
            f"{column} {said!r}",
            f"Give a number of 0 to {LARGEST:g}" if least == 0.0 else "Give a number",
        )
    return value


def _daily(rows: list[Row], least: float = 0.0) -> pd.DataFrame:
    """Columns of CLASSES by day, in order of days."""
    given = {name for row in rows for name in row.cells}
    present = [name for name in CLASSES if name in given]
    days: dict[pd.Timestamp, list[float]] = {}
    for row in rows:
        day = _date(row, "date")
        if day in days:
            raise KautilyaError(
                row.place, f"date {day:%Y-%m-%d} a second time", "Give one row a day"
            )
        days[day] = [_number(row, name, least) for name in present]
    table = pd.DataFrame.from_dict(days, orient="index", columns=present).sort_index()
    return table.dropna(axis=1, how="all").dropna(axis=0, how="all")


def _claims(path: Path, rows: list[Row]) -> Losses:
    daily = _daily(rows)
    if daily.empty:
        raise KautilyaError(str(path), "no numbers of losses", f"Give {', '.join(CLASSES)}")
    whole = pd.date_range(daily.index[0], daily.index[-1], freq="D")
    notes = (
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
    daily = _daily(_named(path)[1], -np.inf).fillna(0.0)
    monthly = daily.groupby(daily.index.to_period("M")).sum()
    return monthly.reindex(index=seen.index, columns=seen.columns).fillna(0.0)


def _events(path: Path, rows: list[Row]) -> Losses:
    """Types that are missing are taken from other rows of the same system."""
    cells = [row.cells for row in rows]
    table = pd.DataFrame(
        {
            "day": [_date(row, "date_recorded") for row in rows],
            "n": [_number(row, "n") for row in rows],
            "country": [row.get("country", "") for row in cells],
            "type": [row.get("type", "") for row in cells],
            "system": [row.get("system", "") for row in cells],
        }
    )
    notes = _odd_rows(pd.DataFrame(cells), table)
    table["country"], table["type"] = _spelled(table["country"]), _spelled(table["type"], TYPES)
    known = table[table["type"] != ""].drop_duplicates("system").set_index("system")["type"]
    filled = table["type"].where(table["type"] != "", table["system"].map(known).fillna(""))
    last = table["day"].max()
    unread = table.loc[~filled.isin(TYPES), "type"]
    table = table.assign(
        series=table["country"] + "/" + filled, month=table["day"].dt.to_period("M")
    )[filled.isin(TYPES)]
    if table.empty:
        raise KautilyaError(
            str(path), "no events of a class that is forecast", f"Classes are {', '.join(TYPES)}"
        )
    months = pd.period_range(table["month"].min() + 1, last.to_period("M"), freq="M")
    if not last.is_month_end:
        months = months[:-1]
    seen = table.pivot_table(index="month", columns="series", values="n", aggfunc="sum")
    seen = seen.reindex(months).fillna(0.0)
    told = [
        f"{float((filled == '').mean()):.0%} of the events have no type and are left out",
        "events count by the day they were recorded, not lost",
    ]
    return Losses(
        seen, seen, [*told, *notes, *_nearly_read(unread), *_ends(table, months), *_owners(table)]
    )


def _odd_rows(cells: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """Rows that stand twice, and rows without a number."""
    whole = cells.duplicated(keep=False)
    out = []
    if whole.any():
        out.append(
            f"{int(cells.duplicated().sum()):,} of {many(len(cells), 'row')} stand twice, and count twice"
        )
    if table["n"].isna().any():
        out.append(
            f"{many(int(table['n'].isna().sum()), 'row has', 'rows have')} no number: none counts"
        )
    return out


def _spelled(names: pd.Series, known: tuple[str, ...] = ()) -> pd.Series:
    """Each name as it is known, or as it was first spelled, whatever its case and blanks."""
    first = {plain(name): name for name in known}
    for name in names.unique():
        first.setdefault(plain(name), name)
    return names.map(lambda name: first[plain(name)])


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


def _owners(table: pd.DataFrame) -> list[str]:
    """Systems that are one side's to a day and the other's from then on: labels may have flipped."""
    out = []
    for system, part in table[table["system"] != ""].groupby("system"):
        spans = part.groupby("country")["day"].agg(["min", "max", "size"]).sort_values("min")
        for before, after in zip(spans.index[:-1], spans.index[1:], strict=True):
            a, b = spans.loc[before], spans.loc[after]
            if a["max"] < b["min"] and min(a["size"], b["size"]) >= OWNED:
                out.append(
                    f"{system} is lost by {before} to {a['max']:%Y-%m-%d} and by {after} "
                    f"from {b['min']:%Y-%m-%d}: were the labels exchanged?"
                )
    return out
