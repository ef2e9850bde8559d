"""What a change does, for a reader: a sentence, a picture and a table of paired differences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from kautilya.report import charts
from kautilya.report.plain import Figure
from kautilya.scenario.lexicon import Names
from kautilya.study.compare import Difference
from kautilya.wording import interval_of, listed, many, percent, sentence

DRAWN = 12  # outcomes in the picture
SAID = 3  # outcomes in the sentence
ENDS = ("low", "median", "high")
STAYS = 0.95  # share of futures without any change from which on an outcome is left out


class Effect(NamedTuple):
    """What a state does beside the scenario as it stands.

    says     a sentence with numbers; picture: None where nothing moves in percent
    rows     outcome in words, baseline, change and change in percent, share without change
    """

    says: str
    picture: Figure | None
    rows: list[dict[str, object]]


def effect(names: Names, title: str, found: Sequence[Difference], futures: int) -> Effect:
    """Differences told: what moves most in percent of the same future comes first.

    title  what is changed, in words
    """
    moved = [one for one in found if one["unchanged"] < STAYS]
    moved.sort(key=lambda one: -size(one))
    rows = [
        {
            "id": one["outcome"],
            "outcome": called(names, one),
            "baseline": one["baseline"],
            "change": one["change"],
            "percent": one["change_percent"],
            "unchanged": one["unchanged"],
        }
        for one in moved
    ]
    drawn = [one for one in moved if size(one) > 0][:DRAWN]
    return Effect(_says(names, title, drawn, futures), _picture(names, title, drawn), rows)


def called(names: Names, one: Difference) -> str:
    """The outcome of a difference in plain English."""
    return named(names, one["outcome"], one["year"])


def named(names: Names, outcome: str, year: str) -> str:
    """A headline number in plain English."""
    said = names.yearly(outcome, year)
    return sentence(said if f" in {year}" in said else f"{said}, {year}")[:-1]


def size(one: Difference) -> float:
    """Size of a change in percent; 0 where it cannot be told in percent."""
    low, middle, high = (one["change_percent"][key] for key in ENDS)
    sound = all(math.isfinite(value) and abs(value) <= 500 for value in (low, middle, high))
    return abs(middle) + 1e-6 * (high - low) if sound else 0.0


def _says(names: Names, title: str, drawn: Sequence[Difference], futures: int) -> str:
    if not drawn or not round(abs(drawn[0]["change_percent"]["median"])):
        return f"{title}: no number that is told in percent moves in most of {many(futures, 'future')}."
    said = [f"{called(names, one)} {_percent(one['change_percent'])}" for one in drawn[:SAID]]
    return (
        f"{title}: {listed(said)}. Median and 90 % range of the difference in the same future, "
        f"{futures:,} of them."
    )


def _percent(one: Mapping[str, float]) -> str:
    low, middle, high = (round(one[key]) for key in ENDS)
    return f"{middle:+d} % ({low:+d} to {high:+d})".replace("-", "−")


def _picture(names: Names, title: str, drawn: Sequence[Difference]) -> Figure | None:
    if not drawn:
        return None
    rows = [_row(names, title, one) for one in drawn]
    first = drawn[0]
    return Figure(
        "changes",
        "Change in percent of the same future",
        f"Most: {called(names, first)} {_percent(first['change_percent'])}. Dot: median; line: "
        "90 % of futures.",
        charts.changes(pd.DataFrame(rows)),
        tuple(dict.fromkeys(one["outcome"].split(" ")[0] for one in drawn)),
    )


def _row(names: Names, title: str, one: Difference) -> dict[str, object]:
    low, middle, high = (float(f"{one['change_percent'][key]:.3g}") for key in ENDS)
    return {
        "lever": title,
        "outcome": called(names, one),
        "low": low,
        "median": middle,
        "high": high,
        "unchanged": percent(one["unchanged"]),
        "baseline": interval_of(one["baseline"]),
    }
