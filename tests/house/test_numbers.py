"""Numbers live in data: no bare figure inside the month of a law."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from support.conventions import truth
from support.walk import PACKAGE, nothing, place, python, tree

ALLOWED = {0, 1, 2, 0.5, 12, 100}  # identities, halves, months of a year, percent
GUARD = 1e-6  # at most this: keeps a division or a logarithm finite, claims nothing
STRUCTURE = {"axis", "axes", "keepdims", "length", "num_segments"}


def declared(path: Path) -> ast.Call | None:
    """The call `Law(...)` of a file, if it declares one."""
    for node in tree(path).body:
        if (
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == "LAW"
            and isinstance(node.value, ast.Call)
        ):
            return node.value
    return None


def month(path: Path) -> list[ast.AST]:
    """The step of a law and every function and constant of the file that it reaches."""
    law = declared(path)
    if law is None:
        return []
    own: dict[str, ast.AST] = {}
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef):
            own[node.name] = node
        elif isinstance(node, ast.Assign):  # also A, B = 1, 2
            named = [one for one in ast.walk(node.targets[0]) if isinstance(one, ast.Name)]
            own |= {one.id: node.value for one in named}
    step = next((word.value for word in law.keywords if word.arg == "step"), None)
    step = step if step is not None else law.args[2]
    seen: dict[str, ast.AST] = {}
    waiting: list[ast.AST] = [step]
    while waiting:
        names = {node.id for node in ast.walk(waiting.pop()) if isinstance(node, ast.Name)}
        for name in names & own.keys() - seen.keys():
            seen[name] = own[name]
            waiting.append(own[name])
    return [step, *seen.values()]


def bare(node: ast.AST) -> Iterator[tuple[int, float]]:
    """Line and value of literals that state a quantity; positions and axes do not."""
    if isinstance(node, ast.Subscript):
        yield from bare(node.value)
        return
    if isinstance(node, ast.keyword) and node.arg in STRUCTURE:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        value = float(node.value)
        if value not in ALLOWED and not value <= GUARD and not 1 - GUARD <= value <= 1:
            yield node.lineno, value
    for child in ast.iter_child_nodes(node):
        yield from bare(child)


@truth("invariant", source="house rules", kills="a rate typed into a law")
def test_laws_hold_no_figures():
    """Everything that could be otherwise is a parameter with a source and a range."""
    found = [
        f"{place(path, line)}: {value}"
        for path in python(PACKAGE / "mechanisms")
        for node in month(path)
        for line, value in bare(node)
    ]
    nothing(found, "figures inside laws; make them parameters")


@truth("closed-form", source="counted by hand", kills="constants reached through a second function")
def test_figures_are_found(tmp_path):
    """A figure in the step, in a function it calls, in a constant; not in a subscript or axis."""
    file = tmp_path / "law.py"
    file.write_text(
        "RATE = 0.3\nLOW, HIGH = 0.4, 1\ndef other(x):\n    return x * RATE + 7.5 * LOW\n"
        "def build(w):\n    return 99\ndef step(v):\n"
        "    return other(v[3].sum(axis=4)) * 1e-9 + 2.0 - 0.7\n"
        "LAW = Law(name='x', phase='flow', step=step, build=build)\n"
    )
    assert sorted(v for node in month(file) for _, v in bare(node)) == [0.3, 0.4, 0.7, 7.5]
