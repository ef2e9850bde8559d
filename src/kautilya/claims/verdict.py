"""A verdict: holds, fails, cannot say, or not identified; with all that stands behind it.

A claim is not identified where the published accounts allow the quantity on both sides of the
threshold (then the draws inside the bounds decide, and no figure does), or where one figure alone
decides and was not learned: its spread after the data is above `learned` of that before. A figure
is learned through the accounts that feed it, or through the calibration that the run draws from. A
figure that is only assumed or imposed, and that neither touches, was not learned; one with a
published source counts as known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kautilya.claims import record
from kautilya.claims.assumptions import Assumptions, Decisive, rank
from kautilya.claims.badges import Behind, Without, badge, behind
from kautilya.claims.court import Court, Question, counted, evaluated
from kautilya.claims.evaluate import Judged
from kautilya.claims.file import Row
from kautilya.claims.flips import Box, Flip
from kautilya.claims.language import meaning
from kautilya.claims.language.checker import Checked
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
from kautilya.runs.guard import document
from kautilya.runs.posterior import folder_of, summary
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import Bound, Verdicts

KEPT = "claims.json"  # verdicts beside the run that they were made on
VERDICTS = ("holds", "fails", "cannot say", "not identified", "untestable")


@dataclass(frozen=True)
class Verdict:
    """One claim, judged; for one that is untestable only `row`, `verdict` and `because` count.

    row         of claims.toml; reading: id of another reading, "" for the claim itself
    because     why it is not identified, cannot be said or is untestable; "" otherwise
    badge       "" where it is untestable, or needs runs that were not made
    """

    row: Row
    reading: str
    checked: Checked | None
    verdict: str
    because: str
    judged: Judged | None = None
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

    def as_json(self) -> dict[str, object]:
        """The stable JSON shape."""
        row, made = self.row, self.chance
        variant = next((one for one in row.variants if one.id == self.reading), None)
        out: dict[str, object] = {
            "id": self.id,
            "says": variant.says if variant else row.says,
            "meaning": variant.meaning if variant else row.meaning,
            "said_by": row.said_by,
            "said_on": row.said_on.isoformat(),
            "page_on": row.page_on.isoformat() if row.page_on else None,
            "article": row.article,
            "number": row.number,
            "verdict": self.verdict,
            "test": self.checked.proposition.text if self.checked else "",
            "because": self.because,
            "probability": made.value if made else None,
            "mc_error": made.error if made else None,
            "interval": [made.low, made.high] if made else None,
            "futures": made.futures if made and made.futures < float("inf") else None,
            "range": span(self.weighed),
            "weightings": [one.as_json() for one in self.weighed],
            "likelihood": self.likelihood,
            "confidence": self.confidence.level if self.confidence else "",
            "confidence_because": self.confidence.because if self.confidence else "",
            "grade": self.grade,
            "evidence": list(self.evidence),
            "badge": self.badge,
            "kind": self.judged.kind if self.judged else "",
            "decisive": [_decisive(d, k) for d, k in zip(self.decisive, self.known, strict=True)],
            "prior_predictive": self.prior.as_json() if self.prior else None,
            "without_imposed_sign": self.without.as_json() if self.without else None,
            "bounds": self.bounds.as_json() if self.bounds else None,
            "flip": self.flip.as_json() if self.flip else None,
            "box": self.box.as_json() if self.box else None,
            "needs_observing": row.needs_observing,
            "observed_since": row.observed_since,
        }
        if self.readings:
            out["readings"] = [one.as_json() for one in self.readings]
        return plain(out)


def _decisive(one: Decisive, known: Learned) -> dict[str, object]:
    return {
        "figure": one.row.id,
        "says": one.says,
        "share": one.share,
        "of": one.of,
        "probability_low_end": one.low_end,
        "probability_high_end": one.high_end,
        "grade": one.row.grade,
        "status": one.row.status,
        "source": one.row.source,
        "learned": known.as_json(),
    }


def span(weighed: Sequence[Weighed]) -> list[float] | None:
    """Least and greatest probability over the weightings."""
    if not weighed:
        return None
    return [min(one.low.value for one in weighed), max(one.high.value for one in weighed)]


def decided(weighed: Sequence[Weighed], settings: Verdicts, unidentified: str) -> tuple[str, str]:
    """The verdict and, where it is neither holds nor fails, why.

    unidentified   why the claim is not identified; "" where it is
    """
    fewest = min(min(one.low.futures, one.high.futures) for one in weighed)
    if fewest < settings.least_futures:
        worst = min(weighed, key=lambda one: min(one.low.futures, one.high.futures))
        return "cannot say", (
            f"only {fewest:.0f} futures count under the weighting {worst.id}; "
            f"{settings.least_futures} are needed: run more futures"
        )
    if unidentified:
        return "not identified", unidentified
    low, high = span(weighed) or (0.0, 1.0)
    if low > settings.holds:
        return "holds", ""
    if high < settings.fails:
        return "fails", ""
    return "cannot say", (
        f"over the weightings of the evidence the probability is {low:.2f} to {high:.2f}"
    )


class Learned(NamedTuple):
    """Spread after the data over spread before; None where nothing was fitted. how: in words."""

    ratio: float | None
    how: str

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {"ratio": self.ratio, "how": self.how}


class Straddle(NamedTuple):
    """Bounds of the accounts on a quantity."""

    share: str
    says: str
    low: float
    high: float

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return self._asdict()


def fitted(calibration: str) -> dict[str, float]:
    """Spread after over spread before, by figure, of the calibration that a run draws from."""
    if not calibration:
        return {}
    rows = summary(folder_of(calibration)).get("tables", {}).get("prior and posterior", ())
    return {row["id"]: float(row["sd_left"]) for row in rows if row.get("kind") == "figure"}


def learned(one: Decisive, given: Assumptions, fits: Mapping[str, float]) -> Learned:
    """What is known of a figure after the data."""
    if one.row.id in fits:
        return Learned(fits[one.row.id], "calibrated")
    if given.fed[one.place] and given.spread[one.place] > 0:
        ratio = float(np.std(given.values[one.place]) / given.spread[one.place])
        return Learned(ratio, "through the published accounts")
    if one.row.status in GIVEN:
        return Learned(None, f"not calibrated; {one.row.status} only")
    return Learned(None, f"not calibrated; from a source graded {one.row.grade}")


def decides(one: Decisive, settings: Verdicts) -> bool:
    """Whether a figure alone carries the claim from one verdict to the other."""
    return abs(one.high_end - one.low_end) >= settings.holds - settings.fails


def unlearned(found: Sequence[Decisive], known: Sequence[Learned], settings: Verdicts) -> str:
    """Why the claim is not identified by what was learned; "" where it is."""
    for one, what in zip(found, known, strict=True):
        if decides(one, settings) and (
            what.ratio > settings.learned if what.ratio is not None else one.row.status in GIVEN
        ):
            said = (
                f"spread after the data {what.ratio:.2f} of before"
                if what.ratio is not None
                else what.how
            )
            return f"{one.says} alone decides and was not learned ({said})"
    return ""


def straddled(
    term: meaning.Term,
    threshold: float | np.ndarray | None,
    settings: Verdicts,
    shares: Sequence[Mapping[str, object]],
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
                found = Straddle(
                    bound.share, str(row["says"]), float(str(row["low"])), float(str(row["high"]))
                )
                return found, found.low < float(threshold) < found.high
    return None, False


def _added(term: meaning.Term) -> list[meaning.Read]:
    """What is added up on the left of a comparison; [] where there is more to it than a sum."""
    while isinstance(term, meaning.Every) and term.op == "not":
        term = term.items[0]
    left = [term.left] if isinstance(term, meaning.Test) else []
    out: list[meaning.Read] = []
    while left:
        one = left.pop()
        if isinstance(one, meaning.Sum) and one.op == "+":
            left += [one.left, one.right]
        elif isinstance(one, meaning.Read):
            out.append(one)
        else:
            return []
    return out


def _same(reads: Sequence[meaning.Read], bound: Bound) -> bool:
    return sorted(one.cells.outcome for one in reads) == sorted(bound.outcomes) and all(
        _of(one, bound) for one in reads
    )


def _of(read: meaning.Read, bound: Bound) -> bool:
    labels = {label for _, inside in read.cells.at for label in inside}
    span = (read.periods.labels[0], read.periods.labels[-1])
    return not read.case and set(bound.labels) == labels and span == (bound.from_, bound.to)


def untestable(row: Row) -> Verdict:
    """A claim that no run can answer, with its reason."""
    return Verdict(row, "", None, "untestable", row.untestable)


def decided_on(court: Court, asked: Sequence[Question], quick: bool) -> dict[str, Verdict]:
    """A verdict for each question, by its id. quick: without the runs that badges need."""
    found = evaluated(court, asked)
    moving = decisive(court, found)
    told = [None] * len(asked) if quick else behind(court, asked, moving)
    return {
        one.id: verdict(court, one, f, m, t)
        for one, f, m, t in zip(asked, found, moving, told, strict=True)
    }


def decisive(court: Court, found: Sequence[Judged]) -> list[list[Decisive]]:
    """What moves each claim; [] for matters of record."""
    out: list[list[Decisive]] = [[] for _ in found]
    for futures in {len(one.truth) for one in found}:
        at = [
            i for i, one in enumerate(found) if len(one.truth) == futures and one.kind != "record"
        ]
        ranked = (
            rank(
                [found[i].truth for i in at], [found[i].value for i in at], court.given.cut(futures)
            )
            if at
            else []
        )
        for i, one in zip(at, ranked, strict=True):
            out[i] = one
    return out


def records(court: Court, found: Judged) -> list[dict[str, str]]:
    """What of the record a claim rests on, with status and grade."""
    events = {one.id: one for one in court.record.events}
    votes = {(one.actor, one.resolution): one for one in court.record.votes}
    out = []
    for text in found.evidence:
        kind, _, name = text.partition(" ")
        one: record.Entry | record.Ballot | record.Row | None = (
            events.get(name) if kind == "event" else None
        )
        if kind == "vote":
            actor, _, resolution = name.partition(" ")
            one = votes.get((actor, resolution))
        one = one or court.record.rows.get((kind, name))
        if one is not None:
            out.append(
                {"what": text, "status": one.status, "grade": one.grade, "source": one.source}
            )
    return out


def verdict(
    court: Court, one: Question, found: Judged, moving: Sequence[Decisive], told: Behind | None
) -> Verdict:
    """The verdict of one claim. told: by the runs beside the stored one, where they were made."""
    made, truth = counted(found), found.truth[found.finite]
    on = records(court, found)
    fits = fitted(court.run.manifest["case"].get("posterior", ""))
    known = tuple(learned(d, court.given, fits) for d in moving)
    weighed = _weighed(court, found, moving, [r["grade"] for r in on])
    bounds, why = _unidentified(court, one, found, moving, known)
    name, because = (
        decided(weighed, court.settings, why)
        if truth.size
        else ("cannot say", "a published number that it needs is not there, or was not known then")
    )
    low, high = span(weighed) or (0.0, 0.0)
    sure = (
        on_record([r["grade"] for r in on])
        if found.kind == "record"
        else on_model(moving, high - low, any(k.how == "calibrated" for k in known[:1]))
    )
    mark = (
        "not identified"
        if name == "not identified"
        else badge(found.kind, truth, told, court.settings)
    )
    return Verdict(
        one.row,
        one.reading,
        one.checked,
        name,
        because,
        found,
        made,
        tuple(weighed),
        mark,
        sure,
        _grade(on, moving),
        tuple(on),
        tuple(moving),
        known,
        told.prior if told else None,
        told.without if told else None,
        bounds,
    )


def _unidentified(
    court: Court, one: Question, found: Judged, moving: Sequence[Decisive], known: Sequence[Learned]
) -> tuple[Straddle | None, str]:
    """The bounds of the accounts on what is compared, and why it is not identified; "" where it is."""
    bounds, straddles = straddled(one.checked.term, found.threshold, court.settings, court.shares)
    if straddles and bounds and found.threshold is not None:
        return bounds, (
            f"the published accounts allow {bounds.low:,.4g} to {bounds.high:,.4g}, on "
            f"both sides of the threshold {float(found.threshold):,.4g}"
        )
    return bounds, unlearned(moving, known, court.settings)


def _weighed(
    court: Court, found: Judged, moving: Sequence[Decisive], grades: Sequence[str]
) -> list[Weighed]:
    if found.kind == "record":
        best = min(grades, key=lambda g: (g[1], g[0]), default="")
        if terms_vary(found):
            return [
                Weighed(w.id, counted(found), counted(found)) for w in weightings(court.settings)
            ]
        return [weigh_record(bool(found.truth.all()), best, w) for w in weightings(court.settings)]
    truth = found.truth[found.finite].astype(float)
    ranks = court.given.ranks[[d.place for d in moving], : len(found.truth)][:, found.finite]
    rows = [d.row for d in moving]
    return [weigh(truth, ranks, rows, w) for w in weightings(court.settings)]


def terms_vary(found: Judged) -> bool:
    """Whether a matter of record is drawn: a published number with a range."""
    return not (found.truth.all() or not found.truth.any())


def _grade(on: Sequence[dict[str, str]], moving: Sequence[Decisive]) -> str:
    """Record: the best grade that answers it. Model: the weakest of what moves it."""
    if on:
        return min((r["grade"] for r in on), key=lambda g: (g[1], g[0]))
    return max((d.row.grade for d in moving), key=lambda g: (g[1], g[0]), default="")


def kept(folder: Path, scenario: Scenario) -> dict[str, object] | None:
    """Verdicts kept beside a run, if they are of the same scenario."""
    found = document(folder / KEPT)
    if not isinstance(found, dict) or found.get("digest") != scenario.digest:
        return None
    return found if "claims" in found else None
