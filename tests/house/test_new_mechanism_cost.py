"""A new law touches six files at most, and a test adds one to see it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from house.test_imports import own
from house.test_numbers import declared
from support.conventions import ROOT, truth
from support.walk import PACKAGE, TESTS, module, nothing, place, python, tree

ROOM = PACKAGE / "mechanisms"
FILES = [path for path in python(ROOM) if path.parent == ROOM and path.name != "__init__.py"]
LAWS = {path.stem: path for path in FILES if declared(path) is not None}
ELSEWHERE = [path for path in python(PACKAGE) if ROOM not in path.parents]


@truth("invariant", source="house rules", kills="a law that nobody can switch on")
def test_every_law_is_found_by_name():
    """Every module of the room declares one law under the module's own name."""
    from kautilya.mechanisms import registry

    nothing([place(path) for path in FILES if path.stem not in LAWS], "modules without a LAW")
    found = [
        place(LAWS[name])
        for name in LAWS
        if name not in registry() or registry()[name].name != name
    ]
    nothing(found, "laws whose name is not the name of their file")


@truth("invariant", source="house rules", kills="a law without a test of its own")
def test_every_law_has_its_test():
    """tests/mechanisms/test_<name>.py for each law, and none that tests no law."""
    here = {
        path.stem.removeprefix("test_"): path
        for path in python(TESTS / "mechanisms")
        if path.name.startswith("test_") and path.parent.name == "mechanisms"
    }
    found = [
        f"tests/mechanisms/test_{name}.py is missing" for name in sorted(LAWS.keys() - here.keys())
    ]
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
    words |= {
        f"{law.name}.{one.name}"
        for law in registry().values()
        for one in (*law.params, *law.series)
    }
    words |= {f"flow:{name}" for name in LAWS}
    found = []
    for path in ELSEWHERE:
        found += [
            f"{place(path, line)} imports {name}"
            for line, name in own(path)
            if re.sub(r"^kautilya\.mechanisms\.", "", name) in LAWS
        ]
        found += [
            f"{place(path, node.lineno)} says {node.value!r}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant) and node.value in words
        ]
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


MOST = 6
SCENARIO = "src/kautilya/scenarios/russia_dprk_2024"
LAW = '''r"""Morale: what the mood of the forces makes of the losses of a month.

    morale_t = morale_{t-1} + (1 - hurt * killed / line - morale_{t-1}) / memory

Source: made for a test. Holds for: nothing. Breaks when: always.
"""

from kautilya.core.law import Imposed, Law, Param, Var, View


def step(view: View) -> dict:
    """Morale [belligerent, F]."""
    p, morale = view.param, view.var["morale"]
    mood = 1.0 - p["hurt"] * view.paid["manpower"]["killed"]
    return {"morale": morale + (mood - morale) / p["memory"]}


LAW = Law(
    name="morale", phase="update", step=step, parts=("S03",), reads=("flow:manpower",),
    params=(Param("hurt", (), "month/person", "fall by a death a month", sign="assumed"),
            Param("memory", (), "month", "months over which it is felt")),
    writes=(Var("morale", ("belligerent",), "1", "mood of the forces", 1.0),),
    imposes=(Imposed("deaths never lift morale", ("hurt",)),),
)
'''
TEST = '''"""Morale."""

from kautilya.mechanisms.morale import LAW


def test_it():
    assert LAW.writes[0].start == 1.0
'''
TWIN = '''"""Slow twin of morale."""

from support.twins.month import Now, Starts

STARTS: Starts = {"morale": (1.0, ("belligerent",))}


def morale(now: Now) -> dict:
    """Smoothed over `memory` months."""
    out: dict = {}
    for b in now.each("belligerent"):
        killed = sum(x for source, sink, x in now.paid["manpower"]
                     if source[0] == b and sink[0] == "battlefield")
        old = now.var["morale", b]
        mood = 1 - now.p("morale", "hurt") * killed
        out["morale", b] = old + (mood - old) / now.p("morale", "memory")
    return out
'''
ROWS = (
    "morale-hurt,morale.hurt,,,,,,,0,,1e-6,month/person,uniform,assumed,2024-08-10,F6,assumed,test\n"
    "morale-memory,morale.memory,,,,,,,1,6,12,month,triangular,assumed,2024-08-10,F6,assumed,test\n"
)
SEES = """
import sys
from kautilya import scenario
from kautilya.mechanisms import registry
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply
from kautilya.runs.chunk import inputs
from kautilya.scenario.check import check
from support.twins.flagship import PHASES, STARTS, start
from support.twins.month import simulate
from support.twins.recorded import future
import numpy as np
assert not [one for one in check(sys.argv[1]) if "morale" in str(one)]
made = assemble(scenario.load(sys.argv[1]))
assert "morale" in registry() and "morale" in [law.name for law in made.model.laws]
assert "morale" in PHASES["update"] and STARTS["morale"][0] == 1.0
one = future(made, inputs(made, apply(made), 0, np.arange(1)), 0)
months = simulate(one._replace(months=one.months[:2]), PHASES, start)
assert 0 < months[1].var["morale", "RUS"] < 1
"""


def copied(folder: Path) -> Path:
    """What a law can touch, copied: source, tests, pages, tools."""
    for name in ("src", "tests", "docs", "tools"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run(folder: Path, *command: str) -> None:
    """A command in the copy; what it printed where it fails."""
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, (folder / "src", folder / "tests"))),
        "KAUTILYA_CACHE": str(folder / "cache"),
    }
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]


def touched(folder: Path) -> list[str]:
    """Files of the copy that are new or differ."""
    files = (
        path
        for name in ("src", "tests", "docs", "tools")
        for path in (folder / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    return sorted(
        str(path.relative_to(folder))
        for path in files
        if not (ROOT / path.relative_to(folder)).is_file()
        or path.read_bytes() != (ROOT / path.relative_to(folder)).read_bytes()
    )


@truth(
    "invariant",
    source="house rules: the number of files is said and measured",
    kills="a list of laws that a newcomer has to find",
)
def test_a_new_law_touches_six_files(tmp_path: Path):
    """A law on morale, switched on in the flagship, with figures, test, twin and page."""
    folder = copied(tmp_path)
    (folder / "src/kautilya/mechanisms/morale.py").write_text(LAW)
    (folder / "tests/mechanisms/test_morale.py").write_text(TEST)
    (folder / "tests/support/twins/morale.py").write_text(TWIN)
    toml, rows = (folder / SCENARIO / name for name in ("scenario.toml", "quantities.csv"))
    toml.write_text(toml.read_text().replace("laws = [\n", 'laws = [\n  "morale",\n', 1))
    rows.write_text(rows.read_text() + ROWS)
    run(
        folder,
        "-c",
        "import sys; sys.path.insert(0, 'tools'); import build_docs as d;"
        "(d.ROOT / 'docs' / 'mechanisms.md').write_text(d.mechanisms())",
    )
    assert "### morale" in (folder / "docs/mechanisms.md").read_text()
    run(folder, "-c", SEES, str(folder / SCENARIO))
    found = touched(folder)
    assert len(found) <= MOST, found
    said = f"touches {len(found)} files"
    nothing(
        [
            name
            for name in ("README.md", "docs/architecture.md")
            if said not in " ".join((ROOT / name).read_text().split())
        ],
        f"pages without {said!r}",
    )
