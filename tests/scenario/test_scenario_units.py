"""Units at the door."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import ROOT, truth

from kautilya.scenario import check
from kautilya.scenario.units import UnitMistake, factor, internal, words

GOODS = ("tank", "tube_round", "person", "USD_m", "kt", "barrel")
FACTORS = (  # unit, wanted, factor: 365.25 / 12 = 30.4375 days a month, as the format says
    ("tube_round/day", "tube_round/month", 30.4375),
    ("tank/year", "tank/month", 1 / 12),
    ("person/week", "person/month", 30.4375 / 7),
    ("Mt", "kt", 1000.0),
    ("t", "kt", 0.001),
    ("Mt/year", "kt/month", 1000 / 12),
    ("USD_bn", "USD_m", 1000.0),
    ("USD/tube_round", "USD_m/tube_round", 1e-6),
    ("percent", "1", 0.01),
    ("%", "fraction", 0.01),
    ("1", "fraction", 1.0),
    ("percent/year", "1/month", 0.01 / 12),
    ("1/percent", "1", 100.0),
    ("tube_round/barrel", "tube_round/barrel", 1.0),
    ("year", "month", 12.0),
    ("tank * 1 / year", "tank/month", 1 / 12),
    ("kt^2", "t^2", 1e6),
    ("kt**2", "t^2", 1e6),
)


@truth("closed-form", source="365.25 / 12 days a month; SI prefixes", kills="month of 30 days")
@pytest.mark.parametrize(("unit", "wanted", "expected"), FACTORS)
def test_factors(unit: str, wanted: str, expected: float):
    assert factor(unit, wanted, GOODS) == pytest.approx(expected, rel=1e-12)


@truth("invariant", kills="converting rounds of one kind into another")
@pytest.mark.parametrize(
    "unit", ["round", "rocket_round", "mortar_round", "tank", "1", "kt", "tube_round/month"]
)
def test_only_tube_rounds_are_tube_rounds(unit: str):
    with pytest.raises(UnitMistake, match="does not convert"):
        factor(unit, "tube_round", GOODS)


@truth("order", kills="a unit error without a suggestion")
@pytest.mark.parametrize(
    ("unit", "hint"),
    [
        ("tnak/month", "tank"),
        ("usd_m", "USD_m"),
        ("tube_rounds/day", "tube_round"),
        ("Tank", "tank"),
        ("months", "month"),
    ],
)
def test_unknown_units_get_a_near_one(unit: str, hint: str):
    with pytest.raises(UnitMistake) as caught:
        factor(unit, "tank", GOODS)
    assert hint in caught.value.remedy


@truth("order", kills="handing text to an evaluator of expressions")
@pytest.mark.parametrize(
    "unit",
    [
        "9**9**9",
        "tank+1",
        "(tank)",
        "tank()",
        "tank/",
        "/month",
        "",
        "tank^10",
        "a" * 300,
        "tank;import os",
        "٣",
        "tank.month",
    ],
)
def test_only_products_of_names_are_read(unit: str):
    with pytest.raises(UnitMistake, match="cannot be read"):
        words(unit)


@truth("closed-form", kills="leaving money or mass in the unit of the row")
@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("USD_bn/year", "USD_m/month"),
        ("Mt", "kt"),
        ("percent", "fraction"),
        ("tank/day", "tank/month"),
        ("USD/tube_round", "USD_m/tube_round"),
        ("1", "1"),
    ],
)
def test_internal_unit(unit: str, expected: str):
    assert internal(unit, GOODS) == expected


@truth("invariant", kills="a name that means something to pint")
@pytest.mark.parametrize(
    "name",
    [
        "per",
        "square",
        "cubic",
        "nan",
        "inf",
        "lambda",
        "is",
        "dimensionless",
        "delta_t",
        "e",
        "pi",
        "j",
    ],
)
def test_any_name_can_be_a_unit(name: str):
    assert factor(f"{name}/year", f"{name}/month", (name, "not a name", "a/b", "")) == 1 / 12


names = st.sampled_from(
    [
        "day",
        "month",
        "year",
        "t",
        "kt",
        "Mt",
        "USD",
        "USD_m",
        "USD_bn",
        "tank",
        "tube_round",
        "percent",
        "1",
    ]
)


@truth("invariant", kills="a factor that is not the inverse of its inverse")
@settings(max_examples=60, deadline=None)
@given(names, names)
def test_there_and_back(a: str, b: str):
    try:
        there = factor(a, b, GOODS)
    except UnitMistake:
        with pytest.raises(UnitMistake):
            factor(b, a, GOODS)
        return
    assert there * factor(b, a, GOODS) == pytest.approx(1.0, rel=1e-12)


@truth("order", source="heavy parts stay out", kills="importing pint or JAX at the door")
def test_the_door_opens_without_pint_and_jax():
    code = (
        "import sys, kautilya.scenario; "
        "print([m for m in ('jax', 'pint', 'scipy', 'xarray') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@truth(
    "invariant",
    source="law contract: units",
    kills="thousands of millions that a law counts as millions",
)
def test_a_unit_that_a_law_takes_for_granted_is_enforced(tmp_path: Path):
    """Dual-use goods in USD_bn, food in t: refused where the good is declared, with the law."""
    mine = tmp_path / "mine"
    shutil.copytree(ROOT / "src" / "kautilya" / "scenarios" / "russia_dprk_2024", mine)
    assert check(mine) == []
    goods = (mine / "goods.csv").read_text()
    for good, old, new in (("component", "USD_m", "USD_bn"), ("food", "kt", "t")):
        goods = goods.replace(f"\n{good},{old},", f"\n{good},{new},")
    (mine / "goods.csv").write_text(goods)
    found = [one for one in check(mine) if one.column == "unit" and one.file == "goods.csv"]
    said = " ".join(one.found for one in found)
    for law, unit in (("production", "USD_m"), ("evasion", "USD_m"), ("food", "kt")):
        assert f"law '{law}' counts it in {unit}" in said
    first = goods.split("\n").index(next(r for r in goods.split("\n") if r.startswith("component")))
    assert found[0].line == first + 1 and "Give it the unit USD_m" in found[0].remedy
