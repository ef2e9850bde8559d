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
from dataclasses import fields, replace
from functools import partial
from itertools import combinations
from typing import NamedTuple

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
from kautilya.claims.file import Claims
from kautilya.claims.judge import Asked, opened
from kautilya.claims.language import meaning
from kautilya.claims.language.checker import Checked
from kautilya.claims.record import Vocabulary
from kautilya.claims.weighing import Chance, chance
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Run
from kautilya.scenario.scenario import Scenario

STORED = "the stored run"
PRIOR = "futures before the evidence"


class Reading(NamedTuple):
    """A sentence whose readings, or dates, differ in truth: what is meant separates them."""

    claim: str
    separated_by: str
    readings: tuple[tuple[str, float], ...]

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "claim": self.claim,
            "separated_by": self.separated_by,
            "readings": [{"reading": name, "probability": p} for name, p in self.readings],
        }


class Discord(NamedTuple):
    """What cannot be true together, what cannot be true alone, what only seems to contradict.

    says  the sentence of each claim, and of each of its variants
    """

    scenario: Scenario
    run: Run
    says: dict[str, str]
    clashes: tuple[Clash, ...]
    alone: tuple[tuple[str, float, float], ...]
    apart: tuple[Apart, ...]
    readings: tuple[Reading, ...]
    left_out: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The stable JSON shape."""
        return {
            "scenario": self.scenario.id,
            "run": str(self.run.folder),
            "futures": int(self.run.manifest["futures"]),
            "contradictions": [one.as_json() for one in self.clashes],
            "impossible_alone": [
                {"claim": name, "probability": p, "at_most": high} for name, p, high in self.alone
            ],
            "only_seeming": [one.as_json() for one in self.apart],
            "readings": [one.as_json() for one in self.readings],
            "untestable": list(self.left_out),
        }


def contradictions(
    name: str, asked: Asked | None = None, *, progress: Progress | None = None
) -> Discord:
    """Sets of claims that can hardly all be true, and pairs that only seem to contradict.

    Raises KautilyaError as `judge` does.
    """
    asked = asked or Asked()
    claims, stored, court = opened(name, asked, progress)
    every = questions(claims)
    first = [one for one in every if not one.reading]
    with court.reruns:
        found = _by_id(every, evaluated(court, every, today=True))
        before = None if asked.quick else _by_id(first, again(court, first, BEFORE))
        made = _joined(court, first, found, before)
        seeming = _apart(court, first, found, before)
    readings = [*_readings(claims, found), *_dated(court, first)]
    return Discord(
        court.scenario,
        stored.run,
        _sentences(claims),
        tuple(made),
        tuple(_alone(court, first, found)),
        tuple(seeming),
        tuple(readings),
        tuple(one.id for one in claims.untestable),
    )


Truths = dict[str, Judged]


def _sentences(claims: Claims) -> dict[str, str]:
    """{id: sentence} of claims, and of the variants of each."""
    out = {}
    for claim in claims.testable:
        out[claim.id] = claim.row.says
        out |= {f"{claim.id}.{one.id}": one.says for one, _ in claim.variants}
    return out


def _by_id(asked: Sequence[Question], found: Sequence[Judged]) -> Truths:
    return {one.id: judged for one, judged in zip(asked, found, strict=True)}


def _joined(
    court: Court, first: Sequence[Question], found: Truths, before: Truths | None
) -> list[Clash]:
    """Over the stored run; then, of sets that are not among these, before the evidence."""
    names = [one.id for one in first]
    out: list[Clash] = []
    for truths, over in ((found, STORED), (before, PRIOR)):
        if names and truths is not None:
            n = min(len(truths[name].truth) for name in names)
            known = {frozenset(one.claims) for one in out}
            stacked = np.stack([truths[name].truth[:n] for name in names])
            made = clashes(names, stacked, court.settings.hardly, over)
            out += [one for one in made if frozenset(one.claims) not in known]
    return out


def _alone(
    court: Court, first: Sequence[Question], found: Truths
) -> list[tuple[str, float, float]]:
    """Claims that are hardly ever true, with their probability and its upper end."""
    made = {one.id: chance(found[one.id].truth) for one in first}
    return [(name, p.value, p.high) for name, p in made.items() if p.high < court.settings.hardly]


def _apart(
    court: Court, first: Sequence[Question], found: Truths, before: Truths | None
) -> list[Apart]:
    """Over the stored run, and over the wider futures before the evidence."""
    mine = [one for one in first if one.checked.kind != "record"]
    if not mine:
        return []
    needed = sorted({case for one in mine for case in one.checked.needs})
    n = min(len(found[one.id].truth) for one in mine)
    over = [(found, court.worlds(needed, Again(futures=n), base=True))]
    if before is not None:
        over.append((before, court.worlds(needed, BEFORE)))
    out: dict[tuple[str, str], Apart] = {}
    for truths, worlds in over:
        for one in apart(
            [Said(m.id, m.checked.term) for m in mine],
            [truths[m.id].truth[:n] for m in mine],
            partial(_judge, mine[0].checked, worlds),
            mine[0].checked.vocabulary,
            court.settings.hardly,
        ):
            pair = (min(one.claims), max(one.claims))
            out.setdefault(pair, one)
    return list(out.values())


def _judge(like: Checked, worlds: Worlds, term: meaning.Term) -> np.ndarray | None:
    """The truth of a changed term; None where the aspect has no place there."""
    try:
        return evaluate(replace(like, term=term), worlds).truth
    except (KautilyaError, ValueError, KeyError, IndexError):
        return None


def _readings(claims: Claims, found: Truths) -> list[Reading]:
    out = []
    for claim in claims.testable:
        held = [(claim.id, float(found[claim.id].truth.mean()))]
        held += [
            (f"{claim.id}.{one.id}", float(found[f"{claim.id}.{one.id}"].truth.mean()))
            for one, _ in claim.variants
        ]
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

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "claims": list(self.claims),
            "joint": self.joint.as_json(),
            "alone": list(self.alone),
            "if_unrelated": self.unrelated,
            "over": self.over,
        }


class Apart(NamedTuple):
    """Two claims that only seem to contradict, and what separates them."""

    claims: tuple[str, str]
    aspect: str
    first: str
    second: str
    joint: Chance
    joint_if_same: Chance

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "claims": list(self.claims),
            "separated_by": self.aspect,
            "first": self.first,
            "second": self.second,
            "joint": self.joint.as_json(),
            "joint_if_the_same": self.joint_if_same.as_json(),
        }


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
                found.append(
                    Clash(
                        tuple(names[c] for c in chosen),
                        joint,
                        tuple(float(share[c]) for c in chosen),
                        unrelated,
                        over,
                    )
                )
    return sorted(found, key=lambda one: (len(one.claims), one.joint.value, -one.unrelated))


class Said(NamedTuple):
    """A claim's name and its checked term."""

    name: str
    term: meaning.Term


Judge = Callable[
    [meaning.Term], "np.ndarray | None"
]  # term -> truth [F]; None where it cannot be read


def apart(
    said: Sequence[Said],
    truths: Sequence[np.ndarray],
    judge: Judge,
    words: Vocabulary,
    hardly: float,
) -> list[Apart]:
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
            aspect = next(
                (
                    found
                    for found in ASPECTS
                    if _would(a.term, b.term, found, (truths[at], judge, words, hardly))
                ),
                "",
            )
            if aspect:
                changed = swapped(b.term, a.term, aspect, words)
                same = None if changed is None else judge(changed)
                assert same is not None
                out.append(
                    Apart(
                        (a.name, b.name),
                        aspect,
                        _told(a.term, aspect, words),
                        _told(b.term, aspect, words),
                        chance(both),
                        chance(truths[at] & same),
                    )
                )
                break
    return out


def _would(
    a: meaning.Term,
    b: meaning.Term,
    aspect: str,
    state: tuple[np.ndarray, Judge, Vocabulary, float],
) -> bool:
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


def _related(a: meaning.Term, b: meaning.Term) -> bool:
    """Whether two claims read an outcome in common."""
    return bool(_outcomes(a) & _outcomes(b))


def reads(term: meaning.Term) -> list[meaning.Read]:
    """Everything that a term reads."""
    return [one for one in meaning.every(term) if isinstance(one, meaning.Read)]


def _outcomes(term: meaning.Term) -> set[str]:
    return {one.cells.outcome for one in reads(term)}


def _axis(dim: str, words: Vocabulary) -> str:
    return words.sets[dim][0] if dim in words.sets else ""


def labels(term: meaning.Term, aspect: str, words: Vocabulary) -> frozenset[str]:
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


def _told(term: meaning.Term, aspect: str, words: Vocabulary) -> str:
    """The same in words."""
    return ", ".join(sorted(labels(term, aspect, words)))


def swapped(
    term: meaning.Term, other: meaning.Term, aspect: str, words: Vocabulary
) -> meaning.Term | None:
    """A term with one aspect of another's; None where it has no place for it."""
    source = reads(other)
    if not source:
        return None
    first = source[0]

    def change(one: meaning.Read) -> meaning.Read:
        if aspect == "case":
            return replace(one, case=first.case)
        if aspect == "date":
            return (
                replace(one, periods=first.periods)
                if (one.periods.axis == first.periods.axis)
                else one
            )
        axis = "good" if aspect == "class" else "actor"
        at = tuple((dim, _put(dim, inside, source, axis, words)) for dim, inside in one.cells.at)
        return replace(one, cells=one.cells._replace(at=at))

    return rebuilt(term, change)


def _put(
    dim: str, inside: tuple[str, ...], source: Sequence[meaning.Read], axis: str, words: Vocabulary
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


def rebuilt(term: meaning.Term, change: Callable[[meaning.Read], meaning.Read]) -> meaning.Term:
    """A term with every reading changed."""
    if isinstance(term, meaning.Read):
        return change(term)
    parts = {f.name: _part(getattr(term, f.name), change) for f in fields(term)}
    return replace(term, **parts)


def _part(value: object, change: Callable[[meaning.Read], meaning.Read]) -> object:
    """A field of a term: terms and tuples of terms are changed, anything else stays."""
    if isinstance(value, meaning.Term):
        return rebuilt(value, change)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(_part(one, change) for one in value)
    return value
