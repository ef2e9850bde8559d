"""What is shipped says on what terms it is passed on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.conventions import ROOT, truth

from kautilya.scenario import check, library


@truth("required", kills="a shipped record without terms; terms asked of a user's own scenario")
def test_a_shipped_series_needs_terms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shipped" / "case"
    shutil.copytree(library.SHIPPED / "russia_dprk_2024", folder)
    table = folder / "sources.csv"
    table.write_text(table.read_text().replace("MIT (compilation),licence of the compilation", ","))
    assert not [one for one in check(folder) if "licence" in one.found]
    monkeypatch.setattr(sys.modules["kautilya.scenario.check"], "SHIPPED", folder.parent)
    wrong = [one for one in check(folder) if "licence" in one.found]
    assert [one.column for one in wrong] == ["licence"] and "gs_claims" in wrong[0].found


@truth("required", kills="a supplier of data whose name stands nowhere")
def test_notice_is_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "build_notice.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Kiel Institute" in (ROOT / "NOTICE").read_text()
