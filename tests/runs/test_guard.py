"""Run folders of strangers: a number or a clear refusal, and nothing else.

Each harm is sealed anew, with every hash that the folder holds: only what it says is wrong.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.conventions import truth
from support.stranger import (
    Harm,
    attributes,
    case,
    document,
    linked,
    manifest,
    meta,
    outside,
    pipe,
    plan,
    put,
    record,
    seal,
    state,
    within,
    wrote,
)

from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Case, load_run, resume, run
from kautilya.runs.export import export
from kautilya.runs.guard import MANIFEST, PLAN, RECORDS, VALUES
from kautilya.runs.manifest import runs
from kautilya.runs.query import query
from kautilya.runs.store import open_run

BLOSC = {"id": "blosc", "cname": "lz4", "clevel": 1, "shuffle": 1, "blocksize": 0}
DEEP = "[" * 200_000 + "]" * 200_000

PLANS: dict[str, Harm] = {
    "no case": plan(case=...),
    "a case that is a list": plan(case=[]),
    "an empty case": plan(case={}),
    "a key too many": case(run="id"),
    "levers that are a text": case(levers="x"),
    "levers that are numbers": case(levers=[1]),
    "keep that is a number": case(keep=7),
    "posterior that is a list": case(posterior=["/etc"]),
    "no futures": plan(futures=0),
    "less than none": plan(futures=-64),
    "futures without an end": plan(futures=10**30),
    "half a future": plan(futures=64.5),
    "futures true": plan(futures=True),
    "futures as text": plan(futures="64"),
    "none of them": plan(futures=None),
    "no width": plan(width=0),
    "a width below none": plan(width=-128),
    "one future a chunk": plan(width=1),
    "a width that is none": plan(width=192),
    "a width too large": plan(width=2**40),
    "no bytes": plan(bytes_a_future=0),
    "bytes below none": plan(bytes_a_future=-8),
    "bytes without an end": plan(bytes_a_future=10**18),
    "a seed below none": plan(seed=-1),
    "a seed too large": plan(seed=2**64),
    "a scenario that is a number": plan(scenario=5),
    "a scenario without a name": plan(scenario=""),
    "a digest that is none": plan(digest="x"),
    "another format": plan(format=2),
    "versions that are a list": plan(versions=[]),
    "versions that are numbers": plan(versions={"jaxlib": 1}),
    "a place that is none": plan(path=7),
    "a place with a line break": plan(path="a\nb"),
    "a place without an end": plan(path="a" * 10**5),
    "a key with a list": plan(more=[1]),
    "a key with deep things": plan(more={"a": {"b": "c"}}),
    "a code that is a list": plan(code=[]),
    "lists in lists": wrote(PLAN, DEEP.encode()),
    "a large file": wrote(PLAN, b'{"a": "' + b"x" * 5_000_000 + b'"}'),
    "a number without an end": wrote(PLAN, b'{"futures": 1' + b"0" * 10**5 + b"}"),
    "not a number": wrote(PLAN, b'{"futures": NaN}'),
    "NUL": wrote(PLAN, b"\0" * 100),
    "UTF-16": wrote(PLAN, "{}".encode("utf-16")),
    "a plan that is a link": linked(PLAN, "plan.json"),
    "a plan that is a pipe": pipe(PLAN),
}
VALUED: dict[str, Harm] = {
    "a codec that unpickles": meta(
        "lost",
        dtype="|O",
        filters=[{"id": "vlen-utf8"}],
        compressor={"id": "pickle", "protocol": 5},
    ),
    "a filter that unpickles": meta("lost", filters=[{"id": "pickle"}]),
    "a codec of objects": meta("lost", compressor={"id": "json2"}),
    "another codec": meta("lost", compressor={"id": "zlib", "level": 1}),
    "no codec": meta("lost", compressor=None),
    "a codec with another key": meta("lost", compressor=BLOSC | {"typesize": 4}),
    "another packer": meta("lost", compressor=BLOSC | {"cname": "zstd"}),
    "a packer's number": meta("lost", compressor=BLOSC | {"blocksize": 10**12}),
    "objects": meta("lost", dtype="|O"),
    "fields": meta("lost", dtype=[["a", "<f4"]]),
    "doubles": meta("lost", dtype="<f8"),
    "the other way round": meta("lost", dtype=">f4"),
    "labels of objects": meta("month", dtype="|O", filters=[{"id": "vlen-utf8"}]),
    "labels without width": meta("month", dtype="<U0"),
    "labels too wide": meta("month", dtype="<U99999999"),
    "by columns": meta("lost", order="F"),
    "version 3": meta("lost", zarr_format=3),
    "folders for points": meta("lost", dimension_separator="/"),
    "a value in the place of none": meta("lost", fill_value=0.0),
    "a key more": meta("lost", storage_transformers=[]),
    "futures that are not there": meta("lost", shape=[10**12, 2, 2, 2]),
    "more futures than planned": meta("lost", shape=[256, 2, 2, 2]),
    "no shape": meta("lost", shape=[]),
    "a shape below none": meta("lost", shape=[64, -2, 2, 2]),
    "one large chunk": meta("lost", chunks=[10**9, 2, 2, 2]),
    "small chunks": meta("lost", chunks=[1, 1, 1, 1]),
    "decoded as dates": attributes("lost", units="days since 1-1-1", calendar="standard"),
    "decoded as numbers": attributes("lost", scale_factor=1e300),
    "decoded as texts": attributes("lost", _Encoding="x"),
    "another dim": attributes("lost", _ARRAY_DIMENSIONS=["future", "a", "b", "c"]),
    "one dim twice": attributes("lost", _ARRAY_DIMENSIONS=["future", "year", "year", "year"]),
    "an attribute that is a list": attributes("lost", long_name=["a"]),
    "dims that are none": attributes("lost", _ARRAY_DIMENSIONS=7),
    "a name that leaves the folder": lambda folder, _: renamed(folder, "../../outside/x"),
    "a name from the root": lambda folder, _: renamed(folder, "/etc/x"),
    "a name with points": lambda folder, _: renamed(folder, ".."),
    "no metadata": wrote(f"{VALUES}/.zmetadata", b"{}"),
    "metadata without an end": wrote(f"{VALUES}/.zmetadata", DEEP.encode()),
    "a folder more": wrote(f"{VALUES}/more/0", b""),
    "a file more": wrote(f"{VALUES}/x", b""),
    "labels that are none": wrote(f"{VALUES}/month/0", b"\0" * 64),
    "labels that unpack to more": wrote(
        f"{VALUES}/month/0",
        bytes([2, 1, 33, 4]) + (2**31 - 1).to_bytes(4, "little") * 2 + (16).to_bytes(4, "little"),
    ),
}
MANIFESTS: dict[str, Harm] = {
    "another seed": manifest(seed=99),
    "another scenario": manifest(scenario="x"),
    "futures of another run": manifest(futures=10**9),
    "a case that is none": manifest(case=7),
    "a caution that is a list": manifest(caution=[1]),
    "no day": manifest(as_of="soon"),
    "accounts that are a text": manifest(accounts="x"),
    "shares that are texts": manifest(accounts={"accept": "run", "share_survived": "x"}),
    "a share that is none": manifest(share_feasible={"value": "x"}),
    "less than none lost": manifest(futures_not_finite=-1),
    "seconds as text": manifest(seconds="1"),
    "another width": manifest(width=8192),
    "no frame": manifest(frame=None),
    "a list of things": manifest(more=[{}]),
    "all of it a list": wrote(MANIFEST, b"[]"),
    "lists in lists": wrote(MANIFEST, DEEP.encode()),
}
FIRST = f"{RECORDS}/{0:012d}.json"
CHUNKS: dict[str, Harm] = {
    "a device": record(lambda one: one | {"files": one["files"] | {"/dev/zero": [1, "0" * 32]}}),
    "only a device": record(lambda one: one | {"files": {"/dev/zero": [1, "0" * 32]}}),
    "a file outside": record(lambda one: one | {"files": {"../../outside/victim": [1, "0" * 32]}}),
    "no files": record(lambda one: one | {"files": {}}),
    "a file less": record(lambda one: one | {"files": dict(list(one["files"].items())[1:])}),
    "files as a list": record(lambda one: one | {"files": list(one["files"])}),
    "a size that is none": record(
        lambda one: one | {"files": dict.fromkeys(one["files"], [-1, "0" * 32])}
    ),
    "a sum that is none": record(lambda one: one | {"files": dict.fromkeys(one["files"], [1, 7])}),
    "a count too large": record(lambda one: one | {"count": 10**9}),
    "another first": record(lambda one: one | {"first": 128}),
    "more lost than there are": record(lambda one: one | {"lost": 10**6}),
    "not finite": record(lambda one: one | {"residual": float("nan")}),
    "lists in lists": wrote(FIRST, DEEP.encode()),
    "a block that is none": lambda folder, _: block(folder, b"\0" * 64),
    "a block that unpacks to more": lambda folder, _: block(
        folder,
        bytes([2, 1, 33, 4]) + (2**31 - 1).to_bytes(4, "little") * 2 + (16).to_bytes(4, "little"),
    ),
}
KINDS: dict[str, Harm] = {
    "lock": linked(".lock", "victim"),
    "report": linked("report.html", "victim"),
    "verdicts": linked("claims.json", "victim"),
    "tables": linked("query", "folder"),
    "one table": linked("query/lost-000000000000.parquet", "victim"),
    "a touch": linked("query/.touch", "new"),
    "values": linked(VALUES, "folder"),
    "an outcome": linked(f"{VALUES}/lost", "folder"),
    "a block": linked(f"{VALUES}/lost/0.0.0.0", "0"),
    "labels": linked(f"{VALUES}/month/0", "0"),
    "metadata": linked(f"{VALUES}/.zmetadata", "victim"),
    "a shape": linked(f"{VALUES}/lost/.zarray", "victim"),
    "records": linked(RECORDS, "folder"),
    "a record": linked(FIRST, "victim"),
    "a manifest": linked(MANIFEST, "victim"),
    "a summary": linked("summary.parquet", "victim"),
    "an answer": linked("answer.json", "victim"),
    "a link that is broken": linked("report.html", "nothing"),
    "a loop": lambda folder, _: (folder / "loop").symlink_to(folder),
    "a block that is a pipe": pipe(f"{VALUES}/lost/0.0.0.0"),
    "a record that is a pipe": pipe(FIRST),
    "a manifest that is a pipe": pipe(MANIFEST),
    "a lock that is a pipe": pipe(".lock"),
    "labels that are a pipe": pipe(f"{VALUES}/month/0"),
    "a summary that is a pipe": pipe("summary.parquet"),
    "a device": lambda folder, _: (folder / "answer.json").symlink_to("/dev/zero"),
}


def renamed(folder: Path, name: str) -> None:
    """An array under another name in the metadata."""
    whole = document(folder / VALUES / ".zmetadata")
    for key in (".zarray", ".zattrs"):
        whole["metadata"][f"{name}/{key}"] = whole["metadata"].pop(f"lost/{key}")
    put(folder / VALUES / ".zmetadata", whole)
    seal(folder)


def block(folder: Path, data: bytes) -> None:
    """Another block in the first chunk, with the right size and checksum in its record."""
    from kautilya.disk import checksum

    (folder / VALUES / "lost" / "0.0.0.0").write_bytes(data)
    file = folder / FIRST
    said = document(file)
    said["files"]["lost/0.0.0.0"] = [len(data), checksum(data)]
    put(file, said)


@pytest.fixture(scope="module")
def small(starter: Path, tmp_path_factory) -> Path:
    """A run of one chunk."""
    folder = tmp_path_factory.mktemp("small") / "run"
    run(str(starter), 64, 1, case=Case((), (), "always", "raw"), out=folder, pool=None)
    return folder


def struck(small: Path, tmp_path: Path, harm: Harm) -> tuple[Path, Path]:
    """(a copy that was harmed, a folder outside that nothing may touch); a good run beside it."""
    away = outside(tmp_path / "outside")
    shutil.copytree(small, tmp_path / "runs" / "good")
    folder = tmp_path / "runs" / "bad"
    shutil.copytree(small, folder)
    harm(folder, away)
    return folder, away


def listed(folder: Path) -> dict[str, dict]:
    return {Path(one["folder"]).name: one for one in runs(folder.parent)}


READERS = {
    "load": load_run,
    "query": lambda path: query(path, "select count(*) from lost"),
    "export": lambda path: export(path, "csv", path.parent / "x.csv"),
}


def refused(folder: Path, away: Path) -> None:
    """Every reader refuses, quickly, without a trace outside; the list shows the other run."""
    before = state(away)
    with within(20):
        for name, read in READERS.items():
            with pytest.raises(KautilyaError) as caught:
                read(folder)
            assert caught.value.remedy, name
        assert listed(folder)["good"]["state"] == "finished"
        assert listed(folder)["bad"]["bytes"] < 50_000_000
    assert state(away) == before


@pytest.mark.parametrize("harm", PLANS.values(), ids=PLANS)
@truth(
    "invariant", source="docs/security.md", kills="a plan that is believed; a run that hides others"
)
def test_plans(small: Path, tmp_path: Path, harm: Harm):
    folder, away = struck(small, tmp_path, harm)
    refused(folder, away)
    with within(10), pytest.raises(KautilyaError):
        resume(folder)
    bad = listed(folder)["bad"]
    assert bad["state"] == "damaged" and bad["reason"]


@pytest.mark.parametrize("harm", {**VALUED, **MANIFESTS}.values(), ids=[*VALUED, *MANIFESTS])
@truth(
    "invariant",
    source="docs/security.md",
    kills="a codec that a stranger names; a shape, a type or a number that is believed",
)
def test_values_and_manifests(small: Path, tmp_path: Path, harm: Harm):
    refused(*struck(small, tmp_path, harm))


@pytest.mark.parametrize("harm", CHUNKS.values(), ids=CHUNKS)
@truth(
    "invariant", source="docs/security.md", kills="a record that names a file outside, or a device"
)
def test_records(small: Path, tmp_path: Path, harm: Harm):
    refused(*struck(small, tmp_path, harm))


@pytest.mark.parametrize("harm", KINDS.values(), ids=KINDS)
@truth(
    "invariant",
    source="docs/security.md",
    kills="a link that is followed when something is written, or read; a pipe that is waited for",
)
def test_links_and_pipes(small: Path, tmp_path: Path, harm: Harm):
    folder, away = struck(small, tmp_path, harm)
    refused(folder, away)
    assert listed(folder)["bad"]["state"] == "damaged" and listed(folder)["bad"]["reason"]
    before = state(away)
    with within(10), pytest.raises(KautilyaError):
        resume(folder)
    assert state(away) == before


@truth(
    "invariant",
    source="runs/store.py",
    kills="a second door to the values that is not guarded; "
    "values that are decoded as their attributes say",
)
def test_what_is_written_is_read(small: Path):
    """The same values, labels and texts as any reader of Zarr finds."""
    import xarray as xr

    theirs = xr.open_zarr(small / VALUES, chunks=None, decode_times=False, mask_and_scale=False)
    mine = open_run(small).drop_vars("future")
    for name in mine.variables:
        assert mine[name].values.tolist() == theirs[name].values.tolist() or name == "future"
    assert set(mine.variables) == set(theirs.variables)
    assert json.dumps(mine["lost"].attrs) and "_FillValue" not in mine["lost"].attrs


VERDICTS = (
    "[]",
    "{}",
    "null",
    DEEP,
    '{"claims": 7}',
    '{"claims": [1]}',
    '{"claims": [{}]}',
    '{"claims": [{"badge": "record"}], "badges": {"record": 1}, "verdicts": {}}',
    '{"claims": {"a": 1}, '
    '"verdicts": {"x": []}, "thresholds": {"holds": "a", "fails": 1}, "badges": []}',
)


@pytest.mark.parametrize("text", VERDICTS, ids=lambda text: text[:40])
@truth("invariant", source="docs/security.md", kills="verdicts beside a run that are believed")
def test_verdicts_of_strangers(small: Path, tmp_path: Path, text: str):
    """A report of the run, with what is not there said."""
    from kautilya.report.page import write
    from kautilya.runs.ensemble import scenario_of

    folder, _ = struck(small, tmp_path, wrote("claims.json", text.encode()))
    digest = load_run(folder).manifest["digest"]
    if text.startswith('{"'):
        put(folder / "claims.json", json.loads(text) | {"digest": digest})
    done = load_run(folder)
    page = write(done, folder / "report.html", scenario=scenario_of(done.manifest)).read_text()
    assert ("claims.json beside this run is damaged" in page) == text.startswith('{"claims')


def reshaped(folder: Path, _: Path) -> None:
    """Every outcome and the plan say as many futures as can be said; the data hold 64."""
    most = 2**32 - 1
    for file in (folder / VALUES).glob("*/.zarray"):
        said = document(file)
        if said["dtype"] == "<f4":
            meta(file.parent.name, shape=[most, *said["shape"][1:]])(folder, folder)
    plan(futures=most)(folder, folder)


BELIEVED: dict[str, Harm] = {
    "futures that the data do not hold": plan(futures=2**32 - 1),
    "futures that no record holds": reshaped,
    "fewer futures than the data": plan(futures=63),
    "no records": lambda folder, _: shutil.rmtree(folder / RECORDS),
}


@truth("order", source="docs/security.md", kills="a sealed plan that is listed as it boasts")
@pytest.mark.parametrize("kind", BELIEVED)
def test_a_sealed_plan_is_held_against_the_data(small: Path, tmp_path: Path, kind: str):
    folder, _ = struck(small, tmp_path, BELIEVED[kind])
    found = listed(folder)
    assert found["good"]["state"] == "finished" and found["good"]["futures"] == 64
    assert found["bad"]["state"] == "damaged" and found["bad"]["reason"]
    assert found["bad"]["futures"] == 0
