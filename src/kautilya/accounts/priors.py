"""The declared ranges of quantities.csv as assumed rows, for those that the accounts feed.

So the draws of a run lie both in the scenario's own ranges and in the feasible accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np

from kautilya.accounts import ledger as books_of
from kautilya.accounts.build import PER, SHARES
from kautilya.accounts.declare import Accounts, Feed
from kautilya.accounts.ledger import Book
from kautilya.accounts.model import Row, row
from kautilya.accounts.polytope import Density, uniform
from kautilya.errors import KautilyaError

FIELDS = ("parameter", "actor", "partner", "good", "stage", "label", "month")


class Prior(NamedTuple):
    """The range of a feed in internal units, its centre, and how many rows it sums."""

    low: float
    central: float
    high: float
    rows: int


def prior(feed: Feed, quantities: Iterable[dict[str, str]]) -> Prior | None:
    """The summed range of the rows that a feed names; None where there is none.

    Raises KautilyaError where a row has no range in a unit that the accounts can read.
    """
    low = central = high = 0.0
    count = 0
    wanted = [(f, getattr(feed, f)) for f in FIELDS]
    loose = [(f, told) for f, told in wanted if set(told) & set("*?[")]
    exact = [one for one in wanted if one not in loose]
    for line in quantities:
        if all((line.get(f) or "") == told for f, told in exact) and \
                all(fnmatchcase(line.get(f) or "", told) for f, told in loose):
            scale = _scale(line)
            ends = [float(line[k] or line["central"]) * scale for k in ("low", "high")]
            middle = float(line["central"] or sum(ends) / 2 / scale) * scale
            low, central, high = low + ends[0], central + middle, high + ends[1]
            count += 1
    return Prior(low, central, high, count) if count else None


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


def prior_density(declared: Accounts, books: Book, quantities: Iterable[dict[str, str]],
                  names: tuple[str, ...]) -> Density:
    """Triangular weights low, central, high on every linear feed over the variables `names`.

    Ratios have no weight: they are held inside their range only.
    """
    lines, rows = list(quantities), []
    place = {name: j for j, name in enumerate(names)}
    for feed in declared.feed:
        known = None if feed.of else prior(feed, lines)
        take = books_of.exact(feed.take, books, "", (0, 0)).times(feed.factor)
        if known and known.low < known.central < known.high and set(take.coefs) <= set(place):
            form = np.zeros(len(names))
            for name, weight in take.coefs.items():
                form[place[name]] = weight
            rows.append((form, known.low, known.central, known.high))
    if not rows:
        return uniform(len(names))
    return Density(np.array([r[0] for r in rows]), *(np.array([r[k] for r in rows], float)
                                                     for k in (1, 2, 3)))


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
