"""The month is worked out in one place: whoever needs it calls `core.loop.month`."""

from __future__ import annotations

import ast

import pytest
from support.conventions import truth
from support.walk import PACKAGE, nothing, place, python, tree

from kautilya.core.law import PHASES

LOOP = PACKAGE / "core" / "loop.py"
LEDGER = PACKAGE / "core" / "ledger.py"


def settles(found: ast.AST) -> list[int]:
    """Lines that settle a ledger."""
    out = []
    for node in ast.walk(found):
        if isinstance(node, ast.ImportFrom) and any(a.name == "settle" for a in node.names):
            out.append(node.lineno)
        if isinstance(node, ast.Attribute) and node.attr == "settle":
            out.append(node.lineno)
    return out


def phases(found: ast.AST) -> list[int]:
    """Lines that go through the phases of a month."""
    out = []
    for node in ast.walk(found):
        if isinstance(node, ast.For | ast.comprehension):
            told = node.iter
            names = {n.id for n in ast.walk(told) if isinstance(n, ast.Name)} | {
                n.attr for n in ast.walk(told) if isinstance(n, ast.Attribute)
            }
            words = {n.value for n in ast.walk(told) if isinstance(n, ast.Constant)}
            if "PHASES" in names or set(PHASES) <= words:
                out.append(told.lineno)
    return out


@truth(
    "invariant",
    source="docs: one public month loop",
    kills="a copy of the loop that drifts from the engine's",
)
def test_only_the_loop_settles_a_month():
    files = [path for path in python(PACKAGE) if path not in (LOOP, LEDGER)]
    found = [f"{place(path, line)} settles" for path in files for line in settles(tree(path))]
    found += [
        f"{place(path, line)} goes through the phases"
        for path in files
        for line in phases(tree(path))
    ]
    nothing(found, "files beside core/loop.py that work out a month")
    assert settles(tree(LOOP)) and phases(tree(LOOP))


@pytest.mark.parametrize(
    "copy",
    [
        "from kautilya.core.ledger import residual, settle as pay\n",
        "from kautilya.core import ledger\nstock = ledger.settle(plan, stock, ask)\n",
        "for phase in PHASES:\n    run(phase)\n",
        "out = [run(p) for p in law.PHASES]\n",
        "for phase in ('observe', 'decide', 'flow', 'update'):\n    run(phase)\n",
    ],
)
@truth("invariant", source="the check itself", kills="a copy that the check does not see")
def test_a_copy_is_seen(copy: str):
    found = ast.parse(copy)
    assert settles(found) or phases(found)
