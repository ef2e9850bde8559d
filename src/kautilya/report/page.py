"""One HTML file that opens without a network: the answer, the pictures, and what they rest on."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from kautilya import disk
from kautilya.claims.verdict import kept
from kautilya.errors import KautilyaError
from kautilya.report import charts, pictures, sections, versus
from kautilya.report.answer import answer_of
from kautilya.report.parts import (
    HERE,
    Fold,
    Gallery,
    Grid,
    Items,
    Picture,
    Section,
    Text,
    bundle,
    render,
)
from kautilya.report.reply import of_run
from kautilya.report.storylines import BORDERS, figure, storylines
from kautilya.report.subject import Subject, drawn_from, feasible, held, subject
from kautilya.scenario import library
from kautilya.validation import track
from kautilya.wording import many, sentence

READING = (
    "Light band: 90 % of futures. Dark band: half of them. Line: median. Dashed: the as-of month. "
    "Thin and thick lines on yearly charts: the same. Panels beside each other that compare sides "
    "have one scale. Each picture can be saved, and the numbers behind it."
)
AFTER = (
    "After ±: the Monte Carlo standard error in percentage points; words of likelihood are "
    "those of ICD 203. Shortages are the model's, before the as-of month too."
)


class Beside(NamedTuple):
    """What stands in a report beside the run itself, made by others.

    audited      an audit of the accounts, as JSON
    verdicts     on claims, as JSON
    comparisons  rows of study.compare.rows
    why          study.why.Why or its JSON, or several
    """

    audited: Mapping[str, Any] | None = None
    verdicts: Mapping[str, Any] | None = None
    comparisons: Sequence[Mapping[str, Any]] | None = None
    why: Any = None


def write(run: Any, path: str | Path, scenario: Any = None, beside: Beside | None = None) -> Path:
    """Write the report of a run as one self-contained HTML file; returns its path.

    run       runs.ensemble.Run (.data, .manifest)
    scenario  by default the shipped one that the manifest names
    beside    what else the report shows; by default the verdicts that lie beside the run
    Raises KautilyaError where the scenario cannot be found or the file cannot be written.
    """
    from altair.utils.schemapi import debug_mode

    about = subject(run, scenario)
    if beside is None or beside.verdicts is None and hasattr(run, "folder"):
        told = kept(run.folder, about.scenario) if hasattr(run, "folder") else None
        beside = (beside or Beside())._replace(verdicts=told)
    with debug_mode(False):  # Altair checks each part of each chart; the tests do that
        text = page(about, beside)
    return put(Path(path), text)


def put(path: Path, text: str, option: str = "--out") -> Path:
    """Write a file of text, whole or not at all, never through a link; `option` named the place."""
    return place(path, text.encode("utf-8", "replace"), option)


def place(path: Path, data: bytes, option: str = "--out") -> Path:
    """The same for bytes. Raises KautilyaError for a folder, or where nothing can be written."""
    if path.is_dir():
        raise KautilyaError(str(path), "this is a folder", "Give the name of a file in it")
    try:
        disk.folder(path.parent)
        disk.write(library.result(path), data)
    except KautilyaError as error:
        raise KautilyaError(
            error.place, error.found, error.remedy.replace("--out", option)
        ) from error
    return path


def page(about: Subject, beside: Beside | None = None) -> str:
    """The whole page of a subject."""
    given = beside or Beside()
    found = answer_of(about)
    made = [
        _stories(about),
        *_questions(about, found.get("tables", [])),
        sections.why(about, given.why) if given.why else None,
        sections.comparisons(about, given.comparisons),
        sections.verdicts(given.verdicts),
        versus.then_and_now(about.scenario),
        sections.accounts(given.audited),
        sections.calibrated(about),
        sections.figures(about, found["figures"]),
        sections.mechanisms(about),
        sections.cite(about),
    ]
    head = about.scenario.head
    before: list[Any] = [*_opening(about, found["sentences"]), Text(found["caution"], "caution")]
    if about.changed:
        from kautilya.runs.ensemble import CHANGED

        before.append(Text(CHANGED, "caution"))
    lead = pictures.first(about)
    return drawn(
        head.title,
        [one for one in made if one],
        heading=head.question,
        kicker=head.title,
        before=before,
        first=_picture(lead, about) if lead else None,
        facts=_facts(about, given.audited),
        about=metadata(about),
    )


def _stories(about: Subject) -> Section | None:
    """The futures in a few: share, what sets each apart, and the story of its typical future."""
    found = storylines(about)
    if not found.told:
        return None
    parts: list[Any] = [Gallery([_picture(figure(found), about)])]
    for i, one in enumerate(found.lines, 1):
        traits = [(said, "") for said in one.differences]
        told = [Text(one.says), Items(traits), Text(f"Typical: future {one.typical}.", "caption")]
        parts.append(Fold(f"{i}. {one.head}", told, open=i == 1))
    parts.append(Text(BORDERS, "caption"))
    many = f"{len(found.lines)} storylines"
    return Section("storylines", f"What could happen, in {many}", "Storylines", parts)


def _opening(about: Subject, sentences: Sequence[str]) -> list[Any]:
    """The answer as `kautilya answer` gives it of this run, in at most three sentences, each with
    what it rests on; the whole below."""
    said = of_run(about)
    lead = [one for one in said if one["kind"] in ("who", "odds")]
    groups = [lead] if lead else []
    groups += [[one] for one in said if one["kind"] in ("without", "short")]
    if not groups:
        return [Text(one) for one in sentences]
    out: list[Any] = []
    for group in groups[:3]:
        out.append(Text(" ".join(sentence(one["says"]) for one in group)))
        out.append(Text("; ".join(dict.fromkeys(one["trust"] for one in group)), "trust"))
    return [*out, Fold("The answer at length", [Text(one) for one in sentences])]


def metadata(about: Subject) -> dict[str, Any]:
    """What goes along with everything that is saved from the page."""
    m = about.manifest
    return {
        "scenario": about.scenario.id,
        "as_of": str(m.get("as_of", about.as_of)),
        "digest": str(m.get("digest", ""))[:16],
        "version": m.get("versions", {}).get("kautilya", ""),
        "seed": m.get("seed"),
        "futures": about.futures,
        "changes": ", ".join(
            str(x) for key in ("levers", "sets") for x in m.get("case", {}).get(key, ())
        ),
    }


def drawn(
    title: str, parts: Sequence[Section], *, heading: str = "", charted: bool = True, **head: Any
) -> str:
    """A page of sections. Only the scripts that are written here may run in it."""
    from markupsafe import Markup

    scripts = [bundle(), _read("charts.js"), _read("page.js")] if charted else []
    scripts = [f"(() => {{\n{one}\n}})();" if one == scripts[0] else one for one in scripts]
    given = {**dict.fromkeys(("answer", "before", "facts", "after"), ()), **head}
    given = {"kicker": "", "first": None, "about": {}, **given}
    hashes = " ".join(f"'sha256-{_hash(one)}'" for one in scripts) or "'none'"
    return render(
        "page.html",
        title=title,
        heading=heading or title,
        sections=parts,
        style=Markup(_read("charts.css") + _read("style.css")),
        scripts=[Markup(one) for one in scripts],
        hashes=Markup(hashes),
        **given,
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _facts(about: Subject, audited: Mapping[str, Any] | None = None) -> list[str]:
    """What run this is."""
    m = about.manifest
    case = m.get("case", {})
    facts = [
        f"as of {m.get('as_of', about.as_of)}",
        f"{about.months[0]} to {about.months[-1]}",
        _futures(about),
        feasible(m, audited),
        held(m),
        drawn_from(m),
    ]
    if m.get("futures_not_finite"):
        facts.append(f"{many(m['futures_not_finite'], 'future')} did not end finite: left out")
    facts += [f"lever: {name}" for name in case.get("levers", ())]
    facts += [f"set: {one}" for one in case.get("sets", ())]
    if case.get("accept") == "raw":
        facts.append("draws from the raw ranges, not held against the accounts")
    return [one for one in facts if one]


def _grid(table: Mapping[str, Any]) -> Grid:
    columns = table["columns"]
    right = [i for i, column in enumerate(columns) if column.get("right")]
    return Grid([column["title"] for column in columns], table["rows"], right, table["title"])


def _futures(about: Subject) -> str:
    """How many futures the page is made from, and of how many in a very large run."""
    whole = int(about.manifest.get("futures", about.futures)) - int(
        about.manifest.get("futures_not_finite", 0)
    )
    if whole <= about.futures:
        return many(about.futures, "future")
    return (
        f"the first {about.futures:,} of {many(whole, 'future')} (all of them are in the summary)"
    )


def _questions(about: Subject, tables: Sequence[Mapping[str, Any]]) -> list[Section]:
    """The pictures and tables of the run, a section a question; what matters less is folded."""
    grids = {one["id"]: _grid(one) for one in tables}
    made = {group.id: (opened, folded) for group, opened, folded in pictures.grouped(about)}
    out: list[Section] = []
    for group in pictures.GROUPS:
        opened, folded = made.get(group.id, ((), ()))
        parts: list[Any] = [Gallery([_picture(one, about) for one in opened])] if opened else []
        if group.id in grids:
            parts += [grids[group.id], Text(AFTER, "caption")]
        if group.id == "supply":
            parts += sections.candidates(about)
        if folded:
            rest = Gallery([_picture(one, about) for one in folded])
            parts.append(Fold(f"More pictures: {len(folded)}", [rest], open=not parts))
        if parts:
            out.append(Section(group.id, group.title, group.name, parts))
    if out:
        out[0].parts.insert(0, Text(READING, "caption"))  # type: ignore[attr-defined]
        out[-1].parts.extend(sections.undrawn(about))  # type: ignore[attr-defined]
    return out


def _picture(one: Any, about: Subject) -> Picture:
    """A picture; its caption ends with how bands of what it draws have held so far."""
    cells = [(name, cell) for name in one.shows for cell in _cells(about, name)]
    told = track.line_over(cells)
    record = "There is no record yet of forecasts of this kind" if told == track.NONE else told
    return Picture(one.id, specification(one.chart), one.title, f"{one.caption} {sentence(record)}")


def specification(chart: Any) -> dict[str, Any]:
    """A chart as Vega-Lite; the tests hold it against the schema, which takes a second a report."""
    found: dict[str, Any] = chart.to_dict(validate=debugging())
    return found


def debugging() -> bool:
    """Whether Altair is asked to check what it is given."""
    from altair.utils import schemapi

    return schemapi.DEBUG_MODE


def _cells(about: Subject, name: str) -> list[tuple[str, ...]]:
    """Labels of each cell of an outcome."""
    if name not in about.data:
        return []
    array = about.data[name]
    sets = [map(str, array[d].values) for d in array.dims if d not in ("future", "month", "year")]
    return list(product(*sets))


def write_steps(audit: Any, path: Path) -> Path:
    """Write the chart of one figure of an audit as one HTML file that needs no network."""
    chart, title = charts.steps(audit), str(audit.steps["figure"].iloc[0])
    said = "What the other figures leave, added one after another, from top to bottom."
    return put(
        Path(path),
        drawn(
            title,
            [Section("chart", "", "", [Picture("steps", chart.to_dict(), title, said)])],
            heading="Bounds on one figure",
        ),
        "--chart",
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
