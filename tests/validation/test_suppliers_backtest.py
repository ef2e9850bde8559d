"""Who arms an embargoed belligerent: lags, recovery, files and the real panel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth

from kautilya.errors import KautilyaError
from kautilya.estimation import suppliers as study
from kautilya.estimation.suppliers import logit
from kautilya.estimation.suppliers.panel import COLUMNS
from kautilya.estimation.suppliers.specs import SPECS, TERMS
from kautilya.validation import labels
from kautilya.validation.backtest_suppliers import SCORED
from kautilya.validation.backtests import Ask, backtest

PANEL = "data/panel_embargoed_supplier_year.parquet"


def tiny(years: range = range(1990, 2012), seed: int = 3) -> pd.DataFrame:
    """A random panel of 14 suppliers and 3 recipients with the real columns."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        [(s, r, t) for t in years for r in (365, 630, 652) for s in range(1, 15)],
        columns=["s", "r", "year"],
    )
    n = len(rows)
    out = rows.assign(
        y=(rng.random(n) < 0.12).astype(int),
        lag5=0,
        lag6_15=0,
        lx=rng.uniform(0, 8, n),
        ally=rng.integers(0, 2, n),
        atop_defense=0,
        mindist=rng.uniform(0, 9000, n),
        ipd=rng.uniform(0, 3, n),
        ipd_na=0,
        pol=rng.random(n),
        lc=rng.normal(-7, 2, n),
        semb=0,
    )
    out["tiv"] = np.where(out["y"] == 1, rng.uniform(1, 50, n), 0.0)
    return out[list(COLUMNS)]


def deliveries(panel: pd.DataFrame, more: list[tuple[int, int, int, float]]) -> pd.DataFrame:
    """The register that goes with a panel, and further rows (s, r, year, tiv)."""
    own = panel.loc[panel["y"] > 0, ["s", "r", "year", "tiv"]]
    return pd.concat([own, pd.DataFrame(more, columns=own.columns)], ignore_index=True)


def synthetic(spec: str, beta: dict[str, float], recipients: int = 60) -> pd.DataFrame:
    """A feature table whose outcomes follow the decision with known coefficients."""
    rng = np.random.default_rng(11)
    rows = pd.DataFrame(
        [(s, r, t) for r in range(recipients) for t in range(1996, 2006) for s in range(40)],
        columns=["s", "r", "year"],
    )
    x = {t: rng.normal(size=len(rows)) for t in TERMS}
    eta = beta["const"] + sum(b * x[t] for t, b in beta.items() if t != "const")
    y = (rng.random(len(rows)) < logit.probability(np.asarray(eta))).astype(float)
    return rows.assign(**x, y=y, new=SPECS[spec].candidates == "new")


@truth(
    "closed-form",
    source="truth known by construction",
    kills="terms in another order than the coefficients",
)
def test_known_coefficients_are_recovered() -> None:
    beta = {"const": -4.0, "cap25": 0.9, "ipd": -0.5, "distance": -0.3, "record": 0.4, "ally": 0.2}
    got = study.estimate(synthetic("new", beta), 2005, "new")
    for name, value, error in zip(got.names, got.coefficients, got.standard_errors, strict=True):
        assert abs(value - beta.get(name, 0.0)) < 3.5 * error + 0.02, name
    assert got.standard_errors.max() < 0.12


@truth(
    "slow-twin",
    source="the same clusters refitted on resamples",
    kills="a sandwich without one of its slices of bread",
)
def test_bootstrap_agrees_with_the_sandwich() -> None:
    table = synthetic("new", {"const": -3.0, "cap25": 0.8}, recipients=30)
    got = study.estimate(table, 2005, "new without ever")
    x = table[list(got.names[1:])].to_numpy()
    drawn = study.bootstrap(x, table["y"].to_numpy(), table["r"].to_numpy(), got, 60, 10.0)
    assert 0.7 < np.median(drawn.std(0) / got.standard_errors) < 1.35


@truth("closed-form", source="counted by hand", kills="a window that includes the year itself")
def test_past_ties_by_hand() -> None:
    panel = tiny().assign(y=0, tiv=0.0)
    rows = [(1, 365, y, 10.0) for y in (1999, 2000, 2002, 2003)] + [
        (1, 2, 1985, 80.0),
        (365, 1, 2001, 30.0),
        (9, 1, 2001, 10.0),
        (9, 365, 2001, 5.0),
        (1, 365, 2004, 99.0),
    ]
    table = study.features(study.build(panel, deliveries(panel, rows)))
    got = table[(table["s"] == 1) & (table["r"] == 365) & (table["year"] == 2004)].iloc[0]
    want = {
        "lag1": 1,
        "freq5": 4 / 5,
        "freq15": 4 / 15,
        "run": np.log(3),
        "fading": 1,
        "lag5": 1,
        "lag6_15": 0,
        "tiv5": np.log(41),
        "cap25": np.log(121),
        "lx": np.log(41),
        "clients": np.log(2),
        "fresh10": np.log(2),
        "patron": 30 / 40,
        "shared": np.log(2),
        "demand": np.log(3),
        "ever": 1,
        "share5": 40 / 45,
        "record": 0,
    }
    assert {k: pytest.approx(got[k]) for k in want} == want
    later = table[(table["s"] == 1) & (table["r"] == 365) & (table["year"] == 2011)].iloc[0]
    assert later["fading"] == pytest.approx(np.exp(-6 / 5)) and not later["new"]


@truth(
    "closed-form",
    source="Iran bound 1984, Syria nominal: package list",
    kills="a record that counts nominal embargoes, or own embargo read a year late",
)
def test_record_counts_binding_embargoes_only() -> None:
    panel = tiny().assign(y=0, tiv=0.0)
    rows = [(3, 630, 1995, 5.0), (3, 630, 1996, 5.0), (3, 652, 1996, 5.0), (3, 365, 1996, 5.0)]
    table = study.features(study.build(panel, deliveries(panel, rows)))
    got = table[(table["s"] == 3) & (table["year"] == 2000) & (table["r"] == 652)].iloc[0]
    assert got["record"] == pytest.approx(np.log(3))
    iran = pd.DataFrame({"s": [630, 630], "r": 365, "year": [1984, 1985], "mindist": 1.0})
    made = study.features(study.build(panel, deliveries(panel, rows)), iran)
    assert made["own_embargo"].tolist() == [0.0, 1.0]


@truth(
    "invariant",
    source="the register's dead code 315; one Germany",
    kills="Czech deliveries lost after 1992; Germany without a past in 1991",
)
def test_successor_states_keep_their_line() -> None:
    panel = tiny().assign(y=0, tiv=0.0)
    panel.loc[panel["s"] == 1, "s"] = 316
    panel.loc[panel["s"] == 2, "s"] = 255
    world = study.build(panel, deliveries(panel, [(315, 365, 1995, 4.0), (260, 365, 1988, 9.0)]))
    table = study.features(world)
    czech, german = (
        table[(table["s"] == s) & (table["r"] == 365)].set_index("year") for s in (316, 255)
    )
    assert czech.loc[1995, "y"] == 1 and czech.loc[1996, "lag1"] == 1
    assert german.loc[1990, "lag5"] == 1


@pytest.mark.parametrize("register", [True, False])
@truth("invariant", kills="ideal points, alliances, embargo or size of the same year in a feature")
def test_the_future_does_not_change_a_forecast(register: bool) -> None:
    panel, cut = tiny(), 2006
    later = panel["year"] >= cut
    moved = panel.copy()
    for name in ("y", "ally", "semb", "ipd_na"):
        moved.loc[later, name] = 1 - moved.loc[later, name]
    for name in ("ipd", "pol", "lc", "tiv"):
        moved.loc[later, name] = moved.loc[later, name] * 1.7 + 1.0
    moved.loc[panel["year"] > cut, "lx"] += 2.0
    made, row = [], (4, 9, 1999, 3.0)
    for one, more in ((panel, [row]), (moved, [row, (4, 9, cut, 77.0)])):
        given = deliveries(one, more) if register else None
        table = study.features(study.build(one, given))
        rows = table[table["year"] <= cut]
        made.append((rows.drop(columns="y"), study.decide(table, rows, cut - 1, ("all", "all"))))
    pd.testing.assert_frame_equal(made[0][0], made[1][0])
    np.testing.assert_array_equal(made[0][1], made[1][1])


@truth(
    "closed-form",
    source="two points by hand; carried on after the last year",
    kills="the ideal point or the pact of the same year",
)
def test_ideal_points_and_pacts_are_last_years() -> None:
    panel = tiny(range(2000, 2023))
    years = range(1999, 2020)
    ideal = pd.DataFrame(
        [(c, t, (c == 1) * t / 1000) for c in (1, 365) for t in years],
        columns=["ccode", "year", "idealpointall"],
    )
    pacts = pd.DataFrame(
        {
            "ccode1": 1,
            "ccode2": 365,
            "year": [2010, 2018],
            "atop_defense": [1, 0],
            "atop_offense": 0,
            "atop_consul": [0, 1],
        }
    )
    table = study.features(study.build(panel, None, ideal, pacts))
    got = table[(table["s"] == 1) & (table["r"] == 365)].set_index("year")
    assert got.loc[2005, "ipd"] == pytest.approx(2.004)
    assert got.loc[2022, "ipd"] == pytest.approx(2.019)
    assert got["defence"][got["defence"] == 1].index.tolist() == [2011]
    assert got["ally"][got["ally"] == 1].index.tolist() == [2011, 2019, 2020, 2021, 2022]


@truth("invariant", kills="a case that changes its own field of rivals; ties ranked first")
def test_equal_candidates_share_the_middle_rank() -> None:
    table = study.features(study.build(tiny()))
    got = study.ranks(table, 2005, 365, [(3, 2008)])
    flat = got[got["specification"] == "persistence"].iloc[0]
    rows = table[(table["r"] == 365) & (table["year"] == 2008)]
    mine = rows.loc[rows["s"] == 3, "lag1"].iloc[0]
    above, equal = (rows["lag1"] > mine).sum(), (rows["lag1"] == mine).sum()
    assert flat["rank_all"] == above + (equal + 1) / 2
    assert set(got["specification"]) == {
        "decision",
        *(n for n, s in SPECS.items() if s.candidates != "standing"),
    }


@truth("invariant", kills="a row per delivery in place of a row per candidate; training rows sold")
def test_backtest_writes_every_candidate_once(tmp_path: Path) -> None:
    panel = tiny()
    whole, part = tmp_path / "whole.parquet", tmp_path / "part.parquet"
    panel.to_parquet(whole)
    table = study.backtest_suppliers(whole, 2005, tmp_path / "a.parquet", draws=5)
    made = pd.read_parquet(tmp_path / "a.parquet")
    assert list(made.columns) == ["recipient", "year", "supplier", "probability"]
    assert len(made) == (panel["year"] > 2005).sum()
    assert not made.duplicated(["recipient", "year", "supplier"]).any()
    assert made["probability"].between(0, 1, inclusive="neither").all()
    assert {"all ties", "new ties"} <= set(table["subset"])
    (tmp_path / "rest").mkdir()
    panel.to_parquet(tmp_path / "rest" / "panel_embargoed_supplier_year.parquet")
    panel[(panel["year"] > 2005) & (panel["r"] == 365)].to_parquet(part)
    study.backtest_suppliers(part, 2005, tmp_path / "b.parquet", tmp_path / "rest", draws=5)
    same = made[made["recipient"] == 365].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, pd.read_parquet(tmp_path / "b.parquet"))


@truth("invariant", source="errors at the door", kills="a stack trace for a wrong path or column")
def test_errors_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(KautilyaError, match="there is no panel"):
        study.load(tmp_path / "none.parquet")
    tiny().drop(columns="ipd").to_parquet(tmp_path / "short.parquet")
    with pytest.raises(KautilyaError, match="no column ipd"):
        study.load(tmp_path / "short.parquet")
    tiny().to_parquet(tmp_path / "p.parquet")
    with pytest.raises(KautilyaError, match="no rows after 2030"):
        study.backtest_suppliers(tmp_path / "p.parquet", 2030)
    with pytest.raises(KautilyaError, match="no specification"):
        study.estimate(study.features(study.build(tiny())), 2005, "nonsense")


@truth(
    "closed-form",
    source="the rule in embargoes.py, counted on the register",
    kills="a binding code for a sender that had nothing to withhold",
)
def test_embargo_codes_follow_their_rule() -> None:
    register = pd.read_csv(shared_file("data/sipri_arms_dyad_year_cow.csv"))
    listed = study.load_embargoes()
    old = {200, 205, 210, 211, 212, 220, 230, 235, 255, 260, 305, 325, 350, 375, 380, 390}
    new = old | {290, 310, 315, 316, 317, 338, 349, 352, 355, 360, 366, 367, 368}
    for row in listed[~listed["senders"].str.contains("UN|OSCE")].itertuples():
        if "continues" in row.note or row.instrument.startswith("2007/246"):
            continue
        parties = row.senders.split("/")
        who = ({2} if "US" in parties else set()) | ({220} if "FR" in parties else set())
        who |= (new if row.start >= 2004 else old) if {"EU", "EC"} & set(parties) else set()
        past = register[
            (register["r"] == row.ccode) & register["year"].between(row.start - 15, row.start - 1)
        ]
        share = past.loc[past["s"].isin(who), "tiv"].sum() / max(past["tiv"].sum(), 1e-9)
        assert (share >= 0.05) == (row.binding == "binding"), row


@truth(
    "invariant",
    source="each row with its legal text",
    kills="a source that is recalled and passes for read; two spells of one embargo apart",
)
def test_embargo_rows_say_where_they_were_read() -> None:
    listed = study.load_embargoes()
    assert set(listed["basis"]) <= {"read", "instrument-named", "recalled-unverified F6"}
    for row in listed[listed["basis"] == "read"].itertuples():
        assert "read in" in row.note or "(read)" in row.note, row
    assert listed.loc[listed["basis"].str.contains("F6"), "recipient"].tolist() == ["El Salvador"]
    south_asia = listed[(listed["start"] == 1965) & listed["recipient"].isin(["India", "Pakistan"])]
    assert south_asia["end"].tolist() == [1975, 1975]  # one measure, lifted for both


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return study.features(study.load(shared_file(PANEL)))


@truth(
    "required",
    source="bars set before the panel was scored: .73, 17, .60",
    kills="coefficients of one specification on the terms of another; a quick version that "
    "scores something else than the record",
)
def test_real_panel_reaches_the_bars(real: pd.DataFrame, tmp_path: Path) -> None:
    quick = backtest("suppliers", Ask(quick=True, out=tmp_path / "ties.parquet"))
    told = labels.read("skill")
    told = told[told["backtest"] == "suppliers"].reset_index(drop=True)
    assert quick.skill["value"].to_numpy() == pytest.approx(told["value"].to_numpy(), rel=1e-6)
    made = pd.read_parquet(tmp_path / "ties.parquet")
    assert list(made.columns) == ["recipient", "year", "supplier", "probability"]
    assert made["year"].min() == 2006 and made["probability"].between(0, 1).all()
    got = quick.tables[SCORED].set_index(["subset", "forecast"])
    every, new = got.loc[("all ties", "decision")], got.loc[("new ties", "decision")]
    assert every["ap"] >= 0.73 and every["log1000"] <= 17.0
    assert every["ap"] > got.loc[("all ties", "past-tie detail"), "ap"]
    assert new["recall10"] >= 0.60
    assert new["log1000"] <= 6.7
    flat = got.loc[("new ties", "decision without its level"), "log1000"]
    assert new["log1000"] < flat < got.loc[("new ties", "decision, half-life 15"), "log1000"]
    rank = study.ranks(real, specs=("new", "first_new"))
    rank = rank.set_index(["specification", "supplier"])["rank"]
    assert rank["new", 630] < 40 and rank["first_new", 630] > 100


@truth(
    "required",
    source="the panel does not identify the cost of secondary sanctions",
    kills="a claim that the panel prices secondary sanctions",
)
def test_exposure_is_flagged_as_not_identified(real: pd.DataFrame) -> None:
    table = real[real["year"] <= 2023]
    effect = study.exposure_effect(table, shared_file(PANEL).parent, specs=("new",))
    assert (effect["low"] < 0.05).all() and (effect["high"] > -0.05).all()
    unit = study.coefficients_for_scenario(table, per="unit").set_index("term")
    rows = study.coefficients_for_scenario(table, exposure=effect).set_index("term")
    np.testing.assert_allclose((unit["central"] * unit["sd"])[1:], rows["central"][1:-1])
    assert "not identified" in rows.loc["exposure", "note"]
    assert (rows["low"] < rows["central"]).all() and (rows["central"] < rows["high"]).all()
    assert (rows["unit"].drop(["const", "exposure"]) == "per sd").all()
