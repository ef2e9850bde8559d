"""Levers and settings: changes as data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.conventions import truth
from support.toy_runs import ready, run

from kautilya.errors import KautilyaError
from kautilya.scenario import load
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply

pytestmark = pytest.mark.usefixtures("own_cache")


@truth("closed-form", kills="a lever that acts before its month, or on other elements")
def test_levers_are_data(folder: Path):
    made = ready(folder)
    plain = apply(made)
    assert np.all(plain.scale == 1) and np.all(plain.shift == 0)
    shell = made.model.layout.paths.index(("make", "rate", "AAA", "shell"))
    more = apply(made, ["more_shells"])
    assert list(more.scale[:, shell]) == [1.0] * 12 + [2.0] * 12
    assert np.all(np.delete(more.scale, shell, axis=1) == 1)
    stopped = apply(made, ["no_supply"])
    at = made.model.layout.slots["supply", "permit"].start
    assert stopped.plain_scale[at] == 0 and stopped.plain_shift[at] == 0
    assert stopped.plain_scale.sum() == len(made.plain_index) - 1
    for one in (more, stopped):
        assert [x.shape for x in one] == [x.shape for x in plain]
    base, cut = run(made)[0], run(made, ["no_supply"])[0]
    assert cut["shipped"].sum() == 0 and np.array_equal(cut["tempo"], base["tempo"])


@truth("closed-form", kills="a setting in the wrong unit")
def test_settings(folder: Path):
    made = ready(folder)
    done = apply(
        made,
        (),
        [
            "price=2000",
            "make-aaa-late=1.2e6",
            "drive=model",
            "fire.rate[AAA,shell]=1000 tube_round/day",
            "tanks-aaa = 7",
        ],
    )
    price = made.model.layout.slots["supply", "price"].start
    assert done.plain_shift[price] == pytest.approx(0.002)
    late = [made.quantities[i].id for i in made.anchor_index].index("make-aaa-late")
    assert done.anchor_shift[late] == pytest.approx(1e5) and done.anchor_scale[late] == 0
    fire = made.model.layout.plain.index(("fire", "rate", "AAA", "shell"))
    assert done.plain_shift[fire] == pytest.approx(30437.5)
    assert done.plain_shift[0] == 7 and not done.record.any()
    assert made.record.tolist() == [1.0] * 6 + [0.0] * 18


@truth("order", source="bad input", kills="a setting that is silently ignored")
@pytest.mark.parametrize(
    "text",
    [
        "prise=1",
        "price",
        "price=",
        "price=nan",
        "price=1e999",
        "price=1_000",
        "price=3 tnak",
        "price=3 tank",
        "drive=modell",
        "fire.rate[AAA]=1",
        "fire.rate[AAX,shell]=1",
        "make.rat=1",
        "opening.stock[AAC,tank,store]=1",
        "tanks-aaa=-1",
        "opening.stock[AAA,tank,store]=-1",
        "=",
        "__class__=1",
        "fire.rate[AAA,shell=1",
    ],
)
def test_settings_that_fit_nothing(folder: Path, text: str):
    with pytest.raises(KautilyaError) as caught:
        apply(ready(folder), (), [text])
    assert caught.value.remedy and "--set" in caught.value.place


@truth("order", kills="a lever that is pulled twice: factors would multiply")
def test_a_lever_named_twice(folder: Path):
    with pytest.raises(KautilyaError, match="twice"):
        apply(ready(folder), ["no_supply", "no_supply"])


@truth("order", kills="an unknown lever that is silently ignored")
def test_unknown_lever(folder: Path):
    with pytest.raises(KautilyaError, match="Did you mean no_supply"):
        apply(ready(folder), ["no_suply"])


DATED = "trade_state.joined[energy,KOR]"


@truth(
    "closed-form",
    source="docs/trade.md: a month of the calendar, or never, counted from the first month",
    kills="a month that is taken for a year, or for a number of months",
)
def test_a_figure_that_says_when_takes_a_month_of_the_calendar():
    """2024-09 is month 31 of a run from 2022-02; as a row's id and as a parameter alike."""
    made = assemble(load("sanctions_only"))
    for given, plain in (("2024-09", "31"), ("never", "1200"), ("2022-02", "0")):
        for name in (DATED, "trade-state-joined-energy-kor"):
            said, same = (apply(made, (), [f"{name}={x}"]) for x in (given, plain))
            for one, other in zip(said, same, strict=True):
                assert np.array_equal(one, other), (name, given)


@pytest.mark.parametrize("given", ["202409", "2024-13", "2024-9", "soon"])
@truth("order", source="bad input", kills="a month without its dash that means never, in silence")
def test_what_is_no_month_is_refused(given: str):
    made = assemble(load("sanctions_only"))
    with pytest.raises(KautilyaError) as caught:
        apply(made, (), [f"{DATED}={given}"])
    assert given in str(caught.value) and caught.value.remedy
    with pytest.raises(KautilyaError, match="'KOR' in the order label, actor"):
        apply(made, (), ["trade_state.joined[KOR,energy]=1"])
    with pytest.raises(KautilyaError, match="number"):
        apply(made, (), ["trade-state-afterlife=2024-09"])
