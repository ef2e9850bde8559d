"""Barrels: wear, replacement, and guns taken apart for them."""

from __future__ import annotations

import pytest
from support.conventions import truth
from support.hand import LINE, Hand

from kautilya.mechanisms.barrels import LAW

HAND = Hand(
    LAW,
    {"belligerent": ("AAA",), "munition": ("drone", "tube_round")},
    {"barrel": ("mounted", "spare"), "gun": (*LINE, "store_poor")},
)
GUN, MOUNTED, SPARE, OLD = (
    ("AAA", *rest)
    for rest in (
        ("gun", "prewar"),
        ("barrel", "mounted"),
        ("barrel", "spare"),
        ("gun", "store_poor"),
    )
)


def fields(fired: float, taken: float = 0.0, made: float = 0.0):
    return {
        "param": {"life": 2500.0, "made": [made], "taken": [taken]},
        "var": {"fired": [[7e9, fired]]},
    }


@truth("closed-form", source="tubes lost = fire / life", kills="wear by drones; rounds times life")
def test_wear_is_fire_over_life():
    """5,000 rounds wear out two barrels; two of the spares go on."""
    stock = {GUN: 100.0, MOUNTED: 100.0, SPARE: 50.0}
    month = HAND.months(1, stock, **fields(5000.0))[0]
    seen = (month[MOUNTED], month[SPARE], month["scrap", "barrel", ""])
    assert seen == pytest.approx((100, 48, 2))


@truth("closed-form", source="barrels in use <= guns", kills="more barrels than guns")
def test_barrels_run_out_and_guns_fall_silent():
    """4 a month wear out of 100 with 20 spares: full for 5 months, then 4 fewer a month."""
    months = HAND.months(8, {GUN: 100.0, MOUNTED: 100.0, SPARE: 20.0}, **fields(10_000.0))
    assert [m[MOUNTED] for m in months] == pytest.approx([100] * 5 + [96, 92, 88])
    extra = HAND.months(1, {GUN: 10.0, MOUNTED: 100.0, SPARE: 20.0}, **fields(0.0))[0]
    assert extra[SPARE] == 20.0


@truth("invariant", source="one gun, one barrel", kills="barrels out of guns that are not there")
def test_barrels_taken_are_guns_scrapped():
    """Guns are taken apart only while the spares last less than a year."""
    stock = {GUN: 100.0, MOUNTED: 60.0, SPARE: 10.0, OLD: 12.0}
    month = HAND.months(1, stock, **fields(0.0, taken=30.0))[0]
    assert month[OLD] == 0.0 and month["scrap", "gun", ""] == pytest.approx(12)
    assert month[SPARE] == pytest.approx(10 - 10 + 12)
    rich = HAND.months(1, stock | {SPARE: 480.0}, **fields(0.0, taken=30.0))[0]
    assert rich[OLD] == 12.0
