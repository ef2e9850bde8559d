"""A new mechanism touches four places: its file, its test, one registry line, one reference."""

from __future__ import annotations

import ast
import re

from house.test_imports import own
from house.test_numbers import declared
from support.conventions import truth
from support.walk import PACKAGE, TESTS, module, nothing, place, python, tree

ROOM = PACKAGE / "mechanisms"
FILES = [path for path in python(ROOM) if path.parent == ROOM and path.name != "__init__.py"]
LAWS = {path.stem: path for path in FILES if declared(path) is not None}
ELSEWHERE = [path for path in python(PACKAGE) if ROOM not in path.parents]


@truth("invariant", source="house rules", kills="a law that nobody can switch on")
def test_every_law_is_registered():
    """The registry lists the files that declare a law, in order, under their own names."""
    from kautilya.mechanisms import MODULES, registry

    assert list(MODULES) == sorted(LAWS), "MODULES and the files with a LAW differ"
    found = [place(LAWS[name]) for name in LAWS if registry()[name].name != name]
    nothing(found, "laws whose name is not the name of their file")


@truth("invariant", source="house rules", kills="a law without a test of its own")
def test_every_law_has_its_test():
    """tests/mechanisms/test_<name>.py for each law, and none that tests no law."""
    here = {path.stem.removeprefix("test_"): path for path in python(TESTS / "mechanisms")
            if path.name.startswith("test_") and path.parent.name == "mechanisms"}
    found = [f"tests/mechanisms/test_{name}.py is missing" for name in sorted(LAWS.keys() - here.keys())]
    found += [f"{place(here[name])} names no law" for name in sorted(here.keys() - LAWS.keys())]
    nothing(found, "laws and their tests")


@truth("invariant", source="house rules", kills="an `if law == 'ship'` in the loop or the report")
def test_no_other_file_names_a_law():
    """Outside its room a law is named in scenario data only: not imported, not in a text.

    A one-word name may be a word of the language (`fire`), so there only `law.parameter`
    and `flow:law` count; a name of several words counts wherever it stands alone.
    """
    from kautilya.mechanisms import registry

    words = {name for name in LAWS if "_" in name}
    words |= {f"{law.name}.{one.name}" for law in registry().values()
              for one in (*law.params, *law.series)}
    words |= {f"flow:{name}" for name in LAWS}
    found = []
    for path in ELSEWHERE:
        found += [f"{place(path, line)} imports {name}" for line, name in own(path)
                  if re.sub(r"^kautilya\.mechanisms\.", "", name) in LAWS]
        found += [f"{place(path, node.lineno)} says {node.value!r}" for node in ast.walk(tree(path))
                  if isinstance(node, ast.Constant) and node.value in words]
    nothing(found, "files outside mechanisms that name a law")


@truth("invariant", source="house rules", kills="a card without its limits")
def test_every_card_is_complete():
    """Title, source, holds for, breaks when; each in its mechanism's docstring."""
    found = []
    for path in FILES:
        card = ast.get_docstring(tree(path)) or ""
        lacking = [part for part in ("Source:", "Holds for:", "Breaks when:") if part not in card]
        found += [f"{place(path)}: no {part!r}" for part in lacking]
        if ": " not in card.split("\n")[0]:
            found.append(f"{place(path)}: the first line is not 'Name: what it says'")
    nothing(found, f"cards with gaps, of {len(FILES)} from {module(ROOM / '__init__.py')}")
