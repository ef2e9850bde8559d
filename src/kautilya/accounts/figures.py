"""A scenario's published figures, who first said them, and which of them are accepted."""

from __future__ import annotations

import calendar
import csv
import math
import re
import tomllib
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from kautilya.accounts.declare import Accounts, Profile, read_accounts
from kautilya.errors import KautilyaError
from kautilya.scenario import find

TABLES = ("figures.csv", "context/figures.csv")     # the second: not about one account alone


class Figure(NamedTuple):
    """One row of figures.csv; months as YYYY-MM; `originator` is who first said it."""

    id: str
    actor: str
    partner: str
    good: str
    measure: str
    stage: str
    first: str
    last: str
    low: float
    central: float
    high: float
    unit: str
    tag: str
    source: str
    date: str
    grade: str
    status: str
    note: str
    originator: str

    def says(self) -> str:
        """Who said what of when, in a phrase."""
        value = f"{span(self.low, self.high)} {self.unit}".strip()
        if not self.measure:
            return f"{self.originator}: {self.good} {value}"
        when = self.first if self.first == self.last else f"{self.first} to {self.last}"
        tag = f" {self.tag}" if self.tag else ""
        return (f"{self.originator}: {self.good} {self.measure.replace('_', ' ')}{tag} of "
                f"{self.actor}, {when}, {value} [{self.grade}]")


class Inputs(NamedTuple):
    """What an audit reads: the declared accounts, the figures and the first month."""

    name: str
    declared: Accounts
    figures: tuple[Figure, ...]
    start: str
    as_of: str
    quantities: tuple[dict[str, str], ...] = ()


def number(value: float) -> str:
    """A figure for people: no decimals above ten."""
    return f"{value:,.0f}" if abs(value) >= 10 or value == round(value) else f"{value:.3g}"


def span(low: float, high: float) -> str:
    """A range for people."""
    if not math.isfinite(low):
        return f"at most {number(high)}"
    if not math.isfinite(high):
        return f"at least {number(low)}"
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def month_index(text: str, place: str = "month") -> int:
    """'2024-08' -> months since year 0. Raises KautilyaError for anything else."""
    try:
        year, month = (int(part) for part in text.split("-"))
        if not 1 <= month <= 12:
            raise ValueError
    except ValueError:
        raise KautilyaError(place, f"'{text}' is no month", "write YYYY-MM") from None
    return year * 12 + month - 1


def month_text(index: int) -> str:
    """The month of an index."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def latest_day(text: str, place: str = "date") -> date:
    """The last day that a date of any precision may mean; what is undated counts as very late.

    Raises KautilyaError for what is no date.
    """
    try:
        parts = [int(part) for part in text.split("-")] if text else [9999]
        year, month = parts[0], parts[1] if len(parts) > 1 else 12
        day = parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1]
        return date(year, month, day)
    except (ValueError, calendar.IllegalMonthError):
        raise KautilyaError(place, f"'{text}' is no date",
                            "write YYYY, YYYY-MM or YYYY-MM-DD") from None


def known_by(figures: tuple[Figure, ...], as_of: str | date | None) -> tuple[Figure, ...]:
    """The figures that were surely published by a date; all of them for None."""
    if as_of is None:
        return figures
    limit = as_of if isinstance(as_of, date) else latest_day(str(as_of))
    return tuple(f for f in figures if latest_day(f.date) <= limit)


def inputs(scenario: Any) -> Inputs:
    """Read the audit's inputs from a loaded scenario, a folder, or the name of a shipped one.

    Raises KautilyaError where the folder, accounts.toml or figures.csv is absent or wrong.
    """
    folder = folder_of(scenario)
    declared = read_accounts(folder / "accounts.toml")
    head = _head(folder / "scenario.toml")
    origin = {r["key"]: r["originator"] for r in _table(folder / "sources.csv")}
    figures = tuple(_figure(r, origin, f"{name}:{r['_line']}")
                    for name in TABLES for r in _table(folder / name))
    figures = _split(figures, declared)
    start = head.get("start") or min(a.breaks[0] for a in declared.account)
    return Inputs(folder.name, declared, figures, str(start), str(head.get("as_of", "")),
                  tuple(_table(folder / "quantities.csv")))


def _split(figures: tuple[Figure, ...], declared: Accounts) -> tuple[Figure, ...]:
    """The rows, and after them what each originator said where a range spans several."""
    known = {f.id: f for f in figures}
    out = list(figures)
    for part in declared.split:
        if part.figure not in known:
            raise KautilyaError(f"accounts.toml: split {part.id}", f"no figure '{part.figure}'",
                                "name a row of figures.csv")
        whole = known[part.figure]
        told = {k: v for k in ("tag", "grade", "date", "first", "last") if (v := getattr(part, k))}
        out.append(whole._replace(id=part.id, low=part.low, high=part.high,
                                  central=(part.low + part.high) / 2, note=part.note,
                                  originator=part.originator, **told))
    return tuple(out)


def folder_of(scenario: Any) -> Path:
    """The folder of a loaded scenario, of a path, or of a shipped name."""
    told = getattr(scenario, "folder", scenario)
    return Path(find(str(told)))


def _head(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _table(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    skip = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.DictReader(lines[skip:])
    return [row | {"_line": str(skip + reader.line_num)} for row in reader]


def _figure(row: dict[str, str], origin: dict[str, str], place: str) -> Figure:
    known = {k: _value(row[k], f"{place}, {k}") for k in ("low", "central", "high") if row.get(k)}
    middle = known.get("central", math.nan)
    low = known.get("low", -math.inf if math.isnan(middle) else middle)
    high = known.get("high", math.inf if math.isnan(middle) else middle)
    if low > high:
        raise KautilyaError(place, f"low {low} is above high {high}",
                            "write the smaller number under low")
    for column in ("from", "to"):
        month_index(row.get(column) or "", f"{place}, {column}")
    latest_day(row.get("date") or "", f"{place}, date")
    text = {k: row.get(k) or "" for k in ("id", "actor", "partner", "good", "measure", "stage",
                                          "unit", "tag", "source", "date", "grade", "status",
                                          "note")}
    return Figure(**text, first=row["from"], last=row["to"], low=low, central=middle, high=high,
                  originator=origin.get(text["source"], text["source"]))


def _value(text: str, place: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise KautilyaError(place, f"'{text}' is no finite number", "give a plain number")
    return value


BELLIGERENT = "D"       # Admiralty letter given to a belligerent or its partisans (facts README)
BUILT_IN = (
    Profile(id="all", says="every figure as it was said; a claim counts what it says it counts",
            claims="face"),
    Profile(id="all_but_belligerents", says="nobody who fights", drop_sides=["*"],
            whole=["*"]),
    Profile(id="visual_only", says="what was seen or counted on pictures",
            only_measures=["seen_lost"], only_tags=["counted"], whole=["*"]),
    Profile(id="both_sides", says="both sides' claims, each with a bias inside its declared "
            "range", whole=["*"]),
)


def profiles(declared: Accounts) -> dict[str, Profile]:
    """Built-in profiles and those that the scenario declares (which replace them), by id."""
    return {p.id: p for p in (*BUILT_IN, *declared.profile)}


def profile(declared: Accounts, accept: str) -> Profile:
    """The profile of a name, of `grade:C3` (that grade or better) or of `side:UKR` (that side
    and the neutral). Raises KautilyaError for any other text."""
    known = profiles(declared)
    if accept == "run":
        accept = declared.run_profile
    if accept in known:
        return known[accept]
    kind, _, value = accept.partition(":")
    base = known.get(declared.run_profile, known["both_sides"])
    if kind == "grade" and re.fullmatch(r"[A-F][1-6]?", value):
        grades = value if len(value) == 2 else value + "6"
        return base.model_copy(update={"id": accept, "grades": grades,
                                       "says": f"{base.id}, graded {value} or better"})
    sides = [side.actor for side in declared.side]
    if kind == "side" and value in sides:
        return base.model_copy(update={"id": accept, "drop_sides": [s for s in sides if s != value],
                                       "says": f"{base.id}, {value} and whoever does not fight"})
    raise KautilyaError("accept", f"'{accept}' is no profile",
                        f"use {', '.join(known)}, grade:C3, or side:{'|'.join(sides) or 'UKR'}")


def side_of(figure: Figure, declared: Accounts) -> str:
    """The belligerent who speaks in a figure; '?' for a belligerent who is not named; else ''."""
    for side in declared.side:
        if any(fnmatchcase(figure.originator.lower(), p.lower()) for p in side.originators):
            return side.actor
    return "?" if figure.grade[:1] == BELLIGERENT else ""


def refusal(figure: Figure, chosen: Profile, declared: Accounts) -> str:
    """Why a profile does not accept a figure; empty where it does."""
    side = side_of(figure, declared)
    if side and ("*" in chosen.drop_sides or side in chosen.drop_sides):
        return f"said by a belligerent ({side})" if side != "?" else "said by a belligerent"
    if figure.grade[:1] > chosen.grades[:1] or figure.grade[1:2] > chosen.grades[1:2]:
        return f"graded {figure.grade}, worse than {chosen.grades}"
    if figure.tag and figure.tag in chosen.drop_tags:
        return f"tagged {figure.tag}"
    if any(fnmatchcase(figure.id, pattern) for pattern in chosen.drop_figures):
        return "named by the profile"
    parents = {split.id: split.figure for split in declared.split}
    parent = parents.get(figure.id, figure.id)
    whole = any(fnmatchcase(parent, pattern) for pattern in chosen.whole)
    if parent != figure.id and whole:
        return f"stands in the whole range of {parent}"
    if parent == figure.id and parent in parents.values() and not whole:
        return "taken apart into what each originator said"
    only = chosen.only_measures or chosen.only_tags
    if only and figure.measure not in chosen.only_measures and figure.tag not in chosen.only_tags:
        return "neither seen nor counted"
    return ""


def accepted(figures: Iterable[Figure], chosen: Profile,
             declared: Accounts) -> tuple[tuple[Figure, ...], dict[str, str]]:
    """The figures that a profile accepts, and the reason for every other."""
    kept, refused = [], {}
    for figure in figures:
        reason = refusal(figure, chosen, declared)
        if reason:
            refused[figure.id] = reason
        else:
            kept.append(figure)
    return tuple(kept), refused
