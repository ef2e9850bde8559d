"""Parsed scenarios in the cache: the same again, and nothing that runs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from support.conventions import truth

from kautilya import disk
from kautilya.scenario import load
from kautilya.scenario.form import frozen, thawed


@truth(
    "symmetry",
    source="the scenario itself",
    kills="a field, a type or a digit that is lost on the way",
)
def test_there_and_back(starter: Path):
    for name in ("russia_dprk_2024", str(starter)):
        scenario = load(name)
        again = thawed(frozen(scenario))
        assert again == scenario and again.quantities == scenario.quantities
        assert type(again.head.as_of) is type(scenario.head.as_of)
        assert again.head.model_fields_set == scenario.head.model_fields_set


class Evil:
    """What a pickle can be: a call of anything."""

    def __reduce__(self):
        return Path.touch, (Path("pwned"),)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Evil()),
        b"",
        b"null",
        b"[]",
        b'{"of": "Path", "is": {}}',
        b'{"os.system": ["id"]}',
        b'{"of": "Scenario", "is": {}}',
        json.dumps({"Evil": []}).encode(),
        b"[" * 100_000,
    ],
    ids=repr,
)
@truth("order", source="docs/security.md", kills="a cache that runs what a stranger put there")
def test_what_is_none(starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes):
    """In the place of every entry, as it is and behind a right checksum: read as nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAUTILYA_CACHE", str(tmp_path / "cache"))
    scenario = load(str(starter))
    files = [one for one in (tmp_path / "cache").rglob("*") if one.is_file()]
    assert files
    head = disk.HEAD + bytes.fromhex(disk.checksum(data))
    for fresh in (data, head + data):
        for file in files:
            file.write_bytes(fresh)
        assert load(str(starter)) == scenario
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError, RecursionError)):
        thawed(data)
    assert not (tmp_path / "pwned").exists()
