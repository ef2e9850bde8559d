"""The upper rooms keep to their work: report draws, and what a user calls says what it returns."""

from __future__ import annotations

import ast
from pathlib import Path

from house.test_imports import imports, own
from support.conventions import truth
from support.walk import PACKAGE, functions, nothing, place, python, tree

WORKING = (
    "kautilya.runs.pool",
    "kautilya.runs.cluster",
    "kautilya.runs.worker",
    "kautilya.claims.judge",
    "kautilya.claims.court",
    "kautilya.claims.again",
    "kautilya.claims.bench",
    "kautilya.accounts",
    "kautilya.api",
)
# rooms whose public functions still say `Any`: the list may only become shorter
OPEN = ("scenario", "accounts", "study", "estimation", "validation", "claims", "core", "mechanisms")


@truth("invariant", source="docs/decisions", kills="a report that runs futures or judges claims")
def test_report_only_draws():
    """Report imports no pool, no cluster, no judge and no solver of the accounts."""
    found = [
        f"{place(path, line)} {name}"
        for path in python(PACKAGE / "report")
        for line, name in own(path)
        if any(name == one or name.startswith(f"{one}.") for one in WORKING)
    ]
    nothing(found, "imports of report that run or judge")


@truth(
    "invariant",
    source="docs/decisions",
    kills="a tag put together in Python, where a text of a stranger can slip in",
)
def test_html_is_made_by_templates():
    """Outside the templates no text of the package begins or ends an element of HTML."""
    found = []
    for path in python(PACKAGE / "report", PACKAGE / "cli"):
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and ("</" in node.value and "</script" not in node.value)
            ):
                found.append(place(path, node.lineno))
        found += [
            f"{place(path, line)} {name}"
            for line, name in imports(path)
            if name.split(".")[0] == "html"
        ]
    nothing(found, "HTML made outside of templates")


def says_any(path: Path) -> list[str]:
    """Public functions of a file with `Any` anywhere in their signature."""
    found = []
    for one in functions(path):
        given = one.args
        notes = [
            a.annotation
            for a in (
                *given.posonlyargs,
                *given.args,
                *given.kwonlyargs,
                *filter(None, (given.vararg, given.kwarg)),
            )
        ]
        named = {
            n.id
            for note in (*notes, one.returns)
            if note is not None
            for n in ast.walk(note)
            if isinstance(n, ast.Name)
        }
        if "Any" in named and not one.name.startswith("_"):
            found.append(f"{place(path, one.lineno)} {one.name}")
    return found


@truth("invariant", source="docs/decisions", kills="kt.run that returns Any")
def test_public_functions_say_what_they_return():
    """No `Any` in signatures of `api`, nor in those of a room that is done."""
    done = [PACKAGE / f"{one}.py" for one in ("api", "disk", "encode", "program", "wording")]
    done += [
        path
        for room in (
            "core",
            "mechanisms",
            "scenario",
            "accounts",
            "runs",
            "study",
            "estimation",
            "validation",
            "claims",
        )
        if room not in OPEN
        for path in python(PACKAGE / room)
    ]
    nothing([one for path in done for one in says_any(path)], "public signatures with Any")
