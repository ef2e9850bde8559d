"""Excerpts of public layouts, written by hand with invented values, and ways to mangle them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

Rows = list[dict[str, str]]


def _table(text: str) -> Rows:
    return list(csv.DictReader(io.StringIO(text.strip() + "\n"), delimiter="|"))


def _claims() -> Rows:
    out = []
    for month, days in ((1, 31), (2, 28), (3, 31)):
        for day in range(1, days + 1):
            n = (month - 1) * 31 + day
            out.append(
                {
                    "date": f"2031-{month:02d}-{day:02d}",
                    "day": str(n),
                    "tank": str(1000 + 3 * n),
                    "APC": str(2000 + 5 * n),
                    "field artillery": str(900 + 2 * n),
                    "personnel": str(90_000 + 250 * n),
                }
            )
    return out


EXCERPTS: dict[str, Rows] = {
    "claimed-losses": _claims(),
    "pictured-losses": _table(
        """
country|origin|system|type|status|date_recorded|n
Russia|Soviet Union|T-72B|Tanks|destroyed|2031-01-05|2
Russia|Soviet Union|T-72B||captured|2031-01-28|1
Ukraine|Soviet Union|BMP-2|Infantry Fighting Vehicles|destroyed|2031-02-11|3
Russia|Russia|2S19|Self Propelled Artillery|damaged|2031-02-17|1
Russia|Russia|R-330|Jammers and Deception Systems|captured|2031-02-20|1
Ukraine|Germany|Müller 2000|Tanks|destroyed|2031-03-31|1
"""
    ),
    "salvos": _table(
        """
time_start|time_end|model|launched|destroyed|carrier
2031-01-01 01:30|2031-01-01 03:00|Shahed-136/131|1234|1000|
2031-01-17|2031-01-17|X-101/X-555|21|16|Tu-95MS
2031-02-03|2031-02-03|Iskander-M|4|0|
2031-02-23|2031-02-23|Orlan-10|2|2|
2031-03-31 02:00|2031-03-31 03:00|Shahed-136/131|37|31|Приморськ
"""
    ),
    "aid-tracker": _table(
        """
donor|year_month|aid_type_general|aid_type_specific|aid_eur_m
Germany|2022-10|Military|Weapons|120.5
Türkiye|2022-10|Military|Equipment|3.25
United States|2022-11|Military|Weapons|1450.75
France|2022-11|Financial|Loan|300
Japan|2022-12|Humanitarian||12.125
"""
    ),
    "arms-register": _table(
        """
Recipient|Supplier|Year of order|Number ordered|Weapon designation|Weapon description|Number delivered|Year(s) of delivery|SIPRI TIV of delivered weapons
Iran|North Korea|1984|100|Hwasong-5|SSM|100|1987; 1988|62.5
Iraq|Soviet Union|1981|200|T-72|tank|200|1982-1984|600
Iraq|France|1979|36|Mirage F-1C|fighter aircraft|36|1981|381.6
Côte d'Ivoire|unknown supplier(s)|1985|2|Mortar|mortar|2|1986|0.4
Iran|China|1986|50|HY-2|anti-ship missile||1987|7.25
"""
    ),
    "battle-deaths": _table(
        """
conflict_id|side_a|side_b|year|bd_best|bd_low|bd_high
1|Government of Iran|Government of Iraq|1986|12500|10000|15000
1|Government of Iran|Government of Iraq|1987|9100|8000|11000
2|Government of Türkiye|Somebody's Front|1987|260|250|300
"""
    ),
    "bilateral-trade": _table(
        """
t|i|j|k|v|q
2023|156|643|870323|1234567.5|10
2023|156|643|851713|1000.25|2
2023|842|124|100199|500.5|
2023|408|643|930690|12.5|1
"""
    ),
}
DATED = {  # columns of days
    "claimed-losses": ("date",),
    "pictured-losses": ("date_recorded",),
    "salvos": ("time_start", "time_end"),
}
FRACTIONS = {  # columns whose cells may have a decimal sign
    "aid-tracker": ("aid_eur_m",),
    "arms-register": ("SIPRI TIV of delivered weapons",),
    "bilateral-trade": ("v",),
}
COUNTS = {  # columns of whole numbers, written with a sign for thousands
    "claimed-losses": ("personnel", "tank"),
    "salvos": ("launched",),
    "battle-deaths": ("bd_best", "bd_low", "bd_high"),
    "pictured-losses": ("n",),
}


def text(rows: Rows, sign: str = ",") -> str:
    """Rows as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=sign, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _each(rows: Rows, columns: tuple[str, ...], change) -> Rows:
    return [
        {name: change(cell) if name in columns else cell for name, cell in row.items()}
        for row in rows
    ]


def _dotted(cell: str) -> str:
    day, *rest = cell.split(" ")
    year, month, number = day.split("-")
    return " ".join([f"{number}.{month}.{year}", *rest])


def _slashed(cell: str) -> str:
    day, *rest = cell.split(" ")
    year, month, number = day.split("-")
    return " ".join([f"{int(month)}/{int(number)}/{year}", *rest])


def _thousands(cell: str) -> str:
    return f"{int(cell):,}".replace(",", ".") if cell else cell


MONTHS = {"aid-tracker": ("year_month",)}  # columns of months
SPANS = {"arms-register": ("Year(s) of delivery",)}  # columns of years and of spans of them
NAMES = {  # the same columns as other copies call them
    "claimed-losses": {"tank": "Tanks", "APC": "armored personnel carriers",
                       "field artillery": "artillery systems", "personnel": "troops"},
    "pictured-losses": {"country": "owner", "system": "name", "date_recorded": "date_lost"},
    "salvos": {"time_start": "date"},
    "aid-tracker": {"year_month": "month", "aid_eur_m": "value_eur_m"},
    "arms-register": {"Weapon description": "description",
                      "Year(s) of delivery": "Delivery year",
                      "SIPRI TIV of delivered weapons": "TIV delivery values"},
    "battle-deaths": {"bd_best": "bdbest", "bd_low": "bdlow", "bd_high": "bdhigh"},
}  # fmt: skip
STATES = {"Russia": "Russian Federation", "Ukraine": "UKR", "Germany": "DEU", "Iran": "IRN",
          "Soviet Union": "USSR", "643": "RUS", "156": "CHN"}  # fmt: skip


def _first_of(cell: str) -> str:
    return f"{cell}-01"


def _spelled(cell: str) -> str:
    return cell.replace("; ", ", ").replace("-", " – ")


def _renamed(name: str, rows: Rows) -> Rows:
    names = NAMES.get(name, {})
    return [
        {names.get(key, key): STATES.get(cell, cell) for key, cell in row.items()} for row in rows
    ]


def dressed(name: str, way: str) -> bytes:
    """The excerpt in one of six other dresses, each of which changes its bytes."""
    rows = EXCERPTS[name]
    fractions = _each(rows, FRACTIONS.get(name, ()), lambda cell: cell.replace(".", ","))
    dates = _each(rows, DATED.get(name, ()), _dotted)
    dates = _each(dates, MONTHS.get(name, ()), _first_of)
    dates = _each(dates, SPANS.get(name, ()), _spelled)
    dates = _each(dates, ("year", "t"), lambda cell: f"{cell}.0")
    made = {
        "encoding": text(rows).encode("utf-16"),
        "separators": ("a table\n\n" + text(rows, ";")).encode(),
        "decimal comma": text(_each(fractions, COUNTS.get(name, ()), _thousands), "\t").encode(),
        "dates": text(dates).encode(),
        "doubled": text([*rows, *rows[1:3]]).encode(),
        "relabelled": text(_renamed(name, rows)).encode(),
    }[way]
    assert made != text(rows).encode()
    return made


def mangled(name: str, folder: Path) -> dict[str, Path]:
    """Files that say the same as the excerpt in other ways, by the name of the way."""
    rows = EXCERPTS[name]
    made: dict[str, bytes] = {
        "plain": text(rows).encode(),
        "utf16": text(rows).encode("utf-16"),
        "bom": b"\xef\xbb\xbf" + text(rows).encode(),
        "semicolons": text(rows, ";").encode(),
        "tabs": text(rows, "\t").encode(),
        "preamble": ("Table of something\nprinted on a day\n\n" + text(rows)).encode(),
        "upper": text(
            [{key.upper().replace("_", " "): value for key, value in row.items()} for row in rows]
        ).encode(),
        "reordered": text([dict(reversed(row.items())) for row in rows]).encode(),
        "windows lines": text(rows).replace("\n", "\r\n").encode(),
        "json": json.dumps({"data": {"records": rows}}).encode(),
        "dotted days": text(_each(rows, DATED.get(name, ()), _dotted)).encode(),
        "slashed days": text(_each(rows, DATED.get(name, ()), _slashed)).encode(),
        "decimal comma": text(
            _each(
                _each(rows, FRACTIONS.get(name, ()), lambda cell: cell.replace(".", ",")),
                COUNTS.get(name, ()),
                _thousands,
            ),
            ";",
        ).encode(),
    }
    if all(ord(letter) < 256 for letter in text(rows)):
        made["latin"] = text(rows).encode("latin-1")
    if name != "pictured-losses":
        made["doubled"] = text([*rows, *rows[1:3]]).encode()
    out = {}
    for way, data in made.items():
        out[way] = folder / f"{way.replace(' ', '_')}{'.json' if way == 'json' else '.csv'}"
        out[way].write_bytes(data)
    return out
