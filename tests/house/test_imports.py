"""Imports point downward only: cli, web -> report -> claims -> validation -> estimation ->
study -> runs -> accounts -> scenario -> mechanisms -> core. Imports inside functions count as well."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from support.conventions import truth
from support.walk import PACKAGE, module, nothing, place, python, tree

RANK = {
    "core": 0,
    "mechanisms": 1,
    "scenario": 2,
    "accounts": 3,
    "layouts": 3,
    "runs": 4,
    "study": 5,
    "estimation": 6,
    "validation": 7,
    "claims": 8,
    "report": 9,
    "api": 10,
    "cli": 12,
    "web": 11,
}
ANYONE = ("errors", "program", "disk", "encode", "wording")  # imported by every room
TOP = 13  # trade.py, networks.py, council.py, __init__.py
OUTSIDE = {
    "core": {"jax", "numpy", "jaxtyping"},
    "mechanisms": {"jax", "numpy", "jaxtyping", "scipy", "highspy"},
}
FILES = python(PACKAGE)
MODULES = {module(path) for path in FILES}


def resolve(name: str, item: str = "") -> str:
    """The module that `from name import item` reads."""
    return f"{name}.{item}" if f"{name}.{item}" in MODULES else name


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and module of every import, lazy and dynamic ones too."""
    here = module(path).split(".")
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            cut = node.level - (path.name == "__init__.py")
            above = here[: len(here) - cut] if node.level else []
            name = ".".join([*above, *filter(None, [node.module])])
            yield from ((node.lineno, resolve(name, alias.name)) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in ("import_module", "__import__"):
                said = (
                    node.args[0].values[0]
                    if isinstance(node.args[0], ast.JoinedStr)
                    else node.args[0]
                )
                if isinstance(said, ast.Constant):
                    yield node.lineno, str(said.value).rstrip(".")


def room(name: str) -> str:
    """The room of a module; "" for what lies on top."""
    part = (name.split(".") + [""])[1]
    return part if part in RANK or part in ANYONE else ""


def rank(name: str) -> int:
    """Height of a module's room."""
    if room(name) in ANYONE:
        return ANYONE.index(room(name)) - len(ANYONE)
    return RANK.get(room(name), TOP)


def own(path: Path) -> Iterator[tuple[int, str]]:
    """Imports of Kautilya itself."""
    return ((line, name) for line, name in imports(path) if name.split(".")[0] == "kautilya")


@truth("invariant", source="house rules", kills="a law that asks the scenario; study that prints")
def test_imports_point_downward():
    """A room imports itself and the rooms below it; `errors`, `disk`, `encode`, `wording` import little."""
    found = []
    for path in FILES:
        here = module(path)
        for line, name in own(path):
            same = room(here) == room(name) and room(here) not in ANYONE
            if not same and rank(name) >= rank(here):
                found.append(f"{place(path, line)} {here} -> {name}")
    nothing(found, "imports that point upward or sideways")


@truth("invariant", source="house rules", kills="one law that calls another law's functions")
def test_siblings_are_independent():
    """A law imports the core and the formulas; a formula imports formulas."""
    found = []
    for path in python(PACKAGE / "mechanisms"):
        here = module(path)
        if here == "kautilya.mechanisms":
            continue
        for line, name in own(path):
            formula = name.startswith("kautilya.mechanisms.formulas")
            if not formula and room(name) not in ("core", *ANYONE):
                found.append(f"{place(path, line)} {here} -> {name}")
    nothing(found, "mechanisms that import a sibling")


@truth("invariant", source="house rules", kills="pandas in the core; units in a law")
def test_lower_rooms_import_little():
    """The core takes jax, numpy, jaxtyping; mechanisms add scipy and highspy."""
    found = []
    for path in FILES:
        here = room(module(path))
        allowed = {"kautilya", *OUTSIDE.get(here, ()), *sys.stdlib_module_names}
        for line, name in imports(path) if here in OUTSIDE else ():
            first = name.split(".")[0]
            if first not in allowed:
                found.append(f"{place(path, line)} {first}")
    nothing(found, "libraries that these rooms may not import")


@truth("invariant", source="house rules", kills="two modules that import each other lazily")
def test_no_cycles():
    """No module reaches itself, lazy imports included."""
    graph = {module(path): {name for _, name in own(path)} - {module(path)} for path in FILES}
    found: list[str] = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            ring = error.args[1]
            found.append(" <- ".join(ring))
            graph[ring[1]].discard(ring[0])
        else:
            break
    nothing(found, "import cycles")


@truth("invariant", source="house rules", kills="a room that nobody decided on")
def test_rooms_are_known():
    """Every package below kautilya is a room of the design; files in no room are doors."""
    known = {*RANK, "scenarios"}
    found = [
        place(path)
        for path in PACKAGE.iterdir()
        if path.is_dir() and path.name not in known and not path.name.startswith("__")
    ]
    nothing(found, "folders that are no room")


@truth(
    "invariant",
    source="docs/security.md",
    kills="a reader whose arithmetic of exponents runs over: wrong numbers, or memory outside",
)
def test_pandas_reads_numbers_by_their_digits():
    """Its own way is quicker, and of a stranger's 1e2147483648 it died: one place asks for the other."""
    bad = []
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "read_csv":
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                if path.name != "disk.py" and given.get("dtype") != "str":
                    bad.append(place(path, node.lineno))
    nothing(bad, "read_csv where disk.of_csv keeps every digit")
