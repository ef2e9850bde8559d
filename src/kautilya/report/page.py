"""One HTML file that opens without a network: the answer, the pictures, and what they rest on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from altair.utils.schemapi import debug_mode

from kautilya import disk
from kautilya.claims.verdict import kept
from kautilya.report import pictures, sections
from kautilya.report.answer import answer_of
from kautilya.report.markup import chart, esc, folded, table, tag
from kautilya.report.sections import accounts, calibrated, verdicts
from kautilya.report.subject import Subject, subject
from kautilya.wording import percent

HERE = Path(__file__).resolve().parent
READING = ("Light band: 90 % of futures. Dark band: half of them. Line: median. Dashed: the "
           "as-of month. Thin and thick lines on yearly charts: the same.")


def write(run: Any, path: str | Path, comparisons: Any = None, why: Any = None,
          scenario: Any = None) -> Path:
    """Write the report of a run as one self-contained HTML file; returns its path.

    run          study.ensemble.Run (.data, .manifest)
    comparisons  rows of study.compare.rows, for a section on levers
    why          study.why.Why or its JSON, or several, for a section on the candidates' reasons
    scenario     by default the shipped one that the manifest names
    Raises KautilyaError where the scenario cannot be found or the file cannot be written.
    """
    about = subject(run, scenario)
    told = kept(run.folder, about.scenario) if hasattr(run, "folder") else None
    with debug_mode(False):  # Altair checks each part of each chart; the tests do that
        text = page(about, comparisons, why, told)
    path = Path(path)
    disk.folder(path.parent)
    disk.write(path, text.encode())
    return path


def page(about: Subject, comparisons: Any = None, why: Any = None, told: Any = None) -> str:
    """The whole page of a subject; told: verdicts on claims, as JSON."""
    found = answer_of(about)
    figures = pictures.figures(about)
    shown = {name for one in figures for name in one.shows}
    rest = pictures.plain_figures(about, shown)
    shown |= {name for one in rest for name in one.shows}
    body = [head(about, found), verdicts(told),
            drawn(figures, rest, READING + _ended(about), sections.undrawn(about, shown)),
            sections.candidates(about), sections.why(about, why) if why else "",
            sections.comparisons(about, comparisons), accounts(about), calibrated(about),
            sections.figures(about, found["figures"]), sections.mechanisms(about),
            sections.cite(about)]
    parts = {"title": esc(about.scenario.head.title), "style": _read("style.css"),
             "body": "\n".join(part for part in body if part), "bundle": bundle()}
    pieces = re.split(r"@@(\w+)@@", _read("page.html"))
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces))


def head(about: Subject, found: dict[str, Any]) -> str:
    """The first screen: question, answer, caution, what run this is, and two tables."""
    m = about.manifest
    case = m.get("case", {})
    facts = [f"as of {m.get('as_of', about.as_of)}", f"{about.months[0]} to {about.months[-1]}",
             _futures(about), sections.feasible(m)]
    if m.get("futures_not_finite"):
        facts.append(f"{m['futures_not_finite']} futures did not end finite and are left out")
    facts += [f"lever: {name}" for name in case.get("levers", ())]
    facts += [f"set: {one}" for one in case.get("sets", ())]
    if case.get("accept") == "raw":
        facts.append("draws from the raw ranges, not held against the accounts")
    answer = "".join(tag("p", one) for one in found["sentences"])
    parts = [tag("p", about.scenario.head.title, class_="kicker"),
             tag("h1", about.scenario.head.question), f'<div class="answer">{answer}</div>',
             tag("p", found["caution"], class_="caution"),
             '<p class="meta">' + "".join(tag("span", one) for one in facts if one) + "</p>"]
    if about.changed:
        parts.append(tag("p", "The scenario has changed since this run; names, figures and laws "
                         "below are those of today.", class_="caution"))
    parts.append("<nav>" + "".join(f'<a href="#{id_}">{esc(text)}</a>' for id_, text in (
        ("charts", "Charts"), ("candidates", "Candidates"), ("accounts", "Accounts"),
        ("figures", "Assumptions"),
        ("laws", "Mechanisms"), ("cite", "How to cite"))) + "</nav>")
    for one in found["tables"]:
        columns = [c["title"] for c in one["columns"]]
        right = [i for i, c in enumerate(one["columns"]) if c.get("right")]
        parts.append(tag("h3", one["title"]) + table(columns, one["rows"], right=right))
    parts.append(tag("p", "After ±: the Monte-Carlo standard error in percentage points; words of "
                     "likelihood are those of ICD 203. Shortages are emergent: the model's, before "
                     "the as-of month too. For deliveries the badge says what they rest on.",
                     class_="caption"))
    return "<header>\n" + "\n".join(parts) + "\n</header>"


def _futures(about: Subject) -> str:
    """How many futures the page is made from, and of how many in a very large run."""
    whole = int(about.manifest.get("futures", about.futures)) - int(
        about.manifest.get("futures_not_finite", 0))
    if whole <= about.futures:
        return f"{about.futures:,} futures"
    return (f"the first {about.futures:,} of {whole:,} futures (all of them are in the summary)")


def _ended(about: Subject) -> str:
    """Why bands fall to zero, where wars end."""
    if not about.has("war_goes_on", "year"):
        return ""
    over = 1.0 - float(about.data["war_goes_on"].isel(year=-1).mean())
    return (f" In {percent(over)} of futures the war ends before the run does; nothing is fired or "
            "lost in them from then on, and bands of monthly use fall to zero.") if over else ""


def drawn(figures: list[Any], rest: list[Any], reading: str, note: str) -> str:
    """The charts with their captions; the plain ones folded."""
    parts = [tag("p", reading, class_="caption"), *(_figure(one) for one in figures)]
    if rest:
        parts.append(folded(f"Other outcomes: {len(rest)} charts",
                            "".join(_figure(one) for one in rest)))
    return sections.section("charts", "What happens", "\n".join([*parts, note]))


def _figure(one: Any) -> str:
    caption = tag("p", one.caption, class_="caption") if one.caption else ""
    return tag("h3", one.title) + caption + chart(one.id, one.chart.to_dict())


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; made once and kept with the caches."""
    from importlib.metadata import version

    def make() -> str:
        import vl_convert

        made: Any = vl_convert.javascript_bundle
        return str(made().replace("</script", "<\\/script"))

    place = disk.place("javascript")
    return disk.kept(place / f"vega-{version('vl-convert-python')}.js", make, disk.TEXT)
