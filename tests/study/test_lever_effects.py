"""Every lever that the flagship promises exists and moves what it is about."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from support.conventions import ROOT, truth

from kautilya.mechanisms import registry
from kautilya.runs.ensemble import Case, Plan
from kautilya.scenario import load
from kautilya.scenario.chain import ways
from kautilya.study.compare import compare

pytestmark = pytest.mark.xdist_group("levers")  # one worker makes the runs that all compare

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
    "leaders_stay_home": ("met", {"supplier": "BLR"}, "2025", 0),
}
REACHES = (  # what is promised to move deliveries or fire, not only its own gauge
    "no_treaty", "council_repeals", "stricter_enforcement", "no_secondary_sanctions", "china_complies",
    "china_supplies_shells", "technology_blocked", "food_crisis", "unwilling_to_ask",
)  # fmt: skip
ROWS = {  # part: the law that acts, an outcome that is drawn, a lever
    "S01": ("treaty", "tie", "no_treaty"),
    "S06": ("secondary_sanctions", "welfare_change", "no_secondary_sanctions"),
    "S10": ("regime", "concession", "food_crisis"),
    "S11": ("journeys", "journeys", "leaders_stay_home"),
    "S12": ("politics", "balanced", "no_common_enemy"),
    "S13": ("affinity", "affinity_share", "affinity_counts"),
    "S15": ("visibility", "belief", "no_disclosures"),
    "S16": ("journeys", "belief", "leaders_stay_home"),
    "S17": ("choice", "supply_chance", "unwilling_to_ask"),
    "S18": ("embargo", "enforcement", "council_repeals"),
    "S20": ("technology", "technology_level", "technology_blocked"),
}
FUTURES = 32


@pytest.fixture(scope="module")
def levers(tmp_path_factory):
    """The baseline and all levers of the list on the same luck, none of whose wars ends."""
    plan = Plan(FUTURES, 0, Case(keep="why", sets=("termination.hazard=0",)))
    folder = tmp_path_factory.mktemp("levers")
    pulled = dict.fromkeys([*EFFECTS, *REACHES, *(one[2] for one in ROWS.values())])
    return compare("russia_dprk_2024", list(pulled), plan, folder=folder)


def moved(levers, lever: str, outcome: str) -> float:
    """Share of futures in which any cell of an outcome is another one, in any year from 2024 on."""
    before, after = (
        one.data[outcome].transpose("future", ...).values.reshape(FUTURES, -1)
        for one in (levers.baseline, levers.levers[lever])
    )
    apart = np.abs(after - before) > 1e-6 * np.abs(before).max(axis=0)
    return float(apart.any(axis=1).mean())


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


@pytest.mark.parametrize("lever", REACHES)
@truth("order", source="who reads whom", kills="a lever whose chain ends in a gauge")
def test_a_lever_reaches_the_war(levers, lever: str):
    """Deliveries or fire are others in a third of the futures, paired on the same luck."""
    assert max(moved(levers, lever, name) for name in ("shipped", "fired")) >= 1 / 3


@truth(
    "required", source="docs/levers.md", kills="a page of levers that is of other laws or figures"
)
def test_the_page_of_levers_is_of_today(levers):
    """Renew it by `python tools/build_levers.py`."""
    page = (ROOT / "docs" / "levers.md").read_text(encoding="utf-8")
    known = json.loads(re.search(r"<!-- check (.*) -->", page)[1])
    here = {"": levers.baseline} | levers.levers
    for lever in set(known) & set(here):
        data = here[lever].data
        given = data["shipped"].sel(year="2025", offer=["tube_round", "rocket_round"])
        shot = (
            data["fired"]
            .sel(belligerent="RUS", munition="tube_round")
            .sel(month=slice("2025", None))
        )
        now = [float(one.sum() / FUTURES) for one in (given, shot)]
        assert now == pytest.approx(known[lever], rel=1e-6), lever
    assert set(REACHES) <= set(known), "a lever that the page does not tell of"


@pytest.mark.parametrize("part", ROWS)
@truth("order", source="system parts", kills="a part that is named and acts on nothing")
def test_a_part_acts_is_drawn_and_is_moved(levers, part: str):
    """Its law leads to goods that move and serves the part; its outcome is kept by default and varies;
    its lever moves the decision to supply, which is another room than its own."""
    law, outcome, lever = ROWS[part]
    scenario = load("russia_dprk_2024")
    laws = [registry()[one] for one in scenario.head.laws]
    assert part in registry()[law].parts and ways(laws)[law]
    told = {one.id: one for one in scenario.outcomes}[outcome]
    assert part in told.parts and told.keep == "always"
    assert levers.baseline.data[outcome].values.std() > 0
    pulled = {one.id: one for one in scenario.levers}[lever]
    assert part in pulled.parts
    assert moved(levers, lever, "supply_chance") >= 0.5
