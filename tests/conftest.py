"""Set-up that several rooms of tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.runs_case import FUTURES, SEED
from support.toy_laws import small_war

from kautilya.runs.ensemble import run
from kautilya.scenario import new

os.environ.setdefault("KAUTILYA_QUEUE", "off")  # tests run beside one another


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share the set-up of their file run in one worker, so that it is made once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            known = item._fixtureinfo.name2fixturedefs.values()
            if any(one and one[-1].scope == "module" for one in known):
                item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own: nothing is read from, or left in, the user's."""
    monkeypatch.setenv("KAUTILYA_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a small war that a test may edit."""
    return small_war("my_case", tmp_path / "cases")


@pytest.fixture(scope="session")
def starter(tmp_path_factory) -> Path:
    """The scenario that `kautilya new` writes."""
    return new("starter", tmp_path_factory.mktemp("scenarios"))


@pytest.fixture(scope="session")
def whole(starter: Path, tmp_path_factory) -> Path:
    """A run that nothing ever stopped. Not to be changed."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    run(str(starter), FUTURES, SEED, out=folder)
    return folder
