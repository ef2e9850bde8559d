"""Where a run goes: never over another one, never through a link; and what is kept, or cannot be."""

from __future__ import annotations

import fcntl
import os
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
