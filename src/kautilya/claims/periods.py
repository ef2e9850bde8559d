"""From the times of a claim to months and years of an outcome."""

from __future__ import annotations

from typing import NamedTuple

from kautilya.claims.record import first_day
from kautilya.claims.syntax import Node, Proposition, When
from kautilya.claims.terms import Periods
from kautilya.claims.vocabulary import Outcome, Vocabulary
from kautilya.scenario.mistakes import near
from kautilya.scenario.scenario import number_of


class Place(NamedTuple):
    """Where an error points, and in which claim."""

    proposition: Proposition
    node: Node

    def error(self, found: str, remedy: str) -> Exception:
        """The error to raise."""
        return self.proposition.error(self.node, found, remedy)


def _months(when: When, words: Vocabulary, place: Place) -> tuple[str, str]:
    """First and last month of a time, not yet inside the run."""
    if when.how == "within":
        entry = next((one for one in words.record.events if one.id == when.event), None)
        if entry is None:
            raise place.error(f"unknown event {when.event!r}", near(
                when.event, [one.id for one in words.record.events]))
        first = first_day(entry.date)[:7]
        return first, month_of(number_of(first) + int(when.months))
    last = when.last or when.first
    low = when.first[:7] if len(when.first) > 4 else f"{when.first}-01"
    high = last[:7] if len(last) > 4 else f"{last}-12"
    return (high, high) if when.how == "at" else (low, high)


def month_of(number: int) -> str:
    """YYYY-MM of months since year 0."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def span(when: When, words: Vocabulary, place: Place) -> tuple[str, str]:
    """First and last month, inside the run. A year in which the run begins counts from there."""
    low, high = _months(when, words, place)
    begin, end = words.months[0], words.months[-1]
    if low > high:
        raise place.error(f"a time that ends before it begins, {low} to {high}",
                          "Put the earlier month first")
    whole = len(when.first) == 4
    if high < begin or low > end or high > end or (low < begin and not (
            whole and low[:4] == begin[:4])):
        raise place.error(f"the run goes from {begin} to {end}, the claim from {low} to {high}",
                          "Name a time inside of the run")
    return max(low, begin), high


def periods(when: When, outcome: Outcome, words: Vocabulary, place: Place) -> Periods:
    """The labels along the time axis of an outcome that a time covers."""
    low, high = span(when, words, place)
    if outcome.axis == "month":
        return Periods("month", tuple(m for m in words.months if low <= m <= high))
    starts = low[5:] == "01" or low == words.months[0]
    if when.how == "at":
        starts = outcome.nature == "level"
    if not starts or (high[5:] != "12" and high != words.months[-1]):
        say = f"at {high[:4]}, its end" if outcome.nature == "level" else f"during {high[:4]}"
        raise place.error(f"{outcome.id} is kept by year", f"Name whole years: {say}")
    return Periods("year", tuple(y for y in words.years if low[:4] <= y <= high[:4]))


def reduction(when: When, found: Periods, outcome: Outcome, place: Place) -> str:
    """How a quantity outside of a reducer is read: sum or mean over its periods."""
    if outcome.nature == "level":
        if when.how != "at":
            raise place.error(f"{outcome.id} is a level: it has a value at a time, not during one",
                              f"Write at {found.labels[-1]}, or a reducer: min, max, mean, median, "
                              "ever, always, first time")
        return "mean"
    if when.how == "at" and len(when.first) == 4:
        raise place.error(f"{outcome.id} is taken over a time, not at the end of one",
                          f"Write during {when.first}")
    return "sum" if outcome.nature == "amount" else "mean"
