"""The same hostile strings through every door: what comes out is text for its target, no more.

Terminal: no control or direction marks. HTML: the same elements as with plain strings. Markdown:
no element, whatever the reader allows. CSV stands in tests/runs/test_export.py. JSON and charts:
read back as they went in.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fuzz.mutations import TEXTS
from support.conventions import truth

from kautilya import encode

STRINGS = [text for text in TEXTS if len(text) < 100 and text.strip()]
ALL = " ".join(text for text in STRINGS if not set(text) & set("\n\r\x00"))
OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
FIELDS = {
    "scenario.toml": re.compile(r'(?m)^(title|question|caution|says) *= *"[^"\n]*"'),
    "claims.toml": re.compile(r'(?m)^(says|said_by) *= *"[^"\n]*"'),
}


def told(*args: str) -> tuple[int, str]:
    """Exit code, and all that a command prints, as on a terminal without colours."""
    from kautilya.cli.main import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            main(list(args))
        except SystemExit as end:
            return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def hostile(starter: Path, to: Path, text: str) -> Path:
    """The starter scenario with this text wherever a text can stand."""
    shutil.copytree(starter, to)
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    for name, field in FIELDS.items():
        file = to / name
        file.write_text(field.sub(lambda found: f"{found[1]} = {quoted}", file.read_text()))
    cell = '"' + text.replace('"', '""') + '"'
    file = to / "actors.csv"
    file.write_text(
        re.sub(r"(?m)^(A\w\w),[^,\n]*", lambda found: f"{found[1]},{cell}", file.read_text()),
        newline="",
    )
    return to


@pytest.mark.parametrize("text", [*STRINGS, ALL], ids=ascii)
@truth(
    "invariant",
    source="docs/security.md",
    kills="a mark of a stranger that a terminal obeys; markup of a table that ends a command",
)
def test_terminal(starter: Path, tmp_path: Path, text: str):
    folder = hostile(starter, tmp_path / "case", text)
    for args in (("check", str(folder)), ("show", str(folder)), ("show", str(folder), "--json")):
        code, said = told(*args)
        assert code in (0, 2) and not OBEYED.search(said), said[:500]
        if "--json" in args:
            json.loads(said)
    table = tmp_path / "own.csv"
    cell = '"' + text.replace('"', '""') + '"'
    table.write_text(
        f"name,low,high,source,identity\na,1,2,{cell},\nb,5,6,x,\n,,,,a = b\n", newline=""
    )
    code, said = told("audit", str(table))
    assert code in (0, 2) and not OBEYED.search(said), said[:500]


@pytest.mark.parametrize("text", [*STRINGS, ALL], ids=ascii)
@truth(
    "other-program",
    source="markdown-it",
    kills="Markdown or HTML of a stranger that a reader of the memo renders",
)
def test_markdown(text: str):
    """As a paragraph, in a list, in a table and after other text: letters and no element."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
    said = encode.markdown(text)
    assert "\n" not in said and not OBEYED.search(said)
    for around in ("{}\n", "- {}\n", "one {} two\n", "| a | b |\n|---|---|\n| {} | c |\n"):
        tags = Counter(re.findall(r"<(/?\w+)", reader.render(around.format(said))))
        plain = Counter(re.findall(r"<(/?\w+)", reader.render(around.format("word"))))
        assert tags == plain, around


@pytest.mark.parametrize("text", [*STRINGS, ALL], ids=ascii)
@truth(
    "invariant",
    source="the grammar of HTML and JSON",
    kills="a chart whose title ends its script; a NaN or half a letter in JSON",
)
def test_charts_and_json(text: str):
    value = {text: [text, float("nan"), {"a": text}]}
    said = encode.in_script(value)
    assert not re.search(r"[<>]|&|\u2028|\u2029", said) or "</" not in said and "<!--" not in said
    assert (
        json.loads(said) == json.loads(encode.as_json(value)) == {text: [text, None, {"a": text}]}
    )


class Elements(HTMLParser):
    """Elements with the names of their attributes, and where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[f"{tag} {' '.join(name for name, _ in attrs)}"] += 1
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def report(case: Path, out: Path) -> Elements:
    from kautilya.api import run_whole
    from kautilya.runs.cluster import Workers
    from kautilya.runs.ensemble import Case, Plan

    run_whole(
        str(case), Plan(64, 1, Case((), (), "always", "raw")), out=out, workers=Workers(1, "")
    )
    found = Elements()
    found.feed((out / "report.html").read_text(encoding="utf-8"))
    return found


@truth(
    "symmetry",
    source="the same run with plain texts",
    kills="an element, an attribute or a link that a stranger's text adds to the report",
)
def test_report(starter: Path, tmp_path: Path):
    """Every hostile string at once, in every text of the scenario."""
    plain = report(hostile(starter, tmp_path / "plain", "word"), tmp_path / "a")
    strange = report(hostile(starter, tmp_path / "strange", ALL), tmp_path / "b")
    assert strange.found == plain.found
    assert strange.links == plain.links
    code, said = told("runs", str(tmp_path))
    assert code == 0 and not OBEYED.search(said)
