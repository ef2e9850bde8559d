"""What observers publish, month by month: the record that the engine is driven by and scored on.

    claims     losses claimed by one belligerent, from daily totals (general_staff_..._daily.csv)
    pictures   losses recorded from pictures, by the day they were recorded (oryx_events.csv)
    launches   missiles and drones launched, as the defender reports (ru_missile_drone_salvos.csv)
    aid        allocated to Ukraine, million euro (kiel_aid_monthly.csv)
    deaths     named deaths, weeks spread over days (mediazona_weekly_confirmed_deaths.csv)
    tests      missiles launched by North Korea (cns_dprk_missile_tests.csv)

A month counts where its last day is in the file. Everything is cut by content: a row is known from
its own day plus the days that its source needs (`lag`), whatever the file is called. So a longer
file with the same columns serves as well, and an earlier day sees only what was there to see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from kautilya.errors import KautilyaError
from kautilya.estimation import outside
from kautilya.layouts import aid_tracker, claimed_losses, pictured_losses, salvos
from kautilya.layouts.layout import Options, end_of, needed
from kautilya.layouts.sheet import days, numbers, plain, sheet

GROUPS = ("claims", "pictures", "launches", "aid", "deaths", "tests")
CLAIMS = MappingProxyType(
    {  # label: class of the layout
        "claim_tank": "tank", "claim_apc": "ifv", "claim_gun": "gun", "claim_mlrs": "mlrs",
        "claim_sam": "air_defence", "claim_vehicle": "vehicle", "claim_special": "special_equipment",
        "claim_drone": "drone", "claim_cruise": "cruise_missile", "claim_aircraft": "aircraft",
        "claim_man": "person",
    }
)  # fmt: skip
KINDS = MappingProxyType(
    {
        "tank": "Tanks",
        "ifv": "Infantry Fighting Vehicles",
        "apc": "Armoured Personnel Carriers",
        "spg": "Self Propelled Artillery",
        "towed": "Towed Artillery",
        "mlrs": "Multiple Rocket Launchers",
        "sam": "Surface-To-Air Missile Systems",
        "truck": "Trucks, Vehicles, and Jeeps",
    }
)
PICTURES = MappingProxyType(
    {
        f"oryx_{side}_{kind}": (side.upper(), plain(KINDS[kind]))
        for side in ("rus", "ukr")
        for kind in KINDS
        if (side, kind) != ("ukr", "mlrs")  # 68 items in all
    }
)
LAUNCHES = tuple(f"launch_{family}" for family in salvos.FAMILIES)
EUROPE = (
    "Austria", "Belgium", "Bulgaria", "Croatia", "Cyprus", "Czech Republic", "Czechia", "Denmark",
    "Estonia", "Finland", "France", "Greece", "Hungary", "Iceland", "Ireland", "Italy", "Latvia",
    "Lithuania", "Luxembourg", "Malta", "Netherlands", "Norway", "Poland", "Portugal", "Romania",
    "Slovakia", "Slovenia", "Spain", "Sweden", "Switzerland", "EU (Commission and Council)",
    "European Investment Bank", "European Peace Facility", "EU Institutions",
)  # fmt: skip
DONORS = MappingProxyType(
    {"aid_usa": ("United States",), "aid_deu": ("Germany",), "aid_gbr": ("United Kingdom",),
     "aid_europe": EUROPE}
)  # fmt: skip
AID = (*DONORS, "aid_other", "aid_financial", "aid_humanitarian")
LABELS = (*CLAIMS, *PICTURES, *LAUNCHES, *AID, "deaths_named", "tests_prk")
FILES = MappingProxyType(
    {  # group: file, days from the end of a row's period until it is known (assumed)
        "claims": ("general_staff_claimed_losses_daily.csv", 0),
        "pictures": ("oryx_events.csv", 0),
        "launches": ("ru_missile_drone_salvos.csv", 0),
        "aid": ("kiel_aid_monthly.csv", 16),
        "deaths": ("mediazona_weekly_confirmed_deaths.csv", 21),
        "tests": ("cns_dprk_missile_tests.csv", 0),
    }
)
CORRECTIONS = "general_staff_corrections.csv"
FIRST = pd.Period("2022-03", "M")  # the first whole month of the war
WEEK = 7
Files = tuple[Path, ...]
RARE = 120  # days without a test after which a file is taken to have ended


class Watched(NamedTuple):
    """The record as known on a day, index Period[M], columns LABELS.

    seen    what is scored: plain sums of the files; NaN = the month is not whole, or not known
    clean   what a forecaster is given: the same less corrections of the day they were made
    about   index LABELS, columns group, file, unit
    notes   files that are absent, and what else a reader should know
    """

    seen: pd.DataFrame
    clean: pd.DataFrame
    about: pd.DataFrame
    notes: tuple[str, ...]


def group_of(label: str) -> str:
    """The group of a series, by its label."""
    return str(about().loc[label, "group"])


SAYS = MappingProxyType(
    {
        "claim": "{} claimed by the General Staff", "oryx_rus": "Russian {} seen lost",
        "oryx_ukr": "Ukrainian {} seen lost", "launch": "{} launched", "tank": "tanks",
        "apc": "armoured carriers", "gun": "artillery", "mlrs": "rocket launchers",
        "sam": "air defence", "vehicle": "vehicles", "special": "special equipment",
        "drone": "drones", "cruise": "cruise missiles", "aircraft": "aircraft", "man": "men",
        "ifv": "infantry fighting vehicles", "spg": "self-propelled guns", "towed": "towed guns",
        "truck": "trucks", "ballistic": "ballistic missiles", "recon": "reconnaissance drones",
        "aid_usa": "military aid of the United States", "aid_deu": "military aid of Germany",
        "aid_gbr": "military aid of the United Kingdom", "aid_europe": "military aid of others in Europe",
        "aid_other": "military aid of others", "aid_financial": "financial aid",
        "aid_humanitarian": "humanitarian aid", "deaths_named": "named deaths",
        "tests_prk": "missile tests of North Korea",
    }
)  # fmt: skip


def says(labels: str) -> str:
    """One or several series, joined by "+", in words.

    >>> says("launch_cruise+launch_ballistic")
    'cruise missiles launched and ballistic missiles launched'
    """
    out = []
    for label in labels.split("+"):
        kind, _, thing = label.rpartition("_")
        whole = SAYS.get(label, label)
        out.append(SAYS[kind].format(SAYS[thing]) if kind in SAYS and thing in SAYS else whole)
    return " and ".join(out) if len(out) < 4 else f"{out[0]} and {len(out) - 1} more together"


def about() -> pd.DataFrame:
    """What each series is: index LABELS, columns group, file, unit.

    >>> about().loc["launch_drone", "group"]
    'launches'
    """
    groups = (
        ["claims"] * len(CLAIMS) + ["pictures"] * len(PICTURES) + ["launches"] * len(LAUNCHES)
        + ["aid"] * len(AID) + ["deaths", "tests"]
    )  # fmt: skip
    units = {"aid": "EUR m", "deaths": "persons", "launches": "launches", "tests": "launches"}
    return pd.DataFrame(
        {
            "group": groups,
            "file": [FILES[one][0] for one in groups],
            "unit": [
                "persons" if label == "claim_man" else units.get(one, "items")
                for label, one in zip(LABELS, groups, strict=True)
            ],
        },
        index=pd.Index(LABELS, name="series"),
    )


def read(folder: Path | Sequence[Path] | None = None, known: date | None = None) -> Watched:
    """The record of a folder of outside files; known: as it was on that day.

    folder   one, or several whose files go on one after another; by default that of the outside
             data (docs/data.md); absent files leave their series
             empty and are noted; a name may go on after its stem, as in oryx_events_2024_09.csv. Raises KautilyaError where none of the files is there, or where
             one cannot be read.
    """
    given = outside.root() / "data" if folder is None else folder
    places = [given] if isinstance(given, Path | str) else list(given)
    day = pd.Timestamp(known) if known is not None else pd.Timestamp.max
    parts: list[pd.DataFrame] = []
    notes: list[str] = []
    for group, (name, lag) in FILES.items():
        paths = tuple(path for one in places if (path := _named(Path(one), name)).is_file())
        if not paths:
            notes.append(f"{name} is absent: no {group}")
            continue
        parts.append(_READERS[group](paths, day, pd.Timedelta(days=lag)))
    if not parts:
        raise KautilyaError(
            ", ".join(map(str, places)), "none of the files of the record is there",
            f"Give a folder that holds any of {', '.join(name for name, _ in FILES.values())}",
        )  # fmt: skip
    filled = [part for part in parts if len(part)]
    if not filled:
        when = "is there" if known is None else f"was known on {known}"
        raise KautilyaError(
            ", ".join(map(str, places)),
            f"no whole month {when}",
            "Give a later day, or longer files",
        )
    fixes = (_named(Path(one), CORRECTIONS) for one in places)
    corrected = tuple(path for path in fixes if path.is_file())
    seen = pd.concat(filled, axis=1).sort_index()
    whole = pd.period_range(FIRST, max(seen.index[-1], FIRST), freq="M")
    seen = seen.reindex(index=whole, columns=list(LABELS))
    return Watched(seen, seen - _corrections(corrected, day, seen), about(), tuple(notes))


def _named(place: Path, name: str) -> Path:
    """The file of that name, or the only one whose name goes on after its stem (..._2024_09.csv)."""
    stem = name.removesuffix(".csv")
    others = sorted(one for one in place.glob(f"{stem}_2*.csv") if one.is_file())
    return others[0] if len(others) == 1 and not (place / name).is_file() else place / name


def _rows(paths: Files, reader: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
    """What the one reader of a layout gives of files, one after another."""
    parts = []
    for path in paths:
        status = path.stat()
        parts.append(_kept(path, status.st_mtime_ns, status.st_size, reader))
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


@lru_cache(maxsize=16)
def _kept(
    path: Path, changed: int, length: int, reader: Callable[[Path], pd.DataFrame]
) -> pd.DataFrame:
    """The file as it is on disk now; kept, as a hindcast reads it for every origin."""
    return reader(path)


def _dates(found: Sequence[date | None]) -> pd.Series:
    return pd.Series(pd.to_datetime(pd.Series(found, dtype=object)), dtype="datetime64[ns]")


def _whole(first: pd.Timestamp, last: pd.Timestamp) -> pd.PeriodIndex:
    """Months that lie wholly between two days; none where nothing was known."""
    if pd.isna(first) or pd.isna(last):
        return pd.period_range(FIRST, FIRST - 1, freq="M")
    begin = first.to_period("M") if first.day == 1 else first.to_period("M") + 1
    end = last.to_period("M") if last.is_month_end else last.to_period("M") - 1
    return pd.period_range(begin, max(end, begin - 1), freq="M")


def _sums(table: pd.DataFrame, months: pd.PeriodIndex) -> pd.DataFrame:
    """Sums by month and series of rows with columns day, series, n; none is nought."""
    by = table.assign(month=table["day"].dt.to_period("M"))
    wide = by.pivot_table(index="month", columns="series", values="n", aggfunc="sum")
    return wide.reindex(months).fillna(0.0)


def _counted(path: Path) -> pd.DataFrame:
    """Counters, or corrections, by day; columns classes of the layout."""
    found = sheet(path, claimed_losses.LAYOUT.marks)
    if not found.lines:
        return pd.DataFrame(index=pd.DatetimeIndex([]))
    given = claimed_losses.counters(found, Options())
    ends, at = zip(*given.dated, strict=True)
    table = pd.DataFrame(given.goods, dtype=float).iloc[list(at)]
    return table.set_axis(pd.DatetimeIndex(ends))


def _claims(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    daily = _by_day(path).loc[: day - lag]
    if daily.empty:
        return daily
    whole = daily.reindex(pd.date_range(daily.index.min(), daily.index.max()))
    out = {
        label: whole[good].interpolate(limit_area="inside")
        for label, good in CLAIMS.items()
        if good in whole
    }
    ends = pd.DataFrame(out)
    ends = ends[ends.index.is_month_end]
    return ends.diff().iloc[1:].set_axis(ends.index[1:].to_period("M"))


def _by_day(paths: Files) -> pd.DataFrame:
    """Counters of files that follow each other, by day; what stands in two of them counts as in the
    later one."""
    parts = [_rows((path,), _counted) for path in paths]
    whole = pd.concat(parts) if len(parts) > 1 else parts[0]
    return whole[~whole.index.duplicated(keep="last")].sort_index()


def _corrections(path: Files, day: pd.Timestamp, seen: pd.DataFrame) -> pd.DataFrame:
    """Corrections by month, of those made until the day; nought where no file lies there."""
    out = pd.DataFrame(0.0, seen.index, seen.columns)
    if not path:
        return out
    table = _by_day(path).loc[:day].fillna(0.0)
    months = table.index.to_period("M")
    for label, good in CLAIMS.items():
        if good in table:
            out[label] = table[good].groupby(months).sum().reindex(seen.index).fillna(0.0)
    return out


def _last(seen: pd.Timestamp, day: pd.Timestamp, slack: int = WEEK) -> pd.Timestamp:
    """The last day that a file of events covers, given its last event and the day it is read on.

    That day itself where the last event is not long ago (slack, in days), else the end of the month
    of the last event where no more than a week was left of it, else the day of that event.
    """
    if pd.isna(seen) or day - seen <= pd.Timedelta(days=slack):
        return day
    end = seen.to_period("M").end_time.normalize()
    return end if end - seen <= pd.Timedelta(days=WEEK) else seen


def _items(path: Path) -> pd.DataFrame:
    found = sheet(path, pictured_losses.LAYOUT.marks)
    table = pd.DataFrame(
        pictured_losses.items(found, Options()), columns=pictured_losses.Item._fields
    )
    return table.assign(day=_dates(table["day"]), n=table["n"].astype(float).fillna(0.0))


def _pictures(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    """A type that is missing is taken from other rows of the same system known on the day."""
    table = _rows(path, _items)
    table = table[table["day"] <= day - lag]
    kinds = pictured_losses.kinds(zip(table["system"], table["kind"], strict=True))
    labels = {where: label for label, where in PICTURES.items()}
    series = [labels.get(one) for one in zip(table["side"], kinds, strict=True)]
    months = _whole(table["day"].min(), _last(table["day"].max(), day - lag))
    found = _sums(table.assign(series=series).dropna(subset="series"), months)
    return found.reindex(columns=list(PICTURES)).fillna(0.0)


def _launched(path: Path) -> pd.DataFrame:
    """Rows that are alike count each: reports of several places read the same."""
    found = sheet(path, salvos.LAYOUT.marks)
    rows = [
        (one.day, f"launch_{family}" if family else None, one.launched or 0.0)
        for one in salvos.salvos(found, Options())
        for family in [salvos.family(one.model)]
    ]
    table = pd.DataFrame(rows, columns=["day", "series", "n"])
    return table.assign(day=_dates(table["day"]))


def _launches(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    table = _rows(path, _launched)
    table = table[table["day"] <= day - lag]
    last = _last(table["day"].max(), day - lag)
    found = _sums(table.dropna(subset="series"), _whole(table["day"].min(), last))
    return found.reindex(columns=list(LAUNCHES)).fillna(0.0)


def _granted(path: Path) -> pd.DataFrame:
    """Amounts by the last day of their month."""
    found = sheet(path, aid_tracker.LAYOUT.marks)
    named = {donor: label for label, donors in DONORS.items() for donor in donors}
    others = {"financial": "aid_financial", "humanitarian": "aid_humanitarian"}
    rows = []
    for one in aid_tracker.grants(found, Options()):
        military = named.get(one.donor, "aid_other") if one.kind.casefold() == "military" else None
        series = others.get(one.kind.casefold(), military)
        rows.append((end_of(one.month) if one.month else None, series, one.amount or 0.0))
    table = pd.DataFrame(rows, columns=["day", "series", "n"])
    return table.assign(day=_dates(table["day"]))


def _aid(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    table = _rows(path, _granted)
    table = table[table["day"] <= day - lag]
    first = table["day"].min()
    months = _whole(first if pd.isna(first) else first.replace(day=1), table["day"].max())
    found = _sums(table.dropna(subset="series"), months)
    return found.reindex(columns=list(AID)).fillna(0.0)


def _named_dead(path: Path) -> pd.DataFrame:
    found = sheet(path)
    start = needed(found, "week_start_approx")
    count = needed(found, *(name for name in found.head if name.startswith("deaths")), "deaths")
    cells = numbers(found, [count], whole=True)[count]
    table = pd.DataFrame({"day": _dates(days(found, start)), "n": pd.Series(cells, dtype=float)})
    return table.dropna()


def _deaths(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    table = _rows(path, _named_dead)
    known = table[table["day"] + pd.Timedelta(days=WEEK - 1) <= day - lag]
    if known.empty:
        return pd.DataFrame()
    spread = pd.DataFrame(
        {
            "day": [one + pd.Timedelta(days=k) for one in known["day"] for k in range(WEEK)],
            "n": np.repeat(known["n"].to_numpy() / WEEK, WEEK),
            "series": "deaths_named",
        }
    )
    return _sums(spread, _whole(spread["day"].min(), spread["day"].max()))


def _tested(path: Path) -> pd.DataFrame:
    """A row a missile; those of before the war are left out, as their days are often unknown."""
    found = sheet(path)
    needed(found, "date")
    recent = [one for one in found.lines if one.get("date")[:4] >= str(FIRST.year)]
    table = pd.DataFrame({"day": _dates(days(found._replace(lines=recent), "date"))})
    return table.assign(n=1.0, series="tests_prk")


def _tests(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    table = _rows(path, _tested)
    table = table[table["day"] <= day - lag]
    last = _last(table["day"].max(), day - lag, RARE)
    return _sums(table, _whole(table["day"].min(), last))


_READERS: Mapping[str, Callable[[Files, pd.Timestamp, pd.Timedelta], pd.DataFrame]] = {
    "claims": _claims,
    "pictures": _pictures,
    "launches": _launches,
    "aid": _aid,
    "deaths": _deaths,
    "tests": _tests,
}
