"""Reading losses: daily cumulative claims, or events recorded one by one, as months.

claims   date, and one column a class with the cumulative number claimed
events   country, type, date_recorded, n; a series is "country/type"
A month counts where its last day is in the file; the first month is left out, since the file may
begin inside it. Corrections (date, and one column a class) are jumps of a day that belong to
earlier months: they are taken out of what the forecaster is given, never out of what is scored.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from kautilya.errors import KautilyaError

CLASSES = ("tank", "apc", "field_artillery", "personnel")
TYPES = ("Tanks", "Infantry Fighting Vehicles", "Self Propelled Artillery",
         "Multiple Rocket Launchers")
EVENTS = ("country", "type", "date_recorded", "n")
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
    rows = _rows(path)
    head = [name for name in rows[0] if name != "#"] if rows else []
    if set(EVENTS) <= set(head):
        return _enough(path, _events(path, rows))
    if "date" in head and set(CLASSES) & set(head):
        return _enough(path, _claims(path, rows))
    raise KautilyaError(f"{path}:1", f"columns {', '.join(head) or 'none'}",
                        f"Claims need date and any of {', '.join(CLASSES)}; "
                        f"events need {', '.join(EVENTS)}")


def _inside(folder: Path) -> Path:
    heads = {path: _head(path) for path in sorted(folder.glob("*.csv"))
             if "correction" not in path.name}
    for wanted in ({"date", "personnel"}, {"date", "tank"}, set(EVENTS)):
        for path, head in heads.items():
            if wanted <= set(head):
                return path
    raise KautilyaError(str(folder), "no file of claims or events in this folder",
                        f"Claims have columns date, {', '.join(CLASSES)}")


def _head(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError):
        return []


def _rows(path: Path) -> list[dict[str, str]]:
    """Rows with their line numbers under "#"; lines that begin with # are left out."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise KautilyaError(str(path), f"not UTF-8 text (byte {error.start})",
                            "Save it as UTF-8") from None
    except OSError as error:
        raise KautilyaError(str(path), f"cannot be read ({error.strerror})",
                            "Give the path of a file of claims or events") from None
    lines = [(i, line) for i, line in enumerate(text.splitlines(), 1)
             if line.strip() and not line.startswith("#")]
    reader = csv.reader(line for _, line in lines)
    head = [name.strip() for name in next(reader, [])]
    out = []
    for (number, _), cells in zip(lines[1:], reader, strict=False):
        if len(cells) != len(head):
            raise KautilyaError(f"{path}:{number}", f"{len(cells)} cells",
                                f"Give {len(head)}, as in the first line")
        out.append({"#": str(number), **dict(zip(head, cells, strict=True))})
    if head and not out:
        raise KautilyaError(str(path), "no rows", "Give one row a day or an event")
    return [{k: v for k, v in row.items() if k != "" or k == "#"} for row in out]


def _date(path: Path, row: dict[str, str], column: str) -> pd.Timestamp:
    found = pd.to_datetime(row[column], format="%Y-%m-%d", errors="coerce")
    if pd.isna(found):  # an empty cell and "NaN" as well
        raise KautilyaError(f"{path}:{row['#']}", f"{column} {row[column]!r}",
                            "Give a day such as 2024-08-31")
    return pd.Timestamp(found)


def _number(path: Path, row: dict[str, str], column: str, least: float = 0.0) -> float:
    text = row[column].strip()
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value) or value < least:
        raise KautilyaError(f"{path}:{row['#']}", f"{column} {text!r}",
                            "Give a number of 0 or more" if least == 0.0 else "Give a number")
    return value


def _daily(path: Path, rows: list[dict[str, str]], least: float = 0.0) -> pd.DataFrame:
    """Columns of CLASSES by day, in order of days."""
    present = [name for name in CLASSES if name in rows[0]]
    days: dict[pd.Timestamp, list[float]] = {}
    for row in rows:
        day = _date(path, row, "date")
        if day in days:
            raise KautilyaError(f"{path}:{row['#']}", f"date {row['date']} a second time",
                                "Give one row a day")
        days[day] = [_number(path, row, name, least) for name in present]
    table = pd.DataFrame.from_dict(days, orient="index", columns=present).sort_index()
    return table.dropna(axis=1, how="all")


def _claims(path: Path, rows: list[dict[str, str]]) -> Losses:
    daily = _daily(path, rows)
    if daily.empty:
        raise KautilyaError(str(path), "no numbers of losses", f"Give {', '.join(CLASSES)}")
    whole = pd.date_range(daily.index[0], daily.index[-1], freq="D")
    total = daily.reindex(whole).interpolate(limit_area="inside")
    month_ends = total[total.index.is_month_end]
    seen = month_ends.diff().iloc[1:]
    seen.index = seen.index.to_period("M")
    notes = [f"{len(whole) - len(daily)} days were missing and are read between their neighbours"
             ] if len(whole) > len(daily) else []
    notes += [f"no numbers of {name}" for name in CLASSES if name not in seen]
    notes += [f"{name} falls in {seen.index[row]}, though it is cumulative: scored as it stands"
              for name in seen for row in np.flatnonzero(seen[name] < 0)]
    mended = _corrections(path, seen)
    return Losses(seen, seen - mended, notes)


def _corrections(path: Path, seen: pd.DataFrame) -> pd.DataFrame:
    """Corrections by month of the file beside the claims; zeros where there is none."""
    beside = path.parent / "general_staff_corrections.csv"
    out = pd.DataFrame(0.0, index=seen.index, columns=seen.columns)
    if not beside.is_file():
        return out
    daily = _daily(beside, _rows(beside), -np.inf).fillna(0.0)
    monthly = daily.groupby(daily.index.to_period("M")).sum()
    return out.add(monthly.reindex(index=out.index, columns=out.columns), fill_value=0.0)


def _events(path: Path, rows: list[dict[str, str]]) -> Losses:
    """Types that are missing are taken from other rows of the same system."""
    table = pd.DataFrame({
        "day": [_date(path, row, "date_recorded") for row in rows],
        "n": [_number(path, row, "n") for row in rows],
        "country": [row["country"] for row in rows], "type": [row["type"] for row in rows],
        "system": [row.get("system", "") for row in rows]})
    known = table[table["type"] != ""].drop_duplicates("system").set_index("system")["type"]
    filled = table["type"].where(table["type"] != "", table["system"].map(known).fillna(""))
    last = table["day"].max()
    table = table.assign(series=table["country"] + "/" + filled,
                         month=table["day"].dt.to_period("M"))[filled.isin(TYPES)]
    if table.empty:
        raise KautilyaError(str(path), "no events of a class that is forecast",
                            f"Classes are {', '.join(TYPES)}")
    months = pd.period_range(table["month"].min() + 1, last.to_period("M"), freq="M")
    if not last.is_month_end:
        months = months[:-1]
    seen = table.pivot_table(index="month", columns="series", values="n", aggfunc="sum")
    seen = seen.reindex(months).fillna(0.0)
    unknown = float((filled == "").mean())
    return Losses(seen, seen, [f"{unknown:.0%} of the events have no type and are left out",
                               "events count by the day they were recorded, not lost"])


def _enough(path: Path, losses: Losses) -> Losses:
    if len(losses.seen) < LEAST:
        raise KautilyaError(str(path), f"{len(losses.seen)} whole months",
                            f"Give {LEAST} or more")
    return losses
