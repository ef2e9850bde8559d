"""Then and now: each sentence judged as of the day it was said, and as of the day of two editions.

The model is run as it was known on each of these days; what is a matter of record is judged with
what was on record by then. What was worked out for two editions that ship together is stored beside
the later one, with the digests of both, and is told as stale where a file has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.claims.file import Claims, load
from kautilya.claims.judge import Asked, Judgement, judge
from kautilya.claims.verdict import Verdict
from kautilya.errors import KautilyaError
from kautilya.scenario.library import find, print_of

STORED = "verdicts.json"  # beside the later edition
UNTESTED = "untestable"
Judge = Callable[[str, Asked], Judgement]
Document = dict[str, object]


class Moment(NamedTuple):
    """A verdict as of a day; probability: None of what has none."""

    day: str
    verdict: str
    probability: float | None

    @property
    def told(self) -> str:
        """The verdict with its probability."""
        chance = "" if self.probability is None else f" {100 * self.probability:.0f} %"
        return f"{self.verdict}{chance}"


class Line(NamedTuple):
    """A claim, the sentences that it covers, and its verdicts.

    said, first, second   as of the day it was said, and of the two editions
    """

    id: str
    article: str
    sentences: tuple[str, ...]
    begins: str
    says: str
    said: Moment
    first: Moment
    second: Moment

    @property
    def moved(self) -> bool:
        """Whether the verdicts are not the same, or the probability of both editions not nearly."""
        words = {one.verdict for one in (self.said, self.first, self.second)}
        return len(words) > 1 or abs(self.shift) >= SHIFT

    @property
    def shift(self) -> float:
        """What the probability of the second edition is over that of the first; 0 without one."""
        ends = self.first.probability, self.second.probability
        return 0.0 if ends[0] is None or ends[1] is None else ends[1] - ends[0]

    def as_json(self) -> Document:
        """The stable JSON shape."""
        out = self._asdict() | {name: getattr(self, name)._asdict() for name in MOMENTS}
        return out | {"sentences": list(self.sentences), "moved": self.moved}


SHIFT = 0.1  # of a probability that is told as a change
MOMENTS = ("said", "first", "second")


class Editions(NamedTuple):
    """All claims of both editions; days: of the first and the second."""

    names: tuple[str, str]
    days: tuple[str, str]
    futures: int
    lines: tuple[Line, ...]
    stale: str = ""

    @property
    def says(self) -> str:
        """The bottom line."""
        turned = sum(one.first.verdict != one.second.verdict for one in self.lines)
        since = sum(one.said.verdict != one.second.verdict for one in self.lines)
        far = sum(abs(one.shift) >= SHIFT for one in self.lines)
        return (
            f"Of {len(self.lines)} verdicts {turned} turned between {self.days[0]} and {self.days[1]}; "
            f"{since} are another than on the day the sentence was said. Probabilities that moved by "
            f"{100 * SHIFT:.0f} points or more between the editions: {far}."
        )

    def as_json(self) -> Document:
        """The stable JSON shape."""
        rows = [one.as_json() for one in self.lines]
        about: Document = {"says": self.says}
        about |= {"editions": list(self.names), "days": list(self.days), "futures": self.futures}
        return {**about, "moved": sum(one.moved for one in self.lines), "claims": rows}


def then_and_now(first: str, second: str, asked: Asked, by: Judge = judge) -> Editions:
    """Judge the claims that two editions share, as of the days they were said and as of both.

    by   what judges; a run for each day is made, or taken where it is kept
    Raises KautilyaError where no claim is in both.
    """
    old, new = scenarios.load(first), scenarios.load(second)
    claims = load(old, asked.file or None)
    shared = {one.id for one in load(new, asked.file or None)}
    if not shared & {one.id for one in claims}:
        raise KautilyaError("--compare", f"no claim of {old.id} is in {new.id}", "Name an edition")
    today = old.head.as_of.isoformat()
    days = {one.row.said_on.isoformat() for one in claims}
    found = {day: _judged(f"{first}@{day}", day, asked, by) for day in sorted(days) if day < today}
    for name, one in ((first, old), (second, new)):
        day = one.head.as_of.isoformat()
        found[day] = _judged(name, day, asked, by)
    ends = today, new.head.as_of.isoformat()
    lines = tuple(_line(one.id, claims, found, ends) for one in claims if one.id in shared)
    return Editions((old.id, new.id), ends, asked.futures, lines)


def _judged(name: str, day: str, asked: Asked, by: Judge) -> dict[str, Verdict]:
    """Verdicts on a scenario with the record of a day."""
    about = Asked(asked.file, day, quick=True, futures=asked.futures, seed=asked.seed)
    return {one.id: one for one in by(name, about).verdicts}


def _line(
    id: str, claims: Claims, found: Mapping[str, Mapping[str, Verdict]], days: tuple[str, str]
) -> Line:
    row = claims[id].row
    begins = {one.number: one.begins for one in claims.sentences}
    said = min(row.said_on.isoformat(), days[0])
    moments = [_moment(day, found[day].get(id)) for day in (said, *days)]
    first = next((begins[number] for number in row.sentences if number in begins), "")
    return Line(id, row.article, tuple(row.sentences), first, row.says, *moments)


def _moment(day: str, one: Verdict | None) -> Moment:
    if one is None:
        return Moment(day, UNTESTED, None)
    chance = one.chance.value if one.chance is not None else float("nan")
    return Moment(day, one.verdict, chance if isfinite(chance) else None)


def as_document(found: Editions) -> Document:
    """What is stored beside the later edition."""
    prints = [print_of(find(name)) for name in found.names]
    return {"format": 1, "version": version("kautilya"), "digests": prints, **found.as_json()}


def stored(name: str | Path) -> Editions | None:
    """What is stored beside an edition; None where nothing is, or nothing that can be read."""
    folder = find(name)
    try:
        said: Any = disk.read_json(folder / STORED)
        rows = tuple(_read(row) for row in said["claims"])
        names, days = tuple(said["editions"]), tuple(said["days"])
        stale = _stale(names, said["digests"], said["version"])
        return Editions((names[0], names[1]), (days[0], days[1]), int(said["futures"]), rows, stale)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _read(row: Mapping[str, object]) -> Line:
    said, first, second = (Moment(**row[name]) for name in MOMENTS)  # type: ignore[arg-type]
    id, article, begins, says = (str(row[name]) for name in ("id", "article", "begins", "says"))
    listed = row["sentences"]
    sentences = tuple(str(one) for one in listed) if isinstance(listed, list) else ()
    return Line(id, article, sentences, begins, says, said, first, second)


def _stale(names: Iterable[str], prints: Iterable[str], made: str) -> str:
    """Why what is stored is not that of the files and the version at hand."""
    try:
        now = [print_of(find(name)) for name in names]
    except KautilyaError:
        now = []
    if now != list(prints):
        return "the files of a scenario have changed since"
    return "" if made == version("kautilya") else f"it was made by version {made}"


def compared(first: str, second: str, asked: Asked, by: Judge = judge) -> Editions:
    """What is stored of two editions where it is current and nothing else is asked; else made."""
    found = stored(second)
    usual = asked == Asked(futures=asked.futures)
    if found and usual and found.names == (first, second) and not found.stale:
        return found
    return then_and_now(first, second, asked, by)
