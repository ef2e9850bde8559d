"""No orphans: what is cited is in references.bib, and what is in references.bib is cited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from house.test_truths import marked
from support.conventions import ROOT, shared_root, truth
from support.walk import KEY, PACKAGE, docstrings, nothing, place, python, text

BIB = PACKAGE / "references.bib"
FIXTURE = r"\b(?:truth|data|facts)/[\w.-]+\.(?:csv|toml|parquet)\b"
RUNNING = ("src", "tests", "tools", "docs")


@cache
def entries() -> dict[str, int]:
    """Keys of references.bib and their lines."""
    lines = text(BIB).splitlines()
    found = [
        (match[1], n)
        for n, line in enumerate(lines, 1)
        if (match := re.match(r"@\w+\{([^,\s]+),", line))
    ]
    assert len({key for key, _ in found}) == len(found), "a key stands twice in references.bib"
    return dict(found)


def laws() -> dict:
    """The laws by name."""
    from kautilya.mechanisms import registry

    return dict(registry())


def cited() -> Iterator[tuple[str, str]]:
    """Where and key of every citation: cards and docstrings, Law.cites, @truth sources."""
    for path in python(PACKAGE):
        for line, said in docstrings(path):
            yield from ((place(path, line), key) for key in re.findall(KEY, said))
    for law in laws().values():
        yield from ((f"src/kautilya/mechanisms/{law.name}.py LAW.cites", key) for key in law.cites)
    for one in marked():
        yield from ((one.where, key) for key in re.findall(KEY, one.word("source")))
    for path in sorted((PACKAGE / "scenarios").rglob("battle.toml")):
        found = re.findall(r'source\s*=\s*"([^"]+)"', text(path))
        yield from ((place(path), key) for said in found for key in re.findall(KEY, said))


@truth("invariant", source="house rules", kills="a citation that leads nowhere")
def test_cited_keys_are_in_the_bibliography():
    """Keys look like author and year: lanchester1916."""
    found = [f"{where}: {key}" for where, key in cited() if key not in entries()]
    nothing(found, "cited, but not in references.bib")


@truth("invariant", source="house rules", kills="a reference that was read and never used")
def test_entries_are_cited():
    """Every entry is named in the source, the tests or the decisions."""
    files = [
        path
        for name in RUNNING
        for path in sorted((ROOT / name).rglob("*"))
        if path.suffix in (".py", ".toml", ".md") and path.name != "mechanisms.md"
    ]
    used = {key for path in files for key in re.findall(KEY, text(path))}
    found = [f"{place(BIB, line)}: {key}" for key, line in entries().items() if key not in used]
    nothing(found, "in references.bib, but cited nowhere")


@truth("invariant", source="house rules", kills="a law that cites in its card only")
def test_cards_and_laws_cite_the_same():
    """Keys in the card of a law and in Law.cites are the same set."""
    found = []
    for name, law in laws().items():
        path = PACKAGE / "mechanisms" / f"{name}.py"
        card = next((said for _, said in docstrings(path)), "")
        told, data = set(re.findall(KEY, card)), set(law.cites)
        if told != data:
            found.append(f"{place(path)}: card {sorted(told)}, Law.cites {sorted(data)}")
    nothing(found, "cards and laws that cite differently")


@truth("invariant", source="house rules", kills="a source that only the author can open")
def test_sources_can_be_looked_up():
    """No docstring points at a paper of the making; what it says has a reference, or is assumed."""
    found = [
        f"{place(path, line)}: {name}"
        for path in python(PACKAGE)
        for line, said in docstrings(path)
        for name in re.findall(r"\b(?:METHODS|DESIGN|ENGINEERING|STYLE)\b[ \d.]*", said)
    ]
    nothing(found, "sources that are not in the repository and have no reference")


@truth("invariant", source="house rules", kills="a truth whose fixture was renamed")
def test_fixtures_exist():
    """Fixtures that a truth names are there, where the outside folder is there; a number of
    somebody else names its source."""
    root: Path = shared_root()
    found = [
        f"{one.where}: {name}"
        for one in marked()
        if root.exists()
        for name in re.findall(FIXTURE, one.word("source"))
        if not (root / name).exists()
    ]
    found += [
        f"{one.where}: no source"
        for one in marked()
        if one.word("kind") in ("published", "other-program") and not one.word("source")
    ]
    nothing(found, "truths without their source")


def known() -> set[str]:
    """Keys that a published number may name: references, and sources of the shipped scenarios."""
    keys = set(entries())
    for path in sorted((PACKAGE / "scenarios").rglob("sources.csv")):
        keys |= {line.split(",")[0] for line in text(path).splitlines() if line[:1] not in "# "}
    return keys


@truth(
    "invariant",
    source="house rules",
    kills="a published number that nobody published; a wish that is called a truth",
)
def test_published_truths_have_a_citation():
    """A published truth names a key of references.bib or of a shipped sources.csv; what somebody
    asked for is `required`. No truth names an issue or a paper that is not in the repository."""
    keys = known()
    found = [
        f"{one.where}: {one.word('source')!r} names no key"
        for one in marked()
        if one.word("kind") == "published"
        and not keys & set(re.findall(r"\w+", one.word("source")))
    ]
    found += [
        f"{one.where}: {one.word('source')!r}"
        for one in marked()
        if re.search(
            r"\bissue \d|\bMETHODS\b|\bDESIGN\b|\bCRITIQUE\b|\bBREAK\b|\bCASES\b|"
            r"\bNEWCOMER\b|\bHOUSE\b",
            one.word("source"),
        )
    ]
    nothing(found, "truths without a citation")
