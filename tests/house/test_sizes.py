"""Limits of thought: statements and branches are ruff's (PLR0915, C901); here files, names, calls."""

from __future__ import annotations

import ast

from house.test_imports import own
from support.conventions import ROOT, truth
from support.walk import PACKAGE, Function, functions, module, nothing, place, python, text, tree

FILE_LINES, PARAMETERS, ENTRY_PARAMETERS, SMALL = 600, 6, 8, 60
NESTED = 15  # comprehensions inside comprehensions that may be left
SUFFIXES = ("s", "ing", "ed", "er", "d")
PAIRS = {
    "council",
    ("record", "records"),
    ("check", "checker"),
    ("form", "forms"),
}  # a public door; words of their own
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
ENTRIES = ("run",)  # the one call that a user's whole run goes through
DOORS = ROOT / "src" / "kautilya" / "cli"  # a command's options are parameters by Typer's design
PACKAGE_FILES = python(PACKAGE)
FILES = python(ROOT / "src", ROOT / "tests", ROOT / "tools", ROOT / "benchmarks")


def parameters(function: Function) -> int:
    """Number of parameters, without self and cls."""
    given = function.args
    names = [arg.arg for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    more = [arg for arg in (given.vararg, given.kwarg) if arg]
    return len([name for name in names if name not in ("self", "cls")]) + len(more)


@truth("invariant", source="house rules", kills="a comprehension that is read three times")
def test_no_comprehension_inside_another():
    """A comprehension holds no comprehension; a name for the inner one says what it is."""
    found = []
    for path in python(ROOT / "src"):
        for node in ast.walk(tree(path)):
            inside = (one for one in ast.walk(node) if one is not node)
            if isinstance(node, COMPREHENSIONS) and any(
                isinstance(one, COMPREHENSIONS) for one in inside
            ):
                found.append(place(path, node.lineno))
    if len(found) > NESTED:
        nothing(found, f"comprehensions inside comprehensions, at most {NESTED}")


@truth("invariant", source="house rules", kills="a file of ten lines that only one other opens")
def test_small_modules_have_several_importers():
    """A module of fewer than 60 lines with a single importer belongs to that importer."""
    importers: dict[str, set[str]] = {}
    for path in PACKAGE_FILES:
        for _, name in own(path):
            importers.setdefault(name, set()).add(module(path))
    found = [
        place(path)
        for path in PACKAGE_FILES
        if path.name != "__init__.py"
        and len(text(path).splitlines()) < SMALL
        and len(importers.get(module(path), set()) - {module(path)}) == 1
    ]
    nothing(found, f"modules of fewer than {SMALL} lines with a single importer")


@truth(
    "invariant", source="house rules", kills="`judge` beside `judging`; two files called `model`"
)
def test_base_names_stand_once():
    """No base name twice, and no pair that differs by a suffix only."""
    homes: dict[str, list[str]] = {}
    for path in PACKAGE_FILES:
        if path.name != "__init__.py":
            homes.setdefault(path.stem, []).append(place(path))
    twice = {name: where for name, where in homes.items() if len(where) > 1}
    found = [f"{name}: {', '.join(where)}" for name, where in twice.items() if name not in PAIRS]
    for name in sorted(homes):
        found += [
            f"{name} beside {name}{end}"
            for end in SUFFIXES
            if f"{name}{end}" in homes and (name, f"{name}{end}") not in PAIRS
        ]
    nothing(found, "base names that stand twice or differ by a suffix")


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


@truth("closed-form", source="counted by hand", kills="keyword-only arguments that do not count")
def test_parameters_are_counted_right():
    """Arguments of every kind count, self does not."""
    node = ast.parse("def f(self, a, *, b, **c):\n    pass\n").body[0]
    assert isinstance(node, ast.FunctionDef) and parameters(node) == 3
