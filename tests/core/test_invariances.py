"""What must not matter: order of actors and laws, units, other laws, levers, and nothing at all."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.conventions import ROOT, truth
from support.twins.recorded import Whole, everything, flagship, given, luck, whole, worst

from kautilya.core.law import PHASES, Draw, Law, Var
from kautilya.core.model import Model
from kautilya.mechanisms import registry
from kautilya.mechanisms.embargo import NO_LIMIT
from kautilya.runs.case import Case
from kautilya.runs.chunk import prepare, simulate
from kautilya.scenario import load, new
from kautilya.scenario.assemble import Assembled, assemble

FUTURES, SEED = (0, 2, 5000), 11
BAR, LEAST = 1e-9, 1e-6  # relative; less than a millionth of a unit is nothing
FLAGSHIP = ROOT / "src" / "kautilya" / "scenarios" / "russia_dprk_2024"
PAID = ("payments", "pay_cap", "pay_quota", "unit_price")  # in the unit of a payment
NOTHING = (
    "attrition.rate",
    "manpower.rate",
    "manpower.recruits",
    "production.capacity",
    "production.other",
    "storage.capacity",
    "fire_plan.planned",
    "barrels.made",
    "barrels.taken",
    "ammo_repair.capacity",
    "aid.committed",
    "ship.allowed",
    "choice.permit",
    "industry.capacity",
    "food.harvest",
    "food.imports",
    "hunger.need",
    "treasury.income",
    "pay.deficit",
    "opening.stock[*,person,train]",
    "opening.stock[*,barrel,spare]",
)


def months(made: Assembled, loop: Any, levers=(), sets=()) -> list[Whole]:
    """Everything that happens in three futures."""
    fed = given(made, SEED, FUTURES, levers, sets)
    out = loop(fed).outcomes
    return [whole(made.model, out, column) for column in range(len(FUTURES))]


def same(before: list[Whole], after: list[Whole]) -> int:
    """Number of futures that agree to 1e-9; the others must part on one decision, not drift."""
    close = 0
    for a, b in zip(before, after, strict=True):
        apart = [worst(getattr(a, name), getattr(b, name), LEAST)[0][0] for name in Whole._fields]
        close += max(apart) <= BAR
        if max(apart) > BAR:
            turned = [
                key for key in a.var if key[0] == "willing" and np.any(a.var[key] != b.var[key])
            ]
            assert turned, f"not a near tie: {max(apart):.1e}"
    return close


@pytest.fixture(scope="module")
def plain() -> list[Whole]:
    return months(*flagship())


@pytest.mark.parametrize("drive", ["record", "model"])
@truth("invariant", source="null scenario", kills="a drift without a cause")
def test_nothing_happens_without_causes(drive: str):
    """No fighting, output, aid, deals or pipelines: every stock stays, bit by bit, and no law
    moves a grain. The luck of the tempo goes on, and touches nothing."""
    made, loop = flagship()
    fed = given(made, SEED, FUTURES, (), (*(f"{name}=0" for name in NOTHING), f"drive={drive}"))
    out = loop(fed)
    stock = np.asarray(out.outcomes["stock"])
    opening = np.zeros(stock.shape[1:])
    held = np.flatnonzero(made.model.world.limited)
    opening[held] = np.asarray(fed.plain)[: len(held)]
    np.testing.assert_array_equal(stock, np.broadcast_to(opening, stock.shape))
    assert not np.asarray(out.outcomes["paid"]).any()
    assert np.all(np.asarray(out.residual) == 0) and np.all(np.asarray(out.finite))


@truth("invariant", source="double entry", kills="a flow with one leg; a stock edited by a law")
def test_every_good_adds_up_in_every_month():
    made, loop = flagship()
    for levers, sets in (((), ()), (("aid_doubles", "hold_stocks"), ("drive=model",))):
        out = loop(given(made, SEED, FUTURES, levers, sets))
        assert np.all(np.asarray(out.finite)) and float(np.max(out.residual)) <= 1e-9


def reordered(folder: Path) -> Path:
    """The flagship with actors and all sets but the payments in reverse; codes stay."""
    shutil.copytree(FLAGSHIP, folder)
    lines = (folder / "actors.csv").read_text().splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("code,")) + 1
    (folder / "actors.csv").write_text("\n".join(lines[:head] + lines[: head - 1 : -1]) + "\n")
    text = (folder / "scenario.toml").read_text()

    def turn(found: re.Match) -> str:
        names = re.findall(r'"[^"]+"', found[3])
        kept = names if found[1] == "payment" else names[::-1]  # of equal payments the first goes
        return f"[sets.{found[1]}]{found[2]}members = [{', '.join(kept)}]"

    text, count = re.subn(
        r"\[sets\.(\w+)\](\s+axis = \"\w+\"\s+)members = \[([^\]]*)\]", turn, text
    )
    assert count >= 15
    (folder / "scenario.toml").write_text(text)
    return folder


@truth("symmetry", source="promises of the ledger", kills="a place instead of a code")
def test_the_order_of_actors_does_not_matter(plain, tmp_path: Path):
    """Sets and tables in reverse order give the same future for each code, to 1e-9."""
    made = assemble(load(reordered(tmp_path / "turned")))
    assert made.model.world.members("belligerent") == ("UKR", "RUS")
    assert made.model.world.members("munition")[0] != "tube_round"
    assert same(plain, months(made, everything(made.model))) == len(FUTURES)


@truth(
    "symmetry",
    source="promises of the ledger",
    kills="a figure that is not converted, a unit inside a law",
)
def test_the_unit_of_a_good_scales_it(plain, tmp_path: Path):
    """Fuel in tonnes instead of thousands of them, cash in thousands instead of millions.

    Not so for food, dual-use goods, men and barrels: laws name these goods and their unit."""
    folder = tmp_path / "small_units"
    shutil.copytree(FLAGSHIP, folder)
    goods = (folder / "goods.csv").read_text()
    for good, old, unit in (("fuel", "kt", "t"), ("cash", "USD_m", "USD_k")):
        goods = goods.replace(f"\n{good},{old},", f"\n{good},{unit},")
    (folder / "goods.csv").write_text(goods)
    made = assemble(load(folder))
    after = months(made, everything(made.model))
    scaled = {"fuel", "cash"}
    cash = ("RUS", "cash", "ready")
    assert np.all(after[0].stock[cash] > 500 * plain[0].stock[cash])

    def rate(key: tuple) -> float:
        return 1000 if key[0] == "unit_price" else 1 / 1000

    def back(values: dict, good: Any) -> dict:
        return {
            key: np.where(value < NO_LIMIT, value * rate(key), value)
            if good(key) in scaled
            else value
            for key, value in values.items()
        }

    def unit(key: tuple) -> str:
        paid = key[1:2] if key[0] in PAID else ("",)
        return "cash" if key[0] == "bonus_bill" else paid[0]

    after = [
        Whole(
            back(one.stock, lambda key: key[1]),
            back(one.var, unit),
            back(one.paid, lambda key: key[1][1]),
        )
        for one in after
    ]
    assert same(plain, after) == len(FUTURES)


# ---------------------------------------------------------------- on the starter scenario
@pytest.fixture(scope="module")
def starter(tmp_path_factory) -> Path:
    return new("starter_case", tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def made(starter: Path) -> Assembled:
    return assemble(load(starter))


@pytest.fixture(scope="module")
def small(made: Assembled) -> list[Whole]:
    return months(made, everything(made.model))


UNRELATED = Law(
    "aside",
    "observe",
    lambda view: {"aside": view.var["aside"] + view.luck["shock"]},
    draws=(Draw("shock", ("belligerent",), "normal"), Draw("once", ("actor",), "normal", "start")),
    writes=(Var("aside", ("belligerent",), "1", "touches nothing", 0.0),),
)


@truth("invariant", source="luck", kills="draws that shift when a law is added")
def test_an_unrelated_law_leaves_everything(starter: Path, made: Assembled, small, tmp_path: Path):
    """The draws are identical, the results agree to 1e-9."""
    folder = tmp_path / "more"
    shutil.copytree(starter, folder)
    text = (folder / "scenario.toml").read_text()
    (folder / "scenario.toml").write_text(text.replace("laws = [", 'laws = [\n  "aside",', 1))
    more = assemble(load(folder), {**registry(), "aside": UNRELATED})
    for month in (None, 0, 13):
        before, after = (
            luck(one.model, given(one, SEED, FUTURES, (), ()), 1, month) for one in (made, more)
        )
        assert len(after) > len(before)
        assert all(after[key] == value for key, value in before.items())
    wider = months(more, everything(more.model))
    for one in wider:
        for key in [key for key in one.var if key[0] == "aside"]:
            assert one.var.pop(key).any()
    assert same(small, wider) == len(FUTURES)


def turned(model: Model) -> Model:
    """The laws of each phase in reverse order."""
    order = sorted(range(len(model.laws)), key=lambda i: (PHASES.index(model.laws[i].phase), -i))
    return model._replace(
        laws=tuple(model.laws[i] for i in order), built=tuple(model.built[i] for i in order)
    )


@truth("symmetry", source="STYLE 3", kills="a law that sees what another of its phase has written")
def test_the_order_of_laws_within_a_phase_does_not_matter(made: Assembled, small):
    model = turned(made.model)
    assert [law.name for law in model.laws] != [law.name for law in made.model.laws]
    other = made._replace(model=model)
    after = months(other, everything(model))
    for a, b in zip(small, after, strict=True):
        for name in Whole._fields:
            assert worst(getattr(a, name), getattr(b, name), LEAST)[0][0] == 0.0


@truth("invariant", source="ENGINEERING: pitfall 6", kills="a lever, seed or count that is static")
def test_nothing_a_user_changes_recompiles(made: Assembled):
    ready = prepare(made, "always")
    simulate(ready, Case(), 0, 0, 5)
    assert ready.call._cache_size() == 1
    for lever in (*made.scenario.levers, None):
        case = Case((lever.id,) if lever else (), ("drive=model",))
        simulate(ready, case, 2**63 + 1, 300, 130)
    assert ready.call._cache_size() == 1
