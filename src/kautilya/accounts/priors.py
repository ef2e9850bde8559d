"""The declared ranges of quantities.csv as assumed rows, for those that the accounts feed.

So the draws of a run lie both in the scenario's own ranges and in the feasible accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from kautilya.accounts import ledger as books_of
from kautilya.accounts.build import PER, SHARES
from kautilya.accounts.declare import Accounts, Feed
from kautilya.accounts.ledger import Book
from kautilya.accounts.model import Row, row
from kautilya.errors import KautilyaError

FIELDS = ("parameter", "actor", "partner", "good", "stage", "label", "month")


class Prior(NamedTuple):
    """The range of a feed in internal units, and how many rows of quantities.csv it sums."""

    low: float
    high: float
    rows: int


def prior(feed: Feed, quantities: Iterable[dict[str, str]]) -> Prior | None:
    """The summed range of the rows that a feed names; None where there is none.

    Raises KautilyaError where a row has no range in a unit that the accounts can read.
    """
    low = high = 0.0
    count = 0
    for line in quantities:
        if all(fnmatchcase(line.get(f) or "", getattr(feed, f)) for f in FIELDS):
            scale = _scale(line)
            ends = [float(line[k] or line["central"]) * scale for k in ("low", "high")]
            low, high, count = low + ends[0], high + ends[1], count + 1
    return Prior(low, high, count) if count else None


def prior_rows(declared: Accounts, books: Book,
               quantities: Iterable[dict[str, str]]) -> list[Row]:
    """low <= feed <= high for every feed that has rows; ratios as two linear rows."""
    lines, out = list(quantities), []
    for feed in declared.feed:
        known = prior(feed, lines)
        if known is None:
            continue
        owner = "quantity " + " ".join(v for f in FIELDS if (v := getattr(feed, f)))
        take = books_of.exact(feed.take, books, "", (0, 0)).times(feed.factor)
        if not feed.of:
            out.append(row(take, known.low, known.high, owner, "assumed"))
            continue
        of = books_of.exact(feed.of, books, "", (0, 0))
        out.append(row(take.plus(of, -known.low), 0.0, float("inf"), owner, "assumed"))
        out.append(row(take.plus(of, -known.high), float("-inf"), 0.0, owner, "assumed"))
    return out


def unmatched(declared: Accounts, quantities: Iterable[dict[str, str]]) -> list[str]:
    """Feeds that name no row of quantities.csv."""
    lines = list(quantities)
    return [" ".join(v for f in FIELDS if (v := getattr(feed, f)))
            for feed in declared.feed if prior(feed, lines) is None]


def _scale(line: dict[str, str]) -> float:
    """From the row's unit to the unit of the good, per month, as a fraction."""
    whole, _, time = line["unit"].partition("/")
    if whole in SHARES:
        return SHARES[whole] * (PER[time] if time else 1.0)
    if time and time not in PER:
        raise KautilyaError(f"quantities.csv: {line['id']}", f"unit {line['unit']}",
                            "the accounts feed plain amounts and amounts per time")
    return PER[time] if time else 1.0
