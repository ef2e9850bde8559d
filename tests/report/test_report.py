"""The report: sentences from numbers, charts that validate, one file that needs no network."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from markupsafe import escape
from support.conventions import truth
from support.report_case import FUTURES, numbers, run_of

from kautilya import scenario as scenarios
from kautilya import wording
from kautilya.claims.weighing import likelihood
from kautilya.errors import KautilyaError
from kautilya.report import cards, flows, frames, pictures
from kautilya.report.answer import answer, badge, candidates
from kautilya.report.page import Beside, bundle, page, write
from kautilya.report.plain import plain
from kautilya.report.subject import central, rests_on, subject

EVIL = '<script>alert("1")</script>&'


@pytest.fixture(scope="module")
def scenario():
    return scenarios.load("russia_dprk_2024")


@pytest.fixture(scope="module")
def run(scenario):
    return run_of(scenario, numbers(scenario))


@pytest.fixture(scope="module")
def about(run):
    return subject(run)


@pytest.fixture(scope="module")
def drawn(about):
    return pictures.figures(about)


@truth(
    "required",
    source="words of estimative probability of ICD 203",
    kills="`<=` for `<` in the table of likelihood words",
)
@pytest.mark.parametrize(
    ("share", "word"),
    [
        (0.01, "almost no chance"),
        (0.05, "very unlikely"),
        (0.199, "very unlikely"),
        (0.2, "unlikely"),
        (0.45, "roughly even chance"),
        (0.549, "roughly even chance"),
        (0.55, "likely"),
        (0.8, "very likely"),
        (0.95, "almost certain"),
        (1.0, "almost certain"),
        (math.nan, "unknown"),
    ],
)
def test_words_of_likelihood(share, word):
    assert likelihood(share) == word


@truth("closed-form", source="rounding by hand", kills="percent() that rounds 0.3 % to 0 %")
def test_numbers_are_rounded_for_readers():
    assert [wording.number(x) for x in (0, 0.01234, 1234.0, 1.2345e6, math.nan)] == [
        "0",
        "0.0123",
        "1,230",
        "1.23 million",
        "–",
    ]
    assert [wording.percent(x) for x in (0.0, 0.003, 0.25, 0.998, 1.0)] == [
        "0 %",
        "under 1 %",
        "25 %",
        "over 99 %",
        "100 %",
    ]
    assert wording.interval(5e5, 8e5, 2e6) == "0.8 (0.5 to 2) million"
    assert wording.interval(-2e6, -8e5, 0.0) == "-0.8 (-2 to 0) million"
    assert wording.label("mlrs", "rocket launchers (multiple): in service") == "rocket launchers"


@truth(
    "closed-form",
    source="counts of the synthetic futures",
    kills="a shortage counted over months instead of futures, or `>=` the as-of month dropped",
)
def test_shortage_is_what_the_futures_say(about, run):
    found = answer(run)
    one = next(
        s
        for s in found["shortages"]
        if (s["belligerent"], s["class"], s["kind"]) == ("RUS", "tube_round", "rounds")
    )
    assert one["probability"]["value"] == one["after_as_of"]["value"] == 4 / 16
    assert one["probability"]["error"] == pytest.approx(math.sqrt(0.25 * 0.75 / 16))
    assert one["by_as_of"]["value"] == 0.0
    assert one["median_month"] == one["median_month_after"] == "2025-01"
    assert "25 % ± 11 of futures (unlikely; median first month 2025-01)" in found["sentences"][0]
    brief = next(
        s for s in found["shortages"] if (s["belligerent"], s["class"]) == ("UKR", "rocket_round")
    )
    assert (brief["by_as_of"]["value"], brief["after_as_of"]["value"]) == (2 / 16, 0.0)
    assert (brief["median_month"], brief["median_month_after"]) == ("2024-08", None)
    others = [s for s in found["shortages"] if s is not one and s is not brief]
    assert all(s["probability"]["value"] == 0.0 for s in others)


@truth(
    "closed-form",
    source="counts of the synthetic futures",
    kills="futures without any delivery counted as led by the first supplier",
)
def test_leader_and_share(about, run):
    found = candidates(about, "tube_round", "2025")
    assert [c["supplier"] for c in found[:2]] == ["PRK", "IRN"]
    first, second = found[0], found[1]
    assert (first["leads"]["value"], second["leads"]["value"]) == (12 / 16, 2 / 16)
    assert first["share"]["median"] == pytest.approx(0.75)
    assert second["share"]["high"] == pytest.approx(1.0)
    said = answer(run)["sentences"][1]
    assert "North Korea leads the supply of" in said and "in 2025 in 75 % ± 11" in said


@truth(
    "invariant",
    source="means of the synthetic futures",
    kills="odds that the record lifts; the odds of another class or year",
)
def test_the_model_alone_is_told_beside_the_record(about, run):
    cell = {"year": "2024", "offer": "tube_round"}
    odds = about.data["supply_chance"].sel(cell).mean("future").to_series().sort_values()
    said = answer(run)["sentences"][1].split("without the record, gives")[1]
    best = [
        f"{about.name(str(code))} {wording.percent(value)}"
        for code, value in odds[::-1][:2].items()
    ]
    assert said.index(best[0]) < said.index(best[1])


@truth(
    "invariant", source="counts of quantities.csv", kills="imposed figures left out of the count"
)
def test_third_sentence_counts_the_assumed(scenario, run):
    found = answer(run)
    status = [row.status for row in scenario.quantities]
    assumed, imposed = status.count("assumed"), status.count("imposed")
    assert (found["figures"]["assumed"], found["figures"]["imposed"]) == (assumed, imposed)
    assert f"{assumed + imposed} of {len(status)} figures" in found["sentences"][2]
    assert json.loads(json.dumps(found, allow_nan=False))["futures"] == FUTURES
    assert len(found["sentences"]) == 3


@truth("invariant", source="badges", kills="a badge that ignores drive=model")
def test_badges_follow_what_drives(scenario, run):
    recorded, model = subject(run), subject(run_of(scenario, run.data, sets=["drive=model"]))
    assert [badge(recorded, y) for y in ("2023", "2024", "2025")] == [
        "record",
        "record to 2024-08, then emergent",
        "emergent",
    ]
    assert badge(model, "2023") == "emergent"
    assert (
        "the model drives from the first month"
        in answer(run_of(scenario, run.data, sets=["drive = model"]))["sentences"][1]
    )
    assert any("sanction" in text for text in rests_on(recorded, "shipped"))


@truth("other-program", source="numpy.quantile", kills="quantiles taken over months")
def test_fans_are_numpy_quantiles_in_order(about):
    frame = frames.marks(about, about.data["rounds"])
    assert len(frame) == about.data["rounds"][0].size
    values = frame[frames.COLUMNS].values
    assert (np.diff(values, axis=1) >= 0).all()
    one = frame[
        (frame["month"] == "2025-03")
        & (frame["id_belligerent"] == "RUS")
        & (frame["id_round"] == "tube_round")
    ]
    truth_ = np.quantile(
        about.data["rounds"]
        .sel(month="2025-03", belligerent="RUS", round="tube_round")
        .values.astype(float),
        (0.05, 0.25, 0.5, 0.75, 0.95),
    )
    assert one[frames.COLUMNS].values[0] == pytest.approx(truth_, rel=5e-4)


@truth("closed-form", source="log10 by hand", kills="rounding to decimals instead of digits")
def test_rounding_keeps_four_digits():
    given = np.array([123456.0, 0.00123456, 0.0, -98764.0, np.nan])
    assert frames.rounded(given) == pytest.approx(
        [123500.0, 0.001235, 0.0, -98760.0, np.nan], nan_ok=True
    )


@truth("closed-form", source="linear interpolation by hand", kills="steps instead of lines")
def test_central_path_is_linear_between_anchors(scenario, about):
    row = scenario.quantities[0]
    rows = tuple(
        row.model_copy(
            update={
                "id": f"x{i}",
                "parameter": "fire_plan.planned",
                "actor": "RUS",
                "good": "tube_round",
                "stage": "",
                "month": month,
                "low": 0.0,
                "central": value,
                "high": 9e9,
                "unit": "tube_round/month",
            }
        )
        for i, (month, value) in enumerate([("2022-04", 100.0), ("2022-08", 300.0)])
    )
    other = about._replace(
        scenario=replace(scenario, tables={**scenario.tables, "quantities.csv": rows})
    )
    path = central(other, "planned", "tube_round/month", actor="RUS", good="tube_round")
    assert path[:8].tolist() == [100, 100, 100, 150, 200, 250, 300, 300]
    assert np.isnan(central(other, "no.such", "1")).all()


@truth(
    "other-program",
    source="Vega-Lite schema, by Altair",
    kills="a field of an encoding that no frame has",
)
def test_every_chart_validates_and_shows_something(drawn):
    assert len({one.id for one in drawn}) == len(drawn) >= 13
    for one in drawn:
        spec = one.chart.to_dict()
        rows = [row for data in spec["datasets"].values() for row in data]
        assert rows, one.id
        fields = set(re.findall(r'"field": "(\w+)"', json.dumps(spec)))
        assert fields <= {key for row in rows for key in row}, one.id
        assert len(json.dumps(spec)) < 400_000, one.id


@truth("invariant", source="outcomes of the scenario", kills="a chart that needs an outcome")
def test_absent_outcomes_are_left_out(scenario, run):
    few = subject(run_of(scenario, run.data[["rounds", "soldiers"]]))
    assert [one.id for one in pictures.figures(few)] == ["first", "rounds", "runs_out", "soldiers"]
    assert "Who runs short of what?" in page(few)
    none = subject(run_of(scenario, run.data[[]]))
    assert len(answer(run_of(scenario, run.data[[]]))["sentences"]) == 1
    assert "How to cite" in page(none)


@truth(
    "invariant",
    source="one file, no network",
    kills="the bundle repeated for each chart, or fetched",
)
def test_one_file_that_needs_no_network(run, tmp_path):
    path = write(run, tmp_path / "deep" / "report.html")
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size < 3e6
    assert text.count("window.vegaEmbed=") == 1
    ours = text.replace(bundle(), "")  # the bundle names tags in its own texts
    assert len(ours) < len(text)
    assert not re.search(r"<(script|img|link|iframe)[^>]*\b(src|href)\s*=", ours)
    assert "default-src 'none'" in text and "unsafe-eval" not in text
    places = re.findall(r'data-spec="([\w-]+)"', text)
    specs = dict(
        re.findall(
            r'<script type="application/json" id="([\w-]+)">(.*?)</script>', text, flags=re.S
        )
    )
    assert json.loads(specs.pop("about"))["scenario"] == "russia_dprk_2024"
    assert len(places) == len(set(places)) and set(places) == set(specs)
    assert all(json.loads(spec)["$schema"] for spec in specs.values())
    text = text.replace("\u00a0", " ")
    assert "0.17 % of raw draws satisfied the published accounts" in text
    for one in answer(run)["sentences"]:
        assert escape(one) in text


@truth("invariant", source="HTML", kills="one text put into the page unescaped")
def test_text_is_escaped(scenario, run):
    actors = tuple(
        a.model_copy(update={"name": EVIL}) if a.code == "PRK" else a for a in scenario.actors
    )
    sources = tuple(
        s.model_copy(update={"title": EVIL, "url": "javascript:alert(1)"}) for s in scenario.sources
    )
    rows = tuple(q.model_copy(update={"note": EVIL}) for q in scenario.quantities[:20])
    head = scenario.head.model_copy(update={"question": EVIL + "@@bundle@@", "title": EVIL})
    evil = replace(
        scenario,
        head=head,
        tables={
            **scenario.tables,
            "actors.csv": actors,
            "sources.csv": sources,
            "quantities.csv": rows,
        },
    )
    given = {
        "recipient": "RUS",
        "good": "tube_round",
        "during": EVIL,
        "notes": [EVIL],
        "candidates": [
            {
                "supplier": "PRK",
                "probability": 0.5,
                "quantity": 1.0,
                "utility": 0.1,
                "terms": {EVIL: 0.1},
                "badge": EVIL,
            }
        ],
    }
    text = page(subject(run, evil), Beside(comparisons=[changed(EVIL)], why=given))
    assert EVIL not in text and "<script>alert" not in text
    assert "&lt;script&gt;alert" in text and 'href="javascript:' not in text
    assert text.count("window.vegaEmbed=") == 1


def changed(lever, outcome="fired RUS/tube_round"):
    spread = {"low": -30.0, "median": -20.0, "high": -10.0}
    return {
        "lever": lever,
        "outcome": outcome,
        "year": "2025",
        "baseline": spread,
        "change": spread,
        "change_percent": spread,
        "unchanged": 0.0,
    }


@truth("invariant", source="study.compare.rows", kills="rows of unchanged outcomes drawn")
def test_levers_and_reasons_have_a_section(run, about):
    still = {**changed("no_dprk_shells", "barrels RUS"), "unchanged": 1.0}
    text = page(about, Beside(comparisons=[changed("no_dprk_shells"), still]))
    assert "What would change it" in text and "North Korea ships no shells" in text
    assert "fired: Russia, rounds for tube artillery" in text
    assert "barrels: Russia" not in text
    assert "What would change it" not in page(about)


@truth("closed-form", source="a file of two entries", kills="a field cut at its first inner brace")
def test_bibliography_reads_nested_braces(tmp_path):
    path = tmp_path / "two.bib"
    path.write_text(
        '@article{a1,\n title = {On {Iwo {Jima}} -- a test},\n author = {M{\\"u}ller, '
        'A. and B, C.},\n year = 1954, pages = {1--2},\n journal = "J"\n}\n'
        "@book{b2, title = {Whole}}\n",
        encoding="utf-8",
    )
    found = cards.bibliography(path)
    assert list(found) == ["a1", "b2"]
    assert found["a1"].fields["title"] == "On Iwo Jima – a test"
    assert cards.line(found["a1"]) == "Müller, A.; B, C. (1954). On Iwo Jima – a test. J, 1–2."


@truth("invariant", source="references.bib", kills="a cited key that the list leaves out")
def test_references_and_cards_of_this_run(about):
    wanted = {key for law in about.laws for key in law.cites}
    assert {one.key for one in cards.cited(about)} == wanted
    made = cards.cards(about)
    assert [card.name for card in made] == list(about.scenario.head.laws)
    assert all(card.title and card.proof and "Source:" in card.body for card in made)
    assert about.scenario.digest in cards.software(about)


@truth("closed-form", source="one state in need", kills="a need hidden, as all others have none")
def test_one_state_s_need_is_not_hidden_by_zeros_of_others(scenario):
    data = numbers(scenario).copy(deep=True)
    dim = next(str(d) for d in data["food_gap"].dims if d not in ("future", "year"))
    data["food_gap"].values[:] = 0.0
    data["food_gap"].loc[{dim: "PRK"}] = 0.25
    made = plain(subject(run_of(scenario, data), scenario), "food_gap")
    assert made is not None and "North Korea: 25 %" in made.caption
    data["food_gap"].values[:] = 0.0
    assert plain(subject(run_of(scenario, data), scenario), "food_gap") is None


@truth(
    "closed-form",
    source="12 of 16 futures of the run by hand: 300 of North Korea, 100 of Iran, in 2025",
    kills="the flow of another year; a state without a place that goes unsaid; widths that differ "
    "between years",
)
def test_flows_of_a_year_on_a_map_and_as_rows(about, monkeypatch):
    found = flows.flows(about)
    assert found is not None and found.buyers == ("RUS",) and "tube_round" in found.goods
    rows = found.of("tube_round", "2025")
    assert [(one.supplier, one.median) for one in rows] == [("PRK", 300.0), ("IRN", 100.0)]
    assert found.of("tube_round", "2024") == [] and found.most("tube_round") == 300.0
    with pytest.raises(KautilyaError, match="Give one of 2022"):
        found.of("tube_round", "1812")
    places = flows._places()
    monkeypatch.setattr(flows, "_places", lambda: {k: v for k, v in places.items() if k != "IRN"})
    drawn = flows.figure(about, found, "tube_round", "2025")
    assert "Without a place on the map: Iran" in drawn.caption and "300" in drawn.caption
    spec = drawn.chart.to_dict()
    (data,) = spec["datasets"].values()
    assert [(row["from"], row["to"], row["median"]) for row in data] == [
        ("North Korea", "Russia", 300)
    ]
    assert flows.figure(about, found, "tube_round", "2024").chart.to_dict()  # a year without any
