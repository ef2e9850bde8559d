"""One page to paste into a memo, as Markdown, HTML, or DOCX where pandoc is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from kautilya.errors import KautilyaError
from kautilya.report.briefing import Block, blocks
from kautilya.report.markup import esc, table, tag
from kautilya.scenario.mistakes import near

FORMATS = {"markdown": ".md", "html": ".html", "docx": ".docx"}


class Page(NamedTuple):
    """A brief: its text as Markdown, and the file it was written to, if any."""

    format: str
    text: str
    file: str


def check(to: str, out: Path | None) -> None:
    """Refuse what cannot be written, before anything is judged."""
    if to not in FORMATS:
        raise KautilyaError("--to", f"unknown format {to!r}", near(to, FORMATS))
    if to == "docx" and shutil.which("pandoc") is None:
        raise KautilyaError("--to docx", "pandoc is not installed",
                            "Install pandoc, or write --to markdown or --to html")
    if to != "markdown" and out is None:
        raise KautilyaError("--out", f"{to} needs a file", f"Give --out brief{FORMATS[to]}")


def write(found: Any, to: str = "markdown", out: Path | None = None) -> Page:
    """Write the brief of a judgement; without `out` its Markdown is only returned."""
    check(to, out)
    made = blocks(found)
    text = markdown(made)
    if out is None:
        return Page(to, text, "")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if to == "docx":
            _pandoc(text, out)
        else:
            out.write_text(text if to == "markdown" else html(made), encoding="utf-8")
    except OSError as error:
        raise KautilyaError(str(out), f"the brief cannot be written ({error.strerror})",
                            "Give a file in a folder that you may write to") from None
    return Page(to, text, str(out))


def _pandoc(text: str, out: Path) -> None:
    done = subprocess.run(["pandoc", "--from", "gfm", "--to", "docx", "--output", str(out)],
                          input=text, text=True, capture_output=True, check=False)
    if done.returncode:
        raise KautilyaError("pandoc", done.stderr.strip() or f"exit code {done.returncode}",
                            "Write --to markdown instead")


def markdown(made: list[Block]) -> str:
    """The blocks as Markdown."""
    out = []
    for one in made:
        if one.kind == "title":
            out.append(f"# {one.text}")
        elif one.kind == "heading":
            out.append(f"## {one.text}")
        elif one.kind == "text":
            out.append(one.text)
        elif one.kind == "list":
            out.append("\n".join(f"- {item}" for item in one.items))
        else:
            lines = ["| " + " | ".join(one.columns) + " |", "|" + "---|" * len(one.columns)]
            lines += ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |"
                      for row in one.rows]
            out.append("\n".join(lines))
    return "\n\n".join(out) + "\n"


def html(made: list[Block]) -> str:
    """The blocks as one HTML page that needs no network."""
    parts = []
    for one in made:
        if one.kind == "title":
            parts.append(tag("h1", one.text))
        elif one.kind == "heading":
            parts.append(tag("h2", one.text))
        elif one.kind == "text":
            parts.append(tag("p", one.text))
        elif one.kind == "list":
            parts.append("<ul>" + "".join(tag("li", item) for item in one.items) + "</ul>")
        else:
            parts.append(table(one.columns, one.rows))
    style = (Path(__file__).resolve().parent / "style.css").read_text(encoding="utf-8")
    title = next((one.text for one in made if one.kind == "title"), "Brief")
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{esc(title)}'
            f"</title><style>{style}</style></head><body><main>\n" + "\n".join(parts)
            + "\n</main></body></html>\n")
