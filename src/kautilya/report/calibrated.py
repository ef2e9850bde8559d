"""What a posterior learned, and whether it foretells what was seen; where a run draws from one."""

from __future__ import annotations

from typing import Any

from kautilya.report.markup import folded, table, tag
from kautilya.report.sections import section
from kautilya.report.subject import Subject
from kautilya.report.words import number


def calibrated(about: Subject) -> str:
    """The section; empty where the run draws from the declared ranges."""
    name = about.manifest.get("case", {}).get("posterior", "")
    if not name:
        return ""
    from kautilya.runs.posterior import folder_of, summary

    said = summary(folder_of(name))
    if not said:
        return section("calibrated", "What the data said of the unknowns", tag(
            "p", f"This run draws from a posterior that is no longer at {folder_of(name)}."))
    worst, tables = said["diagnostics"], said["tables"]
    learned = [row for row in tables["prior and posterior"] if row["learned"]]
    lead = (f"Draws come from a calibration to what observers said until {said['until']}: "
            f"{len(learned)} unknowns were learned, {len(said['not_learned'])} of "
            f"{said['figures']} figures were not. Worst R-hat {worst['worst_rhat']:.3f}, "
            f"{worst['divergences']} divergences in {worst['draws']} draws.")
    parts = [tag("p", lead), _losses(tables["permanent losses"]),
             _again(tables["drawn again beside what was seen"]),
             folded("Prior beside posterior, what was learned", _ranges(learned)),
             folded(f"{len(said['not_learned'])} figures that were not learned",
                    tag("p", ", ".join(said["not_learned"])))]
    return section("calibrated", "What the data said of the unknowns", "".join(parts))


def span(row: dict[str, Any], name: str) -> str:
    """Median and 90 % interval of a quantity of a row."""
    low, median, high = (number(row[f"{name}_{part}"]) for part in ("low", "median", "high"))
    return f"{median} ({low} to {high})"


def _losses(rows: list[dict[str, Any]]) -> str:
    return table(["side", "class", "permanent losses, declared ranges", "after calibration"],
                 [[row["side"], row["class"], span(row, "prior"), span(row, "posterior")]
                  for row in rows], right=[2, 3])


def _again(rows: list[dict[str, Any]]) -> str:
    return table(["observer", "side", "class", "seen in all", "drawn again",
                  "counts inside the 80 %"],
                 [[row["observer"], row["side"], row["class"], number(row["seen"]),
                   span(row, "again"), f"{100 * row['in80']:.0f} % of {row['counts']}"]
                  for row in rows], right=[3, 4, 5])


def _ranges(rows: list[dict[str, Any]]) -> str:
    return table(["unknown", "prior", "posterior", "sd left"],
                 [[row["id"], span(row, "prior"), span(row, "posterior"),
                   f"{row['sd_left']:.2f}"] for row in rows], right=[1, 2, 3])
