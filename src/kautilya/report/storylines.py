"""Storylines: thousands of futures told in five to seven, each by dated events of a typical one.

Futures are grouped by what the answer is about: when the war ends, what each side holds, who hands
over what, which states of affairs come about (study.grouping). Each group has its share, its typical
future, what sets it apart from the others, and that future's story: every event is read off its
numbers, and carries the outcome, label, date and value that it was read from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kautilya.report import charts
from kautilya.report.answer import Short, short_futures
from kautilya.report.frames import deliveries
from kautilya.report.holdings import (
    Holding,
    going_on,
    line_equipment,
    usable_rounds,
    variable,
    years_of,
)
from kautilya.report.parts import render
from kautilya.report.plain import Figure, labels_of, time_of
from kautilya.report.subject import Subject
from kautilya.study.grouping import features, grouped
from kautilya.wording import dated, listed, many, name, number, percent, sentence, unit

KINDS = {
    "ends": "the war ends",
    "turns": "a state of affairs begins or ends",
    "short": "a side falls short",
    "most": "largest delivery of a year",
    "lowest": "lowest stock",
    "level": "what is there on the way",
    "last": "what is left",
}
TOLD, LEAST = 9, 5  # events of a story
TRAITS = 3  # that set a group apart
BEFORE = 0.2  # what happens is told before what is more or less
APART = 0.1  # least difference of shares that sets a group apart
SUPPLIERS = 3
FEW = 8  # cells of an outcome that is 0 or 1 and is told
BORDERS = (
    "Futures that are alike are grouped by a rule, without luck; they differ by degree, so borders between "
    "groups are drawn through a cloud. Every date and amount is read off the typical future."
)


class Happening(NamedTuple):
    """A dated event of one future, and where its numbers say so.

    when     month, year or day; kind: short, ends, turns, most, lowest, level or last
    says     a sentence; outcome, labels, value: what it was read from
    """

    when: str
    kind: str
    says: str
    outcome: str
    labels: dict[str, str]
    value: float


class Trait(NamedTuple):
    """Something that is so in a share of the futures of a group, and in another of the others."""

    says: str
    here: float
    elsewhere: float


class Storyline(NamedTuple):
    """A group of futures: share of all, its typical future, what sets it apart, its story."""

    title: str
    share: float
    typical: int
    traits: tuple[Trait, ...]
    story: tuple[Happening, ...]

    @property
    def head(self) -> str:
        """Its share and what it is called by."""
        return f"{percent(self.share)} of futures, mostly: {self.title}"

    @property
    def differences(self) -> list[str]:
        """What sets it apart, in sentences with both shares."""
        return [
            f"{sentence(one.says)[:-1]}: {percent(one.here)} of these futures, "
            f"{percent(one.elsewhere)} of the others."
            for one in self.traits
        ]

    @property
    def says(self) -> str:
        """The story in sentences."""
        return " ".join(one.says for one in self.story)


class Storylines(NamedTuple):
    """All groups, the largest first; which each future is in [F]; how well they are apart."""

    scenario: str
    lines: tuple[Storyline, ...]
    of: np.ndarray
    apart: float

    @property
    def told(self) -> bool:
        """Whether there is more than one group, each with a story."""
        return len(self.lines) > 1 and all(one.story for one in self.lines)

    def as_json(self) -> dict[str, object]:
        """Plain data, without the group of each future."""
        rows = []
        for one in self.lines:
            traits = [trait._asdict() for trait in one.traits]
            story = [event._asdict() for event in one.story]
            rows.append({**one._asdict(), "traits": traits, "story": story})
        return {"scenario": self.scenario, "storylines": rows, "apart": self.apart}

    def __repr__(self) -> str:
        said = [f"{percent(one.share)}, mostly: {one.title}" for one in self.lines]
        return "\n".join([f"<Storylines of {self.scenario}>", *said])

    def _repr_html_(self) -> str:
        """The same for a notebook, with the stories."""
        rows = [
            {"share": percent(one.share), "title": one.title, "says": one.says}
            for one in self.lines
        ]
        return render("storylines.jinja", lines=rows)


class Mark(NamedTuple):
    """Something that is or is not so in each future [F], in words for both; event: it happens,
    rather than being more or less."""

    so: np.ndarray
    says: str
    unsaid: str
    event: bool = False


def storylines(about: Subject) -> Storylines:
    """Group the futures of a run and tell each group."""
    if not about.futures:
        return Storylines(about.scenario.id, (), np.zeros(0, dtype=int), 0.0)
    facts = _Facts(about)
    found = grouped(features(facts.columns()))
    marks = list(facts.marks())
    lines, used = [], set[str]()
    for group, typical in enumerate(found.typical):
        inside = found.of == group
        traits = _traits(marks, inside)
        story = tuple(facts.story(typical))
        share, few = float(inside.mean()), traits[:TRAITS]
        lines.append(Storyline(_title(traits, used), share, typical, few, story))
    return Storylines(about.scenario.id, tuple(lines), found.of, found.apart)


def figure(found: Storylines) -> Figure:
    """When what happens in the typical future of each storyline."""
    rows = [
        {
            "line": f"{i}: {percent(one.share)}",
            "date": f"{event.when}-12-31"[:10] if len(event.when) == 4 else f"{event.when}-01"[:10],
            "when": event.when,
            "kind": KINDS[event.kind],
            "says": event.says,
        }
        for i, one in enumerate(found.lines, 1)
        for event in one.story
    ]
    said = ". ".join(f"{i}, mostly: {one.title}" for i, one in enumerate(found.lines, 1))
    shows = dict.fromkeys(event.outcome for one in found.lines for event in one.story)
    return Figure(
        "storylines",
        "What happens in the typical future of each storyline",
        f"{said}. What is of a whole year stands at its end.",
        charts.timeline(pd.DataFrame(rows)),
        tuple(shows),
    )


def _title(traits: Sequence[Trait], used: set[str]) -> str:
    """The first two traits that no group before it is called by."""
    pairs = [(i, j) for j in range(1, len(traits)) for i in range(j)]
    said = [f"{traits[i].says}; {traits[j].says}" for i, j in pairs]
    said = said or [trait.says for trait in traits] or ["all futures"]
    free = next((one for one in said if one not in used), f"{said[0]} ({len(used) + 1})")
    used.add(free)
    return free


def _traits(marks: Sequence[Mark], inside: np.ndarray) -> tuple[Trait, ...]:
    """What is oftener so here than elsewhere, or oftener not so; the widest difference first."""
    if inside.all():
        return ()
    found: list[tuple[float, Trait]] = []
    for mark in marks:
        here, there = float(mark.so[inside].mean()), float(mark.so[~inside].mean())
        apart = abs(here - there) + BEFORE * mark.event
        one = (
            Trait(mark.says, here, there)
            if here >= there
            else Trait(mark.unsaid, 1 - here, 1 - there)
        )
        found.append((apart, one))
    found.sort(key=lambda one: -one[0])
    kept = [one for _, one in found if one.here - one.elsewhere >= APART]
    return tuple(kept[: 2 * TRAITS])


class _Facts:
    """What a story is told from, read once."""

    def __init__(self, about: Subject) -> None:
        self.about = about
        self.months = about.months
        self.now = sum(month <= about.as_of for month in self.months)  # first month told
        self.shorts = [one for one in short_futures(about) if one.short.shape[1] > self.now]
        self.line = line_equipment(about)
        self.held = [*usable_rounds(about), *self.line]
        self.on = going_on(about, "month") if self.now < len(self.months) else None
        self.years = [y for y in years_of(about) if y > about.as_of[:4]]
        self.states = list(self._states())
        self.shipped = list(self._shipped())
        self.rest = [] if self.held or self.states else list(self._any())

    def columns(self) -> dict[str, np.ndarray]:
        """Numbers of each kind [F, k] that futures are grouped by."""
        about, at = self.about, self._dates()
        held = {"held": [one.values[:, at] for one in (*self.held, *self.rest)]}
        ends = [] if self.on is None else [self.on.sum(axis=1)[:, None]]
        states = [array.reshape(len(array), -1) for _, _, array in self.states]
        sent = [values for _, _, values in self.shipped]
        short = [one.short[:, self.now :].sum(axis=1)[:, None] for one in self.shorts]
        kinds = {**held, "ends": [*ends, *states], "sent": sent, "short": short}
        made = {key: np.hstack(parts) for key, parts in kinds.items() if parts}
        return made or {"none": np.zeros((about.futures, 0))}

    def _dates(self) -> list[int]:
        """Numbers of the last month of each year after the as-of day, or of four steps."""
        last = len(self.months) - 1
        ends = [i for i in range(self.now, last) if self.months[i + 1][:4] != self.months[i][:4]]
        if len(ends) < 2:
            ends = [int(i) for i in np.linspace(self.now, last, 5)[1:-1]]
        return sorted({*ends, last})

    def _states(self) -> Iterator[tuple[Any, dict[str, str], np.ndarray]]:
        """Yearly outcomes that are 0 or 1 and come about in some futures: outcome, labels,
        values [F, year]."""
        for one in self.about.scenario.outcomes:
            if one.id not in self.about.data or one.every != "year" or one.kind != "variable":
                continue
            if one.reduce not in (None, "last"):
                continue  # a count that happens to be 0 or 1
            array = self.about.data[one.id]
            dims = labels_of(array)
            values = array.transpose("future", "year", *dims).values
            cells = values.reshape(*values.shape[:2], -1)
            if cells.shape[2] > FEW or not np.isin(cells, (0, 1)).all():
                continue
            for k, place in enumerate(np.ndindex(values.shape[2:])):
                if np.ptp(cells[:, :, k], axis=0).any():
                    at = zip(dims, place, strict=True)
                    yield one, {d: str(array[d].values[i]) for d, i in at}, cells[:, :, k]

    def _shipped(self) -> Iterator[tuple[str, str, np.ndarray]]:
        """Deliveries after the as-of year of the first class: supplier, class, values [F, year]."""
        sent = deliveries(self.about)
        goods = [g for g in self.about.members("offer") if sent is not None]
        if not goods or not self.years:
            return
        first = next((g for g in goods if g in self.about.members("round")), goods[0])
        array = sent.sel(offer=first, year=self.years).transpose("future", "year", "supplier")
        mean = array.values.mean(axis=(0, 1))
        for k in np.argsort(-mean, kind="stable")[:SUPPLIERS]:
            if mean[k] > 0:
                yield str(array["supplier"].values[k]), first, array.values[:, :, k]

    def _any(self) -> Iterator[Holding]:
        """Where nothing of shells and suppliers is declared: every monthly outcome by its cells."""
        for one in self.about.scenario.outcomes:
            if one.id not in self.about.data or time_of(self.about.data[one.id]) != "month":
                continue
            array = self.about.data[one.id]
            dims = labels_of(array)
            values = array.transpose("future", "month", *dims).values
            for place in list(np.ndindex(values.shape[2:]))[:FEW]:
                labels = [str(array[d].values[i]) for d, i in zip(dims, place, strict=True)]
                yield Holding(one.id, labels[0] if labels else "", "", values[(..., *place)])

    def marks(self) -> Iterator[Mark]:
        """What may set a group apart."""
        about = self.about
        for one in self.shorts:
            who, good = about.name(one.code), about.name(one.good)
            so = np.asarray(one.short[:, self.now :].any(axis=1), dtype=bool)
            yield Mark(so, f"{who} falls short of {good}", f"{who} never short of {good}", True)
        if self.on is not None:
            so = np.asarray(self.on[:, -1], dtype=bool)
            end = self.months[-1]
            yield Mark(so, f"the war goes on to {end}", f"the war is over before {end}", True)
        for outcome, labels, values in self.states:
            if self.on is None or outcome.name != "at_war":
                said = self._state(outcome, labels)
                yield Mark(values[:, -1] > 0, said, f"not so: {said}", True)
        for supplier, good, values in self.shipped:
            some = values.sum(axis=1)
            more = some > np.median(some)
            of = f"{about.name(good)} from {about.name(supplier)} than in half of all futures"
            yield Mark(more, f"more {of}", f"no more {of}")
        for held in (*self.held, *self.rest):
            left = held.values[:, -1]
            what = f"{self._what(held)} at the end than in half of all futures"
            yield Mark(left > np.median(left), f"more {what}", f"no more {what}")

    def _what(self, held: Holding) -> str:
        who, good = self.about.name(held.code), self.about.name(held.good)
        if held.good:
            return f"{good} of {who}"
        one = next(o for o in self.about.scenario.outcomes if o.id == held.outcome)
        return f"{name(one.says)}{f' of {who}' if held.code else ''}"

    def _state(self, outcome: Any, labels: dict[str, str]) -> str:
        of = listed([self.about.name(one) for one in labels.values()])
        return f"{name(outcome.says)}{f' ({of})' if of else ''}"

    def story(self, future: int) -> list[Happening]:
        """Dated events of one future: what comes about first, then what rounds it off; by date."""
        first = [*self._ends(future), *self._turns(future)]
        first += sorted(self._falls(future), key=lambda one: one.when)[:4]
        first += self._sent(future)
        rest = [*self._lows(future), *self._lasts(future)]
        kept = [*first[: TOLD - 2], *rest][:TOLD]
        kept += list(self._levels(future))[: max(LEAST - len(kept), 0)]
        return sorted(kept, key=lambda one: (one.when[:7].ljust(7, "~"), one.kind))

    def _ends(self, future: int) -> Iterator[Happening]:
        if self.on is None or self.on[future].all() or not self.on[future, 0]:
            return
        at = int(np.argmin(self.on[future]))
        array = variable(self.about, "war_months", "year")
        if at >= self.now and array is not None:
            length = many(at, self.about.scenario.head.step)
            says = sentence(f"{dated(self.months[at - 1])} the war ends, after {length}")
            yield Happening(self.months[at - 1], "ends", says, str(array.name), {}, float(at))

    def _turns(self, future: int) -> Iterator[Happening]:
        """States of affairs that come about, or end; the war itself is told by its months."""
        every = years_of(self.about)
        for outcome, labels, values in self.states:
            if outcome.name == "at_war" and self.on is not None:
                continue
            for k in range(1, len(every)):
                before, now = values[future, k - 1 : k + 1]
                if every[k] >= self.about.as_of[:4] and before != now:
                    said = self._state(outcome, labels)
                    says = (
                        f"In {every[k]}: {said}." if now else f"In {every[k]}, no longer: {said}."
                    )
                    yield Happening(every[k], "turns", says, outcome.id, labels, float(now))

    def _falls(self, future: int) -> Iterator[Happening]:
        for one in self.shorts:
            row = one.short[future]
            at = next((t for t in range(self.now, len(row)) if row[t] and not row[t - 1]), None)
            if at is None:
                continue
            who, good = self.about.name(one.code), self.about.name(one.good)
            values, labels = self._of_short(one)
            level = float(values[future, at])
            amount = (
                f"{number(100 * level)} %"
                if one.kind == "equipment" and level <= 2
                else self._n(level, one.good)
            )
            says = sentence(
                f"{dated(self.months[at])} {who} falls short of {good} ({amount}, {one.what})"
            )
            yield Happening(self.months[at], "short", says, one.outcome, labels, level)

    def _of_short(self, one: Short) -> tuple[np.ndarray, dict[str, str]]:
        """The numbers that a shortage was read from [F, month], and their labels."""
        for held in self.held:
            if (held.outcome, held.code, held.good) == (one.outcome, one.code, one.good):
                return held.values, self._labels(held)
        array = self.about.data[one.outcome]
        labels = {"belligerent": one.code, "equipment": one.good}
        return array.sel(labels).transpose("future", "month").values, labels

    def _labels(self, held: Holding) -> dict[str, str]:
        """The cell of a holding in its outcome."""
        array = self.about.data[held.outcome]
        out: dict[str, str] = {}
        for dim in labels_of(array):
            known = [str(one) for one in array[dim].values]
            cell = next((one for one in (held.code, held.good) if one and one in known), "")
            out |= {dim: cell} if cell else {}
        return out

    def _n(self, value: float, good: str) -> str:
        said = unit(self.about.scenario.units.get(good, ""))
        return f"{number(value)} {said}".strip()

    def _sent(self, future: int) -> Iterator[Happening]:
        """The year of the largest delivery of each leading supplier."""
        array = variable(self.about, "shipped", "year")
        for supplier, good, values in self.shipped:
            row = values[future]
            if row.max() <= 0 or array is None:
                continue
            at, about = int(np.argmax(row)), self.about
            of = f"{about.name(supplier)} hands over {self._n(row[at], good)} {about.name(good)}"
            says = sentence(f"In {self.years[at]} {of}, the most in a year")
            labels = {"supplier": supplier, "offer": good}
            yield Happening(self.years[at], "most", says, str(array.name), labels, float(row[at]))

    def _lows(self, future: int) -> Iterator[Happening]:
        """The lowest stock of the first class of each side."""
        seen: set[str] = set()
        for held in self.held or self.rest:
            row = held.values[future, self.now :]
            if held.code in seen or not row.size or np.ptp(row) == 0:
                continue
            seen.add(held.code)
            at = int(np.argmin(row))
            if self.held and at in (0, len(row) - 1):
                continue  # no turn: it rises, or falls to the end
            amount = self._n(row[at], held.good) if held.good else number(row[at])
            month = self.months[self.now + at]
            says = sentence(f"{dated(month)} {self._what(held)} stand lowest: {amount}")
            yield Happening(month, "lowest", says, held.outcome, self._labels(held), float(row[at]))

    def _levels(self, future: int) -> Iterator[Happening]:
        """Where little happens: what is held at the end of each year but the last."""
        for at in self._dates()[:-1]:
            for held in [*self.held[:1], *self.line[:1], *self.rest[:2]]:
                value, month = float(held.values[future, at]), self.months[at]
                amount = self._n(value, held.good) if held.good else number(value)
                says = sentence(f"{dated(month)}, {self._what(held)}: {amount}")
                yield Happening(month, "level", says, held.outcome, self._labels(held), value)

    def _lasts(self, future: int) -> Iterator[Happening]:
        """What is left at the end."""
        seen: set[str] = set()
        month = self.months[-1]
        for held in [*self.line, *self.held, *self.rest]:
            if held.code in seen and self.held:
                continue
            seen.add(held.code)
            value = float(held.values[future, -1])
            amount = self._n(value, held.good) if held.good else number(value)
            says = sentence(f"{dated(month)}, {self._what(held)}: {amount}")
            yield Happening(month, "last", says, held.outcome, self._labels(held), value)
