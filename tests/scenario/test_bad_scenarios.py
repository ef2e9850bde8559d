"""Malformed scenarios: every mistake has a place and a remedy, and nothing is written."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.bad_cases import (
    ACTORS,
    CASES,
    EVENTS,
    FIGURES,
    GOODS,
    QUANT,
    SERIES,
    SOURCES,
    TOML,
    Case,
)
from support.conventions import truth
from support.toy_laws import TOYS, small_war

from kautilya.scenario import ScenarioErrors, check, load, new

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """The toy scenario, which has no mistake."""
    return small_war("my_scenario", tmp_path)


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file below a folder."""
    return {str(p): (p.lstat().st_size, p.lstat().st_mtime_ns) for p in folder.rglob("*")}


def mistakes_of(folder: Path) -> list:
    """The mistakes, with the checks that hold for every bad scenario."""
    before = snapshot(folder.parent)
    found = check(folder, TOYS)
    assert snapshot(folder.parent) == before, "checking wrote something"
    for one in found:
        assert one.file and one.found and one.remedy and one.line >= 0
        assert "Traceback" not in str(one) and "\n" not in str(one)
    return found


def line_with(text: str, mark: str | int) -> int:
    """Number of the line that holds the mark."""
    return mark if isinstance(mark, int) else text[: text.index(mark)].count("\n") + 1


@truth("order", source="bad input", kills="dropping any one check of the format")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_mistake_has_a_line_and_a_remedy(good: Path, case: Case):
    path = good / case.file
    text = path.read_text(encoding="utf-8")
    assert case.old in text, "the case no longer fits the toy scenario"
    text = text.replace(case.old, case.new, 1)
    path.write_text(text, encoding="utf-8")
    found = mistakes_of(good)
    line = line_with(text, case.mark)
    hits = [
        one
        for one in found
        if (one.file, one.line) == (case.file, line) and case.word in f"{one.found}. {one.remedy}"
    ]
    assert hits, f"wanted {case.file}:{line} {case.word!r}, got\n" + "\n".join(map(str, found))
    assert len(found) <= 1 + case.also, "\n".join(map(str, found))


def _bytes(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(data) and None


def _append(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: _bytes(name, (folder / name).read_bytes() + data)(folder)


def _huge(folder: Path) -> None:
    os.truncate(folder / QUANT, 100 * 2**20)


def _loop(folder: Path) -> None:
    (folder / QUANT).unlink()
    (folder / QUANT).symlink_to(folder / QUANT)


def _leads_out(folder: Path) -> None:
    (folder.parent / "secret").write_text("root:x:0:0\n")
    (folder / EVENTS).unlink()
    (folder / EVENTS).symlink_to(folder.parent / "secret")


def _folder(folder: Path) -> None:
    (folder / SOURCES).unlink()
    (folder / SOURCES).mkdir()


def _pipe(folder: Path) -> None:
    (folder / FIGURES).unlink()
    os.mkfifo(folder / FIGURES)


FILES = {
    "latin-1": (_append(ACTORS, "AAD,Côte,state,\n".encode("latin-1")), ACTORS, 7, "UTF-8"),
    "utf-16": (_bytes(ACTORS, "code,name\n".encode("utf-16")), ACTORS, 1, "UTF-8"),
    "nul": (_append(ACTORS, b"AAD,A\x00,state,\n"), ACTORS, 7, "UTF-8"),
    "empty": (_bytes(QUANT, b""), QUANT, 1, "header"),
    "comments-only": (_bytes(QUANT, b"# nothing\n\n"), QUANT, 1, "header"),
    "empty-toml": (_bytes(TOML, b""), TOML, 1, "schema = 1"),
    "missing": (lambda folder: (folder / GOODS).unlink(), GOODS, 0, "Add it"),
    "missing-toml": (lambda folder: (folder / TOML).unlink(), TOML, 0, "Add it"),
    "100-mb": (_huge, QUANT, 0, "limit is 20 MB"),
    "100-mb-toml": (lambda folder: os.truncate(folder / TOML, 100 * 2**20), TOML, 0, "limit"),
    "symlink-loop": (_loop, QUANT, 0, "file itself"),
    "symlink-out": (_leads_out, EVENTS, 0, "file itself"),
    "a-folder": (_folder, SOURCES, 0, "plain text file"),
    "a-pipe": (_pipe, FIGURES, 0, "plain text file"),
    "misspelt": (
        lambda folder: (folder / SERIES).rename(folder / "serie.csv"),
        "serie.csv",
        0,
        "series.csv",
    ),
    "bomb-arrays": (_append(TOML, b"\nx = " + b"[" * 50_000 + b"]" * 50_000), TOML, 87, "limit"),
    "bomb-tables": (_append(TOML, b"\nx = " + b"{a=" * 50_000), TOML, 87, "limit"),
    "bomb-dots": (_append(TOML, b"\n" + b"a." * 50_000 + b"b = 1"), TOML, 87, "limit"),
    "bomb-headers": (_append(TOML, b"\n[" + b"a." * 50_000 + b"b]"), TOML, 87, "limit"),
    "long-number": (_append(TOML, b"\nbig = " + b"9" * 10_000), TOML, 87, "TOML"),
    "long-cell": (_append(ACTORS, b"AAD," + b"x" * 500_000 + b",state,\n"), ACTORS, 7, "quote"),
    "many-mistakes": (_append(ACTORS, b"x,y,z,w\n" * 5_000), ACTORS, 7, "three-letter"),
    "many-rows": (
        _append(
            EVENTS,
            b"".join(
                f"e{i},2022,AAA,x,y,reported,example2022,A1,\n".encode() for i in range(100_001)
            ),
        ),
        EVENTS,
        100_003,
        "At most",
    ),
}


@truth("order", source="bad input", kills="trusting the kind, the size or the encoding of a file")
@pytest.mark.parametrize("name", FILES)
def test_files_that_are_no_tables(good: Path, name: str):
    edit, file, line, word = FILES[name]
    edit(good)
    found = mistakes_of(good)
    hits = [
        one
        for one in found
        if (one.file, one.line) == (file, line) and word in f"{one.found}. {one.remedy}"
    ]
    assert hits, f"wanted {file}:{line} {word!r}, got\n" + "\n".join(map(str, found[:9]))
    assert "root:x" not in "".join(map(str, found))
    if name == "latin-1":
        assert hits[0].column == "byte 6" and "ô" in hits[0].found


@truth("order", source="bad input", kills="stopping at the first mistake")
def test_all_mistakes_come_at_once(good: Path):
    quant = (good / QUANT).read_text()
    quant = quant.replace("900,1000,1200", "900,nan,1200").replace("F6,assumed,a factor", "F6,x,a")
    quant = quant.replace("lose.share", "lose.shar").replace("tank/month,pert", "tnk/month,pert")
    (good / QUANT).write_text(quant)
    (good / ACTORS).write_bytes((good / ACTORS).read_bytes() + b"AAD,\xe9,state,\n")
    (good / SOURCES).unlink()
    toml = (good / TOML).read_text().replace('good = "shell"\nfactor', 'good = "shel"\nfactor')
    (good / TOML).write_text(toml.replace('"tempo"\nparts', '"temp"\nparts'))
    files = {one.file for one in mistakes_of(good)}
    assert {QUANT, ACTORS, SOURCES} <= files
    (good / ACTORS).write_bytes((good / ACTORS).read_bytes().replace(b"\xe9", b"E"))
    found = mistakes_of(good)
    assert len(found) >= 6 and {QUANT, SOURCES, TOML} <= {one.file for one in found}


@truth("order", source="bad input", kills="loading or keeping a bad scenario")
def test_load_refuses_and_keeps_nothing(good: Path, tmp_path: Path, monkeypatch):
    path = good / QUANT
    path.write_text(path.read_text().replace("900,1000,1200", "900,nan,1200"))
    monkeypatch.setattr("kautilya.mechanisms.registry", lambda: TOYS)
    with pytest.raises(ScenarioErrors) as caught:
        load(good)
    assert "quantities.csv:11" in str(caught.value) and "finite" in str(caught.value)
    assert not list((tmp_path / "cache").rglob("*.scenario"))


@truth("order", source="bad input", kills="taking a name as a path into the package")
@pytest.mark.parametrize(
    "name",
    [
        "../../etc",
        "no_such_case",
        "a\x00b",
        "x" * 5000,
        "",
        "/dev/null",
        "scenarios/../../x",
        "~root",
        "%2e%2e/x",
    ],
)
def test_names_that_lead_nowhere(name: str):
    found = check(name, TOYS)
    assert len(found) >= 1 and found[0].remedy


@truth("order", source="bad input", kills="writing a starter outside the folder")
@pytest.mark.parametrize("name", ["../evil", "a/b", "Evil", "", ".", "a" * 65, "a\nb"])
def test_new_refuses_names_that_are_paths(name: str, tmp_path: Path):
    from kautilya.errors import KautilyaError

    before = snapshot(tmp_path)
    with pytest.raises(KautilyaError):
        new(name, tmp_path / "here")
    assert snapshot(tmp_path) == before


@truth("invariant", kills="calling a good scenario wrong")
def test_the_good_scenario_has_no_mistake(good: Path):
    assert mistakes_of(good) == []
    assert load(good).id == "my_scenario"


TOKENS = (
    "",
    ",",
    '"',
    "\n",
    "*",
    "@",
    "nan",
    "-1",
    "1e308",
    "9" * 21,
    "AAB",
    "[",
    "]",
    "{",
    "=",
    "'",
    "#",
    ".",
    "/",
    "|",
    "\r",
    "%",
    "^0",
    "[]",
    "actor",
    "2022-13",
    "\ufeff",
    "é",
)


@truth("invariant", source="bad input", kills="a traceback for text that nobody foresaw")
@pytest.mark.parametrize("seed", range(8))
def test_random_damage_never_raises(good: Path, seed: int):
    rng = random.Random(seed)
    whole = {path: path.read_text() for path in sorted(good.iterdir())}
    for _ in range(25):
        path = rng.choice(list(whole))
        words = list(re.finditer(r'[^,\s"=\[\]]+', whole[path]))
        start, end = rng.choice(words).span()
        start, end = rng.choice([(start, end), (start, start), (start + 1, end)])
        path.write_text(whole[path][:start] + rng.choice(TOKENS) + whole[path][end:])
        for one in check(good, TOYS):
            assert one.file and one.found and one.remedy
        path.write_text(whole[path])


@pytest.mark.parametrize(
    ("old", "new"),
    [("no_supply", "baseline"), *(("fired", word) for word in ("summary", "all", "always", "why"))],
)
@truth("required", kills="a lever or an outcome that commands take for something else")
def test_a_word_with_a_meaning_is_no_id(tmp_path, old, new):
    from kautilya import scenario as scenarios

    folder = scenarios.new("own", tmp_path)
    path = folder / "scenario.toml"
    path.write_text(path.read_text().replace(f'"{old}"', f'"{new}"'))
    found = [one for one in scenarios.check(folder) if "meaning of its own" in one.found]
    assert len(found) == 1 and found[0].line > 0
