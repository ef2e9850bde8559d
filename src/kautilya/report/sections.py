"""The parts of the page below the charts: candidates, levers, figures, laws, how to cite."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from kautilya.accounts import declares, full_audit
from kautilya.claims.verdict import KEPT
from kautilya.report import answer, cards, charts
from kautilya.report.answer import one_unit
from kautilya.report.markup import Raw, chart, esc, folded, link, table, tag
from kautilya.report.subject import Subject
from kautilya.wording import chance, interval, number, percent, unit

REASONS = 8  # most candidates whose reasons are shown
SHOWN = 12  # most outcomes of a lever in the picture; the table has all


def candidates(subject: Subject) -> str:
    """Candidate suppliers of rounds and of inputs, in the as-of year and the one after."""
    rounds, inputs = answer.classes(subject)
    parts = []
    for good in (*rounds[:1], *inputs[:1]):
        for year in answer.spoken(subject):
            rows = [_candidate(one) for one in answer.candidates(subject, good, year)]
            if rows:
                parts.append(tag("h3", f"{one_unit(subject, good)}, {year} "
                                 f"({answer.badge(subject, year)})"))
                parts.append(table(("supplier", "record", "probability", "its range", "leads",
                                    "share of total", "quantity a year"), rows,
                                   right=(2, 3, 4, 5, 6)))
    if not parts:
        return ""
    note = ("The probability is the decision model's, its range 90 % of the declared parameter "
            "range, whether or not the record drives; leads, share and quantity are what the "
            "futures show. Nobody leads where nothing is handed over.")
    return section("candidates", "Candidates", tag("p", note, class_="caption") + "".join(parts))


def _candidate(one: Mapping[str, Any]) -> list[Any]:
    p = one.get("probability")
    share, much = one["share"], one["quantity"]
    return [one["name"], "yes" if one["on_record"] else "",
            f"{chance(p['value'], p['error'])}, {p['word']}" if p else "–",
            f"{100 * p['low']:.0f} to {100 * p['high']:.0f} %" if p else "–",
            chance(one["leads"]["value"], one["leads"]["error"]), percent(share["median"]),
            interval(much["low"], much["median"], much["high"])]


def why(subject: Subject, given: Any) -> str:
    """Why them and not others: utility term by term, as `study.why` gives it (one or several)."""
    several = isinstance(given, (list, tuple)) and not hasattr(given, "as_json")
    found = [one.as_json() if hasattr(one, "as_json") else one
             for one in (given if several else [given])]
    parts = [_why(subject, one) for one in found if one.get("candidates")]
    return section("why", "Why them, and not others", "".join(parts)) if parts else ""


def _why(subject: Subject, data: Mapping[str, Any]) -> str:
    """Who and what would change it; then the terms, a column a candidate."""
    named = [subject.name(str(data[k])) for k in ("good", "recipient") if k in data]
    title = " for ".join(named) + (f", {data['during']}" if "during" in data else "")
    rows = data["candidates"][:REASONS]
    panel = data.get("ranks_of_the_panel_alone") or {}
    who = [[subject.name(c["supplier"]), percent(c["probability"]), float(c["quantity"]),
            percent(c["leads"]) if "leads" in c else "–",
            " to ".join(number(r) for r in panel.get(c["supplier"], ())) or "–",
            c.get("badge", ""), c.get("would_change", "")] for c in rows]
    terms = list(rows[0]["terms"])
    cells = [["utility", *(f"{c['utility']:+.2f}" for c in rows)]]
    cells += [[t.replace("_", " "), *(f"{c['terms'].get(t, 0.0):+.2f}" for c in rows)]
              for t in terms]
    right = range(1, len(rows) + 1)
    return "".join([
        tag("h3", title), table(("supplier", "probability", "quantity", "leads",
                                 "rank by the panel alone", "badge", "what would have to change"),
                                who, right=(1, 3, 4)),
        tag("p", "Utility and its terms, adding up to it:", class_="caption"),
        table(("term", *(subject.name(c["supplier"]) for c in rows)), cells, right=right),
        *(tag("p", note, class_="caption") for note in data.get("notes", ()))])


def comparisons(subject: Subject, rows: Sequence[Mapping[str, Any]] | None) -> str:
    """What levers change, from the rows of `study.compare.rows`."""
    if not rows:
        return ""
    says = {lever.id: lever.says for lever in subject.scenario.levers}
    parts, picture = [], []
    for lever in dict.fromkeys(row["lever"] for row in rows):
        title = says.get(lever, lever)
        mine = [row for row in rows if row["lever"] == lever and row["unchanged"] < 1]
        mine.sort(key=lambda row: -_size(row))
        picture += [{"lever": title, "outcome": _outcome(subject, row["outcome"]),
                     **{k: float(f"{v:.3g}") for k, v in row["change_percent"].items()}}
                    for row in mine[:SHOWN] if _size(row) > 0]
        parts.append(folded(f"{title}: {len(mine)} numbers change", table(
            ("outcome", "year", "baseline", "change", "change in percent", "futures unchanged"),
            [[_outcome(subject, row["outcome"]), row["year"], interval(**row["baseline"]),
              interval(**row["change"]), interval(**row["change_percent"]),
              percent(row["unchanged"])] for row in mine], right=(2, 3, 4, 5))))
    head = tag("p", "The same futures with and without the lever, on the same luck: median and "
               "90 % interval of the difference.", class_="caption")
    if picture:
        head += chart("changes", charts.changes(pd.DataFrame(picture)).to_dict())
    return section("levers", "What would change it", head + "".join(parts))


def _size(row: Mapping[str, Any]) -> float:
    """Size of a change in percent; 0 where it cannot be drawn."""
    low, middle, high = (row["change_percent"][k] for k in ("low", "median", "high"))
    drawn = all(math.isfinite(v) and abs(v) <= 500 for v in (low, middle, high))
    return abs(middle) + 1e-6 * (high - low) if drawn else 0.0


def _outcome(subject: Subject, text: str) -> str:
    name, _, labels = text.partition(" ")
    words = ", ".join(subject.name(part) for part in labels.split("/")) if labels else ""
    return f"{name.replace('_', ' ')}: {words}" if words else name.replace("_", " ")


def figures(subject: Subject, counts: Mapping[str, Any]) -> str:
    """Figures with their grades, the assumed ones first."""
    given = counts["assumed"] + counts["imposed"]
    grades = ", ".join(f"{grade}: {n}" for grade, n in counts["by_grade"].items())
    head = tag("p", f"{given} of {counts['total']} figures are assumed: {counts['assumed']} "
               f"assumed with a range, {counts['imposed']} imposed. Grades (Admiralty code, source "
               f"A to F, content 1 to 6): {grades}.", class_="caution")
    rows = subject.scenario.quantities
    groups = [("Assumed", [r for r in rows if r.status == "assumed"]),
              ("Imposed", [r for r in rows if r.status == "imposed"]),
              ("From a source", [r for r in rows if r.status not in ("assumed", "imposed")])]
    known = {source.key: source for source in subject.scenario.sources}
    parts = [folded(f"{title}: {len(group)} figures", table(
        ("parameter", "of", "low", "central", "high", "unit", "grade", "status", "source", "note"),
        [_figure(subject, row, known) for row in group], sortable=True))
        for title, group in groups if group]
    listed = [[s.key, Raw(link(s.title, s.url)), s.originator, s.publisher, s.date]
              for s in subject.scenario.sources]
    parts.append(folded(f"Sources: {len(listed)}", table(
        ("key", "title", "originator", "publisher", "date"), listed, sortable=True)))
    return section("figures", "Assumptions and their grades", head + "".join(parts))


def _figure(subject: Subject, row: Any, known: Mapping[str, Any]) -> list[Any]:
    labels = ["any" if v == "*" else subject.name(v)
              for v in (row.actor, row.partner, row.good) if v]
    labels += [v.replace("_", " ") for v in (row.stage, row.label, row.month) if v]
    source = known.get(row.source)
    return [row.parameter, ", ".join(labels), row.low, row.central, row.high,
            unit(row.unit) or row.unit, row.grade, row.status,
            Raw(link(source.title, source.url)) if source else row.source, row.note]


def mechanisms(subject: Subject) -> str:
    """Every law of the run: what it says, how far it is proved, what it imposes."""
    parts = []
    for card in cards.cards(subject):
        tags = [tag("span", card.proof, class_="tag")]
        tags += [tag("span", "imposes a sign", class_="tag imposed")] if card.imposes else []
        inside = "".join(tag("p", f"Imposed: {text}.") for text in card.imposes)
        inside += tag("pre", card.body)
        if card.cites:
            inside += tag("p", f"Cites: {', '.join(card.cites)}", class_="caption")
        parts.append(f"<details><summary>{esc(card.title)} {''.join(tags)}</summary>\n"
                     f'<div class="card">{inside}</div></details>')
    proofs = pd.Series([card.proof for card in cards.cards(subject)], dtype=object).value_counts()
    said = ", ".join(f"{n} {label}" for label, n in proofs.items())
    note = (f"{said}. Analytic: limits and identities only; reproduced: fits the event it was "
            "fitted on; validated: reproduces someone else's number or held-out data. "
            "The label follows from the record of `kautilya validate` and `kautilya backtest`.")
    return section("laws", "Mechanisms", tag("p", note, class_="caption") + "".join(parts))


def cite(subject: Subject) -> str:
    """How to cite, the references of the laws, and the manifest."""
    found = cards.cited(subject)
    items = "".join(f"<li>{tag('span', cards.line(one))} {tag('span', one.key, class_='tag')}</li>"
                    for one in found)
    digest = str(subject.manifest.get("digest", ""))
    said = (f"Cite the program with its version, and the scenario {subject.scenario.id} with its "
            f"digest {digest[:16]}.")
    parts = [tag("p", said), tag("pre", cards.software(subject)),
             tag("h3", "References of the mechanisms of this run"), f"<ul>{items}</ul>",
             folded("The same as BibTeX", tag("pre", "\n".join(one.text for one in found))),
             folded("Manifest of the run", tag("pre", json.dumps(
                 dict(subject.manifest), indent=1, default=str)))]
    return section("cite", "How to cite", "".join(parts))


def section(id_: str, title: str, inside: str) -> str:
    """A part of the page with its heading; `inside` is markup."""
    return f'<section id="{esc(id_)}">\n{tag("h2", title)}\n{inside}\n</section>'


def undrawn(subject: Subject, shown: Iterable[str]) -> str:
    """Outcomes that no picture shows, by name."""
    left = sorted(set(map(str, subject.data.data_vars)) - set(shown))
    return tag("p", f"Not drawn, for having too many panels or none that is not zero: "
               f"{', '.join(left)}. They stand in the trajectories.", class_="caption") if left \
        else ""


def feasible(manifest: Mapping[str, Any]) -> str:
    """The share of raw draws that satisfied the accounts, in words; empty where not given."""
    share = manifest.get("share_feasible")
    if isinstance(share, Mapping):
        of = f" of {share['of']}" if "of" in share else ""
        under = "under " if share.get("value") == 0 and share.get("below") else ""
        value = share.get("below") if under else share.get("value", 0.0)
        return f"{under}{number(100 * float(value or 0))} % of raw draws satisfied the accounts{of}"
    if not isinstance(share, (int, float)):
        return ""
    return f"{number(100 * share)} % of raw draws satisfied the published accounts"


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


COLUMNS = ("claim", "verdict", "probability", "weighed", "confidence", "what decides")


def verdicts(found: dict[str, Any] | None) -> str:
    """The section; empty without verdicts. A file that is no list of verdicts is named."""
    try:
        return _verdicts(found) if found and found["claims"] else ""
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return section("claims", "What the sentences come to", tag(
            "p", f"{KEPT} beside this run is damaged and is left out; `kautilya claims --run` "
            "writes it again.", class_="caption"))


def _verdicts(found: dict[str, Any]) -> str:
    counts = ", ".join(f"{n} {name}" for name, n in sorted(found["verdicts"].items()))
    parts = [tag("p", f"{len(found['claims'])} claims: {counts}. A claim holds where its "
                 f"probability is above {found['thresholds']['holds']:g} under every weighting of "
                 f"the evidence, fails below {found['thresholds']['fails']:g}. Weighed: its range "
                 "over these weightings. Emergent: it could have come out either way.",
                 class_="caption")]
    for badge, count in found["badges"].items():
        mine = [one for one in found["claims"] if one["badge"] == badge]
        if mine:
            parts.append(folded(f"{badge}: {count}", _verdict_table(mine), open_=badge == "emergent"))
    bare = [one for one in found["claims"] if not one["badge"] and one["verdict"] != "untestable"]
    if bare:
        parts.append(folded(f"judged with --quick, without a badge: {len(bare)}", _verdict_table(bare),
                            open_=True))
    left = [one for one in found["claims"] if one["verdict"] == "untestable"]
    if left:
        parts.append(folded(f"not addressed by the model: {len(left)}", table(
            ("claim", "why"), [[one["says"], one["because"]] for one in left])))
    return section("claims", "What the sentences come to", "".join(parts))


def _verdict_table(claims: list[dict[str, Any]]) -> str:
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
