"""Limits of size: a function fits on a screen, a file in a sitting, a call in the head."""

from __future__ import annotations

import ast

from support.conventions import ROOT, truth
from support.walk import Function, code_lines, functions, nothing, place, python, text

LINES, FILE_LINES, PARAMETERS, ENTRY_PARAMETERS = 40, 600, 6, 8
ENTRIES = ("run",)  # the one call that a user's whole run goes through
DOORS = ROOT / "src" / "kautilya" / "cli"  # a command's options are parameters by Typer's design
FILES = python(ROOT / "src", ROOT / "tests", ROOT / "tools", ROOT / "benchmarks")


def parameters(function: Function) -> int:
    """Number of parameters, without self and cls."""
    given = function.args
    names = [arg.arg for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    more = [arg for arg in (given.vararg, given.kwarg) if arg]
    return len([name for name in names if name not in ("self", "cls")]) + len(more)


@truth("invariant", source="house rules", kills="a 470-line loop")
def test_functions_fit_on_a_screen():
    """At most 40 lines of code, without docstring, comments and blank lines."""
    found = []
    for path in FILES:
        code = code_lines(path)
        for one in functions(path):
            size = len(code & set(range(one.lineno, (one.end_lineno or 0) + 1)))
            if size > LINES:
                found.append(f"{place(path, one.lineno)} {one.name}: {size} lines")
    nothing(found, f"functions of more than {LINES} lines of code")


@truth("invariant", source="house rules", kills="a file that nobody reads to its end")
def test_files_are_short():
    """At most 600 lines, everything counted."""
    sizes = {path: len(text(path).splitlines()) for path in FILES}
    found = [f"{place(path)}: {size} lines" for path, size in sizes.items() if size > FILE_LINES]
    nothing(found, f"files of more than {FILE_LINES} lines")


@truth("invariant", source="house rules", kills="an 18-argument entry point")
def test_few_parameters():
    """At most six parameters; `run` has eight."""
    found = []
    for path in FILES:
        for one in functions(path):
            limit = ENTRY_PARAMETERS if one.name in ENTRIES else PARAMETERS
            if parameters(one) > limit and DOORS not in path.parents:
                found.append(f"{place(path, one.lineno)} {one.name}: {parameters(one)} of {limit}")
    nothing(found, "functions with too many parameters")


@truth("closed-form", source="counted by hand", kills="comments or docstrings that count as code")
def test_lines_are_counted_right(tmp_path):
    """A docstring, a comment and a blank line are no code; a line that goes on counts twice."""
    file = tmp_path / "sample.py"
    file.write_text('def f(a, *, b, **c):\n    """One.\n\n    Two.\n    """\n\n    # why\n'
                    '    return (a +\n            b)  # because\n', encoding="utf-8")
    node = ast.parse(file.read_text()).body[0]
    assert code_lines(file) == {1, 8, 9}
    assert isinstance(node, ast.FunctionDef) and parameters(node) == 3
