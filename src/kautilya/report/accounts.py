"""The account table that goes into a memo, and the figures that cannot all be true."""

from __future__ import annotations

from kautilya.accounts import declares, full_audit
from kautilya.report.markup import folded, table, tag
from kautilya.report.sections import section
from kautilya.report.subject import Subject
from kautilya.report.words import number


def accounts(about: Subject) -> str:
    """The section; empty where the scenario declares no accounts."""
    if not declares(about.scenario):
        return ""
    found = full_audit(about.scenario)
    parts = [tag("p", "What all published figures together imply, as linear programming bounds. "
                 "opening + made + restored + received - lost - withdrawn = closing.",
                 class_="caption")]
    parts += [tag("p", note) for note in found["notes"] if "cannot" in note]
    whole = [row for row in found["accounts"] if row.get("whole")]
    for name in dict.fromkeys(row["account"] for row in whole):
        rows = [row for row in whole if row["account"] == name]
        head = (f"{rows[0]['says']} [{rows[0]['unit']}], {rows[0]['from']} to {rows[0]['to']}"
                f"{'' if rows[0]['feasible'] else ': the figures clash; bounds without the worst'}")
        parts.append(folded(head, table(
            ["part", "term", "", "implied low", "implied high"],
            [[row["node"], row["term"], row["sign"], number(row["low"]), number(row["high"])]
             for row in rows], right=[3, 4])))
    clashes = [row["why"] for row in found["conflicts"]]
    items = "".join(tag("li", why) for why in clashes)
    parts.append(folded(f"{len(clashes)} smallest sets of figures that cannot all be true",
                        f"<ol>{items}</ol>"))
    return section("accounts", "Can the published numbers all be true?", "".join(parts))
