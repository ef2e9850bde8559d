"""Trade after the measures: the equilibrium beside what reporters say of 2022 and 2023."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from support.conventions import ROOT, truth

from kautilya.scenario import load
from kautilya.scenario.schema import Quantity
from kautilya.validation import trade_after

SCN = load("russia_dprk_2024")


@truth(
    "invariant",
    source="docs/trade.md: inside the reporters' range, a tenth wider",
    kills="a target met from one side alone; a pair of the base year for one of the target's",
)
def test_a_target_is_met_inside_the_reporters_range() -> None:
    out = trade_after.compared(SCN)
    assert set(out["year"]) == {2022, 2023} and len(out) > 60
    inside = (out["after"] >= 0.9 * out["low"]) & (out["after"] <= 1.1 * out["high"])
    assert (out["met"] == inside).all() and out["met"].nunique() == 2
    flows = {(row.exporter, row.importer): row.value for row in SCN.trade}
    for row in out[~out["exporter"].eq("WLD") & ~out["importer"].eq("WLD")].itertuples():
        assert row.base == pytest.approx(flows[row.exporter, row.importer])


@truth("order", source="trade_state card", kills="measures that are in force before they begin")
def test_measures_bite_from_their_first_month() -> None:
    size, target = len(SCN.codes) + 1, SCN.codes.index("RUS")
    first, second = (trade_after.force(SCN, year, size) for year in (2022, 2023))

    def of(year: dict, wave: str, code: str) -> float:
        there, back = (
            year[wave][SCN.codes.index(code), target],
            year[wave][target, SCN.codes.index(code)],
        )
        assert there == back
        return there

    assert 0.5 < of(first, "dual_use", "EUU") < 1.0 == of(second, "dual_use", "EUU")
    assert of(first, "energy", "EUU") == 0.0 < of(second, "energy", "EUU") and second["banks"] < 0.1
    assert of(first, "energy", "USA") > 0.5 and of(second, "energy", "USA") == 1.0
    assert of(second, "energy", "KOR") == 0.0 == of(first, "other", "KOR")
    assert 0.2 < of(second, "other", "KOR") < 0.7 and of(second, "other", "CHN") == 0.0
    assert set(first) == set(second) and np.all([np.max(v) <= 1.0 for v in second.values()])


@truth(
    "slow-twin",
    source="card of trade_state, month by month",
    kills="measures that end overnight here and fade in the law; a sunset that nobody heeds",
)
def test_a_sender_that_leaves_fades_as_in_the_law() -> None:
    left, ramp, fade = 12.0, trade_after.central(SCN, "trade_state.ramp", "energy"), 96.0
    rows = tuple(
        q.model_copy(update={"central": left}) if q.parameter == "trade_state.left" else q
        for q in SCN.rows(Quantity)
    )
    mine = replace(SCN, tables={**SCN.tables, "quantities.csv": rows})
    bite, seen = 0.0, []
    for month in range(23):
        aim = min(max((month - 10.0) / ramp, 0.0), 1.0) if month < left else 0.0
        bite = max(aim, bite - 1.0 / fade)
        seen.append(bite)
    at = SCN.codes.index("EUU"), SCN.codes.index("RUS")
    force = trade_after.force(mine, 2023, len(SCN.codes) + 1)["energy"]
    assert force[at] == pytest.approx(np.mean(seen[11:]), abs=1e-12)


@truth("required", source="docs/trade.md", kills="a number shown beside a target that it misses")
def test_only_what_meets_its_target_is_shown() -> None:
    keep = {one.id: one.keep for one in SCN.outcomes}
    missed = trade_after.unmet(SCN)
    assert (
        set(missed) == {"exports_change", "exports_to_buyer"}
        and "CHN" in missed["exports_to_buyer"]
    )
    assert "EUU" not in missed["exports_to_buyer"], "the European Union's of 2023 is met"
    for outcome, economies in missed.items():
        assert not economies or keep[outcome] != "always", outcome


@truth(
    "required", source="docs/trade.md", kills="a page that is older than the tables that it tells"
)
def test_the_page_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    spec = importlib.util.spec_from_file_location("build_trade", ROOT / "tools/build_trade.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(["--check"]) == 0
