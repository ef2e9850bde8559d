"""The flagship's accounts: what the published figures on this war allow, and what they do not."""

from __future__ import annotations

import csv
import json
from functools import cache

import numpy as np
import pytest
from support.conventions import shared_file, truth

from kautilya.accounts import audit, feasible, verify
from kautilya.accounts.feeds import FeedKey
from kautilya.accounts.figures import inputs, month_index

FLAGSHIP = "russia_dprk_2024"


@cache
def whole():
    return audit(FLAGSHIP, conflicts=True)


@cache
def main():
    return audit(FLAGSHIP, accept="main")


@cache
def drawn():
    return feasible(FLAGSHIP, 11, np.arange(4096, dtype=np.uint32))


def clashes():
    return [frozenset(f) for f in whole().conflicts.figures]


def share(found, name):
    line = found.shares.set_index("share").loc[name]
    return line.low, line.high


@truth("required", source="facts README", kills="a paper inventory taken for a count")
def test_the_paper_inventory_cannot_hold_with_the_counts():
    """A002 (10,200 stored tanks) against the satellite count, and against what was left."""
    assert frozenset(("A002", "A003")) in clashes()
    assert any("A002" in c and "A003" not in c for c in clashes())
    row = whole().bounds.set_index("figure").loc["A002"]
    assert row.set_aside and row.implied_high < 10_000


@truth("required", source="facts README", kills="a claim that raises its own ceiling")
def test_claims_to_the_end_of_2023_lie_above_the_ceiling():
    """5,977 claimed; the facts' README gives about 4,400 as the ceiling."""
    row = whole().bounds.set_index("figure").loc["CLM-RUS-tank-2023-12"]
    assert row.others_high < 5_977
    assert 4_000 < row.others_high < 5_000
    assert any("CLM-RUS-tank-2023-12" in c for c in clashes())


@truth(
    "required",
    source="facts README: a first sketch gives 2,550 to 4,400",
    kills="bounds no tighter than one source",
)
def test_true_losses_and_the_opening_store_are_narrower_than_any_source():
    low, high = share(main(), "rus_tank_lost_2023")
    assert 2_000 < low < 3_000 and 4_000 < high < 5_000
    low, high = share(main(), "rus_tank_lost_2024")
    assert low > 0.75 * 3_345 and high < 8_582 / 0.7 * 1.0
    low, high = share(whole(), "rus_tank_store")
    assert (low, high) == pytest.approx((6_980, 7_500))
    rows = whole().bounds.set_index("figure")
    assert rows.loc["A003"].shrinks > 0.5 and rows.loc["A007"].shrinks > 0.5


@truth("required", source="facts tables", kills="a list of conflicts that stops at the first")
def test_at_least_five_conflicts_each_in_one_sentence():
    assert len(clashes()) >= 5 and len(set(clashes())) == len(clashes())
    for small in clashes():
        assert not any(other < small for other in clashes())
    assert frozenset(("C003-ROK", "C003-US")) in clashes()
    assert frozenset(("B010-UKR", "B010-US")) in clashes()
    for row in whole().conflicts.itertuples():
        assert row.why.endswith(".") and "cannot all be true" in row.why
        assert row.least_change["by"] > 0
    assert not any("not complete" in note for note in whole().notes)
    assert whole().resolvers.conflicts.max() >= 2


@truth("required", source="facts README", kills="tube, rocket and mortar rounds added up")
def test_two_daily_rates_cannot_be_in_one_unit():
    """NATO's 10,000 and the Ukrainian 30,000 to 70,000 of the same months: possible in different
    units, impossible in one."""
    assert frozenset(("A046-NATO", "A046-UKR")) not in clashes()
    one = audit(FLAGSHIP, good="shells", accept="one_unit", conflicts=True)
    assert frozenset(("A046-NATO", "A046-UKR")) in {frozenset(f) for f in one.conflicts.figures}


@truth("closed-form", source="../shared/facts", kills="an opening stock passed off as published")
def test_shells_say_what_they_cannot_say():
    found = audit(FLAGSHIP, good="shells", accept="main")
    assert sum("the account cannot fail" in note for note in found.notes) >= 2
    assert any("only published opening stock of tube" in note for note in found.notes)
    needs = found.needs.set_index(["figure", "if_it_counts"])
    year = needs.loc[("A040", "tube")]
    assert (year.per_month_low, year.per_month_high) == pytest.approx((10e6 / 11, 12e6 / 11))
    assert 0 < year.opening_low < year.opening_high <= 12e6
    assert len(needs) >= 2 * 8


@truth(
    "closed-form",
    source="../shared/facts README: 75 to about 460 rounds a container",
    kills="containers turned into shells as if all held them",
)
def test_north_korea_is_an_interval_by_what_containers_held():
    low, high = share(main(), "prk_rounds_if_rockets")
    assert (low, high) == pytest.approx((75 * 12_800, 75 * 13_000))
    low, high = share(main(), "prk_rounds_if_shells")
    assert (low, high) == pytest.approx((462 * 12_800, 462 * 13_000))
    low, high = share(main(), "prk_rounds")
    assert low == pytest.approx(0, abs=1) and high <= 462 * 13_000 + 1
    low, high = share(main(), "prk_share_2024")
    assert low == pytest.approx(0, abs=1e-9) and 0.3 < high < 1
    rockets, shells = (share(main(), f"prk_share_2024_if_{k}") for k in ("rockets", "shells"))
    assert 0 < rockets[0] < shells[0] and rockets[1] < shells[1] <= 1


@truth("invariant", kills="a bound without its certificate")
def test_every_bound_has_its_certificate():
    for found in (whole(), main()):
        assert found.accounts.gap.max() < 1e-8 and found.bounds.gap.max() < 1e-8


@truth(
    "order",
    source="../shared/facts README: six rows hidden under as-of",
    kills="a later figure seen before its day",
)
def test_as_of_hides_the_later_rows():
    found = audit(FLAGSHIP, good="tanks", as_of="2024-08-10")
    hidden = found.unused.set_index("figure").why
    for name in ("A003", "A026", "A027", "A049", "ORY-RUS-tank-2024-08"):
        assert "after the as-of date" in hidden[name]
    assert "ORY-RUS-tank-2023-12" in set(found.bounds.figure)


@truth("invariant", kills="frames that cannot be written as JSON")
def test_the_json_shape():
    data = json.loads(json.dumps(whole().as_json(), allow_nan=False))
    assert {"accounts", "bounds", "conflicts"} <= set(data)
    assert {"figure", "published", "implied"} <= set(data["bounds"][0])
    assert {"figures", "why", "least_change"} <= set(data["conflicts"][0])


@truth("order", kills="a search text that finds another figure")
def test_one_figure_step_by_step():
    found = audit(FLAGSHIP, figure="claimed tank losses 2023-12")
    assert set(found.accounts["account"]) == set(
        audit(FLAGSHIP, good="shells", figure="claimed tank losses 2023-12").accounts["account"]
    )
    assert set(found.steps.figure) == {"CLM-RUS-tank-2023-12"}
    assert found.steps.high.iloc[0] > found.steps.high.iloc[-1]
    assert (found.steps.high.diff().dropna() <= 1e-6).all()


@truth("invariant", kills="a declaration that fits no quantity, or a run profile that clashes")
def test_the_flagship_can_be_drawn_from():
    assert verify(FLAGSHIP) == []
    assert drawn().worst < 1e-7
    assert min(m.effective.min() for m in drawn().diagnostics.values()) > 0.2 * 4096
    assert 0 <= drawn().share_survived.overall.share < 0.01


@truth("invariant", kills="a draw outside the declared range of its quantity")
def test_draws_stay_in_the_declared_ranges():
    feeds = drawn().feeds
    front = feeds[FeedKey("opening.stock", "RUS", "", "tank", "prewar")]
    assert front.min() >= 2840 - 1e-3 and front.max() <= 3300 + 1e-3
    rate = feeds[FeedKey("attrition.rate", "RUS", "", "tank")]
    assert rate.min() >= 0.046 - 1e-9 and rate.max() <= 0.08 + 1e-9
    assert all(np.isfinite(values).all() for values in feeds.values())


@truth("published", source="oryx", kills="true losses below what was seen")
def test_drawn_losses_lie_above_what_was_seen():
    lost = sum(v for (a, n), v in drawn().names.items() if a == "rus_tank" and n.startswith("lost"))
    hits = sum(v for (a, n), v in drawn().names.items() if a == "rus_tank" and n.startswith("hits"))
    low, high = share(main(), "rus_tank_lost_2024")
    assert hits.min() >= 3_345 - 1e-3
    assert lost.min() >= low - 1e-3 and lost.max() <= high + 1e-3


@truth("closed-form", kills="a divisor in accounts.toml that no longer fits the record")
@pytest.mark.parametrize("good", ["tube_round", "rocket_round"])
def test_the_record_factor_divides_by_the_record(good):
    """supply_record.factor is what was sent over the sum of the record's own path."""
    given = inputs(FLAGSHIP)
    feed = next(
        f for f in given.declared.feed if f.parameter == "supply_record.factor" and f.good == good
    )
    points = sorted(
        (month_index(q.month), float(q.central))
        for q in given.quantities
        if q.parameter == "supply_record.delivered" and q.actor == "PRK" and q.good == good
    )
    months = np.arange(month_index("2023-09"), month_index("2024-08") + 1)
    path = np.interp(months, [m for m, _ in points], [v for _, v in points])
    assert 1 / feed.factor == pytest.approx(path.sum(), rel=0.01)


@truth("required", source="facts tables", kills="a figure typed wrongly into the scenario")
def test_figures_agree_with_the_facts():
    told = {f.id: f for f in inputs(FLAGSHIP).figures}
    with shared_file("facts/a_russia.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if line["id"] in ("A001", "A002", "A003", "A007", "A008", "A020", "A022"):
                figure = told[line["id"]]
                assert (figure.low, figure.high) == (float(line["low"]), float(line["high"]))
