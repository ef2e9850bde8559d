"""The mechanisms of a run as cards, and the references that they cite."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kautilya.report.subject import Subject
from kautilya.validation.labels import label

BIB = Path(__file__).resolve().parents[1] / "references.bib"
PLAIN = {"--": "–", r"\&": "&", "~": " "}
ACCENTS = {"'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303",
           "v": "\u030c", "c": "\u0327", "=": "\u0304"}


class Card(NamedTuple):
    """A law as its file describes it: title, body (equations and symbols), and what it claims."""

    name: str
    title: str
    body: str
    proof: str
    imposes: tuple[str, ...]
    cites: tuple[str, ...]
    parts: tuple[str, ...]


class Reference(NamedTuple):
    """One entry of references.bib: its fields, and the text as it stands."""

    key: str
    kind: str
    fields: dict[str, str]
    text: str


def cards(subject: Subject) -> list[Card]:
    """One card a law, in the order of the scenario."""
    out = []
    for law in subject.laws:
        module = sys.modules.get(getattr(law.step, "__module__", ""))
        title, _, body = (getattr(module, "__doc__", None) or law.name).strip().partition("\n")
        out.append(Card(law.name, title.strip(), body.strip("\n"), label(law.name).word,
                        tuple(one.says for one in law.imposes), law.cites, law.parts))
    return out


@cache
def bibliography(path: Path = BIB) -> dict[str, Reference]:
    """All entries of a BibTeX file by key; entries that do not close are left out."""
    text = path.read_text(encoding="utf-8")
    out = {}
    for start in re.finditer(r"@(\w+)\s*\{\s*([^\s,{}]+)\s*,", text):
        end = _closing(text, text.index("{", start.start()))
        if end > 0:
            body = text[start.end():end]
            out[start[2]] = Reference(start[2], start[1].lower(), _fields(body),
                                      text[start.start():end + 1])
    return out


def _closing(text: str, opening: int) -> int:
    """Place of the brace that closes the one at `opening`; -1 where none does."""
    depth = 0
    for i in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return -1


def _fields(body: str) -> dict[str, str]:
    out, place = {}, 0
    while found := re.compile(r"\s*,?\s*(\w+)\s*=\s*").match(body, place):
        place = found.end()
        if body[place:place + 1] == "{":
            end = _closing(body, place)
            value, place = body[place + 1:end], end + 1
        else:
            bare = re.compile(r'"([^"]*)"|([^,}]*)').match(body, place)
            value, place = (bare[1] or bare[2] or "", bare.end()) if bare else ("", len(body))
        out[found[1].lower()] = plain(value)
    return out


def plain(text: str) -> str:
    """BibTeX markup as plain text."""
    import unicodedata

    text = re.sub(r"\\([\"'`^~=vc])\s*\{?\\?([A-Za-z])\}?",
                  lambda m: unicodedata.normalize("NFC", m[2] + ACCENTS[m[1]]), text)
    for old, new in PLAIN.items():
        text = text.replace(old, new)
    return re.sub(r"\s+", " ", re.sub(r"[{}]", "", text)).strip()


def cited(subject: Subject) -> list[Reference]:
    """References of the laws of this run, by key; keys without an entry are left out."""
    known = bibliography()
    keys = sorted({key for law in subject.laws for key in law.cites})
    return [known[key] for key in keys if key in known]


def line(one: Reference) -> str:
    """A reference as one line of text."""
    f = one.fields
    who = f.get("author") or f.get("editor") or f.get("organization") or f.get("institution", "")
    where = f.get("journal") or f.get("booktitle") or f.get("publisher") or f.get(
        "institution", "")
    if f.get("volume") and where:
        where += f" {f['volume']}" + (f"({f['number']})" if f.get("number") else "")
    if f.get("pages") and where:
        where += f", {f['pages']}"
    parts = [f"{who.replace(' and ', '; ')} ({f.get('year', 'n.d.')})", f.get("title", ""), where]
    return ". ".join(part for part in parts if part) + "."


def software(subject: Subject) -> str:
    """BibTeX of the run itself: the program, the scenario and its digest."""
    m: Any = subject.manifest
    version = m.get("versions", {}).get("kautilya", "")
    return ("@software{kautilya,\n  title = {Kautilya: wars of attrition, sanctions and alliances "
            f"over everything uncertain}},\n  version = {{{version}}},\n"
            f"  note = {{scenario {subject.scenario.id}, digest {m.get('digest', '')}, "
            f"as of {subject.as_of}, seed {m.get('seed')}, {m.get('futures')} futures}}\n}}")
