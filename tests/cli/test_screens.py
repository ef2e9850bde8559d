"""What the main commands print, at 60, 80, 120 and 200 columns and in a pipe.

The screens are made by `python tools/build_screens.py screens`; no number of them is tested, only
that it can be read: nothing cut, no word in pieces, no name missing, the answer first.
"""

from __future__ import annotations

import importlib.util
import json
import re

import pytest
from support.conventions import ROOT, truth
from support.walk import nothing

_spec = importlib.util.spec_from_file_location("build_screens", ROOT / "tools/build_screens.py")
tool = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tool)
KEPT = sorted(path.stem for path in tool.SCREENS.glob("*.json"))
LONG = 26  # letters of a word that a column may break
BOX = re.compile(r"[┃│━╇─┼]+")


def blocks(name: str) -> list:
    return [as_block for as_block in map(tool.as_block, json.loads(
        (tool.SCREENS / f"{name}.json").read_text(encoding="utf-8")))]  # fmt: skip


def cells(told: list) -> list[str]:
    """Every text that is to be read."""
    out = []
    for one in told:
        if isinstance(one, str):
            out.append(one)
        elif hasattr(one, "rows"):
            out += [one.title, *(cell for row in one.rows for cell in row)]
    return out


@truth("required", source="README.md", kills="a main command without a golden screen")
def test_the_main_commands_have_screens():
    missing = [name for name in tool.COMMANDS if name not in KEPT]
    missing += [
        f"{name}-{width}.txt"
        for name in KEPT
        for width in tool.WIDTHS
        if not (tool.SCREENS / f"{name}-{width}.txt").exists()
    ]
    nothing(missing, "screens that are missing: run python tools/build_screens.py screens")


@pytest.mark.parametrize("name", KEPT)
@truth("invariant", source="house rules",
       kills="a word broken letter by letter; a number cut; a column that vanishes")  # fmt: skip
def test_screens_can_be_read(name: str):
    """Each word and number of each cell stands whole on the screen, within its width; and the
    kept picture of it is what is drawn today."""
    told = blocks(name)
    words = {w for cell in cells(told) for w in cell.split() if len(w) <= LONG}
    found = []
    for width in tool.WIDTHS:
        text = tool.drawn(told, width)
        seen = set(BOX.sub(" ", text).split())
        seen |= {word.rstrip(";") for word in seen}
        found += [f"{width}: {word!r} is cut or missing" for word in sorted(words - seen)]
        room = 150 if width == "pipe" else int(width)
        found += [f"{width}: too wide: {x}" for x in text.splitlines() if len(x) > room]
        if (tool.SCREENS / f"{name}-{width}.txt").read_text(encoding="utf-8") != text:
            found.append(f"{width}: stale, run python tools/build_screens.py redrawn")
    nothing(found[:20], f"what cannot be read of {name}")


TYPED = "type"  # a column of what is to be typed
HINT = re.compile(r"`[^`]*`|\(?kautilya \w[^.;)]*|--\w[\w-]*|\S+[/\\]\S+")


def codes() -> set[str]:
    """Names of the code and of tables: laws, parameters, outcomes, goods of several words, states."""
    from kautilya import scenario
    from kautilya.mechanisms import registry

    made = scenario.load(tool.FLAGSHIP)
    out = {law.name for law in registry().values()} | {one.id for one in made.outcomes}
    out |= {*made.units} | {one.id for one in made.levers}
    out |= {var.name for law in registry().values() for var in law.writes}
    out |= {
        label for law in registry().values() for group in law.labels.values() for label in group
    }
    return {one for one in out if "_" in one} | {*made.codes}


@truth("required", source="docs/decisions/0018-names-are-declared.md",
       kills="tube_round, PRK or choice.on_tie where a user reads")  # fmt: skip
def test_no_code_where_a_user_reads():
    """Beside what is to be typed; a condition in the language of claims is the user's own words."""
    known, found = codes(), []
    for name in KEPT:
        for one in blocks(name):
            if isinstance(one, str):
                texts = [one]
            elif hasattr(one, "rows"):
                left = [k for k, column in enumerate(one.columns) if column.title != TYPED]
                texts = [one.title, *(row[k] for row in one.rows for k in left)]
            else:
                continue
            for text in texts:
                plain = HINT.sub(" ", text.replace(tool.TANKS, " "))
                hit = known & set(re.findall(r"\w+", plain)) - {"USA"}  # a word of plain English
                hit |= set(re.findall(r"\b[a-z_]+\.[a-z_]+\[", plain))
                found += [f"{name}: {code!r} in {text[:60]!r}" for code in sorted(hit)]
    nothing(sorted(set(found))[:30], "codes where a user reads")


@truth("required", source="README.md", kills="a table before the answer; a first line without one")
def test_the_first_line_answers():
    """One or two plain sentences first, before any table, neither a heading nor a diagnostic."""
    found = []
    for name in KEPT:
        first = blocks(name)[0]
        if not isinstance(first, str) or not 20 <= len(first) <= 600 or first.endswith(":"):
            found.append(f"{name}: {str(first)[:80]!r}")
    nothing(found, "commands that do not answer first")
