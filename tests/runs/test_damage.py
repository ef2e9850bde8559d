"""Damaged folders: each is named, with what mends it; nothing damaged is read as numbers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.conventions import truth
from support.runs_case import SEED, same

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.runs.cluster import Cluster
from kautilya.runs.ensemble import Case, load_run, resume, run
from kautilya.runs.export import export
from kautilya.runs.folder import MANIFEST, PLAN, RECORDS, VALUES, Folder, opened
from kautilya.runs.manifest import runs
from kautilya.runs.query import query


def edited(name: str, change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Harm that rewrites a JSON file of a run."""

    def harm(folder: Path) -> None:
        file = next(folder.glob(name))
        said = json.loads(file.read_text())
        file.write_text(json.dumps(change(said)))

    return harm


def written(name: str, data: bytes) -> Callable[[Path], None]:
    """Harm that puts other bytes into a file of a run."""
    return lambda folder: next(folder.glob(name)).write_bytes(data) and None


def removed(name: str) -> Callable[[Path], None]:
    """Harm that takes a file or a folder away."""

    def harm(folder: Path) -> None:
        there = folder / name
        shutil.rmtree(there) if there.is_dir() else there.unlink()

    return harm


PLANS = {
    "no text": written(PLAN, b"\xff\xfe\x00"),
    "nothing": written(PLAN, b""),
    "a list": edited(PLAN, lambda said: [1]),
    "part": edited(PLAN, lambda said: {"identity": said["identity"]}),
    "another type": edited(PLAN, lambda said: said | {"futures": "many"}),
    "no width": edited(PLAN, lambda said: said | {"width": 0}),
    "another case": edited(PLAN, lambda said: said | {"case": {"foo": 1}}),
    "no place": edited(PLAN, lambda said: said | {"path": 7}),
    "gone": removed(PLAN),
}
FIRST = f"{RECORDS}/{0:012d}.json"
MENDED = {
    "no manifest text": written(MANIFEST, b"\xff\xfe"),
    "an empty manifest": edited(MANIFEST, lambda said: {}),
    "a manifest of another run": edited(MANIFEST, lambda said: said | {"identity": "x"}),
    "a record without files": edited(
        FIRST, lambda said: {key: said[key] for key in said if key != "files"}
    ),
    "a record with strange files": edited(FIRST, lambda said: said | {"files": {"x": 3}}),
    "a record that is a list": edited(FIRST, lambda said: []),
    "a record without seconds": edited(FIRST, lambda said: said | {"seconds": None}),
    "shapes": written(f"{VALUES}/.zmetadata", b"{"),
    "no shapes": removed(f"{VALUES}/.zmetadata"),
    "the shape of one": removed(f"{VALUES}/line/.zarray"),
    "labels": removed(f"{VALUES}/belligerent"),
    "one label file": written(f"{VALUES}/month/0", b"xx"),
}


@pytest.mark.parametrize("harm", PLANS.values(), ids=PLANS)
@truth("invariant", source="faults", kills="a plan that is believed whatever it says")
def test_a_damaged_plan(whole: Path, tmp_path: Path, harm: Callable[[Path], None]):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    harm(folder)
    for call in (load_run, resume, lambda path: query(path, "select 1")):
        with pytest.raises(KautilyaError, match="plan.json is damaged or missing") as caught:
            call(folder)
        assert caught.value.remedy
    found = runs(tmp_path)
    assert [one["state"] for one in found] == (["damaged"] if (folder / PLAN).exists() else [])


@pytest.mark.parametrize("harm", MENDED.values(), ids=MENDED)
@truth(
    "invariant",
    source="faults",
    kills="labels that are read as empty; a traceback for half a file; damage that resume leaves",
)
def test_what_resume_mends(whole: Path, tmp_path: Path, harm: Callable[[Path], None]):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    harm(folder)
    with pytest.raises(KautilyaError, match="damaged") as caught:
        load_run(folder)
    assert "kautilya resume" in caught.value.remedy
    resume(folder)
    same(folder, whole)


@truth(
    "invariant", source="faults", kills="what a killed worker was writing, left in a finished run"
)
def test_a_finished_run_holds_no_halves(starter: Path, tmp_path: Path):
    def tell(done: int, _: int) -> None:
        if done:  # the arrays are there once a chunk is
            (tmp_path / "run" / VALUES / "line" / ".0.0.0.77.partial").write_text("half")

    run(
        str(starter),
        64,
        SEED,
        case=Case((), (), "always", "raw"),
        out=tmp_path / "run",
        progress=tell,
    )
    assert not list(tmp_path.rglob("*.partial"))
    folder = opened(tmp_path / "run")
    assert isinstance(folder, Folder) and len(folder.finished()) == 1


@truth(
    "invariant",
    source="faults",
    kills="a table cut short that stays so for good; DuckDB's traceback",
)
def test_a_damaged_table_is_made_again(whole: Path, tmp_path: Path, own_cache: None):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    ask = "select count(*), sum(value) from lost"
    found = query(folder, ask).rows
    table = sorted(disk.place("query").glob("**/lost-*"))[2]
    for data in (b"", b"xx", b"PAR1", table.read_bytes()[:-9]):
        table.write_bytes(data)
        assert query(folder, ask).rows == found
    (folder / "summary.parquet").write_bytes(b"PAR1")
    assert query(folder, ask).rows == found  # what is not asked for does no harm
    with pytest.raises(KautilyaError, match="summary.parquet is damaged") as caught:
        query(folder, "select * from summary")
    assert "kautilya resume" in caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "garbage",
        "tcp://host",
        "http://host:8786",
        "tcp://host:0",
        "tcp://host:99999",
        "tcp://:8786",
        "tcp://a b:1",
        "",
        "nonsense://x",
        "tcp://",
    ],
)
@truth("order", source="bad input", kills="half a minute of waiting, and a traceback at the end")
def test_an_address_that_is_none(text: str):
    pytest.importorskip("distributed", reason="Dask is not installed")
    with pytest.raises(KautilyaError, match="no address of a scheduler"):
        Cluster(text)


@truth("order", source="bad input", kills="a profile with a slip in it that is taken for none")
def test_a_profile_where_there_are_no_accounts(starter: Path, tmp_path: Path):
    with pytest.raises(KautilyaError, match="'rnu' is no profile"):
        run(str(starter), 64, case=Case((), (), "always", "rnu"), out=tmp_path / "run")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("to", ["parquet", "csv", "netcdf"])
@truth("order", source="bad input", kills="a traceback of the library that writes; half a file")
def test_an_export_that_cannot_be_written(whole: Path, tmp_path: Path, to: str):
    """A folder where a file should be; a file where a folder should be."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "folder", tmp_path / "file" / "x"):
        with pytest.raises(KautilyaError, match="it cannot be written") as caught:
            export(whole, to, place)
        assert str(place.parent) in caught.value.place
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["file", "folder"]
    assert export(whole, to, tmp_path / "new" / "x").stat().st_size > 1000
    assert (tmp_path / "file").read_text() == "mine"
