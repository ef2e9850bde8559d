"""From what a claim gives on its runs to its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kautilya.claims.assumptions import named
from kautilya.claims.badges import NONE, Without, badge, coefficient, moved
from kautilya.claims.chances import Chance
from kautilya.claims.court import BEFORE, FURTHER, Case, Court, again, counted
from kautilya.claims.decisive import Decisive, rank
from kautilya.claims.estimative import on_model, on_record
from kautilya.claims.evaluate import Judged
from kautilya.claims.evidence import Weighed, weigh, weigh_record, weightings
from kautilya.claims.identified import learned, posterior, straddled, unlearned
from kautilya.claims.needs import levers
from kautilya.claims.reruns import Again
from kautilya.claims.verdicts import Verdict, decided, span


def decisive(court: Court, found: Sequence[Judged]) -> list[list[Decisive]]:
    """What moves each claim; [] for matters of record."""
    out: list[list[Decisive]] = [[] for _ in found]
    for futures in {len(one.truth) for one in found}:
        at = [i for i, one in enumerate(found) if len(one.truth) == futures
              and one.kind != "record"]
        ranked = rank([found[i].truth for i in at], [found[i].value for i in at],
                      court.given.cut(futures)) if at else []
        for i, one in zip(at, ranked, strict=True):
            out[i] = one
    return out


def without(court: Court, asked: Sequence[Case], moving: Sequence[Sequence[Decisive]]
            ) -> list[Without]:
    """For each claim the probability without the sign that was assumed."""
    from kautilya.mechanisms import registry

    laws = {name: registry()[name] for name in court.scenario.head.laws if name in registry()}
    chosen = [None if one.checked.kind == "record" else coefficient(
        found, changed(court.scenario, one.checked.needs), laws)
        for one, found in zip(asked, moving, strict=True)]
    out = [NONE] * len(asked)
    for row in {one.id: one for one in chosen if one is not None}.values():
        at = [i for i, one in enumerate(chosen) if one is not None and one.id == row.id]
        zero = Again(sets=(f"{row.id}=0",), futures=court.sizes.sign)
        free = Again(free=(row.id,), futures=court.sizes.sign)
        mine = [asked[i] for i in at]
        pairs = zip(again(court, mine, zero), again(court, mine, free), strict=True)
        for i, (a, b) in zip(at, pairs, strict=True):
            out[i] = Without(row.id, named(row), counted(a), counted(b))
    return out


def changed(scenario: Any, needs: Sequence[str]) -> list[Any]:
    """The figures behind the parameters that the levers of a claim change."""
    pulled = {name for case in needs for name in levers(case)}
    touched = {change.parameter for lever in scenario.levers if lever.id in pulled
               for change in lever.set}
    return [row for row in scenario.quantities if row.parameter in touched
            and row.distribution != "fixed"]


class Behind(NamedTuple):
    """What the reruns told of a claim."""

    prior: Chance | None
    lucky: bool
    without: Without


UNTOLD = Behind(None, True, NONE)


def behind(court: Court, asked: Sequence[Case], moving: Sequence[Sequence[Decisive]]
           ) -> list[Behind]:
    """Prior predictive, other luck, and the assumed sign away, for what is no matter of record."""
    at = [i for i, one in enumerate(asked) if one.checked.kind != "record"]
    mine = [asked[i] for i in at]
    out = [UNTOLD] * len(asked)
    prior = again(court, mine, Again(sets=BEFORE, accept="raw", futures=court.sizes.prior))
    here = again(court, mine, Again(futures=court.sizes.luck))
    there = again(court, mine, Again(futures=court.sizes.luck, luck=FURTHER))
    signs = without(court, mine, [moving[i] for i in at])
    for i, p, a, b, sign in zip(at, prior, here, there, signs, strict=True):
        out[i] = Behind(counted(p), moved(a, b), sign)
    return out


def records(court: Court, found: Judged) -> list[dict[str, str]]:
    """What of the record a claim rests on, with status and grade."""
    events = {one.id: one for one in court.record.events}
    votes = {(one.actor, one.resolution): one for one in court.record.votes}
    out = []
    for text in found.evidence:
        kind, _, name = text.partition(" ")
        one: Any = events.get(name) if kind == "event" else None
        if kind == "vote":
            actor, _, resolution = name.partition(" ")
            one = votes.get((actor, resolution))
        one = one or court.record.rows.get((kind, name))
        if one is not None:
            out.append({"what": text, "status": one.status, "grade": one.grade,
                        "source": one.source})
    return out


def verdict(court: Court, one: Case, found: Judged, moving: Sequence[Decisive],
            told: Behind) -> Verdict:
    """The verdict of one claim."""
    settings, made = court.settings, counted(found)
    on = records(court, found)
    known = tuple(learned(d, court.given, posterior(court.run.manifest)) for d in moving)
    weighed = _weighed(court, found, moving, [r["grade"] for r in on])
    bounds, straddles = straddled(one.checked.term, found.threshold, settings, court.shares)
    why = unlearned(moving, known, settings)
    if straddles and bounds:
        why = (f"the published accounts allow {bounds.low:,.4g} to {bounds.high:,.4g}, on both "
               f"sides of the threshold {float(found.threshold):,.4g}")  # type: ignore[arg-type]
    name, because = decided(weighed, settings, why) if found.finite.any() else (
        "cannot say", "a published number that it needs is not there, or was not known then")
    wide = span(weighed) or [0.0, 0.0]
    mark = badge(found.kind, found.truth[found.finite], told.lucky,
                 {"prior": told.prior, "without": told.without}, settings)
    sure = on_record([r["grade"] for r in on]) if found.kind == "record" else on_model(
        moving, wide[1] - wide[0], any(k.how == "calibrated" for k in known[:1]))
    return Verdict(one.row, one.reading, one.checked, name, because, found, made,
                   tuple(weighed), "not identified" if name == "not identified" else mark, sure,
                   _grade(on, moving), tuple(on), tuple(moving), known, told.prior, told.without,
                   bounds)


def _weighed(court: Court, found: Judged, moving: Sequence[Decisive], grades: Sequence[str]
             ) -> list[Weighed]:
    if found.kind == "record":
        best = min(grades, key=lambda g: (g[1], g[0]), default="")
        if terms_vary(found):
            return [Weighed(w.id, counted(found), counted(found)) for w in weightings(
                court.settings)]
        return [weigh_record(bool(found.truth.all()), best, w) for w in weightings(court.settings)]
    truth = found.truth[found.finite].astype(float)
    ranks = court.given.ranks[[d.place for d in moving], : len(found.truth)][:, found.finite]
    return [weigh(truth, ranks, [d.row for d in moving], w) for w in weightings(court.settings)]


def terms_vary(found: Judged) -> bool:
    """Whether a matter of record is drawn: a published number with a range."""
    return not (found.truth.all() or not found.truth.any())


def _grade(on: Sequence[dict[str, str]], moving: Sequence[Decisive]) -> str:
    """Record: the best grade that answers it. Model: the weakest of what moves it."""
    if on:
        return min((r["grade"] for r in on), key=lambda g: (g[1], g[0]))
    return max((d.row.grade for d in moving), key=lambda g: (g[1], g[0]), default="")
