"""One page to paste into a memo: bottom line, key judgements, account, alternatives, indicators.

It draws what was judged, as Markdown, HTML or DOCX.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from kautilya import encode
from kautilya.errors import KautilyaError
from kautilya.report.page import drawn, place, put
from kautilya.report.parts import Grid, Items, Section, Text
from kautilya.scenario.mistakes import near
from kautilya.wording import chance, listed, number, span

FORMATS = {"markdown": ".md", "html": ".html", "docx": ".docx"}
TERMS = ("opening", "lost", "fired_tube", "dead", "closing")
AGAINST = 0.25  # a probability that a rival answer moves by more speaks against one of them


class Page(NamedTuple):
    """A brief: its text as Markdown, and the file it was written to, if any."""

    format: str
    text: str
    file: str


class Judged(NamedTuple):
    """What a brief is made from.

    found    claims.judge.Judgement
    account  the frame of an audit's accounts; nothing where the scenario has none
    """

    found: Any
    account: Any = None


def check(to: str, out: Path | None) -> None:
    """Refuse what cannot be written, before anything is judged."""
    if to not in FORMATS:
        raise KautilyaError("--to", f"unknown format {to!r}", near(to, FORMATS))
    if to == "docx" and find_spec("docx") is None:
        raise KautilyaError(
            "--to docx",
            "python-docx is not installed",
            "pip install 'kautilya[export]', or write --to markdown or html",
        )
    if to != "markdown" and out is None:
        raise KautilyaError("--out", f"{to} needs a file", f"Give --out brief{FORMATS[to]}")
    if out is not None and out.is_dir():
        raise KautilyaError(str(out), "this is a folder", f"Give --out {out}/brief{FORMATS[to]}")


def write(judged: Judged, to: str = "markdown", out: Path | None = None) -> Page:
    """Write the brief of a judgement; without `out` its Markdown is only returned."""
    check(to, out)
    made = blocks(judged)
    text = markdown(made)
    if out is None:
        return Page(to, text, "")
    if to == "docx":
        _docx(made, out)
    else:
        put(out, text if to == "markdown" else html(made))
    return Page(to, text, str(out))


def _docx(made: Sequence[Block], out: Path) -> None:
    """The blocks as a Word document: letters only, so that nothing is embedded or fetched."""
    from docx import Document

    page: Any = Document()
    for one in made:
        if one.kind in ("title", "heading"):
            page.add_heading(encode.terminal(one.text), level=0 if one.kind == "title" else 1)
        elif one.kind == "text":
            page.add_paragraph(encode.lines(one.text))
        elif one.kind == "list":
            for item in one.items:
                page.add_paragraph(encode.lines(item), style="List Bullet")
        else:
            _docx_table(page, one)
    file = io.BytesIO()
    page.save(file)
    place(out, file.getvalue())


def _docx_table(page: Any, one: Block) -> None:
    table = page.add_table(rows=0, cols=len(one.columns), style="Table Grid")
    for row in (one.columns, *one.rows):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = encode.lines(text)


def markdown(made: Sequence[Block]) -> str:
    """The blocks as Markdown; all that others wrote stands for its letters only."""
    return "\n\n".join(_marked(one) for one in made) + "\n"


def _marked(one: Block) -> str:
    text = encode.markdown(one.text)
    if one.kind in ("title", "heading"):
        return f"{'#' if one.kind == 'title' else '##'} {text}"
    if one.kind == "list":
        return "\n".join(f"- {encode.markdown(item)}" for item in one.items)
    if one.kind == "text":
        return text
    rows = [one.columns, ["---"] * len(one.columns), *one.rows]
    return "\n".join(_line(row) for row in rows)


def _line(row: Sequence[str]) -> str:
    rule = row[:1] == ["---"]
    cells = row if rule else [encode.markdown(cell) for cell in row]
    return "| " + " | ".join(cells) + " |"


def html(made: Sequence[Block]) -> str:
    """The blocks as one HTML page that needs no network."""
    title = next((one.text for one in made if one.kind == "title"), "Brief")
    parts: list[tuple[str, list[Any]]] = [("", [])]
    for one in made:
        if one.kind == "heading":
            parts.append((one.text, []))
        elif one.kind == "text":
            parts[-1][1].append(Text(one.text))
        elif one.kind == "list":
            parts[-1][1].append(Items([(item, "") for item in one.items]))
        elif one.kind == "table":
            parts[-1][1].append(Grid(one.columns, one.rows))
    return drawn(title, [Section("", name, "", inside) for name, inside in parts], charted=False)


class Block(NamedTuple):
    """A piece of the page: title, heading, text, list or table."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(judged: Judged) -> list[Block]:
    """The whole page from a judgement."""
    found = judged.found
    key = found.leading
    scenario = found.scenario
    out = [
        Block("title", scenario.head.title),
        Block(
            "text",
            f"{scenario.head.question} As of "
            f"{found.asked.as_of or scenario.head.as_of.isoformat()}. "
            f"{scenario.head.caution}",
        ),
        Block("heading", "Bottom line"),
        *(Block("text", one) for one in bottom(found, key)),
    ]
    if key:
        out += [Block("heading", "Key judgements"), _judged(key)]
    out += _account(scenario, judged.account)
    out += _alternatives(judged, key)
    if key:
        out += [
            Block("heading", "What would change a judgement"),
            Block("list", items=tuple(_indicator(one) for one in key)),
        ]
    return out + [Block("text", _made_on(found))]


def bottom(found: Any, key: list[Any]) -> list[str]:
    """Two or three sentences, every number from the verdicts."""
    tested = [one for one in found.verdicts if one.verdict != "untestable"]
    counts = Counter(one.verdict for one in tested)
    said = [
        f"Of {len(found.verdicts)} claims {len(tested)} can be tested: "
        + listed(
            [
                f"{counts[v]} {one if counts[v] == 1 else more}"
                for v, one, more in (
                    ("holds", "holds", "hold"),
                    ("fails", "fails", "fail"),
                    ("cannot say", "cannot be said", "cannot be said"),
                    ("not identified", "is not identified", "are not identified"),
                )
                if counts[v]
            ]
        )
        + "."
    ]
    emergent = sum(one.badge == "emergent" for one in tested)
    said.append(
        f"Emergent verdicts, which could have come out either way: {emergent}. "
        + " ".join(_sentence(one) for one in key[:2] if one.verdict in ("holds", "fails"))
    )
    return [one.strip() for one in said]


def _sentence(one: Any) -> str:
    return (
        f"{one.row.says.rstrip('.')}: {one.verdict}, {one.likelihood} "
        f"({chance(one.chance.value, one.chance.error)})."
    )


def _judged(key: list[Any]) -> Block:
    rows = tuple(
        (
            one.row.says,
            one.verdict,
            one.likelihood,
            chance(one.chance.value, one.chance.error),
            f"{one.confidence.level}: {one.confidence.because}",
            one.badge,
        )
        for one in key
    )
    return Block(
        "table",
        columns=("judgement", "verdict", "likelihood", "probability", "confidence", "badge"),
        rows=rows,
    )


def _account(scenario: Any, frame: Any) -> list[Block]:
    """The account in one table, with who said what it rests on."""
    if frame is None or "whole" not in frame:
        return []
    rows = []
    for name in dict.fromkeys(frame["account"]):
        mine = frame[(frame["account"] == name) & frame["whole"] & (frame["node"] != "")]
        first = mine[mine["node"] == mine["node"].iloc[0]] if len(mine) else mine
        cells = [
            f"{row.term} {span(row.low, row.high)}"
            for row in first.itertuples()
            if row.term in TERMS
        ]
        if cells:
            rows.append(
                (
                    str(first["says"].iloc[0]),
                    str(first["unit"].iloc[0]),
                    "; ".join(cells),
                    _voices(scenario, str(first["actor"].iloc[0]), str(first["unit"].iloc[0])),
                )
            )
    return [
        Block("heading", "The account"),
        Block(
            "table",
            columns=("account", "unit", "what the published figures imply together", "who said it"),
            rows=tuple(rows),
        ),
    ]


def _voices(scenario: Any, actor: str, unit: str) -> str:
    """Originators of the figures of an account, each counted once, with their grades."""
    known = {one.key: one.originator for one in scenario.sources}
    voices: dict[str, set[str]] = {}
    for row in scenario.figures:
        if row.actor == actor and unit in (row.good, row.unit.split("/")[0]):
            voices.setdefault(known.get(row.source, row.source), set()).add(row.grade)
    said = [f"{name} ({'/'.join(sorted(grades))})" for name, grades in sorted(voices.items())]
    return "; ".join(said[:5]) + (f" and {len(said) - 5} more" if len(said) > 5 else "")


def _alternatives(judged: Judged, key: list[Any]) -> list[Block]:
    """The judgements under rival answers: where they differ, the evidence could tell them apart."""
    rivals = judged.found.rivals
    if not rivals or not key:
        return []
    known = {lever.id: lever.says for lever in judged.found.scenario.levers}
    rows, apart = [], dict.fromkeys(rivals, 0)
    for one in key:
        cells = []
        for name, under in rivals.items():
            there = under[one.row.id].value
            moved = abs(there - one.chance.value) > AGAINST
            apart[name] += moved
            cells.append(f"{there:.2f}{' (differs)' if moved else ''}")
        rows.append((one.row.says, f"{one.chance.value:.2f}", *cells))
    return [
        Block("heading", "Alternatives considered"),
        Block(
            "text",
            "The same judgements under rival answers, as probabilities. "
            + _told_apart(known, apart, len(key)),
        ),
        Block(
            "table",
            columns=("judgement", "as it stands", *(known[r] for r in apart)),
            rows=tuple(rows),
        ),
    ]


def _told_apart(known: Mapping[str, str], apart: Mapping[str, int], of: int) -> str:
    """Which rivals the evidence could tell from the scenario as it stands."""
    said = [f"'{known[name]}' in {count} of {of}" for name, count in apart.items() if count]
    if not said:
        return (
            f"None of these {of} differs by more than {AGAINST:g} under any of them, so these "
            "judgements cannot tell them apart."
        )
    return f"Judgements that differ are what would tell them apart: {listed(said)}."


def _indicator(one: Any) -> str:
    said = []
    if one.row.needs_observing:
        said.append(one.row.needs_observing.rstrip("."))
    if one.decisive:
        first = one.decisive[0]
        low, high = f"{first.low_end:.2f}", f"{first.high_end:.2f}"
        said.append(
            f"{first.says} carries most of what varies, and moves it by less than .01"
            if low == high
            else f"{first.says}: at the low end of its range the "
            f"probability is {low}, at the high end {high}"
        )
    if one.flip is not None and one.flip.verified:
        said.append(
            "it flips where "
            + listed([f"{c.says} is {number(c.value)} {c.unit}" for c in one.flip.changes])
        )
    return f"{one.row.says.rstrip('.')}: {'; '.join(said) or 'no single figure moves it'}."


def _made_on(found: Any) -> str:
    manifest = found.run.manifest
    return (
        f"Made on {manifest['futures']:,} futures of {found.scenario.id} (digest "
        f"{found.scenario.digest[:12]}, seed {manifest['seed']}). Probabilities are shares of "
        "futures ± their Monte-Carlo standard error; likelihood words are those of ICD 203; "
        "confidence is apart from likelihood. Opinions stay those of who held them."
    )
