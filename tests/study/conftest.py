"""A small scenario and a finished run of it, which tests copy before they harm it."""

from __future__ import annotations

from pathlib import Path

import pytest
from study.runs_case import FUTURES, SEED

from kautilya.scenario import new
from kautilya.study.ensemble import run


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
