"""Claims that cannot, or hardly, all be true; and claims that only seem to contradict.

A set of claims contradicts itself where each of its smaller sets is possible and the probability
that all are true is surely small (the upper end of its Wilson interval is below `hardly`), and
small against what it would be if they had nothing to do with each other.

Two claims only seem to contradict where they would, were one aspect of one of them the other's:
with the class of goods, the actor, the date or the case of one put into the other they could
hardly both be true, as they stand they can. That aspect is what separates them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims.court import (
    BEFORE,
    Again,
    Court,
    Progress,
    Question,
    again,
    as_of_dates,
    evaluated,
    questions,
)
from kautilya.claims.evaluate import Judged, Worlds, evaluate
from kautilya.claims.judge import Asked, courted, opened
from kautilya.claims.language import meaning
from kautilya.claims.weighing import Chance, chance
from kautilya.errors import KautilyaError

MOST = 3  # claims in a set
LESS = 0.5  # of the probability that unrelated claims would have together
ASPECTS = ("class", "actor", "date", "case")


class Clash(NamedTuple):
    """Claims that can hardly all be true. unrelated: the product of their probabilities."""

    claims: tuple[str, ...]
    joint: Chance
    alone: tuple[float, ...]
    unrelated: float
    over: str

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"claims": list(self.claims), "joint": self.joint.as_json(),
                "alone": list(self.alone), "if_unrelated": self.unrelated, "over": self.over}


class Apart(NamedTuple):
    """Two claims that only seem to contradict, and what separates them."""

    claims: tuple[str, str]
    aspect: str
    first: str
    second: str
    joint: Chance
    joint_if_same: Chance

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"claims": list(self.claims), "separated_by": self.aspect,
                "first": self.first, "second": self.second, "joint": self.joint.as_json(),
                "joint_if_the_same": self.joint_if_same.as_json()}


def clashes(names: Sequence[str], truth: np.ndarray, hardly: float, over: str = "") -> list[Clash]:
    """The smallest sets of at most three claims that can hardly all be true.

    truth  [C, F]; claims that are (almost) never true alone are left out: nothing joins them
    """
    share = truth.mean(axis=1)
    able = [c for c in range(len(names)) if chance(truth[c]).low >= hardly]
    found: list[Clash] = []
    hit: list[frozenset[int]] = []
    for size in range(2, MOST + 1):
        for chosen in combinations(able, size):
            if any(old <= set(chosen) for old in hit):
                continue
            unrelated = float(np.prod(share[list(chosen)]))
            if unrelated * LESS <= 0 or unrelated < hardly:
                continue
            together = truth[chosen[0]]
            for c in chosen[1:]:
                together = together & truth[c]
            if together.mean() >= hardly:
                continue
            joint = chance(together)
            if joint.high < hardly and joint.high < LESS * unrelated:
                hit.append(frozenset(chosen))
                found.append(Clash(tuple(names[c] for c in chosen), joint,
                                   tuple(float(share[c]) for c in chosen), unrelated, over))
    return sorted(found, key=lambda one: (len(one.claims), one.joint.value, -one.unrelated))


class Said(NamedTuple):
    """A claim's name and its checked term."""

    name: str
    term: Any


Judge = Callable[[Any], "np.ndarray | None"]  # term -> truth [F]; None where it cannot be read


def apart(said: Sequence[Said], truths: Sequence[np.ndarray], judge: Judge, words: Any,
          hardly: float) -> list[Apart]:
    """Pairs that only seem to contradict.

    truths   [F] of each claim as it stands; words: vocabulary of the scenario
    """
    out = []
    for (i, one), (j, other) in combinations(enumerate(said), 2):
        if not _related(one.term, other.term):
            continue
        both = truths[i] & truths[j]
        if not both.any() or exclusive(truths[i], truths[j], hardly):
            continue
        for a, b, at in ((one, other, i), (other, one, j)):
            aspect = next((found for found in ASPECTS if _would(
                a.term, b.term, found, (truths[at], judge, words, hardly))), "")
            if aspect:
                same = judge(swapped(b.term, a.term, aspect, words))
                assert same is not None
                out.append(Apart((a.name, b.name), aspect, told(a.term, aspect, words),
                                 told(b.term, aspect, words), chance(both),
                                 chance(truths[at] & same)))
                break
    return out


def _would(a: Any, b: Any, aspect: str, state: tuple[np.ndarray, Judge, Any, float]) -> bool:
    """Whether a and b would contradict, had b the aspect of a; b must be possible then."""
    truth, judge, words, hardly = state
    mine, others = labels(a, aspect, words), labels(b, aspect, words)
    if not mine or not others or mine == others or not truth.any():
        return False
    changed = swapped(b, a, aspect, words)
    if changed is None or changed == b:
        return False
    found = judge(changed)
    return found is not None and exclusive(truth, found, hardly)


def exclusive(a: np.ndarray, b: np.ndarray, hardly: float) -> bool:
    """Whether two claims, each of them possible, can hardly both be true."""
    unrelated = float(a.mean() * b.mean())
    return chance(a & b).high < min(hardly, LESS * unrelated)


def _related(a: Any, b: Any) -> bool:
    """Whether two claims read an outcome in common."""
    return bool(_outcomes(a) & _outcomes(b))


def reads(term: Any) -> list[meaning.Read]:
    """Everything that a term reads."""
    return [one for one in meaning.every(term) if isinstance(one, meaning.Read)]


def _outcomes(term: Any) -> set[str]:
    return {one.cells.outcome for one in reads(term)}


def _axis(dim: str, words: Any) -> str:
    return words.sets[dim][0] if dim in words.sets else ""


def labels(term: Any, aspect: str, words: Any) -> frozenset[str]:
    """What a claim says of an aspect: its classes, actors, periods or cases."""
    found: set[str] = set()
    for one in reads(term):
        if aspect == "case":
            found.add(one.case or "baseline")
        elif aspect == "date":
            found.update(label[:4] for label in one.periods.labels)
        else:
            axis = "good" if aspect == "class" else "actor"
            for dim, inside in one.cells.at:
                whole = words.sets[dim][1] if dim in words.sets else ()
                if _axis(dim, words) == axis and set(inside) != set(whole):
                    found.update(inside)
    return frozenset(found)


def told(term: Any, aspect: str, words: Any) -> str:
    """The same in words."""
    return ", ".join(sorted(labels(term, aspect, words)))


def swapped(term: Any, other: Any, aspect: str, words: Any) -> Any:
    """A term with one aspect of another's; None where it has no place for it."""
    source = reads(other)
    if not source:
        return None
    first = source[0]

    def change(one: meaning.Read) -> meaning.Read:
        if aspect == "case":
            return replace(one, case=first.case)
        if aspect == "date":
            return replace(one, periods=first.periods) if (
                one.periods.axis == first.periods.axis) else one
        axis = "good" if aspect == "class" else "actor"
        at = tuple((dim, _put(dim, inside, source, axis, words)) for dim, inside in one.cells.at)
        return replace(one, cells=one.cells._replace(at=at))

    return rebuilt(term, change)


def _put(dim: str, inside: tuple[str, ...], source: Sequence[meaning.Read], axis: str, words: Any
         ) -> tuple[str, ...]:
    """Labels of a dim as another claim has them."""
    if _axis(dim, words) != axis or set(inside) == set(words.sets[dim][1]):
        return inside
    theirs: dict[str, None] = {}
    for one in source:
        for other, found in one.cells.at:
            if other == dim:
                theirs.update(dict.fromkeys(found))
    return tuple(theirs) or inside


def rebuilt(term: Any, change: Callable[[meaning.Read], meaning.Read]) -> Any:
    """A term with every reading changed."""
    if isinstance(term, meaning.Read):
        return change(term)
    if isinstance(term, tuple):
        kept = tuple(rebuilt(one, change) for one in term)
        return type(term)(*kept) if hasattr(term, "_fields") else kept
    if not is_dataclass(term) or isinstance(term, type):
        return term
    return replace(term, **{f.name: rebuilt(getattr(term, f.name), change)
                            for f in fields(term)})


STORED = "the stored run"
PRIOR = "futures before the evidence"


class Reading(NamedTuple):
    """A sentence whose readings, or dates, differ in truth: what is meant separates them."""

    claim: str
    separated_by: str
    readings: tuple[tuple[str, float], ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"claim": self.claim, "separated_by": self.separated_by,
                "readings": [{"reading": name, "probability": p} for name, p in self.readings]}


class Discord(NamedTuple):
    """What cannot be true together, what cannot be true alone, what only seems to contradict."""

    scenario: Any
    run: Any
    rows: dict[str, Any]
    clashes: tuple[Clash, ...]
    alone: tuple[tuple[str, float, float], ...]
    apart: tuple[Apart, ...]
    readings: tuple[Reading, ...]
    left_out: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The stable JSON shape."""
        return {"scenario": self.scenario.id, "run": str(self.run.folder),
                "futures": int(self.run.manifest["futures"]),
                "contradictions": [one.as_json() for one in self.clashes],
                "impossible_alone": [{"claim": name, "probability": p, "at_most": high}
                                     for name, p, high in self.alone],
                "only_seeming": [one.as_json() for one in self.apart],
                "readings": [one.as_json() for one in self.readings],
                "untestable": list(self.left_out)}


def contradictions(name: str, asked: Asked | None = None, *, progress: Progress | None = None
                   ) -> Discord:
    """Sets of claims that can hardly all be true, and pairs that only seem to contradict.

    Raises KautilyaError as `judge` does.
    """
    asked = asked or Asked()
    scenario, claims, run, reruns = opened(name, asked, progress)
    with reruns:
        court = courted(scenario, run, reruns, asked, progress)
        every = questions(claims)
        found = {one.id: judged for one, judged in zip(
            every, evaluated(court, every), strict=True)}
        first = [one for one in every if not one.reading]
        before = dict(zip([one.id for one in first], again(court, first, Again(
            sets=BEFORE, accept="raw", futures=court.sizes.prior)), strict=True))
        made = _joined(court, first, found, before)
        seeming = _apart(court, first, found, before)
    readings = [*_readings(claims, found), *_dated(court, first)]
    return Discord(scenario, run, {one.id: one.row for one in first}, tuple(made[0]),
                   tuple(made[1]), tuple(seeming), tuple(readings),
                   tuple(one.id for one in claims.untestable))


def _joined(court: Court, first: Sequence[Question], found: dict[str, Judged],
            before: dict[str, Judged]) -> tuple[list[Clash], list[tuple[str, float, float]]]:
    hardly = court.settings.hardly
    names = [one.id for one in first]
    n = min(len(found[name].truth) for name in names) if names else 0
    here = clashes(names, np.stack([found[m].truth[:n] for m in names]), hardly, STORED)
    prior = clashes(names, np.stack([before[m].truth for m in names]), hardly, PRIOR)
    known = {frozenset(one.claims) for one in here}
    alone = []
    for m in names:
        p = chance(found[m].truth)
        if p.high < hardly:
            alone.append((m, p.value, p.high))
    return [*here, *(one for one in prior if frozenset(one.claims) not in known)], alone


def _apart(court: Court, first: Sequence[Question], found: dict[str, Judged],
           before: dict[str, Judged]) -> list[Apart]:
    """Over the stored run, and over the wider futures before the evidence."""
    mine = [one for one in first if one.checked.kind != "record"]
    if not mine:
        return []
    needed = sorted({case for one in mine for case in one.checked.needs})
    n = min(len(found[one.id].truth) for one in mine)
    out: dict[tuple[str, str], Apart] = {}
    for truths, worlds in (
            (found, court.worlds(needed, Again(futures=n), base=True)),
            (before, court.worlds(needed, Again(sets=BEFORE, accept="raw",
                                                futures=court.sizes.prior)))):
        for one in apart([Said(m.id, m.checked.term) for m in mine],
                         [truths[m.id].truth[:n] for m in mine],
                         partial(_judge, mine[0].checked, worlds),
                         mine[0].checked.vocabulary, court.settings.hardly):
            pair = (min(one.claims), max(one.claims))
            out.setdefault(pair, one)
    return list(out.values())


def _judge(like: Any, worlds: Worlds, term: Any) -> Any:
    """The truth of a changed term; None where the aspect has no place there."""
    try:
        return evaluate(replace(like, term=term), worlds).truth
    except (KautilyaError, ValueError, KeyError, IndexError):
        return None


def _readings(claims: Any, found: dict[str, Judged]) -> list[Reading]:
    out = []
    for claim in claims.testable:
        held = [(claim.id, float(found[claim.id].truth.mean()))]
        held += [(f"{claim.id}.{one.id}", float(found[f"{claim.id}.{one.id}"].truth.mean()))
                 for one, _ in claim.variants]
        if max(p for _, p in held) - min(p for _, p in held) >= 0.5:
            out.append(Reading(claim.id, "meaning", tuple(held)))
    return out


def _dated(court: Court, first: Sequence[Question]) -> list[Reading]:
    """Matters of record that are true as of one date and false as of another."""
    out = []
    for one in first:
        if one.checked.kind == "record":
            held = as_of_dates(court, one)
            if len({p for _, p in held}) > 1:
                out.append(Reading(one.id, "date", tuple(held)))
    return out
