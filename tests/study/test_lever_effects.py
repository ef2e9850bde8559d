"""Every lever that the flagship promises exists and moves what it is about."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth

from kautilya.runs.ensemble import Case, Plan
from kautilya.study.compare import compare

RUS = {"belligerent": "RUS"}
EFFECTS = {  # lever: what it moves, where, in which year, and which way (0: to nothing)
    "no_dprk_shells": ("shipped", {"supplier": "PRK", "offer": "tube_round"}, "2024", 0),
    "china_complies": ("produced", RUS | {"made": ["tube_round", "drone"]}, "2025", -1),
    "china_supplies_shells": ("shipped", {"supplier": "CHN", "offer": "tube_round"}, "2025", 1),
    "aid_stops": ("aid", {"aided": "tube_round"}, "2025", 0),
    "aid_halves": ("aid", {"aided": "tube_round"}, "2025", -1),
    "aid_doubles": ("aid", {"aided": "tube_round"}, "2025", 1),
    "stricter_enforcement": ("exports_to_buyer", {"economy": "CHN"}, "2025", -1),
    "council_repeals": ("sanctions_in_force", {}, "2025", 0),
    "no_treaty": ("tie", {"supplier": "PRK"}, "2024", -1),
    "food_crisis": ("food_gap", {"supplier": "PRK"}, "2025", 1),
    "technology_blocked": ("payments", {"payment": "technology", "supplier": "PRK"}, "2024", 0),
    "unwilling_to_ask": ("supply_chance", {"supplier": "PRK", "offer": "tube_round"}, "2023", -1),
    "refurbishment_doubled": ("fleet_restored", {"equipment": ["tank", "ifv"]}, "2025", 1),
    "no_evasion": ("leakage", {"leak_class": "dual_use"}, "2025", -1),
}
FUTURES = 32


@pytest.fixture(scope="module")
def levers(tmp_path_factory):
    """The baseline and all levers of the list on the same luck, none of whose wars ends."""
    plan = Plan(FUTURES, 0, Case(sets=("termination.hazard=0",)))
    folder = tmp_path_factory.mktemp("levers")
    return compare("russia_dprk_2024", list(EFFECTS), plan, folder=folder)


@pytest.mark.parametrize("lever", EFFECTS)
@truth("order", source="levers", kills="a lever that does nothing, or the reverse")
def test_a_lever_moves_what_it_is_about(levers, lever: str):
    """Paired futures: none moves the other way, most move; what is stopped is nothing."""
    name, cell, year, way = EFFECTS[lever]
    before, after = (
        one.data[name].sel(cell | {"year": year}).values.reshape(FUTURES, -1)
        for one in (levers.baseline, levers.levers[lever])
    )
    assert before.max() > 0 or way > 0
    if way == 0:
        assert np.abs(after).max() <= 1e-6 * before.max()
        return
    moved = way * (after - before)
    assert (moved >= -1e-6 * np.abs(before)).mean() >= 0.9, moved.min(axis=0)
    assert (moved > 1e-3 * np.abs(before)).mean(axis=0).min() > 0.5
