"""What carries a difference: groups of changed rows, mixtures of two scenarios, effects by hand."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from support.conventions import truth

from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.mechanisms import registry
from kautilya.report.versus import Ask, Side, _made, versus
from kautilya.runs.case import Case, Plan, Source, Survival
from kautilya.runs.chunk import structure
from kautilya.runs.pool import Pool
from kautilya.scenario.assemble import assemble
from kautilya.scenario.differences import differences, in_words
from kautilya.scenario.library import SHIPPED
from kautilya.scenario.starters import Asked
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
    assert {f"ranges: {registry()[law].plain}" for law in laws} <= set(found)
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
    found, notes = mixture.plain_shifts(one, one, "2025")
    assert notes == [] and found[0].still
    assert [(s.name, s.first, s.second, s.size) for s in found] == [("held", 4.0, 4.0, 0.0)]


@truth("required", source="the digest of a run's files",
       kills="0 rows differ, of runs from files that are gone; a setting told as a list of Python; "
       "runs of different length that are not compared, without a word")  # fmt: skip
def test_what_two_runs_were_made_from_is_told_first(both) -> None:
    first, second, _ = both

    def side(name: str, of: scenarios.Scenario, digest: str = "", **case: list[str]) -> Side:
        run = SimpleNamespace(manifest={"digest": digest or of.digest, "case": case})
        return Side(name, "", of, run, {})  # type: ignore[arg-type]

    def made(one: Side, two: Side) -> str:
        return _made(one, two, differences(first, first))

    now = side("a", first)
    assert made(now, side("b", first)) == "made from the same files"
    assert made(now, side("b", second)) == "made from different files: quantities.csv"
    gone = made(side("a", first, "0123"), now)
    assert gone.startswith("made from different files: those of a have changed since")
    told = made(now, side("b", first, sets=["x=1", "y=2"]))
    assert told.endswith("the first without --set, the second with --set x=1 --set y=2")

    def run(values: list[float], year: str = "2025") -> xr.Dataset:
        held = (("future", "year"), np.array([values]).T, {"nature": "level"})
        return xr.Dataset({"held": held}, {"year": [year]})

    found, notes = mixture.plain_shifts(run([1, 2, 9]), run([1, 2]), "2025")
    assert (found[0].first, found[0].second, found[0].still) == (1.5, 1.5, True)
    assert notes == ["one has 3 futures and the other 2: compared are the first 2"]
    found, notes = mixture.plain_shifts(run([1, 2]), run([1, 2], "2026"), "2025")
    assert not found and "the same labels and times" in notes[0]


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
    ((which, before, after),) = in_words(found, first, other)
    assert row.id not in which and before != after and "_" not in which + before + after
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


@pytest.fixture(scope="module")
def duels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A duel, and one in which the first has more men, the second shoots better from a day on, and
    the fire of the first grows."""
    place = tmp_path_factory.mktemp("duels")
    made = [scenarios.new(name, place, "duel", Asked(length=10)) for name in ("one", "two")]
    path = made[1] / "quantities.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    later = [x for x in lines if x.startswith("exposure-first")]
    lines = [x.replace(",1000,,person", ",1200,,person") for x in lines]
    lines = [x.replace(",0.02,,1/day", ",0.03,,1/day") if x in later else x for x in lines]
    lines.append("joins-late,reinforcement.joins,AAB,,men,,,2022-01-06,,5,,person/day,fixed,assumed,"
                 "2022-01-01,F6,imposed,a few join")  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return made


@truth(
    "closed-form",
    source="Lanchester's square law in closed form (lanchester1916), and its Shapley values",
    kills="mixtures that are run with rows of another, or counted with the wrong sign",
)
def test_what_carries_a_difference_of_two_duels(duels: list[Path]) -> None:
    plan, seen = Plan(4, 0, Case()), []
    addresses = tuple(map(str, duels))
    found, notes = mixture.shifts(
        addresses, "2022", plan, progress=lambda k, n: seen.append((k, n))
    )  # type: ignore[arg-type]
    assert notes == [] and seen[0] == (0, 8) and seen[-1] == (8, 8)
    left = next(one for one in found if one.name == "strength AAA")
    men, fire, joins = (f"ranges: {registry()[x].plain}" if x in registry() else f"ranges: {x}"
                        for x in ("opening", "aimed_fire", "reinforcement"))  # fmt: skip

    def after(x: float, a: float, t: float = 10.0, y: float = 800.0, b: float = 0.02) -> float:
        r = np.sqrt(a * b)
        return x * np.cosh(r * t) - np.sqrt(a / b) * y * np.sinh(r * t)

    assert left.first == pytest.approx(after(1000, 0.02), rel=1e-5)
    alone = after(1200, 0.02) - after(1000, 0.02)
    assert 0 < alone < left.carried[men][0] + 1e-9 and left.carried[fire][0] < 0
    assert left.carried[joins][0] < 0
    total = sum(mean for mean, _ in left.carried.values())
    assert total == pytest.approx(left.second - left.first, rel=1e-9)


@truth("required", source="one month loop for all mixtures", kills="a compile for each mixture")
def test_a_few_rows_more_or_less_are_not_compiled_anew(duels: list[Path]) -> None:
    marks = {structure(assemble(scenarios.load(one)), "always") for one in duels}
    assert len(marks) == 1


@truth("order", kills="one mixture that cannot be run, and ends the whole comparison")
def test_a_job_that_is_refused_ends_the_others_only_where_nobody_listens(duels: list[Path]) -> None:
    jobs = [Survival(Source(str(one)), 0, "run") for one in (duels[0], Path("nowhere"), duels[1])]
    done, refused = [], []
    with Pool(1) as pool:
        pool.run(jobs, lambda job, _: done.append(job), lambda job, _: refused.append(job))
        assert (done, refused) == ([jobs[0], jobs[2]], [jobs[1]])
        with pytest.raises(KautilyaError, match="nowhere"):
            pool.run(jobs[1:2], lambda job, _: None)
