"""The mechanisms of a run as cards, and the references that they cite."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kautilya.report.subject import Subject
from kautilya.validation.labels import label
from kautilya.wording import many

BIB = Path(__file__).resolve().parents[1] / "references.bib"


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
        out.append(
            Card(
                law.name,
                title.strip(),
                body.strip("\n"),
                label(law.name).word,
                tuple(one.says for one in law.imposes),
                law.cites,
                law.parts,
            )
        )
    return out


@cache
def bibliography(path: Path = BIB) -> dict[str, Reference]:
    """All entries of a BibTeX file by key. Raises pybtex's own error for one that does not close."""
    from pybtex.database import BibliographyData, parse_file
    from pybtex.database.output.bibtex import Writer

    writer = Writer()  # one for all: `Entry.to_string` looks among all packages for its own

    def text(entry: Any) -> str:
        return writer.to_string(BibliographyData({entry.key: entry}))

    return {
        key: Reference(key, entry.type, _fields(entry), text(entry))
        for key, entry in parse_file(str(path), "bibtex").entries.items()
    }


def _fields(entry: Any) -> dict[str, str]:
    """Fields as plain text; names as the file writes them, last name first."""
    people = {role: _people(persons) for role, persons in entry.persons.items()}
    return {**{key.lower(): plain(value) for key, value in entry.fields.items()}, **people}


def _people(persons: Any) -> str:
    return " and ".join(plain(str(person)) for person in persons)


def plain(latex: str) -> str:
    """LaTeX as plain text."""
    from pybtex.richtext import Text

    said = str(Text.from_latex(latex)).replace("\u00a0", " ")
    return re.sub(r"\s+", " ", re.sub(r"[{}]", "", said)).strip()


def cited(subject: Subject) -> list[Reference]:
    """References of the laws of this run, by key; keys without an entry are left out."""
    known = bibliography()
    keys = sorted({key for law in subject.laws for key in law.cites})
    return [known[key] for key in keys if key in known]


def line(one: Reference) -> str:
    """A reference as one line of text."""
    f = one.fields
    who = f.get("author") or f.get("editor") or f.get("organization") or f.get("institution", "")
    where = f.get("journal") or f.get("booktitle") or f.get("publisher") or f.get("institution", "")
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
    return (
        "@software{kautilya,\n  title = {Kautilya: wars of attrition, sanctions and alliances "
        f"over everything uncertain}},\n  version = {{{version}}},\n"
        f"  note = {{scenario {subject.scenario.id}, digest {m.get('digest', '')}, "
        f"as of {subject.as_of}, seed {m.get('seed')}, {many(int(m.get('futures') or 0), 'future')}}}\n}}"
    )
