"""Two ways that futures can go, and what tells them apart soon."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import numpy as np
import xarray as xr
from support.conventions import truth

from kautilya.scenario.schema import Outcome
from kautilya.study.indicators import FEW, observable, parted, watched

F = 400
MONTHS = [f"2024-{m:02d}" for m in range(1, 13)]


def outcome(id, **keys):
    return Outcome.model_validate({"id": id, "says": id, "kind": "variable", **keys})


SCENARIO = SimpleNamespace(
    head=SimpleNamespace(as_of=datetime.date(2024, 6, 30), laws=("deliveries", "tie")),
    outcomes=[
        outcome("lost", kind="flow", law="x"),
        outcome("held", kind="stock"),
        outcome("shipped", name="shipped", every="year", reduce="sum"),
        outcome("tie", name="tie"),
    ],
)


@truth("closed-form", source="two heaps made by hand", kills="a side that hangs on a sign; luck")
def test_futures_part_into_two_heaps():
    rng = np.random.default_rng(0)
    left = np.arange(F) < 150
    x = np.stack([np.where(left, 20.0, 2.0) + rng.normal(0, 0.3, F), np.full(F, 3.0)], axis=1)
    assert (parted(x) == left).all(), "the first way has more of what parts them"
    assert (parted(-x) == ~left).all()
    assert (parted(x[:, ::-1] * 1e6) == left).all(), "neither order nor unit counts"
    assert not parted(np.ones((F, 2))).any() and not parted(np.zeros((F, 0))).any()


@truth(
    "closed-form",
    source="(seen + 1/2) / (futures + 1) by hand",
    kills="the ratio upside down; a month before the day; a month too late",
)
def test_the_best_threshold_has_the_largest_ratio():
    first = np.arange(F) < F // 2
    quiet = np.tile(np.arange(F) % 7, (12, 1)).T.astype(float)
    told = quiet.copy()
    told[:, 8] = np.where(first, 10.0, 1.0)  # 2024-09: 90 % of the first way, 10 % of the other
    told[np.arange(F) % 10 == 0, 8] = np.where(first, 1.0, 10.0)[np.arange(F) % 10 == 0]
    told[:, 2] = first  # before the day
    told[:, 11] = first  # after the last month
    data = xr.Dataset(
        {
            "lost": (("future", "month"), told),
            "tie": (("future", "month"), 1.0 * first[:, None] + quiet),
        },
        {"future": np.arange(F), "month": MONTHS},
    )
    found = watched(data, SCENARIO, first, "2024-11")
    assert [one.outcome for one in found] == ["lost"], "an index is nothing to watch"
    best, n = found[0], F // 2
    assert best.when == "2024-09" and best.first == best.above
    assert np.isclose(best.ratio, (0.9 * n + 0.5) / (0.1 * n + 0.5))
    assert np.isclose(best.one, (0.9 * n + 0.5) / (n + 1))
    assert watched(data, SCENARIO, first, "2024-11", but=["lost"]) == []
    few = np.arange(F) < FEW - 1
    assert watched(data, SCENARIO, few, "2024-11") == []


@truth("closed-form", source="natures of variables", kills="a belief that one could count")
def test_only_what_counts_is_observable():
    assert observable(SCENARIO) == ["lost", "held", "shipped"]
