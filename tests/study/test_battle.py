"""The shipped battle runs as its file says, and bad files are refused with a remedy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth

import kautilya
from kautilya.errors import KautilyaError
from kautilya.study.battle import run_battle

BATTLE = Path(next(iter(kautilya.__path__))) / "scenarios" / "iwo_jima_1945" / "battle.toml"


@truth("published", source="engel1954", kills="a rate or landing mistyped in the file")
def test_shipped_battle_is_engels():
    """Reproduction: the rates were fitted on this battle. Bar: 0.1 men on each day."""
    table = pd.read_csv(shared_file("truth/iwo_jima_engel.csv"), comment="#")
    course = run_battle(BATTLE)
    assert np.array_equal(course["day"], table.day)
    assert np.max(np.abs(course["USA"] - table.us_effectives)) < 0.1
    assert np.max(np.abs(course["JPN"] - table.japanese_effectives)) < 0.1


@truth("invariant", source="double entry", kills="losses that forget the inflow")
def test_battle_accounts_close():
    course = run_battle(BATTLE)
    for side in ("USA", "JPN"):
        flow = course[f"{side}_inflow"] - course[f"{side}_loss"]
        assert np.allclose(course[side][0] + np.cumsum(flow), course[side][1:], atol=1e-9)
        assert np.all(course[f"{side}_loss"] >= 0)
    assert course["USA_inflow"].sum() == 54000 + 6000 + 13000


CHANGES = [
    ('kind  = "battle"', 'kind = "war"', "kind"),
    ('engel1954"\nlabel', 'x"\nlabel', "law"),
    ("days  = 36", "days = 0", "days"),
    ("days  = 36", "days = 1.5", "whole"),
    ("value = 21500", "value = -1", "second.strength"),
    ('"JPN"', '"USA"', "both sides"),
    ("to_day      = 6", "to_day = 60", "inflow row 3"),
    ("value = 0.0106", 'value = "a"', "second.exposure"),
    ("[second]", "[third]", "second"),
    ("days  = 36", "days = [", "TOML"),
]


@pytest.mark.parametrize("old,new,place", CHANGES)
@truth("closed-form", source="error at the door", kills="a default put in place of a bad value")
def test_bad_files_are_refused(tmp_path, old, new, place):
    text = BATTLE.read_text(encoding="utf-8")
    assert old in text
    bad = tmp_path / "battle.toml"
    bad.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KautilyaError, match=place) as caught:
        run_battle(bad)
    assert caught.value.remedy


@truth("closed-form", source="error at the door", kills="a bare OSError")
def test_missing_file(tmp_path):
    with pytest.raises(KautilyaError, match="battle file"):
        run_battle(tmp_path / "none.toml")
