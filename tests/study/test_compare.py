"""Comparisons of paired futures, streamed from disk: the same numbers, in bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.conventions import truth

import kautilya as kt
from kautilya.errors import KautilyaError
from kautilya.runs import store, summary
from kautilya.runs.ensemble import Case, Plan
from kautilya.runs.numbers import Number
from kautilya.study import compare as comparing
from kautilya.study import why
from kautilya.study.compare import Comparison, compare, compare_by, rows

FUTURES, LEVER = 20_000, "no_supply"
PLAN = Plan(FUTURES, 3, Case((), (), "always", "raw"))


@pytest.fixture(scope="module")
def pair(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(str(starter), (LEVER, LEVER), PLAN, folder=tmp_path_factory.mktemp("pair"))


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Few futures and two cells at a time."""
    for module in (comparing, summary):
        monkeypatch.setattr(module, "READ", 512)
        monkeypatch.setattr(module, "COLUMNS", 4 * store.ITEM * FUTURES)
    yield


@truth(
    "other-program",
    source="numpy on whole arrays",
    kills="blocks out of order; a flow read "
    "at its last month; cells of one box taken for those of the next",
)
def test_rows_are_those_of_whole_arrays(pair: Comparison, narrow: None):
    found = {row["outcome"]: row for row in rows(pair, "2023")}
    base, other = pair.baseline.data, pair.levers[LEVER].data
    seen = set()
    for name, array in base.data_vars.items():
        time, *labels = array.dims[1:]
        at = [str(t)[:4] == "2023" for t in array[time].values]
        for cell in product(*(array[d].values for d in labels)):
            one, two = (
                data[name].sel(dict(zip(labels, cell, strict=True))).values[:, at].astype(float)
                for data in (base, other)
            )
            flow = array.attrs["kind"] == "flow" or name == "fired"
            before, after = ((x.sum(axis=1) if flow else x[:, -1]) for x in (one, two))
            row = found[" ".join([str(name), "/".join(map(str, cell))]).strip()]
            marks = np.quantile(after - before, (0.05, 0.5, 0.95))
            assert list(row["change"].values()) == pytest.approx(marks, rel=1e-5, abs=1e-2)
            assert row["baseline"]["median"] == pytest.approx(np.median(before), rel=1e-6)
            seen.add(row["outcome"])
    assert seen == set(found) and any(row["unchanged"] < 0.5 for row in found.values())


@truth(
    "invariant",
    source="memory bounded whatever N",
    kills="an outcome that is read whole; one that stays in memory once it was read",
)
def test_what_is_held_does_not_grow_with_the_outcomes(pair: Comparison, narrow: None):
    """20 MB and more on disk a run; 2.5 MB of it at a time."""
    size = pair.baseline.data.nbytes
    rows(pair, "2023")  # what is loaded once
    tracemalloc.start()
    rows(pair, "2023")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 15e6 and most < 4e6


@truth("other-program", source="xarray on whole arrays", kills="a lever minus another lever")
def test_differences_as_one_table(starter: Path, pair: Comparison, monkeypatch):
    monkeypatch.setattr(comparing, "READ", 100)
    found = kt.compare(starter, LEVER, 300, 3, accept="raw", keep="shells,lost")
    assert set(found.data_vars) == {"shells", "lost"}
    for name in found.data_vars:
        by_hand = pair.difference(LEVER, str(name))[:300]
        assert np.array_equal(found[name].sel(lever=LEVER).values, by_hand.values)
        assert found[name].dims == ("lever", *by_hand.dims)
    with pytest.raises(TypeError, match="kepp"):
        kt.compare(starter, LEVER, 300, kepp="shells")


@truth("other-program", source="numpy on whole arrays", kills="a number read from the wrong block")
def test_a_number_is_read_by_blocks(pair: Comparison, monkeypatch):
    monkeypatch.setattr("kautilya.runs.numbers.READ", 300)
    array = pair.baseline.data["line"]
    number = Number("line", "line", np.array([3, 5]), (1, None))
    whole = array.values.astype(float)[:, [3, 5], 1].sum(axis=(1, 2))
    assert np.array_equal(number.of(array), whole)


@pytest.mark.parametrize(
    "asked,futures,says",
    [
        (((), "", "2023"), 10, "no lever named"),
        ((("nothing",), "", "2023"), 10, "unknown lever"),
        (((LEVER,), "", "1999"), 10, "no year of the scenario"),
        (((LEVER,), "no-figure", "2023"), 10, "no figure with two values"),
        (((LEVER,), "", "2023"), 0, "0 futures"),
        (((LEVER,), "", "2023"), 2**32, "Give 1 to"),
        (((LEVER,), "", "2023"), 2**31, "are free where"),
    ],
)
@truth(
    "order",
    source="bad input",
    kills="a first run that is made before the second is refused; "
    "an empty table for a year that is not there",
)
def test_what_cannot_run_is_refused_first(starter: Path, tmp_path: Path, asked, futures, says):
    levers, by, year = asked
    with pytest.raises(KautilyaError, match=says):
        compare_by(
            str(starter),
            levers,
            Plan(futures, 0, PLAN.case),
            (by, year, False),
            folder=tmp_path / "out",
        )
    assert not list(tmp_path.iterdir())


@truth(
    "order",
    source="memory bounded whatever N",
    kills="an answer that outgrows memory after an hour of runs",
)
def test_what_would_not_fit_memory_is_refused_first(starter: Path):
    with pytest.raises(KautilyaError, match="GB of memory") as caught:
        kt.compare(starter, LEVER, 10_000_000)
    assert "keep" in caught.value.remedy
    with pytest.raises(KautilyaError, match="nobody decides whom to supply"):
        kt.why(starter, "AAA", "shells")
    with pytest.raises(KautilyaError, match="weighed at once") as caught:
        kt.why("russia_dprk_2024", "RUS", "shells", futures=10_000_000)
    most = int(caught.value.remedy.split()[-1].replace(",", ""))
    assert 20_000 < most < 10_000_000


@truth("other-program", source="xarray on whole arrays", kills="another class or year than asked")
def test_one_class_and_year_is_read():
    """Of labels that are told apart, those of the cell, with dims kept."""
    chance = np.arange(24.0).reshape(2, 2, 2, 3)
    data = xr.Dataset(
        {
            "supply_chance": (("future", "year", "offer", "supplier"), chance),
            "patron_cost": (("future", "year", "supplier"), np.arange(12.0).reshape(2, 2, 3)),
            "other": (("future", "year"), np.zeros((2, 2))),
        },
        {"year": ["2023", "2024"], "offer": ["tank", "gun"], "supplier": list("ABC")},
    )
    found = why.cell(data, "gun", "2023")
    assert set(found.data_vars) == {"supply_chance", "patron_cost"}
    assert np.array_equal(found["supply_chance"].values[:, 0, 0], [[3, 4, 5], [15, 16, 17]])
    assert np.array_equal(found["patron_cost"].values[:, 0], [[0, 1, 2], [6, 7, 8]])


@truth("closed-form", source="a fall from -22.9 to -23.1 is a fall",
       kills="a ratio of what is negative or itself in percent, whose sign says more where it is less; "
       "the unit of a month for what is added up over a year")  # fmt: skip
def test_a_ratio_is_given_only_where_it_tells_something():
    def told(before: list[float], after: list[float], unit: str = "") -> list[float]:
        return list(100 * comparing.ratio(np.array(before), np.array(after), unit))

    assert told([10.0, 20.0], [9.0, 25.0]) == pytest.approx([-10, 25])
    assert np.isnan(told([-22.9, -22.9], [-23.1, -23.0])).all()
    assert np.isnan(told([-1.0, 20.0], [1.0, 30.0])).all()  # of either sign over futures
    assert np.isnan(told([1.0, 20.0], [-1.0, 30.0])).all()
    assert np.isnan(told([1.0, 2.0], [1.1, 2.2], "percent")).all()
    assert told([-1e-12, 20.0], [-1e-12, 30.0])[1] == pytest.approx(50)  # dust has no sign
    found = comparing.difference(
        "x", "exports", "2025", np.full(4, -22.9), np.full(4, -23.1), "percent"
    )
    assert found["change"]["median"] == pytest.approx(-0.2) and found["unit"] == "percent"
    many = {"units": "{good}/month", "goods": "shell=round; gun=piece", "nature": "amount"}
    assert comparing.unit_in(many, ("AAA", "gun")) == "piece"
    assert comparing.unit_in(many | {"nature": "mean"}, ("AAA", "shell")) == "round/month"
