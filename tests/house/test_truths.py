"""Every test says which truth it holds the code to, and which mutation it kills."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from support.conventions import KINDS, truth
from support.walk import TESTS, Function, functions, nothing, place, python


class Marked(NamedTuple):
    """A test function and the words of its decorator; None where it has none."""

    path: Path
    node: Function
    words: dict[str, ast.expr] | None

    @property
    def where(self) -> str:
        """file:line name."""
        return f"{place(self.path, self.node.lineno)} {self.node.name}"

    def word(self, name: str) -> str:
        """The text of a keyword; "" where it is absent or not written out."""
        found = (self.words or {}).get(name)
        return (
            found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else ""
        )


def marked() -> Iterator[Marked]:
    """All test functions with their truth."""
    for path in python(TESTS):
        if not path.name.startswith("test_"):
            continue
        for node in functions(path):
            if node.name.startswith("test"):
                yield Marked(path, node, _words(node))


def _words(node: Function) -> dict[str, ast.expr] | None:
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and ast.unparse(one.func).split(".")[-1] == "truth":
            words = {word.arg: word.value for word in one.keywords if word.arg}
            return {"kind": one.args[0], **words} if one.args else words
    return None


@truth("invariant", source="house rules", kills="a test without a truth; a kind that is none")
def test_every_test_names_its_truth(capsys):
    """@truth with a kind of the list; `recorded` with its reason. Prints the count by kind."""
    found: list[str] = []
    counts: Counter[str] = Counter()
    for one in marked():
        kind = one.word("kind")
        counts[kind] += 1
        if one.words is None:
            found.append(f"{one.where}: no @truth")
        elif kind not in KINDS:
            found.append(f"{one.where}: kind {kind!r}")
        elif kind == "recorded" and not one.words.get("reason"):
            found.append(f"{one.where}: recorded without a reason")
    with capsys.disabled():
        print("\ntruths: " + ", ".join(f"{kind} {counts[kind]}" for kind in KINDS))
    nothing(found, "tests that do not name their truth")


@truth("invariant", source="house rules", kills="a test that no mutation breaks")
def test_every_test_names_its_mutation():
    """`kills=` in the decorator, or a line `Kills:` in the docstring."""
    found = [
        one.where
        for one in marked()
        if one.words is not None
        and not (one.words.get("kills") or "kills" in (ast.get_docstring(one.node) or "").lower())
    ]
    nothing(found, "tests that do not say which mutation they kill")
