"""The past the run tells, beside evidence and accounts; who supplies; what the record says."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.conventions import truth
from typer.testing import CliRunner

from kautilya import scenario as scenarios
from kautilya.cli.main import app
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Case, Plan, run
from kautilya.scenario.lexicon import Names
from kautilya.study.history import history
from kautilya.study.reasons import sentence, weighed, would_change
from kautilya.study.why import Question, coded, log_evidence, why


@pytest.fixture(scope="module")
def flagship(tmp_path_factory):
    """256 futures of the flagship."""
    return run("russia_dprk_2024", 256, 0, out=tmp_path_factory.mktemp("run"))


@truth("published", source="oryx", kills="losses drawn below what was photographed")
def test_losses_lie_between_evidence_and_accounts(flagship):
    """Above visual evidence times its permanent share, and inside the accounts' bounds."""
    found = history(flagship)
    for row in found.losses:
        if row["until"] == "2023-12":
            assert row["above_floor"] >= 0.95, row
            assert row["inside"] >= 0.90, row
    tanks = next(
        r for r in found.losses if (r["actor"], r["good"], r["until"]) == ("RUS", "tank", "2023-12")
    )
    assert 2200 <= tanks["bounds"][0] and tanks["bounds"][1] <= 4600  # the sketch: 2,550-4,400
    assert tanks["bounds"][0] <= tanks["simulated"]["median"] <= tanks["bounds"][1]


@truth("published", source="gs_claims", kills="one constant bias for the claims")
def test_the_bias_of_claims_varies_in_time(flagship):
    """Claims over simulated losses: the intervals of the first and the last half-year differ."""
    rows = [r for r in history(flagship).claim_bias if r["good"] == "gun"]
    first, last = rows[0]["claimed_over_simulated"], rows[-1]["claimed_over_simulated"]
    assert last["low"] > first["high"]


@truth("invariant", source="record", kills="a record that does not drive up to the as-of date")
def test_the_record_drives_until_the_as_of_date(flagship):
    """No shells from North Korea in 2022, and none from any state that is not on record in 2023."""
    shipped = flagship.data["shipped"].sel(offer="tube_round")
    assert float(shipped.sel(year="2022", supplier="PRK").max()) == 0.0
    others = [s for s in shipped["supplier"].values if s not in ("PRK", "IRN", "BLR")]
    assert float(shipped.sel(year="2023", supplier=others).max()) == 0.0
    assert float(shipped.sel(year="2023", supplier="PRK").min()) > 0.0


@truth("invariant", source="decision model", kills="a probability that is a constant per country")
def test_the_answer_comes_out_of_the_model():
    """As if the record were not known no state has supplied before, also in the year in which the
    record ends. With stock and calibre alone North Korea's chance is less, though it leads in more
    futures; where nobody fears sanctions more than others China leads in more. Its chance
    does not rise, as an older test asked: the estimates say so."""
    plan = Plan(128, 0, Case())
    found = why("russia_dprk_2024", Question("RUS", "shells"), plan)
    by = {c["supplier"]: c for c in found.candidates}
    free = {c["supplier"]: c for c in found.rivals["no_secondary_sanctions"]}
    alone = {c["supplier"]: c for c in found.rivals["stock_and_calibre_only"]}
    assert free["CHN"]["leads"] > by["CHN"]["leads"]
    assert alone["PRK"]["probability"] < 0.5 * by["PRK"]["probability"]
    assert found.told == "2024-01 to 2024-08" and by["PRK"]["delivers"] == 1.0
    assert all(c["terms"][term] == 0.0 for c in by.values() for term in ("again", "delivered"))
    assert found.delivered == ["PRK"] and set(found.rivals) | {""} == set(found.evidence)
    assert by["CHN"]["patron_loss_percent"]["high"] == 0.0 < by["PRK"]["patron_loss_percent"]["low"]
    bare = Plan(
        128,
        0,
        Case(
            sets=("opening.stock[PRK,tube_round,ready]=0", "industry.capacity[PRK,tube_round]=0"),
            accept="raw",
        ),
    )
    none = {
        c["supplier"]: c
        for c in why("russia_dprk_2024", Question("RUS", "shells"), bare).candidates
    }
    assert none["PRK"]["quantity"] == 0.0 and none["PRK"]["leads"] == 0.0


@truth(
    "closed-form",
    source="kass1995",
    kills="states that could not supply counted as refusals "
    "that were foretold; the mean of logs for the log of the mean",
)
def test_evidence_is_the_mean_likelihood_of_the_record():
    """Two futures, three states; the third holds nothing: .5 * .8 and .2 * .9 in the mean."""
    chance = np.array([[0.5, 0.2, 0.0], [0.2, 0.1, 0.0]])
    sent = np.array([[True, False, False]] * 2)
    assert log_evidence(chance, sent) == pytest.approx(np.log((0.4 + 0.18) / 2))
    words = weighed(["PRK"], {"": 0.0, "no_reputation": np.log(2.5), "no_common_enemy": -4.0})
    assert "2.5, not told apart" in words[1] and "0.018, told apart" in words[2]


@truth("invariant", source="dual-use goods in 2024", kills="one supplier set for all classes")
def test_supplier_sets_are_per_class():
    """China leads for dual-use goods, South Korea refuses them by its own law."""
    found = why("russia_dprk_2024", Question("RUS", "dual-use"), Plan(128, 0, Case()))
    by = {c["supplier"]: c for c in found.candidates}
    assert found.candidates[0]["supplier"] == "CHN"
    assert by["KOR"]["refuses"] > 0.9 and by["KOR"]["terms"]["own_ban"] < -1
    assert np.isclose(by["CHN"]["terms"]["own_ban"], 0.0)


@truth(
    "other-program",
    source="xarray",
    kills="a store whose metadata others must gather, with a warning",
)
def test_others_open_the_store_as_it_is(tmp_path):
    """xarray with its defaults: the same numbers, all metadata in one file."""
    mine = run("russia_dprk_2024", 32, 0, out=tmp_path / "out")
    theirs = xr.open_zarr(str(tmp_path / "out" / "outcomes.zarr"), consolidated=True, chunks=None)
    assert set(mine.data.data_vars) == set(theirs.data_vars)
    assert np.array_equal(mine.data["fired"].values, theirs["fired"].values)


@truth("invariant", source="ledger", kills="`--keep all` that leaves an account out")
def test_keep_all_keeps_every_account(tmp_path):
    """With everything kept, the vintages of the line add up to the declared stock outcome."""
    data = run("russia_dprk_2024", 32, 0, case=Case(keep="all"), out=tmp_path / "all").data
    line = sum(
        data[f"stock_tank_{s}"].sel(actor="RUS") for s in ("prewar", "new", "restored", "foreign")
    )
    declared = data["line"].sel(belligerent="RUS", equipment="tank")
    assert np.allclose(line.values, declared.values, rtol=1e-5)
    assert "var_taste" in data and data["var_taste"].dims == (
        "future",
        "month",
        "supplier",
        "offer",
    )


def watched(
    starter: Path, folder: Path, rows: list[tuple[str, str, str, str, float, str]], head: str = ""
) -> Path:
    """The starter with observed rows (series, actor, good, month, value, unit)."""
    shutil.copytree(starter, folder)
    table = folder / "series.csv"
    text = table.read_text()
    with table.open("w", newline="") as file:
        file.write(text if text.endswith("\n") else text + "\n")
        csv.writer(file).writerows(
            (series, actor, "", good, month, value, unit, "assumed", "2022-06-30", "F6", "assumed")
            for series, actor, good, month, value, unit in rows
        )
    with (folder / "scenario.toml").open("a") as file:
        file.write(head)
    return folder


ROWS = [
    ("observed.line", "AAA", "tank", "2022-03", 900.0, "tank"),
    ("observed.line", "AAA", "tank", "2022-12", 800.0, "tank"),
    ("observed.line", "AAA", "tank", "2023-06", 700.0, "tank"),
]


@truth(
    "slow-twin",
    source="the run's own array, read by hand",
    kills="a comparison that knows the outcomes and months of one scenario",
)
def test_any_series_is_held_against_the_outcome_of_its_name(starter, tmp_path):
    made = run(str(watched(starter, tmp_path / "case", ROWS)), 64, 0, out=tmp_path / "run")
    found = history(made)
    assert [(r["series"], r["month"]) for r in found.observed] == [
        ("observed.line", "2022-12"),
        ("observed.line", "2023-06"),
    ]
    cell = {"belligerent": "AAA", "equipment": "tank"}
    line = made.data["line"].sel({d: v for d, v in cell.items() if d in made.data["line"].dims})
    for row in found.observed:
        x = line.sel(month=row["month"]).values
        assert row["simulated"]["median"] == pytest.approx(np.median(x), rel=1e-6)
        assert row["below"] == pytest.approx((x < row["seen"]).mean(), abs=1 / 128)
    shown = CliRunner().invoke(app, ["history", str(tmp_path / "run")])
    assert shown.exit_code == 0 and "equipment with the forces" in shown.output
    assert "observed.line" not in shown.output


@truth(
    "invariant",
    source="the contract of the command",
    kills="advice that cannot help; a series that is passed over in silence",
)
def test_what_cannot_be_compared_is_said(starter, tmp_path):
    bare = watched(starter, tmp_path / "bare", [])
    lines = (bare / "series.csv").read_text().splitlines()
    (bare / "series.csv").write_text("\n".join(lines[:2]) + "\n")
    run(str(bare), 32, 0, out=tmp_path / "none")
    shown = CliRunner().invoke(app, ["history", str(tmp_path / "none")])
    said = " ".join(shown.output.split())
    assert shown.exit_code == 2 and "series = observed.OUTCOME" in said
    head = '\n[observed.pictures]\noutcome = "line"\ncounts = "total"\nkind = "floor"\n'
    rows = [
        *ROWS[:1],
        ("observed.unheard", "AAA", "tank", "2022-12", 1.0, "tank"),
        ("observed.line", "AAC", "tank", "2022-12", 1.0, "tank"),
        ("observed.pictures", "AAB", "tank", "2022-12", 10.0, "tank"),
    ]
    made = run(str(watched(starter, tmp_path / "case", rows, head)), 32, 0, out=tmp_path / "out")
    found = history(made)
    assert any("observed.unheard" in one and "[observed.NAME]" in one for one in found.missing)
    assert any("observed.line (AAC/tank)" in one and "AAC" in one for one in found.missing)
    assert len(found.observed) == 1 and found.losses[0]["floor"] == 10.0
    few = run(str(tmp_path / "case"), 32, 0, case=Case(keep="received"), out=tmp_path / "few")
    assert any("--keep line" in one for one in history(few).missing)


@truth(
    "order",
    source="`why`: what is on record first, then the model, then those that are asked about",
    kills="a model's order that passes for the record; a rival of the question left out",
)
def test_the_sentence_of_why_says_what_is_on_record_first():
    def state(name: str, leads: float, sent: float, gain: float) -> dict:
        return {
            "supplier": name,
            "leads": leads,
            "able": 1.0,
            "recorded_or_simulated": {"median": sent},
            "terms": {"gain": gain, "sanctions": -gain},
        }

    base = [state("A", 0.6, 0, 3.0), state("B", 0.3, 5.0, 1.0), state("C", 0.1, 0, 0.5)]
    base += [state("D", 0.0, 0, 0.0), state("E", 0.0, 7.0, -0.1)]
    said = sentence(base, {"B": "Bland"}, ["B", "E"], ["D"])  # type: ignore[arg-type]
    assert said.startswith(
        "On record E and Bland. By the model alone, which knows nothing of that, most is expected of "
        "A in 6 of 10 futures"
    )
    base[1]["terms"] |= {"gain": 2.0, "sanctions": -9.0}
    told = sentence(base, {"B": "Bland"}, ["B"])  # type: ignore[arg-type]
    assert "; Bland in 3 (the deal is worth much to it; but it would lose markets)" in told
    assert "; D in 0" in said and "; E in" not in said
    assert sentence(base, {}).startswith("Most is expected of A in 6 of 10 futures")  # type: ignore[arg-type]


@truth("required", source="every good of a scenario", kills="a word of the screens that is unknown")
def test_why_knows_the_words_of_the_screens():
    """States and goods by their codes, by their names, in the singular and in the plural."""
    for name in ("russia_dprk_2024", "iran_iraq_1980"):
        given = scenarios.load(name)
        known, (buyer, *_) = Names(given), given.sets["buyer"].members
        for good in given.sets["offer"].members:
            said = known.of(good)
            for word in (
                good,
                said,
                said.capitalize(),
                said.removesuffix("s"),
                said.replace("-", " "),
            ):
                for one in (buyer, known.of(buyer)):
                    assert coded(given, Question(one, word)) == (buyer, good)
    given = scenarios.load("russia_dprk_2024")
    assert coded(given, Question("RUS", "troops"))[1] == "person"
    with pytest.raises(KautilyaError, match="Did you mean soldiers"):
        coded(given, Question("RUS", "soldeirs"))
    with pytest.raises(KautilyaError) as refused:
        coded(given, Question("RUS", "butter"))
    goods = given.sets["offer"].members
    assert all(f"{Names(given).of(one)} ({one})" in str(refused.value) for one in goods)


@pytest.mark.parametrize("lacking", [-0.2, 0.001, 0.049, 0.0501, 0.2, 3.0])
@truth("required", kills="a rise by 0.0 that is asked for; a remedy that contradicts itself")
def test_what_would_have_to_change_is_said_in_numbers_that_count(lacking: float):
    one = {"able": 1.0, "utility": -lacking, "terms": {"sanctions": -0.01, "patron": -1.0}}
    said = would_change(one, {"patron": "the patron"})  # type: ignore[arg-type]
    assert " 0.0" not in said and "-0.0" not in said
    assert ("rise by" in said) == (lacking > 0.05) == ("it would refuse" in said)
    assert ("agrees more likely" in said) == (lacking <= 0)
