"""Set-up that several rooms of tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_laws import small_war


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own: nothing is read from, or left in, the user's."""
    monkeypatch.setenv("KAUTILYA_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a small war that a test may edit."""
    return small_war("my_case", tmp_path / "cases")
