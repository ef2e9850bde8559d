"""What the data can tell: bounds of the accounts beside the threshold, and what was learned.

A claim is not identified where the published accounts allow the quantity on both sides of the
threshold (then the draws inside the bounds decide, and no figure does), or where one figure alone
decides and was not learned: its spread after the data is above `learned` of that before. A figure
is learned through the accounts that feed it, or through the calibration that the run draws from. A
figure that is only assumed or imposed, and that neither touches, was not learned; one with a
published source counts as known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims import terms
from kautilya.claims.assumptions import Assumptions
from kautilya.claims.decisive import Decisive
from kautilya.claims.estimative import GIVEN


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


def _added(term: Any) -> list[terms.Read]:
    """What is added up on the left of a comparison; [] where there is more to it than a sum."""
    while isinstance(term, terms.Every) and term.op == "not":
        term = term.items[0]
    left, out = [term.left] if isinstance(term, terms.Test) else [], []
    while left:
        one = left.pop()
        if isinstance(one, terms.Sum) and one.op == "+":
            left += [one.left, one.right]
        elif isinstance(one, terms.Read):
            out.append(one)
        else:
            return []
    return out


def _same(reads: Sequence[terms.Read], bound: Any) -> bool:
    return (sorted(one.cells.outcome for one in reads) == sorted(bound.outcomes)
            and all(_of(one, bound) for one in reads))


def _of(read: terms.Read, bound: Any) -> bool:
    labels = {label for _, inside in read.cells.at for label in inside}
    span = (read.periods.labels[0], read.periods.labels[-1])
    return not read.case and set(bound.labels) == labels and span == (bound.from_, bound.to)
