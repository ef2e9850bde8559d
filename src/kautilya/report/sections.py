"""The parts of the page below the charts: candidates, levers, figures, laws, how to cite."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from kautilya.claims.verdict import GROUPS, KEPT, tally
from kautilya.report import answer, cards, charts, frames, holdings
from kautilya.report.answer import one_unit
from kautilya.report.parts import Fold, Grid, Head, Items, Link, Picture, Pre, Section, Text
from kautilya.report.subject import Subject
from kautilya.wording import chance, interval, interval_of, many, mixed, number, percent, span, unit

REASONS = 8  # most candidates whose reasons are shown
SHOWN = 12  # most outcomes of a lever in the picture; the table has all


def candidates(subject: Subject) -> list[Fold]:
    """Candidate suppliers of rounds and of inputs, in the as-of year and the one after."""
    rounds, inputs = answer.classes(subject)
    parts = []
    for good in (*rounds[:1], *inputs[:1]):
        for year, buyer in product(answer.spoken(subject), subject.members("buyer") or ("",)):
            towards = subject.towards(buyer)
            rows = [_candidate(towards, one) for one in answer.candidates(towards, good, year)]
            title = f"{one_unit(subject, good)}, {year} ({answer.badge(subject, year)})"
            if "buyer" in subject.data.dims:
                title = f"{subject.name(buyer)}: {title}"
            if rows:
                columns = (
                    "supplier",
                    "on record",
                    "probability by the decision model",
                    "its range",
                    "leads",
                    "share of total",
                    "quantity a year",
                )
                parts.append(Grid(columns, rows, (2, 3, 4, 5), title))
    if not parts:
        return []
    note = (
        "The probability is the decision model's, its range 90 % of the declared parameter "
        "range: as if the record were not known while it drives, later that of a mean month for "
        "a state that decides anew; who supplies already goes on more often. Leads, share and "
        "quantity are what the futures show. Nobody leads where nothing is handed over."
    )
    return [Fold("All candidates, class by class", [Text(note, "caption"), *parts])]


def _candidate(subject: Subject, one: Mapping[str, Any]) -> list[Any]:
    p = one.get("probability")
    return [
        one["name"],
        "yes" if one["on_record"] else "",
        f"{chance(p['value'], p['error'])}, {p['word']}" if p else "–",
        f"{100 * p['low']:.0f} to {100 * p['high']:.0f} %" if p else "–",
        chance(one["leads"]["value"], one["leads"]["error"]),
        percent(one["share"]["median"]),
        _in_parts(subject, one),
    ]


def _in_parts(subject: Subject, one: Mapping[str, Any]) -> str:
    """What a state hands over in a year: the war over, of the rest none, of the rest so much."""
    year, years = one["year"], holdings.years_of(subject)
    cell = {"year": year, "offer": one["class"], "supplier": one["supplier"]}
    sent = frames.deliveries(subject).sel(cell).values
    on = holdings.going_on(subject, "year")
    return mixed(*frames.parts(sent, None if on is None else on[:, years.index(year)]))


def why(subject: Subject, given: Any) -> Section | None:
    """Why them and not others: utility term by term, as `study.why` gives it (one or several)."""
    several = isinstance(given, (list, tuple)) and not hasattr(given, "as_json")
    found = [
        one.as_json() if hasattr(one, "as_json") else one for one in (given if several else [given])
    ]
    parts = [part for one in found if one.get("candidates") for part in _why(subject, one)]
    return Section("why", "Why them, and not others", "Why", parts) if parts else None


def _who(subject: Subject, one: Mapping[str, Any], ranks: Sequence[float]) -> list[Any]:
    """A candidate: how likely, how much, where the panel alone ranks it."""
    return [
        subject.name(one["supplier"]),
        percent(one["probability"]),
        float(one["quantity"]),
        percent(one["leads"]) if "leads" in one else "–",
        " to ".join(number(rank) for rank in ranks) or "–",
        one.get("badge", ""),
        one.get("would_change", ""),
    ]


def _why(subject: Subject, data: Mapping[str, Any]) -> list[Any]:
    """Who and what would change it; then the terms, a column a candidate."""
    named = [subject.name(str(data[k])) for k in ("good", "recipient") if k in data]
    title = " for ".join(named) + (f", {data['during']}" if "during" in data else "")
    rows = data["candidates"][:REASONS]
    panel = data.get("ranks_of_the_panel_alone") or {}
    who = [_who(subject, c, panel.get(c["supplier"], ())) for c in rows]
    cells = [["utility", *(f"{c['utility']:+.2f}" for c in rows)]]
    for term in rows[0]["terms"]:
        values = [f"{c['terms'].get(term, 0.0):+.2f}" for c in rows]
        cells.append([term.replace("_", " "), *values])
    right = range(1, len(rows) + 1)
    return [
        Grid(
            (
                "supplier",
                "probability",
                "quantity",
                "leads",
                "rank by the panel alone",
                "badge",
                "what would have to change",
            ),
            who,
            (1, 3, 4),
            title,
        ),
        Grid(
            ("term", *(subject.name(c["supplier"]) for c in rows)),
            cells,
            right,
            "Utility and its terms, adding up to it",
        ),
        *(Text(note, "caption") for note in data.get("notes", ())),
    ]


def comparisons(subject: Subject, rows: Sequence[Mapping[str, Any]] | None) -> Section | None:
    """What levers change, from the rows of `study.compare.rows`."""
    if not rows:
        return None
    says = {lever.id: lever.says for lever in subject.scenario.levers}
    parts, picture = [], []
    for lever in dict.fromkeys(row["lever"] for row in rows):
        title = says.get(lever, lever)
        mine = [row for row in rows if row["lever"] == lever and row["unchanged"] < 1]
        mine.sort(key=lambda row: -_size(row))
        picture += [_drawn(subject, title, row) for row in mine[:SHOWN] if _size(row) > 0]
        parts.append(
            Fold(
                f"{title}: {many(len(mine), 'number changes', 'numbers change')}",
                [
                    Grid(
                        (
                            "outcome",
                            "year",
                            "baseline",
                            "change",
                            "change in percent",
                            "futures unchanged",
                        ),
                        [
                            [
                                _outcome(subject, row["outcome"]),
                                row["year"],
                                interval_of(row["baseline"]),
                                interval_of(row["change"]),
                                interval_of(row["change_percent"]),
                                percent(row["unchanged"]),
                            ]
                            for row in mine
                        ],
                        (2, 3, 4, 5),
                    )
                ],
            )
        )
    head: list[Any] = [
        Text(
            "The same futures with and without the lever, on the same luck: median "
            "and 90 % interval of the difference.",
            "caption",
        )
    ]
    if picture:
        head.append(
            Picture(
                "changes",
                charts.changes(pd.DataFrame(picture)).to_dict(),
                "Change of outcomes in percent",
            )
        )
    return Section("levers", "What would change it", "Levers", [*head, *parts])


def _drawn(subject: Subject, title: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "lever": title,
        "outcome": _outcome(subject, row["outcome"]),
        **{k: float(f"{v:.3g}") for k, v in row["change_percent"].items()},
    }


def _size(row: Mapping[str, Any]) -> float:
    """Size of a change in percent; 0 where it cannot be drawn."""
    low, middle, high = (row["change_percent"][k] for k in ("low", "median", "high"))
    drawn = all(math.isfinite(v) and abs(v) <= 500 for v in (low, middle, high))
    return abs(middle) + 1e-6 * (high - low) if drawn else 0.0


def _outcome(subject: Subject, text: str) -> str:
    name, _, labels = text.partition(" ")
    words = ", ".join(subject.name(part) for part in labels.split("/")) if labels else ""
    return f"{name.replace('_', ' ')}: {words}" if words else name.replace("_", " ")


def figures(subject: Subject, counts: Mapping[str, Any]) -> Section:
    """Figures with their grades, the assumed ones first."""
    given = counts["assumed"] + counts["imposed"]
    grades = ", ".join(f"{grade}: {n}" for grade, n in counts["by_grade"].items())
    head = Text(
        f"{given} of {counts['total']} figures are assumed: {counts['assumed']} assumed "
        f"with a range, {counts['imposed']} imposed. Grades (Admiralty code, source A to "
        f"F, content 1 to 6): {grades}.",
        "caution",
    )
    rows = subject.scenario.quantities
    groups = [
        ("Assumed", [r for r in rows if r.status == "assumed"]),
        ("Imposed", [r for r in rows if r.status == "imposed"]),
        ("From a source", [r for r in rows if r.status not in ("assumed", "imposed")]),
    ]
    known = {source.key: source for source in subject.scenario.sources}
    columns = (
        "parameter",
        "of",
        "low",
        "central",
        "high",
        "unit",
        "grade",
        "status",
        "source",
        "note",
    )
    parts = []
    for title, group in groups:
        cells = [_figure(subject, row, known) for row in group]
        if cells:
            parts.append(
                Fold(
                    f"{title}: {many(len(group), 'figure')}",
                    [Grid(columns, cells, sortable=True)],
                    long=True,
                )
            )
    listed = [
        [s.key, Link(s.title, s.url), s.originator, s.publisher, s.date]
        for s in subject.scenario.sources
    ]
    parts.append(
        Fold(
            f"Sources: {len(listed)}",
            [Grid(("key", "title", "originator", "publisher", "date"), listed, sortable=True)],
            long=True,
        )
    )
    return Section("figures", "Assumptions and their grades", "Assumptions", [head, *parts])


def _figure(subject: Subject, row: Any, known: Mapping[str, Any]) -> list[Any]:
    labels = [
        "any" if v == "*" else subject.name(v) for v in (row.actor, row.partner, row.good) if v
    ]
    labels += [v.replace("_", " ") for v in (row.stage, row.label, row.month) if v]
    source = known.get(row.source)
    return [
        row.parameter,
        ", ".join(labels),
        row.low,
        row.central,
        row.high,
        unit(row.unit) or row.unit,
        row.grade,
        row.status,
        Link(source.title, source.url) if source else row.source,
        row.note,
    ]


def mechanisms(subject: Subject) -> Section:
    """Every law of the run: what it says, how far it is proved, what it imposes."""
    found = cards.cards(subject)
    proofs = pd.Series([card.proof for card in found], dtype=object).value_counts()
    said = ", ".join(f"{n} {label}" for label, n in proofs.items())
    note = (
        f"{said}. Analytic: limits and identities only; reproduced: fits the event it was "
        "fitted on; validated: reproduces someone else's number or held-out data. "
        "The label follows from the record of `kautilya validate` and `kautilya backtest`."
    )
    return Section("laws", "Mechanisms", "Mechanisms", [Text(note, "caption"), *map(_law, found)])


def _law(card: cards.Card) -> Fold:
    tags = [(card.proof, "")] + [("imposes a sign", "imposed")] * bool(card.imposes)
    parts: list[Any] = [Text(f"Imposed: {text}.") for text in card.imposes]
    parts.append(Pre(card.body))
    if card.cites:
        parts.append(Text(f"Cites: {', '.join(card.cites)}", "caption"))
    return Fold(card.title, parts, tags=tags)


def cite(subject: Subject) -> Section:
    """How to cite, the references of the laws, and the manifest."""
    found = cards.cited(subject)
    digest = str(subject.manifest.get("digest", ""))
    said = (
        f"Cite the program with its version, and the scenario {subject.scenario.id} with its "
        f"digest {digest[:16]}."
    )
    manifest = json.dumps(dict(subject.manifest), indent=1, default=str)
    return Section(
        "cite",
        "How to cite",
        "How to cite",
        [
            Text(said),
            Pre(cards.software(subject)),
            Head("References of the mechanisms of this run"),
            Items([(cards.line(one), one.key) for one in found]),
            Fold("The same as BibTeX", [Pre("\n".join(one.text for one in found))], long=True),
            Fold("Manifest of the run", [Pre(manifest)], long=True),
        ],
    )


def undrawn(subject: Subject) -> list[Text]:
    """Outcomes that no picture shows: what they are about."""
    left = [
        one.says
        for one in subject.scenario.outcomes
        if one.id in subject.data and not np.any(subject.data[one.id].values)
    ]
    said = f"Zero in every future, and not drawn: {'; '.join(left)}."
    return [Text(said, "caption")] if left else []


def accounts(found: Mapping[str, Any] | None) -> Section | None:
    """What an audit found, as JSON; nothing where the scenario declares no accounts."""
    if not found:
        return None
    parts: list[Any] = [
        Text(
            "What all published figures together imply, as linear programming bounds. "
            "opening + made + restored + received - lost - withdrawn = closing.",
            "caption",
        )
    ]
    parts += [Text(note) for note in found["notes"] if "cannot" in note]
    whole = [row for row in found["accounts"] if row.get("whole")]
    for name in dict.fromkeys(row["account"] for row in whole):
        rows = [row for row in whole if row["account"] == name]
        head = (
            f"{rows[0]['says']} [{rows[0]['unit']}], {rows[0]['from']} to {rows[0]['to']}"
            f"{'' if rows[0]['feasible'] else ': the figures clash; bounds without the worst'}"
        )
        parts.append(
            Fold(
                head,
                [
                    Grid(
                        ["part", "term", "", "implied"],
                        [
                            [row["node"], row["term"], row["sign"], span(row["low"], row["high"])]
                            for row in rows
                        ],
                        [3],
                    )
                ],
            )
        )
    clashes = [(row["why"], "") for row in found["conflicts"]]
    if clashes:
        parts.append(
            Fold(
                f"{len(clashes)} smallest sets of figures that cannot all be true",
                [Items(clashes, ordered=True)],
            )
        )
    return Section("accounts", "Can the published numbers all be true?", "Accounts", parts)


def calibrated(about: Subject) -> Section | None:
    """What a posterior learned; nothing where the run draws from the declared ranges."""
    name = about.manifest.get("case", {}).get("posterior", "")
    if name in ("", "none"):
        return None
    from kautilya.runs.posterior import folder_of, summary

    title = "What the data said of the unknowns"
    said = summary(folder_of(name))
    if not said:
        return Section(
            "calibrated",
            title,
            "Calibration",
            [Text(f"This run draws from a posterior that is no longer at {folder_of(name)}.")],
        )
    if "tables" not in said:
        after = (
            f"What comes after the record is drawn as it moved until {said.get('until', 'then')}."
        )
        return Section("calibrated", title, "Calibration", [Text(after)])
    worst, tables = said["diagnostics"], said["tables"]
    learned = [row for row in tables["prior and posterior"] if row["learned"]]
    lead = (
        f"Draws come from a calibration to what observers said until {said['until']}: "
        f"{len(learned)} unknowns were learned, {len(said['not_learned'])} of "
        f"{said['figures']} figures were not. Worst R-hat {worst['worst_rhat']:.3f}, "
        f"{worst['divergences']} divergences in {worst['draws']} draws."
    )
    return Section(
        "calibrated",
        title,
        "Calibration",
        [
            Text(lead),
            _losses(tables["permanent losses"]),
            _again(tables["drawn again beside what was seen"]),
            Fold("Prior beside posterior, what was learned", [_ranges(learned)]),
            Fold(
                f"{many(len(said['not_learned']), 'figure')} not learned",
                [Text(", ".join(said["not_learned"]))],
            ),
        ],
    )


def _middle(row: Mapping[str, Any], name: str) -> str:
    """Median and 90 % interval of a quantity of a row."""
    return interval(*(row[f"{name}_{part}"] for part in ("low", "median", "high")))


def _losses(rows: list[dict[str, Any]]) -> Grid:
    return Grid(
        ["side", "class", "permanent losses, declared ranges", "after calibration"],
        [
            [row["side"], row["class"], _middle(row, "prior"), _middle(row, "posterior")]
            for row in rows
        ],
        [2, 3],
    )


def _again(rows: list[dict[str, Any]]) -> Grid:
    return Grid(
        ["observer", "side", "class", "seen in all", "drawn again", "counts inside the 80 %"],
        [
            [
                row["observer"],
                row["side"],
                row["class"],
                number(row["seen"]),
                _middle(row, "again"),
                f"{100 * row['in80']:.0f} % of {row['counts']}",
            ]
            for row in rows
        ],
        [3, 4, 5],
    )


def _ranges(rows: list[dict[str, Any]]) -> Grid:
    return Grid(
        ["unknown", "prior", "posterior", "sd left"],
        [
            [row["id"], _middle(row, "prior"), _middle(row, "posterior"), f"{row['sd_left']:.2f}"]
            for row in rows
        ],
        [1, 2, 3],
    )


COLUMNS = ("claim", "verdict", "probability", "weighed", "confidence", "what decides")


def verdicts(found: Mapping[str, Any] | None) -> Section | None:
    """What the sentences come to; a file that `kautilya claims` did not write is not drawn."""
    if not found or not found["claims"]:
        return None
    try:
        parts = _verdicts(found)
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        parts = [
            Text(
                f"{KEPT} beside this run is damaged and is left out; `kautilya claims --run` "
                "writes it again.",
                "caption",
            )
        ]
    return Section("claims", "What the sentences come to", "Claims", parts)


def _verdicts(found: Mapping[str, Any]) -> list[Any]:
    parts: list[Any] = [Text(". ".join(tally(found["verdicts"])) + ".")]
    parts.append(
        Text(
            f"Holds: above {found['thresholds']['holds']:g} under every weighting of the evidence; "
            f"fails: below {found['thresholds']['fails']:g}. Weighed: the range over them. Matters "
            "of record as of the day they were said. With a dot: another reading of the sentence.",
            "caption",
        )
    )
    for badge, count in found["badges"].items():
        mine = [one for one in found["claims"] if one["badge"] == badge]
        if mine:
            parts.append(
                Fold(
                    f"{GROUPS[badge]} ({badge}: {count})",
                    [_verdict_table(mine)],
                    open=badge == "emergent",
                )
            )
    bare = [one for one in found["claims"] if not one["badge"] and one["verdict"] != "untestable"]
    if bare:
        parts.append(
            Fold(
                f"judged with --quick, without a badge: {len(bare)}",
                [_verdict_table(bare)],
                open=True,
            )
        )
    left = [one for one in found["claims"] if one["verdict"] == "untestable"]
    if left:
        parts.append(
            Fold(
                f"not addressed by the model: {len(left)}",
                [Grid(("claim", "why"), [[one["says"], one["because"]] for one in left])],
            )
        )
    return parts


def _verdict_table(claims: list[dict[str, Any]]) -> Grid:
    rows = []
    for claim in claims:
        for one in (claim, *claim.get("readings", ())):
            low, high = one["range"]
            grade = f", {one['grade']}" if one["grade"] else ""
            rows.append(
                [
                    one["says"] if one is claim else f"· {one['says']}",
                    _verdict(one),
                    f"{chance(one['probability'], one['mc_error'], one['futures'] or 0)}, {one['likelihood']}",
                    f"{100 * low:.0f} to {100 * high:.0f} %",
                    f"{one['confidence']}{grade}: {one['confidence_because']}",
                    _decides(one),
                ]
            )
    return Grid(COLUMNS, rows, (3,), sortable=True)


def _verdict(one: dict[str, Any]) -> str:
    """The verdict, with what the record says since where that is another."""
    then, now = one["verdict"], (one["since"] or one)["verdict"]
    return str(then) if now == then else f"{then} on {one['judged_as_of']}; since: {now}"


def _decides(one: dict[str, Any]) -> str:
    said = [f"{d['says']} ({100 * d['share']:.0f} %)" for d in one["decisive"][:2]]
    said = [one["because"]] if one["verdict"] == "not identified" else said
    if one["evidence"] and not said:
        said = [r["says"] for r in one["evidence"][:2]]
    flip = one["flip"]
    if flip and flip["changes"] and flip["verified"]:
        said.append(
            "flips where "
            + " and ".join(f"{c['says']} is {c['value']:.3g} {c['unit']}" for c in flip["changes"])
        )
    return "; ".join(said)
