"""Levers and settings: changes as data."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.conventions import ROOT, truth
from support.toy_laws import TOYS
from support.toy_runs import ready, run

from kautilya.errors import KautilyaError
from kautilya.mechanisms import registry
from kautilya.scenario import check, load
from kautilya.scenario.assemble import Assembled, assemble
from kautilya.scenario.levers import apply
from kautilya.scenario.library import find
from kautilya.scenario.matching import QUANTITIES
from kautilya.scenario.patch import TOML

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


ROW = "trade-state-joined-energy-kor"
SAID = "Write a month as 2024-09, not before 2022-02, or never"


@pytest.fixture(scope="module")
def sanctions() -> Assembled:
    """From 2022-02 to 2027-12, with months in which states join."""
    return assemble(load("sanctions_only"))


def joined(made: Assembled, name: str, given: str) -> float:
    """The month in which South Korea joins under a setting."""
    at = made.model.layout.plain.index(("trade_state", "joined", "energy", "KOR"))
    found = apply(made, (), [f"{name}={given}"])
    assert found.plain_scale[at] == 0
    return float(found.plain_shift[at])


def edited(place: Path, name: str, old: str, new: str) -> Path:
    """A copy of sanctions_only with a piece of a file replaced."""
    folder = place / "own"
    shutil.copytree(find("sanctions_only"), folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return folder


@truth(
    "closed-form",
    source="docs/trade.md: a month of the calendar, or never, counted from the first month",
    kills="a month that is taken for a year, or for a number of months",
)
@pytest.mark.parametrize("name", [DATED, ROW])
def test_a_figure_that_says_when_takes_a_month_of_the_calendar(sanctions: Assembled, name: str):
    """2024-09 is month 31 of a run from 2022-02; as a row's id and as a parameter alike. A fraction is
    a part of a month, and the last number that is taken, 100 years, is never."""
    for given, month in (
        ("2024-09", 31),
        ("2022-02", 0),
        ("31", 31),
        ("31.5", 31.5),
        ("2.5 year", 30),
        ("never", 1200),
        ("Never", 1200),
        ("1200", 1200),
        ("100 year", 1200),
    ):
        assert joined(sanctions, name, given) == month, given


@truth(
    "closed-form",
    source="a year has 12 months, a month 30.4375 days: docs/scenario-format.md",
    kills="a month that is multiplied with the unit of the row: 372 for 2024-09, 14400 for never",
)
@pytest.mark.parametrize("unit", ["year", "quarter", "week", "day"])
def test_a_month_is_a_month_in_a_row_of_another_unit(tmp_path: Path, unit: str):
    folder = edited(tmp_path, QUANTITIES, "energy,,,1200,,month,", f"energy,,,3,,{unit},")
    assert check(folder) == []
    made = assemble(load(folder))
    for given, month in (("2024-09", 31), ("31 month", 31), ("never", 1200), ("2026-05", 51)):
        assert joined(made, ROW, given) == month
    own = {"year": 12, "quarter": 3, "week": 7 / 30.4375, "day": 1 / 30.4375}[unit]
    assert joined(made, ROW, "2.5") == pytest.approx(2.5 * own)


@pytest.mark.parametrize(
    "given",
    """202409 2024 +2024 2024.09 2.024e3 1300.5 1201 1e9 2024-13 2024-9 2024-09-15 2021-12 2124-01
    0000-01 -1 soon nan""".split()
    + ["2024 month", "2024-09 month", "never month", "101 year", "2024 Sep", "Sep 2024", ""],
)
@truth("order", source="bad input", kills="a month without its dash that means never, in silence")
def test_what_is_no_month_is_refused(sanctions: Assembled, given: str):
    for name in (DATED, ROW):
        with pytest.raises(KautilyaError) as caught:
            apply(sanctions, (), [f"{name}={given}"])
        assert given in str(caught.value) and caught.value.remedy == SAID


@truth("order", source="bad input", kills="labels, or a length of time, that are taken for a month")
def test_other_settings_beside_a_month(sanctions: Assembled):
    with pytest.raises(KautilyaError, match="'KOR' in the order label, actor"):
        apply(sanctions, (), ["trade_state.joined[KOR,energy]=1"])
    for given in ("2024-09", "never"):
        with pytest.raises(KautilyaError, match="number"):
            apply(sanctions, (), [f"trade-state-afterlife={given}"])
    assert apply(sanctions, (), ["trade-state-afterlife=2024"])


@pytest.mark.parametrize(
    "cells",
    """,202409,,month ,2024,,month ,2024.09,,month ,2024,,year ,100.1,,year 20,31,2024,month ,-1,,month
    ,2024-09,,month ,2024-09-15,,month ,2024-9,,month ,never,,month""".split(),
)
@truth(
    "order", source="bad input", kills="a row that means never in silence; no word what to write"
)
def test_a_row_of_no_month_is_told_what_to_write(tmp_path: Path, cells: str):
    kind = "triangular" if cells[0] != "," else "fixed"
    row = f"energy,,{cells},{kind},kr_energy2022"
    folder = edited(tmp_path, QUANTITIES, "energy,,,1200,,month,fixed,kr_energy2022", row)
    (found,) = check(folder)
    assert (found.file, found.line) == (QUANTITIES, 47)
    assert found.column == ("high" if kind == "triangular" else "central")
    assert "ount months from 2022-02 as 0: 2024-09 is 31, and 1200 is never" in found.remedy


LEVER = 'value = 31.0\n[[lever.set]]\nparameter = "trade_state.left"'


@truth(
    "order",
    source="docs/scenario-format.md: a lever takes what --set takes",
    kills="a lever whose month has to be counted",
)
@pytest.mark.parametrize(
    ("given", "month"),
    [
        ('value = "2024-09"', 31),
        ('value = "never"', 1200),
        ('value = "NEVER"', 1200),
        ('value = "31"', 31),
        ('value = 100\nunit = "year"', 1200),
    ],
)
def test_a_lever_takes_a_month(tmp_path: Path, given: str, month: float):
    folder = edited(tmp_path, TOML, LEVER, LEVER.replace("value = 31.0", given))
    assert check(folder) == []
    for _ in range(2):  # as read, and out of the cache
        made = assemble(load(folder))
        at = made.model.layout.plain.index(("trade_state", "joined", "energy", "KOR"))
        found = apply(made, ["wider_club"])
        assert (found.plain_scale[at], found.plain_shift[at]) == (0, month)


@truth("order", source="bad input", kills="a lever that means never, or another month, in silence")
@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("value = 202409.0", "value"),
        ("value = 2024.09", "value"),
        ("value = 2024", "value"),
        ("value = -1", "value"),
        ("value = 2024-09-15", "value"),
        ('value = "2024-9"', "value"),
        ('value = "2021-12"', "value"),
        ('value = "soon"', "value"),
        ('value = 101\nunit = "year"', "value"),
        ('value = "2024-09"\nunit = "month"', "unit"),
        ("factor = 2.0", "factor"),
    ],
)
def test_a_lever_of_no_month_is_refused(tmp_path: Path, given: str, key: str):
    folder = edited(tmp_path, TOML, LEVER, LEVER.replace("value = 31.0", given))
    (found,) = check(folder)
    assert found.column == f"lever.set.{key}" and "wider_club" in found.found
    assert key == "unit" or SAID in found.remedy


@truth("order", source="bad input", kills="text that a lever takes for 0 where a number is wanted")
def test_a_lever_on_a_number_takes_no_text(folder: Path):
    file = folder / TOML
    whole = file.read_text(encoding="utf-8")
    for given in ("2024-09", "never", "much"):
        file.write_text(whole.replace("value = 0.0", f'value = "{given}"'), encoding="utf-8")
        (found,) = check(folder, TOYS)
        assert found.column == "lever.set.value" and "plain number" in found.remedy, given


@truth(
    "invariant",
    source="docs/scenario-format.md",
    kills="a figure that says when, and no page says so",
)
def test_the_page_names_all_figures_that_say_when():
    page = (ROOT / "docs" / "scenario-format.md").read_text(encoding="utf-8")
    part = page.split("### When something happens")[1].split("\n## ")[0]
    laws = registry().items()
    dated = {f"`{name}.{one.name}`" for name, law in laws for one in law.params if one.date}
    assert dated and dated == {one for one in re.findall(r"`[a-z_]+\.[a-z_]+`", part)}
