"""From the tables to the month loop: toy laws, run on small scenarios."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.conventions import truth
from support.toy_laws import TOYS
from support.toy_runs import FUTURES, edit, ready, run

from kautilya.core.world import OUTSIDE
from kautilya.errors import KautilyaError
from kautilya.scenario import ScenarioErrors, check, load, new
from kautilya.scenario.assemble import assemble
from kautilya.scenario.outcomes import PLACES, coords, emitter

TOML, QUANT, GOODS = "scenario.toml", "quantities.csv", "goods.csv"

pytestmark = pytest.mark.usefixtures("own_cache")


@truth("invariant", source="double entry", kills="a flow with one leg only")
def test_goods_add_up(folder: Path):
    out, residual = run(ready(folder))
    assert residual < 1e-9
    assert out["stocks"].shape == (24, 2, 2, FUTURES) and out["shipped"].shape == (2, 1, 2, FUTURES)
    assert out["tempo"].shape == (24, FUTURES) and out["shipped"][0, 0, 0].min() > 0
    assert np.all(out["shipped"][:, 0, 1] == 0)


@truth("slow-twin", kills="an interpolation that is off by a month")
def test_paths_against_numpy(folder: Path):
    made = ready(folder)
    slot = made.model.layout.slots["make", "rate"].start
    keys = made.model.layout.paths
    values = np.array([q.central for q in made.quantities])[made.anchor_index]
    path = values[made.low] * (1 - made.weight) + values[made.high] * made.weight
    months = np.arange(24)
    shell = keys.index(("make", "rate", "AAA", "shell"))
    early, late = 150e3 / 12, 400e3 / 12  # rounds a year in the table, a month inside
    twin = np.interp(months, [0, 17], [early, late])
    np.testing.assert_allclose(path[:, shell], twin, rtol=1e-12)
    np.testing.assert_allclose(path[:, keys.index(("make", "rate", "AAB", "shell"))], 10_000)
    assert slot == 0 and path.shape == (24, 4)


@truth("closed-form", source="365.25 / 12 days a month", kills="applying a factor twice or never")
def test_figures_come_in_internal_units(folder: Path):
    by = {q.id: q for q in ready(folder).quantities}
    assert by["fire-any"].central == pytest.approx(2000 * 30.4375)
    assert by["lose-any"].high == pytest.approx(0.08)
    assert by["price"].low == pytest.approx(500e-6)
    assert by["cash-all"].low == by["cash-all"].high == pytest.approx(20_000)
    assert by["make-aaa-early"].central == pytest.approx(150e3 / 12)


@truth(
    "symmetry",
    source="promises of the ledger",
    kills="anything that depends on the order or name of actors",
)
def test_relabelling_permutes(folder: Path, tmp_path: Path):
    """The order of actors changes; codes, and so the luck, stay."""
    before, _ = run(ready(folder))
    lines = (folder / "actors.csv").read_text().splitlines()
    (folder / "actors.csv").write_text("\n".join(lines[:3] + lines[:2:-1]) + "\n")
    edit(folder / TOML, ('members = ["AAA", "AAB"]', 'members = ["AAB", "AAA"]'))
    after, _ = run(ready(folder))
    np.testing.assert_allclose(after["stocks"][:, ::-1], before["stocks"], rtol=1e-6)
    np.testing.assert_allclose(after["shipped"][:, :, ::-1], before["shipped"], rtol=1e-6)


@truth("symmetry", source="promises of the ledger", kills="a figure that is not converted")
def test_changing_the_unit_of_a_good_scales(folder: Path):
    edit(folder / GOODS, ("tank,tank,", "tank,kt,"))
    edit(folder / QUANT, (",tank,tri", ",kt,tri"), ("tank/month", "kt/month"))
    edit(folder / "figures.csv", (",tank,counted", ",kt,counted"))
    before, _ = run(ready(folder))
    edit(folder / GOODS, ("tank,kt,", "tank,t,"))
    after, residual = run(ready(folder))
    assert residual < 1e-9
    np.testing.assert_allclose(
        after["stocks"][:, :, 0] / 1000, before["stocks"][:, :, 0], rtol=1e-6
    )
    np.testing.assert_array_equal(after["stocks"][:, :, 1], before["stocks"][:, :, 1])
    assert before["stocks"][:, :, 0].std() > 0


@truth("invariant", source="null scenario", kills="a drift without a cause")
def test_nothing_happens_without_causes(folder: Path):
    sets = ["make.rate=0", "fire.rate=0", "supply.permit=0"]
    out, residual = run(ready(folder), sets=sets)
    assert residual == 0.0
    assert np.all(out["stocks"] == out["stocks"][:1]) and np.all(out["shipped"] == 0)


@truth("invariant", source="luck", kills="draws that shift when a law is added")
def test_an_unrelated_law_leaves_everything(folder: Path):
    before, _ = run(ready(folder))
    edit(folder / TOML, ('"supply"]', '"supply", "mood"]'))
    after, _ = run(ready(folder))
    np.testing.assert_array_equal(after["tempo"], before["tempo"])
    np.testing.assert_allclose(after["stocks"], before["stocks"], rtol=1e-9)


@truth("closed-form", source="core/ledger.py", kills="first come, first served")
def test_rationing_is_proportional(folder: Path):
    """The supplier holds 300 shells and is asked for 600 and 300: both get a third."""
    sets = [
        "opening.stock[AAC,shell,store]=300",
        "supply.ask[AAC,AAA,shell]=600",
        "supply.ask[AAC,AAB,shell]=300",
        "drive=model",
        "supply.price=0",
    ]
    edit(folder / TOML, ('every = "year"\nreduce = "sum"\n', ""))
    out, residual = run(ready(folder), sets=sets)
    np.testing.assert_allclose(out["shipped"][0, 0, :, 0], [200, 100], rtol=1e-6)
    np.testing.assert_allclose(out["shipped"][1:], 0, atol=1e-6)
    assert residual < 1e-9


@truth("closed-form", source="ENGINEERING: pitfall 1", kills="shipping arms that are not paid for")
def test_deals_are_paid_at_the_common_minimum(folder: Path):
    """600 shells at 1 USD_m with 150 in cash: a quarter of both legs is paid."""
    sets = [
        "opening.stock[AAC,shell,store]=1000",
        "supply.ask[AAC,AAA,shell]=600",
        "supply.price=1",
        "opening.stock[AAA,cash,*]=150",
        "drive=model",
    ]
    edit(
        folder / TOML,
        ('every = "year"\nreduce = "sum"\n', ""),
        (
            '[[outcome]]\nid = "tempo"',
            '[[outcome]]\nid = "cash"\nsays = "money"\nkind = "stock"\ndims = ["actor"]\n'
            'good = "cash"\n\n[[outcome]]\nid = "tempo"',
        ),
    )
    out, _ = run(ready(folder), sets=sets)
    np.testing.assert_allclose(out["shipped"][0, 0, 0], 150, rtol=1e-6)
    np.testing.assert_allclose(out["cash"][0, [0, 2], 0], [0, 20_150], atol=1e-3)


@truth("invariant", kills="labels that are not those of the arrays")
def test_coords_fit_the_arrays(folder: Path):
    made = ready(folder)
    out, _ = run(made)
    named = coords(made.scenario, made.model, "all")
    assert named.keys() == out.keys()
    for name, dims in named.items():
        assert out[name].shape == (*(len(labels) for _, labels in dims), FUTURES)
    assert named["shipped"][0] == ("year", ("2022", "2023"))
    with pytest.raises(KautilyaError, match="unknown level"):
        emitter(made.scenario, made.model, "some")


@truth("slow-twin", kills="stages or labels that are not compared")
def test_flows_of_any_good_and_stage(folder: Path):
    """Cash has the stage "", arms the stage "store": stage and good select the same legs."""
    head = '[[outcome]]\nid = "tempo"'
    flow = '[[outcome]]\nid = "{}"\nsays = "x"\nkind = "flow"\nlaw = "supply"\n{}\n\n'
    edit(
        folder / TOML,
        (
            head,
            flow.format("by_good", 'good = "cash"')
            + flow.format("by_stage", 'from_stage = ""')
            + flow.format("every", 'from = "*"')
            + flow.format("weapons", 'to_stage = "store"')
            + head,
        ),
    )
    out, _ = run(ready(folder))
    assert np.all(out["by_stage"] == out["by_good"]) and out["by_good"].min() >= 0
    np.testing.assert_allclose(out["every"], out["weapons"] + out["by_good"], rtol=1e-6)
    assert out["weapons"].mean() > out["by_good"].mean() > 0


@truth("closed-form", kills="a record in the wrong month or unit")
def test_the_record_is_a_matrix(folder: Path):
    edit(folder / "series.csv", ("12000,tube_round/month", "144000,tube_round/year"))
    made = ready(folder)
    at = made.model.layout.series.index(("supply", "recorded", "AAC", "AAA", "shell"))
    assert made.series.shape == (24, 2) and made.series[2, at] == pytest.approx(12_000)
    assert made.series.sum() == pytest.approx(12_000)
    out, _ = run(made, sets=["supply.ask=0"])
    np.testing.assert_allclose(out["shipped"][0, 0, 0], 12_000, rtol=1e-6)


@truth("slow-twin", kills="a world without one of its accounts")
def test_world_holds_every_account(folder: Path):
    world = ready(folder).model.world
    assert OUTSIDE == PLACES
    inside = [row for row in world.rows if row.holder not in OUTSIDE]
    assert len(inside) == 2 + 3 + 3 and len(world.rows) == 8 + 3 * len(OUTSIDE)
    assert world.limited.sum() == 8 and world.row("AAC", "cash") >= 0


@truth("invariant", kills="a fact that is missing, or in the unit of its row")
def test_covariates_and_trade_become_tables(folder: Path):
    head = "source,date,grade,status,note\n"
    end = "example2022,2022,B2,reported,\n"
    pairs = [(a, b) for a in ("AAA", "AAB", "AAC", "ROW") for b in ("AAA", "AAB", "AAC", "ROW")]
    (folder / "trade.csv").write_text(
        f"exporter,importer,value,unit,{head}"
        + "".join(f"{a},{b},{i},USD_bn,{end}" for i, (a, b) in enumerate(pairs) if a != b)
    )
    (folder / "covariates.csv").write_text(
        f"name,actor,partner,value,low,high,unit,{head}"
        f"gdp,*,,1,,,USD_bn,{end}gdp,AAB,,7,,,USD_m,{end}ties,AAA,AAC,0.5,,,1,{end}"
    )
    tables = ready(folder).model.world.tables
    assert tables["gdp"].tolist() == [1000.0, 7.0, 1000.0]
    assert tables["ties"][0, 2] == 0.5 and tables["ties"].sum() == 0.5
    assert tables["trade"][0, 2] == 2000 and tables["trade_to_row"][1] == 7000
    assert tables["trade_from_row"][2] == 14000 and np.all(np.diag(tables["trade"]) == 0)
    edit(folder / "covariates.csv", ("gdp,*", "gdp,AAA"))
    (found,) = check(folder, TOYS)
    assert "AAC" in found.found and "actor *" in found.remedy
    edit(folder / "trade.csv", (f"AAA,AAB,1,USD_bn,{end}", ""))
    assert any(one.file == "trade.csv" and "AAA to AAB" in one.found for one in check(folder, TOYS))


@truth("order", kills="a law that asks for an account that no table gives")
def test_what_a_law_misses_is_a_mistake(folder: Path):
    edit(folder / GOODS, ("shell,tube_round,store,actor", "shell,tube_round,store,belligerent"))
    with pytest.raises(ScenarioErrors) as caught:
        assemble(load(folder), TOYS)
    assert any("AAC, shell, store" in one.found for one in caught.value.mistakes)


@truth("order", source="format: laws", kills="a model without the figures of a law")
def test_laws_need_their_figures(folder: Path):
    lines = (folder / QUANT).read_text().splitlines()
    (folder / QUANT).write_text("\n".join(x for x in lines if not x.startswith("noise")) + "\n")
    with pytest.raises(ScenarioErrors, match="no quantity for lose.noise"):
        assemble(load(folder), TOYS)


@truth("invariant", source="kautilya new", kills="a starter that its own laws refuse")
def test_the_starter_runs_with_the_real_laws(tmp_path: Path):
    folder = new("my_case", tmp_path)
    assert check(folder) == []
    made = assemble(load(folder))
    out, residual = run(made)
    cut, _ = run(made, ["no_supply"])
    assert residual < 1e-9 and made.scenario.id == "my_case"
    assert out["received"].min() > 0 and np.all(cut["received"] == 0)
    assert np.all(cut["shells"][0] == out["shells"][0])
    assert cut["shells"][-1].mean() < out["shells"][-1].mean()
