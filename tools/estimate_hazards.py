"""Constant monthly hazards of regime exit by type, with intervals, from spells of autocracies.

    hazard = exits / months at risk;   interval: gamma quantiles of the Poisson count (exact)

Reads data/reign_regimes_2020.csv of the outside folder (geddes2014 as continued by bell2016):
spells of regimes with type. Months before 1946 are not at risk, as only regimes that lasted into
1946 are listed; spells still open at the end of 2020 are censored. Prints a table; the figures
are typed into quantities.csv by hand, with this file as their origin.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from flagship_io import shared
from scipy.stats import gamma

FIRST, LAST = pd.Timestamp("1946-01-01"), pd.Timestamp("2020-12-31")
DAYS = 365.25 / 12
TYPES = {
    "party": ("party-based",),
    "personalist": ("personal",),
    "military": ("military", "indirect military"),
    "party-personal": ("party-personal",),
    "military-personal": ("military personal",),
}


class Hazard(NamedTuple):
    """Constant hazard of a type: counts, months at risk, 1/month with its interval."""

    exits: int
    months: float
    low: float
    central: float
    high: float


def hazard(exits: int, months: float, level: float = 0.9) -> Hazard:
    """Rate and its exact two-sided interval [1/month]; months > 0, exits >= 1.

    Source: closed form, the Poisson-gamma relation.
    """
    tail = (1.0 - level) / 2.0
    return Hazard(
        exits,
        months,
        float(gamma.ppf(tail, exits)) / months,
        exits / months,
        float(gamma.ppf(1.0 - tail, exits + 1)) / months,
    )


def spells(path: Path) -> pd.DataFrame:
    """Spells that were at risk after 1946: type, months at risk, whether they ended."""
    table = pd.read_csv(path)
    start, end = (
        pd.to_datetime(table[f"gwf_{word}date"], format="%m/%d/%Y", errors="coerce")
        for word in ("start", "end")
    )  # a start before 1677 fits no timestamp
    start = start.fillna(FIRST).clip(lower=FIRST)
    months = (end.clip(upper=LAST) - start).dt.days / DAYS
    made = pd.DataFrame(
        {"type": table["gwf_regimetype"].str.strip(), "months": months, "ended": end < LAST}
    )
    return made[made["months"] > 0]


def estimate(path: Path) -> dict[str, Hazard]:
    """Hazard by group of types."""
    table, out = spells(path), {}
    for name, kinds in TYPES.items():
        rows = table[table["type"].isin(kinds)]
        out[name] = hazard(int(rows["ended"].sum()), float(rows["months"].sum()))
    return out


def main(words: Sequence[str] | None = None) -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args(words)
    for name, one in estimate(shared("data/reign_regimes_2020.csv")).items():
        print(
            f"{name:18} {one.exits:4d} exits {one.months:9.0f} months   "
            f"{one.low:.5f} {one.central:.5f} {one.high:.5f} 1/month"
        )


if __name__ == "__main__":
    main()
