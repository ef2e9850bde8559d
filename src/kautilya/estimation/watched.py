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

GROUPS = ("claims", "pictures", "launches", "aid", "deaths", "tests")
CLAIMS = MappingProxyType(
    {
        "claim_tank": ("tank",),
        "claim_apc": ("apc",),
        "claim_gun": ("field_artillery",),
        "claim_mlrs": ("mrl",),
        "claim_sam": ("anti_aircraft_warfare",),
        "claim_vehicle": ("vehicles_and_fuel_tanks", "military_auto", "fuel_tank"),
        "claim_special": ("special_equipment",),
        "claim_drone": ("drone",),
        "claim_cruise": ("cruise_missiles",),
        "claim_aircraft": ("aircraft",),
        "claim_man": ("personnel",),
    }
)
TYPES = MappingProxyType(
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
SIDES = MappingProxyType({"rus": "Russia", "ukr": "Ukraine"})
PICTURES = MappingProxyType(
    {
        f"oryx_{side}_{kind}": (SIDES[side], TYPES[kind])
        for side in SIDES
        for kind in TYPES
        if (side, kind) != ("ukr", "mlrs")  # 68 items in all
    }
)
LAUNCHES = MappingProxyType(
    {  # the first family with a word in the model's name; guided bombs and Lancets are left out
        "launch_drone": ("Shahed",),
        "launch_ballistic": ("Iskander-M", "KN-23", "Kinzhal", "C-300", "C-400", "Zircon", "X-22"),
        "launch_cruise": ("X-", "Kalibr", "Iskander-K", "P-800", "Unknown Missile"),
        "launch_recon": (
            "Orlan", "ZALA", "Supercam", "Reconnaissance", "Merlin", "Orion", "Mohajer", "Forpost",
            "Granat", "Unknown UAV",
        ),
    }
)  # fmt: skip
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


def _table(paths: Files, columns: tuple[str, ...]) -> pd.DataFrame:
    """Files as text cells, one after another. Raises KautilyaError for a column that is missing."""
    parts = []
    for path in paths:
        status = path.stat()
        part = _parsed(path, status.st_mtime_ns, status.st_size)
        missing = [name for name in columns if name not in part]
        if missing:
            raise KautilyaError(
                f"{path}:1", f"no column {missing[0]!r}", f"It needs {', '.join(columns)}"
            )
        parts.append(part)
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True).fillna("")


@lru_cache(maxsize=8)
def _parsed(path: Path, changed: int, length: int) -> pd.DataFrame:
    """The file as it is on disk now; kept, as a hindcast reads it for every origin."""
    head, rows = outside.rows(path)
    return pd.DataFrame([row.cells for row in rows], columns=[h for h in head if h])


def _days(path: Files, cells: pd.Series) -> pd.Series:
    """Days of a column; the day of what stands as a day and an hour."""
    out = pd.to_datetime(cells.str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    if out.isna().any():
        row = int(np.flatnonzero(out.isna())[0])
        raise KautilyaError(
            f"{path[0]}:{row + 2}",
            f"{cells.iloc[row]!r} is no day",
            "Give a day such as 2024-08-31",
        )
    return out


def _numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells.where(cells != ""), errors="coerce")


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


def _claims(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    table = _table(path, ("date",))
    days = _days(path, table["date"])
    daily = pd.DataFrame(
        {name: _numbers(table[name]) for name in table if name not in ("date", "day")}
    ).set_axis(pd.DatetimeIndex(days))
    daily = daily.sort_index().loc[: day - lag]
    if daily.empty:
        return daily
    whole = daily.reindex(pd.date_range(daily.index.min(), daily.index.max()))
    out = {}
    for label, columns in CLAIMS.items():
        given = [whole[one] for one in columns if one in whole]
        if given:
            total = given[0].fillna(sum(given[1:])) if given[1:] else given[0]
            out[label] = total.interpolate(limit_area="inside")
    ends = pd.DataFrame(out)
    ends = ends[ends.index.is_month_end]
    return ends.diff().iloc[1:].set_axis(ends.index[1:].to_period("M"))


def _corrections(path: Files, day: pd.Timestamp, seen: pd.DataFrame) -> pd.DataFrame:
    """Corrections by month, of those made until the day; nought where no file lies there."""
    out = pd.DataFrame(0.0, seen.index, seen.columns)
    if not path:
        return out
    table = _table(path, ("date",))
    days = _days(path, table["date"])
    months = days.dt.to_period("M")
    for label, columns in CLAIMS.items():
        if columns[0] in table:
            given = _numbers(table[columns[0]]).where(days <= day).fillna(0.0)
            out[label] = given.groupby(months).sum().reindex(seen.index).fillna(0.0)
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


def _pictures(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    """A type that is missing is taken from other rows of the same system known on the day."""
    table = _table(path, ("country", "system", "type", "date_recorded", "n"))
    table = table.assign(day=_days(path, table["date_recorded"]), n=_numbers(table["n"]).fillna(0))
    table = table[table["day"] <= day - lag]
    typed = table[table["type"] != ""].drop_duplicates("system").set_index("system")["type"]
    kind = table["type"].where(table["type"] != "", table["system"].map(typed).fillna(""))
    labels = {where: label for label, where in PICTURES.items()}
    series = [labels.get(one) for one in zip(table["country"], kind, strict=True)]
    months = _whole(table["day"].min(), _last(table["day"].max(), day - lag))
    found = _sums(table.assign(series=series).dropna(subset="series"), months)
    return found.reindex(columns=list(PICTURES)).fillna(0.0)


def family(model: str) -> str | None:
    """The family of launches that the name of a model belongs to.

    >>> family("X-101/X-555"), family("X-22"), family("Lancet")
    ('launch_cruise', 'launch_ballistic', None)
    """
    for name, words in LAUNCHES.items():
        if any(word in model for word in words):
            return name
    return None


def _launches(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    table = _table(path, ("time_start", "model", "launched"))
    table = table.assign(
        day=_days(path, table["time_start"]), n=_numbers(table["launched"]).fillna(0)
    )
    table = table[table["day"] <= day - lag].assign(series=table["model"].map(family))
    last = _last(table["day"].max(), day - lag)
    found = _sums(table.dropna(subset="series"), _whole(table["day"].min(), last))
    return found.reindex(columns=list(LAUNCHES)).fillna(0.0)


def _aid(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    table = _table(path, ("donor", "year_month", "aid_type_general", "aid_eur_m"))
    ends = _days(path, table["year_month"].str.slice(0, 7) + "-01") + pd.offsets.MonthEnd(0)
    table = table.assign(day=ends, n=_numbers(table["aid_eur_m"]).fillna(0.0))
    table = table[table["day"] <= day - lag]
    named = {donor: label for label, donors in DONORS.items() for donor in donors}
    kinds = {"Financial": "aid_financial", "Humanitarian": "aid_humanitarian"}
    series = [
        kinds.get(kind) or (named.get(donor, "aid_other") if kind == "Military" else None)
        for kind, donor in zip(table["aid_type_general"], table["donor"], strict=True)
    ]
    months = _whole(table["day"].min().replace(day=1), table["day"].max())
    found = _sums(table.assign(series=series).dropna(subset="series"), months)
    return found.reindex(columns=list(AID)).fillna(0.0)


def _deaths(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    table = _table(path, ("week_start_approx",))
    count = next(name for name in table if name.startswith("deaths"))
    starts, numbers = _days(path, table["week_start_approx"]), _numbers(table[count])
    known = starts + pd.Timedelta(days=WEEK - 1) <= day - lag
    if not known.any():
        return pd.DataFrame()
    spread = pd.DataFrame(
        {
            "day": [one + pd.Timedelta(days=k) for one in starts[known] for k in range(WEEK)],
            "n": np.repeat(numbers[known].to_numpy() / WEEK, WEEK),
            "series": "deaths_named",
        }
    )
    return _sums(spread, _whole(spread["day"].min(), spread["day"].max()))


def _tests(path: Files, day: pd.Timestamp, lag: pd.Timedelta) -> pd.DataFrame:
    table = _table(path, ("date",))
    table = table[table["date"].str.slice(0, 4) >= str(FIRST.year)]  # older days are often unknown
    days = _days(path, table["date"])
    table = table.assign(day=days, n=1.0, series="tests_prk")[days <= day - lag]
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
