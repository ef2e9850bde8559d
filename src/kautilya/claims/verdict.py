"""A verdict: holds, fails, cannot say, not identified, or on record but weakly sourced; and why.

Why a claim is not identified stands in `grounds`.

A matter of record is judged as of the day on which it was said; beside it stands what the record
says since. Where all of it says the same, and only its grade keeps a weighting from a verdict, it
is *record, weakly sourced*: nobody doubts what is on record, but who put it there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kautilya.claims import grounds, record
from kautilya.claims.assumptions import Decisive, rank
from kautilya.claims.badges import Behind, Without, badge, behind
from kautilya.claims.court import Court, Question, counted, evaluated, on_day
from kautilya.claims.evaluate import Judged
from kautilya.claims.file import Row
from kautilya.claims.flips import Box, Flip
from kautilya.claims.grounds import Learned, Straddle, fitted, learned, straddled, unlearned
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
from kautilya.scenario.lexicon import Names
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import Quantity, Verdicts
from kautilya.wording import many, number

KEPT = "claims.json"  # verdicts beside the run that they were made on
WEAK = "record, weakly sourced"
UNKNOWN = Confidence("low", "nothing in hand settles it")
VERDICTS = ("holds", "fails", "cannot say", "not identified", WEAK, "untestable")


GROUPS = {
    "emergent": "Findings of the model",
    "record": "On record",
    "arithmetic": "Arithmetic of the inputs",
    "imposed": "Imposed by a law, so no finding",
    "not identified": "Not identified",
    "untestable": "Not addressed by the model",
    "": "Badge left blank by --quick",
}
FORMS = {
    "holds": ("holds", "hold"),
    "fails": ("fails", "fail"),
    "cannot say": ("cannot be said", "cannot be said"),
    WEAK: ("weakly sourced", "weakly sourced"),
}
ALONE = ("imposed", "not identified", "untestable", "")  # groups that have no verdicts of their own


def tally(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """How many claims there are of each group, and what they come to, each group apart.

    counts   as `claims.judge.Judgement.counts` gives them: by group, by verdict

    >>> tally({"emergent": {"holds": 2, "fails": 1}, "imposed": {"holds": 3}})
    ['Findings of the model: 2 hold, 1 fails', 'Imposed by a law, so no finding: 3']
    """
    out = []
    for group, name in GROUPS.items():
        mine = counts.get(group, {})
        said = [f"{n} {FORMS[v][n > 1]}" for v, n in mine.items() if v in FORMS]
        if mine and (group in ALONE or not said):
            out.append(f"{name}: {sum(mine.values())}")
        elif mine:
            out.append(f"{name}: {', '.join(said)}")
    return out


class Since(NamedTuple):
    """What the record says of the claim since: as of another day than that of the verdict."""

    day: str
    verdict: str
    value: float
    because: str
    evidence: tuple[dict[str, str], ...]

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {
            "as_of": self.day,
            "verdict": self.verdict,
            "probability": self.value,
            "because": self.because,
            "evidence": list(self.evidence),
        }


class Effect(NamedTuple):
    """A difference between cases over futures, in the unit of the claim: mean, 5 and 95 %.

    none   share of futures in which there is no difference at all
    """

    mean: float
    low: float
    high: float
    none: float
    unit: str

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return self._asdict()


@dataclass(frozen=True)
class Verdict:
    """One claim, judged; for one that is untestable only `row`, `verdict` and `because` count.

    row         of claims.toml; reading: id of another reading, "" for the claim itself
    because     why it is not identified, cannot be said or is untestable; "" otherwise
    badge       "" where it is untestable, or needs runs that were not made
    day         of a matter of record: as of which it is judged; since: what the record says after
    effect      of a claim about a difference between cases: how large it is
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
    day: str = ""
    since: Since | None = None
    effect: Effect | None = None
    made_so: str = ""
    readings: tuple[Verdict, ...] = ()

    @property
    def id(self) -> str:
        """Name of the claim, with its reading."""
        return f"{self.row.id}.{self.reading}" if self.reading else str(self.row.id)

    @property
    def says(self) -> str:
        """The sentence of the claim, or of its other reading."""
        variant = next((one for one in self.row.variants if one.id == self.reading), None)
        return variant.says if variant else str(self.row.says)

    @property
    def group(self) -> str:
        """What it is counted with: its badge, or that it is untestable."""
        return "untestable" if self.verdict == "untestable" else self.badge

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
            "says": self.says,
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
            "judged_as_of": self.day,
            "since": self.since.as_json() if self.since else None,
            "effect": self.effect.as_json() if self.effect else None,
            "made_so_by": self.made_so,
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


def decided(
    weighed: Sequence[Weighed], settings: Verdicts, unidentified: str, recorded: str = ""
) -> tuple[str, str]:
    """The verdict and, where it is neither holds nor fails, why.

    unidentified   why the claim is not identified; "" where it is
    recorded       of a matter of record that is the same in every future: the best grade of what
                   answers it; "" otherwise
    """
    fewest = min(min(one.low.futures, one.high.futures) for one in weighed)
    if fewest < settings.least_futures:
        worst = min(weighed, key=lambda one: min(one.low.futures, one.high.futures))
        return "cannot say", (
            f"only {many(round(fewest), 'future counts', 'futures count')} under the weighting {worst.id}; "
            f"{settings.least_futures} are needed: run more futures"
        )
    if unidentified:
        return "not identified", unidentified
    low, high = span(weighed) or (0.0, 1.0)
    if low > settings.holds:
        return "holds", ""
    if high < settings.fails:
        return "fails", ""
    if recorded:
        return WEAK, (
            f"the best of what answers it is graded {recorded}, which a weighting of the evidence "
            f"believes by {max(1 - high, low):.2f} only"
        )
    between = f"between {100 * settings.fails:.0f} and {100 * settings.holds:.0f} %"
    if f"{low:.2f}" == f"{high:.2f}":
        return "cannot say", f"it comes about in {100 * low:.0f} % of futures, {between}"
    return "cannot say", (
        f"over the weightings of the evidence the probability is {low:.2f} to {high:.2f}"
    )


def untestable(row: Row) -> Verdict:
    """A claim that no run can answer, with its reason."""
    return Verdict(row, "", None, "untestable", row.untestable)


def decided_on(court: Court, asked: Sequence[Question], quick: bool) -> dict[str, Verdict]:
    """A verdict for each question, by its id. quick: without the runs that badges need."""
    found = evaluated(court, asked)
    moving = decisive(court, found)
    told = [None] * len(asked) if quick else behind(court, asked, found, moving)
    return {
        one.id: _since(court, one, verdict(court, one, f, m, t))
        for one, f, m, t in zip(asked, found, moving, told, strict=True)
    }


def decisive(court: Court, found: Sequence[Judged]) -> list[list[Decisive]]:
    """What moves each claim; [] for matters of record.

    Where no figure is seen to move whether it is true, those that move how far it is from turning.
    """
    out: list[list[Decisive]] = [[] for _ in found]
    for futures in {len(one.truth) for one in found}:
        at = [
            i for i, one in enumerate(found) if len(one.truth) == futures and one.kind != "record"
        ]
        given = court.given.cut(futures)
        for quantity in (False, True):
            at = [i for i in at if not out[i]]
            ranked = rank(
                [found[i].truth for i in at], [_far(found[i]) for i in at], given, quantity
            )
            for i, one in zip(at, ranked, strict=True):
                out[i] = one
    return out


def _far(found: Judged) -> np.ndarray | None:
    return found.value if found.value is not None else found.margin


def _since(court: Court, one: Question, then: Verdict) -> Verdict:
    """A matter of record with what the record says since the day as of which it is judged."""
    if then.judged is None or then.judged.kind != "record":
        return then
    last = court.record.day()
    if not then.day or then.day >= last:
        return replace(then, day=last)
    now = verdict(court, one, on_day(court, one, last), [], None, last)
    found = Since(
        last, now.verdict, now.chance.value if now.chance else np.nan, now.because, now.evidence
    )
    if then.verdict == "fails" and not then.evidence and found.value > 0.5:
        because = f"nothing that answers it was on record on {then.day}"
        return replace(then, verdict="cannot say", because=because, since=found)
    return replace(then, since=found)


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
                {
                    "what": text,
                    "says": _said(one, court.names),
                    "status": one.status,
                    "grade": one.grade,
                    "source": one.source,
                }
            )
    return out


def _said(one: record.Entry | record.Ballot | record.Row, names: Names) -> str:
    """What is on record in words: an event with its day, a vote, or a published number."""
    if isinstance(one, record.Entry):
        return f"{one.says} ({one.date})"
    if isinstance(one, record.Ballot):
        return f"{names.of(one.actor)} voted {one.vote} on {one.resolution} ({one.date})"
    ends = f"{number(one.low)} to {number(one.high)}" if one.low < one.high else number(one.low)
    words = " ".join(names.of(part) for part in one.says.split())
    return f"{words}: {ends} {one.unit}"


def verdict(
    court: Court,
    one: Question,
    found: Judged,
    moving: Sequence[Decisive],
    told: Behind | None,
    day: str = "",
) -> Verdict:
    """The verdict of one claim.

    told   by the runs beside the stored one, where they were made
    day    as of which a matter of record was looked at; "" the day on which it was said
    """
    made, truth = counted(found), found.truth[found.finite]
    on = records(court, found)
    fits = fitted(court.run.manifest["case"].get("posterior", ""))
    known = tuple(learned(d, court.given, fits) for d in moving)
    weighed = _weighed(court, found, moving, [r["grade"] for r in on])
    bounds, why = _unidentified(court, one, found, moving, known)
    same = found.kind == "record" and not terms_vary(found)
    name, because = (
        decided(weighed, court.settings, why, _grade(on, moving) if same else "")
        if truth.size
        else ("cannot say", "a published number that it needs is not there, or was not known then")
    )
    low, high = span(weighed) or (0.0, 0.0)
    sure = (
        UNKNOWN
        if name == "not identified"
        else (
            on_record([r["grade"] for r in on])
            if found.kind == "record"
            else on_model(
                moving, high - low, any(k.how == "calibrated" for k in known[:1]), one.row.grade
            )
        )
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
        day=(day or court.said(one.row)) if found.kind == "record" else "",
        effect=effect(found, one.checked),
        made_so=told.made_so if told else "",
    )


def effect(found: Judged, checked: Checked) -> Effect | None:
    """How large the difference is that a claim compares with a number; None where it does not."""
    term = checked.term
    while isinstance(term, meaning.Every) and term.op == "not":
        term = term.items[0]
    if not (isinstance(term, meaning.Test) and isinstance(term.left, meaning.Compared)):
        return None
    x = np.asarray(found.value, dtype=float)[found.finite]
    if not x.size or not np.isfinite(x).all():
        return None
    low, high = np.quantile(x, (0.05, 0.95))
    unit = "relative" if term.left.relative else checked.unit
    return Effect(float(x.mean()), float(low), float(high), float((x == 0).mean()), unit)


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
    return bounds, _effect_unknown(court, one, found) or unlearned(moving, known, court.settings)


def _effect_unknown(court: Court, one: Question, found: Judged) -> str:
    """Why the effect that a claim tests is not identified; "" where it is, or none is tested.

    That there is one at all, and which way, is left to the badge: where it is said to be one way
    and comes out so, a law may make it so.
    """
    checked, p = one.checked, counted(found).value
    if not checked.needs or (grounds.only_sign(checked) and p > court.settings.holds):
        return ""
    given = court.given
    places = {row.id: i for i, row in enumerate(given.rows)}
    fits = fitted(court.run.manifest["case"].get("posterior", ""))

    def settled(row: Quantity) -> bool:
        what = grounds.learned_of(row, places.get(row.id), given, fits)
        if what.ratio is not None:
            return what.ratio <= court.settings.learned
        return row.status not in GIVEN and not grounds.straddles(row)

    case = grounds.Case(checked, settled, court.names.figure)
    return grounds.ungrounded(court.scenario, court.graph, case)


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
