"""The cache: what is there, a limit of its size, and nothing removed that is not ours."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support.conventions import truth
from support.runs_case import kautilya

from kautilya import disk


@pytest.fixture
def kept(tmp_path: Path, own_cache: None) -> Path:
    """Ten files of a megabyte, the first used longest ago; a run; and what others keep there."""
    root = tmp_path / "cache"
    for i in range(10):
        file = disk.place("shapes", f"code{i % 2}") / f"{i}.npz"
        file.write_bytes(bytes(1_000_000))
        os.utime(file, (1_000 + i, 1_000 + i))
    run = disk.place("claims", "runs", "x")
    for name in ("plan.json", "manifest.json"):
        (run / name).write_bytes(bytes(500_000))
        os.utime(run / name, (1_000.5, 1_000.5))
    (root / "mine").mkdir()
    (root / "mine" / "letter").write_text("dear")
    (root / "letter").write_text("dear")
    (root / "xla").symlink_to(root / "mine")
    return root


@truth(
    "closed-form",
    source="least recently used first",
    kills="a cache that grows; the newest that goes first; half a run; files of others",
)
def test_what_was_used_longest_ago_goes_first(kept: Path):
    """Eleven megabytes to 7.5: the files 0, 1, 2 and the run, which is as old as the first."""
    assert sum(total for _, total in disk.used().values()) == 11_000_000
    assert disk.trim(7_500_000) == 4_000_000
    left = sorted(int(file.stem) for file in kept.rglob("*.npz"))
    assert left == list(range(3, 10)) and not (kept / "claims" / "runs" / "x").exists()
    assert (kept / "letter").exists() and (kept / "mine" / "letter").exists()
    assert disk.trim(7_500_000) == 0


@truth(
    "order",
    source="docs/json.md",
    kills="a command that removes what others keep in that folder, or follows a link out of it",
)
def test_the_command(kept: Path):
    said = json.loads(kautilya("cache", "--json").stdout)
    assert said["parts"]["shapes"] == {"files": 10, "bytes": 10_000_000} and said["removed"] == 0
    assert said["bytes"] == 11_000_000 and Path(said["folder"]) == kept
    shown = kautilya("cache")
    assert shown.returncode == 0 and "shapes" in shown.stdout and "11 MB" in shown.stdout
    done = kautilya("cache", "--clear", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["removed"] == 11_000_000
    assert sorted(one.name for one in kept.iterdir()) == ["letter", "mine", "xla"]
    assert (kept / "mine" / "letter").read_text() == "dear"
    assert json.loads(kautilya("cache", "--json").stdout)["parts"] == {}


@pytest.mark.parametrize(
    "work", ["runs/demo/plan.json", "runs/may/demo/plan.json", "scenarios/mine/scenario.toml"]
)
@truth("required", source="disk.py", kills="finished runs cleared as if they were a cache")
def test_work_in_a_folder_named_as_the_cache_stays(kept: Path, work: str):
    """KAUTILYA_CACHE=. beside one's own runs: neither the command nor the limit takes them."""
    mine = kept / work
    mine.parent.mkdir(parents=True)
    mine.write_bytes(bytes(1_000_000))
    assert disk.trim(0) == 11_000_000 and disk.clear() == 0
    assert mine.stat().st_size == 1_000_000 and not list(kept.rglob("*.npz"))
