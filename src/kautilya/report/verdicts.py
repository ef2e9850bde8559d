"""What the sentences come to: the verdicts of a run in its report, the emergent ones first."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from kautilya.report.markup import folded, table, tag
from kautilya.report.sections import section
from kautilya.report.words import chance

NAME = "claims.json"
COLUMNS = ("claim", "verdict", "probability", "weighed", "confidence", "what decides")


def keep(found: Any) -> None:
    """Keep the verdicts beside the run that they were made on, for its report."""
    with suppress(OSError):  # a run that may only be read
        (found.run.folder / NAME).write_text(
            json.dumps(found.as_json(), indent=1, default=str) + "\n", encoding="utf-8")


def stored(folder: Path, digest: str) -> dict[str, Any] | None:
    """Verdicts kept beside a run, if they are of the same scenario."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    fits = isinstance(found, dict) and found.get("digest") == digest and "claims" in found
    return found if fits else None


def verdicts(found: dict[str, Any] | None) -> str:
    """The section; empty without verdicts."""
    if not found or not found["claims"]:
        return ""
    counts = ", ".join(f"{n} {name}" for name, n in sorted(found["verdicts"].items()))
    parts = [tag("p", f"{len(found['claims'])} claims: {counts}. A claim holds where its "
                 f"probability is above {found['thresholds']['holds']:g} under every weighting of "
                 f"the evidence, fails below {found['thresholds']['fails']:g}. Weighed: its range "
                 "over these weightings. Emergent: it could have come out either way.",
                 class_="caption")]
    for badge, number in found["badges"].items():
        mine = [one for one in found["claims"] if one["badge"] == badge]
        if mine:
            parts.append(folded(f"{badge}: {number}", _table(mine), open_=badge == "emergent"))
    left = [one for one in found["claims"] if one["verdict"] == "untestable"]
    if left:
        parts.append(folded(f"not addressed by the model: {len(left)}", table(
            ("claim", "why"), [[one["says"], one["because"]] for one in left])))
    return section("claims", "What the sentences come to", "".join(parts))


def _table(claims: list[dict[str, Any]]) -> str:
    rows = []
    for claim in claims:
        for one in (claim, *claim.get("readings", ())):
            low, high = one["range"]
            grade = f", {one['grade']}" if one["grade"] else ""
            rows.append([one["says"], one["verdict"],
                         f"{chance(one['probability'], one['mc_error'])}, {one['likelihood']}",
                         f"{100 * low:.0f} to {100 * high:.0f} %",
                         f"{one['confidence']}{grade}: {one['confidence_because']}",
                         _decides(one)])
    return table(COLUMNS, rows, right=(3,), sortable=True)


def _decides(one: dict[str, Any]) -> str:
    said = [f"{d['says']} ({100 * d['share']:.0f} %)" for d in one["decisive"][:2]]
    if one["evidence"] and not said:
        said = [r["what"] for r in one["evidence"][:2]]
    flip = one["flip"]
    if flip and flip["changes"] and flip["verified"]:
        said.append("flips where " + " and ".join(
            f"{c['says']} is {c['value']:.3g} {c['unit']}" for c in flip["changes"]))
    return "; ".join(said)
