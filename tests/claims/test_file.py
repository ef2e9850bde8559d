"""claims.toml: the format, the flagship's claims, and that every sentence is covered."""

from __future__ import annotations

import csv
import re

import pytest
from support.claim_case import words, worlds
from support.conventions import shared_file, truth
from typer.testing import CliRunner

import kautilya as kt
from kautilya import scenario as scenarios
from kautilya.claims.evaluate import Worlds, evaluate
from kautilya.claims.file import Claims, load, mistakes
from kautilya.cli.main import app
from kautilya.errors import KautilyaError
from kautilya.scenario.mistakes import ScenarioErrors
from kautilya.scenario.schema import VoteRow

GOOD = """
schema = 1
[[claim]]
id = "one"
says = "Something."
said_by = "Somebody"
article = "a-paper"
said_on = 2024-08-10
test = "event(F019)"
grade = "C3"
source = "assumed"
"""
LISTED = GOOD.replace("schema = 1", 'schema = 1\nsentence = [{ number = "1.2", begins = "A b" }]')
BAD = [
    ("", 1, "there is no list of claims"),
    ("[claim]\nid = 'x'", 1, "there is no list of claims"),
    (GOOD.replace("F019", "F999"), 9, "unknown type or id of events 'F999', at 'F999'"),
    (GOOD.replace('test = "event(F019)"', ""), 3, "neither 'test' nor 'untestable'"),
    (GOOD + 'untestable = "No."', 3, "both 'test' and 'untestable'"),
    (GOOD + GOOD.replace("schema = 1", ""), 15, "the id one stands twice, first in line 3"),
    (GOOD.replace('"one"', '"One Two"'), 4, "'One Two'"),
    (GOOD.replace('"C3"', '"G9"'), 10, "'G9'"),
    (GOOD.replace("says", "sais"), 5, "'sais' is not known here"),
    (GOOD.replace("2024-08-10", '"2024-08-10"'), 8, "'2024-08-10'"),
    (GOOD + "page_on = 2023-01-01", 3, "the page is older than what it says"),
    (GOOD.replace('"assumed"', '"nobody2020"'), 11, "is not in sources.csv"),
    (GOOD + '[[claim.variant]]\nid = "v"\nsays = "Else."\ntest = "event("', 15, "ends too early"),
    (LISTED + 'sentences = ["1.1"]', 13, "no sentence '1.1'"),
    (LISTED, 3, "sentence 1.2 is covered by no claim"),
    (GOOD.replace("schema = 1", "schema = 2"), 2, "2"),
]


@pytest.fixture(scope="module")
def flagship() -> Claims:
    return load(kt.load("russia_dprk_2024"))


def facts(name: str) -> list[dict[str, str]]:
    """Rows of a table of facts; skips where it is absent."""
    with shared_file(f"facts/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("text", "line", "found"), BAD, ids=[found[:40] for *_, found in BAD])
@truth("invariant", kills="a mistake without its line, or only the first of several")
def test_mistakes_of_a_file_have_lines(tmp_path, text, line, found):
    """Each is listed, with the line where it stands or where its claim begins."""
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        load(kt.load("russia_dprk_2024"), path)
    said = [one for one in caught.value.mistakes if found in one.found]
    assert [(one.file, one.line) for one in said] == [("mine.toml", line)] and said[0].remedy


@truth("invariant", kills="an error at the first mistake")
def test_all_mistakes_at_once(tmp_path):
    """Three claims, three mistakes; an absent file is one."""
    rest = GOOD.replace("schema = 1", "")
    path = tmp_path / "mine.toml"
    path.write_text(
        GOOD.replace("F019", "F99")
        + rest.replace("one", "two").replace("C3", "Z1")
        + rest.replace("one", "three").replace("event", "evnt"),
        encoding="utf-8",
    )
    with pytest.raises(ScenarioErrors) as caught:
        load(kt.load("russia_dprk_2024"), path)
    assert len(caught.value.mistakes) == 3
    with pytest.raises(KautilyaError, match="missing"):
        load(kt.load("russia_dprk_2024"), tmp_path / "none.toml")


OWN = (
    GOOD.replace('"assumed"', '"mine2024"')
    + """
[[source]]
key = "mine2024"
title = "An article"
originator = "Somebody"
date = 2024-08-10
"""
)


@truth(
    "invariant",
    source="docs/scenario-format.md",
    kills="a source of one's own that only the owner of the scenario could add",
)
def test_a_file_brings_its_own_sources(tmp_path):
    """A day with and without quotes; a key that is not there, twice there, or the scenario's."""
    path = tmp_path / "mine.toml"
    for text in (
        OWN,
        OWN.replace("date = 2024-08-10", 'date = "2024-08-10"'),
        OWN.replace("date = 2024-08-10", 'date = "2024"'),
    ):
        path.write_text(text, encoding="utf-8")
        assert load(kt.load("russia_dprk_2024"), path).items[0].row.source == "mine2024"
    source = OWN[OWN.index("[[source]]") :]
    for text, said in (
        (OWN.replace('key = "mine2024"', 'key = "mine2023"'), "no [[source]]"),
        (OWN + source, "stands in this file already"),
        (OWN.replace("mine2024", "ventura2024"), "in sources.csv of the scenario"),
        (OWN.replace('originator = "Somebody"', ""), "'originator' is missing"),
        (GOOD + "[source]\nkey = 'x'", "with one bracket"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioErrors) as caught:
            load(kt.load("russia_dprk_2024"), path)
        assert [said in one.found for one in caught.value.mistakes].count(True) == 1, said


@pytest.mark.parametrize("gone", ["grade", "source", "article", "said_by", "says", "id"])
@truth(
    "invariant",
    source="docs/scenario-format.md",
    kills="a second round of mistakes once the first are mended",
)
def test_a_broken_field_hides_no_test(tmp_path, gone):
    """A field is missing, a test and that of a variant are wrong, a source is unknown: all told."""
    text = GOOD.replace("F019", "F99").replace('"assumed"', '"nobody2020"')
    lines = [line for line in text.splitlines() if not line.startswith(f"{gone} =")]
    lines += ["[[claim.variant]]", 'id = "v"', 'says = "Else."', 'test = "event("']
    path = tmp_path / "mine.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        load(kt.load("russia_dprk_2024"), path)
    told = [one.found for one in caught.value.mistakes]
    wanted = [f"'{gone}' is missing", "'F99'", "ends too early"]
    wanted += ["'nobody2020'"] if gone != "source" else []
    assert all(sum(part in one for one in told) == 1 for part in wanted) and len(told) == len(
        wanted
    ), told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 300, "nested"),
        ("claim = 3", "no list of claims"),
        (GOOD.replace("F019", "F99"), "F99"),
        (GOOD.replace('"C3"', "3"), "3"),
        ("\ufeff" + GOOD, ""),
        (GOOD, ""),
    ],
)
@truth("invariant", source="every mistake at once", kills="a claims.toml that check passes over")
def test_check_reads_the_claims(tmp_path, text, said):
    """Of a sound scenario all; of one with mistakes what needs no words of it; a link is refused."""
    folder = scenarios.new("my_case", tmp_path)
    text = text.replace("F019", "summit").replace("event(summit)", "event(summit, AAA)")
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    found = mistakes(folder, scenarios.load(folder))
    assert [one.file for one in found] == ["claims.toml"] * bool(said)
    assert all(said in one.found for one in found)
    early = mistakes(folder, None)
    assert early == ([] if "F99" in text else found)
    shown = CliRunner().invoke(app, ["check", str(folder)], env={"COLUMNS": "200"})
    assert shown.exit_code == (2 if said else 0) and ("claims.toml" in shown.output) == bool(said)


@truth("required", source="facts/g_propositions.csv", kills="a proposition that was forgotten")
def test_every_proposition_has_a_claim(flagship):
    """All 58 of both lists, as a test or with the reason why there is none."""
    wanted = {
        row["id"] for name in ("g_propositions", "g_propositions_more") for row in facts(name)
    }
    assert len(wanted) == 58
    assert {one.row.number for one in flagship} == wanted
    assert all(
        one.row.untestable and one.row.needs_observing or one.row.number == "P2.07"
        for one in flagship.untestable
    )


@truth("required", source="articles/article_1.txt", kills="a sentence that nobody covers")
def test_every_sentence_is_covered(flagship):
    """Sentences of both articles in order, by their first words; each has claims or a reason."""
    listed = {one.number: one.begins for one in flagship.sentences}
    found = {}
    for article in ("1", "2"):
        lines = shared_file(f"articles/article_{article}.txt").read_text("utf-8").splitlines()
        text = " ".join(line.strip() for line in lines if line.strip().endswith((".", "?")))
        for i, said in enumerate(re.split(r'(?<=[.?])["”]?\s+', text), 1):
            found[f"{article}.{i}"] = " ".join(re.sub('[“”"]', "", said).split()[:3])
    assert listed == found
    covered = {number for one in flagship for number in one.row.sentences}
    assert covered | {one.number for one in flagship.sentences if one.reason} == set(found)


@truth("invariant", kills="a page date taken for the date of what is said")
def test_both_dates_of_the_second_article_are_kept(flagship):
    """Content of September 2023, page of September 2024."""
    for one in flagship:
        second = one.row.article == "allies-seeking-support"
        assert (one.row.page_on is not None) == second
        assert str(one.row.said_on)[:7] == ("2023-09" if second else "2024-08")


@truth("required", source="articles/article_1.txt", kills="a copy where a restatement is meant")
def test_claims_restate_and_do_not_copy(flagship):
    """No claim shares eight words in a row with an article."""
    for article in ("1", "2"):
        text = shared_file(f"articles/article_{article}.txt").read_text("utf-8").casefold()
        there = re.findall(r"\w+", text)
        runs = {tuple(there[i : i + 8]) for i in range(len(there) - 7)}
        for one in flagship:
            said = re.findall(r"\w+", f"{one.row.says} {one.row.meaning}".casefold())
            assert not runs & {tuple(said[i : i + 8]) for i in range(len(said) - 7)}, one.id


@truth("invariant", kills="a test that no run can answer")
def test_every_claim_can_be_judged(flagship):
    """Tests and variants on a run made by hand: every case and outcome that they need is there."""
    half = worlds().levers["aid_stops"]
    run = Worlds(worlds().base, dict.fromkeys(flagship.needs, half), words().record)
    for one in flagship.testable:
        for test in (one.checked, *(made for _, made in one.variants)):
            assert evaluate(test, run).truth.shape == (16,)
    assert {one.row.id for one in flagship if one.checked and one.checked.kind == "record"} >= {
        "treaty-of-june-2024",
        "suspected-unconfirmed",
        "russia-voted-for-the-sanctions",
    }


@truth(
    "published",
    source="un_sc, un_ga by way of facts/e_unsc_dprk.csv; facts/d_unga_votes.csv",
    kills="a vote typed wrong",
)
def test_votes_equal_the_facts():
    """Every position that the tables of facts name."""
    rows = kt.load("russia_dprk_2024").every(VoteRow)
    ours = {(row.resolution, row.actor): row for row in rows}
    assert len(ours) == len(rows)
    codes = {
        "China": "CHN",
        "India": "IND",
        "DPRK": "PRK",
        "Iran": "IRN",
        "Russia": "RUS",
        "United States": "USA",
        "Belarus": "BLR",
        "South Korea": "KOR",
    }
    letters = {"yes": "Y", "no": "N", "abstain": "A", "absent": "-"}
    seen = 0
    for row in facts("d_unga_votes"):
        if row["country"] in codes:
            held = ours["ES" + row["resolution"][3:].replace("/", "_"), codes[row["country"]]]
            assert (letters[held.vote], held.date, held.grade) == (
                row["position"],
                row["vote_date"],
                row["grade"],
            )
            seen += 1
    for row in facts("e_unsc_dprk"):
        if "China-Russia" not in row["instrument"]:
            name = "S" + row["instrument"].split("S/")[-1].replace("/", "_")
            held = ours[name, "RUS"]
            assert (letters[held.vote], held.date) == (row["russia_position"][0], row["vote_date"])
            counts = [int(row[key]) for key in ("yes", "no", "abstain")]
            permanent = [ours[name, code].vote for code in ("USA", "GBR", "RUS", "CHN")]
            assert all(
                permanent.count(vote) <= n
                for vote, n in zip(("yes", "no", "abstain"), counts, strict=True)
            )
            seen += 1
    assert seen >= 6 * 6 + 15


@truth("closed-form", source="the record", kills="confirmation taken from a statement of a party")
def test_suspected_until_debris_was_shown(flagship):
    """As of September 2023 suspected and unconfirmed; as of September 2024 no longer."""
    claim = flagship["suspected-unconfirmed"]
    for day, wanted in (("2023-09-11", True), ("2024-02-01", True), ("2024-09-20", False)):
        run = Worlds(worlds().base, {}, words().record.as_of(day))
        assert evaluate(claim.checked, run).truth.all() == wanted
    moscow = next(made for row, made in claim.variants if row.id == "by-the-two")
    assert evaluate(moscow, worlds()).truth.all()


@truth("order", source="docs/security.md", kills="a hundred thousand empty claims read one by one")
def test_more_tables_than_a_file_may_have_are_told(tmp_path):
    (tmp_path / "claims.toml").write_text("schema = 1\n" + "[[claim]]\n" * 5_000)
    found = mistakes(tmp_path, None)
    assert any("5,000 tables [[claim]]; at most 1,000" in one.found for one in found)
