"""The track record of a kind of band: how often such bands have held, for the line beside it.

The record ships with the package (`record/hindcast.csv`: one row a series and horizon, from
`kautilya hindcast`), so that a report needs no data to say how far its bands are to be trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from kautilya import disk

RECORD = Path(__file__).parent / "record" / "hindcast.csv"
SKILL = RECORD.with_name("skill.csv")
DECISION = "supply_chance"  # the outcome that is a chance of the decision to supply
NONE = "no record"
CLAIMED = MappingProxyType({"tank": "tank", "ifv": "apc", "gun": "gun", "mlrs": "mlrs"})
SEEN = MappingProxyType(
    {"tank": ("tank",), "ifv": ("ifv", "apc"), "gun": ("spg", "towed"), "mlrs": ("mlrs",)}
)
LEAST = 10  # tries below which nothing is said


@lru_cache(maxsize=1)
def record() -> pd.DataFrame:
    """Series, group, horizon, in80, cases, origins; empty where no record ships."""
    columns = ["series", "group", "horizon", "in80", "cases", "origins"]
    if not RECORD.is_file():
        return pd.DataFrame(columns=columns)
    found = disk.of_csv(RECORD, comment="#")
    return found.loc[found["table"] == "by series", columns]


def series_of(outcome: str, labels: Sequence[str] = ()) -> tuple[str, ...]:
    """The series of the record whose bands are of the kind of an outcome's; () where none are.

    >>> series_of("fired", ("RUS", "drone"))
    ('launch_drone',)
    >>> series_of("price", ("PRK", "tank"))
    ()
    """
    given = set(labels)
    if outcome == "published":
        return tuple(labels)
    if outcome == "fired" and "RUS" in given:
        used = {"drone": ("launch_drone",), "missile": ("launch_cruise", "launch_ballistic")}
        return next((used[one] for one in labels if one in used), ())
    if outcome in ("dead", "wounded"):
        return ("claim_man", "deaths_named") if "UKR" not in given else ()
    if outcome in ("destroyed", "captured"):
        good = next((one for one in labels if one in SEEN), "")
        side = "ukr" if "UKR" in given else "rus"
        kinds = SEEN.get(good, ())
        claimed = (f"claim_{CLAIMED[good]}",) if good and side == "rus" else ()
        return (*claimed, *(f"oryx_{side}_{kind}" for kind in kinds))
    return ()


def held(series: Iterable[str], horizon: int | None = None) -> tuple[float, int] | None:
    """The share of 80 % bands of these series that held, and in how many tries; None without a
    record.

    horizon   months ahead: the nearest that was scored; None = all that were
    """
    rows = record()
    rows = rows[rows["series"].isin(set(series))]
    if horizon is not None and len(rows):
        near = min(rows["horizon"].unique(), key=lambda h: (abs(int(h) - horizon), h))
        rows = rows[rows["horizon"] == near]
    tries = int(rows["cases"].sum())
    if tries < LEAST:
        return None
    return float((rows["in80"] * rows["cases"]).sum() / tries), tries


def line(outcome: str, labels: Sequence[str] = (), horizon: int | None = None) -> str:
    """The sentence under a band or beside a probability.

    >>> line("price")
    'no record'
    """
    return _decisions() if outcome == DECISION else _told(series_of(outcome, labels), horizon)


def line_over(cells: Iterable[tuple[str, Sequence[str]]]) -> str:
    """The sentence under a picture that draws many cells, outcome and labels of each: all their
    series together.

    >>> line_over([("price", ("PRK", "tank")), ("trade", ())])
    'no record'
    """
    found: dict[str, None] = {}
    for outcome, labels in cells:
        found |= dict.fromkeys(series_of(outcome, labels))
    return _told(found)


def _told(series: Iterable[str], horizon: int | None = None) -> str:
    found = held(series, horizon)
    if found is None:
        return NONE
    share, tries = found
    return f"bands of this kind held {round(10 * share)} of 10 times in {tries} tries"


@lru_cache(maxsize=1)
def _decisions() -> str:
    """How the decision to supply has done on new suppliers of past years, which it had not seen."""
    rows = disk.of_csv(SKILL, comment="#")
    mine = rows["what"].str.startswith("new ties") & (rows["forecast"] == "engine's law")
    rows = rows[mine & (rows["score"] == "recall at 10")]
    if rows.empty:
        return NONE
    first = rows.iloc[0]
    tries = int(first["cases"])
    return f"top ten: {round(tries * first['value'])} of {tries} new suppliers"
