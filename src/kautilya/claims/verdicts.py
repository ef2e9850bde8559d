"""A verdict: holds, fails, cannot say, or not identified; with all that stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kautilya.claims.badges import Without
from kautilya.claims.boxes import Box
from kautilya.claims.chances import Chance, plain
from kautilya.claims.decisive import Decisive
from kautilya.claims.estimative import Confidence, likelihood
from kautilya.claims.evidence import Weighed
from kautilya.claims.flips import Flip
from kautilya.claims.identified import Learned, Straddle

VERDICTS = ("holds", "fails", "cannot say", "not identified", "untestable")


@dataclass(frozen=True)
class Verdict:
    """One claim, judged; for one that is untestable only `row`, `verdict` and `because` count.

    row         of claims.toml; reading: id of another reading, "" for the claim itself
    checked     claims.checking.Checked; None where untestable
    judged      claims.evaluate.Judged; None where untestable or not judged
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
