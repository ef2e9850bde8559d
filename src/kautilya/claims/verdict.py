"""A verdict: holds, fails, cannot say, or not identified; with all that stands behind it.

Identified. A claim is not identified where the published accounts allow the quantity on both sides of the
threshold (then the draws inside the bounds decide, and no figure does), or where one figure alone
decides and was not learned: its spread after the data is above `learned` of that before. A figure
is learned through the accounts that feed it, or through the calibration that the run draws from. A
figure that is only assumed or imposed, and that neither touches, was not learned; one with a
published source counts as known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims.assumptions import Assumptions, Decisive, named, rank
from kautilya.claims.badges import NONE, Without, badge, coefficient, moved
from kautilya.claims.boxes import Box
from kautilya.claims.court import BEFORE, FURTHER, Again, Court, Question, again, counted
from kautilya.claims.evaluate import Judged
from kautilya.claims.flips import Flip
from kautilya.claims.language import meaning
from kautilya.claims.language.checker import levers
from kautilya.claims.weighing import (
    GIVEN,
    Chance,
    Confidence,
    Weighed,
    likelihood,
    on_model,
    on_record,
    plain,
    weigh,
    weigh_record,
    weightings,
)

VERDICTS = ("holds", "fails", "cannot say", "not identified", "untestable")


@dataclass(frozen=True)
class Verdict:
    """One claim, judged; for one that is untestable only `row`, `verdict` and `because` count.

    row         of claims.toml; reading: id of another reading, "" for the claim itself
    checked     language.checker.Checked; None where untestable
    judged      evaluate.Judged; None where untestable or not judged
    because     why it is not identified, cannot be said or is untestable; "" otherwise
    """

    row: Any
    reading: str
    checked: Any
    verdict: str
    because: str
    judged: Any = None
    chance: Chance | None = None
    weighed: tuple[Weighed, ...] = ()
    badge: str = ""
    confidence: Confidence | None = None
    grade: str = ""
    evidence: tuple[dict[str, str], ...] = ()
    decisive: tuple[Decisive, ...] = ()
    known: tuple[Learned, ...] = ()
    prior: Chance | None = None
    without: Without | None = None
    bounds: Straddle | None = None
    flip: Flip | None = None
    box: Box | None = None
    readings: tuple[Verdict, ...] = ()

    @property
    def id(self) -> str:
        """Name of the claim, with its reading."""
        return f"{self.row.id}.{self.reading}" if self.reading else str(self.row.id)

    @property
    def likelihood(self) -> str:
        """The ICD-203 word."""
        return likelihood(self.chance.value) if self.chance and self.chance.futures else ""

    def as_json(self) -> dict[str, Any]:
        """The stable JSON shape."""
        row, made = self.row, self.chance
        variant = next((one for one in row.variants if one.id == self.reading), None)
        out: dict[str, Any] = {
            "id": self.id, "says": variant.says if variant else row.says,
            "meaning": variant.meaning if variant else row.meaning,
            "said_by": row.said_by, "said_on": row.said_on.isoformat(),
            "page_on": row.page_on.isoformat() if row.page_on else None, "article": row.article,
            "number": row.number, "verdict": self.verdict,
            "test": self.checked.proposition.text if self.checked else "",
            "because": self.because, "probability": made.value if made else None,
            "mc_error": made.error if made else None,
            "interval": [made.low, made.high] if made else None,
            "futures": made.futures if made and made.futures < float("inf") else None,
            "range": span(self.weighed), "weightings": [one.as_json() for one in self.weighed],
            "likelihood": self.likelihood,
            "confidence": self.confidence.level if self.confidence else "",
            "confidence_because": self.confidence.because if self.confidence else "",
            "grade": self.grade, "evidence": list(self.evidence), "badge": self.badge,
            "kind": self.judged.kind if self.judged else "",
            "decisive": [_decisive(d, k) for d, k in zip(self.decisive, self.known, strict=True)],
            "prior_predictive": self.prior.as_json() if self.prior else None,
            "without_imposed_sign": self.without.as_json() if self.without else None,
            "bounds": self.bounds.as_json() if self.bounds else None,
            "flip": self.flip.as_json() if self.flip else None,
            "box": self.box.as_json() if self.box else None,
            "needs_observing": row.needs_observing, "observed_since": row.observed_since,
        }
        if self.readings:
            out["readings"] = [one.as_json() for one in self.readings]
        found: dict[str, Any] = plain(out)
        return found


def _decisive(one: Decisive, known: Learned) -> dict[str, Any]:
    return {"figure": one.row.id, "says": one.says, "share": one.share, "of": one.of,
            "probability_low_end": one.low_end, "probability_high_end": one.high_end,
            "grade": one.row.grade, "status": one.row.status, "source": one.row.source,
            "learned": known.as_json()}


def span(weighed: Sequence[Weighed]) -> list[float] | None:
    """Least and greatest probability over the weightings."""
    if not weighed:
        return None
    return [min(one.low.value for one in weighed), max(one.high.value for one in weighed)]


def decided(weighed: Sequence[Weighed], settings: Any, unidentified: str) -> tuple[str, str]:
    """The verdict and, where it is neither holds nor fails, why.

    unidentified   why the claim is not identified; "" where it is
    """
    fewest = min(min(one.low.futures, one.high.futures) for one in weighed)
    if fewest < settings.least_futures:
        worst = min(weighed, key=lambda one: min(one.low.futures, one.high.futures))
        return "cannot say", (f"only {fewest:.0f} futures count under the weighting {worst.id}; "
                              f"{settings.least_futures} are needed: run more futures")
    if unidentified:
        return "not identified", unidentified
    low, high = span(weighed) or (0.0, 1.0)
    if low > settings.holds:
        return "holds", ""
    if high < settings.fails:
        return "fails", ""
    return "cannot say", (f"over the weightings of the evidence the probability is {low:.2f} to "
                          f"{high:.2f}")


class Learned(NamedTuple):
    """Spread after the data over spread before; None where nothing was fitted. how: in words."""

    ratio: float | None
    how: str

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"ratio": self.ratio, "how": self.how}


class Straddle(NamedTuple):
    """Bounds of the accounts on a quantity."""

    share: str
    says: str
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return self._asdict()


def posterior(manifest: dict[str, Any]) -> dict[str, float]:
    """Spread after over spread before, by figure, of the calibration that a run draws from."""
    from kautilya.runs.posterior import folder_of, summary

    name = manifest["case"].get("posterior", "")
    rows = summary(folder_of(name)).get("tables", {}).get("prior and posterior", ()) if name else ()
    return {row["id"]: float(row["sd_left"]) for row in rows if row.get("kind") == "figure"}


def learned(one: Decisive, given: Assumptions, fitted: dict[str, float]) -> Learned:
    """What is known of a figure after the data."""
    if one.row.id in fitted:
        return Learned(fitted[one.row.id], "calibrated")
    if given.fed[one.place] and given.spread[one.place] > 0:
        ratio = float(np.std(given.values[one.place]) / given.spread[one.place])
        return Learned(ratio, "through the published accounts")
    if one.row.status in GIVEN:
        return Learned(None, f"not calibrated; {one.row.status} only")
    return Learned(None, f"not calibrated; from a source graded {one.row.grade}")


def decides(one: Decisive, settings: Any) -> bool:
    """Whether a figure alone carries the claim from one verdict to the other."""
    return abs(one.high_end - one.low_end) >= settings.holds - settings.fails


def unlearned(found: Sequence[Decisive], known: Sequence[Learned], settings: Any) -> str:
    """Why the claim is not identified by what was learned; "" where it is."""
    for one, what in zip(found, known, strict=True):
        if decides(one, settings) and (
                what.ratio > settings.learned if what.ratio is not None
                else one.row.status in GIVEN):
            said = f"spread after the data {what.ratio:.2f} of before" if what.ratio is not None \
                else what.how
            return f"{one.says} alone decides and was not learned ({said})"
    return ""


def straddled(term: Any, threshold: Any, settings: Any, shares: Sequence[dict[str, Any]]
              ) -> tuple[Straddle | None, bool]:
    """The bounds of the accounts on what a claim compares, and whether they straddle its threshold.

    term       term of the checked claim; shares: rows of the audit
    """
    reads = _added(term)
    if not reads or threshold is None or np.ndim(threshold) or not np.isfinite(threshold):
        return None, False
    for bound in settings.bound:
        if _same(reads, bound):
            row = next((r for r in shares if r["share"] == bound.share), None)
            if row is not None:
                found = Straddle(bound.share, row["says"], float(row["low"]), float(row["high"]))
                return found, found.low < float(threshold) < found.high
    return None, False


def _added(term: Any) -> list[meaning.Read]:
    """What is added up on the left of a comparison; [] where there is more to it than a sum."""
    while isinstance(term, meaning.Every) and term.op == "not":
        term = term.items[0]
    left, out = [term.left] if isinstance(term, meaning.Test) else [], []
    while left:
        one = left.pop()
        if isinstance(one, meaning.Sum) and one.op == "+":
            left += [one.left, one.right]
        elif isinstance(one, meaning.Read):
            out.append(one)
        else:
            return []
    return out


def _same(reads: Sequence[meaning.Read], bound: Any) -> bool:
    return (sorted(one.cells.outcome for one in reads) == sorted(bound.outcomes)
            and all(_of(one, bound) for one in reads))


def _of(read: meaning.Read, bound: Any) -> bool:
    labels = {label for _, inside in read.cells.at for label in inside}
    span = (read.periods.labels[0], read.periods.labels[-1])
    return not read.case and set(bound.labels) == labels and span == (bound.from_, bound.to)


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


def without(court: Court, asked: Sequence[Question], moving: Sequence[Sequence[Decisive]]
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


def behind(court: Court, asked: Sequence[Question], moving: Sequence[Sequence[Decisive]]
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


def verdict(court: Court, one: Question, found: Judged, moving: Sequence[Decisive],
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
