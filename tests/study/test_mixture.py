"""What carries a difference: groups of changed rows, mixtures of two scenarios, effects by hand."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.conventions import truth

from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.report.versus import Ask, versus
from kautilya.scenario.differences import differences
from kautilya.scenario.library import SHIPPED
from kautilya.study import mixture

BASE = "sanctions_only"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory):
    """A shipped scenario and a copy with one range of two laws and one share of trade changed."""
    folder = tmp_path_factory.mktemp("two") / "other"
    shutil.copytree(SHIPPED / BASE, folder)
    first = scenarios.load(BASE)
    laws: dict[str, str] = {}
    for row in first.quantities:
        laws.setdefault(row.parameter.split(".")[0], row.id)
    changed = list(laws.values())[:2]
    path = folder / "quantities.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for k, line in enumerate(lines):
        if line.split(",")[0] in changed:
            lines[k] = line.rstrip("\n") + " changed\n"
    path.write_text("".join(lines), encoding="utf-8")
    return first, scenarios.load(folder), list(laws)[:2]


@truth("invariant", source="rows by their key", kills="a changed row in no group, or in two")
def test_mixing_all_groups_gives_the_second_and_none_the_first(both, tmp_path: Path) -> None:
    first, second, laws = both
    found = mixture.groups(first, second)
    assert {f"ranges: {law}" for law in laws} <= set(found)
    assert sum(len(group) for group in found.values()) == 2
    none = scenarios.load(mixture.mixed(first, second, [], tmp_path / "none"))
    whole = scenarios.load(mixture.mixed(first, second, found.values(), tmp_path / "whole"))
    assert none.quantities == first.quantities and whole.quantities == second.quantities
    assert none.trade == first.trade and none.covariates == whole.covariates


@truth("closed-form", source="shapley1953", kills="a sign; an effect counted twice")
def test_effects_add_up_and_share_what_two_do_together() -> None:
    """answer = day + a + b + 2 a b on the same luck: each group carries its own and half of both."""
    luck = np.array([0.0, 1.0, 2.0, 3.0])

    def answer(day: float, a: float, b: float) -> dict[str, np.ndarray]:
        return {"x": luck + 10 * day + a + 3 * b + 2 * a * b}

    table = {
        "first": answer(0, 0, 0), "second": answer(1, 1, 1), "day": answer(1, 0, 0),
        "+a": answer(1, 1, 0), "-a": answer(1, 0, 1), "+b": answer(1, 0, 1), "-b": answer(1, 1, 0),
    }  # fmt: skip
    found = mixture._shift("x", table, (mixture.DAY, "a", "b"))
    effects = {name: mean for name, (mean, _) in found.carried.items()}
    assert effects == {mixture.DAY: 10, "a": 2, "b": 4, mixture.TOGETHER: 0}
    assert found.second - found.first == 16 and found.error == 0


@truth("invariant", source="one run beside itself", kills="a difference where there is none")
def test_a_run_does_not_differ_from_itself() -> None:
    values = np.arange(8.0).reshape(4, 2)
    one = xr.Dataset(
        {"held": (("future", "year"), values, {"nature": "level"})}, {"year": ["2024", "2025"]}
    )
    found = mixture.plain_shifts(one, one, "2025")
    assert [(s.name, s.first, s.second, s.size) for s in found] == [("held", 4.0, 4.0, 0.0)]


@truth("required", source="docs/layouts.md", kills="a difference that is not told, or told in vain")
def test_what_differs_is_told_and_answers_are_compared_as_they_stand(both, tmp_path: Path) -> None:
    first, second, _ = both
    assert differences(first, first) == []
    assert differences(first, second) == []  # notes alone: nothing that anybody computes with
    row = next(one for one in first.quantities if one.distribution == "triangular")
    moved = row.model_copy(update={"central": row.high})
    rows = tuple(moved if one is row else one for one in first.quantities)
    other = replace(first, tables={**first.tables, "quantities.csv": rows})
    found = differences(first, other)
    assert [(one.key, one.kind, one.moves) for one in found] == [((row.id,), "changed", True)]
    assert found[0].before != found[0].after
    parts = [{"kind": "who", "says": "one"}, {"kind": "short", "says": "two"}]
    for name, said in (("a", "one"), ("b", "three")):
        text = json.dumps({"version": name, "parts": [{"kind": "who", "says": said}, parts[1]]})
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    two = [str(tmp_path / f"{name}.json") for name in "ab"]
    told = versus(*two, Ask())
    assert told.says == "1 of 2 statements differ."
    assert told.statements[0] == ("who", "one", "three")
    with pytest.raises(KautilyaError, match="not of one kind"):
        versus(two[0], BASE, Ask(quick=True))
