"""One page to paste into a memo, as Markdown, HTML or DOCX; what it says stands in `memo`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from kautilya import encode
from kautilya.errors import KautilyaError
from kautilya.report.memo import Block, blocks
from kautilya.report.page import drawn, place, put
from kautilya.report.parts import Grid, Items, Section, Text
from kautilya.scenario.mistakes import near

FORMATS = {"markdown": ".md", "html": ".html", "docx": ".docx"}


class Page(NamedTuple):
    """A brief: its text as Markdown, and the file it was written to, if any."""

    format: str
    text: str
    file: str


class Judged(NamedTuple):
    """What a brief is made from: `claims.judge.Judgement`."""

    found: Any


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
    made = blocks(judged.found)
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
