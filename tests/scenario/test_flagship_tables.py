"""The tables of the flagship scenario: they parse, hold together, and equal their sources."""

from __future__ import annotations

import calendar
import re
import tomllib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from support.conventions import ROOT, shared_file, truth

from kautilya.scenario.reading import read
from kautilya.scenario.rules import row_rules
from kautilya.scenario.schema import TABLES

FOLDER = ROOT / "src/kautilya/scenarios/russia_dprk_2024"
OURS = (
    "actors.csv",
    "goods.csv",
    "sources.csv",
    "figures.csv",
    "series.csv",
    "trade.csv",
    "events.csv",
    "covariates.csv",
)
GRADED = (
    "figures.csv",
    "context/figures.csv",
    "series.csv",
    "trade.csv",
    "events.csv",
    "covariates.csv",
)
FACTS = ("a_russia", "b_ukraine", "c_dprk", "d_thirdparties", "i_derived_checks")
SCALE = {"I001": 1e6, "I003": 1e6}  # the facts table counts millions of rounds
AS_OF = date(2024, 8, 10)
# Figures of the facts tables that were published after the as-of date, or may have been.
LATE = {
    "A003",
    "A026",
    "A027",
    "A044",
    "A045",
    "A046",
    "A047",
    "A049",
    "B021",
    "B022",
    "B023",
    "C006",
    "C010K",
    "C085K",
    "C089",
    "C093",
    "D009",
    "I012",
}
DAY = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?")
FALLS = {("RUS", "mlrs", "2022-08"): -4, ("UKR", "mlrs", "2023-10"): -1}  # Oryx corrected itself


def table(name: str) -> pd.DataFrame:
    """One table as text."""
    return pd.read_csv(FOLDER / name, comment="#", dtype=str, keep_default_na=False)


def figures() -> pd.DataFrame:
    """The figures of both tables."""
    return pd.concat([table("figures.csv"), table("context/figures.csv")], ignore_index=True)


def latest(day: str) -> date:
    """The last day that a date of any precision may mean."""
    parts = [int(part) for part in day.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return date(year, month, parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1])


def facts(name: str) -> pd.DataFrame:
    """One facts table; skips where it is absent."""
    return pd.read_csv(shared_file(f"facts/{name}.csv"), dtype=str, keep_default_na=False)


@pytest.mark.parametrize("name", OURS)
@truth("invariant", kills="a cell that the format does not allow")
def test_every_row_is_valid(name: str) -> None:
    rows = read(name, (FOLDER / name).read_text(encoding="utf-8"), TABLES[name].model)
    said = [problem for row in rows.rows for problem in row_rules(name, row)]
    assert not rows.mistakes, rows.mistakes[:3]
    assert not said, said[:3]
    assert rows.rows


@truth("invariant", kills="a figure typed twice")
def test_ids_are_unique() -> None:
    for name, key in (("actors.csv", "code"), ("sources.csv", "key"), ("events.csv", "id")):
        assert table(name)[key].is_unique, name
    assert figures()["id"].is_unique
    assert not table("trade.csv").duplicated(["exporter", "importer"]).any()
    assert not table("covariates.csv").duplicated(["name", "actor", "partner"]).any()
    key = ["series", "actor", "partner", "good", "label", "month"]
    assert not table("series.csv").duplicated(key).any()


@truth("invariant", kills="a source that is named but not described, or nobody's source")
def test_sources_are_described_and_used() -> None:
    known = set(table("sources.csv")["key"])
    more = ("quantities.csv",) if (FOLDER / "quantities.csv").exists() else ()
    said = tomllib.loads((FOLDER / "claims.toml").read_text(encoding="utf-8"))["claim"]
    used = {claim["source"] for claim in said}.union(
        *(set(table(name)["source"]) for name in (*GRADED, *more))
    ) - {"assumed"}
    named = " ".join(figures()["note"]) + " ".join(table("sources.csv")["note"])
    assert used <= known, used - known
    # what only backs a constant of a builder or a parameter is exempt
    idle = {k for k in known - used if k not in named} - {"ecb_rates"}
    assert not idle, idle
    assert (table("sources.csv")["originator"].str.len() > 1).all()


@pytest.mark.parametrize("name", GRADED)
@truth("invariant", kills="a number without a grade, a status or a date")
def test_no_number_without_grade(name: str) -> None:
    rows = table(name)
    assert rows["grade"].str.fullmatch(r"[A-F][1-6]").all()
    assert rows["date"].str.fullmatch(r"\d{4}(-\d{2}){0,2}").all()
    assert (
        rows["status"]
        .isin(("confirmed", "reported", "alleged", "denied", "assumed", "computed", "imposed"))
        .all()
    )
    invented = rows[rows["source"] == "assumed"]
    assert (invented["grade"] == "F6").all()
    assert invented["status"].isin(("assumed", "imposed")).all()
    recalled = rows[rows["status"] == "assumed"]
    assert (recalled["grade"] == "F6").all()


@truth("invariant", kills="a range written the wrong way round")
def test_ranges_are_ordered() -> None:
    for rows in (figures(), table("covariates.csv").rename(columns={"value": "central"})):
        for row in rows.itertuples():
            given = [float(v) for v in (row.low, row.central, row.high) if v]
            assert given and given == sorted(given), row


@truth("invariant", kills="an actor, good or stage that the scenario does not have")
def test_names_are_known() -> None:
    codes = set(table("actors.csv")["code"])
    goods = table("goods.csv")
    stages = goods.groupby("good")["stage"].agg(set)
    assert len(codes) == 24
    assert set(goods["holders"]) == {"belligerent", "supplier"}
    for row in table("figures.csv").itertuples():
        assert row.actor in codes and row.partner in codes | {""}, row
        assert not row.stage or set(row.stage.split("|")) <= stages[row.good], row
    for row in table("series.csv").itertuples():
        assert row.actor in codes | {""} and row.good in set(stages.index) | {""}, row
    for text in table("events.csv")["actors"]:
        assert set(text.split(";")) <= codes
    pairs = table("trade.csv")
    assert set(pairs["exporter"]) == set(pairs["importer"]) == codes | {"ROW"}
    assert len(pairs) == 25 * 24


@truth("required", source="facts tables", kills="a figure typed wrongly or dated too early")
def test_figures_equal_the_facts() -> None:
    ours = figures().set_index("id")
    for name in FACTS:
        for row in facts(name).itertuples():
            mine, scale = ours.loc[row.id], SCALE.get(row.id, 1.0)
            for column in ("low", "central", "high"):
                theirs = getattr(row, column) or row.central
                assert float(mine[column]) == pytest.approx(float(theirs) * scale), row.id
            assert mine["grade"] == row.grade
            assert (mine["status"] == "assumed") == (row.basis == "recalled-unverified"), row.id
            if DAY.fullmatch(row.date) and name != "i_derived_checks":
                assert latest(mine["date"]) >= date.fromisoformat((row.date + "-01-01")[:10]), (
                    row.id
                )


@truth("required", source="facts README", kills="a later publication shown at the as-of date")
def test_as_of_hides_what_came_later() -> None:
    rows = figures()
    from_facts = rows[rows["id"].str.fullmatch(r"[ABCDI]\d+K?\d*")]
    hidden = {row.id for row in from_facts.itertuples() if latest(row.date) > AS_OF}
    assert hidden == LATE
    august = rows[(rows["to"] == "2024-08") & rows["id"].str.match("ORY|CLM")]
    assert all(latest(day) > AS_OF for day in august["date"])
    assert len(august) == 13
    events = table("events.csv").set_index("id")
    assert {i for i, row in events.iterrows() if latest(row["date"]) > AS_OF} == {
        "F041",
        "F042",
        "F043",
        "F044",
    }


@truth("published", source="oryx: facts/ab_oryx_losses_monthly.csv", kills="a class mapped wrongly")
def test_series_equal_the_loss_tables() -> None:
    mine = table("series.csv").query("label == ''")
    ours = mine.set_index(["series", "actor", "good", "month"])["value"]
    kinds = {
        "tank": ("tank",),
        "ifv": ("AFV", "IFV", "APC"),
        "gun": ("towed_gun", "SPG"),
        "mlrs": ("MRL",),
    }
    seen = facts("ab_oryx_losses_monthly")
    for good, names in kinds.items():
        rows = seen[seen["class"].isin(names)]
        sums = rows["cumulative"].astype(float).groupby([rows["entity"], rows["month"]]).sum()
        for (entity, month), value in sums.items():
            actor = {"Russia": "RUS", "Ukraine": "UKR"}[entity]
            assert float(ours["observed.oryx_lost", actor, good, month]) == value
    claims = facts("a_ru_losses_claimed_monthly").query("month == '2024-08'").set_index("class")
    for good, name in (("tank", "tank"), ("person", "personnel_killed_wounded")):
        assert float(ours["observed.claimed_lost", "RUS", good, "2024-08"]) == float(
            claims.loc[name, "cumulative_month_end"]
        )


@truth("invariant", kills="a snapshot out of order")
def test_confirmed_losses_never_fall_but_by_correction() -> None:
    rows = table("series.csv").query("series == 'observed.oryx_lost'")
    rows = rows.assign(value=rows["value"].astype(float)).sort_values("month")
    falls: dict[tuple[str, str, str], float] = {}
    for (actor, good), part in rows.groupby(["actor", "good"]):
        steps = part.set_index("month")["value"].diff()
        falls |= {(actor, good, month): step for month, step in steps.items() if step < 0}
        ends = part.set_index("month")["value"]
        mine = figures().query("measure == 'seen_lost' and actor == @actor and good == @good")
        for row in mine.itertuples():
            assert float(row.central) == ends[row.to]
    assert falls == FALLS


@truth("invariant", kills="a daily rate in place of the month's total")
def test_tempo_has_mean_one() -> None:
    rows = table("series.csv").query("series == 'tempo.index'")
    means = rows["value"].astype(float).groupby(rows["good"]).agg(["mean", "count"])
    assert set(means.index) == {"tank", "ifv", "gun", "mlrs", "person"}
    assert (means["mean"] - 1).abs().max() < 1e-4
    assert (means["count"] == 30).all()  # to 2024-07: August was not over at the as-of date
    first = rows[(rows["good"] == "person") & (rows["month"] == "2022-02")]["value"]
    second = rows[(rows["good"] == "person") & (rows["month"] == "2022-03")]["value"]
    assert float(first.iloc[0]) < float(second.iloc[0]) / 2  # five days of war, not a month


@truth(
    "published",
    source="ru_customs2021, eu_comext and others cell by cell; C084, C088",
    kills="a cell of another year; an estimate that does not say so; North Korea behind shut borders",
)
def test_trade_is_that_of_the_year_before_the_war() -> None:
    rows = table("trade.csv")
    flows = rows.assign(value=rows["value"].astype(float)).set_index(["exporter", "importer"])
    of_korea = flows.index.map(lambda pair: "PRK" in pair)
    assert set(flows["year"][~of_korea]) == {"2021"} and set(flows["year"][of_korea]) == {"2023"}
    values = flows["value"].unstack().fillna(0.0)
    figure = pd.to_numeric(figures().set_index("id")["central"])
    both = values.loc["PRK", "CHN"] + values.loc["CHN", "PRK"]
    assert both == pytest.approx(figure["C084"] * 1e3, abs=0.2)
    share = both / (values.loc["PRK"].sum() + values["PRK"].sum())
    assert share == pytest.approx(figure["C088"] / 100, abs=0.002)
    matrix = pd.read_csv(shared_file("data/trade_matrix_2021.csv"))
    for row in matrix.itertuples():
        mine = flows.loc[(row.exporter, row.importer)]
        if "PRK" not in (row.exporter, row.importer):
            assert mine["value"] == pytest.approx(row.value_usd_m, abs=0.051)
            assert (mine["source"] == "trade_fit2021") == (row.basis == "estimated")
            assert row.basis == "read" or mine["status"] in ("computed", "assumed"), mine


@truth("invariant", kills="a fact that a law needs and an actor lacks")
def test_facts_about_actors_are_complete() -> None:
    codes = set(table("actors.csv")["code"])
    rows = table("covariates.csv")
    for name, part in rows[rows["partner"] == ""].groupby("name"):
        assert "*" in set(part["actor"]) or set(part["actor"]) == codes, name


@truth("invariant", kills="a coordinate")
def test_no_coordinates() -> None:
    for path in sorted(FOLDER.rglob("*.csv")):
        text = Path(path).read_text(encoding="utf-8")
        assert not re.search(r"coordinates|latitude", text), path


@truth(
    "order", source="what a claim calls recruits", kills="recruits who serve elsewhere counted in"
)
def test_an_outcome_called_recruits_counts_recruits():
    """From the population into training: soldiers who are trained, healed or elsewhere are none."""
    toml = tomllib.loads((FOLDER / "scenario.toml").read_text(encoding="utf-8"))
    one = next(row for row in toml["outcome"] if row["id"] == "recruited")
    assert (one["law"], one["from"], one["to_stage"]) == ("manpower", "population", "train")
    assert (one["every"], one["reduce"], one["good"]) == ("year", "sum", "person")
    assert "recruits sent to the theatre of war" in one["says"]
    claims = tomllib.loads((FOLDER / "claims.toml").read_text(encoding="utf-8"))["claim"]
    used = [row for row in claims if "recruited)" in row.get("test", "")]
    assert used and all("recruits who are sent" in row["meaning"] for row in used)


@truth("order", source="exercises held", kills="an exercise that was only proposed, or of others")
def test_exercises_that_are_seen_were_held_by_the_two():
    """Each row of the signal is one of the table of exercises: of that state and day, and held."""
    facts = pd.read_csv(shared_file("facts/m_treaties_exercises.csv"))
    held = facts[(facts["type"] == "exercise") & facts["status"].astype(str).str.startswith("held")]
    known = {(row.state_b, str(row.known_on)[:7]) for row in held.itertuples()}
    rows = pd.read_csv(FOLDER / "series.csv", comment="#")
    seen = rows[rows["series"] == "visibility.exercise"]
    assert len(seen) and {*zip(seen["actor"], seen["month"], strict=True)} <= known
    events = pd.read_csv(FOLDER / "events.csv", comment="#")
    only = events[(events["type"] == "exercise") & events["event"].str.contains("Proposal")]
    assert len(only) and not set(only["date"]) & set(seen["date"])
