"""Where a run goes: never over another one, never through a link; and what is kept, or cannot be."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from pathlib import Path

import pandas as pd
import pytest
from support.conventions import truth
from support.runs_case import kautilya

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.report.page import put
from kautilya.runs.ensemble import Case, Plan, named, resume, run
from kautilya.runs.export import export
from kautilya.scenario import library
from kautilya.validation import backtests

RAW = Case(accept="raw")


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file() and one.name != ".lock"
    }


@truth("invariant", source="runs/ensemble.py", kills="a finished run that is replaced unasked")
def test_a_run_is_replaced_only_when_told(starter: Path, tmp_path: Path):
    out = tmp_path / "run"
    run(str(starter), 64, 0, case=RAW, out=out)
    before = files(out)
    with pytest.raises(KautilyaError, match="another run that is finished") as caught:
        run(str(starter), 64, 1, case=RAW, out=out)
    assert "--replace" in caught.value.remedy and files(out) == before
    run(str(starter), 64, 0, case=RAW, out=out)  # the same
    assert run(str(starter), 64, 1, case=RAW, out=out, replaces=True).manifest["seed"] == 1


@truth("invariant", source="runs/ensemble.py", kills="a run among files of others")
def test_a_folder_of_others_is_refused_and_left(starter: Path, tmp_path: Path):
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(KautilyaError, match="that no run wrote"):
        run(str(starter), 64, 0, case=RAW, out=tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


@truth("invariant", source="runs/ensemble.py", kills="a refused run that cleans what another does")
def test_a_refused_run_touches_nothing(starter: Path, tmp_path: Path):
    out = tmp_path / "run"
    out.mkdir()
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(KautilyaError, match="another process"):
            run(str(starter), 64, 0, case=RAW, out=out)
        assert [one.name for one in out.iterdir()] == [".lock"]


@truth("invariant", source="disk.py", kills="a link that is followed on write")
def test_links_are_not_followed(starter: Path, tmp_path: Path):
    out, victim = tmp_path / "run", tmp_path / "victim"
    victim.write_text("mine")
    run(str(starter), 64, 0, case=RAW, out=out)
    (out / ".lock").unlink()
    (out / ".lock").symlink_to(victim)
    with pytest.raises(KautilyaError, match="link"):
        resume(out)
    (tmp_path / "file").symlink_to(victim)
    disk.write(tmp_path / "file", b"new")
    assert victim.read_text() == "mine" and not (tmp_path / "file").is_symlink()


@truth("order", source="runs/ensemble.py", kills="one folder for two cases")
def test_the_usual_folder_names_the_case():
    said = {
        named("war", Plan(2000, 0, case))
        for case in (Case(), Case(("a",)), Case((), ("a=1",)), Case(keep="why"), Case(("x" * 300,)))
    }
    assert len(said) == 5 and all(len(one) <= 80 and "/" not in one for one in said)
    assert named("war", Plan(2000, 0, Case())) == "war-0" != named("war", Plan(64, 0, Case()))


@truth("order", source="disk.py", kills="a run that fails because nothing can be kept")
def test_a_cache_that_is_none(starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KAUTILYA_CACHE", "/dev/null")
    done = kautilya("run", str(starter), "--futures", "64", "--out", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", [b"null", b"", b"[1, 2", disk.HEAD + b"0" * 16 + b"null"])
@truth("invariant", source="disk.py", kills="a cached file that holds nonsense and is believed")
def test_what_is_not_as_it_was_written_is_made_again(tmp_path: Path, text: bytes):
    path = tmp_path / "kept" / "one.json"
    assert disk.kept(path, lambda: {"a": 1}) == {"a": 1} == disk.kept(path, dict)
    for spoilt in (text, path.read_bytes()[:-1]):
        path.write_bytes(spoilt)
        assert disk.kept(path, lambda: {"a": 2}) == {"a": 2} == disk.kept(path, dict)
    assert [one.name for one in path.parent.iterdir()] == ["one.json"]


@truth(
    "invariant",
    source="stat(2)",
    kills="a device or a pipe that is replaced by a file; a door that writes with an own hand",
)
@pytest.mark.parametrize("door", ["write", "export", "put", "backtest"])
def test_a_device_or_a_pipe_is_never_replaced(tmp_path: Path, whole: Path, door: str):
    """--out /dev/null, as root, would leave the machine without its /dev/null."""
    place = tmp_path / "pipe"
    os.mkfifo(place)
    doors = {
        "write": lambda: disk.write(place, b"x"),
        "export": lambda: export(whole, "csv", place),
        "put": lambda: put(place, "x"),
        "backtest": lambda: backtests.write(place, pd.DataFrame({"a": [1]})),
    }
    with pytest.raises(KautilyaError, match="a device or a pipe"):
        doors[door]()
    assert stat.S_ISFIFO(place.lstat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


def opened(top: Path, how: str) -> Path:
    """A cache as it should not be; the folder that is given as the cache."""
    cache = top / "above" / "cache"
    part, link = cache / "xla", top / "link"
    part.mkdir(parents=True)
    for one in (cache, part):
        one.chmod(0o700)

    def linked() -> None:
        part.rmdir()
        (top / "elsewhere").mkdir(mode=0o700)
        part.symlink_to(top / "elsewhere")

    ways = {
        "a part for all": lambda: part.chmod(0o777),
        "a part for the group": lambda: part.chmod(0o770),
        "a part of another user": lambda: os.chown(part, 65534, 65534),
        "the whole for all": lambda: cache.chmod(0o777),
        "a folder above for all": lambda: cache.parent.chmod(0o777),
        "a folder above of another user": lambda: os.chown(cache.parent, 65534, 65534),
        "a part that is a link": linked,
        "a link out of a folder for all": lambda: cache.parent.chmod(0o777),
    }
    ways.get(how, lambda: None)()
    if "a link o" in how:
        link.symlink_to(cache)
        return link
    return cache


@pytest.mark.parametrize("variable", ["KAUTILYA_CACHE", "JAX_COMPILATION_CACHE_DIR"])
@pytest.mark.parametrize(
    ("how", "good"),
    [
        ("as it should be", True),
        ("a link of one's own", True),
        ("a part for all", False),
        ("a part for the group", False),
        ("a part of another user", False),
        ("the whole for all", False),
        ("a folder above for all", False),
        ("a folder above of another user", False),
        ("a part that is a link", False),
        ("a link out of a folder for all", False),
    ],
)
@truth(
    "invariant",
    source="docs/security.md",
    kills="compiled code, or anything kept, that another user can put there; JAX's own cache too",
)
def test_what_others_may_write_is_no_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, how: str, good: bool
):
    if "of another user" in how and os.getuid() != 0:
        pytest.skip("only root can make a folder that belongs to another user")
    name = disk.compiled().name  # type: ignore[union-attr]
    cache = opened(tmp_path, how)
    if variable == "JAX_COMPILATION_CACHE_DIR":
        (cache / "xla").rename(cache / name)
    monkeypatch.setenv(variable, str(cache))
    place = disk.compiled()
    assert (place is not None) == good
    if good:
        assert disk.kept(place / "one", lambda: 1) == 1 == disk.kept(place / "one", lambda: 2)
    elif variable == "KAUTILYA_CACHE":
        assert disk.kept(disk.place("xla") / "one", lambda: 1) == 1
        assert not list(cache.rglob("one"))


@truth("order", source="umask(2)", kills="a cache that is never read where groups may write")
def test_a_cache_is_read_whatever_rights_are_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Many systems give a group the right to write; what is kept then is still one user's."""
    monkeypatch.setenv("KAUTILYA_CACHE", str(tmp_path / "one" / "cache"))
    before = os.umask(0o002)
    try:
        file = disk.place("claims", "figures") / "one.json"
        assert disk.kept(file, lambda: 1) == 1 == disk.kept(file, lambda: 2)
        disk.write(tmp_path / "out", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o664  # a result is the user's own


@truth("required", source="disk.py", kills="a part of the cache that no limit counts or clears")
def test_every_part_of_the_cache_is_counted():
    package = Path(disk.__file__).parent
    named_in = re.compile(r'disk\.(?:place|made_here)\(\s*(?:"(\w+)"|(\w+))')
    found = {
        (one.name, word or variable)
        for one in package.rglob("*.py")
        for word, variable in named_in.findall(one.read_text())
    }
    parts = {"motion" if part == "LAW" else part for _, part in found}
    assert len(parts) > 8 and parts <= set(disk.PARTS)


@truth(
    "required",
    source="scenario/library.py",
    kills="a table of a scenario under the results of a run",
)
@pytest.mark.parametrize(
    "name", ["actors.csv", "scenario.toml", "context/figures.csv", "plan.json", "chunks/0.json"]
)
def test_a_file_of_a_scenario_or_a_run_is_not_written_over(tmp_path: Path, name: str):
    """By no command that writes one file where somebody said; what no run needs goes as it did."""
    of_run = name.endswith(".json")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ("plan.json" if of_run else "scenario.toml")).write_text("mine")
    place = tmp_path / "a" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text("mine")
    kept = tmp_path / "a" / "report.html"
    kept.write_text("old")
    for write in (lambda path: put(path, "x"), lambda path: library.result(path)):
        with pytest.raises(KautilyaError, match="a file of a"):
            write(place)
        write(kept)
    assert place.read_text() == "mine" and kept.read_text() == "x"
    with pytest.raises(KautilyaError, match="the folder of a"):
        library.apart(tmp_path / "a")
    if not of_run:
        assert put(place.with_name("new.csv"), "x").read_text() == "x"


@truth(
    "required",
    source="scenario/library.py",
    kills="a command that puts its results past the one guard",
)
def test_every_named_file_goes_through_the_guard():
    """Modules that write where somebody said ask `library.result`, or `library.apart` for a folder."""
    package = Path(disk.__file__).parent
    for name, guard in {
        "report/page.py": "result",
        "runs/export.py": "result",
        "validation/backtests.py": "result",
        "validation/predictions.py": "result",
        "estimation/suppliers/holdout.py": "result",
        "cli/foresight.py": "result",
        "layouts/tidy.py": "apart",
        "runs/posterior.py": "apart",
        "study/compare.py": "apart",
    }.items():
        assert f"library.{guard}(" in (package / name).read_text(), name
