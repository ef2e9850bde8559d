"""Docs cannot lie: code in them runs, pages made from code are current, nothing lacks a page."""

from __future__ import annotations

import csv
import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.conventions import ROOT, truth
from support.walk import PACKAGE, nothing, place, python, text

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"(?:^|\s)kautilya ([a-z][\w-]*)([^#\n]*)")
SHELL = ("sh", "bash", "shell", "console")


@cache
def builder() -> Any:
    """tools/build_docs.py as a module."""
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "tools" / "build_docs.py")
    assert spec and spec.loader
    module = sys.modules["build_docs"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(path: Path, *languages: str, every: bool = False) -> Iterator[tuple[int, str]]:
    """Line and text of the code blocks of a page that are meant to run; or of every block."""
    for match in FENCE.finditer(text(path)):
        if match[1] in languages and (every or "no-run" not in match[2]):
            yield text(path)[: match.start(3)].count("\n") + 1, match[3]


def table_rows(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of the rows of tables."""
    for number, line in enumerate(text(path).splitlines(), 1):
        if line.startswith("|"):
            yield number, line


def calls() -> Iterator[tuple[str, str, str, bool]]:
    """Place, command, options and whether it is marked as planned, of every command named."""
    for path in PAGES:
        if path.name == "commands.md":
            continue
        for first, code in blocks(path, *SHELL, every=True):
            for number, line in enumerate(code.replace("\\\n", " ").splitlines()):
                for match in CALL.finditer(line):
                    yield place(path, first + number), match[1], match[2], False
        for number, row in table_rows(path):
            for said in re.findall(r"`(kautilya [^`]+)`", row):
                call = CALL.match(said)
                if call:
                    yield place(path, number), call[1], call[2], "planned" in row


@cache
def commands() -> dict[str, set[str]]:
    """Commands of the command line and their options."""
    build = builder()
    return {
        name.removeprefix("kautilya "): {
            opt for one in build.parameters(command)[1] for opt in (*one.opts, *one.secondary_opts)
        }
        for name, command in build.leaves(build.tree(), "kautilya")
    }


def parsed() -> Iterator[tuple[str, Any, list[str]]]:
    """Place, command and words of every command in a shell block: nothing is run."""
    every = dict(builder().leaves(builder().tree(), "kautilya"))
    for path in PAGES:
        for first, code in blocks(path, *SHELL, every=True):
            for number, line in enumerate(code.replace("\\\n", " ").splitlines()):
                for match in CALL.finditer(line):
                    command = every.get(f"kautilya {match[1]}")
                    words = shlex.split(re.split(r" [|>]|;|&&", match[2])[0])
                    if command and "..." not in words:
                        yield place(path, first + number), command, words


@pytest.mark.parametrize("page", [p for p in PAGES if p.exists()], ids=lambda p: p.name)
@truth("invariant", source="house rules", kills="an example that no longer runs")
def test_code_in_docs_runs(page, tmp_path, monkeypatch):
    """Blocks marked python run in order, in one namespace, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"__name__": "__docs__"}
    for line, code in blocks(page, "python"):
        exec(compile("\n" * (line - 1) + code, place(page), "exec"), space)


@pytest.mark.parametrize("name", ["mechanisms.md", "commands.md", "glossary.md"])
@truth("invariant", source="house rules", kills="a page that says what the code once said")
def test_made_pages_are_current(name):
    """docs/mechanisms.md from the cards, docs/commands.md from the command line."""
    nothing(
        list(filter(None, [builder().stale(name)])),
        "pages made from the code; run: python tools/build_docs.py",
    )


@truth("invariant", source="house rules", kills="a law or command without a page")
def test_everything_has_a_page():
    """Laws in mechanisms.md, commands in commands.md, both reachable from docs/index.md."""
    from kautilya.mechanisms import registry

    docs = ROOT / "docs"
    found = [
        f"law {name}"
        for name in registry()
        if f"\n### {name}\n" not in text(docs / "mechanisms.md")
    ]
    page = docs / "commands.md"
    said = text(page) if page.exists() else ""
    found += [f"command {name}" for name in commands() if f"\n## kautilya {name}\n" not in said]
    index = text(docs / "index.md")
    found += [
        f"docs/{path.relative_to(docs)} is not in docs/index.md"
        for path in sorted(docs.rglob("*.md"))
        if path.name != "index.md" and path.relative_to(docs).as_posix() not in index
    ]
    nothing(found, "without a page")


@truth("invariant", source="house rules", kills="a column or variable that nobody explained")
def test_every_setting_has_a_page():
    """Keys and columns of the scenario format; environment variables."""
    from kautilya.claims.file import Row, Sentence, Top, Variant
    from kautilya.scenario.schema import (
        TABLES,
        Bound,
        Change,
        Head,
        Lever,
        Outcome,
        SetSpec,
        Source,
        Verdicts,
        Weighting,
        columns,
    )

    said = text(ROOT / "docs" / "scenario-format.md")
    sections = {part.split("\n")[0].strip(): part for part in re.split(r"^#+ ", said, flags=re.M)}
    wanted = {name: columns(table.model) for name, table in TABLES.items()}
    wanted |= {
        "scenario.toml": columns(Head),
        "[sets.NAME]": columns(SetSpec),
        "[[lever]]": {**columns(Lever), **columns(Change)},
        "[[outcome]]": columns(Outcome),
        "[verdicts]": columns(Verdicts),
        "[[verdicts.weighting]]": columns(Weighting),
        "[[verdicts.bound]]": columns(Bound),
        "claims.toml": {**columns(Top), **columns(Sentence)},
        "[[claim]]": columns(Row),
        "[[claim.variant]]": columns(Variant),
        "[[source]]": columns(Source),
    }
    found = [
        f"{name}: {column}"
        for name, keys in wanted.items()
        for column in keys
        if f"`{column}`" not in sections.get(name, "")
    ]
    words = {
        word for path in python(PACKAGE) for word in re.findall(r"KAUTILYA_[A-Z_]+", text(path))
    }
    index = text(ROOT / "docs" / "index.md")
    found += [f"variable {word}" for word in sorted(words) if index.count(f"| `{word}` |") != 1]
    nothing(found, "settings that no page explains")


@truth("invariant", source="house rules", kills="an option in the docs that is not there")
def test_commands_in_docs_exist():
    """Commands in shell blocks and tables exist with their options; planned ones do not yet."""
    found = []
    for where, name, rest, planned in calls():
        if planned == (name in commands()):
            found.append(
                f"{where}: `kautilya {name}` "
                + ("is marked planned, but is there" if planned else "is not there")
            )
        elif not planned:
            found += [
                f"{where}: `kautilya {name}` has no option {option}"
                for option in re.findall(r"(?<!\S)--[\w-]+", rest)
                if option not in {*commands()[name], "--help"}
            ]
    nothing(found, "commands in the docs")


@truth("invariant", source="house rules", kills="a command of the docs that is refused as written")
def test_commands_in_docs_can_be_read():
    """Arguments and values in shell blocks are what the command takes; nothing is run."""
    found = []
    for where, command, words in parsed():
        try:
            command.make_context(command.name, list(words))
        except Exception as error:
            if not hasattr(error, "format_message"):
                raise
            said = " ".join([command.name, *words])
            found.append(f"{where}: kautilya {said}: {error.format_message()}")
    nothing(found, "commands that are refused as they are written")


@truth("invariant", source="house rules", kills="a table that grew after its page was written")
def test_counts_in_the_data_page():
    """Numbers of rows in docs/data.md are those of the flagship's tables."""
    folder = PACKAGE / "scenarios" / "russia_dprk_2024"
    found = []
    for number, row in table_rows(ROOT / "docs" / "data.md"):
        match = re.match(r"\| `([\w/]+\.csv)` \| (\d+) \|", row)
        if match:
            lines = text(folder / match[1]).splitlines()
            rows = len(list(csv.reader(one for one in lines if one[:1] not in ("", "#")))) - 1
            if rows != int(match[2]):
                found.append(f"docs/data.md:{number}: {match[1]} has {rows} rows, not {match[2]}")
    nothing(found, "row counts that are no longer true")


@truth("invariant", source="house rules", kills="a link to a page that was moved")
def test_links_lead_somewhere():
    """Relative links of the docs point at files of the repository."""
    found = []
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", text(path)):
            if "://" not in target and not (path.parent / target).exists():
                found.append(f"{place(path)}: {target}")
    nothing(found, "links that lead nowhere")
